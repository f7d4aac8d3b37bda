-- +goose Up
-- Times are unix milliseconds, 0 for none. Strings compare by bytes (BINARY), as in PostgreSQL's "C" collation.

CREATE TABLE pools (
    id          TEXT    NOT NULL PRIMARY KEY,
    created_at  INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    doc         TEXT    NOT NULL
) STRICT;
CREATE INDEX pools_by_age ON pools (created_at, id);

CREATE TABLE clients (
    id          TEXT    NOT NULL PRIMARY KEY,
    pool_id     TEXT    NOT NULL REFERENCES pools (id) ON DELETE CASCADE,
    created_at  INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    doc         TEXT    NOT NULL,
    secrets     BLOB -- sealed
) STRICT;
CREATE INDEX clients_by_age ON clients (pool_id, created_at, id);

CREATE TABLE users (
    pool_id       TEXT    NOT NULL REFERENCES pools (id) ON DELETE CASCADE,
    id            TEXT    NOT NULL,
    username      TEXT    NOT NULL,
    username_key  TEXT    NOT NULL, -- folded when the pool ignores case
    status        TEXT    NOT NULL,
    enabled       INTEGER NOT NULL,
    attributes    TEXT    NOT NULL,
    pending       TEXT    NOT NULL,
    mfa           TEXT    NOT NULL,
    signed_out_at INTEGER NOT NULL,
    created_at    INTEGER NOT NULL,
    modified_at   INTEGER NOT NULL,
    PRIMARY KEY (pool_id, id)
) STRICT;
CREATE UNIQUE INDEX users_by_username ON users (pool_id, username_key);
CREATE INDEX users_by_age ON users (pool_id, created_at, id);
CREATE INDEX users_by_status ON users (pool_id, status, id);
CREATE INDEX users_by_enabled ON users (pool_id, enabled, id);

-- The searchable attributes of users, folded. Kept in step by the store, which spares an index for a foreign key.
CREATE TABLE user_index (
    pool_id TEXT NOT NULL REFERENCES pools (id) ON DELETE CASCADE,
    name    TEXT NOT NULL,
    value   TEXT NOT NULL,
    user_id TEXT NOT NULL,
    PRIMARY KEY (pool_id, name, value, user_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE aliases (
    pool_id TEXT NOT NULL,
    kind    TEXT NOT NULL,
    value   TEXT NOT NULL,
    user_id TEXT NOT NULL,
    PRIMARY KEY (pool_id, kind, value),
    FOREIGN KEY (pool_id, user_id) REFERENCES users (pool_id, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX aliases_by_user ON aliases (pool_id, user_id);

CREATE TABLE user_groups (
    pool_id     TEXT    NOT NULL REFERENCES pools (id) ON DELETE CASCADE,
    name        TEXT    NOT NULL,
    description TEXT    NOT NULL,
    role_arn    TEXT    NOT NULL,
    precedence  INTEGER,
    created_at  INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    PRIMARY KEY (pool_id, name)
) STRICT;

CREATE TABLE members (
    pool_id    TEXT NOT NULL,
    group_name TEXT NOT NULL,
    user_id    TEXT NOT NULL,
    PRIMARY KEY (pool_id, group_name, user_id),
    FOREIGN KEY (pool_id, group_name) REFERENCES user_groups (pool_id, name) ON DELETE CASCADE,
    FOREIGN KEY (pool_id, user_id) REFERENCES users (pool_id, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX members_by_user ON members (pool_id, user_id);

CREATE TABLE credentials (
    pool_id         TEXT    NOT NULL,
    user_id         TEXT    NOT NULL,
    hash            TEXT    NOT NULL,
    srp             BLOB, -- sealed
    temporary_until INTEGER NOT NULL,
    history         TEXT    NOT NULL,
    changed_at      INTEGER NOT NULL,
    PRIMARY KEY (pool_id, user_id),
    FOREIGN KEY (pool_id, user_id) REFERENCES users (pool_id, id) ON DELETE CASCADE
) STRICT;

CREATE TABLE codes (
    pool_id    TEXT    NOT NULL,
    user_id    TEXT    NOT NULL,
    purpose    TEXT    NOT NULL,
    mac        BLOB    NOT NULL,
    attribute  TEXT    NOT NULL,
    value      TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    failures   INTEGER NOT NULL,
    PRIMARY KEY (pool_id, user_id, purpose),
    FOREIGN KEY (pool_id, user_id) REFERENCES users (pool_id, id) ON DELETE CASCADE
) STRICT;
CREATE INDEX codes_by_end ON codes (expires_at);

-- Attempts and lockouts may count for a name that has no user, so that its absence does not show.
CREATE TABLE attempts (
    pool_id   TEXT    NOT NULL REFERENCES pools (id) ON DELETE CASCADE,
    user_id   TEXT    NOT NULL,
    operation TEXT    NOT NULL,
    tries     INTEGER NOT NULL,
    ends_at   INTEGER NOT NULL,
    PRIMARY KEY (pool_id, user_id, operation)
) STRICT, WITHOUT ROWID;
CREATE INDEX attempts_by_end ON attempts (ends_at);

CREATE TABLE lockouts (
    pool_id      TEXT    NOT NULL REFERENCES pools (id) ON DELETE CASCADE,
    user_id      TEXT    NOT NULL,
    failures     INTEGER NOT NULL,
    last_failure INTEGER NOT NULL,
    locked_until INTEGER NOT NULL,
    PRIMARY KEY (pool_id, user_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX lockouts_by_age ON lockouts (last_failure);

CREATE TABLE sessions (
    id          TEXT    NOT NULL PRIMARY KEY,
    pool_id     TEXT    NOT NULL,
    user_id     TEXT    NOT NULL,
    client_id   TEXT    NOT NULL,
    event_id    TEXT    NOT NULL,
    auth_time   INTEGER NOT NULL,
    expires_at  INTEGER NOT NULL,
    revoked_at  INTEGER NOT NULL,
    scopes      TEXT    NOT NULL,
    device_key  TEXT    NOT NULL,
    refresh_id  TEXT    NOT NULL,
    previous_id TEXT    NOT NULL,
    rotated_at  INTEGER NOT NULL,
    created_at  INTEGER NOT NULL,
    FOREIGN KEY (pool_id, user_id) REFERENCES users (pool_id, id) ON DELETE CASCADE
) STRICT;
CREATE INDEX sessions_by_user ON sessions (pool_id, user_id, created_at, id);
CREATE INDEX sessions_by_end ON sessions (expires_at);

CREATE TABLE signing_keys (
    pool_id       TEXT    NOT NULL REFERENCES pools (id) ON DELETE CASCADE,
    kid           TEXT    NOT NULL,
    used_for      TEXT    NOT NULL,
    private       BLOB    NOT NULL, -- sealed
    public        BLOB    NOT NULL,
    created_at    INTEGER NOT NULL,
    retired_at    INTEGER NOT NULL,
    publish_until INTEGER NOT NULL,
    PRIMARY KEY (pool_id, kid)
) STRICT;
CREATE UNIQUE INDEX signing_keys_active ON signing_keys (pool_id, used_for) WHERE retired_at = 0;

CREATE TABLE marks (
    id         TEXT    NOT NULL PRIMARY KEY,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX marks_by_end ON marks (expires_at);

CREATE TABLE access_keys (
    id         TEXT    NOT NULL PRIMARY KEY,
    sealed     BLOB    NOT NULL,
    name       TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    disabled   INTEGER NOT NULL
) STRICT;
