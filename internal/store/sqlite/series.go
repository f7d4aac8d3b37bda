package sqlite

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// Series is a folder of copies, each named by its moment.
type Series struct {
	Dir  string
	Keep int // the oldest ones beyond so many are removed; 0: none is
}

const (
	prefix = "cognate-"
	moment = "20060102T150405Z" // sorts as time does
	suffix = ".db"
)

// Add makes a copy of a database file and then removes copies that are too many. A copy that fails removes none.
func (s Series) Add(ctx context.Context, from string, now time.Time) (path string, err error) {
	if err := os.MkdirAll(s.Dir, 0o700); err != nil {
		return "", err
	}
	if err := s.clear(now); err != nil {
		return "", err
	}
	path = filepath.Join(s.Dir, prefix+now.UTC().Format(moment)+suffix)
	if err := Backup(ctx, from, path); err != nil {
		return "", err
	}
	list, err := s.List()
	if err != nil || s.Keep < 1 {
		return path, err
	}
	var errs []error
	for _, old := range list[:max(0, len(list)-s.Keep)] {
		errs = append(errs, os.Remove(old))
	}
	return path, errors.Join(errs...)
}

// abandoned is how old what a copy is made in must be to belong to nobody any more.
const abandoned = 24 * time.Hour

// clear removes what copies that a crash ended have left: they would fill the disk.
func (s Series) clear(now time.Time) error {
	left, err := filepath.Glob(filepath.Join(s.Dir, unfinished))
	for _, dir := range left {
		if info, e := os.Stat(dir); e == nil && now.Sub(info.ModTime()) > abandoned {
			err = errors.Join(err, os.RemoveAll(dir))
		}
	}
	return err
}

// Newest is the moment of the newest copy; the zero time when there is none.
func (s Series) Newest() (time.Time, error) {
	list, err := s.List()
	if err != nil || len(list) == 0 {
		return time.Time{}, err
	}
	name := filepath.Base(list[len(list)-1])
	return time.Parse(moment, name[len(prefix):len(name)-len(suffix)])
}

// List gives the copies, oldest first. Other files in the folder are none of ours.
func (s Series) List() ([]string, error) {
	found, err := filepath.Glob(filepath.Join(s.Dir, prefix+"*"+suffix))
	if err != nil {
		return nil, err
	}
	found = slices.DeleteFunc(found, func(path string) bool {
		name := filepath.Base(path)
		_, err := time.Parse(moment, name[len(prefix):len(name)-len(suffix)])
		return err != nil
	})
	slices.Sort(found)
	return found, nil
}
