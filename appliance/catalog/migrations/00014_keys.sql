-- What was erased or disposed of: from the decision that can't be taken back
-- to the day on which the last copy of the key is gone.

-- +goose Up
CREATE TABLE erasure (
    document_id  TEXT   NOT NULL PRIMARY KEY,
    object_id    TEXT   NOT NULL, -- whose key it is
    act          TEXT   NOT NULL, -- erased, disposed
    tombstone    TEXT   NOT NULL, -- its name in the store
    body         TEXT   NOT NULL, -- its bytes, base64, so that a redo puts the same
    begun_at     BIGINT NOT NULL, -- 0 = stopped, as by a hold
    final_at     BIGINT NOT NULL, -- since when nothing can stop it; 0 = a hold still can
    destroyed_at BIGINT NOT NULL, -- when the store had no copy of the key any more; 0 = not yet
    copies_until TEXT   NOT NULL  -- YYYY-MM-DD; the last day on which a backup may hold a copy; '' = not destroyed yet
);
CREATE INDEX erasure_open ON erasure (document_id) WHERE destroyed_at = 0;
