package oauth_test

import (
	"context"
	"crypto/tls"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/beevik/etree"
	crewjam "github.com/crewjam/saml"
	dsig "github.com/russellhaering/goxmldsig"

	"cognate.dev/cognate/internal/authorize"
	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/federation"
)

// enter signs a person of the provider in to a browser.
func (c *corporation) enter(name string) jar {
	c.t.Helper()
	j := jar{}
	c.name = name
	next := location(c.t, c.post("/saml2/idpresponse", c.ask(j)))
	if at := location(c.t, c.browse(j, c.site.Base+next.String())); at.Query().Get("code") == "" {
		c.t.Fatalf("not signed in: %s", at)
	}
	return j
}

// there tells whether a browser is signed in.
func (c *corporation) there(j jar) bool {
	c.t.Helper()
	return location(c.t, c.browse(j, c.site.Base+"/oauth2/authorize?"+ask("web").Encode())).Query().Get("code") != ""
}

// leave signs a browser out and gives where it goes.
func (c *corporation) leave(j jar, change ...string) *url.URL {
	c.t.Helper()
	query := url.Values{"client_id": {"web"}, "logout_uri": {bye}}
	for i := 0; i+1 < len(change); i += 2 {
		if query.Del(change[i]); change[i+1] != "" {
			query.Set(change[i], change[i+1])
		}
	}
	return location(c.t, c.browse(j, c.site.Base+"/logout?"+query.Encode()))
}

// goodbye is the form that the provider sends the browser back with which came to sign out.
func (c *corporation) goodbye(to *url.URL) url.Values {
	c.t.Helper()
	res := httptest.NewRecorder()
	c.idp.ServeSLO(res, httptest.NewRequestWithContext(c.t.Context(), http.MethodGet, to.String(), nil))
	return c.answer(res)
}

// TestSigningOutEndsTheSignInAtTheProvider fails when somebody who has signed out is still signed in at the provider, or does not
// come home from there.
func TestSigningOutEndsTheSignInAtTheProvider(t *testing.T) {
	t.Parallel()
	c := newCorporation(t, "IDPSignout", "true")
	j := c.enter("alice@corp")
	to := c.leave(j)
	if to.Host != "idp.example.com" || to.Path != "/slo" {
		t.Fatalf("the browser goes to %s", to)
	}
	if c.there(j) {
		t.Error("somebody who does not come back from the provider stays signed in here")
	}
	form := c.goodbye(to)
	if !slices.Equal(c.left, []string{"alice@corp i-alice@corp"}) {
		t.Errorf("the provider has ended %v", c.left)
	}
	if at := location(t, c.post("/saml2/logout", form)); at.String() != bye {
		t.Errorf("home is %s", at)
	}
	if at := location(t, c.post("/saml2/logout", form)); at.Path != "/error" {
		t.Errorf("twice: %s", at)
	}
	if again := c.leave(j); again.String() != bye {
		t.Errorf("a browser that is signed out goes to %s", again)
	}
	anew := ask("web")
	anew.Del("state")
	j = c.enter("alice@corp")
	to = location(t, c.browse(j, c.site.Base+"/logout?"+anew.Encode()))
	if at := location(t, c.post("/saml2/logout", c.goodbye(to))); at.Path != "/login" || at.Query().Get("client_id") != "web" {
		t.Errorf("to sign in anew: %s", at)
	}
}

