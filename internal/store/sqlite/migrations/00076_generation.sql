-- +goose Up
-- Builds that know a lower generation than this one cannot work with the database. A migration that takes something away
-- from them raises it; one that only adds does not. See docs/adr/0035.

CREATE TABLE schema_generation (
    generation INTEGER NOT NULL
) STRICT;
INSERT INTO schema_generation (generation) VALUES (1);
