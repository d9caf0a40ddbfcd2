-- Who made a file stands in each of its manifests, so the catalog has to know.
-- For the files that are there the audit log says it.

-- +goose Up
ALTER TABLE file ADD COLUMN created_by TEXT NOT NULL DEFAULT '';
UPDATE file SET created_by = COALESCE((SELECT e.actor FROM audit_object o JOIN audit_entry e ON e.id = o.entry_id
    WHERE o.kind = 'file' AND o.object_id = file.id AND e.action = 'file.create' AND e.outcome = 'done'
    ORDER BY e.at LIMIT 1), '');
