-- +goose Up
-- Strict OpenID Connect: what sets its sessions apart, requests that clients have pushed (RFC 9126), and clients that have
-- to be told that somebody signed out.

ALTER TABLE sessions ADD COLUMN openid TEXT NOT NULL DEFAULT '';
CREATE INDEX sessions_by_browser ON sessions (browser_id) WHERE browser_id <> '';

CREATE TABLE pushed_requests (
    hash       TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    pool_id    TEXT COLLATE "C" NOT NULL REFERENCES pools (id) ON DELETE CASCADE,
    client_id  TEXT COLLATE "C" NOT NULL,
    doc        TEXT    NOT NULL,
    begun      BIGINT  NOT NULL,
    expires_at BIGINT  NOT NULL
);
CREATE INDEX pushed_requests_by_end ON pushed_requests (expires_at);

CREATE TABLE signout_notices (
    id         TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    pool_id    TEXT COLLATE "C" NOT NULL REFERENCES pools (id) ON DELETE CASCADE,
    client_id  TEXT COLLATE "C" NOT NULL,
    doc        TEXT    NOT NULL,
    tries      BIGINT  NOT NULL,
    due_at     BIGINT  NOT NULL
);
CREATE INDEX signout_notices_by_due ON signout_notices (due_at);
