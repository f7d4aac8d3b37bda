package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"time"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/kit/random"
	"cognate.dev/cognate/internal/password"
	"cognate.dev/cognate/internal/store"
	"cognate.dev/cognate/internal/token"
)

// grown are the numbers of users at which growth looks; -people cuts them short. At far it only computes.
var grown = []int{100_000, 1_000_000}

const far = 10_000_000

// soil is the database in which tables grow.
type soil interface {
	url() string
	trees(ctx context.Context) ([]tree, error)
	// cost is how many pages signing in reads and writes, on average, once the inner pages of trees are in the caches.
	cost(ctx context.Context, signIn func(*store.Store) error) (read, written float64, err error)
}

// signIns is how many of them are counted.
const signIns = 2000

// growth fills the hot tables (users, what they are found by, credentials, sessions) of one pool, and says at each size how large
// their trees are, how deep, and how many pages the statements of a password sign-in read and write. The depths at ten million are
// computed from the trees' fan-out.
func growth(b *bench) (all []result, err error) {
	ctx := context.Background()
	var in soil = file{filepath.Join(b.dir, "growth.db")}
	if b.database != "" {
		in = served{b.database}
	}
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
		if at, err = w.grow(ctx, in.url(), at, size); err != nil {
			return nil, err
		}
		trees, err := in.trees(ctx)
		if err != nil {
			return nil, err
		}
		read, written, err := in.cost(ctx, w.signInOf(size))
		if err != nil {
			return nil, err
		}
		all = append(all, ceiling(fmt.Sprintf("growth: pages read per sign-in, %d users", size), read, "", 0),
			ceiling(fmt.Sprintf("growth: pages written per sign-in, %d users", size), written, "", 0))
		total := 0.0
		for _, t := range trees {
			total += t.bytes
			if t.bytes < float64(size) { // less than a byte a user: it does not grow with them
				continue
			}
			all = append(all, ceiling(fmt.Sprintf("growth: %s, %d users, depth %d", t.name, size, t.depth), t.bytes/(1<<20), "MiB", 0))
			if t.depth == 0 {
				continue // a heap
			}
			all = append(all, ceiling(fmt.Sprintf("growth: %s, depth at %d users, computed", t.name, far), float64(t.depthAt(float64(far)/float64(size))), "", 0))
		}
		all = append(all, ceiling(fmt.Sprintf("growth: all together, %d users", size), total/float64(size), "bytes a user", 0))
	}
	return all, nil
}

// grow adds users up to a number, through a store that is opened for it: each with an alias, a credential and a session.
func (w *world) grow(ctx context.Context, url string, from, to int) (int, error) {
	db, err := store.Open(ctx, url, store.Options{})
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

// signInOf is what a password sign-in asks of the store, for people drawn by chance.
func (w *world) signInOf(size int) func(*store.Store) error {
	ctx := context.Background()
	return func(db *store.Store) error {
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
}

func repeat(times int, db *store.Store, do func(*store.Store) error) error {
	for range times {
		if err := do(db); err != nil {
			return err
		}
	}
	return nil
}

// tree is a table or an index.
type tree struct {
	name         string
	bytes        float64
	pages, inner int
	depth        int // 0: it is no tree
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
