-- +goose Up
-- The client_id is empty for the pool.
CREATE TABLE risk_configurations (
    pool_id     TEXT    NOT NULL REFERENCES pools (id) ON DELETE CASCADE,
    client_id   TEXT    NOT NULL,
    doc         TEXT    NOT NULL,
    modified_at INTEGER NOT NULL,
    PRIMARY KEY (pool_id, client_id)
) STRICT;

CREATE TABLE log_deliveries (
    pool_id TEXT NOT NULL PRIMARY KEY REFERENCES pools (id) ON DELETE CASCADE,
    doc     TEXT NOT NULL
) STRICT;

CREATE TABLE replicas (
    pool_id    TEXT    NOT NULL REFERENCES pools (id) ON DELETE CASCADE,
    region     TEXT    NOT NULL,
    status     TEXT    NOT NULL,
    tags       TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (pool_id, region)
) STRICT;

CREATE TABLE provisioned_limits (
    category TEXT    NOT NULL PRIMARY KEY,
    value    INTEGER NOT NULL
) STRICT;
