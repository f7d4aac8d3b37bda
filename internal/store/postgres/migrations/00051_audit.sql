-- +goose Up
-- Records of the audit log: each process writes a chain of its own. The columns repeat what the record (doc, JSON) says.
CREATE TABLE audit_records (
    chain     TEXT COLLATE "C" NOT NULL,
    seq       BIGINT NOT NULL,
    at        BIGINT NOT NULL,
    operation TEXT COLLATE "C" NOT NULL,
    actor     TEXT COLLATE "C" NOT NULL,
    pool_id   TEXT COLLATE "C" NOT NULL,
    client_id TEXT COLLATE "C" NOT NULL,
    person    TEXT COLLATE "C" NOT NULL,
    outcome   TEXT COLLATE "C" NOT NULL,
    doc       TEXT NOT NULL,
    hash      TEXT COLLATE "C" NOT NULL,
    mac       TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (chain, seq)
);
CREATE INDEX audit_records_by_time ON audit_records (at, chain, seq);

CREATE TABLE audit_heads (
    chain TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    seq   BIGINT NOT NULL,
    hash  TEXT COLLATE "C" NOT NULL,
    busy  BIGINT NOT NULL
);
CREATE INDEX audit_heads_by_busy ON audit_heads (busy);
