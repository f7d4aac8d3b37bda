package oauth_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/xml"
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	crewjam "github.com/crewjam/saml"
	dsig "github.com/russellhaering/goxmldsig"

	"cognate.dev/cognate/internal/authorize"
	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/federation"
	"cognate.dev/cognate/internal/federation/saml"
	"cognate.dev/cognate/internal/kit/selfsigned"
)

// corporation is a SAML provider, and a pool that trusts it under the name Corp.
type corporation struct {
	*abroad
	idp  crewjam.IdentityProvider
	name string   // who is signed in there
	left []string // the sign-ins that have ended there
}

// GetServiceProvider is all that the provider knows of the pool.
func (c *corporation) GetServiceProvider(_ *http.Request, id string) (*crewjam.EntityDescriptor, error) {
	if id != saml.EntityID(poolID) {
		return nil, os.ErrNotExist
	}
	acs := c.site.Base + "/saml2/idpresponse"
	der, err := c.ring.Certificate(c.t.Context(), poolID)
	c.check(err)
	signing := crewjam.KeyDescriptor{Use: "signing", KeyInfo: crewjam.KeyInfo{X509Data: crewjam.X509Data{
		X509Certificates: []crewjam.X509Certificate{{Data: base64.StdEncoding.EncodeToString(der)}},
	}}}
	return &crewjam.EntityDescriptor{EntityID: id, SPSSODescriptors: []crewjam.SPSSODescriptor{{
		SSODescriptor: crewjam.SSODescriptor{
			RoleDescriptor:       crewjam.RoleDescriptor{KeyDescriptors: []crewjam.KeyDescriptor{signing}},
			SingleLogoutServices: []crewjam.Endpoint{{Binding: crewjam.HTTPPostBinding, Location: c.site.Base + "/saml2/logout"}},
		},
		AuthnRequestsSigned:       new(true),
		AssertionConsumerServices: []crewjam.IndexedEndpoint{{Binding: crewjam.HTTPPostBinding, Location: acs, Index: 1}},
	}}}, nil
}

// GetSession says who is signed in there: alice.
func (c *corporation) GetSession(http.ResponseWriter, *http.Request, *crewjam.IdpAuthnRequest) *crewjam.Session {
	return &crewjam.Session{ID: "s", Index: "i-" + c.name, NameID: c.name, UserEmail: "alice@example.com", UserCommonName: "Alice", CreateTime: c.clock.Now(), ExpireTime: c.clock.Now().Add(time.Hour)}
}

// InvalidateSession hears that somebody has signed out.
func (c *corporation) InvalidateSession(_ http.ResponseWriter, _ *http.Request, asked *crewjam.IdpLogoutRequest) error {
	for _, index := range asked.Request.AllSessionIndexes() {
		c.left = append(c.left, asked.Request.NameID.Value+" "+index.Value)
	}
	return nil
}

func newCorporation(t *testing.T, details ...string) *corporation {
	t.Helper()
	c := &corporation{abroad: &abroad{world: newWorld(t)}, name: "alice@corp"}
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	c.check(err)
	der, err := selfsigned.Certificate(private, "idp.example.com", c.clock.Now().Add(-time.Hour), 10)
	c.check(err)
	certificate, err := x509.ParseCertificate(der)
	c.check(err)
	at := func(path string) url.URL { return url.URL{Scheme: "https", Host: "idp.example.com", Path: path} }
	c.idp = crewjam.IdentityProvider{
		Key: private, Certificate: certificate, MetadataURL: at("/metadata"), SSOURL: at("/sso"), LogoutURL: at("/slo"), ServiceProviderProvider: c, SessionProvider: c,
		SignatureMethod: dsig.RSASHA256SignatureMethod, Clock: dsig.NewFakeClockAt(c.clock.Now()),
		OnError: func(_ http.ResponseWriter, _ *http.Request, _ int, err error) { t.Error(err) },
	}
	about, err := xml.Marshal(c.idp.Metadata())
	c.check(err)
	spec := federation.Spec{PoolID: poolID, Name: "Corp", Type: federation.SAML, Change: federation.Change{
		Details:      map[string]string{"MetadataFile": string(about), "RequestSigningAlgorithm": "rsa-sha256"},
		Mapping:      map[string]string{"email": "urn:oid:0.9.2342.19200300.100.1.3", "name": "urn:oid:2.5.4.3"},
		HasAttribute: func(name string) bool { _, ok := c.pool.Attribute(name); return ok },
	}}
	for i := 0; i+1 < len(details); i += 2 {
		spec.Details[details[i]] = details[i+1]
	}
	_, err = c.federation.Providers.Create(t.Context(), spec)
	c.check(err)
	c.client("web", "", func(s *directory.ClientSettings) { s.IdentityProviders = []string{"Corp"} })
	return c
}

