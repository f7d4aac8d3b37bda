-- +goose Up
-- Which master keys have sealed, by their ids: the one with the highest number does. And which of them each node can open.

CREATE TABLE master_keys (
    number INTEGER NOT NULL PRIMARY KEY,
    id     TEXT    NOT NULL UNIQUE,
    since  INTEGER NOT NULL
) STRICT;

CREATE TABLE master_key_holders (
    node    TEXT    NOT NULL PRIMARY KEY,
    host    TEXT    NOT NULL,
    keys    TEXT    NOT NULL, -- ids, with spaces between
    seals   TEXT    NOT NULL,
    seen_at INTEGER NOT NULL
) STRICT;
