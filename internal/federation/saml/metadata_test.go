package saml_test

import (
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"cognate.dev/cognate/internal/federation"
)

// published is a provider's metadata at a URL: with a key of keys, and other attributes.
type published struct {
	*httptest.Server
	t     *testing.T
	calls atomic.Int64
	key   atomic.Int64
	down  atomic.Bool
	says  atomic.Value // string
}

func publish(t *testing.T) *published {
	t.Helper()
	p := &published{t: t}
	p.says.Store("")
	p.Server = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
		p.calls.Add(1)
		if p.down.Load() {
			rw.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		_, _ = io.WriteString(rw, fmt.Sprintf(`<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID=%q%s><IDPSSODescriptor
			protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol"><KeyDescriptor use="signing"><KeyInfo xmlns="http://www.w3.org/2000/09/xmldsig#">
			<X509Data><X509Certificate>%s</X509Certificate></X509Data></KeyInfo></KeyDescriptor>
			<SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="https://idp.example.com/sso"/></IDPSSODescriptor></EntityDescriptor>`,
			issuer, p.says.Load(), base64.StdEncoding.EncodeToString(keys(t)[p.key.Load()].der)))
	}))
	t.Cleanup(p.Close)
	return p
}

func (w *world) at(p *published) *federation.Provider {
	out := w.provider("MetadataURL", p.URL)
	out.Metadata = nil
	return out
}

var visits atomic.Int64

// comes signs somebody in with a key of keys.
func (w *world) comes(p *federation.Provider, signer int) error {
	_, err := w.visit(p, func(f *fields) { f.id, f.signer = fmt.Sprintf("_v%d", visits.Add(1)), signer }, nil)
	return err
}

// fetched fails unless metadata was read so often.
func (p *published) fetched(what string, want int64) {
	p.t.Helper()
	if got := p.calls.Load(); got != want {
		p.t.Errorf("%s: read %d times, want %d", what, got, want)
	}
}

// TestMetadataIsFetchedOnce fails when a provider's metadata URL is not read, or at every sign-in.
func TestMetadataIsFetchedOnce(t *testing.T) {
	t.Parallel()
	w, site := newWorld(t), publish(t)
	p := w.at(site)
	for range 3 {
		if err := w.comes(p, 0); err != nil {
			t.Error(err)
		}
	}
	site.fetched("three sign-ins", 1)
}

// TestAProviderMayChangeItsKey fails when people cannot sign in for hours after a provider has a new key, when forged messages get
// metadata read all the time, or when they lose a good copy.
func TestAProviderMayChangeItsKey(t *testing.T) {
	t.Parallel()
	w, site := newWorld(t), publish(t)
	p := w.at(site)
	if err := w.comes(p, 0); err != nil {
		t.Fatal(err)
	}
	site.key.Store(1)
	if err := w.comes(p, 1); err == nil {
		t.Error("metadata that is new is read again")
	}
	site.fetched("at once", 1)
	w.now.Advance(time.Minute)
	if err := w.comes(p, 1); err != nil {
		t.Errorf("with the new key: %v", err)
	}
	if err := w.comes(p, 0); err == nil {
		t.Error("the old key is good")
	}
	before := site.calls.Load()
	w.now.Advance(2 * time.Minute)
	site.down.Store(true)
	for range 5 {
		if err := w.comes(p, 2); err == nil {
			t.Error("a forged response")
		}
	}
	site.fetched("for five forged responses", before+1)
	if err := w.comes(p, 1); err != nil {
		t.Errorf("after forged ones, while the server is down: %v", err)
	}
}

// TestMetadataSaysHowLongItIsGood fails when metadata is used longer than it says.
func TestMetadataSaysHowLongItIsGood(t *testing.T) {
	t.Parallel()
	w, site := newWorld(t), publish(t)
	p := w.at(site)
	site.says.Store(` cacheDuration="PT10M" validUntil="` + stamp(w.now.Now().Add(time.Hour)) + `"`)
	for _, c := range []struct {
		after time.Duration
		want  int64
	}{{0, 1}, {9 * time.Minute, 1}, {2 * time.Minute, 2}, {8 * time.Minute, 2}, {3 * time.Minute, 3}} {
		w.now.Advance(c.after)
		if err := w.comes(p, 0); err != nil {
			t.Fatal(err)
		}
		site.fetched(c.after.String(), c.want)
	}
	w.now.Advance(time.Hour)
	if _, err := w.Read(t.Context(), site.URL); err == nil {
		t.Error("metadata is used that is not valid any more")
	}
}
