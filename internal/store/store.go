// Package store is everything that is remembered, in SQL that SQLite and PostgreSQL both speak: a package for each subject, and
// database beneath them. It puts them together, and owns what concerns all of them: sweeping, moving, beginning anew. What may be
// written is the rooms': an error that a caller may see is a fault, any other is internal.
package store

import (
	"context"
	"fmt"

	"cognate.dev/cognate/internal/factor"
	roomrisk "cognate.dev/cognate/internal/risk"
	"cognate.dev/cognate/internal/signin"
	"cognate.dev/cognate/internal/store/branding"
	"cognate.dev/cognate/internal/store/database"
	"cognate.dev/cognate/internal/store/extension"
	"cognate.dev/cognate/internal/store/federation"
	"cognate.dev/cognate/internal/store/identity"
	"cognate.dev/cognate/internal/store/limit"
	"cognate.dev/cognate/internal/store/outbox"
	"cognate.dev/cognate/internal/store/people"
	"cognate.dev/cognate/internal/store/policy"
	"cognate.dev/cognate/internal/store/pool"
	"cognate.dev/cognate/internal/store/record"
	"cognate.dev/cognate/internal/store/risk"
	"cognate.dev/cognate/internal/store/sealing"
	"cognate.dev/cognate/internal/store/session"
	"cognate.dev/cognate/internal/store/transfer"
	"cognate.dev/cognate/internal/store/workspace"
)

// Store is an open database with all that is kept in it. Safe for concurrent use. What can be done with it as a whole is
// database.DB's; the rest is the subjects', whose methods are its own.
type Store struct {
	*base
	poolStore
	peopleStore
	sessionStore
	federationStore
	brandingStore
	policyStore
	identityStore
	recordStore
	riskStore
	sealingStore
	outboxStore
	transferStore
	limitStore
	extensionStore
	workspaceStore
}

// The parts, under names that differ: a part is called what its type is called.
type (
	base            = database.DB
	poolStore       = pool.Store
	peopleStore     = people.Store
	sessionStore    = session.Store
	federationStore = federation.Store
	brandingStore   = branding.Store
	policyStore     = policy.Store
	identityStore   = identity.Store
	recordStore     = record.Store
	riskStore       = risk.Store
	sealingStore    = sealing.Store
	outboxStore     = outbox.Store
	transferStore   = transfer.Store
	limitStore      = limit.Store
	extensionStore  = extension.Store
	workspaceStore  = workspace.Store
)

// What callers of a store speak of.
type (
	Options = database.Options
	Sealer  = database.Sealer
	Moved   = database.Moved
)

// Open is database.Open, for all subjects.
func Open(ctx context.Context, url string, o Options) (*Store, error) {
	db, err := database.Open(ctx, url, o)
	if err != nil {
		return nil, fmt.Errorf("open store: %w", err)
	}
	return &Store{
		base:            db,
		poolStore:       pool.New(db, o.Sealer),
		peopleStore:     people.New(db),
		sessionStore:    session.New(db),
		federationStore: federation.New(db, o.Sealer),
		brandingStore:   branding.New(db),
		policyStore:     policy.New(db),
		identityStore:   identity.New(db),
		recordStore:     record.New(db),
		riskStore:       risk.New(db),
		sealingStore:    sealing.New(db),
		outboxStore:     outbox.New(db),
		transferStore:   transfer.New(db),
		limitStore:      limit.New(db),
		extensionStore:  extension.New(db, o.Sealer),
		workspaceStore:  workspace.New(db, o.Sealer),
	}, nil
}

// Reset removes everything but the schema, for development.
func (s *Store) Reset(ctx context.Context) error {
	sql := database.SQL{DB: s.base}
	return s.InTx(ctx, func(ctx context.Context) error {
		for _, statement := range []string{
			"DELETE FROM outbox", "DELETE FROM auth_codes", "DELETE FROM browser_sessions",
			"DELETE FROM user_index", "DELETE FROM aliases", "DELETE FROM members", "DELETE FROM codes",
			"DELETE FROM credentials", "DELETE FROM sessions", "DELETE FROM attempts", "DELETE FROM lockouts",
			"DELETE FROM software_tokens", "DELETE FROM passkeys", "DELETE FROM devices",
			"DELETE FROM signing_keys", "DELETE FROM users", "DELETE FROM user_groups", "DELETE FROM clients",
			"DELETE FROM workspaces", "DELETE FROM pools", "DELETE FROM identity_pools", "DELETE FROM issuer_keys", "DELETE FROM marks", "DELETE FROM access_keys",
			"DELETE FROM provisioned_limits", "DELETE FROM buckets", "DELETE FROM policies", "DELETE FROM policy_schemas", "DELETE FROM decisions",
			"DELETE FROM policy_store_rows", "DELETE FROM policy_store_schemas", "DELETE FROM policy_store_aliases", "DELETE FROM policy_stores", "DELETE FROM policy_store_repeats",
			"UPDATE policy_revision SET revision = revision + 1", // other nodes must see that
		} {
			if _, err := sql.Conn(ctx).Exec(ctx, statement); err != nil {
				return database.Failed("reset", err)
			}
		}
		return s.Tell(ctx, database.Change{})
	})
}

// What rooms ask of more than one subject.
var (
	_ signin.Store    = (*Store)(nil)
	_ factor.Store    = (*Store)(nil)
	_ roomrisk.Events = (*Store)(nil)
)
