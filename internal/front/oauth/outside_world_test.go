package oauth_test

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"cognate.dev/cognate/internal/authorize"
	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/federation"
	"cognate.dev/cognate/internal/federation/oidc"
	"cognate.dev/cognate/internal/federation/saml"
	"cognate.dev/cognate/internal/front/oauth"
	"cognate.dev/cognate/internal/key"
	"cognate.dev/cognate/internal/kit/outbound"
	"cognate.dev/cognate/internal/signin/arrival"
)

// furnishOutside builds what knows the providers of the pool.
func (w *world) furnishOutside() *federation.Providers {
	w.federation = federation.New(federation.Parts{
		Providers: w.store, Links: w.store, Groups: w.dir.Groups, Keys: w.keys, Now: w.clock.Now,
	})
	return w.federation.Providers
}

// outside is what signs people in through providers on this machine.
func (w *world) outside(ring *key.Ring) *oauth.Outside {
	client := outbound.NewGuarded(time.Minute, netip.MustParsePrefix("127.0.0.0/8"))
	w.t.Cleanup(client.CloseIdleConnections)
	w.ring = ring
	w.arrivals = arrival.New(arrival.Parts{Directory: w.dir, Tx: w.store, Links: w.federation.Links, Now: w.clock.Now})
	return &oauth.Outside{Arrivals: w.arrivals, Trips: federation.NewTrips(federation.TripParts{
		Providers: w.store, Lister: w.store, Trips: w.store, Stays: w.store, Tx: w.store, Keys: w.keys, Now: w.clock.Now,
		Connectors: map[federation.Type]federation.Connector{
			federation.OIDC: oidc.New(client, w.clock.Now), federation.SAML: saml.New(client, ring, w.store, w.clock.Now),
		},
	})}
}

// abroad is a pool whose people come from another pool: a strict OpenID Connect provider of ours, behind a listener.
type abroad struct {
	*world
	idp     *world
	dropped bool // the client loses the provider while somebody is there
}

func newAbroad(t *testing.T, change ...func(*federation.Spec)) *abroad {
	t.Helper()
	a := &abroad{world: newWorld(t), idp: newWorld(t)}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { a.idp.ServeHTTP(w, r) }))
	t.Cleanup(server.Close)
	a.idp.site = authorize.Site{Pool: a.idp.pool, Base: server.URL, Issuer: server.URL}
	a.idp.client("relying", secret1, func(s *directory.ClientSettings) { s.CallbackURLs = []string{a.site.Base + "/oauth2/idpresponse"} })
	spec := federation.Spec{PoolID: poolID, Name: "Corp", Type: federation.OIDC, Change: federation.Change{
		Details: map[string]string{
			"client_id": "relying", "client_secret": secret1, "oidc_issuer": server.URL, "authorize_scopes": "openid email profile",
			"attributes_request_method": "GET",
		},
		Mapping:     map[string]string{"email": "email", "email_verified": "email_verified", "name": "name"},
		Identifiers: []string{"example.com"},
		HasAttribute: func(name string) bool {
			_, ok := a.pool.Attribute(name)
			return ok
		},
	}}
	for _, c := range change {
		c(&spec)
	}
	_, err := a.federation.Providers.Create(t.Context(), spec)
	a.check(err)
	a.client("web", "", func(s *directory.ClientSettings) { s.IdentityProviders = []string{"COGNITO", "Corp"} })
	return a
}

// jar is the cookies of one browser at the pool's site.
type jar map[string]*http.Cookie

// get asks the pool's site with the cookies, and keeps those that it sets.
func (a *abroad) browse(j jar, target string) *httptest.ResponseRecorder {
	a.t.Helper()
	r := httptest.NewRequestWithContext(a.t.Context(), http.MethodGet, target, nil)
	for _, c := range j {
		r.AddCookie(c)
	}
	res := httptest.NewRecorder()
	a.ServeHTTP(res, r)
	for _, c := range res.Result().Cookies() {
		j[c.Name] = c
	}
	return res
}

// depart goes to the provider, and gives the URL that the provider is asked with.
func (a *abroad) depart(j jar, change ...string) *url.URL {
	a.t.Helper()
	change = append([]string{"identity_provider", "Corp"}, change...)
	return location(a.t, a.browse(j, a.site.Base+"/oauth2/authorize?"+ask("web", change...).Encode()))
}

// vouch has the provider vouch for somebody who is signed in there, and gives the URL that leads back.
func (a *abroad) vouch(to *url.URL) string {
	a.t.Helper()
	res := a.idp.get(to.Path, to.Query(), a.idp.signIn())
	return location(a.t, res).String()
}

// arrive goes all the way and gives where the browser ends: at the client.
func (a *abroad) arrive(j jar, change ...string) *url.URL {
	a.t.Helper()
	return location(a.t, a.browse(j, a.vouch(a.depart(j, change...))))
}

// tokens goes all the way and exchanges the code.
func (a *abroad) tokens(j jar) map[string]any {
	a.t.Helper()
	code := a.arrive(j).Query().Get("code")
	return claims(a.t, tokens(a.t, a.exchange("web", code))["id_token"])
}

// refusedWith checks what the client hears.
func (a *abroad) refusedWith(at *url.URL, code, text string) {
	a.t.Helper()
	q := at.Query()
	if q.Get("error") != code || !strings.Contains(q.Get("error_description"), text) || q.Get("state") != "s t&te" || q.Get("code") != "" {
		a.t.Errorf("at %s, want %s: %s", at, code, text)
	}
}

const outsiderName = "Corp_" + sub

func (a *abroad) outsider() *directory.User {
	a.t.Helper()
	x, err := a.dir.Users.Find(a.t.Context(), a.pool, outsiderName)
	a.check(err)
	return x
}

// settle changes an attribute of the pool's schema, which nobody can do from outside once people are there.
func (a *abroad) settle(name string, change func(*directory.Attribute)) {
	a.t.Helper()
	a.check(a.store.UpdatePool(a.t.Context(), poolID, func(p *directory.Pool) error {
		for i := range p.Schema {
			if p.Schema[i].Name == name {
				change(&p.Schema[i])
			}
		}
		return nil
	}))
	pool, err := a.store.Pool(a.t.Context(), poolID)
	a.check(err)
	a.pool, a.site.Pool = pool, pool
}

func (a *abroad) immutable(name string) {
	a.settle(name, func(x *directory.Attribute) { x.Mutable = false })
}

func (a *abroad) require(name string) {
	a.settle(name, func(x *directory.Attribute) { x.Required = true })
}
