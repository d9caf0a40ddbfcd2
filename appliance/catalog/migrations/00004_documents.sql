-- +goose Up
CREATE TABLE document (
    id           TEXT    NOT NULL PRIMARY KEY,
    object_id    TEXT    NOT NULL UNIQUE,
    file_id      TEXT    REFERENCES file (id), -- NULL while in no file
    site         TEXT    NOT NULL,             -- counts only while in no file
    type         TEXT    NOT NULL,
    direction    TEXT    NOT NULL,
    title        TEXT    NOT NULL,
    section      TEXT    NOT NULL,
    sensitivity  INTEGER NOT NULL,
    dated        TEXT    NOT NULL,
    received     TEXT    NOT NULL,
    state        TEXT    NOT NULL,
    reason       TEXT    NOT NULL,
    pages        INTEGER NOT NULL,
    name         TEXT    NOT NULL,
    content_type TEXT    NOT NULL,
    size         BIGINT  NOT NULL,
    plain        TEXT    NOT NULL,
    cipher       TEXT    NOT NULL,
    cipher_size  BIGINT  NOT NULL,
    channel      TEXT    NOT NULL,
    created_at   BIGINT  NOT NULL,
    created_by   TEXT    NOT NULL,
    keep_until   TEXT    NOT NULL,
    locked_until BIGINT  NOT NULL,
    change_seq   BIGINT  NOT NULL, -- the change that the index must have seen
    indexed_seq  BIGINT  NOT NULL  -- the change that the index has seen
);
CREATE INDEX document_by_file ON document (file_id, received, created_at, id);
CREATE INDEX document_by_plain ON document (plain);
CREATE INDEX document_by_state ON document (state, created_at, id);
CREATE INDEX document_by_creator ON document (created_by, created_at, id);
CREATE INDEX document_by_lock ON document (locked_until, id);
CREATE INDEX document_unindexed ON document (change_seq) WHERE change_seq > indexed_seq;

CREATE TABLE dirty (
    seq         BIGINT NOT NULL,
    document_id TEXT   NOT NULL, -- '' when the whole file is meant
    ordinal     BIGINT NOT NULL, -- the file's, 0 when one document is meant
    PRIMARY KEY (document_id, ordinal)
);
CREATE INDEX dirty_by_seq ON dirty (seq);

CREATE TABLE journal (
    id              TEXT   NOT NULL PRIMARY KEY,
    node            TEXT   NOT NULL,
    actor           TEXT   NOT NULL,
    idempotency_key TEXT   NOT NULL,
    request_digest  TEXT   NOT NULL,
    document_id     TEXT   NOT NULL,
    object_id       TEXT   NOT NULL,
    key_sealed      TEXT   NOT NULL,
    cipher          TEXT   NOT NULL,
    cipher_size     BIGINT NOT NULL,
    plain           TEXT   NOT NULL,
    size            BIGINT NOT NULL,
    spool_path      TEXT   NOT NULL,
    manifest_name   TEXT   NOT NULL,
    manifest_digest TEXT   NOT NULL,
    manifest        TEXT   NOT NULL,
    lock_until      BIGINT NOT NULL,
    submission      TEXT   NOT NULL,
    state           TEXT   NOT NULL,
    created_at      BIGINT NOT NULL,
    changed_at      BIGINT NOT NULL
);
CREATE UNIQUE INDEX journal_once ON journal (actor, idempotency_key) WHERE idempotency_key <> '';
CREATE INDEX journal_by_state ON journal (state, changed_at, id);
CREATE INDEX journal_by_object ON journal (object_id);
CREATE INDEX journal_by_document ON journal (document_id);

CREATE TABLE outbox (
    name       TEXT   NOT NULL PRIMARY KEY,
    place      BIGINT NOT NULL UNIQUE,
    subject    TEXT   NOT NULL,
    sequence   BIGINT NOT NULL,
    body       TEXT   NOT NULL,
    digest     TEXT   NOT NULL,
    lock_until BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE TABLE manifest_head (
    subject  TEXT   NOT NULL PRIMARY KEY,
    name     TEXT   NOT NULL,
    sequence BIGINT NOT NULL
);
CREATE TABLE idempotency (
    actor          TEXT    NOT NULL,
    request_key    TEXT    NOT NULL,
    request_digest TEXT    NOT NULL,
    status         INTEGER NOT NULL,
    body           TEXT    NOT NULL,
    created_at     BIGINT  NOT NULL,
    PRIMARY KEY (actor, request_key)
);
CREATE INDEX idempotency_by_time ON idempotency (created_at);
