package extension

import (
	"context"
	"testing"
)

// TestTwoWorkspacesLeaveRoomForAThird has workspaces take what they get. A third that finds nothing is one that others shut out.
func TestTwoWorkspacesLeaveRoomForAThird(t *testing.T) {
	t.Parallel()
	gone, cancel := context.WithCancel(t.Context())
	cancel() // whoever would have to wait does not
	s := &turns{slots: 10}
	fill := func(workspace string) (leave []func()) {
		for {
			l, err := s.enter(gone, workspace)
			if err != nil {
				return leave
			}
			if leave = append(leave, l); len(leave) > s.slots {
				t.Fatalf("%s has more than there are", workspace)
			}
		}
	}
	first := fill("a")
	if len(first) != 5 {
		t.Errorf("one alone gets %d of 10", len(first))
	}
	second := fill("b")
	if len(second) == 0 {
		t.Error("a second gets nothing")
	}
	for _, name := range []string{"c", "d"} {
		leave, err := s.enter(gone, name)
		if err != nil {
			t.Fatalf("%s gets nothing: %v", name, err)
		}
		defer leave()
	}
	for _, leave := range append(first, second...) {
		leave()
		leave() // twice counts once
	}
	if s.held != 2 || len(s.of) != 2 {
		t.Errorf("after all have left %d are held, by %v", s.held, s.of)
	}
}

// TestWhoWaitsIsWoken fails when a slot that becomes free is not given to who waits for it.
func TestWhoWaitsIsWoken(t *testing.T) {
	t.Parallel()
	s := &turns{slots: 1}
	leave, err := s.enter(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	entered := make(chan error)
	for _, name := range []string{"a", "b", "c"} {
		go func() {
			l, err := s.enter(t.Context(), name)
			if err == nil {
				l()
			}
			entered <- err
		}()
	}
	leave()
	for range 3 {
		if err := <-entered; err != nil {
			t.Error(err)
		}
	}
}
