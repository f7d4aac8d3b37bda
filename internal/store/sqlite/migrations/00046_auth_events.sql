-- +goose Up
-- What users did, where threat protection is on. An outcome is 1 for what the user did, as far as anybody knows, 2 for a
-- failed sign-in, 0 for the rest.
CREATE TABLE auth_events (
    pool_id    TEXT    NOT NULL,
    user_id    TEXT    NOT NULL,
    id         TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    outcome    INTEGER NOT NULL,
    facts      TEXT    NOT NULL,
    feedback   TEXT    NOT NULL,
    PRIMARY KEY (pool_id, user_id, id),
    FOREIGN KEY (pool_id, user_id) REFERENCES users (pool_id, id) ON DELETE CASCADE
) STRICT;
CREATE INDEX auth_events_by_time ON auth_events (pool_id, user_id, created_at, id);
CREATE INDEX auth_events_by_outcome ON auth_events (pool_id, user_id, outcome, created_at);
CREATE INDEX auth_events_by_age ON auth_events (created_at);
