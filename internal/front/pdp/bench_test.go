package pdp_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	enginev1 "github.com/cerbos/cerbos/api/genpb/cerbos/engine/v1"
	"google.golang.org/protobuf/types/known/structpb"

	"cognate.dev/cognate/internal/enrich"
	"cognate.dev/cognate/internal/front/pdp"
)

// The three are one measurement: what the wire and the enrichment cost on top of the engine. Run them together:
// go test -run - -bench . ./internal/front/pdp

func BenchmarkEngineAlone(b *testing.B) {
	d := contacts(b)
	account, err := structpb.NewValue(map[string]any{"enabled": true})
	if err != nil {
		b.Fatal(err)
	}
	in := []*enginev1.CheckInput{{
		Principal: &enginev1.Principal{Id: "alice", Roles: []string{"user"}, Attr: map[string]*structpb.Value{"cognito": account}},
		Resource:  &enginev1.Resource{Kind: "contact", Id: "1", Attr: map[string]*structpb.Value{"owner": structpb.NewStringValue("alice")}},
		Actions:   []string{"read", "delete"},
	}}
	ctx := context.Background()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := d.Check(ctx, in); err != nil {
			b.Fatal(err)
		}
	}
}

// One request of an application that sends an id, with the person cached; without a socket.
func BenchmarkCheckHTTP(b *testing.B) {
	s := newServer(b, pdp.Config{}, enrich.SourceConfig{}, contacts(b))
	body := idOnly("alice", "alice", "read", "delete")
	b.ReportAllocs()
	for b.Loop() {
		w := &discard{header: http.Header{}}
		s.ServeHTTP(w, httptest.NewRequest("POST", "/api/check/resources", strings.NewReader(body)))
		if w.status != http.StatusOK {
			b.Fatal(w.status)
		}
	}
}

// The same over a loopback connection that is kept alive.
func BenchmarkCheckOverLoopback(b *testing.B) {
	s := newServer(b, pdp.Config{}, enrich.SourceConfig{}, contacts(b))
	srv := httptest.NewServer(s)
	defer srv.Close()
	client := srv.Client()
	body := idOnly("alice", "alice", "read", "delete")
	for b.Loop() {
		res, err := client.Post(srv.URL+"/api/check/resources", "application/json", strings.NewReader(body))
		if err != nil {
			b.Fatal(err)
		}
		res.Body.Close()
	}
}

// discard is a response writer that keeps the status.
type discard struct {
	header http.Header
	status int
}

func (d *discard) Header() http.Header         { return d.header }
func (d *discard) Write(p []byte) (int, error) { return len(p), nil }
func (d *discard) WriteHeader(status int)      { d.status = status }
