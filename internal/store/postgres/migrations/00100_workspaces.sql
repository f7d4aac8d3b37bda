-- +goose Up
-- Workspaces: issuers over a pool whose people come through connections; their clients; and what is known of people.

CREATE TABLE workspaces (
    id          TEXT COLLATE "C"    NOT NULL PRIMARY KEY,
    pool_id     TEXT COLLATE "C"    NOT NULL REFERENCES pools (id) ON DELETE CASCADE,
    created_at  BIGINT  NOT NULL,
    modified_at BIGINT  NOT NULL,
    doc         TEXT    NOT NULL
);
CREATE INDEX workspaces_by_pool ON workspaces (pool_id);

CREATE TABLE workspace_connections (
    id            TEXT COLLATE "C"    NOT NULL PRIMARY KEY,
    workspace_id  TEXT COLLATE "C"    NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    display_order BIGINT  NOT NULL,
    stamp         BIGINT  NOT NULL,
    created_at    BIGINT  NOT NULL,
    modified_at   BIGINT  NOT NULL,
    doc           TEXT    NOT NULL,
    credentials   BYTEA    -- sealed
);
CREATE INDEX workspace_connections_in_order ON workspace_connections (workspace_id, display_order, id);

CREATE TABLE workspace_clients (
    id           TEXT COLLATE "C" NOT NULL PRIMARY KEY REFERENCES clients (id) ON DELETE CASCADE,
    workspace_id TEXT COLLATE "C" NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    doc          TEXT NOT NULL
);
CREATE INDEX workspace_clients_by_workspace ON workspace_clients (workspace_id, id);

-- Sign-ins that wait while their browser is on a detour, under a digest of what brings it back.
CREATE TABLE workspace_logins (
    hash         TEXT COLLATE "C"    NOT NULL PRIMARY KEY,
    workspace_id TEXT COLLATE "C"    NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    doc          TEXT    NOT NULL, -- sealed
    expires_at   BIGINT  NOT NULL
);
CREATE INDEX workspace_logins_by_end ON workspace_logins (expires_at);

-- Authentication contexts: of token sessions, and while they are cached of the browser.
CREATE TABLE workspace_contexts (
    id            TEXT COLLATE "C"    NOT NULL PRIMARY KEY,
    workspace_id  TEXT COLLATE "C"    NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    connection_id TEXT COLLATE "C"    NOT NULL,
    pool_id       TEXT COLLATE "C"    NOT NULL,
    user_id       TEXT COLLATE "C"    NOT NULL,
    browser_id    TEXT COLLATE "C"    NOT NULL,
    stamp         BIGINT  NOT NULL,
    doc           BYTEA    NOT NULL, -- sealed
    cached_until  BIGINT  NOT NULL, -- 0: not for other requests
    used_at       BIGINT  NOT NULL,
    expires_at    BIGINT  NOT NULL,
    FOREIGN KEY (pool_id, user_id) REFERENCES users (pool_id, id) ON DELETE CASCADE
);
CREATE INDEX workspace_contexts_by_browser ON workspace_contexts (workspace_id, browser_id, connection_id);
CREATE INDEX workspace_contexts_by_connection ON workspace_contexts (workspace_id, connection_id);
CREATE INDEX workspace_contexts_by_user ON workspace_contexts (pool_id, user_id);
CREATE INDEX workspace_contexts_by_end ON workspace_contexts (expires_at);

CREATE TABLE workspace_traces (
    id           TEXT COLLATE "C"    NOT NULL PRIMARY KEY,
    workspace_id TEXT COLLATE "C"    NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    at           BIGINT  NOT NULL,
    about        TEXT    NOT NULL,
    doc          BYTEA    NOT NULL, -- sealed
    expires_at   BIGINT  NOT NULL
);
CREATE INDEX workspace_traces_by_time ON workspace_traces (workspace_id, at);
CREATE INDEX workspace_traces_by_end ON workspace_traces (expires_at);