// TestAProviderKeepsNobodyFromSigningOut has one row for each reason why the provider is not asked: the browser goes home at once.
func TestAProviderKeepsNobodyFromSigningOut(t *testing.T) {
	t.Parallel()
	set := func(c *corporation, key, value string) {
		_, err := c.store.UpdateProvider(c.t.Context(), poolID, "Corp", func(p *federation.Provider) error {
			if p.Details[key] = value; key == "SLO" {
				p.Metadata.SLORedirect = value
			}
			return nil
		})
		c.check(err)
	}
	for name, change := range map[string]func(*corporation){
		"it takes no sign-outs":    func(c *corporation) { set(c, "SLO", "") },
		"nobody wants it any more": func(c *corporation) { set(c, "IDPSignout", "false") },
		"it is gone":               func(c *corporation) { c.check(c.store.DeleteProvider(c.t.Context(), poolID, "Corp")) },
		"the session is over":      func(c *corporation) { c.clock.Advance(authorize.Life) },
		"its metadata cannot be read": func(c *corporation) {
			_, err := c.store.UpdateProvider(c.t.Context(), poolID, "Corp", func(p *federation.Provider) error {
				p.Metadata, p.Details["MetadataURL"] = nil, "http://127.0.0.1:1/"
				return nil
			})
			c.check(err)
		},
	} {
		c := newCorporation(t, "IDPSignout", "true")
		j := c.enter("alice@corp")
		change(c)
		if to := c.leave(j); to.String() != bye {
			t.Errorf("%s: the browser goes to %s", name, to)
		}
		if c.there(j) {
			t.Errorf("%s: still signed in", name)
		}
	}
	c := newCorporation(t)
	if to := c.leave(c.enter("alice@corp")); to.String() != bye {
		t.Errorf("without IDPSignout: %s", to)
	}
	c = newCorporation(t, "IDPSignout", "true")
	j := c.enter("alice@corp")
	if to := c.leave(j, "logout_uri", "https://evil.example.com/"); to.Path != "/error" || c.there(j) {
		t.Errorf("to another's address: %s", to)
	}
}

// TestMessagesOfOneKindAreNoOther fails when the answer to a sign-in ends a sign-out, or the other way round.
func TestMessagesOfOneKindAreNoOther(t *testing.T) {
	t.Parallel()
	c := newCorporation(t, "IDPSignout", "true")
	lost := func(what string, res *httptest.ResponseRecorder) {
		t.Helper()
		if at := location(t, res); at.Path != "/error" {
			t.Errorf("%s: %s", what, at)
		}
	}
	lost("a sign-in", c.post("/saml2/logout", c.ask(jar{})))
	form := c.goodbye(c.leave(c.enter("alice@corp")))
	lost("a sign-out", c.post("/saml2/idpresponse", form))
	lost("after that", c.post("/saml2/logout", form))
	form = c.goodbye(c.leave(c.enter("alice@corp")))
	both := url.Values{"SAMLRequest": form["SAMLResponse"], "SAMLResponse": form["SAMLResponse"], "RelayState": form["RelayState"]}
	lost("two messages", c.post("/saml2/logout", both))
	lost("no message", c.post("/saml2/logout", url.Values{"RelayState": form["RelayState"]}))
	mine := form.Get("SAMLResponse")
	other := c.goodbye(c.leave(c.enter("alice@corp")))
	other.Set("SAMLResponse", mine)
	lost("the answer to another sign-out", c.post("/saml2/logout", other))
	if res := c.get("/saml2/logout", form, nil); res.Code != http.StatusMethodNotAllowed {
		t.Errorf("by GET: %d", res.Code)
	}
}

// dismiss has the provider say that somebody has signed out, with a key of its own or of somebody else's.
func (c *corporation) dismiss(by crewjam.IdentityProvider, name string, indexes ...string) *url.URL {
	c.t.Helper()
	return location(c.t, c.post("/saml2/logout", c.dismissal(by, name, indexes...)))
}

