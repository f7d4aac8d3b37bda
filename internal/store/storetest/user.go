package storetest

import (
	"strings"
	"testing"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/store"
)

// aliased are the keys of a user with an email alias.
func aliased(u *directory.User, email string) directory.Keys {
	return directory.Keys{Username: u.Username, Aliases: []directory.Alias{{Kind: "email", Value: email}}}
}

// found fails the test unless a login finds the user with an id ("" for nobody).
func found(t testing.TB, s *store.Store, login, id string) {
	t.Helper()
	u, err := s.FindUser(ctx(), poolID, login, strings.ToLower(login))
	if id == "" {
		faulty(t, "find "+login, err, fault.Missing, fault.User, "User does not exist.")
	} else if err != nil {
		t.Errorf("find %s: %v", login, err)
	} else if u.ID != id {
		t.Errorf("%s finds %s, want %s", login, u.ID, id)
	}
}

func users(t *testing.T, open Open) {
	t.Run("EveryFieldComesBack", func(t *testing.T) {
		t.Parallel()
		s := seeded(t, open)
		full := &directory.User{
			PoolID: poolID, ID: sub(1), Username: "Élise", Status: directory.ForceChangePassword, Enabled: true,
			Attributes:  map[string]string{"email": "Élise@example.com", "custom:x": "\"quoted\"\n\x00", "name": "%_"},
			Pending:     map[string]string{"email": "new@example.com"},
			MFA:         directory.UserMFA{Methods: []string{"SMS_MFA", "EMAIL_OTP"}, Preferred: "SMS_MFA"},
			SignedOutAt: later(1), CreatedAt: now, ModifiedAt: later(2),
		}
		bare := &directory.User{PoolID: poolID, ID: sub(2), Username: "bare", Status: directory.Unconfirmed}
		for _, want := range []*directory.User{full, bare} {
			must(t, s.InsertUser(ctx(), want, named(want)))
			got, err := s.User(ctx(), poolID, want.ID)
			must(t, err)
			same(t, "user", got, want)
			if got.Attributes == nil {
				t.Error("attributes are nil: writing to them would panic")
			}
			got, err = s.UpdateUser(ctx(), poolID, want.ID, func(u *directory.User) (directory.Keys, error) {
				return named(u), nil
			})
			must(t, err)
			same(t, "user after an update that changes nothing", got, want)
		}
	})
	t.Run("AnUnknownUserIsMissing", func(t *testing.T) {
		t.Parallel()
		s := seeded(t, open)
		_, read := s.User(ctx(), poolID, sub(1))
		_, elsewhere := s.User(ctx(), "r_other", insert(t, s, 2).ID)
		_, update := s.UpdateUser(ctx(), poolID, sub(1), func(u *directory.User) (directory.Keys, error) { return named(u), nil })
		for what, err := range map[string]error{
			"read": read, "read in another pool": elsewhere, "update": update, "delete": s.DeleteUser(ctx(), poolID, sub(1)),
		} {
			faulty(t, what, err, fault.Missing, fault.User, "User does not exist.")
		}
		for _, login := range []string{"", "nobody", "with\x00nul", "not utf-8 \xff", strings.Repeat("long", 2000)} {
			found(t, s, login, "")
		}
	})
	t.Run("AnUnknownPoolIsMissing", func(t *testing.T) {
		t.Parallel()
		u := user(1)
		faulty(t, "insert", open(t).InsertUser(ctx(), u, named(u)), fault.Missing, "", "User pool "+poolID+" does not exist.")
	})
	t.Run("ATakenNameIsRefused", func(t *testing.T) { t.Parallel(); takenNames(t, seeded(t, open)) })
	t.Run("ARefusedUpdateChangesNothing", func(t *testing.T) { t.Parallel(); refusedUpdates(t, seeded(t, open)) })
	t.Run("ALoginIsAUsernameThenASubThenAnAlias", func(t *testing.T) { t.Parallel(); logins(t, seeded(t, open)) })
	t.Run("AnUpdateReplacesTheKeys", func(t *testing.T) { t.Parallel(); replacedKeys(t, seeded(t, open)) })
	t.Run("NoUpdateIsLost", func(t *testing.T) {
		t.Parallel()
		s := seeded(t, open)
		insert(t, s, 1)
		together(t, 20, func(int) error {
			_, err := s.UpdateUser(ctx(), poolID, sub(1), func(u *directory.User) (directory.Keys, error) {
				u.Attributes["name"] += "x"
				return named(u), nil
			})
			return err
		})
		got, err := s.User(ctx(), poolID, sub(1))
		must(t, err)
		same(t, "name", got.Attributes["name"], strings.Repeat("x", 20))
		list, err := s.ListUsers(ctx(), directory.UserQuery{PoolID: poolID, Attribute: "name", Prefix: true, Limit: 50})
		must(t, err)
		same(t, "entries of the index", len(list), 1)
	})
	t.Run("OneOfManyGetsAName", func(t *testing.T) {
		t.Parallel()
		s := seeded(t, open)
		won := make(chan int, 20)
		together(t, 20, func(i int) error {
			u := user(i)
			u.Username = []string{"same", u.Username}[i%2]
			err := s.InsertUser(ctx(), u, aliased(u, "same@example.com"))
			if err == nil {
				won <- i
			} else if !fault.Is(err, fault.Exists, "") {
				return err
			}
			return nil
		})
		same(t, "winners", len(won), 1)
		found(t, s, "same@example.com", sub(<-won))
	})
	t.Run("DeletingAUserDeletesWhatBelongsToTheUser", func(t *testing.T) {
		t.Parallel()
		s := seeded(t, open)
		fill(t, s)
		must(t, s.DeleteUser(ctx(), poolID, sub(1)))
		emptyUser(t, s)
	})
}

