package saml_test

import (
	"crypto/x509"
	"encoding/base64"
	"errors"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/beevik/etree"
	"github.com/crewjam/saml/xmlenc"
	"github.com/google/go-cmp/cmp"

	"cognate.dev/cognate/internal/federation"
	"cognate.dev/cognate/internal/federation/saml"
	"cognate.dev/cognate/internal/kit/outbound"
)

// TestAProviderTellsWhoSomebodyIs fails when a good response is refused, signed in either place, or when its attributes are
// not what mappings see.
func TestAProviderTellsWhoSomebodyIs(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*fields){"signed assertion": nil, "signed response": func(f *fields) { f.signResponse = true },
		"made minutes ago": func(f *fields) { f.issued = f.issued.Add(-6 * time.Minute) }} {
		w := newWorld(t)
		told, err := w.visit(w.provider(), change, nil)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		want := &federation.Told{
			Subject: "alice", Issuer: issuer, Claims: map[string]string{"mail": "alice@example.com", "groups": "[a+b,c]"},
			SAML:    map[string]string{"mail": "alice@example.com", "groups": "[a+b,c]", "NameID": "alice"},
			Session: `{"Name":{"NameQualifier":"","SPNameQualifier":"","Format":"","SPProvidedID":"","Value":"alice"},"Index":"_s1"}`,
		}
		if diff := cmp.Diff(want, told); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func refused(t *testing.T, what string, told *federation.Told, err error, says string) {
	t.Helper()
	var refusal *federation.Refusal
	if !errors.As(err, &refusal) || !strings.Contains(refusal.Text, says) {
		t.Errorf("%s: got %+v, %v; want a refusal with %q", what, told, err, says)
	}
}

var assertionTag = regexp.MustCompile(`(?s)<saml:Assertion.*</saml:Assertion>`)

var sealedTag = regexp.MustCompile(`(?s)<saml:EncryptedAssertion.*</saml:EncryptedAssertion>`)

// forgery is a way to be somebody else, and what the answer to it says.
type forgery struct {
	change func(*fields)
	edit   func(string) string
	says   string
}

func forgeries() map[string]forgery {
	same := func(doc string) string { return doc }
	none := func(*fields) {}
	return map[string]forgery{
		"unsigned":                {func(f *fields) { f.unsigned = true }, same, "Invalid SAML response"},
		"another provider's key":  {func(f *fields) { f.signer = 1 }, same, "signature is invalid"},
		"our own key":             {func(f *fields) { f.signer = 2 }, same, "signature is invalid"},
		"another audience":        {func(f *fields) { f.audience = "urn:amazon:cognito:sp:eu-west-1_Other" }, same, "Audience"},
		"no audience":             {func(f *fields) { f.audience = "" }, same, "Audience"},
		"another recipient":       {func(f *fields) { f.recipient = "https://other.auth.example.com/saml2/idpresponse" }, same, "Invalid SAML response"},
		"no recipient":            {func(f *fields) { f.recipient = "" }, same, "Invalid SAML response"},
		"another destination":     {func(f *fields) { f.destination = "https://other.auth.example.com/saml2/idpresponse" }, same, "Invalid SAML response"},
		"another request":         {func(f *fields) { f.inResponseTo = "id-other" }, same, "Invalid SAML response"},
		"no request":              {func(f *fields) { f.inResponseTo = "" }, same, "Invalid SAML response"},
		"another issuer":          {func(f *fields) { f.issuer = "https://evil.example.com" }, same, "Invalid SAML response"},
		"expired":                 {func(f *fields) { f.notOnOrAfter = f.issued.Add(-10 * time.Minute) }, same, "expired"},
		"not yet":                 {func(f *fields) { f.notBefore = f.issued.Add(10 * time.Minute) }, same, "Invalid SAML response"},
		"old":                     {func(f *fields) { f.issued = f.issued.Add(-6*time.Minute - time.Second) }, same, "expired"},
		"no name":                 {func(f *fields) { f.nameID = "" }, same, "Invalid SAML response"},
		"a name that is too long": {func(f *fields) { f.nameID = strings.Repeat("x", 300) }, same, "Invalid SAML response"},
		"refused by the provider": {func(f *fields) { f.status = "urn:oasis:names:tc:SAML:2.0:status:Responder" }, same, "Error in SAML response processing: urn:oasis:names:tc:SAML:2.0:status:Responder"},
		"a changed name":          {none, func(doc string) string { return strings.Replace(doc, ">alice<", ">mallory<", 1) }, "signature is invalid"},
		"a changed attribute":     {none, func(doc string) string { return strings.Replace(doc, "alice@example.com", "bob@example.com", 1) }, "signature is invalid"},
		"a document type":         {none, func(doc string) string { return `<!DOCTYPE x [<!ENTITY a "b">]>` + doc }, "Invalid SAML response"},
		"an external entity": {none, func(doc string) string {
			return `<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>` + strings.Replace(doc, ">alice<", ">&a;<", 1)
		}, "Invalid SAML response"},
		"a document type behind comment": {none, func(doc string) string { return `<!-- --><!DOCTYPE x>` + doc }, "Invalid SAML response"},
		"no XML":                         {none, func(string) string { return "hello" }, "Invalid SAML response"},
		"too large":                      {none, func(doc string) string { return doc + strings.Repeat(" ", 100_000) }, "Invalid SAML response"},
		"an assertion before the signed": {none, func(doc string) string {
			evil := strings.Replace(assertionTag.FindString(doc), ">alice<", ">mallory<", 1)
			evil = regexp.MustCompile(`(?s)<ds:Signature.*</ds:Signature>`).ReplaceAllString(strings.Replace(evil, `ID="_a1"`, `ID="_evil"`, 1), "")
			return strings.Replace(doc, "<saml:Assertion", evil+"<saml:Assertion", 1)
		}, "Invalid SAML response"},
		"an assertion after the signed": {none, func(doc string) string {
			evil := strings.Replace(assertionTag.FindString(doc), ">alice<", ">mallory<", 1)
			evil = regexp.MustCompile(`(?s)<ds:Signature.*</ds:Signature>`).ReplaceAllString(strings.Replace(evil, `ID="_a1"`, `ID="_evil"`, 1), "")
			return strings.Replace(doc, "</saml:Assertion>", "</saml:Assertion>"+evil, 1)
		}, "Invalid SAML response"},
		"an assertion twice": {none, func(doc string) string {
			return strings.Replace(doc, "</saml:Assertion>", "</saml:Assertion>"+assertionTag.FindString(doc), 1)
		}, "Invalid SAML response"},
		"an assertion around the signed": {none, func(doc string) string {
			good := assertionTag.FindString(doc)
			evil := strings.Replace(strings.Replace(good, ">alice<", ">mallory<", 1), `ID="_a1"`, `ID="_evil"`, 1)
			return strings.Replace(doc, good, strings.Replace(evil, "<ds:Signature", `<saml:Advice>`+good+`</saml:Advice><ds:Signature`, 1), 1)
		}, "signature is invalid"},
		"the signed one in an extension": {none, func(doc string) string {
			good := assertionTag.FindString(doc)
			evil := regexp.MustCompile(`(?s)<ds:Signature.*</ds:Signature>`).ReplaceAllString(strings.Replace(good, ">alice<", ">mallory<", 1), "")
			return strings.Replace(doc, good, `<samlp:Extensions>`+good+`</samlp:Extensions>`+evil, 1)
		}, "Invalid SAML response"},
		"the signature moved to another": {none, func(doc string) string {
			good := assertionTag.FindString(doc)
			sig := regexp.MustCompile(`(?s)<ds:Signature.*</ds:Signature>`).FindString(good)
			evil := strings.Replace(strings.Replace(strings.Replace(good, ">alice<", ">mallory<", 1), `ID="_a1"`, `ID="_evil"`, 1), sig,
				strings.Replace(sig, "</ds:Signature>", "<ds:Object>"+strings.Replace(good, sig, "", 1)+"</ds:Object></ds:Signature>", 1), 1)
			return strings.Replace(doc, good, evil, 1)
		}, "signature is invalid"},
	}
}

func TestForgedResponsesAreRefused(t *testing.T) {
	t.Parallel()
	for name, c := range forgeries() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			told, err := w.visit(w.provider(), c.change, c.edit)
			refused(t, name, told, err, c.says)
		})
	}
}

