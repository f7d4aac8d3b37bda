// Package workspace keeps workspaces, their connections and clients, and what is known of the people who came through one: sign-ins
// on a detour, authentication contexts, traces.
package workspace

import "cognate.dev/cognate/internal/store/database"

// Store is what is kept of workspaces.
type Store struct {
	database.SQL
	sealer database.Sealer
}

// New is the store of a database. Credentials of connections need a sealer.
func New(db *database.DB, sealer database.Sealer) Store {
	return Store{database.SQL{DB: db}, sealer}
}
