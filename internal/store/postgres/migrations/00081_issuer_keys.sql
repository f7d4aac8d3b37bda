-- +goose Up
-- The signing keys of issuers that are no user pools, as signing_keys has those of pools.

CREATE TABLE issuer_keys (
    pool_id       TEXT COLLATE "C" NOT NULL, -- the name of the issuer
    kid           TEXT COLLATE "C" NOT NULL,
    used_for      TEXT COLLATE "C" NOT NULL,
    private       BYTEA  NOT NULL, -- sealed
    public        BYTEA  NOT NULL,
    created_at    BIGINT NOT NULL,
    retired_at    BIGINT NOT NULL,
    publish_until BIGINT NOT NULL,
    PRIMARY KEY (pool_id, kid)
);
CREATE UNIQUE INDEX issuer_keys_active ON issuer_keys (pool_id, used_for) WHERE retired_at = 0;
