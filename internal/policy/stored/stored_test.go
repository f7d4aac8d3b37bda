package stored_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	effectv1 "github.com/cerbos/cerbos/api/genpb/cerbos/effect/v1"
	enginev1 "github.com/cerbos/cerbos/api/genpb/cerbos/engine/v1"
	policyv1 "github.com/cerbos/cerbos/api/genpb/cerbos/policy/v1"
	"google.golang.org/protobuf/encoding/protojson"

	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/kit/clock"
	"cognate.dev/cognate/internal/policy"
	"cognate.dev/cognate/internal/policy/cerbos"
	"cognate.dev/cognate/internal/policy/stored"
	"cognate.dev/cognate/internal/store"
	"cognate.dev/cognate/internal/store/storetest"
)

// node is one server over a database.
type node struct {
	*stored.Policies
	set *policy.Set
}

func newNode(t *testing.T, s *store.Store) node {
	t.Helper()
	engine, err := cerbos.New(policy.Config{})
	if err != nil {
		t.Fatal(err)
	}
	kept := stored.New(s, engine, 0, clock.System)
	return node{kept, policy.New(kept, engine, nil, clock.System)}
}

func parse(t *testing.T, text string) *policyv1.Policy {
	t.Helper()
	p := &policyv1.Policy{}
	if err := protojson.Unmarshal([]byte(text), p); err != nil {
		t.Fatal(err)
	}
	return p
}

const (
	doc     = `{"apiVersion":"api.cerbos.dev/v1","resourcePolicy":{"resource":"doc","version":"default","rules":[{"actions":["read"],"effect":"EFFECT_ALLOW","roles":["user"]}]}}`
	scoped  = `{"apiVersion":"api.cerbos.dev/v1","resourcePolicy":{"resource":"doc","version":"default","scope":"acme.hr","rules":[{"actions":["read"],"effect":"EFFECT_ALLOW","roles":["user"]}]}}`
	acme    = `{"apiVersion":"api.cerbos.dev/v1","resourcePolicy":{"resource":"doc","version":"default","scope":"acme","rules":[]}}`
	needy   = `{"apiVersion":"api.cerbos.dev/v1","resourcePolicy":{"resource":"photo","version":"default","importDerivedRoles":["own"],"rules":[{"actions":["read"],"effect":"EFFECT_ALLOW","derivedRoles":["owner"]}]}}`
	own     = `{"apiVersion":"api.cerbos.dev/v1","derivedRoles":{"name":"own","definitions":[{"name":"owner","parentRoles":["user"],"condition":{"match":{"expr":"R.attr.owner == P.id"}}}]}}`
	broken  = `{"apiVersion":"api.cerbos.dev/v1","resourcePolicy":{"resource":"doc","version":"default","rules":[{"actions":["read"],"effect":"EFFECT_ALLOW","roles":["user"],"condition":{"match":{"expr":"1 +"}}}]}}`
	nothing = `{"apiVersion":"api.cerbos.dev/v1","resourcePolicy":{"resource":"doc","version":"default","rules":[{"actions":[],"effect":"EFFECT_ALLOW","roles":["user"]}]}}`
)

func (n node) may(t *testing.T) bool {
	t.Helper()
	out, err := n.set.Check(t.Context(), []*enginev1.CheckInput{{Principal: &enginev1.Principal{Id: "a", Roles: []string{"user"}},
		Resource: &enginev1.Resource{Kind: "doc", Id: "1"}, Actions: []string{"read"}}})
	return err == nil && out[0].GetActions()["read"].GetEffect() == effectv1.Effect_EFFECT_ALLOW
}

func (n node) ids(t *testing.T) (ids []string) {
	t.Helper()
	all, err := n.All(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range all {
		ids = append(ids, stored.ID(p))
	}
	return ids
}

func TestAChangeOnOneNodeDecidesOnAnother(t *testing.T) {
	t.Parallel()
	s := storetest.Memory(t)
	one, other := newNode(t, s), newNode(t, s)
	changes := make(chan struct{}, 10)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		other.Watch(ctx, func() { _ = other.set.Reload(ctx); changes <- struct{}{} })
	}()
	defer func() { stop(); <-done }()
	<-changes
	if other.may(t) {
		t.Fatal("nothing is stored, and it is allowed")
	}
	if err := one.Put(t.Context(), parse(t, doc)); err != nil {
		t.Fatal(err)
	}
	<-changes
	if !other.may(t) {
		t.Error("the other node did not see the new policy")
	}
	if _, err := one.Alter(t.Context(), stored.Disable, "resource.doc.vdefault"); err != nil {
		t.Fatal(err)
	}
	<-changes
	if other.may(t) {
		t.Error("the other node did not see that the policy is disabled")
	}
}

func TestAPolicyThatIsWrongChangesNothing(t *testing.T) {
	t.Parallel()
	n := newNode(t, storetest.Memory(t))
	if err := n.Put(t.Context(), parse(t, doc)); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"expression": broken, "shape": nothing} {
		if err := n.Put(t.Context(), parse(t, own), parse(t, text)); !fault.Is(err, fault.Invalid, "") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if got := n.ids(t); !slices.Equal(got, []string{"resource.doc.vdefault"}) {
		t.Errorf("stored: %v", got)
	}
	for _, bad := range []stored.Schema{{ID: "a.json", Definition: []byte("[]")}, {ID: "../a.json", Definition: []byte("{}")}, {ID: "", Definition: []byte("{}")}} {
		if err := n.PutSchemas(t.Context(), bad); !fault.Is(err, fault.Invalid, "") {
			t.Errorf("schema %q %s: %v", bad.ID, bad.Definition, err)
		}
	}
}

// Clients send a folder's policies in any order.
func TestAPolicyMayComeBeforeWhatItNeeds(t *testing.T) {
	t.Parallel()
	n := newNode(t, storetest.Memory(t))
	put := func(text string) {
		t.Helper()
		if err := n.Put(t.Context(), parse(t, text)); err != nil {
			t.Fatal(err)
		}
	}
	put(doc)
	if err := n.set.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	put(needy)
	if err := n.set.Reload(t.Context()); err == nil || n.set.Status().Err == nil || !n.may(t) {
		t.Errorf("the set of before must decide, and the status say why: %v, allowed %v", err, n.may(t))
	}
	put(own)
	put(scoped)
	put(acme)
	if err := n.set.Reload(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestWhatOthersNeedIsNotRemoved(t *testing.T) {
	t.Parallel()
	n := newNode(t, storetest.Memory(t))
	for _, text := range []string{own, needy, doc, acme, scoped} {
		if err := n.Put(t.Context(), parse(t, text)); err != nil {
			t.Fatal(err)
		}
	}
	for _, change := range []stored.Change{stored.Delete, stored.Disable} {
		_, err := n.Alter(t.Context(), change, "derived_roles.own", "resource.doc.vdefault/acme")
		var needed *stored.Needed
		if !errors.As(err, &needed) || !slices.Equal(needed.By["derived_roles.own"], []string{"resource.photo.vdefault"}) ||
			!slices.Equal(needed.Descendants["resource.doc.vdefault/acme"], []string{"resource.doc.vdefault/acme.hr"}) {
			t.Errorf("%v: %v, %+v", change, err, needed)
		}
	}
	if count, err := n.Alter(t.Context(), stored.Delete, "derived_roles.own", "resource.photo.vdefault", "resource.none.vdefault"); err != nil || count != 2 {
		t.Errorf("together with those that need it: %d, %v", count, err)
	}
}
