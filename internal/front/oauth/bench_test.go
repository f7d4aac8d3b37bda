package oauth_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
)

// BenchmarkClientCredentials is a whole token request of a machine; compare it with BenchmarkRSASign of internal/token,
// the signature alone.
func BenchmarkClientCredentials(b *testing.B) {
	w := newWorld(b)
	w.machine()
	form := url.Values{"grant_type": {"client_credentials"}, "scope": {"api/read"}}.Encode()
	header := basic("machine", secret1)
	b.ReportAllocs()
	for b.Loop() {
		w.clock.Advance(10 * time.Millisecond) // there are quotas
		r := httptest.NewRequest(http.MethodPost, "/oauth2/token", strings.NewReader(form))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set(header[0], header[1])
		res := httptest.NewRecorder()
		w.ServeHTTP(res, r)
		if res.Code != http.StatusOK {
			b.Fatal(res.Body)
		}
	}
}

// BenchmarkUserInfo is a whole userInfo request: a signature check and two rows.
func BenchmarkUserInfo(b *testing.B) {
	w := newWorld(b)
	w.client("client", "")
	bearer := "Bearer " + tokens(b, w.exchange("client", w.code("client")))["access_token"].(string)
	b.ReportAllocs()
	for b.Loop() {
		w.clock.Advance(10 * time.Millisecond) // there are quotas
		r := httptest.NewRequest(http.MethodGet, "/oauth2/userInfo", nil)
		r.Header.Set("Authorization", bearer)
		res := httptest.NewRecorder()
		w.ServeHTTP(res, r)
		if res.Code != http.StatusOK {
			b.Fatal(res.Body)
		}
	}
}

// BenchmarkCodeExchange is an authorization for a browser that is signed in, and the exchange of its code.
func BenchmarkCodeExchange(b *testing.B) {
	w := newWorld(b)
	w.client("client", "")
	cookie := w.signIn()
	b.ReportAllocs()
	for b.Loop() {
		w.clock.Advance(10 * time.Millisecond) // there are quotas
		code := location(b, w.get("/oauth2/authorize", ask("client"), cookie)).Query().Get("code")
		tokens(b, w.exchange("client", code))
	}
}
