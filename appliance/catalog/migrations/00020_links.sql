-- What documents have to do with each other. kind 'encloses': the document, a
-- mail or an archive, carried the other one, at that place.

-- +goose Up
CREATE TABLE document_link (
    document_id TEXT    NOT NULL,
    kind        TEXT    NOT NULL,
    other_id    TEXT    NOT NULL,
    place       INTEGER NOT NULL, -- from 1; 0 = without order
    PRIMARY KEY (document_id, kind, other_id)
);
CREATE INDEX document_link_by_other ON document_link (other_id, kind);
CREATE UNIQUE INDEX document_link_place ON document_link (document_id, kind, place) WHERE place > 0;
