-- How far everything that is kept was read again and hashed: a share is what
-- lies below a prefix of one bucket. And what was put anew under another name,
-- because its own is taken by something damaged that may not be removed.

-- +goose Up
CREATE TABLE scrub (
    bucket   TEXT   NOT NULL, -- records, keys, audit
    prefix   TEXT   NOT NULL,
    after    TEXT   NOT NULL, -- the reading under way has come this far; '' = none is under way
    began_at BIGINT NOT NULL, -- of the reading under way
    objects  BIGINT NOT NULL, -- in the reading under way
    bytes    BIGINT NOT NULL,
    read_at  BIGINT NOT NULL, -- when the last whole reading began; 0 = never
    had      BIGINT NOT NULL, -- objects in the last whole reading
    had_bytes BIGINT NOT NULL,
    PRIMARY KEY (bucket, prefix)
);
-- The hash of a manifest that has a successor, as a successor that was found
-- sound says; '' = not known yet.
ALTER TABLE superseded ADD COLUMN digest TEXT NOT NULL DEFAULT '';
CREATE TABLE relocation (
    old_object  TEXT   NOT NULL PRIMARY KEY,
    new_object  TEXT   NOT NULL,
    document_id TEXT   NOT NULL,
    begun_at    BIGINT NOT NULL,
    done_at     BIGINT NOT NULL -- 0 = the new name is chosen, no more
);
CREATE UNIQUE INDEX relocation_new ON relocation (new_object);
