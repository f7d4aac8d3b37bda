-- +goose Up
-- Ids sort by time. The kinds are those of the resources, a line each, with a line break before the first, too.
CREATE TABLE decisions (
    id        TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    call_id   TEXT COLLATE "C" NOT NULL,
    at        BIGINT NOT NULL,
    principal TEXT COLLATE "C" NOT NULL,
    kinds     TEXT    NOT NULL,
    denied    BIGINT NOT NULL,
    doc       TEXT    NOT NULL
);

CREATE INDEX decisions_by_call ON decisions (call_id);
CREATE INDEX decisions_by_principal ON decisions (principal, id);
CREATE INDEX decisions_by_time ON decisions (at);
