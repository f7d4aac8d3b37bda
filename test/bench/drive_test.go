package main

import (
	"errors"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// TestOneWrongAnswerEndsTheRun fails when a load goes on, or succeeds, after an error.
func TestOneWrongAnswerEndsTheRun(t *testing.T) {
	t.Parallel()
	wrong := errors.New("wrong")
	var calls atomic.Int64
	_, err := drive(side{workers: 4, do: func(int) error {
		if calls.Add(1) == 100 {
			return wrong
		}
		return nil
	}}, time.Hour)
	if !errors.Is(err, wrong) {
		t.Errorf("got %v", err)
	}
}

// TestEveryOperationIsCounted fails when the rate counts more or less than was done.
func TestEveryOperationIsCounted(t *testing.T) {
	t.Parallel()
	var calls atomic.Int64
	got, err := drive(side{workers: 3, do: func(int) error { calls.Add(1); return nil }}, 10*time.Millisecond)
	if err != nil || int64(got.ops) != calls.Load() || got.ops < 3 {
		t.Errorf("counted %d of %d: %v", got.ops, calls.Load(), err)
	}
}

// TestTheLimitSurroundsEveryTurn fails when a turn of the server is not compared with a limit before and after it.
func TestTheLimitSurroundsEveryTurn(t *testing.T) {
	t.Parallel()
	var order strings.Builder
	note := func(what byte) side {
		return side{workers: 1, do: func(int) error {
			if s := order.String(); s == "" || s[len(s)-1] != what {
				order.WriteByte(what)
			}
			return nil
		}}
	}
	c, err := against(note('L'), note('S'), idle(t), 35*time.Millisecond, 3)
	if err != nil {
		t.Fatal(err)
	}
	if warm := "LS"; order.String() != warm+"LSLSLSL" || len(c.ratios) != 3 {
		t.Errorf("turns %s, ratios %v", order.String(), c.ratios)
	}
}

func TestMedian(t *testing.T) {
	t.Parallel()
	for want, values := range map[float64][]float64{0: nil, 2: {3, 1, 2}, 2.5: {4, 1, 2, 3}} {
		if got := median(values); got != want {
			t.Errorf("median of %v is %v", values, got)
		}
	}
}

// TestAMissIsSaid fails when a result on the wrong side of its target looks fine.
func TestAMissIsSaid(t *testing.T) {
	t.Parallel()
	near := func(ratio, target float64) result {
		return compared("x", "y", comparison{rate: ratio * 100, limit: 100, ratios: []float64{ratio}}, target)
	}
	flattered := compared("x", "y", comparison{ratios: []float64{0.9}, limitCPU: 8, serverCPU: 9, clientCPU: 1}, 0.85)
	for want, r := range map[string][]result{
		"ok":   {near(0.9, 0.85), near(0.85, 0.85), ceiling("x", 0.3, "s", 0.3)},
		"MISS": {near(0.84, 0.85), ceiling("x", 121, "MiB", 120), flattered},
		"-":    {near(0.1, 0), ceiling("x", 1000, "MiB", 0)},
	} {
		for _, r := range r {
			var out strings.Builder
			if err := table(&out, []result{r}); err != nil || r.Verdict != want || !strings.Contains(out.String(), want) {
				t.Errorf("want %s: %+v\n%s", want, r, out.String())
			}
		}
	}
}

// TestOnlyTheGreatestSizeIsJudged fails when a size is compared with another turn, or another size, than the first.
func TestOnlyTheGreatestSizeIsJudged(t *testing.T) {
	t.Parallel()
	runs := []runner{{rates: []float64{100, 200, 400}}, {rates: []float64{50, 100, 200}}, {rates: []float64{95, 190, 300}}}
	got := sizeResults("x", runs)
	if len(got) != 2 || got[0].Ratio != 0.5 || got[0].Verdict != "-" || got[1].Ratio != 0.95 || got[1].Verdict != "ok" {
		t.Errorf("%+v", got)
	}
}

// TestTheServersOwnNumbersAreRead fails when memory or processor time of a process cannot be read on this system.
func TestTheServersOwnNumbersAreRead(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat("/proc/self/status"); err != nil {
		t.Skip("no /proc here")
	}
	s := idle(t)
	if rss, peak := s.memory("VmRSS"), s.memory("VmHWM"); rss <= 0 || peak < rss {
		t.Errorf("resident %v MiB, at most %v MiB", rss, peak)
	}
	if ownCPU() <= 0 {
		t.Error("this process has used no processor time")
	}
}
