package token

import "slices"

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
