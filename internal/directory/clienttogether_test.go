package directory_test

import (
	"context"
	"errors"
	"testing"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
)

var errEnough = errors.New("enough")

// TestClientsChangeWithTheirTransaction makes a pool with a client, changes another and deletes a third in a transaction that is undone. If it fails,
// some of it stays, is remembered, or cannot be seen by what comes later in the transaction.
func TestClientsChangeWithTheirTransaction(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.pool(directory.PoolSpec{})
	kept, gone := w.client(p, directory.ClientSettings{}), w.client(p, directory.ClientSettings{})
	made := ""
	err := w.store.InTx(t.Context(), func(ctx context.Context) error {
		pool, err := w.Pools.Create(ctx, directory.PoolSpec{Region: "eu-west-1", Settings: directory.Settings{Name: "new"}})
		ok(t, err)
		ok(t, w.Clients.Together(ctx, pool.ID, func(ctx context.Context) error {
			c, err := w.Clients.Create(ctx, directory.ClientSpec{PoolID: pool.ID, ClientSettings: directory.ClientSettings{Name: "app"}})
			ok(t, err)
			made = c.ID
			_, err = w.Clients.Change(ctx, pool.ID, c.ID, func(c *directory.Client) error { c.Name, c.OpenID.Pushed = "changed", true; return nil })
			return err
		}))
		c, err := w.Clients.Stored(ctx, pool.ID, made)
		ok(t, err)
		if c.Name != "changed" || !c.OpenID.Pushed {
			t.Errorf("in the transaction the client is %+v", c)
		}
		_, err = w.Clients.Stored(ctx, p.ID, made)
		refused(t, err, fault.Missing, "", "")
		_, err = w.Clients.Change(ctx, p.ID, kept.ID, func(c *directory.Client) error { c.Name = "half"; return nil })
		ok(t, err)
		ok(t, w.Clients.Delete(ctx, p.ID, gone.ID))
		return errEnough
	})
	if !errors.Is(err, errEnough) {
		t.Fatal(err)
	}
	for _, dir := range []*directory.Directory{w.Directory, w.node()} {
		_, err = dir.Clients.Find(t.Context(), made)
		refused(t, err, fault.Missing, "", "")
		c, err := dir.Clients.Get(t.Context(), p.ID, kept.ID)
		ok(t, err)
		if c.Name != "app" {
			t.Errorf("the client is called %s", c.Name)
		}
		_, err = dir.Clients.Get(t.Context(), p.ID, gone.ID)
		ok(t, err)
	}
}
