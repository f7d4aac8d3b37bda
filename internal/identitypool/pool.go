package identitypool

import (
	"context"
	"errors"
	"maps"
	"regexp"
	"slices"
	"strings"

	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/kit/clock"
	"cognate.dev/cognate/internal/kit/cursor"
	"cognate.dev/cognate/internal/kit/random"
	"cognate.dev/cognate/internal/kit/tag"
	"cognate.dev/cognate/internal/sts"
)

// Cognito's quotas.
// https://docs.aws.amazon.com/cognito/latest/developerguide/quotas.html#resource-quotas
const (
	maxPools     = 1000
	maxUserPools = 50
	maxPage      = 60
)

// Pools are the identity pools. Safe for concurrent use.
type Pools struct {
	store     PoolStore
	tokens    *cursor.Codec
	providers *Tokens
	now       clock.Clock
}

// NoPool is the answer for an unknown identity pool.
func NoPool(id string) *fault.Fault { return fault.Missingf("IdentityPool '%s' not found.", id) }

// NoIdentity is the answer for an unknown identity.
func NoIdentity(id string) *fault.Fault { return fault.Missingf("Identity '%s' not found.", id) }

// Create makes a pool in a region.
func (p *Pools) Create(ctx context.Context, region string, s Settings) (*Pool, error) {
	if err := p.check(s); err != nil {
		return nil, err
	}
	now := moment(p.now)
	pool := &Pool{ID: region + ":" + random.UUID(), Region: region, Settings: s, Created: now, Modified: now}
	if err := p.store.InsertIdentityPool(ctx, pool, maxPools); err != nil {
		return nil, err
	}
	return pool, nil
}

// Get reads a pool.
func (p *Pools) Get(ctx context.Context, id string) (*Pool, error) {
	return p.store.IdentityPool(ctx, id)
}

// Update replaces the settings of a pool: what is not given is removed, but for the name of the developer provider, which never
// changes, and the tags.
func (p *Pools) Update(ctx context.Context, id string, s Settings) (*Pool, error) {
	return p.change(ctx, id, func(pool *Pool) error {
		if s.Developer == "" {
			s.Developer = pool.Developer
		}
		if pool.Developer != "" && s.Developer != pool.Developer {
			return fault.Invalidf("The developer provider name cannot be changed once it is set.")
		}
		if s.Tags == nil {
			s.Tags = pool.Tags
		}
		pool.Settings = s
		return p.check(s)
	})
}

// Delete removes a pool and its identities.
func (p *Pools) Delete(ctx context.Context, id string) error {
	return p.store.DeleteIdentityPool(ctx, id)
}

// List gives a page of pools by id, and a token for the next one.
func (p *Pools) List(ctx context.Context, limit int, token string) ([]*Pool, string, error) {
	list := cursor.List[*Pool, string]{
		Fetch: p.store.ListIdentityPools, Place: func(pool *Pool) string { return pool.ID }, Scope: []string{"ListIdentityPools"},
	}
	return paged(list.Page(ctx, p.tokens, min(limit, maxPage), token))
}

// paged says in a caller's words that a token is none.
func paged[T any](items []T, next string, err error) ([]T, string, error) {
	if errors.Is(err, cursor.ErrBad) {
		err = fault.Invalidf("Invalid pagination token").Because(err)
	}
	return items, next, err
}

// Tag adds tags to a pool, replacing those with the same key.
func (p *Pools) Tag(ctx context.Context, id string, tags map[string]string) error {
	_, err := p.change(ctx, id, func(pool *Pool) error {
		merged := map[string]string{}
		maps.Copy(merged, pool.Tags)
		maps.Copy(merged, tags)
		pool.Tags = merged
		return checkTags(merged)
	})
	return err
}

// Untag removes tags from a pool. Unknown keys are ignored.
func (p *Pools) Untag(ctx context.Context, id string, keys []string) error {
	_, err := p.change(ctx, id, func(pool *Pool) error {
		maps.DeleteFunc(pool.Tags, func(key, _ string) bool { return slices.Contains(keys, key) })
		return nil
	})
	return err
}

// SetRoles replaces the roles and role mappings of a pool.
func (p *Pools) SetRoles(ctx context.Context, id string, roles map[string]string, mappings map[string]Mapping) error {
	_, err := p.change(ctx, id, func(pool *Pool) error {
		pool.Roles, pool.Mappings = roles, mappings
		return pool.checkRoles()
	})
	return err
}

// SetTagMap replaces what becomes session tags of a provider's claims.
func (p *Pools) SetTagMap(ctx context.Context, id, provider string, m TagMap) error {
	_, err := p.change(ctx, id, func(pool *Pool) error {
		if !pool.has(provider) {
			return fault.Missingf("Identity provider %s is not one of the identity pool.", provider)
		}
		if err := m.check(); err != nil {
			return err
		}
		if pool.TagMaps == nil {
			pool.TagMaps = map[string]TagMap{}
		}
		pool.TagMaps[provider] = m
		return nil
	})
	return err
}

