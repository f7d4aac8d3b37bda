package saml_test

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/federation/saml"
)

// login is an app that the world's provider sends responses to.
func (w *world) login() saml.Login {
	return saml.Login{Provider: w.provider(), Audience: saml.EntityID(poolID), Recipient: base + "/saml2/idpresponse"}
}

func (w *world) brought(change func(*fields), edit func(string) string) (*saml.Asserted, error) {
	w.t.Helper()
	f := w.good("id-of-the-app")
	if change != nil {
		change(&f)
	}
	doc := w.response(f)
	if edit != nil {
		doc = edit(doc)
	}
	return w.VerifyAssertion(w.t.Context(), w.login(), base64.StdEncoding.EncodeToString([]byte(doc)))
}

// TestAnAppBringsWhatItWasSent fails when a good response is refused, asked for or not, or a second time.
func TestAnAppBringsWhatItWasSent(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*fields){
		"asked for": nil, "not asked for": func(f *fields) { f.inResponseTo = "" }, "signed as a whole": func(f *fields) { f.signResponse = true },
	} {
		w := newWorld(t)
		for range 2 { // for an identity, and for its credentials
			got, err := w.brought(change, nil)
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			if diff := cmp.Diff(&saml.Asserted{Subject: "alice", Issuer: issuer, Attributes: map[string]any{"mail": "alice@example.com", "groups": []any{"a b", "c"}}}, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", name, diff)
			}
		}
		w.now.Advance(7 * time.Minute)
		if got, err := w.VerifyAssertion(t.Context(), w.login(), base64.StdEncoding.EncodeToString([]byte(w.response(w.good("x"))))); err != nil || got.Subject != "alice" {
			t.Errorf("%s, a new one: %v", name, err)
		}
	}
}

// TestAnAppBringsNoForgery brings what is refused where it comes to us.
func TestAnAppBringsNoForgery(t *testing.T) {
	t.Parallel()
	ways := forgeries()
	delete(ways, "another request") // only the app knows what it asked for
	delete(ways, "no request")
	ways["encrypted"] = forgery{nil, func(doc string) string { return strings.ReplaceAll(doc, "saml:Assertion", "saml:EncryptedAssertion") }, "Invalid SAML response"}
	for name, c := range ways {
		w := newWorld(t)
		got, err := w.brought(c.change, c.edit)
		if !fault.Is(err, fault.Denied, "") || !strings.Contains(fault.As(err).Text, "Invalid login token. ") || !strings.Contains(fault.As(err).Text, c.says) {
			t.Errorf("%s: %v, %v; want a refusal with %q", name, got, err, c.says)
		}
	}
	w := newWorld(t)
	for what, l := range map[string]func(*saml.Login){
		"for another":         func(l *saml.Login) { l.Audience = "urn:amazon:webservices" },
		"sent somewhere else": func(l *saml.Login) { l.Recipient = "https://app.example.com/acs" },
		"of another provider": func(l *saml.Login) { l.Provider.Metadata.EntityID = "https://other.example.com" },
		"signed by another's key": func(l *saml.Login) {
			l.Provider.Metadata.Certificates = []string{base64.StdEncoding.EncodeToString(keys(t)[1].der)}
		},
	} {
		to := w.login()
		l(&to)
		if _, err := w.VerifyAssertion(t.Context(), to, base64.StdEncoding.EncodeToString([]byte(w.response(w.good(""))))); !fault.Is(err, fault.Denied, "") {
			t.Errorf("%s: %v", what, err)
		}
	}
	if _, err := w.VerifyAssertion(t.Context(), w.login(), "%"); !fault.Is(err, fault.Denied, "") {
		t.Errorf("no base64: %v", err)
	}
	away := w.login()
	away.Provider.Metadata, away.Provider.Details["MetadataURL"] = nil, "http://127.0.0.1:1/metadata"
	_, err := w.VerifyAssertion(t.Context(), away, base64.StdEncoding.EncodeToString([]byte(w.response(w.good("")))))
	if err == nil || fault.Is(err, fault.Denied, "") {
		t.Errorf("a provider whose metadata cannot be read: %v", err)
	}
}