func takenNames(t *testing.T, s *store.Store) {
	first := user(1)
	keys := aliased(first, "a@example.com")
	keys.Aliases = append(keys.Aliases, directory.Alias{Kind: "phone_number", Value: "+15550100"})
	must(t, s.InsertUser(ctx(), first, keys))

	second := user(2)
	second.Username = first.Username
	faulty(t, "username", s.InsertUser(ctx(), second, named(second)), fault.Exists, fault.Username, "User already exists")
	second = user(2)
	faulty(t, "email", s.InsertUser(ctx(), second, aliased(second, "a@example.com")),
		fault.Exists, fault.Alias, "An account with the given email already exists.")
	phone := directory.Keys{Username: second.Username, Aliases: []directory.Alias{{Kind: "phone_number", Value: "+15550100"}}}
	faulty(t, "phone", s.InsertUser(ctx(), second, phone),
		fault.Exists, fault.Alias, "An account with the given phone_number already exists.")
	second.ID = first.ID
	faulty(t, "sub", s.InsertUser(ctx(), second, named(second)), fault.Exists, fault.Username, "")

	// A refused user left nothing behind, and other pools have names of their own.
	insert(t, s, 2)
	must(t, s.InsertPool(ctx(), pool("r_other")))
	twin := user(1)
	twin.PoolID = "r_other"
	must(t, s.InsertUser(ctx(), twin, keys))
}

func refusedUpdates(t *testing.T, s *store.Store) {
	must(t, s.InsertUser(ctx(), user(1), aliased(user(1), "a@example.com")))
	must(t, s.InsertUser(ctx(), user(2), aliased(user(2), "b@example.com")))
	for what, c := range map[string]struct {
		keys    directory.Keys
		subject fault.Subject
	}{
		"username": {directory.Keys{Username: "user1"}, fault.Username},
		"alias":    {aliased(user(2), "a@example.com"), fault.Alias},
	} {
		_, err := s.UpdateUser(ctx(), poolID, sub(2), func(u *directory.User) (directory.Keys, error) {
			u.Attributes["email"] = "changed@example.com"
			return c.keys, nil
		})
		faulty(t, what, err, fault.Exists, c.subject, "")
	}
	_, err := s.UpdateUser(ctx(), poolID, sub(2), func(u *directory.User) (directory.Keys, error) {
		u.Enabled = false
		return directory.Keys{}, fault.Invalidf("no")
	})
	faulty(t, "change", err, fault.Invalid, "", "no")
	got, err := s.User(ctx(), poolID, sub(2))
	must(t, err)
	same(t, "user", got, user(2))
	found(t, s, "b@example.com", sub(2))
	list, err := s.ListUsers(ctx(), directory.UserQuery{PoolID: poolID, Attribute: "email", Prefix: true, Value: "changed", Limit: 9})
	must(t, err)
	same(t, "users with the refused value", list, nil)
}

func logins(t *testing.T, s *store.Store) {
	one, two, three := user(1), user(2), user(3)
	must(t, s.InsertUser(ctx(), one, directory.Keys{Username: "user1", Aliases: []directory.Alias{
		{Kind: "email", Value: "one@example.com"}, {Kind: "preferred_username", Value: "nick"}, {Kind: "phone_number", Value: "+1"},
	}}))
	two.Username = sub(1) // as odd as it gets: a username that is somebody else's sub
	must(t, s.InsertUser(ctx(), two, directory.Keys{Username: sub(1), Aliases: []directory.Alias{{Kind: "preferred_username", Value: "one@example.com"}}}))
	must(t, s.InsertUser(ctx(), three, directory.Keys{Username: "user3", Aliases: []directory.Alias{{Kind: "preferred_username", Value: sub(3)}}}))
	for login, id := range map[string]string{
		"user1": sub(1), "USER1": sub(1), "One@example.com": sub(1), "nick": sub(1), "+1": sub(1),
		sub(1): sub(2), sub(2): sub(2), sub(3): sub(3), "user2": "", "user": "", "example.com": "",
	} {
		found(t, s, login, id)
	}
}

func replacedKeys(t *testing.T, s *store.Store) {
	must(t, s.InsertUser(ctx(), user(1), aliased(user(1), "old@example.com")))
	long := strings.Repeat("é", 1500)
	for _, email := range []string{"new@example.com", long + "1", long + "2"} {
		_, err := s.UpdateUser(ctx(), poolID, sub(1), func(u *directory.User) (directory.Keys, error) {
			u.Username, u.Attributes["email"] = "renamed", email
			return aliased(u, email), nil
		})
		must(t, err)
		found(t, s, email, sub(1))
	}
	for _, gone := range []string{"user1", "old@example.com", "new@example.com", long + "1", long} {
		found(t, s, gone, "")
	}
	found(t, s, "renamed", sub(1))
	must(t, s.InsertUser(ctx(), user(2), aliased(user(2), "old@example.com")))
	// Long values that differ only at their end are different aliases.
	must(t, s.InsertUser(ctx(), user(3), aliased(user(3), long+"1")))
	faulty(t, "insert", s.InsertUser(ctx(), user(4), aliased(user(4), long+"2")), fault.Exists, fault.Alias, "")
}
