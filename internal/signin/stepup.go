package signin

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/token"
)

// Step-up: a sign-in by choice that has to reach a level, and may build on one that an access token shows. Levels are 1
// to 4: a password; a code that came first; a passkey, or a password and a code by message; a password and an
// authenticator app. https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-step-up.html

// methodOf says how a challenge proves somebody, in the words of RFC 8176 and Cognito.
var methodOf = map[Kind]string{
	Password: "pwd", PasswordVerifier: "pwd", SMSMFA: "sms", SMSOTP: "sms", EmailOTP: "email_otp",
	SoftwareTokenMFA: "otp", MFASetup: "otp", WebAuthn: "swk",
}

// methods says how somebody was proven who has passed these challenges, in order (amr). Roaming: the passkey was one of a
// security key.
func methods(trail []Kind, roaming bool) []string {
	var out []string
	for i, k := range trail {
		if k == MFASetup && i+1 < len(trail) { // an address was set up, and its code is what counts
			continue
		}
		w := methodOf[k]
		if k == WebAuthn && roaming {
			w = "hwk"
		}
		if w != "" && !slices.Contains(out, w) {
			out = append(out, w)
		}
	}
	if len(out) > 1 {
		out = append(out, "mfa")
	}
	return out
}

// after tells whether an attempt reaches a level once it has passed another challenge.
func (a *Attempt) after(k Kind, to int) bool {
	return token.Meets(methods(append(slices.Clip(a.Trail), k), a.Roaming), to)
}

// additions are the challenges that can add to what an attempt's user has proven, the strongest first. An address counts
// when it is verified: it must have been the user's before.
func (a *Attempt) additions() []Kind {
	if a.User == nil {
		return nil
	}
	verified := func(k Kind) bool { return a.User.Attributes[addressOf[k]+"_verified"] == "true" }
	var kinds []Kind
	if a.Registered.SoftwareToken {
		kinds = append(kinds, SoftwareTokenMFA)
	}
	for _, k := range []Kind{SMSMFA, EmailOTP} {
		if reaches(a.Pool, a.User, k) && verified(k) {
			kinds = append(kinds, k)
		}
	}
	return kinds
}

// leads tells whether an attempt can reach a level after it has passed k.
func (a *Attempt) leads(k Kind, to int) bool {
	if a.after(k, to) {
		return true
	}
	next := &Attempt{Pool: a.Pool, User: a.User, Registered: a.Registered}
	next.Trail = append(slices.Clip(a.Trail), k)
	return slices.ContainsFunc(next.additions(), func(more Kind) bool { return next.after(more, to) })
}

// aim reads what a sign-in is to reach, and what it may build on. The attempt's Offers are there already.
func (m *Machine) aim(ctx context.Context, s Start, a *Attempt) error {
	wanted := strings.Fields(s.Params["TARGET_ACR_VALUES"])
	shown, age := s.Params["ACCESS_TOKEN"], s.Params["MAX_AGE"]
	switch {
	case len(wanted) == 0 && shown == "" && age == "":
		return nil
	case a.Pool.Tier == "LITE":
		return fault.Newf(fault.Unsupported, fault.Tier, "Step-up authentication is not available in the %s feature plan.", a.Pool.Tier)
	case len(wanted) == 0 && shown != "":
		return fault.Invalidf("ACCESS_TOKEN requires TARGET_ACR_VALUES")
	}
	if err := m.credit(ctx, a, shown, age); err != nil || len(wanted) == 0 {
		return err
	}
	known := false
	anew := &Attempt{Pool: a.Pool, User: a.User, Registered: a.Registered}
	for _, name := range wanted {
		to := slices.Index(a.Pool.ACR(), name) + 1
		known = known || to > 0
		if to > 0 && (a.builds(to) || slices.ContainsFunc(a.Offers, func(k Kind) bool { return anew.leads(k, to) })) {
			a.Target = to
			a.Offers = slices.DeleteFunc(a.Offers, func(k Kind) bool { return !anew.leads(k, to) })
			return nil
		}
	}
	if !known {
		return fault.Invalidf("TARGET_ACR_VALUES names no level of the user pool.")
	}
	return fault.Deniedf("The user cannot reach any of the requested authentication context class references.")
}

// builds tells whether one more challenge on top of what an access token shows reaches a level.
func (a *Attempt) builds(to int) bool {
	return a.Credit > 0 && slices.ContainsFunc(a.additions(), func(k Kind) bool { return a.after(k, to) })
}

