package policy

import (
	"cmp"
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/fsnotify/fsnotify"
)

// settle is how long a folder must be quiet before it is read: editors and checkouts write in bursts.
const settle = 100 * time.Millisecond

// folder is a folder of the file system.
type folder struct {
	dir   string
	watch bool
	poll  time.Duration
}

// String is Source's, as the methods below.
func (f *folder) String() string { return f.dir }

func (f *folder) Files(context.Context) (fs.FS, error) { return f.files(), nil }

func (f *folder) files() fs.FS { return os.DirFS(f.dir) }

// Watch: events of the operating system make it quick; the poll makes it certain, since network and container file
// systems may send none.
func (f *folder) Watch(ctx context.Context, changed func()) {
	if !f.watch {
		return
	}
	ticker := time.NewTicker(cmp.Or(f.poll, Default().Poll))
	defer ticker.Stop()
	events, rescan, stop := f.subscribe()
	defer stop()
	f.follow(ctx, events, ticker.C, rescan, changed)
}

// follow turns events and ticks into calls. A tick alone is one only when names, sizes or times changed since the last.
func (f *folder) follow(ctx context.Context, events <-chan fsnotify.Event, ticks <-chan time.Time, rescan, changed func()) {
	quiet := time.NewTimer(settle)
	quiet.Stop()
	defer quiet.Stop()
	seen, _ := glance(ctx, f.files())
	changed()
	made := false // a file or folder, since the last scan
	for {
		select {
		case <-ctx.Done():
			return
		case e, ok := <-events:
			if !ok {
				events = nil // the poll goes on alone
				continue
			}
			made = made || e.Has(fsnotify.Create)
			quiet.Reset(settle)
		case <-ticks:
			// A glance that fails changes nothing here: the reload finds the same and reports it.
			if now, err := glance(ctx, f.files()); err != nil || now != seen {
				seen = now
				rescan()
				changed()
			}
		case <-quiet.C: // the next tick calls once more, for what no event told of
			if made {
				made = false
				rescan()
			}
			changed()
		}
	}
}

// subscribe asks the operating system for events on every folder of the tree. Without them the poll still works.
func (f *folder) subscribe() (events <-chan fsnotify.Event, rescan, stop func()) {
	w, err := fsnotify.NewWatcher()
	if err != nil {
		return nil, func() {}, func() {}
	}
	go func() {
		for range w.Errors { // an overflow loses events; the poll finds what they would have said
		}
	}()
	rescan = func() { // folders made since the last look; adding one twice is harmless
		_ = filepath.WalkDir(f.dir, func(name string, d fs.DirEntry, err error) error {
			if err != nil || !d.IsDir() {
				return nil //nolint:nilerr // what cannot be read now is found by the poll
			}
			if name != f.dir && (strings.HasPrefix(d.Name(), ".") || d.Name() == fixtureDir) {
				return fs.SkipDir
			}
			_ = w.Add(name)
			return nil
		})
	}
	rescan()
	return w.Events, rescan, func() { _ = w.Close() }
}
