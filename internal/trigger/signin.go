package trigger

import (
	"context"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/signin"
	"cognate.dev/cognate/internal/trigger/event"
)

// SignIn fills the hooks of signin.
func (t *Triggers) SignIn() signin.Hooks {
	return signin.Hooks{
		Migrate: t.migrateAtSignIn, PreAuthentication: t.preAuthentication, PostAuthentication: t.postAuthentication,
		Custom: custom{t},
	}
}

func (t *Triggers) preAuthentication(ctx context.Context, e signin.Event) error {
	arn := e.Pool.Lambda.ARNs["PreAuthentication"]
	if arn == "" {
		return nil
	}
	_, err := fire(ctx, t, about(event.PreAuthenticate, arn, e), event.PreAuthenticationRequest{
		UserAttributes: attributes(e.Pool, e.User), ValidationData: some(e.ClientMetadata), UserNotFound: hidden(e.Client, e.User),
	}, event.Nothing{})
	return err
}

func (t *Triggers) postAuthentication(ctx context.Context, e signin.Event) error {
	arn := e.Pool.Lambda.ARNs["PostAuthentication"]
	if arn == "" {
		return nil
	}
	_, err := fire(ctx, t, about(event.PostAuthenticate, arn, e), event.PostAuthenticationRequest{
		UserAttributes: attributes(e.Pool, e.User), NewDeviceUsed: e.NewDevice, ClientMetadata: e.ClientMetadata,
	}, event.Nothing{})
	return err
}

func (t *Triggers) migrateAtSignIn(ctx context.Context, e signin.Event, password string) (*directory.User, error) {
	return t.migrate(ctx, stranger{
		source: event.MigrateAtSignIn, pool: e.Pool, client: e.Client, login: e.Login, password: password,
		validation: e.ClientMetadata,
	})
}

// about is a call that concerns the user of a sign-in.
func about(source event.Source, arn string, e signin.Event) call {
	return call{source: source, arn: arn, pool: e.Pool, client: e.Client, userName: nameOf(e.User, e.Login)}
}