// credit takes what an access token shows as passed, unless it is older than the client wants. It must be this user's, of
// this client.
func (m *Machine) credit(ctx context.Context, a *Attempt, shown, age string) error {
	limit := -1
	if age != "" {
		n, err := strconv.Atoi(age)
		if err != nil || n < 0 {
			return fault.Invalidf("MAX_AGE must be a number of seconds.")
		}
		limit = n
	}
	if shown == "" {
		return nil
	}
	access, err := token.NewVerifier(m.Tokens.Parts).Access(ctx, shown, token.AdminScope)
	if err != nil {
		return err
	}
	if a.User == nil || access.User.ID != a.UserID || access.Client.ID != a.ClientID {
		return fault.Deniedf("Invalid Access Token")
	}
	session, err := m.Tokens.Sessions.Session(ctx, access.Claims.SessionID())
	if err != nil {
		return fmt.Errorf("read session to step up from: %w", err)
	}
	if session == nil || limit >= 0 && a.Now.Sub(session.AuthTime) > time.Duration(limit)*time.Second {
		return nil
	}
	a.show(session.AMR)
	return nil
}

// show takes methods (amr) that were shown before as passed challenges.
func (a *Attempt) show(amr []string) {
	for _, word := range amr {
		switch {
		case word == "hwk":
			a.Trail, a.Roaming = append(a.Trail, WebAuthn), true
		case word == "mfa" && len(a.Trail) == 1: // it comes last, see amr
			a.Both = true
		}
		for _, k := range []Kind{Password, SMSMFA, EmailOTP, SoftwareTokenMFA, WebAuthn} {
			if methodOf[k] == word {
				a.Trail = append(a.Trail, k)
			}
		}
	}
	a.Credit = len(a.Trail)
}

// stepUpTurn asks for what is missing to the level that was asked for. What an access token shows is never enough alone:
// whoever has stolen one must not get new tokens for it.
func stepUpTurn(a *Attempt) (Kind, bool) {
	a.choose()
	if a.Target == 0 || len(a.Trail) > a.Credit && a.meets(a.Target) {
		return "", false
	}
	for _, k := range a.nexts() {
		if a.after(k, a.Target) {
			return k, true
		}
	}
	return "", false
}

// amr is how the attempt's user has proven who they are. A passkey that stands for both factors is both.
func (a *Attempt) amr() []string {
	words := methods(a.Trail, a.Roaming)
	if a.Both && len(words) == 1 {
		words = append(words, "mfa")
	}
	return words
}

// meets tells whether what an attempt has passed is of a level.
func (a *Attempt) meets(to int) bool { return token.Meets(a.amr(), to) }

// nexts are the challenges that can follow those that an attempt has passed.
func (a *Attempt) nexts() []Kind {
	kinds := a.additions()
	if a.Registered.Passkeys > 0 && slices.Contains(a.Pool.FirstAuthFactors, "WEB_AUTHN") {
		kinds = append(kinds, WebAuthn)
	}
	return append(kinds, Password)
}

// choose takes the first of the levels that a page's client wishes for which the user can reach: now, when the user has
// proven who they are, and nobody else learns what they have.
func (a *Attempt) choose() {
	if a.Target > 0 {
		return
	}
	for _, name := range a.Wishes {
		to := token.Demand(a.Pool, name)
		if to > 0 && (a.meets(to) || a.near(to)) {
			a.Target = to
			return
		}
	}
}

// near tells whether one more challenge leads to a level.
func (a *Attempt) near(to int) bool {
	return slices.ContainsFunc(a.nexts(), func(k Kind) bool { return a.after(k, to) })
}

// narrow leaves out what cannot lead to the level that is wished for most, whoever the user is: only a password leads to
// the highest.
func (a *Attempt) narrow(kinds []Kind) []Kind {
	if len(a.Wishes) > 0 && token.Demand(a.Pool, a.Wishes[0]) == highest && slices.Contains(kinds, Password) {
		return []Kind{Password}
	}
	return kinds
}

// highest is the highest level.
const highest = 4

// reached is the name of the level that a sign-in has reached; empty where none was asked for.
func (a *Attempt) reached() (string, error) {
	switch {
	case a.Target == 0 && len(a.Wishes) > 0:
		return "", unreachable()
	case a.Target == 0:
		return "", nil
	}
	if !a.meets(a.Target) || len(a.Trail) <= a.Credit { // the user has lost a factor meanwhile
		return "", fault.Deniedf("The user cannot reach the requested authentication context class reference.")
	}
	return a.Pool.ACR()[token.Level(a.amr())-1], nil
}
