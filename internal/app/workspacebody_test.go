package app

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"cognate.dev/cognate/internal/app/caller"
	"cognate.dev/cognate/internal/sts"
)

// flood is a body that never ends, and counts what was read of it.
type flood struct{ read int }

func (f *flood) Read(p []byte) (int, error) {
	f.read += len(p)
	return len(p), nil
}

func (f *flood) Close() error { return nil }

// TestAStrangersBodyIsNotRead sends endless bodies as somebody whom the server does not know, or who may not. If it fails, whoever likes has the
// server keep megabytes for each of their connections.
func TestAStrangersBodyIsNotRead(t *testing.T) {
	t.Parallel()
	b := newBureau(t)
	robot := b.must(201, "POST", adminAPI+"/clients", map[string]any{
		"authorization_server_id": "system", "client_name": "Robot", "grant_types": []string{"client_credentials"}, "scopes": []string{"view_servers"},
	})
	token := "Bearer " + b.token("system", robot)
	keys := sts.NewKeys(b.h.store, b.h.keys, b.h.clock.Now)
	id, secret, _, err := keys.EnsureRoot(t.Context())
	b.check(err)
	b.h.authority = sts.NewAuthority(b.h.cfg.Account, keys, b.h.sessions, b.h.clock.Now)
	b.h.auth = caller.Signatures(b.h.authority, b.h.clock.Now)
	b.check(b.h.open(t.Context()))

	sign := func(id, secret, hash string, stated bool) func(*http.Request) {
		return func(r *http.Request) {
			r.Host = "127.0.0.1"
			if stated {
				r.Header.Set("X-Amz-Content-Sha256", hash)
			}
			body := r.Body
			r.Body, r.ContentLength = nil, 0 // which the signer would put in the signature
			b.check(v4.NewSigner().SignHTTP(t.Context(), awssdk.Credentials{AccessKeyID: id, SecretAccessKey: secret}, r, hash, "cognate", "us-east-1", b.h.clock.Now()))
			r.Body, r.ContentLength = body, -1
		}
	}
	bearer := func(value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set("Authorization", value) }
	}
	some := strings.Repeat("0", 64)
	for name, c := range map[string]struct {
		as     func(*http.Request)
		status int
		most   int
	}{
		"nobody":                               {func(*http.Request) {}, 401, 0},
		"a token that is none":                 {bearer("Bearer nonsense"), 401, 0},
		"a token without the scope":            {bearer(token), 403, 0},
		"a key that there is not":              {sign("AKIANONE", secret, some, false), 401, 0},
		"another secret, with a hash":          {sign(id, "no"+secret, some, true), 401, 0},
		"another secret, and no hash":          {sign(id, "no"+secret, some, false), 413, 256<<10 + 64<<10},
		"who is known, and says too much":      {sign(id, secret, some, true), 413, 4<<20 + 4<<20},
		"a condition that cannot be fulfilled": {func(r *http.Request) { r.Header.Set("If-Match", "x") }, 401, 0},
	} {
		body := &flood{}
		r := httptest.NewRequestWithContext(t.Context(), "POST", shopConfig, body)
		r.ContentLength = -1
		c.as(r)
		w := httptest.NewRecorder()
		b.h.main.ServeHTTP(w, r)
		if w.Code != c.status || body.read > c.most {
			t.Errorf("%s: %d after %d bytes, want %d after at most %d: %s", name, w.Code, body.read, c.status, c.most, w.Body)
		}
	}
	r := httptest.NewRequestWithContext(t.Context(), "GET", "/api/system/default/logins/x", &flood{})
	w := httptest.NewRecorder()
	if b.h.main.ServeHTTP(w, r); w.Code != 401 {
		t.Errorf("an operation for tokens alone: %d", w.Code)
	}

	large := []byte(`{"server":{"name":"Large","description":"` + strings.Repeat(" ", 300<<10) + `"}}`) // a description that is too long
	sum := sha256.Sum256(large)
	for stated, want := range map[bool]int{true: 422, false: 413} {
		r := httptest.NewRequestWithContext(t.Context(), "POST", shopConfig, io.NopCloser(bytes.NewReader(large)))
		sign(id, secret, hex.EncodeToString(sum[:]), stated)(r)
		w := httptest.NewRecorder()
		if b.h.main.ServeHTTP(w, r); w.Code != want {
			t.Errorf("a large document whose hash is stated (%v): %d %s", stated, w.Code, w.Body)
		}
	}
}

// TestAConsentPageLooksAfterNothingElse has the page of one workspace, whose client has the scope of grants, list and take back what people of
// another have agreed to.
func TestAConsentPageLooksAfterNothingElse(t *testing.T) {
	t.Parallel()
	b, at, _ := shop(t, true)
	page := b.must(200, "PUT", at+"/server-consent", map[string]any{"type": "custom", "custom": map[string]any{"server_consent_url": "https://consent.example.com/"}})
	b.must(201, "POST", adminAPI+"/servers", map[string]any{"id": "other", "name": "Other", "user_pool_id": testPool})
	operator := b.must(201, "POST", adminAPI+"/clients", map[string]any{
		"authorization_server_id": "system", "client_name": "Operator", "grant_types": []string{"client_credentials"}, "scopes": []string{"manage_scope_grants"},
	})
	app := b.must(201, "POST", adminAPI+"/clients", map[string]any{
		"authorization_server_id": "other", "client_name": "App", "redirect_uris": []string{appCallback}, "scopes": []string{"openid"},
	})["client_id"].(string)
	theirs, operators := "Bearer "+b.token("system", page), "Bearer "+b.token("system", operator)
	query := "/scope-grants?subject=" + b.alice.ID
	for _, wid := range []string{"shop", "other"} {
		b.actor = theirs
		b.must(403, "GET", adminAPI+"/servers/"+wid+query, nil)
		b.must(403, "DELETE", adminAPI+"/servers/"+wid+query+"&client_id="+app, nil)
		b.actor = operators
		b.must(200, "GET", adminAPI+"/servers/"+wid+query, nil)
	}
	b.must(404, "DELETE", adminAPI+"/servers/other"+query+"&client_id="+app, nil) // there is nothing to take back
}