// dismissal is what it says so with.
func (c *corporation) dismissal(by crewjam.IdentityProvider, name string, indexes ...string) url.Values {
	c.t.Helper()
	request := &crewjam.LogoutRequest{
		ID: "_out" + name + strings.Join(indexes, ""), Version: "2.0", IssueInstant: c.clock.Now(), Destination: c.site.Base + "/saml2/logout",
		Issuer: &crewjam.Issuer{Value: by.MetadataURL.String()}, NameID: &crewjam.NameID{Value: name},
	}
	crewjam.WithSessionIndexes(indexes...)(request)
	signing := dsig.NewDefaultSigningContext(dsig.TLSCertKeyStore(tls.Certificate{Certificate: [][]byte{by.Certificate.Raw}, PrivateKey: by.Key}))
	signing.Canonicalizer = dsig.MakeC14N10ExclusiveCanonicalizerWithPrefixList("")
	c.check(signing.SetSignatureMethod(dsig.RSASHA256SignatureMethod))
	signed, err := signing.SignEnveloped(request.Element())
	c.check(err)
	doc := etree.NewDocument()
	doc.SetRoot(signed)
	text, err := doc.WriteToBytes()
	c.check(err)
	return url.Values{"SAMLRequest": {base64.StdEncoding.EncodeToString(text)}, "RelayState": {"relay"}}
}

// TestAProviderSignsItsPeopleOut fails when somebody who has signed out at the provider stays signed in here, when anybody else is
// signed out, or when the provider is not told.
func TestAProviderSignsItsPeopleOut(t *testing.T) {
	t.Parallel()
	c := newCorporation(t, "IDPSignout", "true")
	desk, phone, bob := c.enter("alice@corp"), c.enter("alice@corp"), c.enter("bob@corp")
	cookie := c.signIn()
	own := jar{cookie.Name: cookie}
	state := func(what string, want ...bool) {
		t.Helper()
		if got := []bool{c.there(desk), c.there(phone), c.there(bob)}; !slices.Equal(got, want) {
			t.Errorf("%s: signed in are %v, want %v", what, got, want)
		}
	}
	if at := c.dismiss(c.idp, "alice@corp", "i-other"); at.Host != "idp.example.com" || at.Query().Get("SAMLResponse") == "" || at.Query().Get("RelayState") != "relay" {
		t.Errorf("the answer goes to %s", at)
	}
	state("another sign-in", true, true, true)
	other := newCorporation(t) // somebody else's provider, with another key and the same name
	if at := c.dismiss(other.idp, "alice@corp"); at.Path != "/error" {
		t.Errorf("another's key: %s", at)
	}
	state("another's key", true, true, true)
	c.dismiss(c.idp, "alice@corp", "i-alice@corp")
	state("alice", false, false, true)
	if at := c.dismiss(c.idp, "nobody@corp"); at.Host != "idp.example.com" {
		t.Errorf("somebody unknown: %s", at)
	}
	c.dismiss(c.idp, "bob@corp")
	state("bob, all sign-ins", false, false, false)
	bob = c.enter("bob@corp")
	if at := c.dismiss(c.idp, "bob@corp"); at.Path != "/error" {
		t.Errorf("the same request again: %s", at)
	}
	state("the same request again, after bob has come anew", false, false, true)
	_, err := c.dir.Clients.Update(t.Context(), poolID, "web", directory.ClientSettings{
		Name: "web", IdentityProviders: []string{"COGNITO"}, OAuthEnabled: true, OAuthFlows: []string{"code"},
		OAuthScopes: []string{"openid", "email"}, CallbackURLs: []string{app},
	})
	c.check(err)
	if !c.there(own) {
		t.Error("the pool's own alice is signed out")
	}
}

