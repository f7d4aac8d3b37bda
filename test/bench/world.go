package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/kit/random"
	"cognate.dev/cognate/internal/kit/secret"
	"cognate.dev/cognate/internal/password"
	"cognate.dev/cognate/internal/store"
)

// secretWord is everybody's password. One hash of it serves all users: a sign-in costs the same, and making a world
// of a hundred thousand does not take an hour.
const secretWord = "Correct-Horse1"

// world is a data folder with a pool, an app client that allows no SRP, and a number of users.
type world struct {
	home, data   string
	pool, client string
	key, secret  string
	users        []directory.User
	hash         string
}

// makeWorld lets the server itself make everything but the users, which go into its database while it is down.
func makeWorld(b *bench, size int) (*world, error) {
	home, err := os.MkdirTemp(b.dir, fmt.Sprintf("users-%d-", size))
	if err != nil {
		return nil, err
	}
	w := &world{home: home, data: filepath.Join(home, "data")}
	s, err := launch(b.binary, w.data, b.policies)
	if err != nil {
		return nil, err
	}
	w.key, w.secret = s.key, s.secret
	if err := errors.Join(w.furnish(s), s.stop()); err != nil {
		return nil, err
	}
	ctx := context.Background()
	keys, err := secret.LoadOrCreate(filepath.Join(w.data, "master.key"))
	if err != nil {
		return nil, err
	}
	db, err := store.Open(ctx, "sqlite:"+filepath.Join(w.data, "cognate.db"), store.Options{Sealer: keys})
	if err != nil {
		return nil, err
	}
	w.hash, err = password.NewHasher(password.Params{}, 0).Hash(ctx, secretWord)
	if err == nil {
		w.users = people(w.pool, size)
		err = w.populate(ctx, db)
	}
	return w, errors.Join(err, db.Close())
}

// furnish makes the pool, its client and a group, as an administrator does.
func (w *world) furnish(s *server) error {
	if s.key == "" || s.secret == "" {
		return errors.New("the first start printed no access key")
	}
	pool, err := s.call("CreateUserPool", object{"PoolName": "bench"})
	if err != nil {
		return err
	}
	w.pool = pool.text("UserPool", "Id")
	client, err := s.call("CreateUserPoolClient", object{"UserPoolId": w.pool, "ClientName": "bench",
		"ExplicitAuthFlows": []string{"ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"}})
	if err != nil {
		return err
	}
	w.client = client.text("UserPoolClient", "ClientId")
	_, err = s.call("CreateGroup", object{"UserPoolId": w.pool, "GroupName": "user"})
	return err
}

// people are users as a sign-up form leaves them.
func people(pool string, n int) []directory.User {
	all := make([]directory.User, n)
	for i := range all {
		all[i] = person(pool, i)
	}
	return all
}

// person is the i-th of them; ids are drawn by chance.
func person(pool string, i int) directory.User {
	at := time.UnixMilli(1_700_000_000_000 + int64(i)).UTC()
	return directory.User{
		PoolID: pool, ID: random.UUID(), Username: fmt.Sprintf("user%06d", i),
		Status: directory.Confirmed, Enabled: true,
		Attributes: map[string]string{
			"email": fmt.Sprintf("user%06d@example.com", i), "email_verified": "true",
			"given_name": fmt.Sprintf("Given%d", i%997), "family_name": fmt.Sprintf("Family%d", i%4999),
		},
		CreatedAt: at, ModifiedAt: at,
	}
}

// populate writes the users with their passwords; every tenth is in the group.
func (w *world) populate(ctx context.Context, db *store.Store) error {
	return w.batches(ctx, db, func(ctx context.Context, i int, u *directory.User) error {
		if err := db.InsertUser(ctx, u, directory.Keys{Username: u.Username}); err != nil {
			return err
		}
		if i%10 == 0 {
			if err := db.AddMember(ctx, w.pool, "user", u.ID); err != nil {
				return err
			}
		}
		return db.UpdateCredential(ctx, w.pool, u.ID, func(c *directory.Credential) error {
			c.Hash, c.ChangedAt = w.hash, u.CreatedAt
			return nil
		})
	})
}

// copyUsers writes the same user rows into another store.
func (w *world) copyUsers(ctx context.Context, db *store.Store) error {
	if err := db.InsertPool(ctx, emptyPool(w.pool)); err != nil {
		return err
	}
	return w.batches(ctx, db, func(ctx context.Context, _ int, u *directory.User) error {
		return db.InsertUser(ctx, u, directory.Keys{Username: u.Username})
	})
}

func emptyPool(id string) *directory.Pool {
	return &directory.Pool{ID: id, Region: "us-east-1", CreatedAt: time.Now(), ModifiedAt: time.Now()}
}

// batches runs write for each user, a few in a transaction: SQLite keeps what a part could undo in memory only up to 64 KiB.
func (w *world) batches(ctx context.Context, db *store.Store, write func(context.Context, int, *directory.User) error) error {
	const batch = 20
	for from := 0; from < len(w.users); from += batch {
		err := db.InTx(ctx, func(ctx context.Context) error {
			for i := from; i < min(from+batch, len(w.users)); i++ {
				if err := write(ctx, i, &w.users[i]); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("populate: %w", err)
		}
	}
	return nil
}

// start runs a server on the world. Only one may run at a time.
func (w *world) start(b *bench) (*server, error) {
	s, err := launch(b.binary, w.data, b.policies)
	if err != nil {
		return nil, err
	}
	s.key, s.secret = w.key, w.secret // only the first start prints them
	return s, nil
}

// tokens are what a sign-in gave.
type tokens struct{ access, refresh string }

// signIn signs in the first n users.
func (w *world) signIn(s *server, n int) ([]tokens, error) {
	c, err := dial(s.cognito)
	if err != nil {
		return nil, err
	}
	defer c.net.Close()
	var all []tokens
	for i := range n {
		req, err := w.signInRequest(s, i)
		if err != nil {
			return nil, err
		}
		got, err := c.object("InitiateAuth", req)
		if err != nil {
			return nil, err
		}
		t := tokens{access: got.text("AuthenticationResult", "AccessToken"), refresh: got.text("AuthenticationResult", "RefreshToken")}
		if t.access == "" || t.refresh == "" {
			return nil, errors.New("a sign-in gave no tokens")
		}
		all = append(all, t)
	}
	return all, nil
}

func (w *world) signInRequest(s *server, i int) ([]byte, error) {
	return s.unsigned("InitiateAuth", object{"AuthFlow": "USER_PASSWORD_AUTH", "ClientId": w.client,
		"AuthParameters": object{"USERNAME": w.users[i].Username, "PASSWORD": secretWord}})
}
