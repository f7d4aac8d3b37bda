-- +goose Up
-- Policy stores of Verified Permissions. The doc has their settings, the revision grows with each change of what is in one.
CREATE TABLE policy_stores (
    id         TEXT NOT NULL PRIMARY KEY,
    region     TEXT   NOT NULL,
    doc        TEXT   NOT NULL,
    revision   INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    modified_at INTEGER NOT NULL
) STRICT;

CREATE INDEX policy_stores_by_age ON policy_stores (created_at, id);

-- The schema of a store, as it was written.
CREATE TABLE policy_store_schemas (
    store_id    TEXT NOT NULL PRIMARY KEY REFERENCES policy_stores (id) ON DELETE CASCADE,
    definition  TEXT   NOT NULL,
    namespaces  TEXT   NOT NULL,
    created_at  INTEGER NOT NULL,
    modified_at INTEGER NOT NULL
) STRICT;

-- Policies, templates and identity sources. Template, principal and resource are what lists are narrowed by, the doc is the rest.
CREATE TABLE policy_store_rows (
    store_id    TEXT NOT NULL REFERENCES policy_stores (id) ON DELETE CASCADE,
    kind        TEXT NOT NULL,
    id          TEXT NOT NULL,
    name        TEXT,
    template    TEXT NOT NULL,
    principal   TEXT NOT NULL,
    resource    TEXT NOT NULL,
    doc         TEXT   NOT NULL,
    created_at  INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    PRIMARY KEY (store_id, kind, id)
) STRICT;

CREATE INDEX policy_store_rows_by_age ON policy_store_rows (store_id, kind, created_at, id);
CREATE INDEX policy_store_rows_by_template ON policy_store_rows (store_id, kind, template);
CREATE UNIQUE INDEX policy_store_rows_by_name ON policy_store_rows (store_id, kind, name);

-- Other names of stores. One that is deleted keeps its name for a while.
CREATE TABLE policy_store_aliases (
    name       TEXT NOT NULL PRIMARY KEY,
    store_id   TEXT NOT NULL REFERENCES policy_stores (id) ON DELETE CASCADE,
    region     TEXT   NOT NULL,
    created_at INTEGER NOT NULL,
    deleted_at INTEGER NOT NULL
) STRICT;

CREATE INDEX policy_store_aliases_by_store ON policy_store_aliases (store_id, created_at, name);

-- What client tokens were used for.
CREATE TABLE policy_store_repeats (
    token      TEXT NOT NULL PRIMARY KEY,
    digest     TEXT   NOT NULL,
    answer     TEXT   NOT NULL,
    made_at    INTEGER NOT NULL
) STRICT;

CREATE INDEX policy_store_repeats_by_age ON policy_store_repeats (made_at);
