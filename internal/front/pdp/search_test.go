package pdp_test

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"cognate.dev/cognate/internal/enrich"
	"cognate.dev/cognate/internal/front/pdp"
	"cognate.dev/cognate/internal/kit/clock"
	"cognate.dev/cognate/internal/kit/cursor"
	"cognate.dev/cognate/internal/kit/secret"
)

// together answers nobody until eight ask at the same time.
type together struct {
	scene
	mu      sync.Mutex
	waiting int
	enough  chan struct{}
}

func (g *together) Fetch(ctx context.Context, q enrich.Query) (enrich.Answer, error) {
	g.mu.Lock()
	if g.waiting++; g.waiting == 8 {
		close(g.enough)
	}
	g.mu.Unlock()
	select {
	case <-g.enough:
		return g.scene.Fetch(ctx, q)
	case <-ctx.Done():
		return enrich.Answer{}, ctx.Err()
	}
}

// A search that looked its users up one after the other would wait for the database once for each.
func TestASubjectSearchLooksUpSeveralAtOnce(t *testing.T) {
	t.Parallel()
	source := &together{enough: make(chan struct{})}
	e, err := enrich.New(enrich.Config{Sources: []enrich.SourceConfig{{DefaultRole: "-", Timeout: 20 * time.Second}}},
		func(enrich.SourceConfig) (enrich.Source, error) { return source, nil }, nil, clock.System)
	if err != nil {
		t.Fatal(err)
	}
	keys, err := secret.NewKeyring(secret.Key{ID: "a", Secret: [32]byte{1}})
	if err != nil {
		t.Fatal(err)
	}
	s := &server{Server: pdp.New(pdp.Config{}, pdp.Parts{Decider: compiled(t, records), Enricher: e, People: scene{}, Cursors: cursor.New(keys, clock.System)})}
	w := s.json("/access/v1/search/subject", `{"subject":{"type":"user"},"action":{"name":"read"},"resource":{"type":"record","id":"1"}}`)
	if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), `"alice"`) || !strings.Contains(w.Body.String(), `"bob"`) || strings.Contains(w.Body.String(), "extra") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}
