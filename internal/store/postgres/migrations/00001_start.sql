-- +goose Up
-- Times are unix milliseconds, 0 for none. Strings that are ordered or searched compare by bytes, as in SQLite.

CREATE TABLE pools (
    id          TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    created_at  BIGINT NOT NULL,
    modified_at BIGINT NOT NULL,
    doc         TEXT    NOT NULL
);
CREATE INDEX pools_by_age ON pools (created_at, id);

CREATE TABLE clients (
    id          TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    pool_id     TEXT COLLATE "C" NOT NULL REFERENCES pools (id) ON DELETE CASCADE,
    created_at  BIGINT NOT NULL,
    modified_at BIGINT NOT NULL,
    doc         TEXT    NOT NULL,
    secrets     BYTEA -- sealed
);
CREATE INDEX clients_by_age ON clients (pool_id, created_at, id);

CREATE TABLE users (
    pool_id       TEXT COLLATE "C" NOT NULL REFERENCES pools (id) ON DELETE CASCADE,
    id            TEXT COLLATE "C" NOT NULL,
    username      TEXT    NOT NULL,
    username_key  TEXT COLLATE "C" NOT NULL, -- folded when the pool ignores case
    status        TEXT COLLATE "C" NOT NULL,
    enabled       SMALLINT NOT NULL,
    attributes    TEXT    NOT NULL,
    pending       TEXT    NOT NULL,
    mfa           TEXT    NOT NULL,
    signed_out_at BIGINT NOT NULL,
    created_at    BIGINT NOT NULL,
    modified_at   BIGINT NOT NULL,
    PRIMARY KEY (pool_id, id)
);
CREATE UNIQUE INDEX users_by_username ON users (pool_id, username_key);
CREATE INDEX users_by_age ON users (pool_id, created_at, id);
CREATE INDEX users_by_status ON users (pool_id, status, id);
CREATE INDEX users_by_enabled ON users (pool_id, enabled, id);

-- The searchable attributes of users, folded. Kept in step by the store, which spares an index for a foreign key.
CREATE TABLE user_index (
    pool_id TEXT COLLATE "C" NOT NULL REFERENCES pools (id) ON DELETE CASCADE,
    name    TEXT COLLATE "C" NOT NULL,
    value   TEXT COLLATE "C" NOT NULL,
    user_id TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (pool_id, name, value, user_id)
);

CREATE TABLE aliases (
    pool_id TEXT COLLATE "C" NOT NULL,
    kind    TEXT COLLATE "C" NOT NULL,
    value   TEXT COLLATE "C" NOT NULL,
    user_id TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (pool_id, kind, value),
    FOREIGN KEY (pool_id, user_id) REFERENCES users (pool_id, id) ON DELETE CASCADE
);
CREATE INDEX aliases_by_user ON aliases (pool_id, user_id);

CREATE TABLE user_groups (
    pool_id     TEXT COLLATE "C" NOT NULL REFERENCES pools (id) ON DELETE CASCADE,
    name        TEXT COLLATE "C" NOT NULL,
    description TEXT    NOT NULL,
    role_arn    TEXT    NOT NULL,
    precedence  BIGINT,
    created_at  BIGINT NOT NULL,
    modified_at BIGINT NOT NULL,
    PRIMARY KEY (pool_id, name)
);

CREATE TABLE members (
    pool_id    TEXT COLLATE "C" NOT NULL,
    group_name TEXT COLLATE "C" NOT NULL,
    user_id    TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (pool_id, group_name, user_id),
    FOREIGN KEY (pool_id, group_name) REFERENCES user_groups (pool_id, name) ON DELETE CASCADE,
    FOREIGN KEY (pool_id, user_id) REFERENCES users (pool_id, id) ON DELETE CASCADE
);
CREATE INDEX members_by_user ON members (pool_id, user_id);

