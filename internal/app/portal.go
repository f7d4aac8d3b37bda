package app

import (
	"context"
	"net/netip"
	"strings"

	"cognate.dev/cognate/internal/consent"
	"cognate.dev/cognate/internal/portal"
)

// furnishPortal builds the room of what people see and end of what workspaces know of them. Everything else of workspaces is there.
func (g *ground) furnishPortal(r *rooms) {
	r.portal = portal.New(portal.Parts{
		Workspaces: r.workspaces.Workspaces, Connections: r.workspaces.Connections, Clients: r.workspaces.Clients, Consents: granted{r.consents},
		Codes: r.authorizer.Codes, Tokens: r.verifier, Sessions: r.sessions, Browsers: r.authorizer.Browser, Sealer: g.keys, Now: g.clock.Now,
		Development: g.dev, Place: g.files.whereabouts,
	})
}

// granted tells the portal what people have agreed to.
type granted struct{ *consent.Consents }

func (g granted) Grants(ctx context.Context, workspaceID, userID string) ([]portal.Grant, error) {
	list, err := g.Applications(ctx, workspaceID, userID)
	var out []portal.Grant
	for _, a := range list {
		for _, x := range a.Scopes {
			out = append(out, portal.Grant{ClientID: x.ClientID, Scope: x.Scope, GivenAt: x.GivenAt})
		}
	}
	return out, err
}

// whereabouts says where an address is, as far as the operator's file knows; empty: it does not.
func (f lookupFiles) whereabouts(address string) string {
	a, err := netip.ParseAddr(address)
	if f.places == nil || err != nil {
		return ""
	}
	where, err := f.places.Find(a)
	if err != nil {
		return "" // what is shown beside an address need not be there
	}
	return strings.Trim(where.City+", "+where.Country, ", ")
}
