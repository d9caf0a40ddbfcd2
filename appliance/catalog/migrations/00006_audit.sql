-- audit_entry, audit_object, audit_number and audit_node are only ever added
-- to. audit_payload is what an erasure removes. audit_pending is the queue of
-- what has no number yet. audit_head has one row for each log.

-- +goose Up
CREATE TABLE audit_entry (
    id      TEXT    NOT NULL PRIMARY KEY,
    log     INTEGER NOT NULL, -- the year of the log
    at      BIGINT  NOT NULL,
    action  TEXT    NOT NULL,
    outcome TEXT    NOT NULL,
    actor   TEXT    NOT NULL,
    header  TEXT    NOT NULL
);
CREATE INDEX audit_entry_by_time ON audit_entry (at, id);
CREATE INDEX audit_entry_by_actor ON audit_entry (actor, at, id);
CREATE INDEX audit_entry_by_action ON audit_entry (action, at, id);
CREATE TABLE audit_payload (
    entry_id TEXT NOT NULL PRIMARY KEY REFERENCES audit_entry (id),
    salt     TEXT NOT NULL, -- base64
    payload  TEXT NOT NULL
);
CREATE TABLE audit_object (
    kind      TEXT   NOT NULL,
    object_id TEXT   NOT NULL,
    at        BIGINT NOT NULL,
    entry_id  TEXT   NOT NULL REFERENCES audit_entry (id),
    PRIMARY KEY (kind, object_id, at, entry_id)
);
CREATE TABLE audit_pending (
    at       BIGINT NOT NULL,
    entry_id TEXT   NOT NULL REFERENCES audit_entry (id),
    PRIMARY KEY (at, entry_id)
);
CREATE TABLE audit_number (
    log      INTEGER NOT NULL,
    number   BIGINT  NOT NULL, -- from 0
    entry_id TEXT    NOT NULL UNIQUE REFERENCES audit_entry (id),
    PRIMARY KEY (log, number)
);
CREATE TABLE audit_node (
    log   INTEGER NOT NULL,
    level INTEGER NOT NULL,
    place BIGINT  NOT NULL,
    hash  TEXT    NOT NULL,
    PRIMARY KEY (log, level, place)
);
CREATE TABLE audit_head (
    log      INTEGER NOT NULL PRIMARY KEY,
    size     BIGINT  NOT NULL,
    frontier TEXT    NOT NULL
);
CREATE TABLE audit_checkpoint (
    log  INTEGER NOT NULL,
    size BIGINT  NOT NULL,
    at   BIGINT  NOT NULL,
    note TEXT    NOT NULL,
    PRIMARY KEY (log, size)
);
