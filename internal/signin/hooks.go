package signin

import (
	"context"

	"cognate.dev/cognate/internal/directory"
)

// Hooks are the places where triggers come in. A nil one does nothing. Their faults are the answer.
// https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-working-with-lambda-triggers.html
type Hooks struct {
	// Migrate may produce a user that the directory does not know, from the password that was typed. Nil without an
	// error: there is none either.
	Migrate func(ctx context.Context, e Event, password string) (*directory.User, error)
	// PreAuthentication runs before the first answer is judged, also for unknown users of a client that hides who
	// exists.
	PreAuthentication func(ctx context.Context, e Event) error
	// PostAuthentication runs when all challenges are passed, before tokens are made.
	PostAuthentication func(ctx context.Context, e Event) error
	// Custom defines CUSTOM_AUTH. Nil: no pool has it.
	Custom CustomAuth
}

// Event is what a hook sees. User is nil for an unknown user.
type Event struct {
	Pool           *directory.Pool
	Client         *directory.Client
	User           *directory.User
	Login          string            // the name as it was typed
	NewDevice      bool              // after authentication: the device has not signed in before
	ClientMetadata map[string]string // of this request; pre-authentication and migration call it validationData
}

func (a *Attempt) event() Event {
	return Event{Pool: a.Pool, Client: a.Client, User: a.User, Login: a.Login, ClientMetadata: a.ClientMetadata}
}

func run(ctx context.Context, hook func(context.Context, Event) error, e Event) error {
	if hook == nil {
		return nil
	}
	return hook(ctx, e)
}
