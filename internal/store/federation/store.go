// Package federation keeps outside identity providers, who is on the way to one or stays there, and which outside identities are whose.
package federation

import "cognate.dev/cognate/internal/store/database"

// Store is the part of store.Store that this package is.
type Store struct {
	database.SQL
	sealer database.Sealer
}

// New is the part in an open database; the sealer may be nil where no secret is stored or read.
func New(db *database.DB, sealer database.Sealer) Store { return Store{database.SQL{DB: db}, sealer} }
