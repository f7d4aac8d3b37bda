package rows

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	_ "modernc.org/sqlite"
	"pgregory.net/rapid"
)

// conns are all the ways to run a statement, on databases of their own.
func conns(t *testing.T) map[string]Conn {
	t.Helper()
	open := func() *sql.DB {
		db, err := sql.Open("sqlite", ":memory:")
		if err != nil {
			t.Fatal(err)
		}
		db.SetMaxOpenConns(1) // every connection would have a memory of its own; and rows left open would block
		t.Cleanup(func() { db.Close() })
		return db
	}
	prepared := NewPrepared(open())
	t.Cleanup(func() {
		if err := prepared.Close(); err != nil {
			t.Error(err)
		}
	})
	return map[string]Conn{"plain": Plain{DB: open()}, "prepared": prepared}
}

const three = "SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3"

func TestRowsAreReadAndClosed(t *testing.T) {
	t.Parallel()
	for name, c := range conns(t) {
		ctx := context.Background()
		for range 3 { // a result that stays open would block the next one
			if list, err := All(ctx, c, Value[int], three); err != nil || !slices.Equal(list, []int{1, 2, 3}) {
				t.Errorf("%s: all are %v, %v", name, list, err)
			}
			if v, found, err := One(ctx, c, Value[int], three); v != 1 || !found || err != nil {
				t.Errorf("%s: the first is %v, %v, %v", name, v, found, err)
			}
			if v, found, err := One(ctx, c, Value[int], "SELECT 1 WHERE 1 = $1", 2); v != 0 || found || err != nil {
				t.Errorf("%s: of none the first is %v, %v, %v", name, v, found, err)
			}
			if list, err := All(ctx, c, Value[int], "SELECT 1 WHERE 1 = $1", 2); list == nil || len(list) > 0 || err != nil {
				t.Errorf("%s: none are %v, %v", name, list, err)
			}
		}
	}
}

func TestErrorsAreReturnedAndResultsClosed(t *testing.T) {
	t.Parallel()
	no := errors.New("no")
	fail := func(Scanner) (int, error) { return 7, no }
	for name, c := range conns(t) {
		ctx := context.Background()
		for range 3 {
			if v, found, err := One(ctx, c, fail, three); v != 0 || found || !errors.Is(err, no) {
				t.Errorf("%s: one of a failing scan is %v, %v, %v", name, v, found, err)
			}
			if list, err := All(ctx, c, fail, three); list != nil || !errors.Is(err, no) {
				t.Errorf("%s: all of a failing scan are %v, %v", name, list, err)
			}
			if _, err := All(ctx, c, Value[int], "SELECT nonsense"); err == nil {
				t.Errorf("%s: a query that is wrong has no error", name)
			}
			if _, err := c.Exec(ctx, "nonsense"); err == nil {
				t.Errorf("%s: a statement that is wrong has no error", name)
			}
		}
	}
}

func TestExecCountsRows(t *testing.T) {
	t.Parallel()
	for name, c := range conns(t) {
		ctx := context.Background()
		if _, err := c.Exec(ctx, "CREATE TABLE t (n INTEGER)"); err != nil {
			t.Fatal(err)
		}
		for i := range 3 {
			if n, err := c.Exec(ctx, "INSERT INTO t VALUES ($1)", i); n != 1 || err != nil {
				t.Errorf("%s: insert touches %d, %v", name, n, err)
			}
		}
		if n, err := c.Exec(ctx, "DELETE FROM t WHERE n > 0"); n != 2 || err != nil {
			t.Errorf("%s: delete touches %d, %v", name, n, err)
		}
	}
}

func TestTimesComeBackToTheMillisecond(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		at := time.UnixMilli(rapid.Int64Range(1, 1<<45).Draw(r, "ms")).In(time.FixedZone("x", 3600))
		if back := Time(Millis(at)); !back.Equal(at) || back.Location() != time.UTC {
			r.Fatalf("%v came back as %v", at, back)
		}
	})
	if ms := Millis(time.Time{}); ms != 0 || !Time(ms).IsZero() {
		t.Errorf("the zero time is %d, and comes back as %v", ms, Time(ms))
	}
}

func TestAPrefixIsARange(t *testing.T) {
	t.Parallel()
	text := rapid.StringOfN(rapid.SampledFrom([]rune("ab\x00\x7f\u0080é\uD7FF\uE000\uFFFF\U00010000\U0010FFFE\U0010FFFF")), 0, 4, -1)
	rapid.Check(t, func(r *rapid.T) {
		prefix, s := text.Draw(r, "prefix"), text.Draw(r, "s")
		end, ok := PrefixEnd(prefix)
		if in := s >= prefix && (!ok || s < end); in != strings.HasPrefix(s, prefix) {
			r.Fatalf("%q in [%q, %q) is %v", s, prefix, end, in)
		}
	})
}
