package app

import (
	"bytes"
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cognate.dev/cognate/internal/app/command"
)

// TestACopyShowsWhatTheDatabaseHasLost cuts off an end of the log, with everything in the database that speaks of it and without the
// anchor, and then loses the database.
func TestACopyShowsWhatTheDatabaseHasLost(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "audit.jsonl")
	l := newLedger(t, func(c *Config) { c.Serving, c.Audit.Copy.Path, c.Audit.Anchor = true, path, "off" })
	for range 3 {
		l.call(true, "CreateUserPool", `{"PoolName":"shop"}`)
	}
	l.check(l.h.close(context.Background()))
	raw, err := os.ReadFile(path)
	l.check(err)
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	if n := bytes.Count(raw, []byte("\n")); n != 5 { // it begins, three pools, it ends
		t.Fatalf("the copy has %d records:\n%s", n, raw)
	}
	verify := func(o command.VerifyOptions) string {
		var out bytes.Buffer
		if err := command.VerifyAudit(t.Context(), Installation(l.cfg), o, &out); err != nil {
			return out.String() + err.Error()
		}
		return ""
	}
	if got := verify(command.VerifyOptions{Copies: []string{path}}); got != "" {
		t.Errorf("nothing was touched: %s", got)
	}
	db, err := sql.Open("sqlite", filepath.Join(l.cfg.Data, "cognate.db"))
	l.check(err)
	defer db.Close()
	for _, statement := range []string{
		"DELETE FROM audit_records WHERE seq >= 3",
		"UPDATE audit_heads SET seq = 2, hash = (SELECT hash FROM audit_records WHERE seq = 2)",
	} {
		_, err := db.ExecContext(t.Context(), statement)
		l.check(err)
	}
	if got := verify(command.VerifyOptions{}); got != "" {
		t.Errorf("without the copy nobody can know: %s", got)
	}
	if got := verify(command.VerifyOptions{Copies: []string{path}}); !strings.Contains(got, "/3: it is missing, and all up to 5: the copy speaks of it") && !strings.Contains(got, "/3: it is missing") {
		t.Errorf("found %q", got)
	}
	// The database is gone: the copy proves itself, also from its middle on.
	late := filepath.Join(t.TempDir(), "late.jsonl")
	_, rest, _ := bytes.Cut(raw, []byte("\n"))
	l.check(os.WriteFile(late, rest, 0o600))
	if got := verify(command.VerifyOptions{File: late, Part: true}); got != "" {
		t.Errorf("a part of the copy: %s", got)
	}
	if got := verify(command.VerifyOptions{File: late}); got == "" {
		t.Error("a part passes for the whole")
	}
	forged := filepath.Join(t.TempDir(), "forged.jsonl")
	l.check(os.WriteFile(forged, bytes.Replace(raw, []byte(`"outcome":"ok"`), []byte(`"outcome":"no"`), 1), 0o600))
	for _, o := range []command.VerifyOptions{{Copies: []string{forged}}, {File: forged, Part: true}} {
		if got := verify(o); got == "" {
			t.Errorf("a forged copy was believed: %+v", o)
		}
	}
}
