// Package limit keeps how much may be asked for, as an operator provisioned it, and what of it is left.
package limit

import "cognate.dev/cognate/internal/store/database"

// Store is the part of store.Store that this package is.
type Store struct{ database.SQL }

// New is the part in an open database.
func New(db *database.DB) Store { return Store{database.SQL{DB: db}} }
