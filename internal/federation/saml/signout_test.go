package saml_test

import (
	"bytes"
	"compress/flate"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"io"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"cognate.dev/cognate/internal/federation"
)

const (
	success  = "urn:oasis:names:tc:SAML:2.0:status:Success"
	logoutAt = base + "/saml2/logout"
)

// parting is a message about a sign-out; what is empty is left out.
type parting struct {
	kind, issuer, destination, inResponseTo, status, nameID string
	indexes                                                 []string
	issued, notOnOrAfter                                    time.Time
	signer                                                  int // of keys
	unsigned                                                bool
}

func (w *world) farewell(request string) parting {
	return parting{kind: "LogoutResponse", issuer: issuer, destination: logoutAt, inResponseTo: request, status: success, issued: w.now.Now()}
}

func (w *world) dismissal() parting {
	return parting{kind: "LogoutRequest", issuer: issuer, destination: logoutAt, nameID: "alice", issued: w.now.Now()}
}

// parting is the document that the provider sends.
func (w *world) parting(p parting) string {
	w.t.Helper()
	doc := `<samlp:` + p.kind + ` xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="_p1" Version="2.0" IssueInstant="` +
		stamp(p.issued) + `"` + attr("Destination", p.destination) + attr("InResponseTo", p.inResponseTo)
	if !p.notOnOrAfter.IsZero() {
		doc += attr("NotOnOrAfter", stamp(p.notOnOrAfter))
	}
	doc += `><saml:Issuer>` + p.issuer + `</saml:Issuer>`
	if p.status != "" {
		doc += `<samlp:Status><samlp:StatusCode Value="` + p.status + `"/></samlp:Status>`
	}
	if p.nameID != "" {
		doc += `<saml:NameID>` + p.nameID + `</saml:NameID>`
	}
	for _, index := range p.indexes {
		doc += `<samlp:SessionIndex>` + index + `</samlp:SessionIndex>`
	}
	doc += `</samlp:` + p.kind + `>`
	if p.unsigned {
		return doc
	}
	return w.sign(doc, p.signer)
}

func posted(field, doc string) url.Values {
	return url.Values{field: {base64.StdEncoding.EncodeToString([]byte(doc))}, "RelayState": {"relay"}}
}

// inflated is the document of a redirect, whose signature must be ours.
func inflated(t *testing.T, location, field string) string {
	t.Helper()
	u, err := url.Parse(location)
	if err != nil {
		t.Fatal(err)
	}
	query := u.Query()
	signed := field + "=" + url.QueryEscape(query.Get(field)) + "&RelayState=" + url.QueryEscape(query.Get("RelayState")) +
		"&SigAlg=" + url.QueryEscape(query.Get("SigAlg"))
	signature, err := base64.StdEncoding.DecodeString(query.Get("Signature"))
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256([]byte(signed))
	if err := rsa.VerifyPKCS1v15(&keys(t)[2].key.PublicKey, crypto.SHA256, sum[:], signature); err != nil {
		t.Errorf("%s: %v", location, err)
	}
	deflated, err := base64.StdEncoding.DecodeString(query.Get(field))
	if err != nil {
		t.Fatal(err)
	}
	doc, err := io.ReadAll(flate.NewReader(bytes.NewReader(deflated)))
	if err != nil {
		t.Fatal(err)
	}
	return string(doc)
}

// leave sends somebody away who came by a response that a test may edit.
func (w *world) leave(p *federation.Provider, edit func(string) string) (*federation.Trip, string) {
	w.t.Helper()
	trip, _ := w.begin(p)
	doc := w.response(w.good(trip.RequestID))
	if edit != nil {
		doc = w.sign(edit(w.response(func() fields { f := w.good(trip.RequestID); f.unsigned = true; return f }())), 0)
	}
	told, err := w.Finish(w.t.Context(), p, trip, form(doc))
	if err != nil {
		w.t.Fatal(err)
	}
	out := &federation.Trip{State: strings.Repeat("o", 43), Base: base, Home: "/"}
	location, err := w.Leave(w.t.Context(), p, out, told.Session)
	if err != nil {
		w.t.Fatal(err)
	}
	return out, location
}

