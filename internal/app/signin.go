package app

import (
	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/factor"
	"cognate.dev/cognate/internal/signin"
	"cognate.dev/cognate/internal/signin/challenge/mfasetup"
	"cognate.dev/cognate/internal/signin/challenge/newpassword"
	"cognate.dev/cognate/internal/signin/challenge/otp"
	passwordchallenge "cognate.dev/cognate/internal/signin/challenge/password"
	"cognate.dev/cognate/internal/signin/challenge/selectmfa"
	"cognate.dev/cognate/internal/signin/challenge/srp"
	"cognate.dev/cognate/internal/signin/challenge/totp"
)

// furnishSignIn builds what signs people in. The rooms below it are there.
func (g *ground) furnishSignIn(r *rooms) (err error) {
	r.factors = factor.New(factor.Parts{Store: g.store, Tx: g.store, Users: r.directory.Users, Sealer: g.keys, Now: now})
	r.signin, err = signin.New(signin.Parts{
		Store: g.store, Users: r.directory.Users, Passwords: r.directory.Passwords, Factors: r.factors, Apps: r.factors,
		Tokens: r.minter, Sealer: g.keys, Now: now, CodesPerHour: g.cfg.Limits.SignInCode,
		Challenges: g.challenges(r.directory, r.factors),
	})
	return err
}

// challenges are what this server can ask at sign-in.
func (g *ground) challenges(d *directory.Directory, f *factor.Factors) []signin.Challenge {
	return []signin.Challenge{
		passwordchallenge.New(d.Passwords),
		srp.New(d.Passwords, g.keys),
		newpassword.New(g.store, d.Passwords, d.Users),
		selectmfa.New(),
		mfasetup.New(d.Users),
		totp.New(f),
		otp.SMS(g.sender, g.keys, d.Users),
		otp.Email(g.sender, g.keys, d.Users),
	}
}
