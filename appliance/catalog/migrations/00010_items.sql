-- Work that waits for somebody. An item is in somebody's inbox when it has a
-- holder; without one it waits in the team of its file. It is never deleted.

-- +goose Up
CREATE TABLE item (
    id          TEXT   NOT NULL PRIMARY KEY,
    kind        TEXT   NOT NULL, -- document, followup
    document_id TEXT   REFERENCES document (id), -- NULL: a follow-up on the file as a whole
    file_id     TEXT   NOT NULL REFERENCES file (id),
    site        TEXT   NOT NULL, -- the file's, while the item is open: so that a team's list needn't
    team        TEXT   NOT NULL, -- look at every file; UpdateFile keeps both true
    queue       TEXT   NOT NULL, -- user, team: where it came in
    holder      TEXT   NOT NULL, -- whose work it is; '' = nobody's yet
    held_by     TEXT   NOT NULL, -- who gave it to the holder: itself (taken), another (assigned), '' (came in so)
    held_at     BIGINT NOT NULL,
    state       TEXT   NOT NULL, -- open, done
    waits       TEXT   NOT NULL, -- the day it counts from: of receipt, or a follow-up's own
    due         TEXT   NOT NULL, -- comes back on this day; '' = waits now
    note        TEXT   NOT NULL,
    acting_for  TEXT   NOT NULL, -- the last change was made in substitution for this user
    created_at  BIGINT NOT NULL,
    created_by  TEXT   NOT NULL,
    changed_at  BIGINT NOT NULL,
    changed_by  TEXT   NOT NULL,
    done_at     BIGINT NOT NULL,
    done_by     TEXT   NOT NULL,
    version     BIGINT NOT NULL, -- counts changes: who changes names the one they saw
    former      TEXT   NOT NULL  -- JSON: what the last change can be taken back to; '' = nothing
);
CREATE INDEX item_open_by_holder ON item (holder, waits, created_at, id) WHERE state = 'open';
CREATE INDEX item_open_by_place ON item (site, team, waits, created_at, id) WHERE state = 'open';
CREATE INDEX item_open_by_file ON item (file_id) WHERE state = 'open';
CREATE INDEX item_by_document ON item (document_id, state);
CREATE UNIQUE INDEX item_of_document ON item (document_id) WHERE state = 'open' AND kind = 'document';
