-- Batches: documents with separator sheets, of which each letter became a
-- document of its own (document_link, kind 'splits').

-- +goose Up
CREATE TABLE document_split (
    document_id TEXT   NOT NULL PRIMARY KEY, -- the batch
    parts       BIGINT NOT NULL,             -- 0 = it was not split
    reason      TEXT   NOT NULL              -- why not: a key of ui/locale below "reason."
);
-- Where in its batch a letter stood, and the number of a file that the separator
-- sheet before it names. The number is evidence: nothing is filed by it.
CREATE TABLE document_cut (
    document_id TEXT   NOT NULL PRIMARY KEY, -- the letter
    first_page  BIGINT NOT NULL,
    last_page   BIGINT NOT NULL,
    file_number TEXT   NOT NULL
);
