package storetest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"cognate.dev/cognate/internal/permission"
	"cognate.dev/cognate/internal/store"
)

func policyStore(id string) *permission.PolicyStore {
	return &permission.PolicyStore{
		ID: id, Region: "eu-west-1", Description: "shop", Mode: permission.Strict, Protected: true, Tags: map[string]string{"a": "b"},
		Key: &permission.Key{ID: "k", Context: map[string]string{"c": "d"}}, CreatedAt: now, ModifiedAt: later(1),
	}
}

// within is a change of what is in the policy store a.
func within(t testing.TB, s *store.Store, fn func(context.Context) error) {
	t.Helper()
	must(t, s.InTx(ctx(), func(ctx context.Context) error {
		_, err := s.ChangePolicyStore(ctx, "a", func(*permission.PolicyStore) error { return fn(ctx) })
		return err
	}))
}

func policyStores(t *testing.T, open Open) {
	t.Run("EveryFieldComesBack", func(t *testing.T) {
		t.Parallel()
		s := open(t)
		want := policyStore("a")
		must(t, s.InsertPolicyStore(ctx(), want))
		got, err := s.PolicyStore(ctx(), "a")
		must(t, err)
		same(t, "policy store", got, want)
		got, err = s.ChangePolicyStore(ctx(), "a", func(p *permission.PolicyStore) error {
			p.Description, p.Mode, p.Protected, p.Tags, p.Key, p.ModifiedAt = "", permission.Off, false, nil, nil, later(2)
			return nil
		})
		must(t, err)
		want = &permission.PolicyStore{ID: "a", Region: "eu-west-1", Mode: permission.Off, Revision: 1, CreatedAt: now, ModifiedAt: later(2)}
		same(t, "changed", got, want)
		got, err = s.PolicyStore(ctx(), "a")
		must(t, err)
		same(t, "read again", got, want)
		none, err := s.PolicyStore(ctx(), "A")
		must(t, err)
		same(t, "another", none, nil)
		none, err = s.ChangePolicyStore(ctx(), "A", func(*permission.PolicyStore) error { return errors.New("called") })
		must(t, err)
		same(t, "another changed", none, nil)
	})
	t.Run("ARefusedChangeChangesNothing", func(t *testing.T) {
		t.Parallel()
		s := open(t)
		must(t, s.InsertPolicyStore(ctx(), policyStore("a")))
		refused := errors.New("refused")
		_, err := s.ChangePolicyStore(ctx(), "a", func(p *permission.PolicyStore) error {
			p.Description = "other"
			return refused
		})
		if !errors.Is(err, refused) {
			t.Error(err)
		}
		got, err := s.PolicyStore(ctx(), "a")
		must(t, err)
		same(t, "policy store", got, policyStore("a"))
	})
	t.Run("EachChangeHasItsRevision", func(t *testing.T) {
		t.Parallel()
		s := open(t)
		must(t, s.InsertPolicyStore(ctx(), policyStore("a")))
		together(t, 8, func(int) error {
			_, err := s.ChangePolicyStore(ctx(), "a", func(*permission.PolicyStore) error { return nil })
			return err
		})
		got, err := s.PolicyStore(ctx(), "a")
		must(t, err)
		same(t, "revision", got.Revision, 8)
	})
	t.Run("TheyAreListedByAge", func(t *testing.T) {
		t.Parallel()
		s := open(t)
		for i, id := range []string{"c", "a", "b"} {
			p := policyStore(id)
			p.CreatedAt = later(i / 2)
			must(t, s.InsertPolicyStore(ctx(), p))
		}
		var got []string
		for after := (permission.Place{}); ; {
			list, err := s.PolicyStores(ctx(), after, 2)
			must(t, err)
			for _, p := range list {
				got = append(got, p.ID)
				after = permission.Place{CreatedAt: p.CreatedAt.UnixMilli(), ID: p.ID}
			}
			if len(list) < 2 {
				break
			}
		}
		same(t, "ids", got, []string{"a", "c", "b"})
		n, err := s.CountPolicyStores(ctx())
		must(t, err)
		same(t, "count", n, 3)
	})
	t.Run("ASchemaIsWrittenReplacedAndRemoved", func(t *testing.T) {
		t.Parallel()
		s := open(t)
		must(t, s.InsertPolicyStore(ctx(), policyStore("a")))
		want := &permission.Schema{StoreID: "a", Text: "{}", Namespaces: []string{"X"}, CreatedAt: now, ModifiedAt: now}
		within(t, s, func(ctx context.Context) error { return s.PutPolicyStoreSchema(ctx, want) })
		want.Text, want.Namespaces, want.ModifiedAt = `{"Y":{}}`, []string{"Y", "Z"}, later(3)
		within(t, s, func(ctx context.Context) error { return s.PutPolicyStoreSchema(ctx, want) })
		got, err := s.PolicyStoreSchema(ctx(), "a")
		must(t, err)
		same(t, "schema", got, want)
		within(t, s, func(ctx context.Context) error { return s.PutPolicyStoreSchema(ctx, &permission.Schema{StoreID: "a"}) })
		got, err = s.PolicyStoreSchema(ctx(), "a")
		must(t, err)
		same(t, "removed", got, nil)
	})
	t.Run("EverythingGoesWithItsStore", func(t *testing.T) {
		t.Parallel()
		s := open(t)
		fill := func() {
			must(t, s.InsertPolicyStore(ctx(), policyStore("a")))
			within(t, s, func(ctx context.Context) error {
				return errors.Join(
					s.PutPolicyStoreSchema(ctx, &permission.Schema{StoreID: "a", Text: "{}", CreatedAt: now, ModifiedAt: now}),
					s.PutPermissionRow(ctx, permissionRow("p", "name/x")),
					s.PutPolicyStoreAlias(ctx, &permission.Alias{Name: "policy-store-alias/a", StoreID: "a", CreatedAt: now}))
			})
		}
		for what, remove := range map[string]func() error{
			"delete": func() error { return s.DeletePolicyStore(ctx(), "a") }, "reset": func() error { return s.Reset(ctx()) },
		} {
			fill()
			must(t, remove())
			p, err := s.PolicyStore(ctx(), "a")
			must(t, err)
			schema, err := s.PolicyStoreSchema(ctx(), "a")
			must(t, err)
			row, err := s.PermissionRow(ctx(), "a", permission.PolicyRow, "p")
			must(t, err)
			alias, err := s.PolicyStoreAlias(ctx(), "policy-store-alias/a")
			must(t, err)
			if p != nil || schema != nil || row != nil || alias != nil {
				t.Errorf("%s: left are %v %v %v %v", what, p, schema, row, alias)
			}
		}
	})
	t.Run("AClientTokenIsTakenOnce", func(t *testing.T) {
		t.Parallel()
		s := open(t)
		first := permission.Repeat{Token: "t", Digest: "d", Answer: "a", At: now}
		before, err := s.KeepRepeat(ctx(), first, now.Add(-time.Hour))
		must(t, err)
		same(t, "first", before, nil)
		before, err = s.KeepRepeat(ctx(), permission.Repeat{Token: "t", Digest: "e", At: later(9)}, now.Add(-time.Hour))
		must(t, err)
		same(t, "again", before, &first)
		before, err = s.KeepRepeat(ctx(), permission.Repeat{Token: "t", Digest: "e", At: later(9)}, later(5))
		must(t, err)
		same(t, "when it is forgotten", before, nil)
		must(t, s.Sweep(ctx(), now.Add(2*permission.RepeatMemory)))
		before, err = s.KeepRepeat(ctx(), first, time.Time{})
		must(t, err)
		same(t, "when it is swept out", before, nil)
	})
}

