package oauth_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/go-cmp/cmp"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/front/oauth"
	"cognate.dev/cognate/internal/key"
	"cognate.dev/cognate/internal/kit/clock"
	"cognate.dev/cognate/internal/kit/secret"
	"cognate.dev/cognate/internal/password"
	"cognate.dev/cognate/internal/store"
)

const poolID = "eu-west-1_Pool00001"

// world is the handler over one pool on a database of its own.
type world struct {
	http.Handler
	t      *testing.T
	store  *store.Store
	failed error
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t}
	keys, err := secret.NewKeyring(secret.Key{ID: "a", Secret: [32]byte{1}})
	w.check(err)
	w.store, err = store.Open(t.Context(), "sqlite::memory:", store.Options{Sealer: keys})
	w.check(err)
	t.Cleanup(func() { _ = w.store.Close() })
	now := clock.NewFake(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)).Now
	dir := directory.New(directory.Parts{
		Pools: w.store, Clients: w.store, Groups: w.store, Users: w.store, Credentials: w.store, Changes: quiet{},
		OnCommit: w.store.OnCommit, Keys: keys, Hasher: password.NewHasher(password.Params{}, 1), Now: now,
	})
	_, err = dir.Pools.Create(t.Context(), directory.PoolSpec{ID: poolID, Settings: directory.Settings{Name: "people"}})
	w.check(err)
	w.Handler = oauth.Handler(oauth.Config{
		Pools: dir.Pools, Keys: key.NewRing(w.store, keys, now),
		Issuer:   func(p *directory.Pool) string { return "https://cognito-idp." + p.Region + ".amazonaws.com/" + p.ID },
		Location: func(p *directory.Pool) string { return "https://auth.example.com/" + p.ID },
		Failed:   func(_ context.Context, err error) { w.failed = err },
	})
	return w
}

func (w *world) check(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) do(method, path string, header ...string) *httptest.ResponseRecorder {
	req := httptest.NewRequestWithContext(w.t.Context(), method, path, nil)
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res := httptest.NewRecorder()
	w.ServeHTTP(res, req)
	return res
}

// TestKeySetHoldsTwoKeysThatOthersRead fails when a JOSE library that is not ours cannot use the published keys.
func TestKeySetHoldsTwoKeysThatOthersRead(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	res := w.do("GET", "/"+poolID+"/.well-known/jwks.json")
	var set jose.JSONWebKeySet
	w.check(json.Unmarshal(res.Body.Bytes(), &set))
	if len(set.Keys) != 2 {
		t.Fatalf("%d keys: %s", len(set.Keys), res.Body)
	}
	for _, k := range set.Keys {
		if !k.Valid() || k.Algorithm != "RS256" || k.Use != "sig" || len(k.KeyID) != 44 || !k.IsPublic() {
			t.Errorf("key %+v", k)
		}
	}
}

// TestDiscoveryNamesOnlyWhatExists fails when the document promises an endpoint that is not served, or when issuer and
// key set are confused under an issuer of AWS's form.
func TestDiscoveryNamesOnlyWhatExists(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, path := range []string{"/" + poolID, "/any/prefix/" + poolID} {
		res := w.do("GET", path+"/.well-known/openid-configuration")
		var got map[string]any
		w.check(json.Unmarshal(res.Body.Bytes(), &got))
		want := map[string]any{
			"issuer":                                "https://cognito-idp.eu-west-1.amazonaws.com/" + poolID,
			"jwks_uri":                              "https://auth.example.com/" + poolID + "/.well-known/jwks.json",
			"id_token_signing_alg_values_supported": []any{"RS256"},
			"subject_types_supported":               []any{"public"},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", path, diff)
		}
	}
}

// TestDocumentsAreForEveryOriginAndBriefCaches fails when a browser cannot read the documents or a cache keeps them
// without end.
func TestDocumentsAreForEveryOriginAndBriefCaches(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	path := "/" + poolID + "/.well-known/openid-configuration"
	res := w.do("GET", path)
	for name, want := range map[string]string{
		"Access-Control-Allow-Origin": "*", "Content-Type": "application/json", "Cache-Control": "public, max-age=60",
	} {
		if got := res.Header().Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if again := w.do("GET", path, "If-None-Match", res.Header().Get("ETag")); again.Code != http.StatusNotModified || again.Body.Len() != 0 {
		t.Errorf("the same document again: %d", again.Code)
	}
	head := w.do("HEAD", path)
	if head.Code != http.StatusOK || head.Body.Len() != 0 || head.Header().Get("Content-Length") != res.Header().Get("Content-Length") {
		t.Errorf("HEAD: %d, %d bytes, %v", head.Code, head.Body.Len(), head.Header())
	}
}

// TestWhatIsNotThereIsRefusedInJSON fails when an error is not JSON, can be cached or has the wrong status.
func TestWhatIsNotThereIsRefusedInJSON(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, c := range []struct {
		method, path string
		status       int
		message      string
	}{
		{"GET", "/eu-west-1_unknown00/.well-known/jwks.json", 404, "User pool eu-west-1_unknown00 does not exist."},
		{"HEAD", "/eu-west-1_unknown00/.well-known/jwks.json", 404, "User pool eu-west-1_unknown00 does not exist."},
		{"GET", "/.well-known/jwks.json", 404, "There is no such document."},
		{"GET", "/" + poolID + "/.well-known/other", 404, "There is no such document."},
		{"GET", "/" + poolID + "/.well-known/jwks.json/", 404, "There is no such document."},
		{"GET", "/" + poolID, 404, "There is no such document."},
		{"POST", "/" + poolID + "/.well-known/jwks.json", 405, "Only GET and HEAD are possible here."},
	} {
		res := w.do(c.method, c.path)
		var got map[string]string
		w.check(json.Unmarshal(res.Body.Bytes(), &got))
		if res.Code != c.status || got["message"] != c.message || res.Header().Get("Cache-Control") != "no-store" ||
			res.Header().Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("%s %s: %d %s %v", c.method, c.path, res.Code, res.Body, res.Header())
		}
	}
	if w.failed != nil {
		t.Errorf("a caller's mistake was reported: %v", w.failed)
	}
}

// TestBrokenStoreSaysNothingOfItself fails when the cause of an internal error reaches the caller, or nobody.
func TestBrokenStoreSaysNothingOfItself(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.check(w.store.Close())
	res := w.do("GET", "/"+poolID+"/.well-known/jwks.json")
	if res.Code != http.StatusInternalServerError || strings.TrimSpace(res.Body.String()) != `{"message":"Internal server error."}` {
		t.Errorf("got %d %s", res.Code, res.Body)
	}
	if w.failed == nil || errors.Is(w.failed, context.Canceled) {
		t.Errorf("reported %v", w.failed)
	}
}

type quiet struct{}

func (quiet) Changed(context.Context, string, string) {}
