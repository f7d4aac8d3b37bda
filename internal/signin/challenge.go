package signin

import (
	"context"

	"cognate.dev/cognate/internal/fault"
)

// Kind is a challenge by its name on the wire (ChallengeNameType).
// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_RespondToAuthChallenge.html
type Kind string

// The kinds that the machine knows the order of.
const (
	SelectChallenge  Kind = "SELECT_CHALLENGE"
	Password         Kind = "PASSWORD"
	PasswordSRP      Kind = "PASSWORD_SRP"
	PasswordVerifier Kind = "PASSWORD_VERIFIER"
	NewPassword      Kind = "NEW_PASSWORD_REQUIRED"
	SMSMFA           Kind = "SMS_MFA"
	EmailOTP         Kind = "EMAIL_OTP"
	SMSOTP           Kind = "SMS_OTP"
	WebAuthn         Kind = "WEB_AUTHN"
	SoftwareTokenMFA Kind = "SOFTWARE_TOKEN_MFA"
	SelectMFAType    Kind = "SELECT_MFA_TYPE"
	MFASetup         Kind = "MFA_SETUP"
	CustomChallenge  Kind = "CUSTOM_CHALLENGE"
	srpStart         Kind = "SRP_A" // a step of custom sign-in, never asked
	DeviceSRP        Kind = "DEVICE_SRP_AUTH"
	DeviceVerifier   Kind = "DEVICE_PASSWORD_VERIFIER"
)

// Challenge is one kind of question. It knows how to ask and how to judge an answer, and nothing of what comes
// before or after.
type Challenge interface {
	Kind() Kind
	// Begin prepares the question. The attempt has a user, or is simulated: then the prompt must look and cost alike.
	Begin(ctx context.Context, a *Attempt) (Prompt, error)
	// Check judges the answer in a.Input. An error means that it could not be judged (a missing parameter, a new
	// password against the policy): the client may answer the same session again.
	Check(ctx context.Context, a *Attempt) (Verdict, error)
}

// Prompt is a question.
type Prompt struct {
	Params map[string]string // ChallengeParameters
	State  []byte            // what Check needs; the client carries it sealed
}

// Verdict is a judged answer: passed, or wrong with the fault that the client reads.
type Verdict struct {
	Passed bool
	Wrong  *fault.Fault
	// Chosen is the challenge that the answer of a selection names.
	Chosen Kind
	// Both says that the answer was proof of both factors.
	Both bool
	// Roaming says that it was the signature of a security key.
	Roaming bool
	// Note is for the steps of a custom sign-in.
	Note string
}

// Passed is the verdict on a right answer.
func Passed() Verdict { return Verdict{Passed: true} }

// Wrong is the verdict on a wrong answer.
func Wrong(f *fault.Fault) Verdict { return Verdict{Wrong: f} }

// traits are what the machine must know of a kind.
type traits struct {
	guesses bool // a wrong answer counts against the user, because guessing on would find the right one
	once    bool // an answer uses the question up, right or wrong
	block   bool // the sealed attempt travels as SECRET_BLOCK instead of Session
	factor  bool // proves a second factor
	selects bool // proves nothing: the answer says what to ask, or brings what that needs
	sends   bool // asking sends a message, which costs somebody money and somebody else patience
}

// traitsOf holds the strict side for a kind that it does not know.
func traitsOf(k Kind) traits {
	switch k {
	case PasswordVerifier, DeviceVerifier:
		return traits{guesses: true, once: true, block: true}
	case SelectChallenge, PasswordSRP, DeviceSRP:
		return traits{selects: true}
	case NewPassword, SelectMFAType, CustomChallenge: // how often one may guess a trigger's riddle is the trigger's to say
		return traits{}
	case MFASetup: // answered with a factor that was proven while it was set up
		return traits{factor: true}
	case SoftwareTokenMFA:
		return traits{guesses: true, factor: true}
	case WebAuthn: // nobody guesses a signature; so wrong passwords do not lock a passkey out
		return traits{once: true}
	case SMSOTP:
		return traits{guesses: true, sends: true}
	case SMSMFA, EmailOTP:
		return traits{guesses: true, factor: true, sends: true}
	}
	return traits{guesses: true}
}
