-- The newest manifest's hash: the next one names it, and the verifier asks for it.

-- +goose Up
ALTER TABLE manifest_head ADD COLUMN digest TEXT NOT NULL DEFAULT '';
