-- +goose Up
-- Identity pools, and who has come to them: an identity is known by logins, each of which is one identity's in its pool.

CREATE TABLE identity_pools (
    id          TEXT    NOT NULL PRIMARY KEY,
    created_at  INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    doc         TEXT    NOT NULL
) STRICT;

CREATE TABLE identities (
    id          TEXT    NOT NULL PRIMARY KEY,
    pool_id     TEXT    NOT NULL REFERENCES identity_pools (id) ON DELETE CASCADE,
    disabled    INTEGER NOT NULL,
    created_at  INTEGER NOT NULL,
    modified_at INTEGER NOT NULL
) STRICT;
CREATE INDEX identities_by_pool ON identities (pool_id, id);

CREATE TABLE identity_logins (
    pool_id     TEXT NOT NULL,
    provider    TEXT NOT NULL,
    subject_key TEXT NOT NULL, -- the subject, or its start and hash when it is long
    subject     TEXT NOT NULL,
    identity_id TEXT NOT NULL REFERENCES identities (id) ON DELETE CASCADE,
    PRIMARY KEY (pool_id, provider, subject_key)
) STRICT, WITHOUT ROWID;
CREATE INDEX identity_logins_by_identity ON identity_logins (identity_id);
