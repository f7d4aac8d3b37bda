-- +goose Up
-- Policy stores of Verified Permissions. The doc has their settings, the revision grows with each change of what is in one.
CREATE TABLE policy_stores (
    id         TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    region     TEXT   NOT NULL,
    doc        TEXT   NOT NULL,
    revision   BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    modified_at BIGINT NOT NULL
);

CREATE INDEX policy_stores_by_age ON policy_stores (created_at, id);

-- The schema of a store, as it was written.
CREATE TABLE policy_store_schemas (
    store_id    TEXT COLLATE "C" NOT NULL PRIMARY KEY REFERENCES policy_stores (id) ON DELETE CASCADE,
    definition  TEXT   NOT NULL,
    namespaces  TEXT   NOT NULL,
    created_at  BIGINT NOT NULL,
    modified_at BIGINT NOT NULL
);

-- Policies, templates and identity sources. Template, principal and resource are what lists are narrowed by, the doc is the rest.
CREATE TABLE policy_store_rows (
    store_id    TEXT COLLATE "C" NOT NULL REFERENCES policy_stores (id) ON DELETE CASCADE,
    kind        TEXT COLLATE "C" NOT NULL,
    id          TEXT COLLATE "C" NOT NULL,
    name        TEXT COLLATE "C",
    template    TEXT COLLATE "C" NOT NULL,
    principal   TEXT COLLATE "C" NOT NULL,
    resource    TEXT COLLATE "C" NOT NULL,
    doc         TEXT   NOT NULL,
    created_at  BIGINT NOT NULL,
    modified_at BIGINT NOT NULL,
    PRIMARY KEY (store_id, kind, id)
);

CREATE INDEX policy_store_rows_by_age ON policy_store_rows (store_id, kind, created_at, id);
CREATE INDEX policy_store_rows_by_template ON policy_store_rows (store_id, kind, template);
CREATE UNIQUE INDEX policy_store_rows_by_name ON policy_store_rows (store_id, kind, name);

-- Other names of stores. One that is deleted keeps its name for a while.
CREATE TABLE policy_store_aliases (
    name       TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    store_id   TEXT COLLATE "C" NOT NULL REFERENCES policy_stores (id) ON DELETE CASCADE,
    region     TEXT   NOT NULL,
    created_at BIGINT NOT NULL,
    deleted_at BIGINT NOT NULL
);

CREATE INDEX policy_store_aliases_by_store ON policy_store_aliases (store_id, created_at, name);

-- What client tokens were used for.
CREATE TABLE policy_store_repeats (
    token      TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    digest     TEXT   NOT NULL,
    answer     TEXT   NOT NULL,
    made_at    BIGINT NOT NULL
);

CREATE INDEX policy_store_repeats_by_age ON policy_store_repeats (made_at);
