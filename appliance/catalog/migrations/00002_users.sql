-- +goose Up
CREATE TABLE users (
    id            TEXT    NOT NULL PRIMARY KEY,
    name          TEXT    NOT NULL UNIQUE,
    display       TEXT    NOT NULL,
    password_hash TEXT    NOT NULL,
    disabled      INTEGER NOT NULL,
    created_at    BIGINT  NOT NULL
);
CREATE TABLE user_role (
    user_id TEXT NOT NULL REFERENCES users (id),
    role    TEXT NOT NULL,
    site    TEXT NOT NULL, -- '*' = the whole house
    team    TEXT NOT NULL, -- '' = the whole site
    PRIMARY KEY (user_id, site, role, team)
);
CREATE TABLE user_session (
    hash       TEXT   NOT NULL PRIMARY KEY,
    user_id    TEXT   NOT NULL REFERENCES users (id),
    created_at BIGINT NOT NULL,
    seen_at    BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX user_session_by_user ON user_session (user_id);
CREATE INDEX user_session_by_end ON user_session (expires_at);
CREATE TABLE user_token (
    hash       TEXT   NOT NULL PRIMARY KEY,
    user_id    TEXT   NOT NULL REFERENCES users (id),
    name       TEXT   NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX user_token_by_user ON user_token (user_id);
CREATE TABLE signin_failure (
    name TEXT   NOT NULL, -- as the caller gives it; a keyed hash is enough
    at   BIGINT NOT NULL
);
CREATE INDEX signin_failure_by_name ON signin_failure (name, at);
CREATE INDEX signin_failure_by_time ON signin_failure (at);
