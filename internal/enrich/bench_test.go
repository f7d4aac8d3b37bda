package enrich_test

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	enginev1 "github.com/cerbos/cerbos/api/genpb/cerbos/engine/v1"

	"cognate.dev/cognate/internal/enrich"
	"cognate.dev/cognate/internal/enrich/cognito"
	"cognate.dev/cognate/internal/enrich/field"
	"cognate.dev/cognate/internal/enrich/query"
	"cognate.dev/cognate/internal/enrich/rest"
	"cognate.dev/cognate/internal/enrich/scim"
	"cognate.dev/cognate/internal/kit/clock"
)

var benchFields = []field.Config{{From: "department"}, {From: "limits/approval", To: "limit", Type: "number"}, {From: "frozen", Type: "bool"}}

func benchDoc() map[string]any {
	return map[string]any{"department": "sales", "limits": map[string]any{"approval": 10.0}, "frozen": false}
}

// BenchmarkCached is what enrichment adds to a decision whose answers are there.
func BenchmarkCached(b *testing.B) {
	shelves := map[string]*shelf{}
	for _, name := range []string{"a", "b", "c"} {
		shelves[name] = &shelf{docs: map[string]map[string]any{"alice": benchDoc()}}
	}
	source := func(name, attribute string, precedence int) enrich.SourceConfig {
		return outside(name, enrich.SourceConfig{TTL: time.Hour, Fields: benchFields, Attribute: attribute, Precedence: precedence})
	}
	for name, sources := range map[string][]enrich.SourceConfig{
		"one source":                   {source("a", "a", 0)},
		"three sources":                {source("a", "a", 0), source("b", "b", 0), source("c", "c", 0)},
		"three sources, one attribute": {source("a", "x", 3), source("b", "x", 2), source("c", "x", 1)},
	} {
		b.Run(name, func(b *testing.B) {
			e := enricher(b, shelves, clock.System, sources...)
			b.ReportAllocs()
			for b.Loop() {
				p := &enginev1.Principal{Id: "alice", Roles: []string{"r"}}
				if _, err := e.Enrich(b.Context(), p, nil); err != nil || len(p.Attr) == 0 {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkCachedResources(b *testing.B) {
	for _, n := range []int{1, 50} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			docs, list := map[string]map[string]any{}, make([]*enginev1.Resource, n)
			for i := range n {
				docs[fmt.Sprintf("doc/%d", i)] = benchDoc()
			}
			e := enricher(b, map[string]*shelf{"a": {docs: docs}}, clock.System, outside("a", enrich.SourceConfig{For: "resource", TTL: time.Hour, Fields: benchFields}))
			b.ReportAllocs()
			for b.Loop() {
				for i := range list {
					list[i] = &enginev1.Resource{Kind: "doc", Id: fmt.Sprint(i)}
				}
				if _, _, err := e.Resources(b.Context(), list); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkFetched is what a look-up costs when nothing is kept, with a server on the same machine.
func BenchmarkFetched(b *testing.B) {
	answers := map[string]string{
		"AdminGetUser":           `{"Username":"alice","Enabled":true,"UserStatus":"CONFIRMED","UserCreateDate":1,"UserLastModifiedDate":1,"UserAttributes":[{"Name":"sub","Value":"s"}]}`,
		"AdminListGroupsForUser": `{"Groups":[{"GroupName":"a"}]}`,
		"DescribeUserPool":       `{"UserPool":{"SchemaAttributes":[]}}`,
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
		switch {
		case operation != "":
			_, _ = io.WriteString(w, answers[operation])
		case strings.HasPrefix(r.URL.Path, "/Users"):
			_, _ = io.WriteString(w, `{"totalResults":1,"Resources":[{"id":"1","userName":"alice","groups":[{"display":"a"}]}]}`)
		default:
			_, _ = io.WriteString(w, `{"department":"sales","limits":{"approval":10},"frozen":false}`)
		}
	}))
	b.Cleanup(server.Close)
	fetch := func(name string, find func(context.Context, enrich.Query) (map[string]any, error)) {
		b.Run(name, func(b *testing.B) {
			e, err := enrich.New(enrich.Config{Sources: []enrich.SourceConfig{outside("a", enrich.SourceConfig{TTL: -1, NegativeTTL: -1, Timeout: time.Minute})}},
				func(enrich.SourceConfig) (enrich.Source, error) { return enrich.Outside(find, nil), nil }, nil, clock.System)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				p := &enginev1.Principal{Id: "alice", Roles: []string{"r"}}
				if _, err := e.Enrich(b.Context(), p, nil); err != nil || len(p.Attr) == 0 {
					b.Fatal(p, err)
				}
			}
		})
	}
	must := func(err error) {
		if err != nil {
			b.Fatal(err)
		}
	}
	h, err := rest.New(rest.Config{URL: server.URL + "/{id}"})
	must(err)
	fetch("http", func(ctx context.Context, q enrich.Query) (map[string]any, error) { return h.Find(ctx, q.Kind, q.ID) })
	c, err := cognito.New(b.Context(), cognito.Config{Pool: "eu-west-1_A", Endpoint: server.URL, AccessKeyID: "a", SecretAccessKey: "b"}, clock.System)
	must(err)
	fetch("cognito", func(ctx context.Context, q enrich.Query) (map[string]any, error) { return c.Find(ctx, q.ID) })
	s, err := scim.New(scim.Config{URL: server.URL})
	must(err)
	fetch("scim", func(ctx context.Context, q enrich.Query) (map[string]any, error) { return s.Find(ctx, q.ID) })
	path := filepath.Join(b.TempDir(), "x.db")
	db, err := sql.Open("sqlite", path)
	must(err)
	_, err = db.ExecContext(b.Context(), "CREATE TABLE people (id TEXT PRIMARY KEY, department TEXT); INSERT INTO people VALUES ('alice', 'sales')")
	must(err)
	must(db.Close())
	q, err := query.New(query.Config{Database: "sqlite:" + path, Query: "SELECT department FROM people WHERE id = $1"})
	must(err)
	b.Cleanup(func() { q.Close() })
	fetch("sql", func(ctx context.Context, x enrich.Query) (map[string]any, error) { return q.Find(ctx, x.Kind, x.ID) })
}
