-- +goose Up
CREATE TABLE person (
    id              TEXT NOT NULL PRIMARY KEY,
    birth_date      TEXT NOT NULL,
    customer_number TEXT NOT NULL,
    address         TEXT NOT NULL
);
CREATE TABLE person_name (
    person_id  TEXT    NOT NULL REFERENCES person (id),
    place      INTEGER NOT NULL,
    name       TEXT    NOT NULL,
    first_name TEXT    NOT NULL,
    valid_from TEXT    NOT NULL,
    valid_to   TEXT    NOT NULL,
    PRIMARY KEY (person_id, place)
);
CREATE TABLE file (
    id              TEXT    NOT NULL PRIMARY KEY,
    ordinal         BIGINT  NOT NULL UNIQUE,
    kind            TEXT    NOT NULL,
    site            TEXT    NOT NULL,
    team            TEXT    NOT NULL,
    responsible     TEXT    NOT NULL,
    retention_class TEXT    NOT NULL,
    sensitivity     INTEGER NOT NULL,
    created_at      BIGINT  NOT NULL,
    closed_at       BIGINT  NOT NULL
);
-- These two hold all that a search filter reads, so the table isn't touched.
CREATE INDEX file_by_place ON file (site, team, sensitivity, ordinal, id);
CREATE INDEX file_by_responsible ON file (responsible, site, team, sensitivity, ordinal, id);
CREATE TABLE file_number (
    file_id    TEXT    NOT NULL REFERENCES file (id),
    place      INTEGER NOT NULL,
    number     TEXT    NOT NULL,
    norm       TEXT    NOT NULL,
    valid_from TEXT    NOT NULL,
    valid_to   TEXT    NOT NULL,
    PRIMARY KEY (file_id, place)
);
CREATE UNIQUE INDEX file_number_open ON file_number (norm) WHERE valid_to = '';
CREATE INDEX file_number_by_norm ON file_number (norm);
CREATE TABLE file_member (
    file_id    TEXT    NOT NULL REFERENCES file (id),
    place      INTEGER NOT NULL,
    person_id  TEXT    NOT NULL REFERENCES person (id),
    role       TEXT    NOT NULL,
    valid_from TEXT    NOT NULL,
    valid_to   TEXT    NOT NULL,
    PRIMARY KEY (file_id, place)
);
CREATE INDEX file_member_by_person ON file_member (person_id);

-- By what a file is found: kind n = word of a name, folded; d = birth date;
-- z = any number of the file or of a member, normalised.
CREATE TABLE file_key (
    kind    TEXT NOT NULL,
    value   TEXT NOT NULL,
    file_id TEXT NOT NULL REFERENCES file (id),
    PRIMARY KEY (kind, value, file_id)
);
CREATE INDEX file_key_by_file ON file_key (file_id);
-- The words that occur in names, each once, with their sound, and what is left
-- of them when any one letter is missing: that finds what is misspelled.
CREATE TABLE name_word (
    word  TEXT NOT NULL PRIMARY KEY,
    sound TEXT NOT NULL
);
CREATE INDEX name_word_by_sound ON name_word (sound, word);
CREATE TABLE name_rest (
    rest TEXT NOT NULL,
    word TEXT NOT NULL REFERENCES name_word (word),
    PRIMARY KEY (rest, word)
);
CREATE INDEX name_rest_by_word ON name_rest (word);

CREATE TABLE file_grant (
    file_id    TEXT   NOT NULL REFERENCES file (id),
    user_id    TEXT   NOT NULL,
    reason     TEXT   NOT NULL,
    granted_by TEXT   NOT NULL,
    valid_from TEXT   NOT NULL,
    valid_to   TEXT   NOT NULL,
    ends_at    BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (file_id, user_id)
);
CREATE INDEX file_grant_by_user ON file_grant (user_id, file_id);
CREATE TABLE file_denial (
    file_id    TEXT   NOT NULL REFERENCES file (id),
    user_id    TEXT   NOT NULL,
    reason     TEXT   NOT NULL,
    denied_by  TEXT   NOT NULL,
    valid_from TEXT   NOT NULL,
    valid_to   TEXT   NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (file_id, user_id)
);
CREATE INDEX file_denial_by_user ON file_denial (user_id, file_id);
CREATE TABLE substitution (
    id         TEXT   NOT NULL PRIMARY KEY,
    absent     TEXT   NOT NULL,
    substitute TEXT   NOT NULL,
    valid_from TEXT   NOT NULL,
    valid_to   TEXT   NOT NULL,
    created_by TEXT   NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX substitution_by_substitute ON substitution (substitute, absent);
