-- +goose Up
-- What workspaces add: scripts, their secrets, the points at which they run, and applications that people are sent through. Refers
-- is the script of a point, and the client of an application.
CREATE TABLE workspace_extensions (
    workspace_id TEXT COLLATE "C" NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    kind         TEXT COLLATE "C" NOT NULL, -- script, secret, point, custom application
    id           TEXT COLLATE "C" NOT NULL,
    name         TEXT COLLATE "C" NOT NULL,
    refers       TEXT COLLATE "C" NOT NULL,
    doc          TEXT COLLATE "C" NOT NULL,
    value        BYTEA,  -- sealed
    PRIMARY KEY (workspace_id, kind, id)
);
CREATE UNIQUE INDEX workspace_extensions_by_name ON workspace_extensions (workspace_id, kind, name);
CREATE INDEX workspace_extensions_by_reference ON workspace_extensions (refers, kind);

-- Runs of scripts that are kept for who debugs them.
CREATE TABLE workspace_script_runs (
    id           TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    workspace_id TEXT COLLATE "C" NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    script_id    TEXT COLLATE "C" NOT NULL,
    at           BIGINT NOT NULL,
    doc          TEXT COLLATE "C" NOT NULL, -- sealed
    expires_at   BIGINT NOT NULL
);
CREATE INDEX workspace_script_runs_by_time ON workspace_script_runs (workspace_id, script_id, at);
CREATE INDEX workspace_script_runs_by_end ON workspace_script_runs (expires_at);

-- What people have agreed to: a scope for a client.
CREATE TABLE scope_grants (
    pool_id      TEXT COLLATE "C" NOT NULL,
    user_id      TEXT COLLATE "C" NOT NULL,
    client_id    TEXT COLLATE "C" NOT NULL REFERENCES clients (id) ON DELETE CASCADE,
    scope        TEXT COLLATE "C" NOT NULL,
    given_at     BIGINT NOT NULL,
    language     TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (pool_id, user_id, client_id, scope),
    FOREIGN KEY (pool_id, user_id) REFERENCES users (pool_id, id) ON DELETE CASCADE
);
CREATE INDEX scope_grants_by_client ON scope_grants (client_id);
