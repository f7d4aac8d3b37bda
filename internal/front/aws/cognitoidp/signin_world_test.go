package cognitoidp_test

import (
	"net/http"
	"time"

	"github.com/pquerna/otp/totp"

	"cognate.dev/cognate/internal/authorize"
	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/factor"
	"cognate.dev/cognate/internal/key"
	"cognate.dev/cognate/internal/kit/secret"
	"cognate.dev/cognate/internal/risk"
	"cognate.dev/cognate/internal/signin"
	"cognate.dev/cognate/internal/signin/challenge/choice"
	"cognate.dev/cognate/internal/signin/challenge/device"
	"cognate.dev/cognate/internal/signin/challenge/mfasetup"
	"cognate.dev/cognate/internal/signin/challenge/newpassword"
	"cognate.dev/cognate/internal/signin/challenge/otp"
	"cognate.dev/cognate/internal/signin/challenge/passkey"
	passwordchallenge "cognate.dev/cognate/internal/signin/challenge/password"
	"cognate.dev/cognate/internal/signin/challenge/selectmfa"
	"cognate.dev/cognate/internal/signin/challenge/srp"
	totpchallenge "cognate.dev/cognate/internal/signin/challenge/totp"
	"cognate.dev/cognate/internal/store"
	"cognate.dev/cognate/internal/token"
)

// signInRooms builds what signs people in, with every challenge if o wants codes.
func (w *world) signInRooms(o options, db *store.Store, keys *secret.Keyring, dir *directory.Directory, tokens token.Parts, judge *risk.Protection) (*signin.Machine, *factor.Factors) {
	factors := factor.New(factor.Parts{Store: db, DeviceStore: db, Tx: db, Users: dir.Users, Sealer: keys, Now: w.now.Now})
	challenges := []signin.Challenge{
		passwordchallenge.New(dir.Passwords), srp.New(dir.Passwords, keys), newpassword.New(db, dir.Passwords, dir.Users),
	}
	if o.codes {
		challenges = append(challenges, otp.SMS(w.mail, keys, dir.Users), otp.Email(w.mail, w.mail, keys, dir.Users), otp.FirstSMS(w.mail, w.mail, keys, dir.Users), selectmfa.New(),
			choice.Select(), choice.SRP(), mfasetup.New(dir.Users), totpchallenge.New(factors), passkey.New(factors), device.Start{}, device.New(factors))
	}
	machine, err := signin.New(signin.Parts{
		Store: db, Users: dir.Users, Passwords: dir.Passwords, Factors: factors, Apps: factors, Devices: factors,
		Tokens: token.NewMinter(tokens), Sealer: keys, Now: w.now.Now, Challenges: challenges,
		Judge: judge.SignIns(), Hooks: signin.Hooks{Custom: o.custom},
	})
	w.check(err)
	return machine, factors
}

// signedIn lists and ends what people are signed in with, and gives programs their tokens.
func signedIn(tokens token.Parts, db *store.Store, keys *secret.Keyring, dir *directory.Directory) (*authorize.Sessions, authorize.Machine) {
	ended, minter := token.NewSessions(tokens), token.NewMinter(tokens)
	a := authorize.New(authorize.Parts{
		Store: db, Clients: dir.Clients, People: db, Tokens: minter, Ended: ended, Scopes: dir.Resources, Sealer: keys, Now: tokens.Now,
	})
	return &authorize.Sessions{Tokens: ended, Browsers: a.Browser}, authorize.Machine{Tokens: minter, Scopes: a.Scopes}
}

// keySets publishes the keys of pools, where the discovery document would say they are.
func keySets(ring *key.Ring) http.HandlerFunc {
	return func(rw http.ResponseWriter, r *http.Request) {
		set, err := ring.JSON(r.Context(), r.PathValue("pool"))
		if err != nil {
			http.Error(rw, err.Error(), http.StatusInternalServerError)
			return
		}
		_, _ = rw.Write(set)
	}
}

// app is the code that an authenticator app shows at the world's time, so many steps of 30 seconds ahead.
func (w *world) app(secret *string, ahead int) *string {
	w.t.Helper()
	code, err := totp.GenerateCode(*secret, w.now.Now().Add(time.Duration(ahead)*30*time.Second))
	w.check(err)
	return &code
}
