// Package people keeps users, and what belongs to one: aliases, groups, credentials, codes, failures, factors beside passwords.
package people

import "cognate.dev/cognate/internal/store/database"

// Store is the part of store.Store that this package is.
type Store struct{ database.SQL }

// New is the part in an open database.
func New(db *database.DB) Store { return Store{database.SQL{DB: db}} }
