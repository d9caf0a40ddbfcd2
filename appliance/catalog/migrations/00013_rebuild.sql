-- What a rebuild of the catalog from the buckets notes on its way, so that one
-- that was cut off goes on, and so that its memory doesn't grow with the
-- archive. Empty but during a rebuild.

-- +goose Up
CREATE TABLE rebuild_manifest (
    name               TEXT    NOT NULL PRIMARY KEY,
    subject            TEXT    NOT NULL,
    kind               TEXT    NOT NULL,
    object             TEXT    NOT NULL,
    sequence           BIGINT  NOT NULL,
    digest             TEXT    NOT NULL,
    predecessor        TEXT    NOT NULL,
    predecessor_digest TEXT    NOT NULL,
    change_kind        TEXT    NOT NULL,
    created_at         BIGINT  NOT NULL,
    class              TEXT    NOT NULL,
    keep_until         TEXT    NOT NULL,
    cipher             TEXT    NOT NULL,
    cipher_size        BIGINT  NOT NULL,
    version            TEXT    NOT NULL, -- '' = the name has only one
    logged             INTEGER NOT NULL  -- the audit log names it
);
CREATE INDEX rebuild_manifest_by_subject ON rebuild_manifest (subject, sequence, name);
CREATE INDEX rebuild_manifest_by_digest ON rebuild_manifest (digest);
-- The newest manifest of each subject, and what is wrong with its chain.
CREATE TABLE rebuild_subject (
    subject    TEXT   NOT NULL PRIMARY KEY,
    kind       TEXT   NOT NULL,
    name       TEXT   NOT NULL, -- of the newest manifest; '' = none is there
    created_at BIGINT NOT NULL, -- of the first manifest that is there
    flaw       TEXT   NOT NULL
);
CREATE INDEX rebuild_subject_by_kind ON rebuild_subject (kind, subject);
-- What tombstones name: subjects, objects, and names of objects.
CREATE TABLE rebuild_dead (
    id        TEXT NOT NULL PRIMARY KEY,
    tombstone TEXT NOT NULL
);
CREATE TABLE rebuild_problem (
    kind    TEXT NOT NULL,
    name    TEXT NOT NULL,
    subject TEXT NOT NULL,
    detail  TEXT NOT NULL,
    PRIMARY KEY (kind, name, subject)
);
