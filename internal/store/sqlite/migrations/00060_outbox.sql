-- +goose Up
-- Messages that wait to be sent, each under the lease of whoever may try. A message to nobody has no user.

CREATE TABLE outbox (
    id         TEXT NOT NULL PRIMARY KEY,
    pool_id    TEXT NOT NULL REFERENCES pools (id) ON DELETE CASCADE,
    user_id    TEXT,
    topic      TEXT NOT NULL, -- a newer message of the same user and topic makes this one useless; empty: none does
    sealed     BLOB NOT NULL,
    lease      TEXT NOT NULL,
    tries      INTEGER NOT NULL,
    due_at     INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    FOREIGN KEY (pool_id, user_id) REFERENCES users (pool_id, id) ON DELETE CASCADE
) STRICT;
CREATE INDEX outbox_by_due ON outbox (due_at);
CREATE INDEX outbox_by_user ON outbox (pool_id, user_id, topic);
