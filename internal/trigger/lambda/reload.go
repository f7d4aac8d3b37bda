package lambda

import (
	"io/fs"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/fsnotify/fsnotify"
)

// settle is how long a folder must be quiet before its function is started anew: editors and builds write in bursts.
const settle = 100 * time.Millisecond

// follow starts the function anew when its code changes.
func (f *Function) follow() {
	w, err := fsnotify.NewWatcher()
	if err != nil {
		f.host.Log.Warn("changes of a function are not seen", slog.String("function", f.name), slog.Any("error", err))
		return
	}
	defer w.Close() //nolint:errcheck // it only stops watching
	f.watch(w)
	quiet := time.NewTimer(settle)
	quiet.Stop()
	for {
		select {
		case <-f.stop:
			return
		case <-w.Errors: // events were lost; the next change is seen
		case e := <-w.Events:
			if e.Has(fsnotify.Create) {
				f.watch(w) // perhaps a folder
			}
			if !e.Has(fsnotify.Chmod) && f.isCode(e.Name) {
				quiet.Reset(settle)
			}
		case <-quiet.C:
			f.host.Log.Info("a function has changed and is started anew", slog.String("function", f.name))
			f.Reload()
		}
	}
}

// watch asks for events of the folder and those below it; libraries do not change while one works on a function.
func (f *Function) watch(w *fsnotify.Watcher) {
	_ = filepath.WalkDir(f.root(), func(name string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return nil //nolint:nilerr // what cannot be read cannot be watched
		}
		if name != f.root() && (strings.HasPrefix(d.Name(), ".") || d.Name() == "node_modules" || d.Name() == "__pycache__") {
			return fs.SkipDir
		}
		_ = w.Add(name)
		return nil
	})
}

// isCode tells a program from the data that it writes.
func (f *Function) isCode(name string) bool {
	if filepath.Base(name) == filepath.Base(f.Handler) {
		return true
	}
	return slices.Contains([]string{".js", ".mjs", ".cjs", ".json", ".py"}, filepath.Ext(name))
}
