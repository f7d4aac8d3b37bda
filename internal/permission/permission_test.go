package permission_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/kit/clock"
	"cognate.dev/cognate/internal/kit/secret"
	"cognate.dev/cognate/internal/permission"
	"cognate.dev/cognate/internal/policy/cedar"
	"cognate.dev/cognate/internal/store"
)

// world is a database, of which each node has a room of its own.
type world struct {
	t          *testing.T
	db         *store.Store
	keys       *secret.Keyring
	now        *clock.Fake
	statements atomic.Int64
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, now: clock.NewFake(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))}
	var err error
	w.keys, err = secret.NewKeyring(secret.Key{ID: "a", Secret: [32]byte{1}}, secret.Key{ID: secret.MACKeyID, Secret: [32]byte{2}})
	w.check(err)
	w.db, err = store.Open(t.Context(), "sqlite::memory:", store.Options{Sealer: w.keys, Statement: func(string) { w.statements.Add(1) }})
	w.check(err)
	t.Cleanup(func() { w.check(w.db.Close()) })
	return w
}

func (w *world) check(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// node is a room that hears of no other.
func (w *world) node(c permission.Config) *permission.Permissions {
	return permission.New(permission.Parts{Config: c, Stores: w.db, Rows: w.db, Aliases: w.db, Repeats: w.db, Keys: w.keys, Now: w.now.Now})
}

func (w *world) store(p *permission.Permissions) string {
	w.t.Helper()
	s, err := p.CreateStore(w.t.Context(), "", permission.StoreSpec{Mode: permission.Off})
	w.check(err)
	return s.ID
}

func (w *world) policy(p *permission.Permissions, store, text string) string {
	w.t.Helper()
	made, err := p.CreatePolicy(w.t.Context(), "", store, permission.PolicySpec{Statement: &text})
	w.check(err)
	return made.ID
}

func ask(store string) permission.Ask {
	return permission.Ask{Store: store, Questions: []permission.Question{{
		Principal: new(cedar.NewUID("User", "alice")), Action: new(cedar.NewUID("Action", "read")), Resource: new(cedar.NewUID("Document", "1")),
	}}}
}

func (w *world) allows(p *permission.Permissions, store string) bool {
	w.t.Helper()
	answer, err := p.Decide(w.t.Context(), ask(store))
	w.check(err)
	return answer.Decisions[0].Allowed
}

// TestDecisionsDoNotWaitForTheDatabase counts statements.
func TestDecisionsDoNotWaitForTheDatabase(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.node(permission.Config{})
	id := w.store(p)
	_, err := p.CreateAlias(t.Context(), "eu-west-1", permission.AliasPrefix+"a", id)
	w.check(err)
	w.policy(p, id, `permit(principal, action, resource);`)
	for _, ref := range []string{id, permission.AliasPrefix + "a"} {
		w.allows(p, ref)
		before := w.statements.Load()
		for range 1000 {
			if !w.allows(p, ref) {
				t.Fatal("denied")
			}
		}
		if n := w.statements.Load() - before; n != 0 {
			t.Errorf("%s: a thousand decisions made %d statements", ref, n)
		}
	}
	w.now.Advance(time.Hour)
	before := w.statements.Load()
	w.allows(p, id)
	if n := w.statements.Load() - before; n != 1 {
		t.Errorf("to see that nothing has changed takes %d statements", n)
	}
}

// TestALostWordIsFoundOut changes a policy store by a node whose word does not reach the other.
func TestALostWordIsFoundOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	one, two := w.node(permission.Config{}), w.node(permission.Config{})
	id := w.store(one)
	policy := w.policy(one, id, `permit(principal, action, resource);`)
	if !w.allows(two, id) {
		t.Fatal("denied before")
	}
	w.check(one.DeletePolicy(t.Context(), id, policy))
	if w.allows(one, id) {
		t.Error("the node itself does not know")
	}
	two.Forget(id)
	if w.allows(two, id) {
		t.Error("the other node was told and does not know")
	}
	w.policy(one, id, `permit(principal, action, resource);`)
	w.now.Advance(3 * time.Second)
	if !w.allows(two, id) {
		t.Error("the other node was not told, and never finds out")
	}
}

