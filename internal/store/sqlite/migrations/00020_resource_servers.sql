-- +goose Up
CREATE TABLE resource_servers (
    pool_id     TEXT    NOT NULL REFERENCES pools (id) ON DELETE CASCADE,
    identifier  TEXT    NOT NULL,
    name        TEXT    NOT NULL,
    scopes      TEXT    NOT NULL,
    created_at  INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    PRIMARY KEY (pool_id, identifier)
) STRICT;
