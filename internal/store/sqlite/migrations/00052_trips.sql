-- +goose Up
-- People who are on their way to an outside identity provider, under the digest of what brings them back.

CREATE TABLE provider_trips (
    hash       TEXT    NOT NULL PRIMARY KEY,
    pool_id    TEXT    NOT NULL REFERENCES pools (id) ON DELETE CASCADE,
    doc        TEXT    NOT NULL, -- sealed
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX provider_trips_by_end ON provider_trips (expires_at);
