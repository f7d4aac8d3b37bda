package app

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/xml"
	"html"
	"io"
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

	"cognate.dev/cognate/internal/federation/saml"
	"cognate.dev/cognate/internal/kit/selfsigned"
)

// corporation is a SAML provider of a workspace.
type corporation struct {
	*broker
	acs string
}

// GetServiceProvider is all that the provider knows of the workspace.
func (c *corporation) GetServiceProvider(_ *http.Request, id string) (*crewjam.EntityDescriptor, error) {
	if id != saml.EntityID(testPool) {
		return nil, os.ErrNotExist
	}
	der, err := c.h.rooms.Load().ring.Certificate(c.t.Context(), testPool)
	c.check(err)
	return &crewjam.EntityDescriptor{EntityID: id, SPSSODescriptors: []crewjam.SPSSODescriptor{{
		SSODescriptor: crewjam.SSODescriptor{RoleDescriptor: crewjam.RoleDescriptor{KeyDescriptors: []crewjam.KeyDescriptor{{
			Use: "signing", KeyInfo: crewjam.KeyInfo{X509Data: crewjam.X509Data{X509Certificates: []crewjam.X509Certificate{{Data: base64.StdEncoding.EncodeToString(der)}}}},
		}}}},
		AssertionConsumerServices: []crewjam.IndexedEndpoint{{Binding: crewjam.HTTPPostBinding, Location: c.acs, Index: 1}},
	}}}, nil
}

// GetSession says who is signed in there.
func (c *corporation) GetSession(http.ResponseWriter, *http.Request, *crewjam.IdpAuthnRequest) *crewjam.Session {
	return &crewjam.Session{
		ID: "s", Index: "i", NameID: "alice@corp", UserEmail: "alice@corp.example.com", UserCommonName: "Alice", Groups: []string{"a", "b"},
		CreateTime: time.Now(), ExpireTime: time.Now().Add(time.Hour),
	}
}

var samlField = regexp.MustCompile(`name="(\w+)" value="([^"]*)"`)

// TestSomebodyComesThroughSAML has attributes whose names have dots, several values, and a browser that is not the one that left.
func TestSomebodyComesThroughSAML(t *testing.T) {
	t.Parallel()
	b := sourced(t, "groups:string_array")
	c := &corporation{broker: b}
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	b.check(err)
	der, err := selfsigned.Certificate(private, "idp.example.com", time.Now().Add(-time.Hour), 10)
	b.check(err)
	certificate, err := x509.ParseCertificate(der)
	b.check(err)
	idp := &crewjam.IdentityProvider{
		Key: private, Certificate: certificate, ServiceProviderProvider: c, SessionProvider: c, SignatureMethod: dsig.RSASHA256SignatureMethod,
		OnError: func(_ http.ResponseWriter, _ *http.Request, _ int, err error) { t.Error(err) },
	}
	there := httptest.NewServer(http.HandlerFunc(idp.ServeSSO))
	t.Cleanup(there.Close)
	at, err := url.Parse(there.URL)
	b.check(err)
	idp.MetadataURL, idp.SSOURL = *at.JoinPath("metadata"), *at.JoinPath("sso")
	about, err := xml.Marshal(idp.Metadata())
	b.check(err)
	made := b.must(201, "POST", adminAPI+"/servers/work/idps/saml_v2", map[string]any{
		"name": "SAML", "settings": map[string]any{"metadata_xml": string(about)},
		"attributes": []any{
			attribute("saml", `urn:oid:0\.9\.2342\.19200300\.100\.1\.3`, "string"), attribute("saml", `urn:oid:2\.5\.4\.3`, "string"), attribute("saml", `urn:oid:1\.3\.6\.1\.4\.1\.5923\.1\.1\.1\.1`, "string_array"),
		},
		"mappings": []any{
			mapTo(`urn:oid:0\.9\.2342\.19200300\.100\.1\.3`, "email"), mapTo(`urn:oid:2\.5\.4\.3`, "name"), mapTo(`saml.urn:oid:1\.3\.6\.1\.4\.1\.5923\.1\.1\.1\.1`, "groups", "allow_weak_decoding", true),
		},
	})
	c.acs = made["redirect_url"].(string)
	if c.acs != b.server.URL+"/default/work/saml2/idpresponse" {
		t.Fatalf("the redirect URL is %s", c.acs)
	}
	fetch := func(browser *http.Client) url.Values { // goes to the provider, and gives the form that is its answer
		t.Helper()
		_, page := b.follow(browser, b.ask("idp_hint", made["id"].(string)))
		form := url.Values{}
		for _, f := range samlField.FindAllStringSubmatch(page, -1) {
			form.Set(f[1], html.UnescapeString(f[2]))
		}
		return form
	}
	bring := func(browser *http.Client, form url.Values) string {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, c.acs, strings.NewReader(form.Encode()))
		b.check(err)
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		answer, err := browser.Do(r)
		b.check(err)
		said, _ := io.ReadAll(answer.Body)
		b.check(answer.Body.Close())
		next, err := answer.Location()
		if err != nil {
			t.Fatalf("the answer of the provider leads nowhere: %d %s", answer.StatusCode, said)
		}
		return next.String()
	}
	post := func(browser *http.Client) string {
		t.Helper()
		return bring(browser, fetch(browser))
	}
	browser := b.newBrowser()
	heard, page := b.follow(browser, post(browser))
	if heard.Get("code") == "" {
		t.Fatalf("the client hears %v; page %.300s", heard, page)
	}
	_, id, _ := b.tokens(url.Values{"grant_type": {"authorization_code"}, "code": {heard.Get("code")}, "redirect_uri": {appCallback}})
	groups, _ := id["groups"].([]any)
	if id["email"] != "alice@corp.example.com" || id["name"] != "Alice" || len(groups) != 2 || groups[0] != "a" || !strings.Contains(id["acr"].(string), "ac:classes") {
		t.Errorf("ID token %v", id)
	}
	b.refused("another browser", b.newBrowser(), post(b.newBrowser()), "")
	stolen, victim := fetch(b.newBrowser()), b.newBrowser()
	own := fetch(victim)
	b.refused("the answer to another browser's request", victim, bring(victim, url.Values{"SAMLResponse": stolen["SAMLResponse"], "RelayState": own["RelayState"]}), "invalid_request")
	own = fetch(victim)
	bring(b.newBrowser(), own)
	b.refused("an answer that was brought before", victim, bring(victim, own), "")
}
