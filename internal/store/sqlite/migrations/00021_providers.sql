-- +goose Up
CREATE TABLE providers (
    pool_id     TEXT    NOT NULL REFERENCES pools (id) ON DELETE CASCADE,
    name        TEXT    NOT NULL,
    created_at  INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    doc         TEXT    NOT NULL,
    secrets     BLOB, -- sealed
    PRIMARY KEY (pool_id, name)
) STRICT;

CREATE TABLE provider_identifiers (
    pool_id    TEXT NOT NULL,
    identifier TEXT NOT NULL,
    name       TEXT NOT NULL,
    PRIMARY KEY (pool_id, identifier),
    FOREIGN KEY (pool_id, name) REFERENCES providers (pool_id, name) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX provider_identifiers_by_name ON provider_identifiers (pool_id, name);

CREATE TABLE provider_links (
    pool_id    TEXT    NOT NULL,
    provider   TEXT    NOT NULL,
    attribute  TEXT    NOT NULL,
    value_key  TEXT    NOT NULL, -- the value, or its start and hash when it is long
    value      TEXT    NOT NULL,
    user_id    TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (pool_id, provider, attribute, value_key),
    FOREIGN KEY (pool_id, provider) REFERENCES providers (pool_id, name) ON DELETE CASCADE,
    FOREIGN KEY (pool_id, user_id) REFERENCES users (pool_id, id) ON DELETE CASCADE
) STRICT;
CREATE INDEX provider_links_by_user ON provider_links (pool_id, user_id);
