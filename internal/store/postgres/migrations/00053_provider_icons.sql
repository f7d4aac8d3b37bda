-- +goose Up
-- Icons of a style for the buttons of outside providers. provider is empty for all that have none of their own.

CREATE TABLE style_provider_icons (
    pool_id    TEXT NOT NULL,
    style_id   TEXT NOT NULL,
    provider   TEXT NOT NULL,
    color_mode TEXT NOT NULL,
    extension  TEXT NOT NULL,
    bytes      BYTEA NOT NULL,
    PRIMARY KEY (pool_id, style_id, provider, color_mode),
    FOREIGN KEY (pool_id, style_id) REFERENCES styles (pool_id, id) ON DELETE CASCADE
);
