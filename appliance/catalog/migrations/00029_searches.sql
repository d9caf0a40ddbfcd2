-- Searches that users keep for themselves.

-- +goose Up
CREATE TABLE saved_search (
    id       TEXT   NOT NULL PRIMARY KEY,
    user_id  TEXT   NOT NULL,
    name     TEXT   NOT NULL,
    query    TEXT   NOT NULL, -- the search page's values, as in its address
    saved_at BIGINT NOT NULL,
    UNIQUE (user_id, name)
);
