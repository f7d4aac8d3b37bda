package command

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

// bar shows how far something long has come: a line that is drawn over and over on a terminal, one now and then elsewhere.
type bar struct {
	out      io.Writer
	terminal bool
	things   string // what is counted
	began    time.Time
	drawn    time.Time
	first    int64 // counted by an earlier run
	started  bool
}

// How often a bar is drawn: on a terminal for eyes, elsewhere for a log.
const (
	drawEvery = 100 * time.Millisecond
	tellEvery = 15 * time.Second
)

func newBar(out io.Writer, things string) *bar {
	b := &bar{out: out, things: things}
	if f, ok := out.(*os.File); ok {
		if info, err := f.Stat(); err == nil {
			b.terminal = info.Mode()&os.ModeCharDevice != 0
		}
	}
	return b
}

// show draws: done of all (in whatever unit; all may be 0 for unknown) and how many things that is.
func (b *bar) show(done, all, count int64) {
	at := time.Now()
	if !b.started {
		b.started, b.began, b.first, b.drawn = true, at, count, at
		return
	}
	every := tellEvery
	if b.terminal {
		every = drawEvery
	}
	if at.Sub(b.drawn) < every {
		return
	}
	b.drawn = at
	b.draw(done, all, count)
}

func (b *bar) draw(done, all, count int64) {
	took := time.Since(b.began)
	rate := float64(count-b.first) / max(took.Seconds(), 0.001)
	text := fmt.Sprintf("%d %s, %.0f/s", count, b.things, rate)
	if all > 0 {
		share := min(float64(done)/float64(all), 1)
		const width = 30
		full := int(share * width)
		text = fmt.Sprintf("[%s%s] %3.0f%%  %s", strings.Repeat("=", full), strings.Repeat(" ", width-full), 100*share, text)
	}
	if b.terminal {
		fmt.Fprintf(b.out, "\r%s\x1b[K", text)
		return
	}
	fmt.Fprintln(b.out, text)
}

// end leaves the last state on the screen.
func (b *bar) end(done, all, count int64) {
	if b.terminal && b.started {
		b.draw(done, all, count)
		fmt.Fprintln(b.out)
	}
}
