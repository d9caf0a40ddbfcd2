-- Filing by hand: from where a person put a document where. What was taken out
-- of a file leaves a trace there, and one where it lies now. And what is being
-- divided or put together.

-- +goose Up
CREATE TABLE filing (
    id          TEXT   NOT NULL, -- of the action: what was filed along has the same
    document_id TEXT   NOT NULL,
    from_file   TEXT   NOT NULL, -- '' = it lay in no file
    to_file     TEXT   NOT NULL, -- '' = back to clearing
    reason      TEXT   NOT NULL, -- a key of ui/locale below "trace.reason."; '' = none was given
    along       BIGINT NOT NULL, -- 1 = it came in the one that was filed
    since       BIGINT NOT NULL, -- since when it lay in from_file
    filed_at    BIGINT NOT NULL,
    filed_by    TEXT   NOT NULL,
    silent      BIGINT NOT NULL, -- 1 = taken back at once, and nobody else had seen it meanwhile: no trace
    PRIMARY KEY (id, document_id)
);
CREATE INDEX filing_from ON filing (from_file, filed_at) WHERE from_file <> '';
CREATE INDEX filing_to ON filing (to_file, filed_at) WHERE to_file <> '';
CREATE INDEX filing_of ON filing (document_id, filed_at);

-- Of what others are just being made, and what comes of putting together. As long
-- as a document is in remaking it is filed nowhere and routed by nobody.
CREATE TABLE remaking (
    document_id TEXT   NOT NULL PRIMARY KEY,
    merging     TEXT   NOT NULL, -- id of the row of merging; '' = it is being divided
    starts      TEXT   NOT NULL, -- JSON: the pages at which a person lets a new document begin, 1 among them; [] = at its separators
    asked_by    TEXT   NOT NULL,
    asked_at    BIGINT NOT NULL
);
CREATE TABLE merging (
    id        TEXT   NOT NULL PRIMARY KEY,
    documents TEXT   NOT NULL, -- JSON: ids, in their order
    result    TEXT   NOT NULL, -- id of what came of it; '' = not yet
    reason    TEXT   NOT NULL, -- why nothing came of it
    asked_by  TEXT   NOT NULL,
    asked_at  BIGINT NOT NULL
);
