package directory

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"cognate.dev/cognate/internal/directory/schema"
	"cognate.dev/cognate/internal/directory/userpool"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/kit/cache"
	"cognate.dev/cognate/internal/kit/clock"
	"cognate.dev/cognate/internal/kit/cursor"
)

// Pools creates, finds, changes and deletes user pools.
type Pools struct {
	store    PoolStore
	changes  Changes
	onCommit func(context.Context, func())
	tokens   *cursor.Codec
	now      clock.Clock
	cache    *cache.Cache[string, *Pool]
	leave    func(context.Context, string) error
	frozen   func(context.Context, string) error

	forgetClients func() // empties the cache of app clients
}

// PoolSpec asks for a new pool. Zero members of Settings take Cognito's defaults; the zero PasswordPolicy means "not
// given". https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateUserPool.html
type PoolSpec struct {
	ID     string // pinned by a seed; empty: generated
	Region string
	Settings
	Schema             []AttributeSpec
	AliasAttributes    []string
	UsernameAttributes []string
	CaseSensitive      *bool
}

// Forget makes this node read a pool anew, or every pool when id is empty, because another node has changed it.
func (p *Pools) Forget(id string) {
	if id == "" {
		p.cache.InvalidateAll()
		return
	}
	p.cache.Invalidate(id)
}

// Create makes a pool.
func (p *Pools) Create(ctx context.Context, spec PoolSpec) (*Pool, error) {
	pool := &Pool{
		ID: spec.ID, Region: spec.Region, Settings: spec.Settings,
		AliasAttributes: spec.AliasAttributes, UsernameAttributes: spec.UsernameAttributes, CaseSensitive: spec.CaseSensitive,
	}
	if err := pool.Identify(); err != nil {
		return nil, err
	}
	if err := pool.CheckNames(); err != nil {
		return nil, err
	}
	if err := pool.Settle(); err != nil {
		return nil, err
	}
	var err error
	if pool.Schema, err = schema.Build(spec.Schema); err != nil {
		return nil, err
	}
	pool.CreatedAt = moment(p.now)
	pool.ModifiedAt = pool.CreatedAt
	if err := p.store.InsertPool(ctx, pool); err != nil {
		return nil, fmt.Errorf("create user pool: %w", err)
	}
	return pool, nil
}

// Get finds a pool. The value is shared and at most a second old; do not ask inside a transaction.
func (p *Pools) Get(ctx context.Context, id string) (*Pool, error) {
	r, err := p.cache.Get(ctx, id)
	return r.Value, err
}

// stored is Get as the store has it now, and in the transaction of ctx.
func (p *Pools) stored(ctx context.Context, id string) (*Pool, error) { return p.store.Pool(ctx, id) }

// List pages through all pools, oldest first.
func (p *Pools) List(ctx context.Context, limit int, token string) (Page[*Pool], error) {
	return page(ctx, p.tokens, listing[*Pool, Position]{
		fetch: p.store.ListPools,
		place: func(x *Pool) Position { return Position{CreatedAt: x.CreatedAt.UnixMilli(), ID: x.ID} },
		scope: []string{"ListUserPools"},
	}, limit, token)
}

// Update replaces the settings: an omitted member goes back to its default, save the name, the tier, the issuer, the key,
// the tags and which contacts are verified before they change, which stay, and the factors that only SetMFA knows.
func (p *Pools) Update(ctx context.Context, id string, s Settings) error {
	return p.changeThawed(ctx, id, func(pool *Pool) error {
		old := pool.Settings
		pool.Settings = s
		if pool.Name == "" {
			pool.Name = old.Name
		}
		if pool.Tier == "" && (pool.AddOns == nil || pool.AddOns.AdvancedSecurityMode == "OFF") {
			pool.Tier = old.Tier
		}
		if pool.Issuer == "" { // tokens would change under the applications of whoever does not know the setting
			pool.Issuer = old.Issuer
		}
		if pool.Key == nil {
			pool.Key = old.Key
		}
		if pool.Tags == nil {
			pool.Tags = old.Tags
		}
		if pool.VerifyBeforeUpdate == nil && old.VerifyBeforeUpdate != nil {
			pool.VerifyBeforeUpdate = slices.DeleteFunc(slices.Clone(old.VerifyBeforeUpdate), func(name string) bool {
				return !slices.Contains(pool.AutoVerified, name)
			})
		}
		pool.MFA.SoftwareToken, pool.MFA.SoftwareTokenSaid = old.MFA.SoftwareToken, old.MFA.SoftwareTokenSaid
		pool.MFA.Email, pool.MFA.WebAuthn = old.MFA.Email, old.MFA.WebAuthn
		return pool.Settle()
	})
}

