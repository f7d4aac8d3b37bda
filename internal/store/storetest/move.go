package storetest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"cognate.dev/cognate/internal/factor"
	"cognate.dev/cognate/internal/key"
	"cognate.dev/cognate/internal/store"
)

// Moves moves an installation from one kind of database to another: everything arrives, a second run changes nothing, and
// a target that holds something else is refused. It leaves from and to as they are then.
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
	first, rows := moved()
	if rows < users+5 || !strings.Contains(first, fmt.Sprintf("users %d false", users)) {
		t.Errorf("the first run moved\n%s", first)
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

	insert(t, to, users) // somebody has begun to use the target
	if err := store.Move(ctx(), from, to, func(store.Moved) {}); err == nil || !strings.Contains(err.Error(), "must be new") {
		t.Errorf("into a database in use: %v", err)
	}
}
