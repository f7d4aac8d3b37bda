-- +goose Up
-- The doc is the policy as protobuf JSON.
CREATE TABLE policies (
    id          TEXT    NOT NULL PRIMARY KEY,
    doc         TEXT    NOT NULL,
    modified_at INTEGER NOT NULL
) STRICT;

CREATE TABLE policy_schemas (
    id         TEXT NOT NULL PRIMARY KEY,
    definition TEXT NOT NULL
) STRICT;

-- One row: each change of the above raises it.
CREATE TABLE policy_revision (
    id       INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    revision INTEGER NOT NULL
) STRICT;
