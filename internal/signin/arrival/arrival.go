// Package arrival lets in the people whom an outside identity provider vouches for: it finds the user that somebody is, or
// makes one, and brings the mapped attributes up to date. It leaves the way to providers to federation, and browsers and
// tokens to its callers.
package arrival

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"cognate.dev/cognate/internal/account"
	"cognate.dev/cognate/internal/audit"
	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/directory/outside"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/federation"
	"cognate.dev/cognate/internal/kit/clock"
	"cognate.dev/cognate/internal/kit/random"
	"cognate.dev/cognate/internal/signin"
)

// Hooks are the places where triggers come in. A nil one does nothing. Their faults refuse the sign-in.
// https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-working-with-lambda-triggers.html
type Hooks struct {
	// Inbound may put other attributes in the place of what the provider said: all that it gives, by the names of
	// attributes or of claims. Nil changes nothing.
	Inbound func(ctx context.Context, e Inbound) (map[string]string, error)
	// PreSignUp runs before a user is stored, PostConfirmation afterwards.
	PreSignUp        func(ctx context.Context, e account.Event) (account.Verdict, error)
	PostConfirmation func(ctx context.Context, e account.Event) error
	// PreAuthentication and PostAuthentication run at each later sign-in.
	PreAuthentication  func(ctx context.Context, e signin.Event) error
	PostAuthentication func(ctx context.Context, e signin.Event) error
}

// Inbound is what the first hook sees.
type Inbound struct {
	Pool     *directory.Pool
	Client   *directory.Client
	Provider *federation.Provider
	Username string // PROVIDER_SUBJECT
	Told     *federation.Told
}

// Parts is what the service is built from. All but Hooks and Judge are needed.
type Parts struct {
	Directory *directory.Directory
	Tx        directory.Transactor
	Links     *federation.Links
	Hooks     Hooks
	// Judge is told of each sign-in, and judges none: threat protection is not for people whom others vouch for, and blocked networks
	// do not keep them out. Nil: it is not told.
	// https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pool-settings-threat-protection.html
	Judge signin.Judge
	Now   clock.Clock
}

// Arrivals is the room's one service.
type Arrivals struct{ Parts }

// New builds the service.
func New(p Parts) *Arrivals { return &Arrivals{p} }

// Entry is somebody who has come back from a provider.
type Entry struct {
	Pool     *directory.Pool
	Client   *directory.Client
	Provider *federation.Provider
	Told     *federation.Told
	// Once are attributes that are written when the user is made, and left alone afterwards.
	Once []string
}

// arrived is an entry on its way.
type arrived struct {
	Entry
	username string
	values   map[string]string // of attributes
	event    string
}

// Enter gives the user that somebody is. Faults are for the client that sent them, in Cognito's words.
func (s *Arrivals) Enter(ctx context.Context, e Entry) (*directory.User, error) {
	a := arrived{Entry: e, username: e.Provider.Username(e.Told.Subject), event: random.UUID()}
	audit.NotePerson(ctx, e.Pool.ID, "", a.username)
	var err error
	if a.values, err = s.values(ctx, a); err != nil {
		return nil, err
	}
	x, err := s.come(ctx, a)
	if errors.Is(err, errTwice) {
		x, err = s.come(ctx, a)
	}
	if err != nil {
		return nil, err
	}
	if s.Judge != nil {
		if err := s.Judge.Note(ctx, a.asCase(x), signin.Note{Done: true}); err != nil {
			return nil, err
		}
	}
	audit.NoteProven(ctx, e.Pool.ID, x.ID)
	return x, nil
}

// errTwice is somebody who was made a user by another sign-in meanwhile: they are here now.
var errTwice = errors.New("another sign-in has just made this user")

// come makes somebody a user, or finds the one that they are.
func (s *Arrivals) come(ctx context.Context, a arrived) (*directory.User, error) {
	x, err := s.find(ctx, a)
	switch {
	case err != nil:
		return nil, err
	case x == nil:
		return s.welcome(ctx, a)
	}
	if err := admit(ctx, a, x); err != nil {
		return nil, err
	}
	return s.greet(ctx, a, x)
}

