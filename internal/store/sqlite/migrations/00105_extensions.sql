-- +goose Up
-- What workspaces add: scripts, their secrets, the points at which they run, and applications that people are sent through. Refers
-- is the script of a point, and the client of an application.
CREATE TABLE workspace_extensions (
    workspace_id TEXT    NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    kind         TEXT    NOT NULL, -- script, secret, point, custom application
    id           TEXT    NOT NULL,
    name         TEXT    NOT NULL,
    refers       TEXT    NOT NULL,
    doc          TEXT    NOT NULL,
    value        BLOB,   -- sealed
    PRIMARY KEY (workspace_id, kind, id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX workspace_extensions_by_name ON workspace_extensions (workspace_id, kind, name);
CREATE INDEX workspace_extensions_by_reference ON workspace_extensions (refers, kind);

-- Runs of scripts that are kept for who debugs them.
CREATE TABLE workspace_script_runs (
    id           TEXT    NOT NULL PRIMARY KEY,
    workspace_id TEXT    NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    script_id    TEXT    NOT NULL,
    at           INTEGER NOT NULL,
    doc          TEXT    NOT NULL, -- sealed
    expires_at   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX workspace_script_runs_by_time ON workspace_script_runs (workspace_id, script_id, at);
CREATE INDEX workspace_script_runs_by_end ON workspace_script_runs (expires_at);

-- What people have agreed to: a scope for a client.
CREATE TABLE scope_grants (
    pool_id      TEXT    NOT NULL,
    user_id      TEXT    NOT NULL,
    client_id    TEXT    NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
    scope        TEXT    NOT NULL,
    given_at     INTEGER NOT NULL,
    language     TEXT    NOT NULL,
    PRIMARY KEY (pool_id, user_id, client_id, scope),
    FOREIGN KEY (pool_id, user_id) REFERENCES users (pool_id, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX scope_grants_by_client ON scope_grants (client_id);
