-- +goose Up
-- Authorization codes and browser sessions are found by the digest of what their holder carries.

CREATE TABLE auth_codes (
    hash       TEXT    NOT NULL PRIMARY KEY,
    pool_id    TEXT    NOT NULL,
    user_id    TEXT    NOT NULL,
    client_id  TEXT    NOT NULL,
    doc        TEXT    NOT NULL,
    session_id TEXT    NOT NULL, -- empty until the code is used
    replayed   INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    FOREIGN KEY (pool_id, user_id) REFERENCES users (pool_id, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX auth_codes_by_end ON auth_codes (expires_at);
CREATE INDEX auth_codes_by_user ON auth_codes (pool_id, user_id);

CREATE TABLE browser_sessions (
    id         TEXT    NOT NULL PRIMARY KEY,
    hash       TEXT    NOT NULL,
    pool_id    TEXT    NOT NULL,
    user_id    TEXT    NOT NULL,
    provider   TEXT    NOT NULL,
    amr        TEXT    NOT NULL,
    auth_time  INTEGER NOT NULL,
    user_agent TEXT    NOT NULL,
    address    TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    FOREIGN KEY (pool_id, user_id) REFERENCES users (pool_id, id) ON DELETE CASCADE
) STRICT;
CREATE UNIQUE INDEX browser_sessions_by_hash ON browser_sessions (hash);
CREATE INDEX browser_sessions_by_user ON browser_sessions (pool_id, user_id, created_at, id);
CREATE INDEX browser_sessions_by_end ON browser_sessions (expires_at);

-- The resource indicator of an OAuth grant, which refreshed tokens keep.
ALTER TABLE sessions ADD COLUMN resource TEXT NOT NULL DEFAULT '';