// TestAProviderIsAskedToSignOut fails when a provider cannot know that the request is ours, or whom and which sign-in it means.
func TestAProviderIsAskedToSignOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	trip, location := w.leave(w.provider(), func(doc string) string {
		return strings.Replace(strings.Replace(doc, "<saml:NameID>", `<saml:NameID Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent" NameQualifier="corp">`, 1),
			"<saml:AuthnStatement ", `<saml:AuthnStatement AuthnInstant="`+stamp(w.now.Now())+`" SessionIndex="_first"><saml:AuthnContext><saml:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:Password</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement><saml:AuthnStatement `, 1)
	})
	if !strings.HasPrefix(location, "https://idp.example.com/slo?SAMLRequest=") || !strings.Contains(location, "RelayState="+trip.State) {
		t.Errorf("the browser goes to %s", location)
	}
	doc := inflated(t, location, "SAMLRequest")
	for _, part := range []string{`ID="` + trip.RequestID + `"`, "urn:amazon:cognito:sp:" + poolID, `Destination="https://idp.example.com/slo"`,
		`Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"`, `NameQualifier="corp"`, ">alice<", ">_first<"} {
		if !strings.Contains(doc, part) {
			t.Errorf("no %s in %s", part, doc)
		}
	}
	if strings.Contains(doc, "SPNameQualifier") || trip.RequestID == "" {
		t.Errorf("%s", doc)
	}
	p := w.provider()
	p.Metadata.SLORedirect = ""
	if location, err := w.Leave(t.Context(), p, &federation.Trip{Base: base}, `{}`); location != "" || err != nil {
		t.Errorf("without a place to sign out: %s, %v", location, err)
	}
}

// TestForgedSignOutsAreRefused has one row for each answer of a provider that is none.
func TestForgedSignOutsAreRefused(t *testing.T) {
	t.Parallel()
	same := func(doc string) string { return doc }
	none := func(*parting) {}
	for name, c := range map[string]struct {
		change func(*parting)
		edit   func(string) string
	}{
		"unsigned":               {func(p *parting) { p.unsigned = true }, same},
		"another provider's key": {func(p *parting) { p.signer = 1 }, same},
		"our own key":            {func(p *parting) { p.signer = 2 }, same},
		"another destination":    {func(p *parting) { p.destination = "https://other.auth.example.com/saml2/logout" }, same},
		"no destination":         {func(p *parting) { p.destination = "" }, same},
		"for signing in":         {func(p *parting) { p.destination = base + "/saml2/idpresponse" }, same},
		"another request":        {func(p *parting) { p.inResponseTo = "id-other" }, same},
		"no request":             {func(p *parting) { p.inResponseTo = "" }, same},
		"another issuer":         {func(p *parting) { p.issuer = "https://evil.example.com" }, same},
		"old":                    {func(p *parting) { p.issued = p.issued.Add(-6*time.Minute - time.Second) }, same},
		"of the future":          {func(p *parting) { p.issued = p.issued.Add(time.Hour) }, same},
		"unsigned and refused": {func(p *parting) {
			p.unsigned, p.status = true, "urn:oasis:names:tc:SAML:2.0:status:Responder"
		}, same},
		"changed":         {none, func(doc string) string { return strings.Replace(doc, `Version="2.0"`, `Version="2.0" Consent="x"`, 1) }},
		"a document type": {none, func(doc string) string { return `<!DOCTYPE x [<!ENTITY a "b">]>` + doc }},
		"no XML":          {none, func(string) string { return "hello" }},
		"too large":       {none, func(doc string) string { return doc + strings.Repeat(" ", 100_000) }},
		"around the signed": {func(p *parting) { p.inResponseTo = "id-other" }, func(doc string) string {
			outer := regexp.MustCompile(`(?s)<ds:Signature.*</ds:Signature>`).ReplaceAllString(doc, "")
			return strings.Replace(strings.Replace(outer, `ID="_p1"`, `ID="_evil"`, 1), "</samlp:LogoutResponse>", `<samlp:Extensions>`+doc+`</samlp:Extensions></samlp:LogoutResponse>`, 1)
		}},
	} {
		w := newWorld(t)
		p := w.provider()
		trip, _ := w.leave(p, nil)
		answer := w.farewell(trip.RequestID)
		c.change(&answer)
		status, err := w.Left(t.Context(), p, trip, posted("SAMLResponse", c.edit(w.parting(answer))))
		var refusal *federation.Refusal
		if !errors.As(err, &refusal) || refusal.Text != "Invalid SAML logout response received" {
			t.Errorf("%s: %q, %v", name, status, err)
		}
	}
}

