-- +goose Up
-- Which master keys have sealed, by their ids: the one with the highest number does. And which of them each node can open.

CREATE TABLE master_keys (
    number BIGINT NOT NULL PRIMARY KEY,
    id     TEXT COLLATE "C" NOT NULL UNIQUE,
    since  BIGINT NOT NULL
);

CREATE TABLE master_key_holders (
    node    TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    host    TEXT COLLATE "C" NOT NULL,
    keys    TEXT COLLATE "C" NOT NULL, -- ids, with spaces between
    seals   TEXT COLLATE "C" NOT NULL,
    seen_at BIGINT NOT NULL
);
