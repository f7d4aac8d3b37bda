-- +goose Up
-- What people have registered to prove themselves with, besides passwords.

CREATE TABLE software_tokens (
    pool_id     TEXT    NOT NULL,
    user_id     TEXT    NOT NULL,
    secret      BLOB, -- sealed; NULL until a code has proven it
    pending     BLOB, -- sealed; waits for its first code
    name        TEXT    NOT NULL,
    last_step   INTEGER NOT NULL,
    verified_at INTEGER NOT NULL,
    PRIMARY KEY (pool_id, user_id),
    FOREIGN KEY (pool_id, user_id) REFERENCES users (pool_id, id) ON DELETE CASCADE
) STRICT;

CREATE TABLE passkeys (
    pool_id    TEXT    NOT NULL,
    id         TEXT    NOT NULL, -- the credential id, base64url
    user_id    TEXT    NOT NULL,
    doc        TEXT    NOT NULL,
    sign_count INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    used_at    INTEGER NOT NULL,
    PRIMARY KEY (pool_id, id),
    FOREIGN KEY (pool_id, user_id) REFERENCES users (pool_id, id) ON DELETE CASCADE
) STRICT;
CREATE INDEX passkeys_by_user ON passkeys (pool_id, user_id, created_at, id);

CREATE TABLE devices (
    pool_id          TEXT    NOT NULL,
    user_id          TEXT    NOT NULL,
    device_key       TEXT    NOT NULL,
    name             TEXT    NOT NULL,
    salt             BLOB    NOT NULL,
    verifier         BLOB    NOT NULL, -- sealed
    remembered       INTEGER NOT NULL,
    address          TEXT    NOT NULL,
    waiting          TEXT    NOT NULL, -- a sign-in that waits for the device's proof, sealed; empty: none
    created_at       INTEGER NOT NULL,
    modified_at      INTEGER NOT NULL,
    authenticated_at INTEGER NOT NULL,
    PRIMARY KEY (pool_id, user_id, device_key),
    FOREIGN KEY (pool_id, user_id) REFERENCES users (pool_id, id) ON DELETE CASCADE
) STRICT;
CREATE INDEX devices_by_age ON devices (pool_id, user_id, created_at, device_key);
