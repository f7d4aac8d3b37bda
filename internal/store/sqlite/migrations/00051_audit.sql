-- +goose Up
-- Records of the audit log: each process writes a chain of its own. The columns repeat what the record (doc, JSON) says.
CREATE TABLE audit_records (
    chain     TEXT NOT NULL,
    seq       INTEGER NOT NULL,
    at        INTEGER NOT NULL,
    operation TEXT NOT NULL,
    actor     TEXT NOT NULL,
    pool_id   TEXT NOT NULL,
    client_id TEXT NOT NULL,
    person    TEXT NOT NULL,
    outcome   TEXT NOT NULL,
    doc       TEXT NOT NULL,
    hash      TEXT NOT NULL,
    mac       TEXT NOT NULL,
    PRIMARY KEY (chain, seq)
) STRICT;
CREATE INDEX audit_records_by_time ON audit_records (at, chain, seq);

CREATE TABLE audit_heads (
    chain TEXT NOT NULL PRIMARY KEY,
    seq   INTEGER NOT NULL,
    hash  TEXT NOT NULL,
    busy  INTEGER NOT NULL
) STRICT;
CREATE INDEX audit_heads_by_busy ON audit_heads (busy);
