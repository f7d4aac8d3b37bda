package pdp_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	enginev1 "github.com/cerbos/cerbos/api/genpb/cerbos/engine/v1"

	"cognate.dev/cognate/internal/enrich"
	"cognate.dev/cognate/internal/front/pdp"
	"cognate.dev/cognate/internal/kit/clock"
	"cognate.dev/cognate/internal/kit/cursor"
	"cognate.dev/cognate/internal/kit/secret"
	"cognate.dev/cognate/internal/policy"
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

// batches counts how often the policies are asked, and about how much.
type batches struct {
	policy.Decider
	asked []int
}

func (b *batches) Check(ctx context.Context, inputs []*enginev1.CheckInput) ([]*enginev1.CheckOutput, error) {
	b.asked = append(b.asked, len(inputs))
	return b.Decider.Check(ctx, inputs)
}

func (b *batches) Actions(kind string) []string { return b.Decider.(policy.Lister).Actions(kind) }

// Each search gives its results page by page, none twice and none missing, however small the pages are; it asks the policies
// about a page of the directory at once, and not about each user.
func TestSearchesGoPageByPage(t *testing.T) {
	t.Parallel()
	resources := `"context":{"cognate.resources":[{"id":"1"},{"id":"2"},{"id":"3"}]}`
	for path, c := range map[string]struct {
		body string
		all  string
	}{
		"subject":  {`"subject":{"type":"user"},"action":{"name":"read"},"resource":{"type":"record","id":"1"}`, "bob alice"},
		"action":   {`"subject":{"type":"user","id":"alice"},"resource":{"type":"record","id":"record-1"}`, "read write"},
		"resource": {`"subject":{"type":"user","id":"alice"},"action":{"name":"read"},"resource":{"type":"record"},` + resources, "1 2 3"},
	} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			count := &batches{Decider: compiled(t, records)}
			s := newScene(t, pdp.Config{}, func(p *pdp.Parts) { p.Decider = count })
			var got []string
			page := `{"limit":1}`
			for pages := 1; ; pages++ {
				w := s.json("/access/v1/search/"+path, `{`+c.body+`,"page":`+page+`}`)
				var answer struct {
					Page struct {
						Next  string `json:"next_token"`
						Count int
					}
					Results []map[string]string
				}
				if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil || w.Code != http.StatusOK || len(answer.Results) > 1 || answer.Page.Count != len(answer.Results) {
					t.Fatalf("page %d: %d %s", pages, w.Code, w.Body)
				}
				for _, r := range answer.Results {
					got = append(got, r["id"]+r["name"])
				}
				if answer.Page.Next == "" {
					break
				}
				page = `{"token":"` + answer.Page.Next + `"}`
				if other := s.json("/access/v1/search/"+path, strings.Replace(`{`+c.body+`,"page":`+page+`}`, "record", "other", 1)); other.Code != http.StatusBadRequest {
					t.Errorf("a token of another search: %d %s", other.Code, other.Body)
				}
				if pages > 10 {
					t.Fatal("no end")
				}
			}
			if strings.Join(got, " ") != c.all {
				t.Errorf("found %q, want %q", got, c.all)
			}
			if path == "subject" && len(count.asked) > 3 {
				t.Errorf("the policies were asked %d times, about %v", len(count.asked), count.asked)
			}
		})
	}
}
