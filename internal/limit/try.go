package limit

import (
	"context"
	"net/netip"
	"sync"

	"cognate.dev/cognate/internal/fault"
)

// Try is one request that tests a secret, from an address that may be guessing. It takes one of the address's failures
// before the secret is looked at, and gives it back when nothing was wrong: so of many guesses sent at once only as
// many are judged as the address has failures left. The nil Try does nothing.
type Try struct {
	gate *Gate

	mu      sync.Mutex
	key     string
	token   token
	vouched bool
	closed  bool
}

type tryKey struct{}

// Enter begins a try from an address, as it stands in a request. End must be called. An address that has used up its
// failures is refused.
func (g *Gate) Enter(ctx context.Context, address string) (context.Context, *Try, error) {
	if g == nil || g.address.Tokens == 0 {
		return ctx, nil, nil
	}
	t := &Try{gate: g}
	if err := t.from(ctx, address); err != nil {
		return ctx, nil, err
	}
	return context.WithValue(ctx, tryKey{}, t), t, nil
}

// from takes the token of an address.
func (t *Try) from(ctx context.Context, address string) error {
	var ok bool
	t.token = token{}
	if t.key, ok = t.gate.keyOf(address); !ok {
		return nil
	}
	var err error
	t.token, err = t.gate.take(ctx, byAddress, "", t.key, t.gate.address)
	return err
}

// keyOf is what an address counts as: a network of IPv6 is one customer, who has all of its addresses.
func (g *Gate) keyOf(address string) (string, bool) {
	a, err := netip.ParseAddr(address)
	if err != nil {
		return "failures:" + address[:min(len(address), 64)], true // a socket's name: one neighbour like any other
	}
	a = a.Unmap().WithZone("")
	if g.exempt.contain(a) {
		return "", false
	}
	if a.Is6() {
		if p, err := a.Prefix(64); err == nil {
			return "failures:" + p.String(), true
		}
	}
	return "failures:" + a.String(), true
}

// Vouched says that the caller of ctx has a secret of its own, and so is a backend that signs in the users of an app.
// Their failures are not its own: they count for the address that it gives, or for none.
func Vouched(ctx context.Context, address string) error {
	t, _ := ctx.Value(tryKey{}).(*Try)
	if t == nil {
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.token.giveBack() // at once: many of its users may be signing in just now
	if t.vouched = address == ""; t.vouched {
		t.token = token{}
		return nil
	}
	return t.from(ctx, address)
}

// End ends a try with what came of it. A wrong secret of the client's own counts for who sent it.
func (t *Try) End(ctx context.Context, err error) {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return
	}
	t.closed = true
	switch {
	case t.vouched && t.key != "" && (fault.Is(err, fault.Denied, fault.ClientSecret) || fault.Is(err, fault.Denied, fault.Client)):
		_, _ = t.gate.take(context.WithoutCancel(ctx), byAddress, "", t.key, t.gate.address)
	case !wrong(err):
		t.token.giveBack()
	}
}

// wrong tells whether an error says that something was guessed wrong, or would if it said more.
func wrong(err error) bool {
	if err == nil {
		return false
	}
	switch f := fault.As(err); f.Kind {
	case fault.Denied, fault.Mismatch, fault.Expired, fault.TooManyTries, fault.Reused:
		return true
	case fault.Missing:
		return f.Subject == fault.User || f.Subject == fault.Username
	}
	return false
}

// TestsSecrets tells whether an unsigned operation tests something that can be guessed: a password, a code, a client's
// secret, who exists, or the token of a login. The others show an access token and nothing else.
func TestsSecrets(operation string) bool {
	switch operation {
	case "InitiateAuth", "RespondToAuthChallenge", "GetTokensFromRefreshToken", "GetClientToken", "RevokeToken", "SignUp", "ConfirmSignUp",
		"ResendConfirmationCode", "ForgotPassword", "ConfirmForgotPassword", "ChangePassword", "VerifyUserAttribute",
		"AssociateSoftwareToken", "VerifySoftwareToken", "UpdateAuthEventFeedback",
		"GetId", "GetOpenIdToken", "GetCredentialsForIdentity", "UnlinkIdentity":
		return true
	}
	return false
}
