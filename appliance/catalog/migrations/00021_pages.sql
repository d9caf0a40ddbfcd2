-- The pages that killed the worker that read them, while their document is
-- being read: what is known here is not tried for ever.

-- +goose Up
CREATE TABLE page_death (
    document_id TEXT   NOT NULL,
    page        BIGINT NOT NULL, -- 0 = the document was being opened
    deaths      BIGINT NOT NULL,
    reason      TEXT   NOT NULL, -- of the last one
    PRIMARY KEY (document_id, page)
);
-- The pages that were given up, in whose place a blank one stands in the pack.
CREATE TABLE page_unreadable (
    document_id TEXT   NOT NULL,
    page        BIGINT NOT NULL,
    PRIMARY KEY (document_id, page)
);
