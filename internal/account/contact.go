package account

import (
	"cmp"
	"context"
	"encoding/hex"
	"slices"

	"cognate.dev/cognate/internal/audit"
	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/message"
)

// contact is an attribute that a message can go to, with the value it goes to.
type contact struct{ attribute, value string }

func (c contact) medium() message.Medium {
	if c.attribute == "phone_number" {
		return message.SMS
	}
	return message.Email
}

func (c contact) delivery() *Delivery {
	return &Delivery{Destination: message.Mask(c.medium(), c.value), Medium: c.medium(), Attribute: c.attribute}
}

// signUpContact is where the confirmation code of a new user goes: to the phone if it is verified automatically and
// known, else to the email address, else nowhere.
func signUpContact(pool *directory.Pool, x *directory.User) (contact, bool) {
	for _, name := range []string{"phone_number", "email"} {
		if value := x.Attributes[name]; value != "" && slices.Contains(pool.AutoVerified, name) {
			return contact{name, value}, true
		}
	}
	return contact{}, false
}

// recoveryOrder lists the attributes by which passwords of a pool are recovered, best first. It is empty when only
// an administrator may reset them.
// https://docs.aws.amazon.com/cognito/latest/developerguide/managing-users-passwords.html#user-pools-password-recovery
func recoveryOrder(pool *directory.Pool) []string {
	if pool.Recovery == nil {
		return []string{"phone_number", "email"}
	}
	ways := slices.SortedStableFunc(slices.Values(pool.Recovery), func(a, b directory.Recovery) int {
		return cmp.Compare(a.Priority, b.Priority)
	})
	var out []string
	for _, way := range ways {
		switch way.Name {
		case "verified_email":
			out = append(out, "email")
		case "verified_phone_number":
			out = append(out, "phone_number")
		}
	}
	return out
}

// recoveryContact is where a user's reset code goes: the first verified contact that is not also the second factor.
func recoveryContact(pool *directory.Pool, x *directory.User) (contact, bool) {
	factor := map[string]string{"phone_number": "SMS_MFA", "email": "EMAIL_OTP"}
	for _, name := range recoveryOrder(pool) {
		if pool.MFA.Mode != "OFF" && slices.Contains(x.MFA.Methods, factor[name]) {
			continue
		}
		if value := x.Attributes[name]; value != "" && x.Attributes[name+"_verified"] == "true" {
			return contact{name, value}, true
		}
	}
	return contact{}, false
}

func noRecovery() error {
	return fault.Invalidf("Cannot reset password for the user as there is no registered/verified email or phone_number")
}

// simulate invents the delivery for somebody who does not exist or must not be told apart: what the typed name
// suggests, else what the pool would use, the same each time.
func (a *Accounts) simulate(pool *directory.Pool, login string, order []string) *Delivery {
	login = pool.Fold(login)
	switch {
	case directory.IsEmail(login):
		return contact{"email", login}.delivery()
	case directory.IsPhone(login):
		return contact{"phone_number", login}.delivery()
	}
	seed := a.keys.MAC("account-simulation", []byte(pool.ID), []byte(login))
	if pick(order, pool) == "phone_number" {
		digits := make([]byte, 4)
		for i := range digits {
			digits[i] = '0' + seed[i]%10
		}
		return contact{"phone_number", "+1555555" + string(digits)}.delivery()
	}
	letter := func(b byte) string { return string(rune('a' + b%26)) }
	return contact{"email", letter(seed[0]) + "@" + letter(seed[1])}.delivery()
}

// pick is the contact that most of a pool's people have: the first of the order that the pool verifies by itself.
func pick(order []string, pool *directory.Pool) string {
	for _, name := range order {
		if slices.Contains(pool.AutoVerified, name) {
			return name
		}
	}
	if pool.Recovery != nil && len(order) > 0 {
		return order[0]
	}
	return "email"
}

// nobody is the id under which attempts on a name that nobody has are counted.
func (a *Accounts) nobody(pool *directory.Pool, login string) string {
	return hex.EncodeToString(a.keys.MAC("account-nobody", []byte(pool.ID), []byte(pool.Fold(login)))[:16])
}

// party is who a request without an access token is about.
type party struct {
	client *directory.Client
	pool   *directory.Pool
	user   *directory.User // nil: nobody, and the client hides it
	id     string          // the user's, or what stands for nobody
}

// identify checks the client and finds the user. Nobody is a fault, unless the client hides it.
func (a *Accounts) identify(ctx context.Context, c Caller) (party, error) { return a.find(ctx, c, nil) }

// identifyOrMigrate does the same, and asks the hook before it says that there is nobody.
func (a *Accounts) identifyOrMigrate(ctx context.Context, c Caller) (party, error) {
	return a.find(ctx, c, a.hooks.Migrate)
}

func (a *Accounts) find(ctx context.Context, c Caller, migrate func(context.Context, Event) (*directory.User, error)) (party, error) {
	client, pool, err := a.client(ctx, c)
	if err != nil {
		return party{}, err
	}
	audit.NotePerson(ctx, pool.ID, "", c.Username)
	x, err := a.dir.Users.Find(ctx, pool, c.Username)
	if migrate != nil && fault.Is(err, fault.Missing, fault.User) {
		found, failed := migrate(ctx, Event{Pool: pool, Client: client, Login: c.Username, ClientMetadata: c.ClientMetadata})
		if failed != nil {
			return party{}, failed
		}
		if found != nil {
			x, err = found, nil
		}
	}
	switch {
	case err == nil:
		audit.NotePerson(ctx, pool.ID, x.ID, "")
		return party{client: client, pool: pool, user: x, id: x.ID}, nil
	case !fault.Is(err, fault.Missing, fault.User):
		return party{}, err
	case !client.HidesExistence():
		return party{}, fault.New(fault.Missing, fault.User, "Username/client id combination not found.")
	}
	return party{client: client, pool: pool, id: a.nobody(pool, c.Username)}, nil
}

// client finds the app client of a request, checks its secret hash and finds its pool.
func (a *Accounts) client(ctx context.Context, c Caller) (*directory.Client, *directory.Pool, error) {
	client, err := a.dir.Clients.Find(ctx, c.ClientID)
	if err != nil {
		return nil, nil, err
	}
	if err := client.CheckSecretHash(c.Username, c.SecretHash); err != nil {
		return nil, nil, err
	}
	if c.Hide {
		hiding := *client
		hiding.HideUserExistence = "ENABLED"
		client = &hiding
	}
	pool, err := a.dir.Pools.Get(ctx, client.PoolID)
	return client, pool, err
}
