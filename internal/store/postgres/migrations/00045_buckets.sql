-- +goose Up
-- Token buckets that nodes share: the time, in nanoseconds, at which each is full again.
CREATE TABLE buckets (
    id      TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    full_at BIGINT NOT NULL
);
CREATE INDEX buckets_by_end ON buckets (full_at);
