package cerbos_test

import (
	"slices"
	"testing"
	"testing/fstest"

	"cognate.dev/cognate/internal/policy"
	"cognate.dev/cognate/internal/policy/cerbos"
)

func TestTheActionsThatPoliciesNameAreListed(t *testing.T) {
	t.Parallel()
	c, err := cerbos.New(policy.Config{})
	if err != nil {
		t.Fatal(err)
	}
	d, err := c.Compile(t.Context(), fstest.MapFS{
		"doc.yaml": {Data: []byte(`{"apiVersion":"api.cerbos.dev/v1","resourcePolicy":{"resource":"doc:legal","version":"default","rules":[
			{"actions":["read","edit","view:*"],"effect":"EFFECT_ALLOW","roles":["user"]},{"actions":["read"],"effect":"EFFECT_DENY","roles":["banned"]}]}}`)},
		"role.yaml": {Data: []byte(`{"apiVersion":"api.cerbos.dev/v1","rolePolicy":{"role":"clerk","rules":[{"resource":"*","allowActions":["stamp"]}]}}`)},
	})
	if err != nil {
		t.Fatal(err)
	}
	l := d.(policy.Lister)
	if got := l.Actions("doc:legal"); !slices.Equal(got, []string{"edit", "read", "stamp"}) {
		t.Errorf("of a kind: %v", got)
	}
	if got := l.Actions("unheard-of"); !slices.Equal(got, []string{"stamp"}) {
		t.Errorf("of an unknown kind: %v", got)
	}
}