// TestNobodySeesHalfAChange lets a template, whose two policies must agree, change while decisions are made.
func TestNobodySeesHalfAChange(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.node(permission.Config{})
	id := w.store(p)
	text := func(action string) string {
		return `permit(principal == ?principal, action == Action::"` + action + `", resource == ?resource);`
	}
	template, err := p.CreateTemplate(t.Context(), "", id, permission.TemplateSpec{Statement: text("read")})
	w.check(err)
	var list []permission.Question
	for _, document := range []string{"1", "2"} {
		_, err := p.CreatePolicy(t.Context(), "", id, permission.PolicySpec{Template: template.ID, Principal: new(cedar.NewUID("User", "alice")), Resource: new(cedar.NewUID("Document", document))})
		w.check(err)
		list = append(list, permission.Question{Principal: new(cedar.NewUID("User", "alice")), Action: new(cedar.NewUID("Action", "read")), Resource: new(cedar.NewUID("Document", document))})
	}
	ctx, stop := context.WithCancel(t.Context())
	var askers sync.WaitGroup
	for range 4 {
		askers.Go(func() {
			for ctx.Err() == nil {
				answer, err := p.Decide(t.Context(), permission.Ask{Store: id, Questions: list, Batch: true})
				if err != nil || answer.Decisions[0].Allowed != answer.Decisions[1].Allowed {
					t.Errorf("%v: %+v", err, answer)
					return
				}
			}
		})
	}
	for i := range 40 {
		action := []string{"write", "read"}[i%2]
		_, err := p.UpdateTemplate(t.Context(), id, template.ID, permission.TemplateChange{Statement: text(action)})
		w.check(err)
		if got := w.allows(p, id); got != (action == "read") {
			t.Errorf("after %s: %v", action, got)
		}
	}
	stop()
	askers.Wait()
}

// TestOneOfManyAtOnceTakesIt lets many take a client token, a name, an alias and the place of the identity source.
func TestOneOfManyAtOnceTakesIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := permission.New(permission.Parts{Stores: w.db, Rows: w.db, Aliases: w.db, Repeats: w.db, Keys: w.keys, Now: w.now.Now, Pools: anyPool{}})
	id, other := w.store(p), w.store(p)
	text := `permit(principal, action, resource);`
	for name, c := range map[string]struct {
		take func(i int) error
		left int // how many succeed
	}{
		"client token": {func(int) error {
			_, err := p.CreatePolicy(t.Context(), "token", id, permission.PolicySpec{Statement: &text})
			return err
		}, 8}, // and all get the same policy
		"name": {func(int) error {
			_, err := p.CreatePolicy(t.Context(), "", other, permission.PolicySpec{Statement: &text, Name: "name/x"})
			return err
		}, 1},
		"identity source": {func(int) error {
			_, err := p.CreateSource(t.Context(), "", id, permission.SourceSpec{PrincipalType: "User", Pool: &permission.PoolSource{PoolID: "p"}})
			return err
		}, 1},
		"alias": {func(i int) error {
			_, err := p.CreateAlias(t.Context(), "eu-west-1", permission.AliasPrefix+"x", []string{id, other}[i%2])
			return err
		}, 4},
	} {
		var done atomic.Int64
		var all sync.WaitGroup
		for i := range 8 {
			all.Go(func() {
				err := c.take(i)
				var about *permission.Error
				switch {
				case err == nil:
					done.Add(1)
				case !errors.As(err, &about):
					t.Errorf("%s: %v", name, err)
				}
			})
		}
		all.Wait()
		if int(done.Load()) != c.left {
			t.Errorf("%s: %d took it, want %d", name, done.Load(), c.left)
		}
	}
	list, err := p.ListPolicies(t.Context(), id, permission.PolicyFilter{}, 0, "")
	w.check(err)
	if len(list.Items) != 1 {
		t.Errorf("one client token made %d policies", len(list.Items))
	}
}

type anyPool struct{ permission.Pools }

func (anyPool) Issuer(context.Context, string) (string, error) {
	return "https://issuer.example.com", nil
}

func TestThereAreAsManyAsAreConfigured(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.node(permission.Config{MaxStores: 1, MaxPolicies: 2, MaxTemplates: 1})
	id := w.store(p)
	text := `permit(principal, action, resource);`
	template := `permit(principal == ?principal, action, resource == ?resource);`
	for name, c := range map[string]struct {
		most int
		make func() error
	}{
		"stores": {0, func() error {
			_, err := p.CreateStore(t.Context(), "", permission.StoreSpec{Mode: permission.Off})
			return err
		}},
		"policies": {2, func() error {
			_, err := p.CreatePolicy(t.Context(), "", id, permission.PolicySpec{Statement: &text})
			return err
		}},
		"templates": {1, func() error {
			_, err := p.CreateTemplate(t.Context(), "", id, permission.TemplateSpec{Statement: template})
			return err
		}},
	} {
		for range c.most {
			w.check(c.make())
		}
		if err := c.make(); !fault.Is(err, fault.Limited, "") {
			t.Errorf("%s: one more: %v", name, err)
		}
	}
}
