package storetest

import (
	"errors"
	"testing"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
)

func credentials(t *testing.T, open Open) {
	full := directory.Credential{
		Hash: "$argon2id$v=19$", SRP: []byte{0, 1, 255}, TemporaryUntil: later(1), History: []string{"b", "a"}, ChangedAt: now,
	}
	t.Run("EveryFieldComesBack", func(t *testing.T) {
		t.Parallel()
		s := seeded(t, open)
		insert(t, s, 1)
		for _, want := range []directory.Credential{{}, full, {Hash: "x"}, {}} {
			must(t, s.UpdateCredential(ctx(), poolID, sub(1), func(c *directory.Credential) error {
				*c = want
				return nil
			}))
			got, err := s.Credential(ctx(), poolID, sub(1))
			must(t, err)
			same(t, "credential", *got, want)
		}
	})
	t.Run("OneIsInsertedAsItIs", func(t *testing.T) {
		t.Parallel()
		s := seeded(t, open)
		insert(t, s, 1)
		must(t, s.InsertCredential(ctx(), poolID, sub(1), &full))
		got, err := s.Credential(ctx(), poolID, sub(1))
		must(t, err)
		same(t, "credential", *got, full)
		if err := s.InsertCredential(ctx(), poolID, sub(1), &full); err == nil {
			t.Error("a second credential was inserted")
		}
		faulty(t, "insert", s.InsertCredential(ctx(), poolID, sub(2), &full), fault.Missing, fault.User, "")
	})
	t.Run("AUserWithoutOneHasTheZeroCredential", func(t *testing.T) {
		t.Parallel()
		s := seeded(t, open)
		insert(t, s, 1)
		for _, id := range []string{sub(1), sub(2)} {
			got, err := s.Credential(ctx(), poolID, id)
			must(t, err)
			same(t, "credential", *got, directory.Credential{})
		}
	})
	t.Run("AnUnknownUserGetsNone", func(t *testing.T) {
		t.Parallel()
		s := seeded(t, open)
		err := s.UpdateCredential(ctx(), poolID, sub(1), func(*directory.Credential) error { return nil })
		faulty(t, "update", err, fault.Missing, fault.User, "")
	})
	t.Run("NoUpdateIsLostNotEvenOfTheFirst", func(t *testing.T) {
		t.Parallel()
		s := seeded(t, open)
		insert(t, s, 1)
		together(t, 20, func(int) error {
			return s.UpdateCredential(ctx(), poolID, sub(1), func(c *directory.Credential) error {
				c.Hash += "x"
				return nil
			})
		})
		got, err := s.Credential(ctx(), poolID, sub(1))
		must(t, err)
		same(t, "changes", len(got.Hash), 20)
	})
	t.Run("AFailedChangeChangesNothing", func(t *testing.T) {
		t.Parallel()
		s := seeded(t, open)
		insert(t, s, 1)
		no := errors.New("no")
		err := s.UpdateCredential(ctx(), poolID, sub(1), func(c *directory.Credential) error {
			c.Hash = "x"
			return no
		})
		if !errors.Is(err, no) {
			t.Errorf("update: %v, want the error of the change", err)
		}
		got, err := s.Credential(ctx(), poolID, sub(1))
		must(t, err)
		same(t, "credential", *got, directory.Credential{})
	})
	t.Run("DroppingVerifiersKeepsPasswordsAndOtherPools", func(t *testing.T) {
		t.Parallel()
		s := seeded(t, open)
		must(t, s.InsertPool(ctx(), pool("r_other")))
		for _, in := range []string{poolID, "r_other"} {
			u := user(1)
			u.PoolID = in
			must(t, s.InsertUser(ctx(), u, named(u)))
			must(t, s.UpdateCredential(ctx(), in, u.ID, func(c *directory.Credential) error {
				*c = full
				return nil
			}))
		}
		must(t, s.DropSRP(ctx(), poolID))
		got, err := s.Credential(ctx(), poolID, sub(1))
		must(t, err)
		want := full
		want.SRP = nil
		same(t, "credential", *got, want)
		got, err = s.Credential(ctx(), "r_other", sub(1))
		must(t, err)
		same(t, "credential of another pool", *got, full)
	})
}
