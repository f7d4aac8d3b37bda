package storetest

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/kit/secret"
	"cognate.dev/cognate/internal/masterkey"
	"cognate.dev/cognate/internal/sts"
)

func masterKeys(t *testing.T, open Open) {
	keep := func(s masterkey.State) (string, error) { return s.Sealing(), nil }
	t.Run("OneKeyBecomesTheFirst", func(t *testing.T) {
		t.Parallel()
		s := open(t)
		var said [20]string
		together(t, 20, func(i int) error {
			me := masterkey.Holder{Node: string(rune('a' + i)), Host: "h", Keys: []string{"k" + string(rune('a'+i))}}
			state, err := s.AgreeOnKey(ctx(), me, func(s masterkey.State) (string, error) {
				if s.Sealing() != "" {
					return s.Sealing(), nil
				}
				return me.Keys[0], nil
			})
			said[i] = state.Sealing()
			return err
		})
		for _, id := range said {
			same(t, "the key that seals", id, said[0])
		}
		state, err := s.KeyState(ctx())
		must(t, err)
		same(t, "keys that have sealed", len(state.Uses), 1)
		same(t, "nodes", len(state.Holders), 20)
	})
	t.Run("ANodeThatJoinsAndAKeyThatChangesSeeEachOther", func(t *testing.T) {
		t.Parallel()
		for range 10 {
			s := open(t)
			_, err := s.AgreeOnKey(ctx(), masterkey.Holder{Node: "a", Keys: []string{"k1"}}, func(masterkey.State) (string, error) { return "k1", nil })
			must(t, err)
			var switched, lacking atomic.Bool
			together(t, 2, func(i int) error {
				me := masterkey.Holder{Node: "a", Keys: []string{"k2", "k1"}}
				if i == 1 {
					me = masterkey.Holder{Node: "b", Keys: []string{"k1"}}
				}
				state, err := s.AgreeOnKey(ctx(), me, func(s masterkey.State) (string, error) { return masterkey.Decide(me, s) })
				var lacks *masterkey.LacksError
				switch {
				case i == 1 && errors.As(err, &lacks):
					lacking.Store(true)
					return nil
				case i == 0:
					switched.Store(state.Sealing() == "k2")
				}
				return err
			})
			same(t, "the old node was refused if, and only if, the key changed before", lacking.Load(), switched.Load())
		}
	})
	t.Run("ARefusalChangesNothing", func(t *testing.T) {
		t.Parallel()
		s := open(t)
		_, err := s.AgreeOnKey(ctx(), masterkey.Holder{Node: "a", Keys: []string{"k1"}}, func(masterkey.State) (string, error) { return "", &masterkey.LacksError{ID: "k2"} })
		if err == nil {
			t.Error("no error")
		}
		state, err := s.KeyState(ctx())
		must(t, err)
		same(t, "nodes", len(state.Holders)+len(state.Uses), 0)
		_, err = s.AgreeOnKey(ctx(), masterkey.Holder{Node: "a", Host: "h", Keys: []string{"k2", "k1"}}, func(masterkey.State) (string, error) { return "k1", nil })
		must(t, err)
		state, err = s.AgreeOnKey(ctx(), masterkey.Holder{Node: "b", Host: "h", Keys: []string{"k1"}}, keep)
		must(t, err)
		same(t, "nodes", state.Holders[0], masterkey.Holder{Node: "a", Host: "h", Keys: []string{"k2", "k1"}, Seals: "k1"})
		must(t, s.LeaveKeys(ctx(), "b"))
		state, err = s.KeyState(ctx())
		must(t, err)
		same(t, "nodes after one left", len(state.Holders), 1)
	})
	t.Run("ValuesAreSealedAnew", func(t *testing.T) {
		t.Parallel()
		s := seeded(t, open)
		before, err := secret.NewKeyring(secret.Key{ID: "k1", Secret: [32]byte{1}})
		must(t, err)
		after, err := secret.NewKeyring(secret.Key{ID: "k2", Secret: [32]byte{2}}, secret.Key{ID: "k1", Secret: [32]byte{1}})
		must(t, err)
		const people = 450 // more than two steps
		must(t, s.InTx(ctx(), func(ctx context.Context) error {
			for i := range people {
				u := user(i)
				id := u.ID
				if err := s.InsertUser(ctx, u, named(u)); err != nil {
					return err
				}
				bound := []byte(poolID + "\x00" + id)
				c := &directory.Credential{SRP: before.Seal(directory.SealedVerifier().Purpose, []byte(id), bound), Hash: "$argon2id$"}
				if i%3 == 0 {
					c.Hash = directory.SealedHash().Prefix + before.SealString(directory.SealedHash().Purpose, []byte(id), bound)
				}
				if err := s.InsertCredential(ctx, poolID, id, c); err != nil {
					return err
				}
			}
			return nil
		}))
		must(t, s.InsertAccessKey(ctx(), sts.AccessKey{ID: "AKIA", Sealed: before.Seal(sts.Sealed().Purpose, []byte("s"), []byte("AKIA")), CreatedAt: now}))
		must(t, s.InsertAccessKey(ctx(), sts.AccessKey{ID: "MOVED", Sealed: before.Seal(sts.Sealed().Purpose, []byte("s"), []byte("AKIA")), CreatedAt: now}))
		count, err := s.SealedUnder(ctx(), after)
		must(t, err)
		same(t, "before", count, map[string]int{"k1": people + people/3 + 2})

		// Cut short in the middle, and begun again.
		cut, stop := context.WithCancel(ctx())
		if _, err := s.Reseal(cut, after, func(n int) {
			if n > 0 {
				stop()
			}
		}); err == nil {
			t.Error("a job that was cut short ended well")
		}
		total := 0
		left, err := s.Reseal(ctx(), after, func(n int) { total += n })
		must(t, err)
		same(t, "what was of another row stays as it is", left, 1)
		if total == 0 || total >= people+people/3+1 {
			t.Errorf("%d were sealed anew the second time", total)
		}
		count, err = s.SealedUnder(ctx(), after)
		must(t, err)
		same(t, "after", count, map[string]int{"k2": people + people/3 + 1, "k1": 1})
		c, err := s.Credential(ctx(), poolID, sub(0))
		must(t, err)
		plain, err := after.Open(directory.SealedVerifier().Purpose, c.SRP, []byte(poolID+"\x00"+sub(0)))
		must(t, err)
		same(t, "a verifier", string(plain), sub(0))
		_, err = s.Reseal(ctx(), after, func(n int) { same(t, "nothing is left to do", n, 0) })
		must(t, err)
	})
	t.Run("SessionsWithOldTokensAreCounted", func(t *testing.T) {
		t.Parallel()
		s := seeded(t, open)
		at, end := time.Now().UTC().Truncate(time.Second), time.Now().UTC().Add(time.Hour).Truncate(time.Second)
		insert(t, s, 1)
		for i, c := range []struct{ created, rotated, revoked, expires time.Time }{
			{created: at.Add(-time.Hour), expires: end},
			{created: at.Add(-time.Hour), expires: at.Add(-time.Minute)},               // ended
			{created: at.Add(-time.Hour), expires: end, revoked: at.Add(-time.Minute)}, // revoked
			{created: at.Add(-time.Hour), rotated: at.Add(time.Minute), expires: end},  // has a newer token
			{created: at.Add(time.Minute), expires: end.Add(time.Hour)},                // is newer
			{created: at.Add(-time.Hour), rotated: at.Add(-time.Minute), expires: end}, // its newest token is old
		} {
			x := session(i, sub(1))
			x.CreatedAt, x.RotatedAt, x.RevokedAt, x.ExpiresAt = c.created, c.rotated, c.revoked, c.expires
			must(t, s.InsertSession(ctx(), x))
		}
		n, until, err := s.SessionsBefore(ctx(), at)
		must(t, err)
		same(t, "sessions", n, 2)
		same(t, "the last ends", until, end)
	})
}
