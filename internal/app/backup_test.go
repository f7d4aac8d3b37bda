package app

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cognate.dev/cognate/internal/app/config"
	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/store"
	"cognate.dev/cognate/internal/store/sqlite"
)

// TestTheServerCopiesItsDatabaseByItself fails when copies do not come one after another, when one of them cannot be restored or
// lacks what was written before it, or when a failure does not show.
func TestTheServerCopiesItsDatabaseByItself(t *testing.T) {
	if testing.Short() {
		t.Skip("takes some seconds")
	}
	t.Parallel()
	dir := t.TempDir()
	series := sqlite.Series{Dir: filepath.Join(dir, "copies"), Keep: 2}
	h := node(t, "sqlite:"+filepath.Join(dir, "cognate.db"), filepath.Join(dir, "master.key"), func(c *Config) {
		c.Backup = config.BackupConfig{Every: time.Second, Dir: series.Dir, Keep: series.Keep} // more often than a configuration may say
	})
	if err := h.store.InsertPool(t.Context(), &directory.Pool{ID: testPool}); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); h.keepCopies(ctx) }()
	newest := func() time.Time {
		t.Helper()
		at, err := series.Newest()
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	patience := time.Now().Add(5 * time.Minute)
	wait := func(what string, is func() bool) {
		t.Helper()
		for !is() {
			if time.Now().After(patience) {
				t.Fatal(what)
			}
		}
	}
	wait("no copy was made", func() bool { return !newest().IsZero() })
	first := newest()
	wait("there is one copy, and no further one", func() bool { return newest().After(first) })
	list, err := series.List()
	if err != nil {
		t.Fatal(err)
	}
	restored := filepath.Join(dir, "restored.db")
	if err := sqlite.Restore(t.Context(), list[0], restored); err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(t.Context(), "sqlite:"+restored, store.Options{Sealer: h.keys})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := s.Pool(t.Context(), testPool); err != nil {
		t.Errorf("what was written before the copy: %v", err)
	}
	numbers := func() string {
		w := httptest.NewRecorder()
		h.told.Metrics.Handler().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", http.NoBody))
		return w.Body.String()
	}
	if text := numbers(); !strings.Contains(text, `cognate_backups_total{outcome="made"}`) || strings.Contains(text, "cognate_backup_timestamp_seconds 0\n") {
		t.Errorf("copies do not show:\n%s", text)
	}
	if err := os.RemoveAll(series.Dir); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(series.Dir, nil, 0o600); err != nil { // where a folder has to be
		t.Fatal(err)
	}
	wait("a failure does not show", func() bool { return strings.Contains(numbers(), `cognate_backups_total{outcome="failed"}`) })
	stop()
	<-ended
}

// TestADamagedDatabaseIsNotReady breaks pages in the middle of a file, which nobody reads at a start.
func TestADamagedDatabaseIsNotReady(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "cognate.db")
	s, err := store.Open(t.Context(), "sqlite:"+path, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.InsertPool(t.Context(), &directory.Pool{ID: testPool}); err != nil {
		t.Fatal(err)
	}
	if err := s.InTx(t.Context(), func(ctx context.Context) error {
		for i := range 300 {
			u := &directory.User{PoolID: testPool, ID: fmt.Sprint(i), Attributes: map[string]string{"name": strings.Repeat("x", 2000)}}
			if err := s.InsertUser(ctx, u, directory.Keys{Username: u.ID}); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	ready := func() (int, string) {
		h := node(t, "sqlite:"+path, filepath.Join(dir, "master.key"))
		h.inspect(t.Context())
		w := httptest.NewRecorder()
		h.main.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/_cognate/health/ready", http.NoBody))
		return w.Code, w.Body.String()
	}
	if code, body := ready(); strings.Contains(body, "damaged") {
		t.Fatalf("nothing is damaged yet: %d %s", code, body)
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for at := len(raw) / 2; at < len(raw)*3/4; at += 4096 {
		copy(raw[at/4096*4096:], strings.Repeat("\xff", 512))
	}
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	if code, body := ready(); code != http.StatusServiceUnavailable || !strings.Contains(body, "damaged") {
		t.Errorf("%d %s", code, body)
	}
}
