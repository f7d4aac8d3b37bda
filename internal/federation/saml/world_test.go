package saml_test

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/beevik/etree"
	dsig "github.com/russellhaering/goxmldsig"
	"go.uber.org/goleak"

	"cognate.dev/cognate/internal/federation"
	"cognate.dev/cognate/internal/federation/metadata"
	"cognate.dev/cognate/internal/federation/saml"
	"cognate.dev/cognate/internal/kit/clock"
	"cognate.dev/cognate/internal/kit/outbound"
	"cognate.dev/cognate/internal/kit/selfsigned"
	"cognate.dev/cognate/internal/store"
	"cognate.dev/cognate/internal/store/storetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	poolID = "eu-west-1_Pool00001"
	base   = "https://people.auth.example.com"
	issuer = "https://idp.example.com/saml"
)

// pair is a key with its certificate.
type pair struct {
	key *rsa.PrivateKey
	der []byte
}

var (
	lent     [3]pair // the provider's, somebody else's, our own
	lentOnce sync.Once
)

func keys(t *testing.T) [3]pair {
	t.Helper()
	lentOnce.Do(func() {
		for i := range lent {
			key, err := rsa.GenerateKey(rand.Reader, 2048)
			if err != nil {
				t.Fatal(err)
			}
			der, err := selfsigned.Certificate(key, "idp.example.com", time.Unix(1_700_000_000, 0), 10)
			if err != nil {
				t.Fatal(err)
			}
			lent[i] = pair{key, der}
		}
	})
	return lent
}

// world is a provider and a pool that trusts it.
type world struct {
	*saml.Connector
	t     *testing.T
	now   *clock.Fake
	store *store.Store
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, now: clock.NewFake(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)), store: storetest.Memory(t)}
	client := outbound.NewGuarded(time.Minute, netip.MustParsePrefix("127.0.0.0/8"))
	t.Cleanup(client.CloseIdleConnections)
	w.Connector = saml.New(client, w, w.store, w.now.Now)
	return w
}

// Certified is the pool's own key.
func (w *world) Certified(context.Context, string) (crypto.Signer, *x509.Certificate, error) {
	own := keys(w.t)[2]
	certificate, err := x509.ParseCertificate(own.der)
	return own.key, certificate, err
}

func (w *world) provider(change ...string) *federation.Provider {
	p := &federation.Provider{
		PoolID: poolID, Name: "Okta", Type: federation.SAML, Details: map[string]string{}, Secrets: map[string]string{},
		Metadata: &metadata.Metadata{
			EntityID: issuer, SSORedirect: "https://idp.example.com/sso?x=1", SLORedirect: "https://idp.example.com/slo",
			Certificates: []string{base64.StdEncoding.EncodeToString(keys(w.t)[0].der)},
		},
	}
	for i := 0; i+1 < len(change); i += 2 {
		p.Details[change[i]] = change[i+1]
	}
	return p
}

// begin is the way there.
func (w *world) begin(p *federation.Provider) (*federation.Trip, url.Values) {
	w.t.Helper()
	trip := &federation.Trip{State: strings.Repeat("s", 43), Base: base}
	location, err := w.Begin(w.t.Context(), p, trip)
	if err != nil {
		w.t.Fatal(err)
	}
	u, err := url.Parse(location)
	if err != nil {
		w.t.Fatal(err)
	}
	return trip, u.Query()
}

// fields of a response; those that are empty are left out.
type fields struct {
	id, issuer, audience, recipient, destination, inResponseTo, nameID, status, attributes string
	notBefore, notOnOrAfter, issued                                                        time.Time
	signer                                                                                 int // of keys
	signResponse, unsigned                                                                 bool
}

