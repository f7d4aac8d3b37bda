package storetest

import (
	"testing"
	"time"

	"cognate.dev/cognate/internal/account"
	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/key"
	"cognate.dev/cognate/internal/signin"
	"cognate.dev/cognate/internal/store"
)

// fill puts one of everything that belongs to a pool into the pool of the tests.
func fill(t testing.TB, s *store.Store) {
	t.Helper()
	must(t, s.InsertClient(ctx(), client("client")))
	must(t, s.InsertGroup(ctx(), group("admin")))
	_, err := s.PutActiveKey(ctx(), signingKey("kid", key.ForID, now), "", time.Time{})
	must(t, err)
	fillUser(t, s)
}

// fillUser adds the user 1 and one of everything that belongs to a user.
func fillUser(t testing.TB, s *store.Store) {
	t.Helper()
	u := user(1)
	must(t, s.InsertUser(ctx(), u, directory.Keys{Username: u.Username, Aliases: []directory.Alias{{Kind: "email", Value: "user1@example.com"}}}))
	must(t, s.AddMember(ctx(), poolID, "admin", u.ID))
	must(t, s.UpdateCredential(ctx(), poolID, u.ID, func(c *directory.Credential) error {
		c.Hash = "hash"
		return nil
	}))
	must(t, s.SaveCode(ctx(), code(u.ID, account.SignUpCode)))
	_, err := s.CountAttempt(ctx(), poolID, u.ID, "reset", now, time.Hour)
	must(t, err)
	must(t, s.UpdateLockout(ctx(), poolID, u.ID, func(l *signin.Lockout) { l.Failures = 1 }))
	must(t, s.InsertSession(ctx(), session(1, u.ID)))
	fillFactors(t, s, u.ID)
}

// empty fails the test if anything that fill put there is left. The user is made anew, so that leftovers would show.
func empty(t testing.TB, s *store.Store) {
	t.Helper()
	if c, err := s.Client(ctx(), "client"); err == nil {
		t.Errorf("client %v is left", c)
	}
	ks, err := s.Keys(ctx(), poolID, now)
	must(t, err)
	same(t, "keys", ks, nil)
	gs, err := s.ListGroups(ctx(), poolID, "", 10)
	must(t, err)
	same(t, "groups", gs, nil)
	emptyUser(t, s)
}

func emptyUser(t testing.TB, s *store.Store) {
	t.Helper()
	if u, err := s.FindUser(ctx(), poolID, "user1@example.com", "user1@example.com"); err == nil {
		t.Errorf("the alias of %v is left", u)
	}
	u := user(1)
	u.Attributes = nil
	must(t, s.InsertUser(ctx(), u, named(u)))
	list, err := s.ListUsers(ctx(), directory.UserQuery{PoolID: poolID, Attribute: "email", Prefix: true, Limit: 10})
	must(t, err)
	same(t, "users by email", list, nil)
	gs, err := s.GroupsOf(ctx(), poolID, u.ID)
	must(t, err)
	same(t, "groups of user", gs, nil)
	cred, err := s.Credential(ctx(), poolID, u.ID)
	must(t, err)
	same(t, "credential", cred, &directory.Credential{})
	c, err := s.Code(ctx(), poolID, u.ID, account.SignUpCode)
	must(t, err)
	same(t, "code", c, nil)
	n, err := s.CountAttempt(ctx(), poolID, u.ID, "reset", now, time.Hour)
	must(t, err)
	same(t, "attempts", n, 1)
	l, err := s.Lockout(ctx(), poolID, u.ID)
	must(t, err)
	same(t, "lockout", l, signin.Lockout{})
	one, err := s.Session(ctx(), session(1, u.ID).ID)
	must(t, err)
	same(t, "session", one, nil)
	noFactors(t, s, u.ID)
}

func house(t *testing.T, open Open) {
	t.Run("ResetLeavesNothing", func(t *testing.T) {
		t.Parallel()
		s := seeded(t, open)
		fill(t, s)
		must(t, s.InsertAccessKey(ctx(), accessKey("AKIAEXAMPLE")))
		_, err := s.Consume(ctx(), "mark", now)
		must(t, err)
		must(t, s.Reset(ctx()))
		must(t, s.InsertPool(ctx(), pool(poolID)))
		empty(t, s)
		list, err := s.ListAccessKeys(ctx())
		must(t, err)
		same(t, "access keys", list, nil)
		used, err := s.Consumed(ctx(), "mark")
		must(t, err)
		same(t, "mark", used, false)
	})
	t.Run("SweepRemovesWhatHasEndedAndKeepsTheRest", func(t *testing.T) {
		t.Parallel()
		s := seeded(t, open)
		insert(t, s, 1)
		ended, alive := later(-1), later(1)
		for i, at := range []time.Time{ended, alive} {
			c := code(sub(1), account.Purpose([]string{"attribute:email", "attribute:phone_number"}[i]))
			c.ExpiresAt = at
			must(t, s.SaveCode(ctx(), c))
			one := session(i, sub(1))
			one.ExpiresAt = at.Add(-24 * time.Hour) // access tokens outlive their session, by a day at most
			must(t, s.InsertSession(ctx(), one))
			_, err := s.Consume(ctx(), []string{"old", "new"}[i], at)
			must(t, err)
			must(t, s.UpdateLockout(ctx(), poolID, sub(i), func(l *signin.Lockout) {
				l.Failures, l.LastFailure = 1, at.Add(-24*time.Hour)
			}))
			_, err = s.CountAttempt(ctx(), poolID, sub(i), "reset", at.Add(-time.Minute), time.Minute)
			must(t, err)
		}
		_, err := s.PutActiveKey(ctx(), signingKey("old", key.ForID, later(-9)), "", time.Time{})
		must(t, err)
		_, err = s.PutActiveKey(ctx(), signingKey("new", key.ForID, later(-8)), "old", ended)
		must(t, err)
		must(t, s.Sweep(ctx(), now))
		if got := survivors(t, s); got != [2]int{0, 6} {
			t.Errorf("of what ended and of what is alive %v are left, want none and 6", got)
		}
	})
	t.Run("PingAnswers", func(t *testing.T) {
		t.Parallel()
		must(t, open(t).Ping(ctx()))
	})
}

// survivors counts what the sweep left of the old (0) and the new (1) things.
func survivors(t testing.TB, s *store.Store) (left [2]int) {
	t.Helper()
	for i := range 2 {
		c, err := s.Code(ctx(), poolID, sub(1), []account.Purpose{"attribute:email", "attribute:phone_number"}[i])
		must(t, err)
		one, err := s.Session(ctx(), session(i, sub(1)).ID)
		must(t, err)
		used, err := s.Consumed(ctx(), []string{"old", "new"}[i])
		must(t, err)
		l, err := s.Lockout(ctx(), poolID, sub(i))
		must(t, err)
		// A counter that was removed starts again at a time at which it would still have counted.
		tries, err := s.CountAttempt(ctx(), poolID, sub(i), "reset", later(-2), time.Minute)
		must(t, err)
		for _, there := range []bool{c != nil, one != nil, used, l.Failures > 0, tries > 1} {
			if there {
				left[i]++
			}
		}
	}
	ks, err := s.Keys(ctx(), poolID, later(-9))
	must(t, err)
	for _, k := range ks {
		if k.KID == "old" {
			left[0]++
		} else {
			left[1]++
		}
	}
	return left
}
