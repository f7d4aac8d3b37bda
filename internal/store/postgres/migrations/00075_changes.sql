-- +goose Up
-- What nodes keep in memory and has become untrue. A row is written in the transaction of the change itself; the other
-- nodes read on from the id where they were. Rows live for minutes.

CREATE TABLE changes (
    id      BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    node    TEXT COLLATE "C" NOT NULL, -- who made the change, and so need not be told
    kind    TEXT COLLATE "C" NOT NULL,
    pool_id TEXT COLLATE "C" NOT NULL,
    item    TEXT COLLATE "C" NOT NULL,
    made_at BIGINT NOT NULL
);
CREATE INDEX changes_by_age ON changes (made_at);

-- Jobs that one node does for all. Times are the database's own.
CREATE TABLE leases (
    name       TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    holder     TEXT COLLATE "C" NOT NULL,
    held_until BIGINT NOT NULL,
    due_at     BIGINT NOT NULL
);