func (w *world) good(request string) fields {
	now := w.now.Now()
	return fields{
		id: "_a1", issuer: issuer, audience: saml.EntityID(poolID), recipient: base + "/saml2/idpresponse", destination: base + "/saml2/idpresponse",
		inResponseTo: request, nameID: "alice", status: "urn:oasis:names:tc:SAML:2.0:status:Success",
		notBefore: now.Add(-time.Minute), notOnOrAfter: now.Add(5 * time.Minute), issued: now,
		attributes: `<saml:Attribute Name="mail"><saml:AttributeValue>alice@example.com</saml:AttributeValue></saml:Attribute>` +
			`<saml:Attribute Name="groups"><saml:AttributeValue>a b</saml:AttributeValue><saml:AttributeValue>c</saml:AttributeValue></saml:Attribute>`,
	}
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

func attr(name, value string) string {
	if value == "" {
		return ""
	}
	return " " + name + `="` + value + `"`
}

// response is what the provider sends: a whole document.
func (w *world) response(f fields) string {
	w.t.Helper()
	audience := ""
	if f.audience != "" {
		audience = `<saml:AudienceRestriction><saml:Audience>` + f.audience + `</saml:Audience></saml:AudienceRestriction>`
	}
	assertion := `<saml:Assertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="` + f.id + `" Version="2.0" IssueInstant="` + stamp(f.issued) + `">` +
		`<saml:Issuer>` + f.issuer + `</saml:Issuer><saml:Subject><saml:NameID>` + f.nameID + `</saml:NameID>` +
		`<saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><saml:SubjectConfirmationData` + attr("Recipient", f.recipient) +
		attr("InResponseTo", f.inResponseTo) + ` NotOnOrAfter="` + stamp(f.notOnOrAfter) + `"/></saml:SubjectConfirmation></saml:Subject>` +
		`<saml:Conditions NotBefore="` + stamp(f.notBefore) + `" NotOnOrAfter="` + stamp(f.notOnOrAfter) + `">` + audience + `</saml:Conditions>` +
		`<saml:AuthnStatement AuthnInstant="` + stamp(f.issued) + `" SessionIndex="_s1"><saml:AuthnContext><saml:AuthnContextClassRef>` +
		`urn:oasis:names:tc:SAML:2.0:ac:classes:Password</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement>` +
		`<saml:AttributeStatement>` + f.attributes + `</saml:AttributeStatement></saml:Assertion>`
	if !f.unsigned && !f.signResponse {
		assertion = w.sign(assertion, f.signer)
	}
	whole := `<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="_r1" Version="2.0" IssueInstant="` +
		stamp(f.issued) + `"` + attr("Destination", f.destination) + attr("InResponseTo", f.inResponseTo) + `><saml:Issuer>` + f.issuer + `</saml:Issuer>` +
		`<samlp:Status><samlp:StatusCode Value="` + f.status + `"/></samlp:Status>` + assertion + `</samlp:Response>`
	if f.signResponse {
		whole = w.sign(whole, f.signer)
	}
	return whole
}

// sign puts a signature into an element.
func (w *world) sign(text string, signer int) string {
	w.t.Helper()
	k := keys(w.t)[signer]
	doc := etree.NewDocument()
	if err := doc.ReadFromString(text); err != nil {
		w.t.Fatal(err)
	}
	c := dsig.NewDefaultSigningContext(dsig.TLSCertKeyStore(tls.Certificate{Certificate: [][]byte{k.der}, PrivateKey: k.key}))
	c.Canonicalizer = dsig.MakeC14N10ExclusiveCanonicalizerWithPrefixList("")
	if err := c.SetSignatureMethod(dsig.RSASHA256SignatureMethod); err != nil {
		w.t.Fatal(err)
	}
	signed, err := c.SignEnveloped(doc.Root())
	if err != nil {
		w.t.Fatal(err)
	}
	out := etree.NewDocument()
	out.SetRoot(signed)
	s, err := out.WriteToString()
	if err != nil {
		w.t.Fatal(err)
	}
	return s
}

func form(doc string) url.Values {
	return url.Values{"SAMLResponse": {base64.StdEncoding.EncodeToString([]byte(doc))}}
}

// visit is the way there, and a response to it that a test may change.
func (w *world) visit(p *federation.Provider, change func(*fields), edit func(string) string) (*federation.Told, error) {
	w.t.Helper()
	trip, _ := w.begin(p)
	f := w.good(trip.RequestID)
	if change != nil {
		change(&f)
	}
	doc := w.response(f)
	if edit != nil {
		doc = edit(doc)
	}
	return w.Finish(w.t.Context(), p, trip, form(doc))
}
