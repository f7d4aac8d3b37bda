package directory

import (
	"context"
	"fmt"
	"regexp"
	"slices"

	"cognate.dev/cognate/internal/directory/appclient"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/kit/cache"
	"cognate.dev/cognate/internal/kit/clock"
	"cognate.dev/cognate/internal/kit/cursor"
	"cognate.dev/cognate/internal/kit/random"
)

// Clients creates, finds, changes and deletes the app clients of pools.
type Clients struct {
	store       ClientStore
	tx          Transactor
	credentials CredentialStore
	pools       *Pools
	resources   *ResourceServers
	providers   ProviderStore
	onCommit    func(context.Context, func())
	tokens      *cursor.Codec
	now         clock.Clock
	cache       *cache.Cache[string, *Client]
	srp         *cache.Cache[string, bool]
}

// ClientSpec asks for a new app client. TokenRevocation is taken as given: on the wire an absent member means true.
// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateUserPoolClient.html
type ClientSpec struct {
	ID     string // pinned by a seed; empty: generated
	PoolID string
	ClientSettings
	OpenID         OpenID
	GenerateSecret bool
	Secret         string // the caller's own secret, 24 to 64 characters; not together with GenerateSecret
	Registered     bool   // the application asked for it itself
	Workspace      string // that it belongs to, which has seen to its scopes; empty: none
}

var (
	clientID     = regexp.MustCompile(`^[\w+]{1,128}$`)
	clientSecret = regexp.MustCompile(`^[\w+]{24,64}$`)
)

// IsClientID says whether a text has the form of a client's id.
func IsClientID(id string) bool { return clientID.MatchString(id) }

// Create makes an app client. The secret is in the answer and in every later read.
func (c *Clients) Create(ctx context.Context, spec ClientSpec) (*Client, error) {
	pool, err := c.pools.stored(ctx, spec.PoolID)
	if err != nil {
		return nil, err
	}
	client := &Client{
		ID: spec.ID, PoolID: pool.ID, ClientSettings: spec.ClientSettings, OpenID: spec.OpenID, Registered: spec.Registered, Workspace: spec.Workspace,
		CreatedAt: moment(c.now),
	}
	client.ModifiedAt = client.CreatedAt
	if client.ID == "" {
		client.ID = random.LowerAlnum(26)
	} else if !clientID.MatchString(client.ID) {
		return nil, fault.Invalidf("Invalid app client id.")
	}
	switch {
	case spec.GenerateSecret && spec.Secret != "":
		return nil, fault.Invalidf("Only one of GenerateSecret and ClientSecret can be set.")
	case spec.GenerateSecret:
		client.AddSecret(random.LowerAlnum(secretLength), true, client.CreatedAt)
	case spec.Secret != "":
		if !clientSecret.MatchString(spec.Secret) {
			return nil, badSecret()
		}
		client.AddSecret(spec.Secret, false, client.CreatedAt)
	}
	if err := client.Settle(pool, "creating"); err != nil {
		return nil, err
	}
	if err := c.checkKnown(ctx, client); err != nil {
		return nil, err
	}
	err = c.write(ctx, pool.ID, client.ID, func(ctx context.Context) error { return c.store.InsertClient(ctx, client) })
	if err != nil {
		return nil, err
	}
	return client, nil
}

// Forget makes this node read a client anew, or every client when id is empty, because another node has changed it.
func (c *Clients) Forget(poolID, id string) {
	if id == "" {
		c.cache.InvalidateAll()
		c.srp.InvalidateAll()
		return
	}
	c.cache.Invalidate(id)
	c.srp.Invalidate(poolID)
}

// Find finds a client by its id alone. The value is shared and at most a second old; do not ask inside a transaction.
func (c *Clients) Find(ctx context.Context, id string) (*Client, error) {
	r, err := c.cache.Get(ctx, id)
	return r.Value, err
}

// Get finds a client of a pool; a client of another pool does not exist here.
func (c *Clients) Get(ctx context.Context, poolID, id string) (*Client, error) {
	client, err := c.Find(ctx, id)
	if err != nil {
		return nil, err
	}
	if client.PoolID != poolID {
		return nil, fault.NoClient(id)
	}
	return client, nil
}

// List pages through the clients of a pool, oldest first; of one type, unless kind is empty. As at AWS a page of one type
// may hold fewer than there is room for, or none, before the last one.
func (c *Clients) List(ctx context.Context, poolID, kind string, limit int, token string) (Page[*Client], error) {
	if kind != "" && kind != appclient.ClientRegular && kind != appclient.ClientRegistered {
		return Page[*Client]{}, fault.Invalidf("1 validation error detected: Value '%s' at 'clientType' failed to satisfy constraint: "+
			"Member must satisfy enum value set: [%s, %s]", kind, appclient.ClientRegular, appclient.ClientRegistered)
	}
	if _, err := c.pools.Get(ctx, poolID); err != nil {
		return Page[*Client]{}, err
	}
	found, err := c.list(ctx, poolID, kind, limit, token)
	if kind != "" {
		found.Items = slices.DeleteFunc(found.Items, func(x *Client) bool { return x.Type() != kind })
	}
	return found, err
}

