package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/store"
)

// BenchmarkRows is the store's share of the scale scenario: a user by name and by email among more and more others.
func BenchmarkRows(b *testing.B) {
	for _, size := range sizes {
		ctx := context.Background()
		db, err := store.Open(ctx, "sqlite:"+filepath.Join(b.TempDir(), "rows.db"), store.Options{})
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { _ = db.Close() })
		w := &world{pool: "us-east-1_Example01", users: people("us-east-1_Example01", size)}
		if err := w.copyUsers(ctx, db); err != nil {
			b.Fatal(err)
		}
		for name, read := range map[string]func(u directory.User) (int, error){
			"name": func(u directory.User) (int, error) {
				_, err := db.FindUser(ctx, w.pool, u.Username, u.Username)
				return 1, err
			},
			"email": func(u directory.User) (int, error) {
				list, err := db.ListUsers(ctx, directory.UserQuery{PoolID: w.pool, Attribute: "email", Value: strings.ToLower(u.Attributes["email"]), Limit: 61})
				return len(list), err
			},
		} {
			b.Run(fmt.Sprintf("%s/%d", name, size), func(b *testing.B) {
				b.ReportAllocs()
				before := ownCPU()
				b.RunParallel(func(pb *testing.PB) {
					for pb.Next() {
						if n, err := read(w.users[rand.IntN(size)]); err != nil || n != 1 {
							b.Errorf("%d users, %v", n, err)
							return
						}
					}
				})
				b.ReportMetric(float64(ownCPU()-before)/float64(b.N), "cpu-ns/op") // for a busy machine
			})
		}
	}
}
