package factor_test

import (
	"bytes"
	"context"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pquerna/otp/totp"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/factor"
	"cognate.dev/cognate/internal/fault"
)

// code is what an app shows, so many steps of 30 seconds ahead.
func (w *world) code(secret string, ahead int) string {
	w.t.Helper()
	c, err := totp.GenerateCode(secret, w.clock.Now().Add(time.Duration(ahead)*30*time.Second))
	w.check(err)
	return c
}

// registered gives alice an app and returns its secret. The code of the current step is used up by that.
func (w *world) registered() string {
	w.t.Helper()
	secret, err := w.Associate(w.t.Context(), w.pool, w.alice.ID)
	w.check(err)
	w.check(w.Verify(w.t.Context(), w.pool, w.alice.ID, w.code(secret, 0), "phone"))
	return secret
}

func wrongCode(t *testing.T, err error) {
	t.Helper()
	refused(t, err, fault.Mismatch, "", "Invalid code received for user")
}

func usedCode(t *testing.T, err error) {
	t.Helper()
	refused(t, err, fault.Expired, "", "Your software token has already been used once.")
}

func TestCodesCountWithinOneStep(t *testing.T) {
	t.Parallel()
	for ahead, ok := range map[int]bool{-3: false, -2: false, -1: true, 0: true, 1: true, 2: false, 3: false} {
		w := newWorld(t, allMFA)
		secret := w.registered()
		w.clock.Advance(10 * time.Minute)
		err := w.CheckCode(t.Context(), w.pool.ID, w.alice.ID, w.code(secret, ahead))
		if ok {
			w.check(err)
		} else {
			wrongCode(t, err)
		}
	}
}

// TestTheCodesAreThoseOfTheStandard uses the vectors of RFC 6238 appendix B, cut to six digits.
func TestTheCodesAreThoseOfTheStandard(t *testing.T) {
	t.Parallel()
	const secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ" // "12345678901234567890"
	for at, code := range map[int64]string{1111111109: "081804", 1234567890: "005924", 2000000000: "279037"} {
		w := newWorld(t, allMFA)
		w.clock.Advance(time.Unix(at, 0).Sub(w.clock.Now()))
		w.check(w.VerifyFirst(t.Context(), w.pool, w.alice.ID, secret, code, ""))
	}
}

func TestACodeWorksOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, allMFA)
	secret := w.registered()
	check := func(ahead int) error {
		return w.CheckCode(t.Context(), w.pool.ID, w.alice.ID, w.code(secret, ahead))
	}
	usedCode(t, check(0)) // it proved the app
	w.check(check(1))
	usedCode(t, check(1))
	usedCode(t, check(0)) // an older one neither: somebody may have looked over a shoulder
	w.clock.Advance(30 * time.Second)
	usedCode(t, check(0))
	w.check(check(1))
}

func TestOfManyUsesOfACodeOneCounts(t *testing.T) {
	t.Parallel()
	w := newWorld(t, allMFA)
	code := w.code(w.registered(), 1)
	var mu sync.Mutex
	won := 0
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			err := w.CheckCode(context.Background(), w.pool.ID, w.alice.ID, code)
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				won++
			} else if !fault.Is(err, fault.Expired, "") {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if won != 1 {
		t.Errorf("%d uses counted", won)
	}
}

func TestANewAppReplacesTheOldOneOnlyOnceProven(t *testing.T) {
	t.Parallel()
	w := newWorld(t, allMFA)
	old := w.registered()
	next, err := w.Associate(t.Context(), w.pool, w.alice.ID)
	w.check(err)
	w.check(w.CheckCode(t.Context(), w.pool.ID, w.alice.ID, w.code(old, 1)))
	w.clock.Advance(time.Minute)
	refused(t, w.Verify(t.Context(), w.pool, w.alice.ID, w.code(old, 0), ""), fault.Mismatch, fault.SoftwareToken, "Code mismatch")
	w.check(w.Verify(t.Context(), w.pool, w.alice.ID, w.code(next, 0), "tablet"))
	w.clock.Advance(time.Minute)
	wrongCode(t, w.CheckCode(t.Context(), w.pool.ID, w.alice.ID, w.code(old, 0)))
	w.check(w.CheckCode(t.Context(), w.pool.ID, w.alice.ID, w.code(next, 0)))
	if name, err := w.TokenName(t.Context(), w.pool.ID, w.alice.ID); err != nil || name != "tablet" {
		t.Errorf("the app is called %q, %v", name, err)
	}
}

func TestASecretIsSealedAndLong(t *testing.T) {
	t.Parallel()
	w := newWorld(t, allMFA)
	secret := w.registered()
	stored, err := w.store.SoftwareToken(t.Context(), w.pool.ID, w.alice.ID)
	w.check(err)
	if len(secret) != 52 || bytes.Contains(stored.Secret, []byte(secret[:8])) {
		t.Errorf("a secret of %d characters lies readable: %q", len(secret), stored.Secret)
	}
}

func TestRegisteringIsRefused(t *testing.T) {
	t.Parallel()
	off := func(m directory.MFAConfig) directory.MFAConfig { m.SoftwareToken = false; return m }
	for name, mfa := range map[string]directory.MFAConfig{"no MFA": {}, "no apps": off(allMFA)} {
		w := newWorld(t, mfa)
		for _, try := range []error{
			func() error { _, err := w.Associate(t.Context(), w.pool, w.alice.ID); return err }(),
			w.Verify(t.Context(), w.pool, w.alice.ID, "000000", ""),
			w.VerifyFirst(t.Context(), w.pool, w.alice.ID, factor.NewSecret(), "000000", ""),
		} {
			t.Run(name, func(t *testing.T) {
				refused(t, try, fault.Missing, fault.SoftwareToken, "Software Token MFA has not been enabled by the userPool")
			})
		}
	}
	w := newWorld(t, allMFA)
	refused(t, w.Verify(t.Context(), w.pool, w.alice.ID, "000000", ""), fault.Invalid, "",
		"No software token is waiting for verification; call AssociateSoftwareToken first.")
}

func TestTheFirstAppCannotReplaceAnother(t *testing.T) {
	t.Parallel()
	w := newWorld(t, allMFA)
	w.registered()
	mine := factor.NewSecret()
	refused(t, w.VerifyFirst(t.Context(), w.pool, w.alice.ID, mine, w.code(mine, 0), ""), fault.Denied, "", "Invalid session for the user.")
}

func TestWhenAnAppIsSwitchedOn(t *testing.T) {
	t.Parallel()
	on := allMFA
	on.Mode = "ON"
	for name, c := range map[string]struct {
		mfa  directory.MFAConfig
		want []string
	}{"optional": {allMFA, nil}, "required": {on, []string{"SOFTWARE_TOKEN_MFA"}}} {
		w := newWorld(t, c.mfa)
		w.registered()
		if diff := cmp.Diff(c.want, w.now().MFA.Methods); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestADeletedAppIsGone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, allMFA)
	secret := w.registered()
	w.check(w.SetPreference(t.Context(), w.pool, w.alice.ID, factor.Preference{SoftwareToken: &factor.Setting{Enabled: true, Preferred: true}}))
	w.check(w.DeleteToken(t.Context(), w.pool, w.alice.ID))
	if m := w.now().MFA; m.Methods != nil || m.Preferred != "" {
		t.Errorf("the app is still among the factors: %+v", m)
	}
	wrongCode(t, w.CheckCode(t.Context(), w.pool.ID, w.alice.ID, w.code(secret, 1)))
	refused(t, w.DeleteToken(t.Context(), w.pool, w.alice.ID), fault.Missing, "", "The user has no software token.")
}
