package directory_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cognate.dev/cognate/internal/directory"
)

// TestScopesVanishWithTheirResourceServer fails when tokens are given a scope that was taken away: at once where it was taken away,
// after a second on a node that has not heard of it.
func TestScopesVanishWithTheirResourceServer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool, other := w.pool(directory.PoolSpec{}), w.node()
	live := func(where string, d *directory.Directory, want ...string) {
		t.Helper()
		got, err := d.Resources.Live(t.Context(), pool.ID, []string{"openid", "https://api/read", "https://api/write", "none/read", "odd"})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", where, diff)
		}
	}
	live("before there is any", w.Directory, "openid")
	_, err := w.Resources.Create(t.Context(), directory.ResourceServer{
		PoolID: pool.ID, Identifier: "https://api", Name: "api", Scopes: []directory.Scope{{Name: "read"}, {Name: "write"}},
	})
	noError(t, err)
	live("a new one", w.Directory, "openid", "https://api/read", "https://api/write")
	live("a new one elsewhere", other, "openid", "https://api/read", "https://api/write")
	_, err = w.Resources.Update(t.Context(), pool.ID, "https://api", "api", []directory.Scope{{Name: "write"}})
	noError(t, err)
	live("without a scope", w.Directory, "openid", "https://api/write")
	w.now.Advance(2 * time.Second)
	live("without a scope, elsewhere after a while", other, "openid", "https://api/write")
	noError(t, w.Resources.Delete(t.Context(), pool.ID, "https://api"))
	live("deleted", w.Directory, "openid")
	other.Resources.Forget()
	live("deleted, elsewhere where it was heard", other, "openid")
}

func noError(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