// MFASettings is what SetUserPoolMfaConfig replaces. A nil SMS leaves the SMS configuration as it is.
type MFASettings struct {
	MFAConfig
	SMSConfig      *SMSConfig
	SMSAuthMessage string
}

// SetMFA replaces the MFA settings of a pool and returns the pool.
func (p *Pools) SetMFA(ctx context.Context, id string, s MFASettings) (*Pool, error) {
	var changed *Pool
	if s.Mode == "OFF" && (s.SMS || s.SoftwareToken || s.Email != nil) {
		return nil, fault.Invalidf("Invalid MFA configuration given, can't turn off MFA and configure an MFA together.")
	}
	err := p.change(ctx, id, func(pool *Pool) error {
		pool.MFA = s.MFAConfig
		if s.SMSConfig != nil {
			pool.SMS, pool.MFA.SMS = s.SMSConfig, true
		}
		if s.SMSAuthMessage != "" {
			pool.SMSAuthMessage = s.SMSAuthMessage
		}
		changed = pool
		return pool.Settle()
	})
	return changed, err
}

// Delete removes a pool and everything in it, unless it is protected or something outside still needs it.
func (p *Pools) Delete(ctx context.Context, id string) error {
	return p.store.InTx(ctx, func(ctx context.Context) error {
		pool, err := p.store.Pool(ctx, id)
		if err != nil {
			return err
		}
		if pool.DeletionProtection {
			return fault.Invalidf("The user pool cannot be deleted because deletion protection is activated. " +
				"Deletion protection must be inactivated first.")
		}
		if err := p.thawed(ctx, id); err != nil {
			return err
		}
		if p.leave != nil {
			if err := p.leave(ctx, id); err != nil {
				return err
			}
		}
		if err := p.store.DeletePool(ctx, id); err != nil {
			return err
		}
		p.told(ctx, id)
		p.onCommit(ctx, p.forgetClients) // the pool's are gone with it
		return nil
	})
}

// AddAttributes adds custom attributes to the schema; they can never be removed.
func (p *Pools) AddAttributes(ctx context.Context, id string, specs []AttributeSpec) error {
	return p.changeThawed(ctx, id, func(pool *Pool) error {
		list, err := schema.Add(pool.Schema, specs)
		pool.Schema = list
		return err
	})
}

// EstimatedUsers counts the users of a pool.
func (p *Pools) EstimatedUsers(ctx context.Context, id string) (int, error) {
	return p.store.CountUsers(ctx, id)
}

func (p *Pools) change(ctx context.Context, id string, change func(*Pool) error) error {
	return p.store.InTx(ctx, func(ctx context.Context) error {
		err := p.store.UpdatePool(ctx, id, func(pool *Pool) error {
			if err := change(pool); err != nil {
				return err
			}
			pool.ModifiedAt = moment(p.now)
			return nil
		})
		if err != nil {
			return err
		}
		p.told(ctx, id)
		return nil
	})
}

// changeThawed is change, unless the pool may not change now.
func (p *Pools) changeThawed(ctx context.Context, id string, change func(*Pool) error) error {
	return p.store.InTx(ctx, func(ctx context.Context) error {
		if err := p.thawed(ctx, id); err != nil {
			return err
		}
		return p.change(ctx, id, change)
	})
}

func (p *Pools) thawed(ctx context.Context, id string) error {
	if p.frozen == nil {
		return nil
	}
	return p.frozen(ctx, id)
}

// told makes this node forget the pool and tells the others who keep something about its people.
func (p *Pools) told(ctx context.Context, id string) {
	p.onCommit(ctx, func() { p.cache.Invalidate(id) })
	p.changes.Changed(ctx, id, "")
}

// ARN is the pool's Amazon resource name in an account.
func ARN(account string, p *Pool) string {
	return "arn:aws:cognito-idp:" + p.Region + ":" + account + ":userpool/" + p.ID
}

// PoolOfARN gives the id of the pool that an ARN names.
func PoolOfARN(arn string) (string, error) {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) != 6 || parts[0] != "arn" || parts[2] != "cognito-idp" {
		return "", fault.Invalidf("Invalid ARN: %s", arn)
	}
	id, ok := strings.CutPrefix(parts[5], "userpool/")
	if !ok || !userpool.IsID(id) {
		return "", fault.Invalidf("Invalid ARN: %s", arn)
	}
	return id, nil
}
