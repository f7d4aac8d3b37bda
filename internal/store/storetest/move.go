package storetest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/factor"
	"cognate.dev/cognate/internal/key"
	"cognate.dev/cognate/internal/masterkey"
	"cognate.dev/cognate/internal/store"
)

// Moves moves an installation from one kind of database to another: one that is cut short goes on, everything arrives, a further
// run changes nothing, and a target that holds something else, or a database that somebody uses, is refused. It leaves from and to as
// they are then.
func Moves(t *testing.T, from, to *store.Store) {
	t.Helper()
	const users = 1203 // more than one batch, and not a multiple of one
	must(t, from.InsertPool(ctx(), pool(poolID)))
	must(t, from.InsertGroup(ctx(), group("Admin é 👩‍🚀")))
	for i := range users {
		insert(t, from, i)
	}
	must(t, from.InsertSession(ctx(), session(1, sub(1))))
	put(t, from, signingKey("one", key.ForID, now), "", time.Time{}, true)
	must(t, from.InsertPasskey(ctx(), poolID, sub(2), factor.Passkey{ID: "passkey", PublicKey: []byte{0, 1, 255}, CreatedAt: now}, 5))

	moved := func() (list string, rows int64) {
		t.Helper()
		must(t, store.Move(ctx(), from, to, func(m store.Moved) {
			rows += m.Rows
			if m.Rows > 0 {
				list += fmt.Sprintf("%s %d %v\n", m.Table, m.Rows, m.Before)
			}
		}))
		return list, rows
	}
	cut, stop := context.WithCancel(ctx())
	defer stop()
	err := store.Move(cut, from, to, func(m store.Moved) {
		if m.Table == "users" {
			stop()
		}
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("a run that was cut short: %v", err)
	}
	first, rows := moved()
	if rows < users+5 || !strings.Contains(first, fmt.Sprintf("users %d true", users)) || !strings.Contains(first, " false") {
		t.Errorf("the run that went on moved\n%s", first)
	}
	if again, n := moved(); n != rows || strings.Contains(again, "false") {
		t.Errorf("the second run moved again\n%s", again)
	}
	want, err := from.User(ctx(), poolID, sub(7))
	must(t, err)
	got, err := to.User(ctx(), poolID, sub(7))
	must(t, err)
	same(t, "user", got, want)
	s, err := to.Session(ctx(), "session-1")
	must(t, err)
	same(t, "session", s, session(1, sub(1)))
	published(t, to, now, signingKey("one", key.ForID, now))

	refusedMove(t, "a source that changes meanwhile", "in the source meanwhile", store.Move(ctx(), from, to, func(m store.Moved) {
		if m.Table == "users" {
			_, err := from.UpdateUser(ctx(), poolID, sub(7), func(u *directory.User) (directory.Keys, error) {
				u.Attributes["name"] = "changed"
				return named(u), nil
			})
			must(t, err)
		}
	}))
	refusedMove(t, "as many other users", "must be new", store.Move(ctx(), from, to, func(store.Moved) {}))
	for which, s := range map[string]*store.Store{"source": from, "target": to} {
		lives := masterkey.Holder{Node: "n", Host: "id-1", Keys: []string{"k"}}
		_, err := s.AgreeOnKey(ctx(), lives, func(masterkey.State) (string, error) { return "", nil })
		must(t, err)
		refusedMove(t, "a server that runs", "id-1 uses the "+which, store.Move(ctx(), from, to, func(store.Moved) {}))
		must(t, s.LeaveKeys(ctx(), "n"))
	}
}

func refusedMove(t *testing.T, what, why string, err error) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), why) {
		t.Errorf("%s: %v, want that it says %q", what, err, why)
	}
}
