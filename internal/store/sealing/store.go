// Package sealing keeps signing keys and which master key seals, and seals anew what is sealed under an old one, whosever it is.
package sealing

import "cognate.dev/cognate/internal/store/database"

// Store is the part of store.Store that this package is.
type Store struct{ database.SQL }

// New is the part in an open database.
func New(db *database.DB) Store { return Store{database.SQL{DB: db}} }
