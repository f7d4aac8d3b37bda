// Package pool keeps user pools and what is set up in them: app clients, resource servers, domains, where logs go, replicas. How many things a pool has room for
// is decided here for all subjects.
package pool

import "cognate.dev/cognate/internal/store/database"

// Store is the part of store.Store that this package is.
type Store struct {
	database.SQL
	sealer database.Sealer
}

// New is the part in an open database; the sealer may be nil where no secret is stored or read.
func New(db *database.DB, sealer database.Sealer) Store { return Store{database.SQL{DB: db}, sealer} }