func permissionRow(id, name string) *permission.Row {
	return &permission.Row{
		StoreID: "a", Kind: permission.PolicyRow, ID: id, Name: name, Principal: `User::"é"`, Doc: `{"x":1}`, CreatedAt: now, ModifiedAt: later(1),
	}
}

func permissionRows(t *testing.T, open Open) {
	t.Run("EveryFieldComesBack", func(t *testing.T) {
		t.Parallel()
		s := open(t)
		must(t, s.InsertPolicyStore(ctx(), policyStore("a")))
		want := permissionRow("p", "name/x")
		want.Template, want.Resource = "t", "r"
		within(t, s, func(ctx context.Context) error { return s.PutPermissionRow(ctx, permissionRow("p", "")) })
		within(t, s, func(ctx context.Context) error { return s.PutPermissionRow(ctx, want) })
		got, err := s.PermissionRow(ctx(), "a", permission.PolicyRow, "p")
		must(t, err)
		same(t, "row", got, want)
		got, err = s.PermissionRowNamed(ctx(), "a", permission.PolicyRow, "name/x")
		must(t, err)
		same(t, "by name", got, want)
		for what, q := range map[string][3]string{"kind": {"a", "template", "p"}, "store": {"b", "policy", "p"}, "id": {"a", "policy", "P"}} {
			got, err = s.PermissionRow(ctx(), q[0], permission.RowKind(q[1]), q[2])
			must(t, err)
			same(t, "another "+what, got, nil)
		}
	})
	t.Run("ANameIsTakenOnce", func(t *testing.T) {
		t.Parallel()
		s := open(t)
		must(t, s.InsertPolicyStore(ctx(), policyStore("a")))
		must(t, s.PutPermissionRow(ctx(), permissionRow("p", "name/x")))
		must(t, s.PutPermissionRow(ctx(), permissionRow("q", "")))
		must(t, s.PutPermissionRow(ctx(), permissionRow("r", "")))
		if s.PutPermissionRow(ctx(), permissionRow("q", "name/x")) == nil {
			t.Error("two rows have one name")
		}
	})
	t.Run("ListsAreNarrowedAndGoOn", func(t *testing.T) {
		t.Parallel()
		s := open(t)
		must(t, s.InsertPolicyStore(ctx(), policyStore("a")))
		for i := range 6 {
			r := permissionRow(fmt.Sprint(i), "")
			r.CreatedAt = later(i / 2)
			if i%2 == 1 {
				r.Template = "t"
			}
			if i%3 == 1 {
				r.Principal, r.Resource = "", "r"
			}
			must(t, s.PutPermissionRow(ctx(), r))
		}
		ids := func(q permission.RowQuery) (out []string) {
			t.Helper()
			q.StoreID, q.Kind = "a", permission.PolicyRow
			list, err := s.PermissionRows(ctx(), q)
			must(t, err)
			for _, r := range list {
				out = append(out, r.ID)
			}
			return out
		}
		same(t, "all", ids(permission.RowQuery{}), []string{"0", "1", "2", "3", "4", "5"})
		same(t, "linked", ids(permission.RowQuery{Linked: new(true)}), []string{"1", "3", "5"})
		same(t, "static", ids(permission.RowQuery{Linked: new(false)}), []string{"0", "2", "4"})
		same(t, "of a template", ids(permission.RowQuery{Template: new("t"), Limit: 2}), []string{"1", "3"})
		same(t, "of no principal", ids(permission.RowQuery{Principal: new("")}), []string{"1", "4"})
		same(t, "of a principal and no resource", ids(permission.RowQuery{Principal: new(`User::"é"`), Resource: new("")}), []string{"0", "2", "3", "5"})
		same(t, "after", ids(permission.RowQuery{After: permission.Place{CreatedAt: later(1).UnixMilli(), ID: "2"}, Linked: new(true)}), []string{"3", "5"})
		must(t, s.DeletePermissionRows(ctx(), "a", permission.PolicyRow, "", "t"))
		must(t, s.DeletePermissionRows(ctx(), "a", permission.PolicyRow, "4", ""))
		must(t, s.DeletePermissionRows(ctx(), "a", permission.TemplateRow, "2", ""))
		same(t, "left", ids(permission.RowQuery{}), []string{"0", "2"})
		n, err := s.CountPermissionRows(ctx(), "a", permission.PolicyRow)
		must(t, err)
		same(t, "count", n, 2)
	})
	t.Run("AliasesKeepTheirNamesForAWhile", func(t *testing.T) {
		t.Parallel()
		s := open(t)
		must(t, s.InsertPolicyStore(ctx(), policyStore("a")))
		must(t, s.InsertPolicyStore(ctx(), policyStore("b")))
		a := &permission.Alias{Name: "policy-store-alias/a", StoreID: "a", Region: "eu-west-1", CreatedAt: now}
		b := &permission.Alias{Name: "policy-store-alias/b", StoreID: "b", Region: "eu-west-1", CreatedAt: now}
		must(t, s.PutPolicyStoreAlias(ctx(), b))
		must(t, s.PutPolicyStoreAlias(ctx(), a))
		list, err := s.PolicyStoreAliases(ctx(), "", permission.Place{}, 9)
		must(t, err)
		same(t, "all", list, []*permission.Alias{a, b})
		list, err = s.PolicyStoreAliases(ctx(), "b", permission.Place{}, 9)
		must(t, err)
		same(t, "of one", list, []*permission.Alias{b})
		a.DeletedAt = now
		must(t, s.PutPolicyStoreAlias(ctx(), a))
		n, err := s.CountPolicyStoreAliases(ctx(), "a")
		must(t, err)
		same(t, "in use", n, 0)
		must(t, s.Sweep(ctx(), now.Add(permission.AliasRest-time.Hour)))
		got, err := s.PolicyStoreAlias(ctx(), a.Name)
		must(t, err)
		same(t, "before its time", got, a)
		must(t, s.Sweep(ctx(), now.Add(permission.AliasRest+time.Hour)))
		got, err = s.PolicyStoreAlias(ctx(), a.Name)
		must(t, err)
		same(t, "after it", got, nil)
		must(t, s.DeletePolicyStoreAlias(ctx(), b.Name))
		got, err = s.PolicyStoreAlias(ctx(), b.Name)
		must(t, err)
		same(t, "deleted", got, nil)
	})
}
