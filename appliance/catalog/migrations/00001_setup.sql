-- The same text runs on SQLite and PostgreSQL: TEXT, BIGINT and INTEGER only.
-- Times are microseconds since 1970 in UTC, 0 = none; dates are YYYY-MM-DD,
-- '' = none; truth is 0 or 1; bytes are hexadecimal or base64 text.
-- There is no way down: an archive's catalog only grows.

-- +goose Up
CREATE TABLE meta (
    name  TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
);

-- Counters are taken inside the transaction that uses the number, so a number
-- is used exactly when the transaction commits, and in the order of commits.
CREATE TABLE counter (
    name  TEXT   NOT NULL PRIMARY KEY,
    value BIGINT NOT NULL
);
INSERT INTO counter (name, value) VALUES
    ('file_ordinal', 0), ('change', 0), ('outbox', 0), ('job', 0), ('access', 0);

-- Nobody reads or writes it: on PostgreSQL, who writes locks it first, so that
-- there is one writer at a time, as on SQLite.
CREATE TABLE writer (
    node TEXT NOT NULL PRIMARY KEY
);

CREATE TABLE site (
    code      TEXT    NOT NULL PRIMARY KEY,
    name      TEXT    NOT NULL,
    postcodes TEXT    NOT NULL,
    place     INTEGER NOT NULL
);
CREATE TABLE team (
    site          TEXT    NOT NULL REFERENCES site (code),
    code          TEXT    NOT NULL,
    name          TEXT    NOT NULL,
    first_letters TEXT    NOT NULL,
    place         INTEGER NOT NULL,
    PRIMARY KEY (site, code)
);
CREATE TABLE retention_class (
    class      TEXT    NOT NULL PRIMARY KEY,
    years      INTEGER NOT NULL,
    from_event TEXT    NOT NULL,
    lock_mode  TEXT    NOT NULL
);
