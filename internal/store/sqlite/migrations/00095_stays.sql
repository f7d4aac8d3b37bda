-- +goose Up
-- People who are signed in at an outside provider because of a browser that is signed in here, under the browser's id and what
-- the provider calls them; and how strong a sign-in was, as the provider says.

CREATE TABLE provider_stays (
    pool_id    TEXT    NOT NULL,
    browser_id TEXT    NOT NULL,
    user_id    TEXT    NOT NULL,
    provider   TEXT    NOT NULL,
    name       TEXT    NOT NULL, -- digest
    doc        BLOB    NOT NULL, -- sealed
    expires_at INTEGER NOT NULL,
    PRIMARY KEY (pool_id, browser_id),
    FOREIGN KEY (pool_id, user_id) REFERENCES users (pool_id, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX provider_stays_by_name ON provider_stays (pool_id, provider, name);
CREATE INDEX provider_stays_by_user ON provider_stays (pool_id, user_id);
CREATE INDEX provider_stays_by_end ON provider_stays (expires_at);

ALTER TABLE browser_sessions ADD COLUMN level INTEGER NOT NULL DEFAULT 0;
