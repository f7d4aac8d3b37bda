-- +goose Up
-- The doc is the policy as protobuf JSON.
CREATE TABLE policies (
    id          TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    doc         TEXT    NOT NULL,
    modified_at BIGINT NOT NULL
);

CREATE TABLE policy_schemas (
    id         TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    definition TEXT NOT NULL
);

-- One row: each change of the above raises it.
CREATE TABLE policy_revision (
    id       BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    revision BIGINT NOT NULL
);
