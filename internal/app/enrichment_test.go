package app

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	enginev1 "github.com/cerbos/cerbos/api/genpb/cerbos/engine/v1"
	requestv1 "github.com/cerbos/cerbos/api/genpb/cerbos/request/v1"
	"github.com/go-jose/go-jose/v4"
	"google.golang.org/protobuf/types/known/structpb"

	"cognate.dev/cognate/internal/app/config"
)

// TestEverySourceWorksAsConfigured fails when the settings of a type do not reach its source.
func TestEverySourceWorksAsConfigured(t *testing.T) {
	people := filepath.Join(t.TempDir(), "people.db")
	db, err := sql.Open("sqlite", people)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.ExecContext(t.Context(), "CREATE TABLE roles (id TEXT, role TEXT); INSERT INTO roles VALUES ('alice', 'buyer'), ('alice', 'seller')"); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	t.Setenv("COGNATE_TEST_KEY", "k1")
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer := ""
		switch {
		case r.URL.Path == "/crm/alice" && r.Header.Get("X-Key") == "k1":
			answer = `{"data":{"tier":"gold"}}`
		case r.URL.Path == "/docs/doc/d1":
			answer = `{"owner":"alice"}`
		case r.URL.Path == "/scim/Users":
			answer = `{"totalResults":1,"Resources":[{"id":"7","userName":"alice","active":true,"groups":[{"value":"g","display":"staff"}]}]}`
		case r.URL.Path == "/me" && strings.HasPrefix(r.Header.Get("Authorization"), "Bearer ey"):
			answer = `{"sub":"alice","locale":"nl"}`
		case strings.HasSuffix(r.Header.Get("X-Amz-Target"), ".AdminGetUser"):
			answer = `{"Username":"alice","Enabled":true,"UserStatus":"CONFIRMED"}`
		case r.Header.Get("X-Amz-Target") != "":
			answer = `{}`
		default:
			w.WriteHeader(http.StatusInternalServerError)
		}
		_, _ = io.WriteString(w, answer)
	}))
	t.Cleanup(other.Close)
	cfg, err := config.Load(write(t, strings.NewReplacer("SERVER", other.URL, "PEOPLE", people).Replace(`
enrich:
  sources:
    - {name: pool, type: pool, timeout: 20s}
    - name: there
      type: cognito
      timeout: 20s
      attribute: there
      default_role: "-"
      cognito: {pool: eu-west-1_There, endpoint: "SERVER", access_key_id: a, secret_access_key: b}
    - name: crm
      type: http
      timeout: 20s
      http: {url: "SERVER/crm/{id}", root: data, server: {headers: [{name: X-Key, env: COGNATE_TEST_KEY}]}}
    - name: roles
      type: sql
      timeout: 20s
      sql: {database: "sqlite:PEOPLE", query: "SELECT role FROM roles WHERE id = $1 ORDER BY role", rows: all}
      groups: rows/*/role
    - name: scim
      type: scim
      timeout: 20s
      scim: {url: "SERVER/scim"}
      fields: [{from: active}]
    - name: profile
      type: oidc-userinfo
      timeout: 20s
      oidc_userinfo: {issuer: "SERVER", endpoint: "SERVER/me"}
    - name: documents
      type: http
      timeout: 20s
      for: resource
      attribute: .
      select: {kinds: [doc]}
      fields: [{from: owner, required: true}]
      http: {url: "SERVER/docs/{kind}/{id}"}
`)), none)
	if err != nil {
		t.Fatal(err)
	}
	cfg.Data = t.TempDir()
	h, err := build(t.Context(), cfg, "http://127.0.0.1", io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	if err := h.open(t.Context()); err != nil {
		t.Fatal(err)
	}
	p := &enginev1.Principal{Id: "alice"}
	aux := &requestv1.AuxData{Jwt: &requestv1.AuxData_JWT{Token: unverified(t, other.URL)}}
	trace, err := h.rooms.Load().enricher.Enrich(t.Context(), p, aux)
	if err != nil {
		t.Fatalf("%v, trace %s", err, trace)
	}
	attr := (&structpb.Struct{Fields: p.Attr}).AsMap()
	for path, want := range map[string]any{
		"there/username": "alice", "there/enabled": true, "crm/tier": "gold", "scim/active": true, "profile/locale": "nl",
	} {
		source, name, _ := strings.Cut(path, "/")
		object, _ := attr[source].(map[string]any)
		if object[name] != want {
			t.Errorf("%s is %v, want %v", path, object[name], want)
		}
	}
	if want := []string{"buyer", "seller", "staff"}; !slices.Equal(p.Roles, want) {
		t.Errorf("roles %q, want %q", p.Roles, want)
	}
	r := &enginev1.Resource{Kind: "doc", Id: "d1", Attr: map[string]*structpb.Value{"owner": structpb.NewStringValue("mallory")}}
	if _, trace, err := h.rooms.Load().enricher.Resources(t.Context(), []*enginev1.Resource{r}); err != nil || r.Attr["owner"].GetStringValue() != "alice" {
		t.Errorf("%v, %v, trace %s", r, err, trace)
	}
	if got := h.kept(); len(got) != 7 || got["crm"] != 1 {
		t.Errorf("kept: %v", got)
	}
}

// unverified is a token that names an issuer; its UserInfo endpoint says whether it is good.
func unverified(t *testing.T, issuer string) string {
	t.Helper()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.HS256, Key: make([]byte, 32)}, nil)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := signer.Sign(fmt.Appendf(nil, `{"iss":%q}`, issuer))
	if err != nil {
		t.Fatal(err)
	}
	raw, err := signed.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// TestASourceThatCannotWorkStopsTheStart fails when a server runs with a source that would never answer.
func TestASourceThatCannotWorkStopsTheStart(t *testing.T) {
	t.Parallel()
	for text, says := range map[string]string{
		"{type: http, http: {url: 'http://example.com/{id}'}}":          "encryption",
		"{type: sql, sql: {database: 'mysql://x', query: 'SELECT $1'}}": "scheme",
		"{type: cognito, cognito: {pool: people}}":                      "user pool",
		"{type: scim}": "scim.url",
		"{type: oidc-userinfo, oidc_userinfo: {issuer: 'ftp://x'}}":             "issuer",
		"{type: http, http: {url: 'https://x/{id}'}, fields: [{to: a}]}":        "from",
		"{type: http, http: {url: 'https://x/{id}'}, select: {attrs: {'': x}}}": "attrs",
	} {
		cfg, err := config.Load(write(t, "enrich: {sources: ["+text+"]}\n"), none)
		if err != nil {
			t.Fatal(err)
		}
		cfg.Data = t.TempDir()
		h, err := build(t.Context(), cfg, "http://127.0.0.1", io.Discard)
		if err != nil {
			t.Fatal(err)
		}
		if err := h.open(t.Context()); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v does not mention %q", text, err, says)
		}
		if err := h.close(context.Background()); err != nil {
			t.Error(err)
		}
	}
}
