package pdp_test

import (
	"encoding/json"
	"io"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"cognate.dev/cognate/internal/enrich"
	"cognate.dev/cognate/internal/front/pdp"
)

// Whatever the body, the answer is JSON and never says that the server itself is at fault.
func FuzzCheckRequest(f *testing.F) {
	files, err := filepath.Glob("testdata/cerbos/check_*.txt")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		body, err := io.ReadAll(readExchange(f, file).request.Body)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(body))
	}
	f.Add(idOnly("alice", "alice", "read"))
	f.Add(`{"principal":{"id":"unlucky"}}`)
	s := newServer(f, pdp.Config{}, enrich.SourceConfig{}, contacts(f))
	f.Fuzz(func(t *testing.T, body string) {
		w := httptest.NewRecorder()
		s.ServeHTTP(w, httptest.NewRequest("POST", "/api/check/resources", strings.NewReader(body)))
		if !json.Valid(w.Body.Bytes()) {
			t.Errorf("not JSON: %q", w.Body)
		}
		switch w.Code {
		case 200, 400, 429, 503:
		default:
			t.Errorf("%d %s", w.Code, w.Body)
		}
	})
}
