package postgres

import "cognate.dev/cognate/internal/kit/rows"

// Dialect is what PostgreSQL says in its own way. Now is the database's clock, the same for all nodes.
func (db *DB) Dialect() rows.Dialect {
	return rows.Dialect{
		Locking: " FOR UPDATE",
		Tables: `SELECT CAST(table_name AS TEXT) FROM information_schema.tables
			WHERE table_schema = current_schema() AND table_type = 'BASE TABLE' ORDER BY table_name`,
		Columns: `SELECT CAST(column_name AS TEXT) FROM information_schema.columns
			WHERE table_schema = current_schema() AND table_name = $1 ORDER BY ordinal_position`,
		References: `SELECT DISTINCT CAST(r.relname AS TEXT) FROM pg_constraint c
			JOIN pg_class t ON t.oid = c.conrelid JOIN pg_class r ON r.oid = c.confrelid
			JOIN pg_namespace n ON n.oid = t.relnamespace
			WHERE c.contype = 'f' AND n.nspname = current_schema() AND t.relname = $1`,
		Now: "CAST(floor(extract(epoch FROM clock_timestamp()) * 1000) AS BIGINT)",
	}
}
