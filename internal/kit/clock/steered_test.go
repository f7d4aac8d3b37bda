package clock

import (
	"errors"
	"testing"
	"time"
)

func TestASteeredClockFollowsWhatAReadingCanTell(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	own := NewFake(start)
	s := NewSteered(own.Now)
	ahead, delay := 2*time.Second, 4*time.Millisecond
	read := func() {
		t.Helper()
		r, err := s.Read(func() (time.Time, error) {
			own.Advance(delay / 2)
			theirs := own.Now().Add(ahead)
			own.Advance(delay / 2)
			return theirs, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		s.Steer(r)
	}
	off := func() time.Duration { return s.Now().Sub(own.Now()) }
	read()
	if off() != 2*time.Second {
		t.Errorf("it is %v ahead, want 2s", off())
	}
	ahead += 5 * time.Millisecond
	if read(); off() != 2*time.Second {
		t.Errorf("it followed a trifle: %v", off())
	}
	ahead, delay = time.Second, 4*time.Second
	if read(); off() != 2*time.Second {
		t.Errorf("it followed a reading that says nothing: %v", off())
	}
	delay = time.Millisecond
	if read(); off() != time.Second {
		t.Errorf("it is %v ahead, want 1s", off())
	}
	if s.Release(); off() != 0 {
		t.Errorf("released it is %v ahead", off())
	}
	if _, err := s.Read(func() (time.Time, error) { return time.Time{}, errors.New("away") }); err == nil {
		t.Error("a clock that does not answer was read")
	}
}
