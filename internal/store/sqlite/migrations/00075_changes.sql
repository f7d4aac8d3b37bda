-- +goose Up
-- Jobs that one process does for all that share the file. There is no table of changes: SQLite itself tells that
-- another process has written.

CREATE TABLE leases (
    name       TEXT    NOT NULL PRIMARY KEY,
    holder     TEXT    NOT NULL,
    held_until INTEGER NOT NULL,
    due_at     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
