package metadata_test

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cognate.dev/cognate/internal/federation/metadata"
	"cognate.dev/cognate/internal/kit/selfsigned"
)

// document is metadata with a certificate in it; replace changes it, old and new by turns.
func document(t testing.TB, replace ...string) (doc, certificate string) {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	der, err := selfsigned.Certificate(key, "idp.example.com", time.Unix(1_700_000_000, 0), 10)
	if err != nil {
		t.Fatal(err)
	}
	certificate = base64.StdEncoding.EncodeToString(der)
	doc = strings.ReplaceAll(plain, "CERT", certificate[:60]+"\n   "+certificate[60:])
	return strings.NewReplacer(replace...).Replace(doc), certificate
}

const plain = `<?xml version="1.0"?>
<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" xmlns:ds="http://www.w3.org/2000/09/xmldsig#" entityID="https://idp.example.com/saml">
 <md:IDPSSODescriptor WantAuthnRequestsSigned="true" protocolSupportEnumeration="urn:oasis:names:tc:SAML:1.1:protocol urn:oasis:names:tc:SAML:2.0:protocol">
  <md:KeyDescriptor use="signing"><ds:KeyInfo><ds:X509Data><ds:X509Certificate>CERT</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>
  <md:KeyDescriptor use="encryption"><ds:KeyInfo><ds:X509Data><ds:X509Certificate>unread</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>
  <md:SingleLogoutService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="https://idp.example.com/slo"/>
  <md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="https://idp.example.com/post"/>
  <md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="https://idp.example.com/sso?x=1"/>
 </md:IDPSSODescriptor>
</md:EntityDescriptor>`

// TestMetadataIsRead fails when a part of a provider's metadata is lost, also when others stand around it.
func TestMetadataIsRead(t *testing.T) {
	t.Parallel()
	doc, cert := document(t)
	want := &metadata.Metadata{
		EntityID: "https://idp.example.com/saml", SSORedirect: "https://idp.example.com/sso?x=1", SSOPost: "https://idp.example.com/post",
		SLORedirect: "https://idp.example.com/slo", Certificates: []string{cert}, WantsSigned: true,
	}
	many := `<EntitiesDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata"><EntityDescriptor entityID="sp"><SPSSODescriptor/></EntityDescriptor>` +
		strings.TrimPrefix(doc, `<?xml version="1.0"?>`) + `</EntitiesDescriptor>`
	for name, doc := range map[string]string{"one": doc, "among many": many} {
		got, err := metadata.Parse([]byte(doc))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// TestBadMetadataIsRefused fails when a document gets through that says nothing usable, or that attacks its reader.
func TestBadMetadataIsRefused(t *testing.T) {
	t.Parallel()
	whole, _ := document(t)
	body := strings.TrimPrefix(whole, `<?xml version="1.0"?>`)
	for name, c := range map[string]struct{ doc, says string }{
		"empty":           {"", "no identity provider"},
		"not XML":         {"<a", "not XML"},
		"HTML":            {"<html/>", "html is not SAML metadata"},
		"document type":   {`<!DOCTYPE x [<!ENTITY a "b">]>` + body, "document type"},
		"too large":       {whole + strings.Repeat(" ", 512<<10), "more than"},
		"two providers":   {`<EntitiesDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata">` + body + body + `</EntitiesDescriptor>`, "more than one"},
		"no entityID":     {strings.Replace(whole, "entityID", "id", 1), "entityID"},
		"SAML 1.1 only":   {strings.ReplaceAll(whole, " urn:oasis:names:tc:SAML:2.0:protocol", ""), "SAML 2.0"},
		"no sign-on":      {strings.ReplaceAll(whole, "SingleSignOnService", "ManageNameIDService"), "SingleSignOnService"},
		"plain http":      {strings.ReplaceAll(whole, "https://idp.example.com/sso", "http://idp.example.com/sso"), "not an https URL"},
		"script location": {strings.ReplaceAll(whole, "https://idp.example.com/slo", "javascript:alert(1)"), "not an https URL"},
		"no certificate":  {strings.ReplaceAll(whole, `use="signing"`, `use="encryption"`), "no signing certificate"},
		"bad certificate": {strings.Replace(whole, "MII", "AAA", 1), "not an X.509 certificate"},
	} {
		got, err := metadata.Parse([]byte(c.doc))
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %+v, %v; want an error with %q", name, got, err, c.says)
		}
	}
}

// FuzzParse fails when a document crashes the reader, or is accepted without what a sign-in needs.
func FuzzParse(f *testing.F) {
	whole, _ := document(f)
	f.Add([]byte(whole))
	f.Add([]byte(plain))
	f.Add([]byte(`<EntitiesDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata"/>`))
	f.Fuzz(func(t *testing.T, doc []byte) {
		m, err := metadata.Parse(doc)
		if err == nil && (m.EntityID == "" || len(m.Certificates) == 0 || m.SSORedirect+m.SSOPost == "") {
			t.Errorf("accepted %+v", m)
		}
	})
}

// TestWhatMetadataSaysOfItself fails when another place for answers to sign-outs is not seen, or how long a document may be used.
func TestWhatMetadataSaysOfItself(t *testing.T) {
	t.Parallel()
	doc, _ := document(t, `Location="https://idp.example.com/slo"`, `Location="https://idp.example.com/slo" ResponseLocation="https://idp.example.com/answers"`,
		"<md:EntityDescriptor ", `<md:EntityDescriptor validUntil="2026-03-01T12:00:00Z" cacheDuration="PT1H" `)
	got, err := metadata.Parse([]byte(doc))
	if err != nil || got.AnswerTo() != "https://idp.example.com/answers" {
		t.Fatalf("%+v, %v", got, err)
	}
	until := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		now  time.Time
		age  time.Duration
		want bool
	}{{until.Add(-time.Second), 0, true}, {until, 0, false}, {until.Add(-time.Hour), time.Hour - 1, true}, {until.Add(-time.Hour), time.Hour, false}} {
		if fresh := got.Fresh(c.now, c.age); fresh != c.want {
			t.Errorf("at %s, after %s: %v", c.now, c.age, fresh)
		}
	}
	outer := `<EntitiesDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" validUntil="2026-02-01T12:00:00Z" cacheDuration="P1D">` +
		strings.TrimPrefix(doc, `<?xml version="1.0"?>`) + `</EntitiesDescriptor>`
	if got, err = metadata.Parse([]byte(outer)); err != nil || got.ValidUntil.Month() != time.February || got.KeepFor != time.Hour {
		t.Errorf("%+v, %v", got, err)
	}
	plain, _ := document(t, "<md:EntityDescriptor ", `<md:EntityDescriptor validUntil="soon" cacheDuration="-PT1H" `)
	if got, err = metadata.Parse([]byte(plain)); err != nil || !got.ValidUntil.IsZero() || got.KeepFor != 0 || got.AnswerTo() != "https://idp.example.com/slo" {
		t.Errorf("%+v, %v", got, err)
	}
	bad, _ := document(t, `Location="https://idp.example.com/slo"`, `Location="https://idp.example.com/slo" ResponseLocation="javascript:alert(1)"`)
	if _, err := metadata.Parse([]byte(bad)); err == nil {
		t.Error("answers go to a script")
	}
}