func (p *Pools) change(ctx context.Context, id string, change func(*Pool) error) (*Pool, error) {
	return p.store.UpdateIdentityPool(ctx, id, func(pool *Pool) error {
		pool.Modified = moment(p.now)
		return change(pool)
	})
}

// social are the providers of SupportedLoginProviders, and what their apps bring.
var social = map[string]string{
	"accounts.google.com": byIDToken, "appleid.apple.com": byIDToken, "graph.facebook.com": byAccessToken, "www.amazon.com": byAccessToken,
	"api.twitter.com": "", "www.digits.com": "", // nothing that can be checked here
}

const (
	byIDToken     = "ID token"
	byAccessToken = "access token"
)

var (
	userPoolForm = regexp.MustCompile(`^cognito-idp\.[a-z0-9-]+\.amazonaws\.com/([\w-]+_[0-9A-Za-z]+)$`)
	oidcForm     = regexp.MustCompile(`^arn:aws:iam::[0-9]{12}:oidc-provider/(.+)$`)
	samlForm     = regexp.MustCompile(`^[\w._-]{1,128}$`)
)

// check refuses settings that have no meaning, and those that would have no effect.
func (p *Pools) check(s Settings) error {
	for name := range s.Social {
		brings, known := social[name]
		switch {
		case !known:
			return fault.Invalidf("Please provide a valid public provider")
		case brings == "":
			return fault.Invalidf("Tokens of %s are not supported by Cognate; see docs/standards.md", name)
		}
	}
	if _, public := social[s.Developer]; public || s.Developer == sts.CognitoIdentity {
		return fault.Invalidf("DeveloperProviderName: %s is the name of another provider.", s.Developer)
	}
	for _, arn := range s.SAML {
		if p.providers.samlName(arn) == "" {
			return fault.Invalidf("SamlProviderARNs: there is no provider %s", arn)
		}
	}
	for _, arn := range s.OIDC {
		if p.providers.configured(arn) == nil {
			return fault.Invalidf("OpenIdConnectProviderARNs: there is no provider %s", arn)
		}
		if strings.HasSuffix(arn, ":oidc-provider/"+s.Developer) {
			return fault.Invalidf("DeveloperProviderName: %s is the name of another provider.", s.Developer)
		}
	}
	if len(s.UserPools) > maxUserPools {
		return fault.Limitedf("An identity pool can have at most %d user pool clients.", maxUserPools)
	}
	seen := map[string]bool{}
	for _, u := range s.UserPools {
		id := u.Provider + ":" + u.Client
		switch {
		case !userPoolForm.MatchString(u.Provider) || u.Client == "":
			return fault.Invalidf("CognitoIdentityProviders: a provider is named cognito-idp.REGION.amazonaws.com/POOL and has a client id")
		case seen[id]:
			return fault.Invalidf("CognitoIdentityProviders: %s is there twice", id)
		}
		seen[id] = true
	}
	return checkTags(s.Tags)
}

// has tells whether tokens of a provider count in a pool.
func (p *Pool) has(provider string) bool {
	_, ok := p.Social[provider]
	return ok || provider != "" && provider == p.Developer || p.oidc(provider) != "" || slices.Contains(p.SAML, provider) ||
		slices.ContainsFunc(p.UserPools, func(u UserPool) bool { return u.Provider == provider })
}

// oidc is the ARN of an OpenID Connect provider of the pool, by the ARN itself or by its issuer without https://.
func (p *Pool) oidc(name string) string {
	for _, arn := range p.OIDC {
		if m := oidcForm.FindStringSubmatch(arn); arn == name || m != nil && m[1] == name {
			return arn
		}
	}
	return ""
}

// classic tells whether tokens are given out that can be exchanged for credentials elsewhere.
func (p *Pool) classic() bool { return p.Classic != nil && *p.Classic }

func checkTags(tags map[string]string) error {
	if problem := tag.Check(tags); problem != "" {
		return fault.New(fault.Invalid, "", string(problem))
	}
	return nil
}

// ARN names a pool: arn:aws:cognito-identity:REGION:ACCOUNT:identitypool/ID.
func ARN(account string, p *Pool) string {
	return "arn:aws:cognito-identity:" + p.Region + ":" + account + ":identitypool/" + p.ID
}

// PoolOfARN takes the id of a pool out of an ARN.
func PoolOfARN(arn string) (string, error) {
	_, id, ok := strings.Cut(arn, ":identitypool/")
	if !ok || !strings.HasPrefix(arn, "arn:aws:cognito-identity:") || id == "" {
		return "", fault.Invalidf("Invalid resource ARN: %s", arn)
	}
	return id, nil
}
