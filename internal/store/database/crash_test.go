package database_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/store"
	"cognate.dev/cognate/internal/store/storetest"
)

// crashFile is the environment variable that turns the test binary into a writer that waits to be killed.
const crashFile = "COGNATE_TEST_CRASH_FILE"

const crashPool = "r_crash"

// writeUntilKilled inserts users from several goroutines and prints each id once its write was acknowledged.
func writeUntilKilled() {
	ctx := context.Background()
	s, err := store.Open(ctx, "sqlite:"+os.Getenv(crashFile), store.Options{})
	if err == nil {
		err = s.InsertPool(ctx, &directory.Pool{ID: crashPool})
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	for w := range 8 {
		go func() {
			for i := 0; ; i++ {
				u := &directory.User{PoolID: crashPool, ID: fmt.Sprintf("%d-%d", w, i), CreatedAt: time.Now()}
				if err := s.InsertUser(ctx, u, directory.Keys{Username: u.ID}); err != nil {
					fmt.Fprintln(os.Stderr, err)
					os.Exit(1)
				}
				fmt.Println(u.ID)
			}
		}()
	}
	select {}
}

func TestAcknowledgedWritesSurviveAKill(t *testing.T) {
	t.Parallel()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "crash.db")
	child := exec.Command(self)
	child.Env = append(os.Environ(), crashFile+"="+file)
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	var acknowledged []string
	for lines := bufio.NewScanner(out); lines.Scan(); {
		acknowledged = append(acknowledged, lines.Text())
		if len(acknowledged) == 300 {
			if err := child.Process.Kill(); err != nil { // SIGKILL; what it had printed by then still comes
				t.Fatal(err)
			}
		}
	}
	_ = child.Wait() // it was killed
	if len(acknowledged) < 300 {
		t.Fatalf("the child acknowledged %d writes before it ended by itself", len(acknowledged))
	}
	acknowledged = acknowledged[:len(acknowledged)-1] // the last line may be cut
	s := storetest.Store(t, "sqlite:"+file)
	for _, id := range acknowledged {
		if _, err := s.User(t.Context(), crashPool, id); err != nil {
			t.Errorf("user %s was acknowledged and is lost: %v", id, err)
		}
	}
}
