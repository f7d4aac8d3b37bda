-- +goose Up
CREATE TABLE styles (
    pool_id     TEXT COLLATE "C" NOT NULL REFERENCES pools (id) ON DELETE CASCADE,
    id          TEXT COLLATE "C" NOT NULL,
    client_id   TEXT COLLATE "C" NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
    provided    BIGINT NOT NULL,
    settings    TEXT    NOT NULL,
    created_at  BIGINT NOT NULL,
    modified_at BIGINT NOT NULL,
    PRIMARY KEY (pool_id, id)
);
CREATE UNIQUE INDEX styles_by_client ON styles (client_id);

CREATE TABLE style_assets (
    pool_id     TEXT COLLATE "C" NOT NULL,
    style_id    TEXT COLLATE "C" NOT NULL,
    category    TEXT COLLATE "C" NOT NULL,
    color_mode  TEXT COLLATE "C" NOT NULL,
    extension   TEXT NOT NULL,
    bytes       BYTEA NOT NULL,
    resource_id TEXT NOT NULL,
    PRIMARY KEY (pool_id, style_id, category, color_mode),
    FOREIGN KEY (pool_id, style_id) REFERENCES styles (pool_id, id) ON DELETE CASCADE
);

-- The client_id may be ALL, which is no client.
CREATE TABLE classic_looks (
    pool_id     TEXT COLLATE "C" NOT NULL REFERENCES pools (id) ON DELETE CASCADE,
    client_id   TEXT COLLATE "C" NOT NULL,
    css         TEXT    NOT NULL,
    image       BYTEA    NOT NULL,
    created_at  BIGINT NOT NULL,
    modified_at BIGINT NOT NULL,
    PRIMARY KEY (pool_id, client_id)
);

CREATE TABLE terms (
    pool_id     TEXT COLLATE "C" NOT NULL REFERENCES pools (id) ON DELETE CASCADE,
    id          TEXT COLLATE "C" NOT NULL,
    client_id   TEXT COLLATE "C" NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
    name        TEXT COLLATE "C" NOT NULL,
    links       TEXT    NOT NULL,
    created_at  BIGINT NOT NULL,
    modified_at BIGINT NOT NULL,
    PRIMARY KEY (pool_id, id)
);
CREATE UNIQUE INDEX terms_by_client ON terms (client_id, name);