// values are what the provider's claims give the pool's attributes. What the client may not write is left alone.
func (s *Arrivals) values(ctx context.Context, a arrived) (map[string]string, error) {
	values := a.Provider.Attributes(a.Told.Claims)
	if s.Hooks.Inbound != nil {
		given, err := s.Hooks.Inbound(ctx, Inbound{a.Pool, a.Client, a.Provider, a.username, a.Told})
		if err != nil {
			return nil, err
		}
		if given != nil {
			values = a.Provider.Replaced(given)
		}
	}
	maps.DeleteFunc(values, func(name, _ string) bool {
		attribute, ok := a.Pool.Attribute(name)
		return !ok || attribute.DeveloperOnly || name == "sub" || name == "identities" ||
			len(a.Client.WriteAttributes) > 0 && !strings.HasSuffix(name, "_verified") && !slices.Contains(a.Client.WriteAttributes, name)
	})
	for _, name := range []string{"email_verified", "phone_number_verified"} {
		if value, ok := values[name]; ok {
			values[name] = strings.ToLower(value)
		}
	}
	return values, nil
}

// find finds the user that the identity is linked to, or that came as it before; nil: there is none. A user who merely has
// the name is nobody's.
func (s *Arrivals) find(ctx context.Context, a arrived) (*directory.User, error) {
	people := outside.Of(s.Directory, a.Pool)
	owner, err := s.Links.Owner(ctx, a.Pool.ID, people, a.Provider.Name, a.Told.Subject, a.known())
	if err != nil {
		return nil, err
	}
	if owner != "" {
		return s.Directory.Users.Get(ctx, a.Pool.ID, owner)
	}
	id, _, err := people.Person(ctx, a.username)
	if fault.Is(err, fault.Missing, fault.User) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	x, err := s.Directory.Users.Get(ctx, a.Pool.ID, id)
	if err != nil {
		return nil, err
	}
	switch came, same := a.Provider.Came(x.Attributes["identities"], a.Told); {
	case !came:
		return nil, directory.BadOutsider()
	case !same:
		return nil, fault.Invalidf("The person is known here from another issuer.")
	}
	return x, nil
}

// bind notes the issuer of somebody who came while issuers were not kept, or from one with which theirs goes on.
func (s *Arrivals) bind(ctx context.Context, a arrived, x *directory.User) (*directory.User, error) {
	if was := x.Attributes["identities"]; a.Provider.Bind(was, a.Told) == was {
		return x, nil
	}
	err := outside.Of(s.Directory, a.Pool).ChangeIdentities(ctx, x.ID, func(old string) string { return a.Provider.Bind(old, a.Told) })
	if err != nil {
		return nil, err
	}
	return s.Directory.Users.Get(ctx, a.Pool.ID, x.ID)
}

// known are the values by which somebody may be linked. An address that the provider says is not verified links nobody: whoever may
// write it there would be whom it is linked to.
func (a arrived) known() map[string]string {
	out := maps.Clone(a.values)
	for _, contact := range []string{"email", "phone_number"} {
		verified, said := a.values[contact+"_verified"]
		if !said {
			verified = strings.ToLower(a.Told.Claims[contact+"_verified"])
		}
		if verified == "false" {
			delete(out, contact)
		}
	}
	return out
}

func (a arrived) asCase(x *directory.User) signin.Case {
	return signin.Case{Pool: a.Pool, Client: a.Client, User: x, UserID: x.ID, EventID: a.event, Provider: a.Provider.Name}
}

// admit turns away disabled users.
func admit(ctx context.Context, a arrived, x *directory.User) error {
	audit.NotePerson(ctx, a.Pool.ID, x.ID, "")
	if !x.Enabled {
		return fault.Deniedf("User is disabled.")
	}
	return nil
}

