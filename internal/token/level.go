package token

import (
	"slices"

	"cognate.dev/cognate/internal/directory"
)

// Level is how strong methods (amr) are together, 1 to 4; 0: they prove nobody, or somebody else vouches. The levels are
// Cognito's: a password; a code that came by message; a passkey, or a password and such a code; a password and an
// authenticator app. https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-step-up-authentication.html
func Level(amr []string) int {
	has := func(word string) bool { return slices.Contains(amr, word) }
	switch {
	case has("pwd") && has("otp"):
		return 4
	case has("swk"), has("hwk"), has("pwd") && (has("sms") || has("email_otp")):
		return 3
	case has("sms"), has("email_otp"), has("otp"):
		return 2
	case has("pwd"):
		return 1
	}
	return 0
}

// anyTwo stands among levels for two factors, whichever: TwoFactors. It is no stronger than level 3 and no weaker: a passkey
// that has not shown that it asked its person for anything has level 3 and is one factor.
const anyTwo = 5

// Demand is what a name stands for that clients may ask for in a pool: a level, or a class of strict issuers; 0: nothing.
func Demand(p *directory.Pool, name string) int {
	own := slices.Index(p.ACR(), name) + 1
	switch {
	case own == 0 && name == OneFactor:
		return 1
	case own == 0 && name == TwoFactors:
		return anyTwo
	}
	return own
}

// Meets tells whether methods are what a Demand asks for.
func Meets(amr []string, demand int) bool {
	if demand == anyTwo {
		return ACR(amr) == TwoFactors
	}
	return Level(amr) >= demand
}
