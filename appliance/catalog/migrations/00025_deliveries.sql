-- Deliveries: what a scan provider hands over at once, from its announcement to
-- the last document taken in. The bytes of an object that has arrived lie
-- encrypted in the spool of one node until the delivery is complete and fits its
-- manifest; only then do they become documents.

-- +goose Up
CREATE TABLE delivery (
    id           TEXT   NOT NULL PRIMARY KEY,
    provider     TEXT   NOT NULL,
    number       TEXT   NOT NULL, -- the provider's delivery_id
    actor        TEXT   NOT NULL, -- id of the user it came from
    channel      TEXT   NOT NULL, -- api, folder
    site         TEXT   NOT NULL,
    state        TEXT   NOT NULL, -- announced, open, waiting, taking, done, withdrawn
    digest       TEXT   NOT NULL, -- of what it says; '' = its rows are not all there yet, or it came back from the documents' manifests
    bag_seal     TEXT   NOT NULL, -- what follows: as the manifest says
    paper_box    TEXT   NOT NULL,
    paper_place  TEXT   NOT NULL,
    made_at      TEXT   NOT NULL, -- created_at
    announced_seal      TEXT   NOT NULL, -- what the announcement said
    announced_documents BIGINT NOT NULL,
    problems     TEXT   NOT NULL, -- JSON: what did not fit when it was looked at last
    documents    BIGINT NOT NULL, -- by the manifest
    announced_at BIGINT NOT NULL, -- when we first heard of it
    opened_at    BIGINT NOT NULL, -- when the manifest came; 0: announced only
    waits_since  BIGINT NOT NULL, -- when it was found not to fit; 0: it fits
    done_at      BIGINT NOT NULL,
    changed_at   BIGINT NOT NULL,
    manifest     TEXT   NOT NULL  -- JSON, the newest that was handed over; behind all others, since it may have megabytes
);
CREATE UNIQUE INDEX delivery_once ON delivery (provider, number);
CREATE INDEX delivery_by_state ON delivery (state, announced_at, id);
CREATE INDEX delivery_by_time ON delivery (announced_at, id);
CREATE INDEX delivery_by_seal ON delivery (provider, bag_seal) WHERE bag_seal <> '';

CREATE TABLE delivery_object (
    delivery_id  TEXT   NOT NULL,
    name         TEXT   NOT NULL,
    place        BIGINT NOT NULL, -- in the manifest, from 1; 0: the manifest does not name it
    kind         TEXT   NOT NULL, -- document, signature
    said         TEXT   NOT NULL, -- JSON: its part of the manifest
    state        TEXT   NOT NULL, -- wanted, here, wrong, taken
    problem      TEXT   NOT NULL, -- when wrong: hash, pages, size …
    document_id  TEXT   NOT NULL, -- once it is one
    object_id    TEXT   NOT NULL, -- the fields below: of the bytes that lie in the spool
    node         TEXT   NOT NULL,
    key_sealed   TEXT   NOT NULL,
    plain        TEXT   NOT NULL,
    cipher       TEXT   NOT NULL,
    size         BIGINT NOT NULL,
    cipher_size  BIGINT NOT NULL,
    content_type TEXT   NOT NULL,
    pages        BIGINT NOT NULL, -- counted; 0: can't be counted
    arrived_at   BIGINT NOT NULL,
    PRIMARY KEY (delivery_id, name)
);
CREATE INDEX delivery_object_by_object ON delivery_object (object_id) WHERE object_id <> '';
CREATE INDEX delivery_object_by_document ON delivery_object (document_id) WHERE document_id <> '';

-- For which customers something is on its way, as far as the manifest says.
CREATE TABLE delivery_clue (
    kind        TEXT NOT NULL,
    value       TEXT NOT NULL,
    delivery_id TEXT NOT NULL,
    name        TEXT NOT NULL,
    PRIMARY KEY (kind, value, delivery_id, name)
);
CREATE INDEX delivery_clue_by_delivery ON delivery_clue (delivery_id);

-- What came with a document beside its bytes, as JSON of catalog.Note.
CREATE TABLE document_note (
    document_id TEXT NOT NULL PRIMARY KEY,
    delivery_id TEXT NOT NULL, -- '' = it came alone
    body        TEXT NOT NULL
);
CREATE INDEX document_note_by_delivery ON document_note (delivery_id) WHERE delivery_id <> '';
