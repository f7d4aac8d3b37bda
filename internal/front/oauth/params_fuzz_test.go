package oauth_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// FuzzTokenRequest fails when a token request from outside panics, is answered with an internal error, or gives tokens.
func FuzzTokenRequest(f *testing.F) {
	w := newWorld(f)
	w.client("client", "")
	w.machine()
	for _, seed := range []struct{ query, kind, body, authorization string }{
		{"", "application/x-www-form-urlencoded", "grant_type=authorization_code&client_id=client&code=x", ""},
		{"grant_type=refresh_token&client_id=client&refresh_token=x", "", "", ""},
		{"", "application/x-www-form-urlencoded; charset=utf-8", "grant_type=client_credentials&aws_client_metadata={", "Basic bWFjaGluZTp4"},
		{"%zz", "application/json", "{}", "Basic"}, {"a=1&a=2", ";", ";", "Bearer x"},
	} {
		f.Add(seed.query, seed.kind, seed.body, seed.authorization)
	}
	f.Fuzz(func(t *testing.T, query, kind, body, authorization string) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.site.Base+"/oauth2/token", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.URL.RawQuery = query
		r.Header.Set("Content-Type", kind)
		r.Header.Set("Authorization", authorization)
		res := httptest.NewRecorder()
		w.ServeHTTP(res, r)
		if res.Code != http.StatusBadRequest {
			t.Errorf("%d %s", res.Code, res.Body)
		}
	})
}
