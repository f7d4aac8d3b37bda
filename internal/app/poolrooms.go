package app

import (
	"cognate.dev/cognate/internal/federation"
	"cognate.dev/cognate/internal/front/aws/cognitoidp"
)

// poolRooms are the rooms about parts of a pool other than its people.
type poolRooms struct {
	federation *federation.Federation
}

// poolParts is what the operations ask.
func (r *poolRooms) poolParts() cognitoidp.PoolParts {
	return cognitoidp.PoolParts{Federation: r.federation}
}

// furnishPools builds them. The directory must stand.
func (g *ground) furnishPools(r *rooms) {
	r.federation = federation.New(federation.Parts{
		Providers: g.store, Links: g.store, Groups: r.directory.Groups, Keys: g.keys, Now: now,
	})
}
