-- +goose Up
-- The issuer of which people of a connection are who came while that was not kept with them: the one that it had before it was given
-- another for the first time. Nodes of before write no issuers, and leave this one alone.
ALTER TABLE workspace_connections ADD COLUMN first_issuer TEXT NOT NULL DEFAULT '';