func (c *Clients) list(ctx context.Context, poolID, kind string, limit int, token string) (Page[*Client], error) {
	return page(ctx, c.tokens, listing[*Client, Position]{
		fetch: func(ctx context.Context, after Position, limit int) ([]*Client, error) {
			return c.store.ListClients(ctx, poolID, after, limit)
		},
		place: func(x *Client) Position { return Position{CreatedAt: x.CreatedAt.UnixMilli(), ID: x.ID} },
		scope: []string{"ListUserPoolClients", poolID, kind},
	}, limit, token)
}

// Stored is Get as the store has it now, and in the transaction of ctx. Every caller has a value of its own.
func (c *Clients) Stored(ctx context.Context, poolID, id string) (*Client, error) {
	client, err := c.store.Client(ctx, id)
	if err == nil && client.PoolID != poolID {
		return nil, fault.NoClient(id)
	}
	return client, err
}

// Update replaces the settings of a client; an omitted name stays. Secrets do not change.
func (c *Clients) Update(ctx context.Context, poolID, id string, s ClientSettings) (*Client, error) {
	return c.Change(ctx, poolID, id, func(client *Client) error {
		name := client.Name
		client.ClientSettings = s
		if client.Name == "" {
			client.Name = name
		}
		return nil
	})
}

// Change changes the settings of a client, and what it has registered, by a function of its old value.
func (c *Clients) Change(ctx context.Context, poolID, id string, change func(*Client) error) (*Client, error) {
	pool, err := c.pools.stored(ctx, poolID)
	if err != nil {
		return nil, err
	}
	var changed *Client
	err = c.write(ctx, poolID, id, func(ctx context.Context) error {
		return c.store.UpdateClient(ctx, poolID, id, func(client *Client) error {
			if err := change(client); err != nil {
				return err
			}
			client.ModifiedAt = moment(c.now)
			changed = client
			if client.Registered && slices.Contains(client.OAuthScopes, RegistrationScope) {
				return fault.Invalidf("A client that was registered dynamically cannot have the scope %s.", RegistrationScope)
			}
			if err := client.Settle(pool, "updating"); err != nil {
				return err
			}
			return c.checkKnown(ctx, client)
		})
	})
	return changed, err
}

// Delete removes a client. Its tokens can no longer be refreshed.
func (c *Clients) Delete(ctx context.Context, poolID, id string) error {
	if _, err := c.pools.stored(ctx, poolID); err != nil {
		return err
	}
	return c.write(ctx, poolID, id, func(ctx context.Context) error { return c.store.DeleteClient(ctx, poolID, id) })
}

// write runs one change of a client.
func (c *Clients) write(ctx context.Context, poolID, id string, change func(context.Context) error) error {
	return c.Together(ctx, poolID, func(ctx context.Context) error {
		if err := change(ctx); err != nil {
			return err
		}
		c.onCommit(ctx, func() { c.cache.Invalidate(id); c.srp.Invalidate(poolID) })
		return nil
	})
}

// togetherKey is the context key of the pool whose clients change together.
type togetherKey struct{}

// Together runs changes of a pool's clients in one transaction, and forgets the pool's SRP verifiers when they took away the last use of
// them. That takes a look at all clients, which changes inside of fn do not take again.
func (c *Clients) Together(ctx context.Context, poolID string, fn func(context.Context) error) error {
	if ctx.Value(togetherKey{}) == poolID {
		return fn(ctx)
	}
	return c.tx.InTx(ctx, func(ctx context.Context) error {
		before, err := c.readSRP(ctx, poolID)
		if err != nil {
			return err
		}
		if err := fn(context.WithValue(ctx, togetherKey{}, poolID)); err != nil {
			return err
		}
		after, err := c.readSRP(ctx, poolID)
		if err != nil {
			return err
		}
		if before && !after {
			if err := c.credentials.DropSRP(ctx, poolID); err != nil {
				return fmt.Errorf("drop SRP verifiers: %w", err)
			}
		}
		return nil
	})
}

// SRPAllowed says whether the people of a pool may prove their password by SRP: the pool has no client yet, or one
// whose flows use it. The answer is at most a second old; do not ask inside a transaction.
func (c *Clients) SRPAllowed(ctx context.Context, poolID string) (bool, error) {
	r, err := c.srp.Get(ctx, poolID)
	return r.Value, err
}

// readSRP is SRPAllowed as the store has it now, and in the transaction of ctx.
func (c *Clients) readSRP(ctx context.Context, poolID string) (bool, error) {
	var after Position
	for none := true; ; none = false {
		clients, err := c.store.ListClients(ctx, poolID, after, MaxPage)
		if err != nil {
			return false, fmt.Errorf("list app clients: %w", err)
		}
		for _, client := range clients {
			if client.Allows(FlowSRP) || client.Allows(FlowCustom) || client.Allows(FlowChoice) {
				return true, nil
			}
		}
		if len(clients) < MaxPage {
			return none && len(clients) == 0, nil
		}
		last := clients[len(clients)-1]
		after = Position{CreatedAt: last.CreatedAt.UnixMilli(), ID: last.ID}
	}
}
