package main

import (
	"context"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/store"
	"cognate.dev/cognate/test/started"
)

// idle is a server that does nothing.
func idle(t *testing.T) *server {
	t.Helper()
	p, err := started.StartUntil(exec.Command("sleep", "3600"), func() bool { return true }, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Kill)
	return &server{Program: p}
}

// TestLimitsDoTheirWork fails when a limit cannot run, or is an error that would look like speed.
func TestLimitsDoTheirWork(t *testing.T) {
	t.Parallel()
	work, err := newRSAWork()
	if err != nil {
		t.Fatal(err)
	}
	arithmetic, err := srpLimit()
	if err != nil {
		t.Fatal(err)
	}
	disk, file, err := syncLimit(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	b := &bench{policies: "../../examples/policies"}
	engine, err := engineLimit(b, &world{pool: "us-east-1_Example01", users: people("us-east-1_Example01", 10*actors)}, 2, []string{"delete"})
	if err != nil {
		t.Fatal(err)
	}
	for name, do := range map[string]func(int) error{
		"argon2": argon2Limit().do, "verify": func(int) error { return work.verify() }, "sign": func(int) error { return work.sign(2) },
		"srp": arithmetic.do, "disk": disk.do, "engine": engine.do,
	} {
		if err := do(0); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	work.message[0]++
	if work.verify() == nil {
		t.Error("a wrong signature passes: the limit does not verify")
	}
}

// TestTheReadLimitReadsTheServersRows fails when the limit's store holds other users than the world.
func TestTheReadLimitReadsTheServersRows(t *testing.T) {
	t.Parallel()
	w := &world{pool: "us-east-1_Example01", users: people("us-east-1_Example01", 3)}
	limit, db, err := readLimit(t.TempDir(), w, 3)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for range 3 {
		if err := limit.do(0); err != nil {
			t.Error(err)
		}
	}
	for _, want := range w.users {
		got, err := db.User(context.Background(), w.pool, want.ID)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, *got); diff != "" {
			t.Error(diff)
		}
	}
}

// TestAWorldCanBePopulated fails when the rows of a world do not fit the store.
func TestAWorldCanBePopulated(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	db, err := store.Open(ctx, "sqlite:"+filepath.Join(t.TempDir(), "world.db"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	w := &world{pool: "us-east-1_Example01", users: people("us-east-1_Example01", 20), hash: "hash"}
	if err := w.furnishStore(ctx, db); err != nil {
		t.Fatal(err)
	}
	if err := w.populate(ctx, db); err != nil {
		t.Fatal(err)
	}
	n, err := db.CountUsers(ctx, w.pool)
	if err != nil || n != 20 {
		t.Errorf("%d users, %v", n, err)
	}
	c, err := db.Credential(ctx, w.pool, w.users[7].ID)
	if err != nil || c.Hash != w.hash {
		t.Errorf("credential %v, %v", c, err)
	}
	groups, err := db.GroupsOf(ctx, w.pool, w.member(1))
	if err != nil || len(groups) != 1 {
		t.Errorf("groups of a member: %v, %v", groups, err)
	}
}

// furnishStore makes what the server itself makes in a real run.
func (w *world) furnishStore(ctx context.Context, db *store.Store) error {
	if err := db.InsertPool(ctx, emptyPool(w.pool)); err != nil {
		return err
	}
	return db.InsertGroup(ctx, &directory.Group{PoolID: w.pool, Name: "user"})
}
