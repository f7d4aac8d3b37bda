-- +goose Up
CREATE TABLE import_jobs (
    pool_id     TEXT COLLATE "C"    NOT NULL REFERENCES pools (id) ON DELETE CASCADE,
    id          TEXT COLLATE "C"    NOT NULL,
    status      TEXT COLLATE "C"    NOT NULL,
    upload      TEXT COLLATE "C"    NOT NULL,
    created_at  BIGINT NOT NULL,
    lease       TEXT    NOT NULL,
    lease_until BIGINT NOT NULL,
    doc         TEXT    NOT NULL,
    PRIMARY KEY (pool_id, id)
);
CREATE INDEX import_jobs_by_age ON import_jobs (pool_id, created_at, id);
CREATE INDEX import_jobs_by_state ON import_jobs (status, created_at);
CREATE UNIQUE INDEX import_jobs_active ON import_jobs (pool_id) WHERE status IN ('Pending', 'InProgress', 'Stopping');

-- Uploaded files, in pieces: whichever node does the work reads them here.
CREATE TABLE import_pieces (
    pool_id    TEXT COLLATE "C"    NOT NULL,
    job_id     TEXT COLLATE "C"    NOT NULL,
    upload     TEXT COLLATE "C"    NOT NULL,
    n          BIGINT NOT NULL,
    data       BYTEA    NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (pool_id, job_id, upload, n),
    FOREIGN KEY (pool_id, job_id) REFERENCES import_jobs (pool_id, id) ON DELETE CASCADE
);

-- What a job says of its lines: one row for each commit, named by its last line.
CREATE TABLE import_logs (
    pool_id TEXT COLLATE "C"    NOT NULL,
    job_id  TEXT COLLATE "C"    NOT NULL,
    line    BIGINT NOT NULL,
    text    TEXT    NOT NULL,
    PRIMARY KEY (pool_id, job_id, line),
    FOREIGN KEY (pool_id, job_id) REFERENCES import_jobs (pool_id, id) ON DELETE CASCADE
);

-- How far a transfer by the command line has come. It goes with the pool.
CREATE TABLE transfers (
    pool_id     TEXT COLLATE "C"    NOT NULL REFERENCES pools (id) ON DELETE CASCADE,
    source      TEXT COLLATE "C"    NOT NULL,
    modified_at BIGINT NOT NULL,
    doc         TEXT    NOT NULL,
    PRIMARY KEY (pool_id, source)
);
