package enrichment_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cognate.dev/cognate/internal/enrich"
	"cognate.dev/cognate/internal/enrich/field"
	"cognate.dev/cognate/internal/enrich/rest"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/front/enrichment"
	"cognate.dev/cognate/internal/kit/clock"
)

// handler answers for a source that knows alice, cannot say who bob is, and has heard of nobody else.
func handler(t *testing.T) http.Handler {
	t.Helper()
	e, err := enrich.New(enrich.Config{Sources: []enrich.SourceConfig{{
		Name: "crm", Type: enrich.TypeHTTP, HTTP: rest.Config{URL: "https://example.com/{id}"}, Timeout: time.Minute, OnMissing: "deny", Groups: "teams",
		Fields: []field.Config{{From: "tier"}, {From: "pin", Secret: true}},
	}}}, func(enrich.SourceConfig) (enrich.Source, error) {
		return enrich.Outside(func(_ context.Context, q enrich.Query) (map[string]any, error) {
			switch q.ID {
			case "alice":
				return map[string]any{"tier": "gold", "pin": "s3cret", "teams": "staff"}, nil
			case "bob":
				return nil, errors.New("status 500")
			}
			return nil, nil
		}, nil), nil
	}, nil, clock.System)
	if err != nil {
		t.Fatal(err)
	}
	return enrichment.Handler(enrichment.Parts{
		Enricher: e,
		Forget: func(_ context.Context, source, id string) error {
			switch {
			case id == "unlucky":
				return errors.New("the database is gone")
			case source != "crm":
				return fault.Missingf("There is no source %q.", source)
			}
			e.Forget(source, id)
			return nil
		},
	})
}

func ask(h http.Handler, method, target string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(method, target, nil))
	return w
}

func TestAPreviewSaysWhatADecisionWillSee(t *testing.T) {
	t.Parallel()
	h := handler(t)
	type shown struct {
		Principal struct {
			ID    string
			Roles []string
			Attr  map[string]any
		}
		Resource *struct{ Kind, ID string }
		Denied   bool
		Refused  string
		Sources  []struct {
			Source, Outcome, Error string
			Found                  bool
		}
		Fields []struct {
			Field, Source, Outcome string
			Value                  any
			Secret                 bool
		}
	}
	see := func(query string) (s shown) {
		t.Helper()
		w := ask(h, http.MethodGet, "/enrichment/preview?"+query)
		if err := json.Unmarshal(w.Body.Bytes(), &s); err != nil || w.Code != http.StatusOK || w.Header().Get("Cache-Control") != "no-store" {
			t.Fatalf("%s: %d %s (%v)", query, w.Code, w.Body, err)
		}
		if strings.Contains(w.Body.String(), "s3cret") {
			t.Errorf("%s: the secret is shown: %s", query, w.Body)
		}
		return s
	}
	a := see("principal=alice&kind=doc&resource=1")
	if diff := cmp.Diff(map[string]any{"crm": map[string]any{"tier": "gold", "pin": enrich.Mask}}, a.Principal.Attr); diff != "" || a.Principal.Roles[0] != "staff" || a.Resource.ID != "1" || a.Denied {
		t.Errorf("alice: %+v\n%s", a, diff)
	}
	if f := a.Fields; len(f) != 2 || f[0].Field != "P.attr.crm.pin" || !f[0].Secret || f[0].Value != nil || f[1].Value != "gold" || f[1].Outcome != "miss" {
		t.Errorf("fields: %+v", f)
	}
	if b := see("principal=bob"); !strings.Contains(b.Refused, `"crm"`) || b.Sources[0].Error != "status 500" {
		t.Errorf("a source that fails: %+v", b)
	}
	if c := see("principal=carol&role=admin"); !c.Denied || c.Sources[0].Found || c.Principal.Roles[0] != "admin" {
		t.Errorf("nobody of that id: %+v", c)
	}
}

func TestRequestsThatMakeNoSenseAreRefused(t *testing.T) {
	t.Parallel()
	h := handler(t)
	for _, c := range []struct {
		method, target string
		want           int
	}{
		{"GET", "/enrichment/preview", 400}, {"GET", "/enrichment/preview?principal=a&kind=doc", 400}, {"GET", "/enrichment/else", 404},
		{"GET", "/enrichment/forget?source=crm", 404}, {"POST", "/enrichment/forget", 400}, {"POST", "/enrichment/forget?source=crm&id=", 400},
		{"POST", "/enrichment/forget?source=erp", 404}, {"POST", "/enrichment/forget?source=crm&id=unlucky", 500},
		{"POST", "/enrichment/forget?source=crm&id=alice", 204}, {"POST", "/enrichment/forget?source=crm", 204},
	} {
		if w := ask(h, c.method, c.target); w.Code != c.want || strings.Contains(w.Body.String(), "database") || strings.Contains(w.Body.String(), "gold") {
			t.Errorf("%s %s: %d %s, want %d", c.method, c.target, w.Code, w.Body, c.want)
		}
	}
}
