// Package transfer keeps what is remembered of people who come in numbers: import jobs, and how far a transfer came.
package transfer

import "cognate.dev/cognate/internal/store/database"

// Store is the part of store.Store that this package is.
type Store struct{ database.SQL }

// New is the part in an open database.
func New(db *database.DB) Store { return Store{database.SQL{DB: db}} }