// TestACommentCutsNoName fails when somebody who may have the name alice.evil can become alice: signatures do not cover
// comments, and careless readers stop at them.
func TestACommentCutsNoName(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	told, err := w.visit(w.provider(), func(f *fields) { f.nameID = "alice.evil" }, func(doc string) string {
		return strings.Replace(strings.Replace(doc, ">alice.evil<", ">alice<!-- -->.evil<", 1), ">alice@example.com<", ">alice<!---->@example.com<", 1)
	})
	if err == nil && (told.Subject != "alice.evil" || told.Claims["mail"] != "alice@example.com") {
		t.Errorf("told %+v", told)
	}
}

// TestAnAssertionCountsOnce fails when a response that somebody has recorded can be used again, also on another node and
// in the answer to another request.
func TestAnAssertionCountsOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.provider("IDPInit", "true")
	f := w.good("")
	doc := form(w.response(f))
	if told, err := w.FinishUnasked(t.Context(), p, base, doc); err != nil || told.Subject != "alice" {
		t.Fatalf("%+v, %v", told, err)
	}
	told, err := w.FinishUnasked(t.Context(), p, base, doc)
	refused(t, "again", told, err, "has been used before")
	client := outbound.NewGuarded(time.Minute)
	t.Cleanup(client.CloseIdleConnections)
	told, err = saml.New(client, w, w.store, w.now.Now).FinishUnasked(t.Context(), p, base, doc)
	refused(t, "on another node", told, err, "has been used before")
}

