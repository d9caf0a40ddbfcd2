-- +goose Up
CREATE TABLE job (
    id           TEXT    NOT NULL PRIMARY KEY,
    place        BIGINT  NOT NULL UNIQUE, -- order of enqueueing
    kind         TEXT    NOT NULL,
    job_key      TEXT    NOT NULL,
    payload      TEXT    NOT NULL,
    priority     INTEGER NOT NULL,
    state        TEXT    NOT NULL, -- waiting, leased, buried
    attempt      INTEGER NOT NULL,
    max_attempts INTEGER NOT NULL,
    run_at       BIGINT  NOT NULL,
    node         TEXT    NOT NULL,
    leased_until BIGINT  NOT NULL,
    cause        TEXT    NOT NULL,
    again        INTEGER NOT NULL, -- enqueued once more while it ran
    created_at   BIGINT  NOT NULL,
    changed_at   BIGINT  NOT NULL
);
CREATE UNIQUE INDEX job_once ON job (kind, job_key) WHERE job_key <> '' AND state <> 'buried';
CREATE INDEX job_waiting ON job (kind, priority DESC, run_at, place) WHERE state = 'waiting';
CREATE INDEX job_leased ON job (leased_until) WHERE state = 'leased';
CREATE INDEX job_buried ON job (changed_at, id) WHERE state = 'buried';
