package storetest

import (
	"sync/atomic"
	"testing"
	"time"

	"cognate.dev/cognate/internal/account"
	"cognate.dev/cognate/internal/fault"
)

func code(userID string, p account.Purpose) account.Code {
	return account.Code{
		PoolID: poolID, UserID: userID, Purpose: p, MAC: []byte{1, 0, 255}, Attribute: "email", Value: "a@example.com",
		CreatedAt: now, ExpiresAt: later(1), Failures: 1,
	}
}

func codes(t *testing.T, open Open) {
	t.Run("EveryFieldComesBack", func(t *testing.T) {
		t.Parallel()
		s := seeded(t, open)
		insert(t, s, 1)
		bare := account.Code{PoolID: poolID, UserID: sub(1), Purpose: account.ResetCode}
		for _, want := range []account.Code{code(sub(1), account.SignUpCode), bare} {
			must(t, s.SaveCode(ctx(), want))
			got, err := s.Code(ctx(), poolID, sub(1), want.Purpose)
			must(t, err)
			same(t, "code", got, &want)
		}
		none, err := s.Code(ctx(), poolID, sub(1), "attribute:email")
		must(t, err)
		same(t, "a code that was never sent", none, nil)
	})
	t.Run("ANewCodeReplacesTheOld", func(t *testing.T) {
		t.Parallel()
		s := seeded(t, open)
		insert(t, s, 1)
		must(t, s.SaveCode(ctx(), code(sub(1), account.SignUpCode)))
		want := account.Code{
			PoolID: poolID, UserID: sub(1), Purpose: account.SignUpCode, MAC: []byte{2}, Attribute: "phone_number", Value: "+1",
			CreatedAt: later(2), ExpiresAt: later(3),
		}
		must(t, s.SaveCode(ctx(), want))
		got, err := s.Code(ctx(), poolID, sub(1), account.SignUpCode)
		must(t, err)
		same(t, "code", got, &want)
	})
	t.Run("AnUnknownUserGetsNone", func(t *testing.T) {
		t.Parallel()
		faulty(t, "save", seeded(t, open).SaveCode(ctx(), code(sub(1), account.SignUpCode)), fault.Missing, fault.User, "")
	})
	t.Run("ACodeWorksOnce", func(t *testing.T) {
		t.Parallel()
		s := seeded(t, open)
		insert(t, s, 1)
		must(t, s.SaveCode(ctx(), code(sub(1), account.SignUpCode)))
		var worked, none atomic.Int32
		together(t, 20, func(int) error {
			return s.UpdateCode(ctx(), poolID, sub(1), account.SignUpCode, func(c *account.Code) (bool, error) {
				if c == nil {
					none.Add(1)
				} else {
					worked.Add(1)
				}
				return false, nil
			})
		})
		same(t, "times it worked", worked.Load(), 1)
		same(t, "times there was none", none.Load(), 19)
	})
	t.Run("NoFailureIsLost", func(t *testing.T) {
		t.Parallel()
		s := seeded(t, open)
		insert(t, s, 1)
		want := code(sub(1), account.SignUpCode)
		must(t, s.SaveCode(ctx(), want))
		together(t, 20, func(int) error {
			return s.UpdateCode(ctx(), poolID, sub(1), account.SignUpCode, func(c *account.Code) (bool, error) {
				c.Failures++
				return true, nil
			})
		})
		got, err := s.Code(ctx(), poolID, sub(1), account.SignUpCode)
		must(t, err)
		want.Failures += 20
		same(t, "code", got, &want)
	})
	t.Run("AFailedChangeKeepsTheCode", func(t *testing.T) {
		t.Parallel()
		s := seeded(t, open)
		insert(t, s, 1)
		want := code(sub(1), account.SignUpCode)
		must(t, s.SaveCode(ctx(), want))
		err := s.UpdateCode(ctx(), poolID, sub(1), account.SignUpCode, func(c *account.Code) (bool, error) {
			c.Failures = 9
			return false, fault.BadCode()
		})
		faulty(t, "update", err, fault.Mismatch, "", "")
		got, err := s.Code(ctx(), poolID, sub(1), account.SignUpCode)
		must(t, err)
		same(t, "code", got, &want)
	})
	t.Run("AttemptsCountWithinTheirWindow", func(t *testing.T) {
		t.Parallel()
		s := seeded(t, open)
		for i, c := range []struct {
			user, operation string
			at              time.Duration
			want            int
		}{
			{"u", "reset", 0, 1}, {"u", "reset", time.Minute, 2}, {"u", "resend", time.Minute, 1}, {"v", "reset", time.Minute, 1},
			{"u", "reset", time.Hour - time.Millisecond, 3}, {"u", "reset", time.Hour, 1}, {"u", "reset", time.Hour + time.Minute, 2},
		} {
			n, err := s.CountAttempt(ctx(), poolID, c.user, c.operation, now.Add(c.at), time.Hour)
			must(t, err)
			if n != c.want {
				t.Errorf("attempt %d of %s to %s counts %d, want %d", i, c.user, c.operation, n, c.want)
			}
		}
		_, err := s.CountAttempt(ctx(), "r_none", "u", "reset", now, time.Hour)
		faulty(t, "count in no pool", err, fault.Missing, "", "")
	})
	t.Run("NoAttemptIsLost", func(t *testing.T) {
		t.Parallel()
		s := seeded(t, open)
		counts := make(chan int, 20)
		together(t, 20, func(int) error {
			n, err := s.CountAttempt(ctx(), poolID, "u", "reset", now, time.Hour)
			counts <- n
			return err
		})
		seen := map[int]bool{}
		for range 20 {
			seen[<-counts] = true
		}
		same(t, "different counts", len(seen), 20)
	})
}
