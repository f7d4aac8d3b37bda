package app

import (
	"net"
	"net/http"

	"cognate.dev/cognate/internal/front/aws/sts"
	"cognate.dev/cognate/internal/identitypool"
	"cognate.dev/cognate/internal/key"
	room "cognate.dev/cognate/internal/sts"
)

// identityPath is where the issuer of identity pools publishes its keys, below the public URL.
const identityPath = "/cognito-identity"

// identityIssuer is the iss claim of the tokens of identity pools.
func (g *ground) identityIssuer() string {
	if g.cfg.Issuer == "aws" {
		return "https://" + room.CognitoIdentity
	}
	return g.public + identityPath
}

// furnishIdentities builds the room of identity pools. Those that know users and outside providers are there.
func (g *ground) furnishIdentities(r *rooms) error {
	assertions, err := g.samlLogins(r)
	if err != nil {
		return err
	}
	r.issuerKeys = key.NewRing(g.store.Issuers(), g.keys, g.clock.Now)
	r.issuerKeys.Uses, r.issuerKeys.Algorithm = []key.Use{key.ForIdentity}, "RS512"
	r.identities = identitypool.New(identitypool.Parts{
		Pools: g.store, Identities: g.store, UserPools: g.poolTokens(r), Outside: r.connector, Providers: g.cfg.OIDCProviders, Assertions: assertions, SAML: g.cfg.SAMLProviders,
		Sessions: g.sessions, Keys: r.issuerKeys, Sealer: g.keys, Account: g.cfg.Account, Issuer: g.identityIssuer(), IssuerOf: g.issuer,
		Now: g.clock.Now, Gate: g.admission.Signing,
	})
	return nil
}

// byProtocol sends what asks in the Query protocol to the Security Token Service, and the rest to the JSON front.
func (h *house) byProtocol(r *rooms, json http.Handler) http.Handler {
	query := h.told.Watch("sts", h.audit.Watch("sts", sts.Handler(sts.Config{
		Auth: h.auth, Tokens: r.identities.Tokens, Sessions: h.sessions, Observe: observe, Gate: r.gate, Now: h.clock.Now, RemoteAddr: peer,
	})))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if sts.Asks(r) {
			query.ServeHTTP(w, r)
			return
		}
		json.ServeHTTP(w, r)
	})
}

// peer is the address of a request without its port.
func peer(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}
