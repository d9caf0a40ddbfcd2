-- What cron starts: up to when each schedule was enqueued, how its last run
-- went, and where a run that was cut off goes on. A finding is where the store
-- and the catalog differ; it stays after it is resolved.

-- +goose Up
CREATE TABLE schedule (
    name       TEXT   NOT NULL PRIMARY KEY,
    due        BIGINT NOT NULL, -- the due time up to which it was enqueued
    started_at BIGINT NOT NULL,
    ended_at   BIGINT NOT NULL, -- of the last run that ended
    outcome    TEXT   NOT NULL, -- '', ok, failed
    result     TEXT   NOT NULL,
    counts     TEXT   NOT NULL, -- JSON, names to numbers
    progress   TEXT   NOT NULL  -- the task's own
);
CREATE TABLE finding (
    kind        TEXT   NOT NULL,
    name        TEXT   NOT NULL, -- of the object
    subject     TEXT   NOT NULL, -- the document, file or person; '' = not known
    found_at    BIGINT NOT NULL, -- at first
    seen_at     BIGINT NOT NULL, -- at last
    resolved_at BIGINT NOT NULL, -- 0 = open
    PRIMARY KEY (kind, name)
);
CREATE INDEX finding_open ON finding (kind, seen_at) WHERE resolved_at = 0;

-- Manifests with a successor, as the nightly comparison came to know them: the
-- catalog itself names only the newest of each subject.
CREATE TABLE superseded (
    name TEXT NOT NULL PRIMARY KEY
);
CREATE INDEX document_by_keep ON document (keep_until, id) WHERE keep_until <> '';
CREATE INDEX journal_full ON journal (changed_at, id) WHERE key_sealed <> '';
