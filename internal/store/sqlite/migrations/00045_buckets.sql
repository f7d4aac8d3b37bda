-- +goose Up
-- Token buckets that nodes share: the time, in nanoseconds, at which each is full again.
CREATE TABLE buckets (
    id      TEXT    NOT NULL PRIMARY KEY,
    full_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX buckets_by_end ON buckets (full_at);
