package login_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// BenchmarkSignInPage is the sign-in page for a browser that has been there before.
func BenchmarkSignInPage(b *testing.B) {
	w := newWorld(b)
	first := httptest.NewRecorder()
	address := "/" + poolID + "/login?" + ask().Encode()
	w.handler.ServeHTTP(first, httptest.NewRequest(http.MethodGet, address, nil))
	r := httptest.NewRequest(http.MethodGet, address, nil)
	for _, c := range first.Result().Cookies() {
		r.AddCookie(c)
	}
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		if n++; n%50 == 0 {
			w.clock.Advance(10 * time.Second) // so that nobody asks too often
		}
		rec := httptest.NewRecorder()
		w.handler.ServeHTTP(rec, r)
		if rec.Code != http.StatusOK {
			b.Fatal(rec.Code, rec.Body)
		}
	}
}
