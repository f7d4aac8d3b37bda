-- +goose Up
CREATE TABLE providers (
    pool_id     TEXT COLLATE "C" NOT NULL REFERENCES pools (id) ON DELETE CASCADE,
    name        TEXT COLLATE "C" NOT NULL,
    created_at  BIGINT NOT NULL,
    modified_at BIGINT NOT NULL,
    doc         TEXT   NOT NULL,
    secrets     BYTEA, -- sealed
    PRIMARY KEY (pool_id, name)
);

CREATE TABLE provider_identifiers (
    pool_id    TEXT COLLATE "C" NOT NULL,
    identifier TEXT COLLATE "C" NOT NULL,
    name       TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (pool_id, identifier),
    FOREIGN KEY (pool_id, name) REFERENCES providers (pool_id, name) ON DELETE CASCADE
);
CREATE INDEX provider_identifiers_by_name ON provider_identifiers (pool_id, name);

CREATE TABLE provider_links (
    pool_id    TEXT COLLATE "C" NOT NULL,
    provider   TEXT COLLATE "C" NOT NULL,
    attribute  TEXT COLLATE "C" NOT NULL,
    value_key  TEXT COLLATE "C" NOT NULL, -- the value, or its start and hash when it is long
    value      TEXT   NOT NULL,
    user_id    TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (pool_id, provider, attribute, value_key),
    FOREIGN KEY (pool_id, provider) REFERENCES providers (pool_id, name) ON DELETE CASCADE,
    FOREIGN KEY (pool_id, user_id) REFERENCES users (pool_id, id) ON DELETE CASCADE
);
CREATE INDEX provider_links_by_user ON provider_links (pool_id, user_id);
