-- +goose Up
CREATE TABLE domains (
    name        TEXT    NOT NULL PRIMARY KEY,
    pool_id     TEXT    NOT NULL REFERENCES pools (id) ON DELETE CASCADE,
    custom      INTEGER NOT NULL,
    doc         TEXT    NOT NULL,
    created_at  INTEGER NOT NULL,
    modified_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX domains_by_pool ON domains (pool_id, custom);
