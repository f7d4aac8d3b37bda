package sqlite

// Tables is a query for the names of all tables. https://www.sqlite.org/schematab.html
func (db *DB) Tables() string {
	return "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name"
}

// Columns is a query for the columns of a table.
func (db *DB) Columns() string { return "SELECT name FROM pragma_table_info($1) ORDER BY cid" }

// References is a query for the tables that a table refers to.
func (db *DB) References() string {
	return `SELECT DISTINCT "table" FROM pragma_foreign_key_list($1)`
}
