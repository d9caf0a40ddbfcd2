-- What the mailroom and the deliveries page keep: when a provider delivers and
-- when nothing came, what was handed on unopened, and how a document that was
-- handed on to somebody else came to be there.

-- +goose Up
CREATE TABLE delivery_plan (
    provider   TEXT   NOT NULL PRIMARY KEY,
    body       TEXT   NOT NULL, -- JSON of record.DeliveryPlan
    changed_by TEXT   NOT NULL,
    changed_at BIGINT NOT NULL
);

-- A day on which a delivery was expected and none came.
CREATE TABLE delivery_missing (
    provider    TEXT   NOT NULL,
    day         TEXT   NOT NULL, -- YYYY-MM-DD in Germany
    due_at      BIGINT NOT NULL, -- with the grace
    found_at    BIGINT NOT NULL,
    resolved_at BIGINT NOT NULL, -- 0: nothing has come since
    PRIMARY KEY (provider, day)
);
CREATE INDEX delivery_missing_open ON delivery_missing (provider) WHERE resolved_at = 0;
CREATE INDEX delivery_by_provider ON delivery (provider, opened_at);

-- Post that was handed on unopened: never what is in it.
CREATE TABLE post_book (
    id        TEXT   NOT NULL PRIMARY KEY,
    site      TEXT   NOT NULL,
    day       TEXT   NOT NULL, -- YYYY-MM-DD in Germany
    kind      TEXT   NOT NULL, -- the id of a mailroom rule, or other
    sender    TEXT   NOT NULL, -- as it stands on the envelope; may be empty
    handed_to TEXT   NOT NULL,
    made_by   TEXT   NOT NULL,
    made_at   BIGINT NOT NULL
);
CREATE INDEX post_book_by_day ON post_book (day, made_at, id);

-- The last time a document in no file was handed on, and what to go back to.
CREATE TABLE document_forward (
    document_id TEXT   NOT NULL PRIMARY KEY,
    from_site   TEXT   NOT NULL,
    to_site     TEXT   NOT NULL, -- empty: to another authority
    addressee   TEXT   NOT NULL, -- another authority, with its address
    reason      TEXT   NOT NULL,
    before      TEXT   NOT NULL, -- JSON: routing and clues that stood before
    made_by     TEXT   NOT NULL,
    made_at     BIGINT NOT NULL
);
CREATE INDEX document_forward_by_site ON document_forward (from_site, made_at, document_id);
