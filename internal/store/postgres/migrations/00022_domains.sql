-- +goose Up
CREATE TABLE domains (
    name        TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    pool_id     TEXT COLLATE "C" NOT NULL REFERENCES pools (id) ON DELETE CASCADE,
    custom      SMALLINT NOT NULL,
    doc         TEXT     NOT NULL,
    created_at  BIGINT   NOT NULL,
    modified_at BIGINT   NOT NULL
);
CREATE UNIQUE INDEX domains_by_pool ON domains (pool_id, custom);
