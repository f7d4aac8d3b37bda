package enrich_test

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	enginev1 "github.com/cerbos/cerbos/api/genpb/cerbos/engine/v1"
	"google.golang.org/protobuf/proto"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/enrich"
)

// Each change is visible to the next decision, under every id that leads to the user.
func TestAWriteIsSeenByTheNextDecision(t *testing.T) {
	t.Parallel()
	w := newWorld(t, enrich.SourceConfig{TTL: time.Hour, NegativeTTL: time.Hour})
	p := w.pool(t, directory.PoolSpec{AliasAttributes: []string{"email"}})
	u := w.user(t, p, "alice", map[string]string{"email": "alice@example.com", "email_verified": "true"})
	ids := []string{u.ID, "alice", "alice@example.com"}
	each := func(step, outcome string, holds func(*enginev1.Principal) bool) {
		t.Helper()
		for _, id := range ids {
			got, trace := w.ask(t, id)
			if string(trace[0].Outcome) != outcome || !holds(got) {
				t.Errorf("%s: %s: %s, %v", step, id, trace, got)
			}
		}
	}
	has := func(roles ...string) func(*enginev1.Principal) bool {
		return func(p *enginev1.Principal) bool { return slices.Equal(p.Roles, roles) }
	}
	each("at first", "miss", has("user"))
	each("unchanged", "hit", has("user"))
	w.join(t, u, "admin")
	each("joined a group", "miss", has("admin"))
	w.change(t, p, u, func(x *directory.User) { x.Enabled = false })
	each("disabled", "miss", func(p *enginev1.Principal) bool { return account(p)["enabled"] == false })
	if err := w.dir.Groups.Delete(t.Context(), p.ID, "admin"); err != nil {
		t.Fatal(err)
	}
	each("the group is gone", "miss", has("user"))

	if _, trace := w.ask(t, "bob"); trace[0].Found {
		t.Error("bob exists")
	}
	if got := w.roles(t, "bob", "negative"); len(got) != 0 {
		t.Errorf("bob has %q", got)
	}
	w.user(t, p, "bob", nil)
	if got := w.roles(t, "bob", "miss"); !slices.Equal(got, []string{"user"}) {
		t.Errorf("bob was made and has %q", got)
	}
	late := w.pool(t, directory.PoolSpec{})
	w.ask(t, "carol")
	w.user(t, late, "carol", nil)
	if got := w.roles(t, "carol", "miss"); !slices.Equal(got, []string{"user"}) {
		t.Errorf("carol was made in a new pool and has %q", got)
	}

	if err := w.dir.Users.Delete(t.Context(), p.ID, u.ID); err != nil {
		t.Fatal(err)
	}
	each("deleted", "miss", func(p *enginev1.Principal) bool { return account(p) == nil })
	if err := w.dir.Pools.Delete(t.Context(), late.ID); err != nil {
		t.Fatal(err)
	}
	if got, _ := w.ask(t, "carol"); account(got) != nil {
		t.Error("carol outlived her pool")
	}
}

func TestAWriteToOneUserLeavesTheOthersCached(t *testing.T) {
	t.Parallel()
	w := newWorld(t, enrich.SourceConfig{TTL: time.Hour})
	p := w.pool(t, directory.PoolSpec{})
	a, b := w.user(t, p, "alice", nil), w.user(t, p, "bob", nil)
	w.roles(t, a.ID, "miss")
	w.roles(t, b.ID, "miss")
	w.join(t, a, "admin")
	w.roles(t, a.ID, "miss")
	w.roles(t, b.ID, "hit")
}

// Readers hammer while one writer counts an attribute up; no reader that starts after a write was acknowledged
// may see what was before it.
func TestNoDecisionIsOlderThanAnAcknowledgedWrite(t *testing.T) {
	t.Parallel()
	w := newWorld(t, enrich.SourceConfig{TTL: time.Hour, Stale: time.Hour})
	p := w.pool(t, directory.PoolSpec{Schema: []directory.AttributeSpec{{Name: "n", Type: "Number"}}})
	u := w.user(t, p, "alice", map[string]string{"custom:n": "0"})
	var acknowledged atomic.Int64
	done := make(chan struct{})
	var readers sync.WaitGroup
	for i := range 3 {
		readers.Go(func() {
			for id := []string{u.ID, "alice"}[i%2]; ; {
				select {
				case <-done:
					return
				default:
				}
				floor := acknowledged.Load()
				principal := &enginev1.Principal{Id: id}
				if _, err := w.enricher.Enrich(t.Context(), principal, nil); err != nil {
					t.Error(err)
					return
				}
				n := account(principal)["attributes"].(map[string]any)["custom:n"].(float64)
				if int64(n) < floor {
					t.Errorf("%s: saw %v after %d was acknowledged", id, n, floor)
					return
				}
			}
		})
	}
	for n := range int64(150) {
		w.change(t, p, u, func(x *directory.User) { x.Attributes["custom:n"] = fmt.Sprint(n) })
		acknowledged.Store(n)
	}
	close(done)
	readers.Wait()
	w.enricher.Wait()
}

// Subjects are shared by decisions: none may write into them.
func TestTwoDecisionsDoNotDisturbEachOther(t *testing.T) {
	t.Parallel()
	w := newWorld(t, enrich.SourceConfig{TTL: time.Hour})
	p := w.pool(t, directory.PoolSpec{})
	w.user(t, p, "alice", nil, "a", "b")
	one, _ := w.ask(t, "alice")
	two, _ := w.ask(t, "alice")
	want := proto.Clone(two)
	one.Roles[0] = "changed"
	one.Roles = append(one.Roles, "more")
	one.Attr["other"] = one.Attr["cognito"]
	if !proto.Equal(two, want) {
		t.Errorf("the second decision changed to %v", two)
	}
}
