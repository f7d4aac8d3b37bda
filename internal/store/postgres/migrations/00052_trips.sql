-- +goose Up
-- People who are on their way to an outside identity provider, under the digest of what brings them back.

CREATE TABLE provider_trips (
    hash       TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    pool_id    TEXT COLLATE "C" NOT NULL REFERENCES pools (id) ON DELETE CASCADE,
    doc        TEXT    NOT NULL, -- sealed
    expires_at BIGINT  NOT NULL
);
CREATE INDEX provider_trips_by_end ON provider_trips (expires_at);
