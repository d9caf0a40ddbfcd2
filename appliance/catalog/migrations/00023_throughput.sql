-- What was read when, by how many and how long: counts only, nothing of any
-- document or person. Minutes for two days, then days.

-- +goose Up
CREATE TABLE throughput (
    span BIGINT NOT NULL, -- seconds that a row stands for: 60 or 86400
    at   BIGINT NOT NULL, -- when they began
    node TEXT   NOT NULL, -- the process that read
    kind TEXT   NOT NULL, -- pages, ready, quarantined, retries, deaths, workers, stage
    name TEXT   NOT NULL, -- of the stage, or the reason of quarantine; else ''
    n    BIGINT NOT NULL, -- how many; of a stage, how many milliseconds
    PRIMARY KEY (span, at, node, kind, name)
);
