-- What is noteworthy about a document's pages, as its pack says: unreadable,
-- doubtful, blank … Page 0 is the document as a whole.

-- +goose Up
CREATE TABLE document_mark (
    document_id TEXT   NOT NULL,
    page        BIGINT NOT NULL,
    kind        TEXT   NOT NULL,
    PRIMARY KEY (document_id, page, kind)
);
INSERT INTO document_mark (document_id, page, kind) SELECT document_id, page, 'unreadable' FROM page_unreadable;
DROP TABLE page_unreadable;
