-- +goose Up
-- The signing keys of issuers that are no user pools, as signing_keys has those of pools.

CREATE TABLE issuer_keys (
    pool_id       TEXT    NOT NULL, -- the name of the issuer
    kid           TEXT    NOT NULL,
    used_for      TEXT    NOT NULL,
    private       BLOB    NOT NULL, -- sealed
    public        BLOB    NOT NULL,
    created_at    INTEGER NOT NULL,
    retired_at    INTEGER NOT NULL,
    publish_until INTEGER NOT NULL,
    PRIMARY KEY (pool_id, kid)
) STRICT;
CREATE UNIQUE INDEX issuer_keys_active ON issuer_keys (pool_id, used_for) WHERE retired_at = 0;
