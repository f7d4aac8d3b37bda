-- +goose Up
-- Identity pools, and who has come to them: an identity is known by logins, each of which is one identity's in its pool.

CREATE TABLE identity_pools (
    id          TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    created_at  BIGINT NOT NULL,
    modified_at BIGINT NOT NULL,
    doc         TEXT   NOT NULL
);

CREATE TABLE identities (
    id          TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    pool_id     TEXT COLLATE "C" NOT NULL REFERENCES identity_pools (id) ON DELETE CASCADE,
    disabled    SMALLINT NOT NULL,
    created_at  BIGINT NOT NULL,
    modified_at BIGINT NOT NULL
);
CREATE INDEX identities_by_pool ON identities (pool_id, id);

CREATE TABLE identity_logins (
    pool_id     TEXT COLLATE "C" NOT NULL,
    provider    TEXT COLLATE "C" NOT NULL,
    subject_key TEXT COLLATE "C" NOT NULL, -- the subject, or its start and hash when it is long
    subject     TEXT   NOT NULL,
    identity_id TEXT COLLATE "C" NOT NULL REFERENCES identities (id) ON DELETE CASCADE,
    PRIMARY KEY (pool_id, provider, subject_key)
);
CREATE INDEX identity_logins_by_identity ON identity_logins (identity_id);
