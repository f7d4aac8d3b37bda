package command

import "testing"

// TestARecordShowsNoPasswordOfADatabase fails when the record of a move keeps what opens the database.
func TestARecordShowsNoPasswordOfADatabase(t *testing.T) {
	t.Parallel()
	for database, want := range map[string]string{
		"postgres://cognate:hunter2@db1:5432/cognate?sslmode=require":    "postgres://db1:5432/cognate",
		"text:postgres://cognate:hunter2@db1/cognate":                    "postgres://db1/cognate",
		"postgres:///cognate?user=cognate&password=hunter2&host=db1,db2": "postgres:///cognate",
		"postgres://cognate:hun%ter2@db1/cognate":                        "?",
		"sqlite:/var/lib/a b%.db":                                        "sqlite:/var/lib/a b%.db",
		"file:/run/secrets/database":                                     "file:/run/secrets/database",
		"env:DATABASE_URL":                                               "env:DATABASE_URL",
	} {
		if got := openly(database); got != want {
			t.Errorf("%s is shown as %s, want %s", database, got, want)
		}
	}
}
