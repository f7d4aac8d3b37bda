package trigger

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"

	"cognate.dev/cognate/internal/account"
	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/trigger/event"
)

// stranger is somebody whom the directory does not know.
type stranger struct {
	source               event.Source
	pool                 *directory.Pool
	client               *directory.Client
	login, password      string
	validation, metadata map[string]string
}

func (t *Triggers) migrateAtReset(ctx context.Context, e account.Event) (*directory.User, error) {
	return t.migrate(ctx, stranger{
		source: event.MigrateAtReset, pool: e.Pool, client: e.Client, login: e.Login, metadata: e.ClientMetadata,
	})
}

// migrate asks the function about somebody unknown and makes the user that it describes, with the password that was
// typed, whatever the pool's policy says of it. Nil: there is none. That the function threw something is only told to
// clients that may learn who exists, in Cognito's words and not in those of the function, which may know more of the
// other system than a stranger should; to the others it is one more wrong password.
func (t *Triggers) migrate(ctx context.Context, s stranger) (*directory.User, error) {
	arn := s.pool.Lambda.ARNs["UserMigration"]
	if arn == "" {
		return nil, nil
	}
	c := call{source: s.source, arn: arn, pool: s.pool, client: s.client, userName: s.login}
	says, err := fire(ctx, t, c, event.MigrationRequest{
		Password: s.password, ValidationData: some(s.validation), ClientMetadata: s.metadata,
	}, event.MigrationResponse{})
	switch {
	case fault.Is(err, fault.Invalid, fault.Lambda) && s.client.HidesExistence():
		return nil, nil
	case fault.Is(err, fault.Invalid, fault.Lambda):
		return nil, fault.Newf(fault.Missing, fault.User, "Exception migrating user in app client %s", s.client.ID).Because(err)
	case err != nil:
		return nil, err
	case len(says.UserAttributes) == 0:
		return nil, nil
	}
	x, err := t.adopt(ctx, c, s, says)
	if err != nil {
		return nil, fmt.Errorf("migrate user: %w", err)
	}
	return x, nil
}

// adopt stores a migrated user. Of two sign-ins at once the second finds the first one's user.
func (t *Triggers) adopt(ctx context.Context, c call, s stranger, says event.MigrationResponse) (*directory.User, error) {
	status := directory.ResetRequired
	if says.FinalUserStatus != nil {
		switch status = directory.Status(*says.FinalUserStatus); status {
		case directory.Confirmed, directory.ResetRequired:
		case "":
			status = directory.ResetRequired
		default:
			return nil, c.refuse("UserMigration gave the finalUserStatus %s.", status)
		}
	}
	username, attributes := s.login, maps.Clone(says.UserAttributes)
	if named := attributes["username"]; named != "" {
		username = named
	}
	maps.DeleteFunc(attributes, func(name, _ string) bool { return name == "username" || strings.HasPrefix(name, "cognito:") })
	x, err := t.Directory.Users.Draft(s.pool, directory.NewUser{Username: username, Attributes: attributes, Status: status, By: directory.BySystem})
	if f := new(fault.Fault); errors.As(err, &f) {
		return nil, c.refuse("UserMigration gave a user that cannot be stored: %s", f.Text)
	}
	if err != nil {
		return nil, err
	}
	if isTrue(says.EnableSMSMFA) {
		x.MFA.Methods = []string{"SMS_MFA"}
	}
	var pw *directory.NewPassword
	if s.password != "" {
		if pw, err = t.Directory.Passwords.Adopt(ctx, s.pool, x, s.password); err != nil {
			return nil, err
		}
	}
	err = t.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := t.Directory.Users.Insert(ctx, s.pool, x, isTrue(says.ForceAliasCreation)); err != nil {
			return err
		}
		if pw == nil {
			return nil
		}
		return t.Directory.Passwords.Save(ctx, pw)
	})
	if fault.Is(err, fault.Exists, "") {
		if found, missing := t.Directory.Users.Find(ctx, s.pool, s.login); missing == nil {
			return found, nil
		}
	}
	return x, err
}

func isTrue(b *bool) bool { return b != nil && *b }
