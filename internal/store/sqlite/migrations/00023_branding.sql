-- +goose Up
CREATE TABLE styles (
    pool_id     TEXT    NOT NULL REFERENCES pools (id) ON DELETE CASCADE,
    id          TEXT    NOT NULL,
    client_id   TEXT    NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
    provided    INTEGER NOT NULL,
    settings    TEXT    NOT NULL,
    created_at  INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    PRIMARY KEY (pool_id, id)
) STRICT;
CREATE UNIQUE INDEX styles_by_client ON styles (client_id);

CREATE TABLE style_assets (
    pool_id     TEXT NOT NULL,
    style_id    TEXT NOT NULL,
    category    TEXT NOT NULL,
    color_mode  TEXT NOT NULL,
    extension   TEXT NOT NULL,
    bytes       BLOB NOT NULL,
    resource_id TEXT NOT NULL,
    PRIMARY KEY (pool_id, style_id, category, color_mode),
    FOREIGN KEY (pool_id, style_id) REFERENCES styles (pool_id, id) ON DELETE CASCADE
) STRICT;

-- The client_id may be ALL, which is no client.
CREATE TABLE classic_looks (
    pool_id     TEXT    NOT NULL REFERENCES pools (id) ON DELETE CASCADE,
    client_id   TEXT    NOT NULL,
    css         TEXT    NOT NULL,
    image       BLOB    NOT NULL,
    created_at  INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    PRIMARY KEY (pool_id, client_id)
) STRICT;

CREATE TABLE terms (
    pool_id     TEXT    NOT NULL REFERENCES pools (id) ON DELETE CASCADE,
    id          TEXT    NOT NULL,
    client_id   TEXT    NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
    name        TEXT    NOT NULL,
    links       TEXT    NOT NULL,
    created_at  INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    PRIMARY KEY (pool_id, id)
) STRICT;
CREATE UNIQUE INDEX terms_by_client ON terms (client_id, name);
