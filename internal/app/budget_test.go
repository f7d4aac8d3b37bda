package app

import (
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"cognate.dev/cognate/internal/app/config"
	"cognate.dev/cognate/internal/front/aws"
	"cognate.dev/cognate/internal/password"
)

// hot is a request of a hot path, and what it may cost once caches are warm.
type hot struct {
	name       string
	request    func() *http.Request
	to         func(*house) http.Handler
	allocs     float64 // on the way from the handler to its answer, the test's own request and recorder included
	statements int     // of the store, without those that begin and end transactions
}

// TestHotPathsKeepTheirBudgets fails when a hot path allocates more than its budget, or asks the store more often than it has to. The
// budgets have about a tenth of air; who needs more says why, or finds what else can go.
func TestHotPathsKeepTheirBudgets(t *testing.T) { // not in parallel: allocations are counted for the whole process
	var mu sync.Mutex
	var asked []string
	cfg := config.Default()
	cfg.Data, cfg.Password, cfg.Rates.Mode = t.TempDir(), password.Params{MemoryKiB: 8, Time: 1, Threads: 1}, "off"
	start := time.Now()
	cfg.Clock = func() time.Time { return start } // what is kept for a second is kept
	cfg.Policy.Dir = filepath.Join("..", "..", "examples", "policies")
	cfg.Statement = func(text string) {
		mu.Lock()
		defer mu.Unlock()
		asked = append(asked, text)
	}
	h, err := build(t.Context(), cfg, "http://127.0.0.1", io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	defer h.close(context.Background())
	h.masterKeys.Rest() // it looks now and then
	h.auth = aws.AcceptAny()
	if err := h.open(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := h.policies.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, p := range hotPaths(t, h) {
		run := func() {
			w := httptest.NewRecorder()
			p.to(h).ServeHTTP(w, p.request())
			if w.Code != http.StatusOK {
				t.Fatalf("%s: %d %s", p.name, w.Code, w.Body)
			}
		}
		for range 3 {
			run() // warm
		}
		mu.Lock()
		asked = nil
		mu.Unlock()
		run()
		mu.Lock()
		statements := slices.Clone(asked)
		mu.Unlock()
		if len(statements) != p.statements {
			t.Errorf("%s asks the store %d times, where %d were expected:\n%s", p.name, len(statements), p.statements, strings.Join(statements, "\n"))
		}
		allocs := testing.AllocsPerRun(200, run)
		t.Logf("%-20s %5.0f allocations of %4.0f, %d statements", p.name, allocs, p.allocs, len(statements))
		if allocs > p.allocs && !raced {
			t.Errorf("%s allocates %.0f times, and its budget is %.0f", p.name, allocs, p.allocs)
		}
	}
}

func hotPaths(t *testing.T, h *house) []hot {
	t.Helper()
	main := func(h *house) http.Handler { return &h.main }
	request := func(operation, body string) *http.Request {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/x-amz-json-1.1")
		r.Header.Set("X-Amz-Target", "AWSCognitoIdentityProviderService."+operation)
		r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE/20260101/us-east-1/cognito-idp/aws4_request, SignedHeaders=host, Signature=00")
		r.Header.Set("X-Amz-Date", "20260101T000000Z")
		return r
	}
	call := func(operation, body string) string {
		t.Helper()
		w := httptest.NewRecorder()
		h.main.ServeHTTP(w, request(operation, body))
		if w.Code != http.StatusOK {
			t.Fatalf("%s: %s", operation, w.Body)
		}
		return w.Body.String()
	}
	pool := text(call("CreateUserPool", `{"PoolName":"shop"}`), "Id")
	client := text(call("CreateUserPoolClient", `{"UserPoolId":"`+pool+`","ClientName":"web","ExplicitAuthFlows":["ALLOW_USER_PASSWORD_AUTH","ALLOW_REFRESH_TOKEN_AUTH"]}`), "ClientId")
	call("CreateResourceServer", `{"UserPoolId":"`+pool+`","Identifier":"api","Name":"api","Scopes":[{"ScopeName":"read","ScopeDescription":"read"}]}`)
	machine := call("CreateUserPoolClient", `{"UserPoolId":"`+pool+`","ClientName":"job","GenerateSecret":true,"AllowedOAuthFlowsUserPoolClient":true,"AllowedOAuthFlows":["client_credentials"],"AllowedOAuthScopes":["api/read"]}`)
	basic := "Basic " + base64.StdEncoding.EncodeToString([]byte(text(machine, "ClientId")+":"+text(machine, "ClientSecret")))
	call("AdminCreateUser", `{"UserPoolId":"`+pool+`","Username":"dana","MessageAction":"SUPPRESS"}`)
	call("AdminSetUserPassword", `{"UserPoolId":"`+pool+`","Username":"dana","Password":"Correct-Horse1","Permanent":true}`)
	signIn := `{"ClientId":"` + client + `","AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"dana","PASSWORD":"Correct-Horse1"}}`
	in := call("InitiateAuth", signIn)
	call("CreateGroup", `{"UserPoolId":"`+pool+`","GroupName":"all"}`)
	for i := range 60 {
		who := fmt.Sprintf(`{"UserPoolId":"%s","Username":"listed%d","GroupName":"all"`, pool, i)
		call("AdminCreateUser", who+`,"MessageAction":"SUPPRESS"}`)
		call("AdminAddUserToGroup", who+`}`)
	}
	grant := url.Values{"grant_type": {"client_credentials"}, "scope": {"api/read"}}.Encode()
	question := `{"requestId":"1","principal":{"id":"dana","roles":["user"]},"resources":[{"actions":["read"],"resource":{"kind":"contact","id":"1","attr":{"owner":"dana"}}}]}`
	return []hot{
		{"sign-in", func() *http.Request { return request("InitiateAuth", signIn) }, main, 820, 9},
		{"refresh", func() *http.Request {
			return request("InitiateAuth", `{"ClientId":"`+client+`","AuthFlow":"REFRESH_TOKEN_AUTH","AuthParameters":{"REFRESH_TOKEN":"`+text(in, "RefreshToken")+`"}}`)
		}, main, 465, 3},
		{"GetUser", func() *http.Request { return request("GetUser", `{"AccessToken":"`+text(in, "AccessToken")+`"}`) }, main, 250, 1},
		{"token endpoint", func() *http.Request {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, fmt.Sprintf("/%s/oauth2/token", pool), strings.NewReader(grant))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.Header.Set("Authorization", basic)
			return r
		}, main, 275, 2},
		{"check", func() *http.Request {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/api/check/resources", strings.NewReader(question))
			r.Header.Set("Content-Type", "application/json")
			return r
		}, func(h *house) http.Handler { return &h.pdp }, 270, 0},
		{"60 users", func() *http.Request { return request("ListUsers", `{"UserPoolId":"`+pool+`","Limit":60}`) }, main, 1700, 1},
		{"60 members", func() *http.Request {
			return request("ListUsersInGroup", `{"UserPoolId":"`+pool+`","GroupName":"all","Limit":60}`)
		}, main, 1720, 2},
		{"JWKS", func() *http.Request {
			return httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/"+pool+"/.well-known/jwks.json", http.NoBody)
		}, main, 60, 0},
	}
}
