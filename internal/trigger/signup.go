package trigger

import (
	"context"

	"cognate.dev/cognate/internal/account"
	"cognate.dev/cognate/internal/trigger/event"
)

// Account fills the hooks of account.
func (t *Triggers) Account() account.Hooks {
	return account.Hooks{PreSignUp: t.preSignUp, PostConfirmation: t.postConfirmation, Migrate: t.migrateAtReset}
}

func (t *Triggers) preSignUp(ctx context.Context, e account.Event) (account.Verdict, error) {
	arn := e.Pool.Lambda.ARNs["PreSignUp"]
	if arn == "" {
		return account.Verdict{}, nil
	}
	source := event.PreSignUpSignUp
	switch {
	case e.Outside:
		source = event.PreSignUpProvider
	case e.Client == nil:
		source = event.PreSignUpAdminCreate
	}
	c := call{source: source, arn: arn, pool: e.Pool, client: e.Client, userName: e.User.Username}
	says, err := fire(ctx, t, c, event.PreSignUpRequest{
		UserAttributes: drafted(e.User), ValidationData: some(e.ValidationData), ClientMetadata: e.ClientMetadata,
	}, event.PreSignUpResponse{})
	switch {
	case err != nil || e.Client == nil:
		return account.Verdict{}, err
	case says.AutoVerifyEmail && e.User.Attributes["email"] == "":
		return account.Verdict{}, c.refuse("PreSignUp set autoVerifyEmail for a user without an email.")
	case says.AutoVerifyPhone && e.User.Attributes["phone_number"] == "":
		return account.Verdict{}, c.refuse("PreSignUp set autoVerifyPhone for a user without a phone_number.")
	}
	return account.Verdict{
		Confirm: says.AutoConfirmUser, VerifyEmail: says.AutoVerifyEmail, VerifyPhone: says.AutoVerifyPhone,
	}, nil
}

func (t *Triggers) postConfirmation(ctx context.Context, e account.Event) error {
	arn := e.Pool.Lambda.ARNs["PostConfirmation"]
	if arn == "" {
		return nil
	}
	source := event.PostConfirmSignUp
	if e.Reset {
		source = event.PostConfirmReset
	}
	c := call{source: source, arn: arn, pool: e.Pool, client: e.Client, userName: e.User.Username}
	_, err := fire(ctx, t, c, event.PostConfirmationRequest{
		UserAttributes: attributes(e.Pool, e.User), ClientMetadata: e.ClientMetadata,
	}, event.Nothing{})
	return err
}

// some is nil for an empty map, which the wire writes as null.
func some(m map[string]string) map[string]string {
	if len(m) == 0 {
		return nil
	}
	return m
}
