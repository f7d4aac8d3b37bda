package app

import (
	"maps"
	"time"

	"cognate.dev/cognate/internal/federation"
	"cognate.dev/cognate/internal/federation/oidc"
	"cognate.dev/cognate/internal/federation/saml"
	"cognate.dev/cognate/internal/front/oauth"
	"cognate.dev/cognate/internal/kit/outbound"
	"cognate.dev/cognate/internal/signin/arrival"
)

// providerWait is how long each step of a call to an identity provider may take.
const providerWait = 5 * time.Second

// furnishOutside builds what signs people in through outside identity providers. The rooms below it are there.
func (g *ground) furnishOutside(r *rooms) error {
	networks, err := g.outsideNetworks()
	if err != nil {
		return err
	}
	client := outbound.NewGuarded(providerWait, networks...)
	connector := oidc.New(client, g.clock.Now)
	maps.Copy(connector.Bases, g.cfg.Federation.TokenChecks)
	r.saml = saml.New(client, r.ring, g.store, g.clock.Now)
	r.connector = connector
	r.connectors = map[federation.Type]federation.Connector{
		federation.OIDC: connector, federation.Google: connector, federation.Facebook: connector, federation.Amazon: connector,
		federation.Apple: connector, federation.OAuth2: connector, federation.SAML: r.saml,
	}
	r.outside = &oauth.Outside{
		Trips: federation.NewTrips(federation.TripParts{
			Providers: g.store, Lister: g.store, Trips: g.store, Stays: g.store, Tx: g.store, Keys: g.keys, Now: g.clock.Now, Connectors: r.connectors,
		}),
		Arrivals: arrival.New(arrival.Parts{
			Directory: r.directory, Tx: g.store, Links: r.federation.Links, Hooks: r.triggers.Arrivals(), Judge: r.protection.SignIns(),
			Now: g.clock.Now,
		}),
	}
	g.furnishJourneys(r)
	return nil
}
