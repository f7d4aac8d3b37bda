package audit_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cognate.dev/cognate/internal/audit"
)

// TestTamperingIsFound plays who can write the database and does not have the master key.
func TestTamperingIsFound(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		tamper func(*world, string)
		want   string
	}{
		"nothing": {func(*world, string) {}, ""},
		"a changed record": {func(w *world, chain string) {
			w.tamper("UPDATE audit_records SET doc = replace(doc, 'user1', 'user9') WHERE seq = 3")
		}, "/3: its content was changed"},
		"a record with a hash made anew": {func(w *world, chain string) {
			other := w.keys
			w.keys = keyring(w.t, 2)
			l := w.log("b")
			w.record(l, "DeleteUser", 1)
			w.close(l)
			w.keys = other
		}, "not written by a server with this master key"},
		"a record filed under somebody else": {func(w *world, chain string) {
			w.tamper("UPDATE audit_records SET person = 'user9' WHERE seq = 3")
		}, "/3: it is filed under other names"},
		"a record filed under another time": {func(w *world, chain string) {
			w.tamper("UPDATE audit_records SET at = at - 1 WHERE seq = 3")
		}, "/3: it is filed under another time"},
		"a record gone from the middle": {func(w *world, chain string) {
			w.tamper("DELETE FROM audit_records WHERE seq = 4")
		}, "/4: it is missing"},
		"the beginning gone": {func(w *world, chain string) {
			w.tamper("DELETE FROM audit_records WHERE chain = $1 AND seq <= 3", chain)
		}, "/1: it is missing, and all up to 3, and no record says"},
		"the end gone": {func(w *world, chain string) {
			w.tamper("DELETE FROM audit_records WHERE chain = $1 AND seq >= 5", chain)
		}, "/5: it is missing, and all up to 7"},
		"the end gone, and the head with it": {func(w *world, chain string) {
			w.tamper("DELETE FROM audit_records WHERE chain = $1 AND seq >= 5", chain)
			w.tamper("UPDATE audit_heads SET seq = 4, hash = (SELECT hash FROM audit_records WHERE seq = 4 AND chain = $1) WHERE chain = $1", chain)
		}, "/5: it is missing, and all up to 7: record"},
		"a whole chain gone": {func(w *world, chain string) {
			w.tamper("DELETE FROM audit_records WHERE chain = $1", chain)
			w.tamper("DELETE FROM audit_heads WHERE chain = $1", chain)
		}, "/1: it is missing, and all up to 7"},
		"two records that changed places": {func(w *world, chain string) {
			w.tamper("UPDATE audit_records SET seq = 100 WHERE seq = 3 AND chain = $1", chain)
			w.tamper("UPDATE audit_records SET seq = 3 WHERE seq = 4 AND chain = $1", chain)
			w.tamper("UPDATE audit_records SET seq = 4 WHERE seq = 100 AND chain = $1", chain)
		}, "/3: it is filed under other names"},
		"a head gone": {func(w *world, chain string) {
			w.tamper("DELETE FROM audit_heads WHERE chain = $1", chain)
		}, "its head was removed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			l := w.log("a")
			w.record(l, "AdminCreateUser", 5)
			w.close(l)
			chain := w.find(audit.Query{Operation: audit.Stop})[0].Chain
			next := w.log("b") // its first record speaks of the end of the other chain
			w.record(next, "AdminDeleteUser", 1)
			w.close(next)
			c.tamper(w, chain)
			if got := w.problems(); !strings.Contains(got, c.want) || c.want == "" && got != "" {
				t.Errorf("found %q, want %q", got, c.want)
			}
		})
	}
}

func TestAnEndCutOffIsFoundByTheAnchor(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	path := filepath.Join(t.TempDir(), "audit.anchor")
	for range 2 {
		a, err := audit.OpenAnchor(path)
		if err != nil {
			t.Fatal(err)
		}
		l := w.log("a", func(p *audit.Parts) { p.Anchor = a })
		w.record(l, "AdminCreateUser", 5)
		w.close(l)
	}
	heads, err := audit.ReadAnchor(path)
	if err != nil || len(heads) != 2 || heads[1].Seq != 7 {
		t.Fatalf("%+v, %v", heads, err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	if got := w.problems(heads...); got != "" {
		t.Errorf("found %q in what nobody touched", got)
	}
	last := heads[1].Chain // nobody else speaks of it
	w.tamper("DELETE FROM audit_records WHERE chain = $1 AND seq >= 4", last)
	w.tamper("UPDATE audit_heads SET seq = 3, hash = (SELECT hash FROM audit_records WHERE seq = 3 AND chain = $1) WHERE chain = $1", last)
	if got := w.problems(); got != "" {
		t.Errorf("without the anchor nobody can know: %q", got)
	}
	if got := w.problems(heads...); !strings.Contains(got, last+"/4: it is missing, and all up to 7: the anchor") {
		t.Errorf("found %q", got)
	}
}
