package database_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"cognate.dev/cognate/internal/store"
	"cognate.dev/cognate/internal/store/storetest"
)

func TestAnErrorOfOpenShowsNoPassword(t *testing.T) {
	t.Parallel()
	for _, url := range []string{
		"mysql://cognate:hunter2@localhost/x",
		"postgres://cognate:hunter2@localhost:notaport/x",
		"postgres://cognate:hunter2@127.0.0.1:1/x", // nobody listens there
		"hunter2", "",
	} {
		s, err := store.Open(t.Context(), url, store.Options{})
		if err == nil {
			s.Close()
			t.Errorf("%q was opened", url)
		} else if strings.Contains(err.Error(), "hunter2") {
			t.Errorf("the error of opening %q shows the password: %v", url, err)
		}
	}
}

func TestManyNodesMayStartOnANewPostgresAtOnce(t *testing.T) {
	t.Parallel()
	url := cluster.NewDatabase(t)
	var nodes sync.WaitGroup
	for range 4 {
		nodes.Go(func() {
			s, err := store.Open(t.Context(), url, store.Options{})
			if err != nil {
				t.Error(err)
				return
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	nodes.Wait()
	if err := storetest.Store(t, url).Ping(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestMemoryIsPrivate(t *testing.T) {
	t.Parallel()
	one, two := storetest.Memory(t), storetest.Memory(t)
	if _, err := one.Consume(t.Context(), "mark", time.Now()); err != nil {
		t.Fatal(err)
	}
	if used, err := two.Consumed(t.Context(), "mark"); err != nil || used {
		t.Errorf("what one store in memory keeps, another sees: %v, %v", used, err)
	}
}
