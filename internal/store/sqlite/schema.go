package sqlite

import "cognate.dev/cognate/internal/kit/rows"

// Dialect is what SQLite says in its own way. There is one writer, so what a transaction reads cannot change before it
// commits, and nothing needs to be locked. Now is the machine's clock.
func (db *DB) Dialect() rows.Dialect {
	return rows.Dialect{
		Tables:     "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name",
		Columns:    "SELECT name FROM pragma_table_info($1) ORDER BY cid",
		References: `SELECT DISTINCT "table" FROM pragma_foreign_key_list($1)`,
		Now:        "CAST(unixepoch('subsec') * 1000 AS INTEGER)",
		FailsAlone: true,
	}
}
