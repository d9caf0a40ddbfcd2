-- Legal holds: nothing of a file or document may be destroyed while one
-- stands. A lifted hold stays as a row: that it stood is part of the history.

-- +goose Up
CREATE TABLE hold (
    id           TEXT   NOT NULL PRIMARY KEY,
    subject_kind TEXT   NOT NULL, -- file, document
    subject      TEXT   NOT NULL, -- id of the file or document
    kind         TEXT   NOT NULL, -- litigation, objection, …
    reason       TEXT   NOT NULL,
    origin       TEXT   NOT NULL, -- the file's hold that a document took along when it left the file; '' = its own
    placed_by    TEXT   NOT NULL,
    placed_at    BIGINT NOT NULL,
    lifted_by    TEXT   NOT NULL, -- '' while it stands
    lifted_at    BIGINT NOT NULL, -- 0 while it stands
    lift_reason  TEXT   NOT NULL
);
CREATE INDEX hold_by_subject ON hold (subject, placed_at, id);
CREATE INDEX hold_standing ON hold (subject, subject_kind) WHERE lifted_at = 0;

-- The objects in the store on which a legal hold stands or may stand: a row is
-- written before the store is asked, and goes when the store has said that the
-- hold is off. So the store holds nothing that isn't listed here.
CREATE TABLE held_object (
    name        TEXT   NOT NULL PRIMARY KEY,
    document_id TEXT   NOT NULL REFERENCES document (id),
    set_at      BIGINT NOT NULL -- when the store, asked afresh, said that it is on; 0 = not yet
);
CREATE INDEX held_object_by_document ON held_object (document_id);