var formField = regexp.MustCompile(`name="(\w+)" value="([^"]*)"`)

// answer is the form that the provider has the browser send.
func (c *corporation) answer(res *httptest.ResponseRecorder) url.Values {
	c.t.Helper()
	form := url.Values{}
	for _, field := range formField.FindAllStringSubmatch(res.Body.String(), -1) {
		form.Set(field[1], html.UnescapeString(field[2]))
	}
	if form.Get("SAMLResponse") == "" {
		c.t.Fatalf("the provider answers %d %s", res.Code, res.Body)
	}
	return form
}

// ask goes to the provider with a request of the pool.
func (c *corporation) ask(j jar) url.Values {
	c.t.Helper()
	to := c.depart(j)
	res := httptest.NewRecorder()
	c.idp.ServeSSO(res, httptest.NewRequestWithContext(c.t.Context(), http.MethodGet, to.String(), nil))
	return c.answer(res)
}

// TestSomebodyComesFromASAMLProvider follows a person from the client to the provider, whose form comes without a cookie, and
// back to the client.
func TestSomebodyComesFromASAMLProvider(t *testing.T) {
	t.Parallel()
	c, j := newCorporation(t), jar{}
	form := c.ask(j)
	if len(form.Get("RelayState")) > 80 {
		t.Errorf("RelayState %q", form.Get("RelayState"))
	}
	next := location(t, c.post("/saml2/idpresponse", form))
	if next.Path != "/saml2/idpresponse" || next.Host != "" {
		t.Fatalf("sent to %s", next)
	}
	if at := location(t, c.browse(jar{}, c.site.Base+next.String())); at.Path != "/error" {
		t.Errorf("another browser is let in: %s", at)
	}
	again := location(t, c.post("/saml2/idpresponse", form)) // the trip is over
	if again.Path != "/error" {
		t.Errorf("twice: %s", again)
	}
	next = location(t, c.post("/saml2/idpresponse", c.ask(j)))
	home := location(t, c.browse(j, c.site.Base+next.String()))
	got := claims(t, tokens(t, c.exchange("web", home.Query().Get("code")))["id_token"])
	if got["cognito:username"] != "Corp_alice@corp" || got["email"] != "alice@example.com" {
		t.Errorf("%v", got)
	}
	list, _ := got["identities"].([]any)
	if len(list) != 1 || list[0].(map[string]any)["issuer"] != "https://idp.example.com/metadata" {
		t.Errorf("identities %v", got["identities"])
	}
	if at := location(t, c.browse(j, c.site.Base+"/oauth2/authorize?"+ask("web").Encode())); at.Query().Get("code") == "" {
		t.Errorf("a second client is sent to %s", at)
	}
}

// TestAForgedAssertionIsToldTheClient fails when what is wrong with a response stays unknown, or is told another browser.
func TestAForgedAssertionIsToldTheClient(t *testing.T) {
	t.Parallel()
	c, j := newCorporation(t), jar{}
	form := c.ask(j)
	form.Set("SAMLResponse", "PGEvPg==")
	next := location(t, c.post("/saml2/idpresponse", form))
	c.refusedWith(location(t, c.browse(j, c.site.Base+next.String())), "invalid_request", "Invalid SAML response received")
	if j[authorize.CookieName] != nil {
		t.Error("and yet is signed in")
	}
}

// TestAProviderMaySendPeople fails when a link at the provider does not sign in to the client that it names, or does where
// nobody has allowed it.
func TestAProviderMaySendPeople(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ details, change []string }{
		"allowed":         {[]string{"IDPInit", "true"}, nil},
		"not allowed":     {nil, nil},
		"another client":  {[]string{"IDPInit", "true"}, []string{"client_id", "none"}},
		"another address": {[]string{"IDPInit", "true"}, []string{"redirect_uri", "https://evil.example.com/"}},
	} {
		w := newCorporation(t, c.details...)
		res := httptest.NewRecorder()
		relay := ask("web", append([]string{"identity_provider", "Corp"}, c.change...)...)
		w.idp.ServeIDPInitiated(res, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "https://idp.example.com/apps/1", nil), saml.EntityID(poolID), relay.Encode())
		at := location(t, w.post("/saml2/idpresponse", w.answer(res)))
		if good := strings.HasPrefix(at.String(), app) && at.Query().Get("code") != ""; good != (name == "allowed") {
			t.Errorf("%s: sent to %s", name, at)
		}
		if strings.HasPrefix(at.String(), "https://evil.example.com") {
			t.Errorf("%s: sent to %s", name, at)
		}
	}
}
