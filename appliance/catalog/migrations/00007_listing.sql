-- The nightly listing asks of every object in the store who names it.

-- +goose Up
CREATE INDEX journal_by_manifest ON journal (manifest_name) WHERE manifest_name <> '';
CREATE INDEX manifest_head_by_name ON manifest_head (name);
