-- +goose Up
-- The client_id is empty for the pool.
CREATE TABLE risk_configurations (
    pool_id     TEXT COLLATE "C" NOT NULL REFERENCES pools (id) ON DELETE CASCADE,
    client_id   TEXT COLLATE "C" NOT NULL,
    doc         TEXT    NOT NULL,
    modified_at BIGINT NOT NULL,
    PRIMARY KEY (pool_id, client_id)
);

CREATE TABLE log_deliveries (
    pool_id TEXT COLLATE "C" NOT NULL PRIMARY KEY REFERENCES pools (id) ON DELETE CASCADE,
    doc     TEXT NOT NULL
);

CREATE TABLE replicas (
    pool_id    TEXT COLLATE "C" NOT NULL REFERENCES pools (id) ON DELETE CASCADE,
    region     TEXT COLLATE "C" NOT NULL,
    status     TEXT    NOT NULL,
    tags       TEXT    NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (pool_id, region)
);

CREATE TABLE provisioned_limits (
    category TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    value    BIGINT NOT NULL
);
