package cognitoidp_test

import (
	"context"

	"cognate.dev/cognate/internal/branding"
	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/domain"
	"cognate.dev/cognate/internal/federation"
	"cognate.dev/cognate/internal/front/aws/cognitoidp"
	"cognate.dev/cognate/internal/key"
	"cognate.dev/cognate/internal/kit/secret"
	"cognate.dev/cognate/internal/limit"
	"cognate.dev/cognate/internal/risk"
	"cognate.dev/cognate/internal/store"
	"cognate.dev/cognate/internal/transfer"
	"cognate.dev/cognate/internal/transfer/job"
	"cognate.dev/cognate/internal/upkeep"
)

// poolDomains builds the room that the directory asks.
func poolDomains(w *world, db *store.Store) *domain.Domains {
	domains, err := domain.New(domain.Parts{Store: db, OnCommit: db.OnCommit, Public: "http://127.0.0.1:9229", Now: w.now.Now})
	w.check(err)
	return domains
}

// poolParts builds the rooms about parts of a pool other than its people.
func poolParts(w *world, db *store.Store, keys *secret.Keyring, dir *directory.Directory, domains *domain.Domains) cognitoidp.PoolParts {
	gate, rates, err := limit.New(limit.Parts{Store: db, Now: w.now.Now, Config: w.rates})
	w.check(err)
	w.gate = gate
	w.imports = job.New(job.Parts{
		Store: db, Files: db, Pools: dir.Pools, Cursors: keys, Digests: keys, Public: "https://id.example.com", Now: w.now.Now,
		Door:  &transfer.Door{Users: dir.Users, Passwords: dir.Passwords, Groups: dir.Groups, Tx: db},
		Rouse: func() {}, Failed: func(_ context.Context, _ *job.Job, err error) { w.t.Error(err) },
	})
	return cognitoidp.PoolParts{
		Rates:        rates,
		Gate:         gate,
		Imports:      w.imports,
		Certificates: key.NewRing(db, keys, w.now.Now), Risks: risk.New(db, w.now.Now), History: w.history, Upkeep: upkeep.New(db, w.now.Now),
		Where: func(_ context.Context, address string) risk.Place {
			if address == "127.0.0.1" {
				return risk.Place{City: "Berlin", Country: "Germany"}
			}
			return risk.Place{}
		},
		Public: "https://id.example.com",
		Branding: branding.New(branding.Parts{
			Styles: db, Classic: db, Terms: db, HasDomain: domains.Has, Keys: keys, Now: w.now.Now,
		}),
		Domains:    domains,
		Federation: federation.New(federation.Parts{Providers: db, Links: db, Groups: dir.Groups, Keys: keys, Now: w.now.Now}),
	}
}