// welcome makes the user of somebody who is here for the first time.
func (s *Arrivals) welcome(ctx context.Context, a arrived) (*directory.User, error) {
	now := s.Now().UTC().UnixMilli()
	x, err := s.Directory.Users.DraftOutsider(a.Pool, directory.Outsider{
		Username: a.username, Attributes: a.values, Identities: a.Provider.Identities(a.Told.Subject, a.Told.Issuer, now),
	})
	if err != nil {
		return nil, err
	}
	e := account.Event{Pool: a.Pool, Client: a.Client, User: x, Login: a.username, Outside: true}
	if s.Hooks.PreSignUp != nil {
		verdict, err := s.Hooks.PreSignUp(ctx, e)
		if err != nil {
			return nil, err
		}
		for contact, verify := range map[string]bool{"email": verdict.VerifyEmail, "phone_number": verdict.VerifyPhone} {
			if verify {
				x.Attributes[contact+"_verified"] = "true"
			}
		}
	}
	if err := s.store(ctx, a, x); err != nil {
		return nil, err
	}
	audit.Note(ctx, func(r *audit.Record) { r.Detail = map[string]string{"provider": a.Provider.Name, "created": x.ID} })
	if s.Hooks.PostConfirmation != nil {
		return x, s.Hooks.PostConfirmation(ctx, e)
	}
	return x, nil
}

// store keeps a new user. When the identity was linked to somebody meanwhile, as pre-sign-up functions do, it is no new
// user any more; the next sign-in finds the link.
func (s *Arrivals) store(ctx context.Context, a arrived, x *directory.User) error {
	people := outside.Of(s.Directory, a.Pool)
	err := s.Tx.InTx(ctx, func(ctx context.Context) error {
		owner, err := s.Links.Owner(ctx, a.Pool.ID, people, a.Provider.Name, a.Told.Subject, a.known())
		if err != nil {
			return err
		}
		if owner != "" {
			return fault.Invalidf("Already found an entry for username %s", x.Username)
		}
		if err := s.Directory.Users.Insert(ctx, a.Pool, x, false); err != nil {
			return err
		}
		err = s.Directory.Groups.Add(ctx, a.Pool.ID, a.Provider.Group(), x.ID)
		if fault.Is(err, fault.Missing, "") { // somebody has deleted the group
			return nil
		}
		return err
	})
	if fault.Is(err, fault.Exists, fault.Username) {
		return errTwice
	}
	return err
}

// greet brings the attributes of somebody up to date who was here before, or is linked to the identity.
func (s *Arrivals) greet(ctx context.Context, a arrived, x *directory.User) (*directory.User, error) {
	e := signin.Event{Pool: a.Pool, Client: a.Client, User: x, Login: a.username}
	if err := run(ctx, s.Hooks.PreAuthentication, e); err != nil {
		return nil, err
	}
	x, err := s.bind(ctx, a, x)
	if err != nil {
		return nil, err
	}
	maps.DeleteFunc(a.values, func(name, _ string) bool { return slices.Contains(a.Once, name) })
	values, err := changes(a.Pool, x, a.values)
	if err != nil {
		return nil, err
	}
	if len(values) > 0 {
		if x, _, err = s.Directory.Users.UpdateAttributes(ctx, a.Pool, x.ID, directory.Update{Values: values, By: directory.BySystem}); err != nil {
			return nil, err
		}
	}
	e.User = x
	return x, run(ctx, s.Hooks.PostAuthentication, e)
}

func run(ctx context.Context, hook func(context.Context, signin.Event) error, e signin.Event) error {
	if hook == nil {
		return nil
	}
	return hook(ctx, e)
}

// changes are the values that are other than the user's. A mapped attribute that can never change refuses every sign-in but the
// first, whatever its value, as at Cognito.
// https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-specifying-attribute-mapping.html
func changes(pool *directory.Pool, x *directory.User, told map[string]string) (map[string]string, error) {
	values := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(told)) {
		if attribute, _ := pool.Attribute(name); !attribute.Mutable {
			return nil, fault.Invalidf("user.%s: Attribute cannot be updated.", name)
		}
		contact, verified := strings.CutSuffix(name, "_verified")
		switch {
		case told[name] == x.Attributes[name]:
			if verified && told[contact] != "" && told[contact] != x.Attributes[contact] {
				values[name] = told[name] // it vouches for the new address
			}
			continue
		case verified && told[contact] == "" && x.Attributes[contact] == "":
			continue
		}
		values[name] = told[name]
	}
	return values, nil
}
