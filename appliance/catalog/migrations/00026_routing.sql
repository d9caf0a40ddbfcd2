-- Where documents belong: how it was decided, and by which rules.

-- +goose Up

-- A restricted file that a document in clearing is probably for: until it is
-- decided, only who may open that file may see it.
ALTER TABLE document ADD COLUMN meant_for TEXT NOT NULL DEFAULT '';

CREATE TABLE document_routing (
    document_id TEXT NOT NULL PRIMARY KEY,
    outcome     TEXT NOT NULL, -- filed, clearing, accepted, forwarded
    team        TEXT NOT NULL,
    body        TEXT NOT NULL -- JSON of record.Routing
);

-- For which customers something lies in clearing. Rows go when it is filed.
CREATE TABLE document_clue (
    kind        TEXT NOT NULL,
    value       TEXT NOT NULL,
    document_id TEXT NOT NULL,
    PRIMARY KEY (kind, value, document_id)
);
CREATE INDEX document_clue_by_document ON document_clue (document_id);

-- Rules as data. A version is never changed; the active one of a kind is the
-- one that was made active last.
CREATE TABLE rule_set (
    kind         TEXT   NOT NULL, -- routing, types, mailroom
    version      BIGINT NOT NULL,
    body         TEXT   NOT NULL, -- JSON
    reason       TEXT   NOT NULL, -- why it was made
    made_by      TEXT   NOT NULL,
    made_at      BIGINT NOT NULL,
    simulated_at BIGINT NOT NULL, -- 0 = never
    simulation   TEXT   NOT NULL, -- JSON: what it would have changed
    active_by    TEXT   NOT NULL,
    active_at    BIGINT NOT NULL, -- 0 = never was
    PRIMARY KEY (kind, version)
);

-- Codes that our own letters and return slips carry.
CREATE TABLE return_slip (
    code       TEXT   NOT NULL PRIMARY KEY,
    file_id    TEXT   NOT NULL,
    type       TEXT   NOT NULL, -- of what is expected back; may be empty
    made_by    TEXT   NOT NULL,
    made_at    BIGINT NOT NULL
);

-- Types that a person put right: ground truth for later.
CREATE TABLE type_correction (
    document_id  TEXT   NOT NULL,
    was          TEXT   NOT NULL, -- what the rules said
    became       TEXT   NOT NULL,
    rules        BIGINT NOT NULL,
    corrected_by TEXT   NOT NULL,
    corrected_at BIGINT NOT NULL,
    PRIMARY KEY (document_id, corrected_at)
);

-- Routing looks for the persons whose birth dates stand on a letter.
CREATE INDEX person_by_birth ON person (birth_date);
