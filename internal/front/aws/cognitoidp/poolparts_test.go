package cognitoidp_test

import (
	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/federation"
	"cognate.dev/cognate/internal/front/aws/cognitoidp"
	"cognate.dev/cognate/internal/kit/secret"
	"cognate.dev/cognate/internal/store"
)

// poolParts builds the rooms about parts of a pool other than its people.
func poolParts(w *world, db *store.Store, keys *secret.Keyring, dir *directory.Directory) cognitoidp.PoolParts {
	return cognitoidp.PoolParts{
		Federation: federation.New(federation.Parts{Providers: db, Links: db, Groups: dir.Groups, Keys: keys, Now: w.now.Now}),
	}
}