CREATE TABLE credentials (
    pool_id         TEXT COLLATE "C" NOT NULL,
    user_id         TEXT COLLATE "C" NOT NULL,
    hash            TEXT    NOT NULL,
    srp             BYTEA, -- sealed
    temporary_until BIGINT NOT NULL,
    history         TEXT    NOT NULL,
    changed_at      BIGINT NOT NULL,
    PRIMARY KEY (pool_id, user_id),
    FOREIGN KEY (pool_id, user_id) REFERENCES users (pool_id, id) ON DELETE CASCADE
);

CREATE TABLE codes (
    pool_id    TEXT COLLATE "C" NOT NULL,
    user_id    TEXT COLLATE "C" NOT NULL,
    purpose    TEXT COLLATE "C" NOT NULL,
    mac        BYTEA    NOT NULL,
    attribute  TEXT    NOT NULL,
    value      TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    failures   BIGINT NOT NULL,
    PRIMARY KEY (pool_id, user_id, purpose),
    FOREIGN KEY (pool_id, user_id) REFERENCES users (pool_id, id) ON DELETE CASCADE
);
CREATE INDEX codes_by_end ON codes (expires_at);

-- Attempts and lockouts may count for a name that has no user, so that its absence does not show.
CREATE TABLE attempts (
    pool_id   TEXT COLLATE "C" NOT NULL REFERENCES pools (id) ON DELETE CASCADE,
    user_id   TEXT COLLATE "C" NOT NULL,
    operation TEXT COLLATE "C" NOT NULL,
    tries     BIGINT NOT NULL,
    ends_at   BIGINT NOT NULL,
    PRIMARY KEY (pool_id, user_id, operation)
);
CREATE INDEX attempts_by_end ON attempts (ends_at);

CREATE TABLE lockouts (
    pool_id      TEXT COLLATE "C" NOT NULL REFERENCES pools (id) ON DELETE CASCADE,
    user_id      TEXT COLLATE "C" NOT NULL,
    failures     BIGINT NOT NULL,
    last_failure BIGINT NOT NULL,
    locked_until BIGINT NOT NULL,
    PRIMARY KEY (pool_id, user_id)
);
CREATE INDEX lockouts_by_age ON lockouts (last_failure);

CREATE TABLE sessions (
    id          TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    pool_id     TEXT COLLATE "C" NOT NULL,
    user_id     TEXT COLLATE "C" NOT NULL,
    client_id   TEXT    NOT NULL,
    event_id    TEXT    NOT NULL,
    auth_time   BIGINT NOT NULL,
    expires_at  BIGINT NOT NULL,
    revoked_at  BIGINT NOT NULL,
    scopes      TEXT    NOT NULL,
    device_key  TEXT    NOT NULL,
    refresh_id  TEXT    NOT NULL,
    previous_id TEXT    NOT NULL,
    rotated_at  BIGINT NOT NULL,
    created_at  BIGINT NOT NULL,
    FOREIGN KEY (pool_id, user_id) REFERENCES users (pool_id, id) ON DELETE CASCADE
);
CREATE INDEX sessions_by_user ON sessions (pool_id, user_id, created_at, id);
CREATE INDEX sessions_by_end ON sessions (expires_at);

CREATE TABLE signing_keys (
    pool_id       TEXT COLLATE "C" NOT NULL REFERENCES pools (id) ON DELETE CASCADE,
    kid           TEXT COLLATE "C" NOT NULL,
    used_for      TEXT COLLATE "C" NOT NULL,
    private       BYTEA    NOT NULL, -- sealed
    public        BYTEA    NOT NULL,
    created_at    BIGINT NOT NULL,
    retired_at    BIGINT NOT NULL,
    publish_until BIGINT NOT NULL,
    PRIMARY KEY (pool_id, kid)
);
CREATE UNIQUE INDEX signing_keys_active ON signing_keys (pool_id, used_for) WHERE retired_at = 0;

CREATE TABLE marks (
    id         TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    expires_at BIGINT NOT NULL
);
CREATE INDEX marks_by_end ON marks (expires_at);

CREATE TABLE access_keys (
    id         TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    sealed     BYTEA    NOT NULL,
    name       TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    disabled   SMALLINT NOT NULL
);
