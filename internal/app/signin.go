package app

import (
	"context"
	"net/url"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/factor"
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
	"cognate.dev/cognate/internal/signin/challenge/totp"
)

// furnishSignIn builds what signs people in. The rooms below it are there.
func (g *ground) furnishSignIn(r *rooms) (err error) {
	r.factors = factor.New(factor.Parts{
		Store: g.store, DeviceStore: g.store, Tx: g.store, Users: r.directory.Users, Sealer: g.keys, Now: g.clock.Now, RelyingParties: r.relyingParty,
	})
	r.signin, err = signin.New(signin.Parts{
		Store: g.store, Users: r.directory.Users, Passwords: r.directory.Passwords, Factors: r.factors, Apps: r.factors, Devices: r.factors,
		Tokens: r.minter, Sealer: g.keys, Now: g.clock.Now, CodesPerHour: g.cfg.Limits.SignInCode,
		Challenges: g.challenges(r), Hooks: r.triggers.SignIn(), Judge: r.protection.SignIns(),
	})
	return err
}

// relyingParty is what the passkeys of a pool belong to when it says nothing: the host of its domain.
func (r *rooms) relyingParty(ctx context.Context, pool *directory.Pool) (string, error) {
	prefix, custom, err := r.domains.Of(ctx, pool.ID)
	if err != nil {
		return "", err
	}
	if custom == nil {
		custom = prefix
	}
	if custom == nil {
		return "", nil
	}
	u, err := url.Parse(r.domains.URL(custom))
	if err != nil {
		return "", err
	}
	return u.Hostname(), nil
}

// challenges are what this server can ask at sign-in.
func (g *ground) challenges(r *rooms) []signin.Challenge {
	d := r.directory
	return []signin.Challenge{
		passwordchallenge.New(d.Passwords),
		srp.New(d.Passwords, g.keys),
		newpassword.New(g.store, d.Passwords, d.Users),
		choice.Select(),
		choice.SRP(),
		selectmfa.New(),
		mfasetup.New(d.Users),
		totp.New(r.factors),
		passkey.New(r.factors),
		device.Start{},
		device.New(r.factors),
		otp.SMS(g.outbox.Sender(), g.keys, d.Users),
		otp.FirstSMS(g.outbox.Sender(), g.outbox.Behind(), g.keys, d.Users),
		otp.Email(g.outbox.Sender(), g.outbox.Behind(), g.keys, d.Users),
	}
}
