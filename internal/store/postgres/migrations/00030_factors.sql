-- +goose Up
-- What people have registered to prove themselves with, besides passwords.

CREATE TABLE software_tokens (
    pool_id     TEXT COLLATE "C"    NOT NULL,
    user_id     TEXT COLLATE "C"    NOT NULL,
    secret      BYTEA, -- sealed; NULL until a code has proven it
    pending     BYTEA, -- sealed; waits for its first code
    name        TEXT    NOT NULL,
    last_step   BIGINT NOT NULL,
    verified_at BIGINT NOT NULL,
    PRIMARY KEY (pool_id, user_id),
    FOREIGN KEY (pool_id, user_id) REFERENCES users (pool_id, id) ON DELETE CASCADE
);

CREATE TABLE passkeys (
    pool_id    TEXT COLLATE "C"    NOT NULL,
    id         TEXT COLLATE "C"    NOT NULL, -- the credential id, base64url
    user_id    TEXT COLLATE "C"    NOT NULL,
    doc        TEXT    NOT NULL,
    sign_count BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    used_at    BIGINT NOT NULL,
    PRIMARY KEY (pool_id, id),
    FOREIGN KEY (pool_id, user_id) REFERENCES users (pool_id, id) ON DELETE CASCADE
);
CREATE INDEX passkeys_by_user ON passkeys (pool_id, user_id, created_at, id);

CREATE TABLE devices (
    pool_id          TEXT COLLATE "C"    NOT NULL,
    user_id          TEXT COLLATE "C"    NOT NULL,
    device_key       TEXT COLLATE "C"    NOT NULL,
    name             TEXT    NOT NULL,
    salt             BYTEA   NOT NULL,
    verifier         BYTEA   NOT NULL, -- sealed
    remembered       SMALLINT NOT NULL,
    address          TEXT    NOT NULL,
    waiting          TEXT    NOT NULL, -- a sign-in that waits for the device's proof, sealed; empty: none
    created_at       BIGINT NOT NULL,
    modified_at      BIGINT NOT NULL,
    authenticated_at BIGINT NOT NULL,
    PRIMARY KEY (pool_id, user_id, device_key),
    FOREIGN KEY (pool_id, user_id) REFERENCES users (pool_id, id) ON DELETE CASCADE
);
CREATE INDEX devices_by_age ON devices (pool_id, user_id, created_at, device_key);
