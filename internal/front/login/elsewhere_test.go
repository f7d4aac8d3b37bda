package login_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"cognate.dev/cognate/internal/authorize"
	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/federation"
	"cognate.dev/cognate/internal/federation/metadata"
	"cognate.dev/cognate/internal/federation/saml"
	"cognate.dev/cognate/internal/front/oauth"
	"cognate.dev/cognate/internal/key"
	"cognate.dev/cognate/internal/kit/outbound"
)

// elsewhere is where people are signed in beside here: at SAML providers.
func (w *world) elsewhere() *oauth.Outside {
	return &oauth.Outside{Trips: federation.NewTrips(federation.TripParts{
		Providers: w.store, Lister: w.store, Trips: w.store, Stays: w.store, Tx: w.store, Keys: w.keys, Now: w.clock.Now, Connectors: map[federation.Type]federation.Connector{
			federation.SAML: saml.New(outbound.NewGuarded(time.Second), key.NewRing(w.store, w.keys, w.clock.Now), w.store, w.clock.Now),
		},
	})}
}

// TestSigningOutOnThePageGoesByTheProvider fails when somebody who agrees to sign out stays signed in at the provider, or when the
// browser may not follow there.
func TestSigningOutOnThePageGoesByTheProvider(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(_ *directory.PoolSpec, c *directory.ClientSettings) {
		c.LogoutURLs = []string{"https://app.example.com/bye"}
	})
	alice := w.user("alice", directory.Confirmed)
	corp := &federation.Provider{
		PoolID: poolID, Name: "Corp", Type: federation.SAML, Details: map[string]string{"IDPSignout": "true"}, CreatedAt: w.clock.Now(), ModifiedAt: w.clock.Now(),
		Metadata: &metadata.Metadata{EntityID: "https://idp.example.com", SLORedirect: "https://idp.example.com/slo"},
	}
	w.check(w.store.InsertProvider(t.Context(), corp, 9))
	b := w.browser()
	b.signIn("alice", right)
	list, err := w.auth.Browser.List(t.Context(), poolID, alice.ID, 9)
	if err != nil || len(list) != 1 {
		t.Fatal(list, err)
	}
	w.check(w.elsewhere().Trips.Stayed(t.Context(), &federation.Return{Provider: corp, Told: &federation.Told{Subject: "alice", Session: `{"Index":"i"}`}},
		alice.ID, list[0].ID, list[0].ExpiresAt))
	b.open("/signout", url.Values{"client_id": {web}, "post_logout_redirect_uri": {"https://app.example.com/bye"}})
	if policy := b.page.header.Get("Content-Security-Policy"); !strings.Contains(policy, "form-action 'self' https:") {
		t.Errorf("the browser will not follow: %s", policy)
	}
	b.submit()
	if !strings.HasPrefix(b.page.location, "https://idp.example.com/slo?SAMLRequest=") {
		t.Errorf("the browser goes to %q", b.page.location)
	}
	b.open("/oauth2/authorize", ask())
	if strings.Contains(b.page.location, "code=") {
		t.Error("still signed in here")
	}
}

// TestOnlyTheProviderProvesMore fails when somebody who came from a provider with too little is asked for a factor here, or the
// browser may not follow to the provider.
func TestOnlyTheProviderProvesMore(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.provider("Corp")
	lends(w, false, "COGNITO", "Corp")
	alice := w.user("alice", directory.Confirmed)
	b := w.browser()
	s, secret, err := w.auth.Browser.Begin(t.Context(), authorize.Proof{Pool: w.pool, User: alice, Provider: "Corp", AMR: []string{"pwd"}, Level: 1})
	w.check(err)
	site := authorize.Site{Pool: w.pool, Base: w.url, Prefix: "/" + poolID}
	b.client.Jar.SetCookies(mustParse(w.url+"/login"), []*http.Cookie{site.Cookie(secret, s.ExpiresAt)})
	b.open("/login", ask("acr_values", "urn:cognito:loa:4"))
	if policy := b.page.header.Get("Content-Security-Policy"); !strings.Contains(policy, "form-action 'self' https:") {
		t.Errorf("the browser will not follow: %s", policy)
	}
	follow := b.client.CheckRedirect
	b.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	b.submit()
	b.client.CheckRedirect = follow
	at := mustParse(b.page.location)
	if at.Path != "/"+poolID+"/oauth2/authorize" || at.Query().Get("identity_provider") != "Corp" || at.Query().Get("acr_values") != "urn:cognito:loa:4" {
		t.Errorf("the browser goes to %s", at)
	}
	b.open("/login", ask("acr_values", "urn:cognito:loa:1"))
	if b.submit(); !strings.Contains(b.page.location, "code=") {
		t.Errorf("who is strong enough goes to %s", b.page.location)
	}
}
