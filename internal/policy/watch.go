package policy

import (
	"context"
	"io/fs"
	"path/filepath"
	"strings"
	"time"

	"github.com/fsnotify/fsnotify"
)

// settle is how long a folder must be quiet before it is read: editors and checkouts write in bursts.
const settle = 100 * time.Millisecond

// Watch reloads when the folder changes, until ctx is done. Events of the operating system make it quick; the poll
// makes it certain, since network and container file systems may send none. What goes wrong stands in Status.
func (s *Set) Watch(ctx context.Context) {
	if s.cfg.Dir == "" || !s.cfg.Watch {
		return
	}
	poll := s.cfg.Poll
	if poll <= 0 {
		poll = Default().Poll
	}
	ticker := time.NewTicker(poll)
	defer ticker.Stop()
	events, rescan, stop := s.subscribe()
	defer stop()
	s.follow(ctx, events, ticker.C, rescan)
}

// follow turns events and ticks into reloads. A tick alone reloads only when names, sizes or times changed.
func (s *Set) follow(ctx context.Context, events <-chan fsnotify.Event, ticks <-chan time.Time, rescan func()) {
	quiet := time.NewTimer(settle)
	quiet.Stop()
	defer quiet.Stop()
	seen, _ := glance(ctx, s.files())
	_ = s.Reload(ctx) // what changed before anybody watched
	for {
		select {
		case <-ctx.Done():
			return
		case _, ok := <-events:
			if !ok {
				events = nil // the poll goes on alone
				continue
			}
			quiet.Reset(settle)
		case <-ticks:
			// A glance that fails changes nothing here: the reload finds the same and reports it.
			if now, err := glance(ctx, s.files()); err != nil || now != seen {
				seen = now
				rescan()
				_ = s.Reload(ctx)
			}
		case <-quiet.C:
			seen, _ = glance(ctx, s.files())
			rescan()
			_ = s.Reload(ctx)
		}
	}
}

// subscribe asks the operating system for events on every folder of the tree. Without them the poll still works.
func (s *Set) subscribe() (events <-chan fsnotify.Event, rescan, stop func()) {
	w, err := fsnotify.NewWatcher()
	if err != nil {
		return nil, func() {}, func() {}
	}
	go func() {
		for range w.Errors { // an overflow loses events; the poll finds what they would have said
		}
	}()
	rescan = func() { // folders made since the last look; adding one twice is harmless
		_ = filepath.WalkDir(s.cfg.Dir, func(name string, d fs.DirEntry, err error) error {
			if err != nil || !d.IsDir() {
				return nil //nolint:nilerr // what cannot be read now is found by the poll
			}
			if name != s.cfg.Dir && (strings.HasPrefix(d.Name(), ".") || d.Name() == fixtureDir) {
				return fs.SkipDir
			}
			_ = w.Add(name)
			return nil
		})
	}
	rescan()
	return w.Events, rescan, func() { _ = w.Close() }
}
