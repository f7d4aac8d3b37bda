package directory

import (
	"context"
	"slices"
	"strings"
	"time"

	"cognate.dev/cognate/internal/directory/appclient"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/kit/cache"
	"cognate.dev/cognate/internal/kit/clock"
	"cognate.dev/cognate/internal/kit/cursor"
)

// ResourceServer is an API whose scopes the app clients of a pool may ask for.
// https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-define-resource-servers.html
type ResourceServer struct {
	PoolID     string
	Identifier string
	Name       string
	Scopes     []Scope
	CreatedAt  time.Time
	ModifiedAt time.Time
}

// Scope is one permission of a resource server; clients and tokens call it IDENTIFIER/NAME.
type Scope struct {
	Name        string `json:"name"` // without "/"
	Description string `json:"description"`
}

// ResourceStore keeps resource servers. Unknown ones are faults Missing.
type ResourceStore interface {
	// InsertResourceServer refuses a taken identifier (a fault Exists) and more than max servers in a pool (Limited).
	InsertResourceServer(ctx context.Context, r *ResourceServer, max int) error
	ResourceServer(ctx context.Context, poolID, identifier string) (*ResourceServer, error)
	UpdateResourceServer(ctx context.Context, poolID, identifier string, change func(*ResourceServer) error) (*ResourceServer, error)
	DeleteResourceServer(ctx context.Context, poolID, identifier string) error
	ListResourceServers(ctx context.Context, poolID, after string, limit int) ([]*ResourceServer, error) // by identifier
}

// ProviderStore tells which outside identity providers a pool has.
type ProviderStore interface {
	ProviderExists(ctx context.Context, poolID, name string) (bool, error)
	// ReservesName tells whether a username begins with the name of a provider of the pool and an underscore; fold ignores
	// the case of letters.
	ReservesName(ctx context.Context, poolID, username string, fold bool) (bool, error)
}

// maxResourceServers is the highest quota of a pool that AWS grants.
const maxResourceServers = 300

// ResourceServers creates resource servers and says which scopes exist.
type ResourceServers struct {
	store    ResourceStore
	onCommit func(context.Context, func())
	tokens   *cursor.Codec
	now      clock.Clock
	cache    *cache.Cache[string, *ResourceServer] // by the pool's id, a space and the identifier, which has none
}

// Create makes a resource server. The caller has made sure that the pool exists.
func (r *ResourceServers) Create(ctx context.Context, spec ResourceServer) (*ResourceServer, error) {
	if err := checkScopes(spec.Scopes); err != nil {
		return nil, err
	}
	spec.CreatedAt = moment(r.now)
	spec.ModifiedAt = spec.CreatedAt
	if err := r.store.InsertResourceServer(ctx, &spec, maxResourceServers); err != nil {
		return nil, err
	}
	return &spec, nil
}

// Get finds a resource server.
func (r *ResourceServers) Get(ctx context.Context, poolID, identifier string) (*ResourceServer, error) {
	return r.store.ResourceServer(ctx, poolID, identifier)
}

// Update replaces the name and all scopes. Clients keep the name of a scope that is gone; Live no longer gives it.
func (r *ResourceServers) Update(ctx context.Context, poolID, identifier, name string, scopes []Scope) (*ResourceServer, error) {
	if err := checkScopes(scopes); err != nil {
		return nil, err
	}
	changed, err := r.store.UpdateResourceServer(ctx, poolID, identifier, func(x *ResourceServer) error {
		x.Name, x.Scopes, x.ModifiedAt = name, scopes, moment(r.now)
		return nil
	})
	if err == nil {
		r.onCommit(ctx, r.Forget)
	}
	return changed, err
}

// Forget makes this node read all resource servers anew, because another node has changed one.
func (r *ResourceServers) Forget() { r.cache.InvalidateAll() }

// Delete removes a resource server and with it its scopes.
func (r *ResourceServers) Delete(ctx context.Context, poolID, identifier string) error {
	err := r.store.DeleteResourceServer(ctx, poolID, identifier)
	if err == nil {
		r.onCommit(ctx, r.Forget)
	}
	return err
}

// List pages through the resource servers of a pool by identifier.
func (r *ResourceServers) List(ctx context.Context, poolID string, limit int, token string) (Page[*ResourceServer], error) {
	return page(ctx, r.tokens, listing[*ResourceServer, string]{
		fetch: func(ctx context.Context, after string, limit int) ([]*ResourceServer, error) {
			return r.store.ListResourceServers(ctx, poolID, after, limit)
		},
		place: func(x *ResourceServer) string { return x.Identifier },
		scope: []string{"ListResourceServers", poolID},
	}, limit, token)
}

// read finds the resource server of a key of the cache.
func (r *ResourceServers) read(ctx context.Context, key string) (*ResourceServer, error) {
	poolID, identifier, _ := strings.Cut(key, " ")
	return r.store.ResourceServer(ctx, poolID, identifier)
}

// cached is Get outside of transactions; what another node has just changed may still be as it was.
func (r *ResourceServers) cached(ctx context.Context, poolID, identifier string) (*ResourceServer, error) {
	got, err := r.cache.Get(ctx, poolID+" "+identifier)
	return got.Value, err
}

// Live filters a list of scopes to those that exist now, in the order given. The scopes of every pool always do. It must not be
// asked inside a transaction.
func (r *ResourceServers) Live(ctx context.Context, poolID string, scopes []string) ([]string, error) {
	var live []string
	for _, s := range scopes {
		there, err := r.exists(ctx, poolID, s, r.cached)
		if err != nil {
			return nil, err
		}
		if there {
			live = append(live, s)
		}
	}
	return live, nil
}

func (r *ResourceServers) exists(ctx context.Context, poolID, scope string, get func(ctx context.Context, poolID, identifier string) (*ResourceServer, error)) (bool, error) {
	if slices.Contains(appclient.StandardScopes, scope) || scope == RegistrationScope {
		return true, nil
	}
	cut := strings.LastIndexByte(scope, '/') // an identifier may hold slashes, a scope name cannot
	if cut < 0 {
		return false, nil
	}
	server, err := get(ctx, poolID, scope[:cut])
	if fault.Is(err, fault.Missing, "") {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return slices.ContainsFunc(server.Scopes, func(s Scope) bool { return s.Name == scope[cut+1:] }), nil
}

func checkScopes(scopes []Scope) error {
	seen := map[string]bool{}
	for _, s := range scopes {
		if seen[s.Name] {
			return fault.Invalidf("The scope %s is given more than once.", s.Name)
		}
		seen[s.Name] = true
	}
	return nil
}
