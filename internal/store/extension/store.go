// Package extension keeps what workspaces add: scripts, their secrets, points and runs, custom applications; and what people have
// agreed to.
package extension

import "cognate.dev/cognate/internal/store/database"

// Store is the part of store.Store that this package is.
type Store struct {
	database.SQL
	sealer database.Sealer
}

// New is the part in an open database; the sealer may be nil where no secret is stored or read.
func New(db *database.DB, sealer database.Sealer) Store { return Store{database.SQL{DB: db}, sealer} }
