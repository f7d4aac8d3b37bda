package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Backup writes a consistent copy of the database file at path to a new file, while others read and write, and returns
// when the copy was checked and is on disk. A file that exists is refused; after an error there is none.
// https://www.sqlite.org/lang_vacuum.html#vacuuminto
func Backup(ctx context.Context, path, to string) error {
	path, err := filepath.Abs(path)
	if err != nil {
		return err
	}
	if _, err := os.Stat(path); err != nil {
		return fmt.Errorf("there is no database to copy: %w", err)
	}
	return place(to, func(part string) error {
		db, err := connect(path, 1)
		if err != nil {
			return err
		}
		if _, err := db.ExecContext(ctx, "VACUUM INTO $1", part); err != nil {
			return errors.Join(fmt.Errorf("copy the database: %w", err), db.Close())
		}
		if err := db.Close(); err != nil {
			return err
		}
		return verify(ctx, part)
	})
}

// Restore checks a backup and puts it where no database is yet. An existing database is refused, not replaced: whoever
// restores moves it away first, together with its -wal file, which would change what is restored.
func Restore(ctx context.Context, from, path string) error {
	for _, left := range []string{path + "-wal", path + "-shm"} {
		if _, err := os.Lstat(left); !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%s belongs to another database: stop its server and move it away first", left)
		}
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	return place(path, func(part string) error {
		if err := copyFile(from, part); err != nil {
			return fmt.Errorf("read the backup: %w", err)
		}
		return verify(ctx, part)
	})
}

// unfinished is the pattern of names of folders in which copies are made.
const unfinished = ".cognate-*"

// place makes a file under another name, and gives it its own only when make succeeded and all is on disk.
func place(path string, make func(part string) error) (err error) {
	if path, err = filepath.Abs(path); err != nil {
		return err
	}
	dir, err := os.MkdirTemp(filepath.Dir(path), unfinished) // mode 0700: nobody else reads what is copied
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	part := filepath.Join(dir, "copy")
	if err := make(part); err != nil {
		return err
	}
	if err := os.Chmod(part, 0o600); err != nil {
		return err
	}
	if err := flush(part); err != nil {
		return err
	}
	if err := os.Link(part, path); err != nil { // a link, unlike a rename, never replaces a file
		return err
	}
	return flush(filepath.Dir(path))
}

func flush(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}

// verify refuses a file that SQLite finds damaged, or that holds no schema of ours.
func verify(ctx context.Context, path string) error {
	db, err := connect(path, 1, "query_only(1)")
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }() // it only reads
	if err := whole(ctx, db, "integrity_check", "the copy"); err != nil {
		return err
	}
	if _, err := texts(ctx, db, "SELECT id FROM pools LIMIT 1"); err != nil {
		return fmt.Errorf("this is no database of Cognate: %w", err)
	}
	return nil
}

func texts(ctx context.Context, db *sql.DB, query string) (list []string, err error) {
	rs, err := db.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer rs.Close()
	for rs.Next() {
		var text string
		if err := rs.Scan(&text); err != nil {
			return nil, err
		}
		list = append(list, text)
	}
	return list, rs.Err()
}
