package app

import (
	"context"
	"strings"
	"time"

	"cognate.dev/cognate/internal/store"
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
func (h *house) forget(c store.Change) {
	r := h.rooms.Load()
	switch c.Kind {
	case store.PoolKind:
		r.directory.Pools.Forget(c.Pool)
		r.enricher.InvalidatePool(c.Pool) // a pool's settings show in the attributes of its people
	case store.ClientKind:
		r.directory.Clients.Forget(c.Pool, c.ID)
	case store.PersonKind:
		r.enricher.Invalidate(c.Pool, c.ID)
	case store.SourceKind:
		source, id, _ := strings.Cut(c.ID, "/")
		r.enricher.Forget(source, id)
	case store.DomainKind:
		r.domains.Forget(c.Pool, c.ID)
	case store.KeyKind:
		r.ring.Forget(c.Pool)
	case store.AccessKind:
		h.forgetAccess(c.ID)
	case store.BrandingKind:
		r.branding.Looks.Forget()
	case store.ResourceKind:
		r.directory.Resources.Forget()
	default: // everything, or what a newer build tells of
		r.directory.Pools.Forget("")
		r.directory.Clients.Forget("", "")
		r.enricher.InvalidateAll()
		r.domains.Forget("", "")
		r.ring.Forget("")
		h.forgetAccess("")
		r.branding.Looks.Forget()
		r.directory.Resources.Forget()
	}
}

func (h *house) forgetAccess(id string) {
	if h.access != nil {
		h.access.Forget(id)
	}
}