// TestAProviderSaysWhetherItHasSignedOut fails when a good answer is refused, or a provider's no is taken for a yes.
func TestAProviderSaysWhetherItHasSignedOut(t *testing.T) {
	t.Parallel()
	const no = "urn:oasis:names:tc:SAML:2.0:status:Responder"
	for _, want := range []string{"", no} {
		w := newWorld(t)
		p := w.provider()
		trip, _ := w.leave(p, nil)
		answer := w.farewell(trip.RequestID)
		if want != "" {
			answer.status = want
		}
		if got, err := w.Left(t.Context(), p, trip, posted("SAMLResponse", w.parting(answer))); err != nil || got != want {
			t.Errorf("%q, %v, want %q", got, err, want)
		}
	}
}

// TestAProviderSignsOut fails when somebody else is meant than the provider has said, or the answer cannot be known for ours.
func TestAProviderSignsOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.provider()
	p.Metadata.SLOAnswer = "https://idp.example.com/slo/answers"
	asked := w.dismissal()
	asked.indexes = []string{"_s1", "_s2"}
	request := posted("SAMLRequest", w.parting(asked))
	if got := w.Issuer(request); got != issuer || !w.Is(t.Context(), p, got) || w.Is(t.Context(), p, "https://other.example.com") {
		t.Errorf("it comes from %q", got)
	}
	d, err := w.Dismiss(t.Context(), p, base, request)
	if err != nil {
		t.Fatal(err)
	}
	if d.Name != "alice" || !d.Means(`{"Index":"_s2"}`) || d.Means(`{"Index":"_s3"}`) || d.Means(`{}`) || d.Means("") {
		t.Errorf("%+v", d)
	}
	doc := inflated(t, d.Location, "SAMLResponse")
	if !strings.HasPrefix(d.Location, "https://idp.example.com/slo/answers?SAMLResponse=") || !strings.Contains(d.Location, "RelayState=relay") ||
		!strings.Contains(doc, `InResponseTo="_p1"`) || !strings.Contains(doc, success) || !strings.Contains(doc, `Destination="https://idp.example.com/slo/answers"`) {
		t.Errorf("%s\n%s", d.Location, doc)
	}
	again, err := w.Dismiss(t.Context(), p, base, request)
	if err != nil {
		t.Fatalf("before it is used up: %v", err)
	}
	if err := d.UseUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	if refusal := (*federation.Refusal)(nil); !errors.As(again.UseUp(t.Context()), &refusal) {
		t.Error("it can be used twice")
	}
	w = newWorld(t)
	if d, err = w.Dismiss(t.Context(), w.provider(), base, posted("SAMLRequest", w.parting(w.dismissal()))); err != nil || !d.Means(`{"Index":"_any"}`) {
		t.Errorf("without an index: %+v, %v", d, err)
	}
}

// TestForgedDismissalsAreRefused has one row for each way to sign somebody out who has not signed out.
func TestForgedDismissalsAreRefused(t *testing.T) {
	t.Parallel()
	same := func(doc string) string { return doc }
	none := func(*parting) {}
	for name, c := range map[string]struct {
		change func(*parting)
		edit   func(string) string
	}{
		"unsigned":               {func(p *parting) { p.unsigned = true }, same},
		"another provider's key": {func(p *parting) { p.signer = 1 }, same},
		"our own key":            {func(p *parting) { p.signer = 2 }, same},
		"another destination":    {func(p *parting) { p.destination = "https://other.auth.example.com/saml2/logout" }, same},
		"no destination":         {func(p *parting) { p.destination = "" }, same},
		"another issuer":         {func(p *parting) { p.issuer = "https://evil.example.com" }, same},
		"old":                    {func(p *parting) { p.issued = p.issued.Add(-6*time.Minute - time.Second) }, same},
		"ended":                  {func(p *parting) { p.notOnOrAfter = p.issued.Add(-4 * time.Minute) }, same},
		"nobody":                 {func(p *parting) { p.nameID = "" }, same},
		"somebody without name":  {func(p *parting) { p.nameID = " " }, same},
		"an answer":              {func(p *parting) { p.kind = "LogoutResponse" }, same},
		"another person":         {none, func(doc string) string { return strings.Replace(doc, ">alice<", ">bob<", 1) }},
		"a document type":        {none, func(doc string) string { return `<!DOCTYPE x>` + doc }},
		"no XML":                 {none, func(string) string { return "hello" }},
	} {
		w := newWorld(t)
		asked := w.dismissal()
		c.change(&asked)
		d, err := w.Dismiss(t.Context(), w.provider(), base, posted("SAMLRequest", c.edit(w.parting(asked))))
		var refusal *federation.Refusal
		if !errors.As(err, &refusal) || refusal.Text != "Invalid SAML logout request received" {
			t.Errorf("%s: %+v, %v", name, d, err)
		}
	}
}
