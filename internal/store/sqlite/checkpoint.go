package sqlite

import (
	"context"
	"database/sql"
	"encoding/binary"
	"fmt"
	"os"
	"time"
)

// When the write-ahead log is copied into the database file. Commits only append to it; a goroutine of its own does the rest, so
// that none of them waits for a checkpoint.
const (
	lookAtWAL  = 100 * time.Millisecond
	copyBehind = 1000 // pages that are not in the database file yet: copy them, beside everything else
	restartAt  = 4000 // pages of the log, copied or not: have it begin anew, between two commits
	idleAfter  = 100  // looks without a change: give the disk its room back
	// How long a commit may have to wait for those who read from the log, when it begins anew: longer each time that it was not long
	// enough, and with pauses that many times as long between. Where one and the same reader is in the way (a backup), nobody waits,
	// and the log grows until it has ended.
	leastWait     = 20 * time.Millisecond
	mostWait      = 320 * time.Millisecond
	pauses        = 10
	longRead      = time.Second // between looks whether it has
	worthTruncate = 4 << 20
)

// checkpointer keeps the write-ahead log of a database file small.
type checkpointer struct {
	path    string
	db      *sql.DB
	writer  *writer
	observe func(size int64, took time.Duration)
	quit    chan struct{}
	stopped chan struct{}

	restarted uint32 // the log's pages when it was told to begin anew
	blocked   uint32 // how far the log was copied at the last try, if that was not the whole of it
	wait      time.Duration
	notBefore time.Time
	before    walIndex
	still     int // looks without a change
}

func (db *DB) startCheckpoints(observe func(size int64, took time.Duration)) error {
	conn, err := connect(db.path, 1, "busy_timeout(0)")
	if err != nil {
		return err
	}
	if observe == nil {
		observe = func(int64, time.Duration) {}
	}
	c := &checkpointer{path: db.path, db: conn, writer: db.writer, observe: observe, wait: leastWait, quit: make(chan struct{}), stopped: make(chan struct{})}
	go c.loop()
	db.closers = append(db.closers, conn.Close, func() error {
		close(c.quit)
		<-c.stopped
		return nil
	})
	return nil
}

func (c *checkpointer) loop() {
	defer close(c.stopped)
	tick := time.NewTicker(lookAtWAL)
	defer tick.Stop()
	for {
		select {
		case <-c.quit:
			return
		case <-tick.C:
			c.look()
		}
	}
}

// look does what the size of the log asks for.
func (c *checkpointer) look() {
	now, ok := readWALIndex(c.path + "-shm")
	if !ok {
		return // no log
	}
	size := fileSize(c.path + "-wal")
	if c.still++; now != c.before {
		c.before, c.still = now, 0
	}
	switch {
	case now.pages >= restartAt && now.pages != c.restarted && !time.Now().Before(c.notBefore):
		c.restart()
	case now.pages >= now.copied+copyBehind:
		c.checkpoint("PASSIVE")
	case c.still >= idleAfter && size > worthTruncate && !time.Now().Before(c.notBefore):
		c.learn(c.between("TRUNCATE"))
	}
	if now := fileSize(c.path + "-wal"); c.still == 0 || now != size {
		c.observe(now, 0)
	}
}

// restart copies most of the log while others write, and the rest between two commits: the next one then begins at its start.
func (c *checkpointer) restart() {
	c.checkpoint("PASSIVE")
	now, ok := readWALIndex(c.path + "-shm")
	if !ok {
		return
	}
	if now.copied < now.pages && now.copied == c.blocked {
		c.notBefore = time.Now().Add(longRead)
		return
	}
	c.blocked = now.copied
	done := c.between("RESTART")
	if done {
		if now, ok := readWALIndex(c.path + "-shm"); ok && now.pages == now.copied {
			c.restarted = now.pages
		}
	}
	c.learn(done)
}

// learn makes the next wait longer when the last one was not long enough.
func (c *checkpointer) learn(done bool) {
	if done {
		c.wait = leastWait
		return
	}
	c.notBefore = time.Now().Add(pauses * c.wait)
	c.wait = min(2*c.wait, mostWait)
}

// between runs a checkpoint while the writer waits.
func (c *checkpointer) between(mode string) (done bool) {
	c.writer.between(c.quit, func() {
		wait := func(d time.Duration) bool {
			_, err := c.db.ExecContext(context.Background(), fmt.Sprintf("PRAGMA busy_timeout = %d", d.Milliseconds()))
			return err == nil
		}
		done = wait(c.wait) && c.checkpoint(mode)
		wait(0)
	})
	return done
}

// checkpoint runs one, and says whether it did all that its mode asks for. Why not does not matter: it comes again, and a disk
// that takes nothing is told by commits.
// https://www.sqlite.org/pragma.html#pragma_wal_checkpoint
func (c *checkpointer) checkpoint(mode string) (done bool) {
	began := time.Now()
	var busy, pages, copied int64
	err := c.db.QueryRowContext(context.Background(), "PRAGMA wal_checkpoint("+mode+")").Scan(&busy, &pages, &copied)
	if err == nil {
		c.observe(fileSize(c.path+"-wal"), time.Since(began))
	}
	return err == nil && busy == 0 && pages == copied
}

// walIndex is what the shared index of a log says of it, in pages.
type walIndex struct {
	pages  uint32 // in the log
	copied uint32 // of them, in the database file
}

// readWALIndex reads the first copy of the index's header, and the checkpoint information behind both. It takes no lock: a number
// that is being changed is another one at the next look.
// https://www.sqlite.org/walformat.html#the_wal_index_header
func readWALIndex(path string) (i walIndex, ok bool) {
	f, err := os.Open(path)
	if err != nil {
		return i, false
	}
	defer f.Close()
	var head [100]byte
	if _, err := f.ReadAt(head[:], 0); err != nil {
		return i, false
	}
	return walIndex{pages: binary.NativeEndian.Uint32(head[16:]), copied: binary.NativeEndian.Uint32(head[96:])}, true
}

func fileSize(path string) int64 {
	info, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return info.Size()
}
