package postgres

// Tables is a query for the names of all tables of the schema in use.
func (db *DB) Tables() string {
	return `SELECT CAST(table_name AS TEXT) FROM information_schema.tables
		WHERE table_schema = current_schema() AND table_type = 'BASE TABLE' ORDER BY table_name`
}

// Columns is a query for the columns of a table.
func (db *DB) Columns() string {
	return `SELECT CAST(column_name AS TEXT) FROM information_schema.columns
		WHERE table_schema = current_schema() AND table_name = $1 ORDER BY ordinal_position`
}

// References is a query for the tables that a table refers to.
func (db *DB) References() string {
	return `SELECT DISTINCT CAST(r.relname AS TEXT) FROM pg_constraint c
		JOIN pg_class t ON t.oid = c.conrelid JOIN pg_class r ON r.oid = c.confrelid
		JOIN pg_namespace n ON n.oid = t.relnamespace
		WHERE c.contype = 'f' AND n.nspname = current_schema() AND t.relname = $1`
}