// TestNobodyComesUnasked fails when a provider may send people by itself that is not allowed to, or with a response that
// was meant for a request.
func TestNobodyComesUnasked(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	told, err := w.FinishUnasked(t.Context(), w.provider(), base, form(w.response(w.good(""))))
	refused(t, "not allowed", told, err, "Invalid relayState from identity provider")
	told, err = w.FinishUnasked(t.Context(), w.provider("IDPInit", "true"), base, form(w.response(w.good("id-1"))))
	refused(t, "an answer", told, err, "Invalid SAML response")
	told, err = w.Finish(t.Context(), w.provider(), &federation.Trip{Base: base}, form(w.response(w.good(""))))
	refused(t, "a trip without a request", told, err, "Invalid SAML response")
}

// TestRequestsAreSigned fails when a provider cannot know that a request is ours.
func TestRequestsAreSigned(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if _, query := w.begin(w.provider()); query.Has("Signature") || query.Get("RelayState") != strings.Repeat("s", 43) || query.Get("x") != "1" {
		t.Errorf("%v", query)
	}
	trip, query := w.begin(w.provider("RequestSigningAlgorithm", "rsa-sha256"))
	request := inflated(t, "?"+query.Encode(), "SAMLRequest")
	for _, part := range []string{`ID="` + trip.RequestID + `"`, "urn:amazon:cognito:sp:" + poolID, base + "/saml2/idpresponse"} {
		if !strings.Contains(request, part) {
			t.Errorf("no %s in %s", part, request)
		}
	}
}

// TestEncryptedResponses fails when a provider that encrypts cannot be understood, or when errors help to guess what was
// encrypted.
func TestEncryptedResponses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.provider("EncryptedResponses", "true")
	own := keys(t)[2]
	der, err := x509.MarshalPKCS8PrivateKey(own.key)
	if err != nil {
		t.Fatal(err)
	}
	p.Secrets[federation.EncryptionKey] = base64.StdEncoding.EncodeToString(der)
	encrypt := func(doc string) string {
		certificate, err := x509.ParseCertificate(own.der)
		if err != nil {
			t.Fatal(err)
		}
		box := xmlenc.OAEP()
		box.BlockCipher, box.DigestMethod = xmlenc.AES256CBC, &xmlenc.SHA1
		good := assertionTag.FindString(doc)
		el, err := box.Encrypt(certificate, []byte(good), nil)
		if err != nil {
			t.Fatal(err)
		}
		d := etree.NewDocument()
		d.SetRoot(el)
		text, err := d.WriteToString()
		if err != nil {
			t.Fatal(err)
		}
		return strings.Replace(doc, good, "<saml:EncryptedAssertion>"+text+"</saml:EncryptedAssertion>", 1)
	}
	if told, err := w.visit(p, nil, encrypt); err != nil || told.Subject != "alice" {
		t.Errorf("%+v, %v", told, err)
	}
	told, err := w.visit(p, func(f *fields) { f.signer = 1 }, encrypt)
	refused(t, "a forged one", told, err, "Invalid SAML response received")
	told, err = w.visit(p, func(f *fields) { f.id, f.unsigned = "_a2", true }, encrypt)
	refused(t, "one that nobody has signed, in an envelope that nobody has signed", told, err, "Invalid SAML response received")
	told, err = w.visit(p, nil, func(doc string) string {
		evil := strings.Replace(strings.Replace(assertionTag.FindString(doc), ">alice<", ">mallory<", 1), `ID="_a1"`, `ID="_evil"`, 1)
		evil = regexp.MustCompile(`(?s)<ds:Signature.*</ds:Signature>`).ReplaceAllString(evil, "")
		return strings.Replace(doc, "<saml:Assertion", sealedTag.FindString(encrypt("<x>"+evil+"</x>"))+"<saml:Assertion", 1)
	})
	refused(t, "one beside the signed", told, err, "Invalid SAML response received")
	told, err = w.visit(p, nil, nil)
	refused(t, "one that is not encrypted", told, err, "Invalid SAML response received")
	told, err = w.visit(p, func(f *fields) { f.id = "_a3" }, func(doc string) string {
		return strings.Replace(doc, "<samlp:Status>", "<!-- EncryptedAssertion --><samlp:Status>", 1)
	})
	refused(t, "one that only says that it is", told, err, "Invalid SAML response received")
	told, err = w.visit(p, nil, func(doc string) string {
		return strings.Replace(encrypt(doc), "<samlp:Status>", doc[strings.Index(doc, "<saml:Assertion"):strings.Index(doc, "</samlp:Response>")]+"<samlp:Status>", 1)
	})
	refused(t, "one of two that is not", told, err, "Invalid SAML response received")
	told, err = w.visit(w.provider(), nil, encrypt)
	refused(t, "one that nobody can open", told, err, "Invalid SAML response received")
}
