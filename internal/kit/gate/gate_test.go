package gate_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"cognate.dev/cognate/internal/kit/gate"
)

func enter(t *testing.T, g *gate.Gate) (leave func()) {
	t.Helper()
	leave, err := g.Enter(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return leave
}

func TestNoMoreRunThanThereAreSlots(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := gate.New(3)
		var group sync.WaitGroup
		for range 20 {
			group.Go(func() {
				leave := enter(t, g)
				time.Sleep(time.Second)
				leave()
			})
		}
		time.Sleep(time.Second / 2)
		if running, waiting, slots := g.Load(); running != 3 || waiting != 17 || slots != 3 {
			t.Errorf("%d run and %d wait for %d slots; want 3, 17, 3", running, waiting, slots)
		}
		group.Wait()
		if running, waiting, _ := g.Load(); running != 0 || waiting != 0 {
			t.Errorf("%d run and %d wait after all have left", running, waiting)
		}
	})
}

func TestTheWaitOfANewcomerIsForetold(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := gate.New(2)
		if got := g.Expected(); got != 0 {
			t.Errorf("nobody is there and a newcomer would wait %s", got)
		}
		for range 200 { // the gate learns that a slot is held for 100 ms
			leave := enter(t, g)
			time.Sleep(100 * time.Millisecond)
			leave()
		}
		var group sync.WaitGroup
		for range 2 + 9 {
			group.Go(func() {
				leave := enter(t, g)
				time.Sleep(100 * time.Millisecond)
				leave()
			})
		}
		synctest.Wait()
		if got, want := g.Expected(), 500*time.Millisecond; got != want {
			t.Errorf("behind nine others at two slots a newcomer would wait %s, want %s", got, want)
		}
		group.Wait()
	})
}

// TestAPauseOfTheMachineTurnsNobodyAway fails when two slots that a pause kept taken make newcomers look as if they had to wait that long.
func TestAPauseOfTheMachineTurnsNobodyAway(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := gate.New(2)
		var group sync.WaitGroup
		hold := func(n int, d time.Duration) {
			for range n {
				group.Go(func() {
					leave := enter(t, g)
					time.Sleep(d)
					leave()
				})
			}
		}
		hold(200, 100*time.Millisecond)
		group.Wait()
		hold(2, 10*time.Second)
		synctest.Wait()
		hold(2+9, 100*time.Millisecond)
		time.Sleep(10*time.Second + time.Millisecond) // the pause is over, and two of the eleven have come in
		if got, most := g.Expected(), 800*time.Millisecond; got > most {
			t.Errorf("after a pause a newcomer is told to wait %s behind nine that need 450 ms", got)
		}
		group.Wait()

		hold(40, time.Second) // this is no pause: from now on it takes that long
		group.Wait()
		hold(2+9, time.Second)
		synctest.Wait()
		if got, least := g.Expected(), 4*time.Second; got < least {
			t.Errorf("when everything takes ten times as long, a newcomer is told to wait %s behind nine that need 4.5 s", got)
		}
		group.Wait()
	})
}

func TestWhoGaveUpTakesNoSlot(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := gate.New(1)
		leave := enter(t, g)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() {
			_, err := g.Enter(ctx)
			done <- err
		}()
		synctest.Wait()
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
		leave()
		if _, err := g.Enter(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("an ended context got in: %v", err)
		}
		enter(t, g)()
	})
}
