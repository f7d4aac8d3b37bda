package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"time"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/kit/random"
	"cognate.dev/cognate/internal/password"
	"cognate.dev/cognate/internal/store"
	"cognate.dev/cognate/internal/store/sqlite"
	"cognate.dev/cognate/internal/token"
)

// grown are the numbers of users at which growth looks; -people cuts them short. At far it only computes.
var grown = []int{100_000, 1_000_000}

const far = 10_000_000

const pageSize = 4096

// growth fills the hot tables (users, what they are found by, credentials, sessions) of one pool, and says at each size how large
// their trees are, how deep, and how many pages the statements of a password sign-in read and write. Everything is on one
// connection with a cold cache of 2 MiB, as a rarely used reader has it; the operating system's cache does not count. The
// depths at ten million are computed from the trees' fan-out.
func growth(b *bench) (all []result, err error) {
	ctx := context.Background()
	path := filepath.Join(b.dir, "growth.db")
	w := &world{pool: "us-east-1_Growth001"}
	if w.hash, err = password.NewHasher(password.Params{}, 0).Hash(ctx, secretWord); err != nil {
		return nil, err
	}
	at := 0
	for _, size := range grown {
		if size > b.people {
			break
		}
		b.say("growing to %d users", size)
		if at, err = w.grow(ctx, path, at, size); err != nil {
			return nil, err
		}
		trees, err := treesOf(ctx, path)
		if err != nil {
			return nil, err
		}
		read, written, err := w.pagesOfSignIn(ctx, path, size)
		if err != nil {
			return nil, err
		}
		all = append(all, ceiling(fmt.Sprintf("growth: pages read per sign-in, %d users", size), read, "", 0),
			ceiling(fmt.Sprintf("growth: pages written per sign-in, %d users", size), written, "", 0))
		total := 0.0
		for _, t := range trees {
			total += float64(t.pages) * pageSize
			if t.pages*pageSize < size { // less than a byte a user: it does not grow with them
				continue
			}
			all = append(all, ceiling(fmt.Sprintf("growth: %s, %d users, depth %d", t.name, size, t.depth), float64(t.pages)*pageSize/(1<<20), "MiB", 0))
			all = append(all, ceiling(fmt.Sprintf("growth: %s, depth at %d users, computed", t.name, far), float64(t.depthAt(float64(far)/float64(size))), "", 0))
		}
		all = append(all, ceiling(fmt.Sprintf("growth: all together, %d users", size), total/float64(size), "bytes a user", 0))
	}
	return all, nil
}

// grow adds users up to a number, in files of a store that is opened for it: each with an alias, a credential and a session.
func (w *world) grow(ctx context.Context, path string, from, to int) (int, error) {
	db, err := store.Open(ctx, "sqlite:"+path, store.Options{})
	if err != nil {
		return from, err
	}
	if from == 0 {
		err = errors.Join(db.InsertPool(ctx, emptyPool(w.pool)), db.InsertClient(ctx, &directory.Client{ID: "growth", PoolID: w.pool, CreatedAt: time.Now(), ModifiedAt: time.Now()}))
	}
	const batch = 500
	for ; from < to && err == nil; from += batch {
		err = db.InTx(ctx, func(ctx context.Context) error {
			for i := from; i < from+batch; i++ {
				u := person(w.pool, i)
				keys := directory.Keys{Username: u.Username, Aliases: []directory.Alias{{Kind: "email", Value: u.Attributes["email"]}}}
				err := errors.Join(db.InsertUser(ctx, &u, keys),
					db.InsertCredential(ctx, w.pool, u.ID, &directory.Credential{Hash: w.hash, ChangedAt: u.CreatedAt}),
					db.InsertSession(ctx, w.sessionOf(u.ID)))
				if err != nil {
					return err
				}
			}
			return nil
		})
	}
	return from, errors.Join(err, db.Close())
}

func (w *world) sessionOf(user string) *token.Session {
	now := time.Now()
	id := random.UUID()
	return &token.Session{ID: id, PoolID: w.pool, UserID: user, ClientID: "growth", EventID: id, AuthTime: now, CreatedAt: now,
		ExpiresAt: now.Add(30 * 24 * time.Hour), RefreshID: random.UUID(), Scopes: []string{"aws.cognito.signin.user.admin"}}
}

// tree is a table or an index.
type tree struct {
	name         string
	pages, inner int
	depth        int
}

// depthAt is the depth when there is so much more in the tree, by its present fan-out.
func (t tree) depthAt(times float64) int {
	leaves := float64(t.pages-t.inner) * times
	if t.inner == 0 {
		return t.depth
	}
	fanOut := float64(t.pages-1) / float64(t.inner)
	return 1 + int(math.Ceil(math.Log(leaves)/math.Log(fanOut)))
}

// treesOf reads the size and depth of every tree of a file.
// https://www.sqlite.org/dbstat.html
func treesOf(ctx context.Context, path string) (list []tree, err error) {
	db, err := sql.Open("sqlite", path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	found, err := db.QueryContext(ctx, `SELECT name, count(*), sum(pagetype = 'internal'), max(length(path) - length(replace(path, '/', '')))
		FROM dbstat GROUP BY name ORDER BY count(*) DESC`)
	if err != nil {
		return nil, err
	}
	defer found.Close()
	for found.Next() {
		var t tree
		if err := found.Scan(&t.name, &t.pages, &t.inner, &t.depth); err != nil {
			return nil, err
		}
		list = append(list, t)
	}
	return list, found.Err()
}

// pagesOfSignIn runs what a password sign-in asks of the store, for people drawn by chance, and counts what this process read and
// wrote meanwhile.
func (w *world) pagesOfSignIn(ctx context.Context, path string, size int) (read, written float64, err error) {
	db, err := store.Open(ctx, "sqlite:"+path, store.Options{Readers: 1})
	if err != nil {
		return 0, 0, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	signIn := func() error {
		name := fmt.Sprintf("user%06d", rand.IntN(size)) // #nosec G404 -- which row is read next is no secret
		if _, err := db.Client(ctx, "growth"); err != nil {
			return err
		}
		u, err := db.FindUser(ctx, w.pool, name, name)
		if err != nil {
			return err
		}
		c, err := db.Credential(ctx, w.pool, u.ID)
		if err != nil || c.Hash != w.hash {
			return errors.Join(err, errors.New("no credential"))
		}
		if _, err := db.Lockout(ctx, w.pool, u.ID); err != nil {
			return err
		}
		return db.InsertSession(ctx, w.sessionOf(u.ID))
	}
	const times = 2000
	for range times / 4 { // the inner pages of trees come into the cache
		if err := signIn(); err != nil {
			return 0, 0, err
		}
	}
	r0, w0, err := transferred()
	if err != nil {
		return 0, 0, err
	}
	for range times {
		if err := signIn(); err != nil {
			return 0, 0, err
		}
	}
	r1, w1, err := transferred()
	return float64(r1-r0) / pageSize / times, float64(w1-w0) / pageSize / times, err
}

// transferred is what this process has read and written by system calls, in bytes.
func transferred() (read, written int64, err error) {
	raw, err := os.ReadFile("/proc/self/io")
	if err != nil {
		return 0, 0, err
	}
	_, err = fmt.Sscanf(strings.SplitAfterN(string(raw), "\n", 3)[0]+strings.SplitAfterN(string(raw), "\n", 3)[1], "rchar: %d\nwchar: %d\n", &read, &written)
	return read, written, err
}

var _ = sqlite.Memory // registers the driver
