package account

import (
	"context"

	"cognate.dev/cognate/internal/directory"
)

// Hooks are the places where triggers come in. A nil one does nothing. Their faults are the answer.
// https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-working-with-lambda-triggers.html
type Hooks struct {
	// PreSignUp runs before a user is stored. Its verdict counts for people who sign themselves up.
	PreSignUp func(ctx context.Context, e Event) (Verdict, error)
	// PostConfirmation runs after an account was confirmed or a forgotten password replaced. Its fault does not undo
	// that.
	PostConfirmation func(ctx context.Context, e Event) error
	// Migrate may produce a user that the directory does not know, for somebody who forgot their password. Nil without
	// an error: there is none either.
	Migrate func(ctx context.Context, e Event) (*directory.User, error)
}

// Event is what a hook sees. It must not change what the event points to.
type Event struct {
	Pool           *directory.Pool
	Client         *directory.Client // nil: an administrator's doing
	User           *directory.User   // before sign-up: a draft; for migration: nil
	Login          string            // the name as it was typed
	Reset          bool              // a forgotten password was replaced
	Outside        bool              // an outside identity provider vouches for the user
	ValidationData map[string]string // of SignUp and AdminCreateUser
	ClientMetadata map[string]string // of this request
}

// Verdict is what may be decided about a person who signs up.
type Verdict struct{ Confirm, VerifyEmail, VerifyPhone bool }

// preSignUp asks the hook about a draft.
func (a *Accounts) preSignUp(ctx context.Context, e Event) (Verdict, error) {
	if a.hooks.PreSignUp == nil {
		return Verdict{}, nil
	}
	return a.hooks.PreSignUp(ctx, e)
}

// confirmed tells the hook of an account that can be used from now on.
func (a *Accounts) confirmed(ctx context.Context, e Event) error {
	if a.hooks.PostConfirmation == nil {
		return nil
	}
	return a.hooks.PostConfirmation(ctx, e)
}

// apply writes a verdict into a draft, and says whether a verified address is taken from whoever has it as an alias.
// A verdict on an address that the draft does not have is the hook's to refuse.
func (v Verdict) apply(x *directory.User) (force bool) {
	if v.Confirm {
		x.Status = directory.Confirmed
	}
	for name, verify := range map[string]bool{"email": v.VerifyEmail, "phone_number": v.VerifyPhone} {
		if verify {
			x.Attributes[name+"_verified"] = "true"
			force = true
		}
	}
	return force
}
