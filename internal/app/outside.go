package app

import (
	"net/netip"
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
	networks, err := g.cfg.Federation.Prefixes()
	if err != nil {
		return err
	}
	if g.dev {
		networks = append(networks, netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128"))
	}
	client := outbound.NewGuarded(providerWait, networks...)
	connector := oidc.New(client, g.clock.Now)
	r.outside = &oauth.Outside{
		Trips: federation.NewTrips(federation.TripParts{
			Providers: g.store, Trips: g.store, Keys: g.keys, Now: g.clock.Now, Connectors: map[federation.Type]federation.Connector{
				federation.OIDC: connector, federation.Google: connector, federation.Facebook: connector, federation.Amazon: connector,
				federation.Apple: connector, federation.SAML: saml.New(client, r.ring, g.store, g.clock.Now),
			},
		}),
		Arrivals: arrival.New(arrival.Parts{
			Directory: r.directory, Tx: g.store, Links: r.federation.Links, Hooks: r.triggers.Arrivals(), Judge: r.protection.SignIns(),
			Now: g.clock.Now,
		}),
	}
	return nil
}
