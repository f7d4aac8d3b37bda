package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"cognate.dev/cognate/internal/kit/rows"
)

// TestAPowerCutLosesNothingThatWasAnswered lets writers work through more than one turn of the write-ahead log, cuts the power at
// many moments of that, and opens what the disk may hold then: whatever was answered is there, whatever was not is there whole or
// not at all, and the file is sound. What is not synced is lost by chance, in whatever order, also in the middle of a page.
func TestAPowerCutLosesNothingThatWasAnswered(t *testing.T) {
	if testing.Short() {
		t.Skip("writes 20 MiB")
	}
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "cut.db")
	image, err := empty()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, image, 0o600); err != nil {
		t.Fatal(err)
	}
	d := tap(dir)
	db := openAt(t, path)
	filler := strings.Repeat("x", 6000)
	var writers sync.WaitGroup
	for w := range 4 {
		writers.Go(func() {
			for i := range 200 {
				id := fmt.Sprintf("%d-%d", w, i)
				if err := db.Write(context.Background(), func(c rows.Conn) error {
					if err := mark(c, id+" one "+filler); err != nil {
						return err
					}
					return mark(c, id+" two "+filler)
				}); err != nil {
					t.Error(err)
					return
				}
				d.answer(id)
			}
		})
	}
	writers.Wait()
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	var interesting []int // writes and syncs of checkpoints, and where the log begins anew
	again := 0
	for i, s := range d.steps {
		if s.what != answered && s.name == "cut.db" {
			interesting = append(interesting, i)
		}
		if s.what == written && s.name == "cut.db-wal" && s.at == 0 {
			interesting = append(interesting, i, i+1, i+2)
			again++
		}
	}
	if again < 2 || len(interesting) < 500 {
		t.Fatalf("the log began %d times, and %d steps were those of checkpoints: too few writes", again, len(interesting))
	}
	seed := uint64(time.Now().UnixNano())
	chance := rand.New(rand.NewPCG(seed, 1))
	const cuts = 60
	for cut := range cuts {
		n := chance.IntN(len(d.steps))
		if cut%2 == 0 {
			n = min(interesting[chance.IntN(len(interesting))], len(d.steps)-1)
		}
		to := t.TempDir()
		d.powerCut(t, n, map[string][]byte{"cut.db": image}, chance, to)
		if lost := lostIn(t, filepath.Join(to, "cut.db"), d.steps[:n]); lost != "" {
			t.Errorf("seed %d, cut %d, after %d of %d steps: %s", seed, cut, n, len(d.steps), lost)
		}
		if err := os.RemoveAll(to); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d cuts among %d steps; the log began %d times", cuts, len(d.steps), again)
}

// lostIn says what is wrong with what a disk held after a power cut; nothing is empty.
func lostIn(t *testing.T, path string, steps []step) string {
	db, err := Open(t.Context(), path, Options{})
	if err != nil {
		return err.Error()
	}
	defer db.Close()
	there := map[string]int{}
	if err := db.Conn().Query(t.Context(), func(row *sql.Rows) (bool, error) {
		var id string
		err := row.Scan(&id)
		there[strings.Fields(id)[0]]++
		return true, err
	}, "SELECT id FROM marks"); err != nil {
		return err.Error()
	}
	for _, s := range steps {
		if s.what == answered && there[s.name] == 0 {
			return s.name + " was answered and is lost"
		}
	}
	for id, n := range there {
		if n != 2 {
			return id + " is half done"
		}
	}
	if err := db.Check(t.Context()); err != nil {
		return err.Error()
	}
	return ""
}
