package storetest

import (
	"fmt"
	"testing"

	"cognate.dev/cognate/internal/factor"
	"cognate.dev/cognate/internal/fault"
)

// passkey is the n-th passkey. Ids grow with n.
func passkey(n int) factor.Passkey {
	return factor.Passkey{
		ID: fmt.Sprintf("passkey-%03d", n), PublicKey: []byte{1, byte(n)}, RelyingPartyID: "example.com", Name: "phone",
		Attachment: "platform", Transports: []string{"internal", "hybrid"}, BackupEligible: true, BackedUp: true,
		SignCount: 4_000_000_000, CreatedAt: later(n), UsedAt: later(n + 1),
	}
}

func passkeys(t *testing.T, open Open) {
	t.Run("EveryFieldComesBackOldestFirst", func(t *testing.T) {
		t.Parallel()
		s := seeded(t, open)
		insert(t, s, 1)
		insert(t, s, 2)
		bare := factor.Passkey{ID: "bare", PublicKey: []byte{2}, RelyingPartyID: "example.com", CreatedAt: now}
		for _, p := range []factor.Passkey{passkey(1), bare} {
			must(t, s.InsertPasskey(ctx(), poolID, sub(1), p, 20))
		}
		got, err := s.Passkeys(ctx(), poolID, sub(1))
		must(t, err)
		same(t, "passkeys", got, []factor.Passkey{bare, passkey(1)})
		got, err = s.Passkeys(ctx(), poolID, sub(2))
		must(t, err)
		same(t, "passkeys of somebody else", got, nil)
		must(t, s.UpdatePasskey(ctx(), poolID, sub(1), "bare", func(p *factor.Passkey) error {
			p.SignCount, p.UsedAt, p.BackedUp = 9, later(9), true
			return nil
		}))
		bare.SignCount, bare.UsedAt, bare.BackedUp = 9, later(9), true
		got, err = s.Passkeys(ctx(), poolID, sub(1))
		must(t, err)
		same(t, "changed passkey", got[0], bare)
		has, err := s.Registered(ctx(), poolID, sub(1))
		must(t, err)
		same(t, "registered", has, factor.Registered{Passkeys: 2})
	})
	t.Run("OneCredentialHasOneOwner", func(t *testing.T) {
		t.Parallel()
		s := seeded(t, open)
		insert(t, s, 1)
		insert(t, s, 2)
		must(t, s.InsertPasskey(ctx(), poolID, sub(1), passkey(1), 20))
		faulty(t, "second owner", s.InsertPasskey(ctx(), poolID, sub(2), passkey(1), 20), fault.Exists, "", "")
		faulty(t, "nobody", s.InsertPasskey(ctx(), poolID, sub(3), passkey(2), 20), fault.Missing, fault.User, "")
		unchanged := func(p *factor.Passkey) error {
			t.Error("somebody else's passkey was changed")
			return nil
		}
		faulty(t, "update", s.UpdatePasskey(ctx(), poolID, sub(2), passkey(1).ID, unchanged), fault.Missing, "", "")
		found, err := s.DeletePasskey(ctx(), poolID, sub(2), passkey(1).ID)
		must(t, err)
		same(t, "deleted somebody else's", found, false)
		found, err = s.DeletePasskey(ctx(), poolID, sub(1), passkey(1).ID)
		must(t, err)
		same(t, "deleted", found, true)
	})
	t.Run("ManyAtOnceStayBelowTheLimit", func(t *testing.T) {
		t.Parallel()
		s := seeded(t, open)
		insert(t, s, 1)
		together(t, 10, func(i int) error {
			err := s.InsertPasskey(ctx(), poolID, sub(1), passkey(i), 3)
			if fault.Is(err, fault.Limited, "") {
				return nil
			}
			return err
		})
		got, err := s.Passkeys(ctx(), poolID, sub(1))
		must(t, err)
		same(t, "passkeys", len(got), 3)
	})
}
