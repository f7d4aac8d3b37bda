package account

import (
	"context"

	"cognate.dev/cognate/internal/directory"
)

// Judge is threat protection, as far as accounts are concerned: it refuses passwords that are known to be stolen and
// remembers what people did. Its faults are the answer. Who visits, it finds in the context.
// https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pool-settings-threat-protection.html
type Judge interface {
	// Password is asked before a password that a person has chosen is stored; it tells whether it is known to be stolen,
	// nil where it did not look.
	Password(ctx context.Context, a Act, password string) (stolen *bool, err error)
	// Note is told of what was done, or tried. Nobody's acts are told, too, so that they take as long.
	Note(ctx context.Context, a Act) error
}

// Deed is what somebody did to their account, by the name of EventType.
type Deed string

// The deeds.
const (
	DidSignUp            Deed = "SignUp"
	DidForgetPassword    Deed = "ForgotPassword"
	DidChangePassword    Deed = "PasswordChange"
	DidAskForAnotherCode Deed = "ResendCode"
)

// Outcome is how a deed ended, by the name of EventResponse.
type Outcome string

// The outcomes.
const (
	Passed     Outcome = "Pass"
	Failed     Outcome = "Fail"
	InProgress Outcome = "InProgress" // a code was sent
)

// Act is something that somebody did, or tried, to their account.
type Act struct {
	Deed    Deed
	Outcome Outcome
	Pool    *directory.Pool
	Client  *directory.Client
	User    *directory.User // nil: nobody
	UserID  string          // an invented one for nobody
	Stolen  *bool           // whether the password is known to be stolen; nil: nobody looked
}

// allow is the Judge of a server that has none.
type allow struct{}

func (allow) Password(context.Context, Act, string) (*bool, error) { return nil, nil }
func (allow) Note(context.Context, Act) error                      { return nil }

// act begins an act of a party.
func (p party) act(d Deed) Act {
	return Act{Deed: d, Pool: p.pool, Client: p.client, User: p.user, UserID: p.id}
}

// act begins an act of somebody who is signed in.
func (s Self) act(d Deed) Act {
	return Act{Deed: d, Pool: s.Pool, Client: s.Client, User: s.User, UserID: s.User.ID}
}

// note tells the Judge how an act ended: err is its answer.
func (a *Accounts) note(ctx context.Context, act Act, outcome Outcome, err error) error {
	act.Outcome = outcome
	if err != nil {
		act.Outcome = Failed
	}
	if failed := a.judge.Note(ctx, act); failed != nil {
		return failed
	}
	return err
}
