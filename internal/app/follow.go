package app

import (
	"context"
	"strings"
	"time"

	"cognate.dev/cognate/internal/store/database"
)

// complainEvery is how often the log hears that other nodes cannot be followed.
const complainEvery = time.Minute

// follow makes this node forget what other nodes and processes change, until ctx ends.
func (h *house) follow(ctx context.Context) {
	var told time.Time
	h.store.Follow(ctx, h.forget, func(err error) {
		if time.Since(told) > complainEvery {
			told = time.Now()
			h.told.Log.Error("following what other nodes change; until it works again, caches may be as old as their lives", "error", err)
		}
	})
}

// forget empties what this node has read of a thing that is another one now. What each room keeps is here, and only
// here: a new cache of what the store holds gets its line.
func (h *house) forget(c database.Change) {
	r := h.rooms.Load()
	switch c.Kind {
	case database.PoolKind:
		r.directory.Pools.Forget(c.Pool)
		r.enricher.InvalidatePool(c.Pool) // a pool's settings show in the attributes of its people
	case database.ClientKind:
		r.directory.Clients.Forget(c.Pool, c.ID)
	case database.PersonKind:
		r.enricher.Invalidate(c.Pool, c.ID)
	case database.SourceKind:
		source, id, _ := strings.Cut(c.ID, "/")
		r.enricher.Forget(source, id)
	case database.DomainKind:
		r.domains.Forget(c.Pool, c.ID)
	case database.KeyKind:
		r.ring.Forget(c.Pool)
		r.issuerKeys.Forget(c.Pool)
	case database.AccessKind:
		h.forgetAccess(c.ID)
	case database.BrandingKind:
		r.branding.Looks.Forget()
	case database.ResourceKind:
		r.directory.Resources.Forget()
	case database.PolicyStoreKind:
		r.permissions.Forget(c.ID)
	default: // everything, or what a newer build tells of
		r.directory.Pools.Forget("")
		r.directory.Clients.Forget("", "")
		r.enricher.InvalidateAll()
		r.domains.Forget("", "")
		r.ring.Forget("")
		r.issuerKeys.Forget("")
		h.forgetAccess("")
		r.branding.Looks.Forget()
		r.directory.Resources.Forget()
		r.permissions.Forget("")
	}
}

func (h *house) forgetAccess(id string) {
	if h.access != nil {
		h.access.Forget(id)
	}
}