// TestASignOutThatFailedHalfwayCanBeSaidAgain fails when the request of a provider is used up though somebody is still signed in.
func TestASignOutThatFailedHalfwayCanBeSaidAgain(t *testing.T) {
	t.Parallel()
	c := newCorporation(t, "IDPSignout", "true")
	desk, phone := c.enter("alice@corp"), c.enter("alice@corp")
	form, away := c.dismissal(c.idp, "alice@corp"), errors.New("the database is away")
	ended := 0
	_, err := c.outside(c.ring).Trips.Dismiss(t.Context(), poolID, c.site.Base, form, func(ctx context.Context, y *federation.Stay) error {
		if ended++; ended == 2 {
			return away
		}
		return c.store.InTx(ctx, func(ctx context.Context) error {
			_, err := c.store.DeleteBrowserSession(ctx, y.PoolID, y.UserID, y.BrowserID)
			return err
		})
	})
	if !errors.Is(err, away) || ended != 2 {
		t.Fatalf("%d browsers, %v", ended, err)
	}
	if !c.there(desk) || !c.there(phone) {
		t.Error("half of the browsers are signed out")
	}
	if at := location(t, c.post("/saml2/logout", form)); at.Query().Get("SAMLResponse") == "" {
		t.Errorf("said again, it leads to %s", at)
	}
	if c.there(desk) || c.there(phone) {
		t.Error("a browser is signed in after the provider has said it again")
	}
	if at := location(t, c.post("/saml2/logout", form)); at.Path != "/error" {
		t.Errorf("a third time: %s", at)
	}
}

// TestProvidersSignOutTheirOwnPeopleOnly fails when one provider of a pool can sign out who came from another.
func TestProvidersSignOutTheirOwnPeopleOnly(t *testing.T) {
	t.Parallel()
	c, other := newCorporation(t, "IDPSignout", "true"), newCorporation(t)
	other.idp.MetadataURL.Host = "other.example.com"
	about, err := xml.Marshal(other.idp.Metadata())
	c.check(err)
	_, err = c.federation.Providers.Create(t.Context(), federation.Spec{PoolID: poolID, Name: "Other", Type: federation.SAML, Change: federation.Change{
		Details: map[string]string{"MetadataFile": string(about), "IDPSignout": "true"},
	}})
	c.check(err)
	j := c.enter("alice@corp")
	if at := c.dismiss(other.idp, "alice@corp"); at.Query().Get("SAMLResponse") == "" {
		t.Errorf("its answer goes to %s", at)
	}
	forged := other.idp
	forged.MetadataURL = c.idp.MetadataURL
	if at := c.dismiss(forged, "alice@corp"); at.Path != "/error" {
		t.Errorf("in the name of another: %s", at)
	}
	if !c.there(j) {
		t.Error("alice is signed out")
	}
}

// TestAStrictSiteSignsOutAtTheProvider fails when OpenID Connect's own sign-out forgets the provider, or has to be agreed to because
// of it.
func TestAStrictSiteSignsOutAtTheProvider(t *testing.T) {
	t.Parallel()
	c, j := newCorporation(t, "IDPSignout", "true"), jar{}
	c.site.Issuer = c.site.Base
	c.client("portal", secret1, func(s *directory.ClientSettings) { s.IdentityProviders = []string{"Corp"} })
	to := location(t, c.browse(j, c.site.Base+"/oauth2/authorize?"+ask("portal", "nonce", "n").Encode()))
	res := httptest.NewRecorder()
	c.idp.ServeSSO(res, httptest.NewRequestWithContext(t.Context(), http.MethodGet, to.String(), nil))
	next := location(t, c.post("/saml2/idpresponse", c.answer(res)))
	home := location(t, c.browse(j, c.site.Base+next.String()))
	set := tokens(t, c.post("/oauth2/token", url.Values{"grant_type": {"authorization_code"}, "code": {home.Query().Get("code")}, "redirect_uri": {app}}, basic("portal", secret1)...))
	hint, _ := set["id_token"].(string)
	to = location(t, c.browse(j, c.site.Base+"/logout?"+url.Values{"id_token_hint": {hint}, "post_logout_redirect_uri": {bye}, "state": {"s"}}.Encode()))
	if to.Host != "idp.example.com" {
		t.Fatalf("the browser goes to %s", to)
	}
	if at := location(t, c.post("/saml2/logout", c.goodbye(to))); at.String() != bye+"?state=s" {
		t.Errorf("home is %s", at)
	}
}
