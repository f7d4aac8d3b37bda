// Package session keeps sign-ins that last: sessions of clients and browsers, what leads to them once (codes, pushed requests), and what was used up.
package session

import "cognate.dev/cognate/internal/store/database"

// Store is the part of store.Store that this package is.
type Store struct{ database.SQL }

// New is the part in an open database.
func New(db *database.DB) Store { return Store{database.SQL{DB: db}} }
