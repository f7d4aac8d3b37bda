package workspace

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/kit/clock"
	"cognate.dev/cognate/internal/kit/random"
	"cognate.dev/cognate/internal/workspace/mapping"
)

// Pools makes and finds user pools; *directory.Pools does.
type Pools interface {
	Create(ctx context.Context, spec directory.PoolSpec) (*directory.Pool, error)
	Get(ctx context.Context, id string) (*directory.Pool, error)
}

// Parts is what the room is built from. All but App are needed.
type Parts struct {
	Store       Store
	Connections ConnectionStore
	Pools       Pools
	Clients     Clients
	Templates   map[string]Template
	Now         clock.Clock
	Tenant      string
	Region      string // where pools are made for workspaces that name none
	// Purge ends every context that came through a connection, whoever has it, and what other rooms keep of it.
	Purge func(ctx context.Context, workspaceID, connectionID string) error
	// Leave removes what other rooms keep of a workspace elsewhere than with it. It runs in the transaction that deletes it.
	Leave func(ctx context.Context, workspaceID string) error
	// Reserved tells whether a name in a pool begins with that of a provider or connection; fold: however it is written.
	Reserved func(ctx context.Context, poolID, name string, fold bool) (bool, error)
	// App refuses a custom application that no connection of a workspace can name; nil: there are none.
	App func(ctx context.Context, workspaceID, id string) error
	// CustomApps is the feature flag custom_apps: whether people are sent to pages of somebody else's.
	CustomApps bool
}

// Room holds the room's services. Safe for concurrent use.
type Room struct {
	Workspaces  *Workspaces
	Connections *Connections
	Clients     *ClientService
}

// New builds the services.
func New(p Parts) *Room {
	w := &Workspaces{parts: p}
	w.clients = &ClientService{p, w}
	return &Room{Workspaces: w, Connections: &Connections{p, w}, Clients: w.clients}
}

// Workspaces creates, finds, changes and deletes workspaces, and what is theirs alone.
type Workspaces struct {
	parts   Parts
	clients *ClientService
}

// Tenant is the tenant of all workspaces here.
func (s *Workspaces) Tenant() string { return s.parts.Tenant }

// Get finds a workspace. Every caller has a value of its own.
func (s *Workspaces) Get(ctx context.Context, id string) (*Workspace, error) {
	if !IsID(id) {
		return nil, Missing(id)
	}
	return s.parts.Store.Workspace(ctx, id)
}

// Alone runs fn in a transaction in which nobody else changes a workspace or what is kept with it, with what the workspace is now. The
// workspace of the system is made where it is missing. fn may run more than once.
func (s *Workspaces) Alone(ctx context.Context, id string, fn func(context.Context, *Workspace) error) error {
	if !IsID(id) {
		return Missing(id)
	}
	return s.parts.Store.InTx(ctx, func(ctx context.Context) error {
		if id == System {
			if _, err := s.System(ctx); err != nil {
				return err
			}
		}
		w, err := s.parts.Store.HoldWorkspace(ctx, id)
		if err != nil {
			return err
		}
		return fn(ctx, w)
	})
}

// List gives all workspaces by id.
func (s *Workspaces) List(ctx context.Context) ([]*Workspace, error) {
	return s.parts.Store.Workspaces(ctx, "", maxWorkspaces)
}

// Create makes a workspace. Without a pool it gets one of its name; without a schema, claims or services it starts with those of
// OpenID Connect.
func (s *Workspaces) Create(ctx context.Context, w *Workspace) (*Workspace, error) {
	if w.ID == System {
		return nil, fault.Invalidf("id: the workspace %s is there without being made.", System)
	}
	if _, err := s.System(ctx); err != nil {
		return nil, err
	}
	return s.create(ctx, w)
}

func (s *Workspaces) create(ctx context.Context, w *Workspace) (*Workspace, error) {
	if w.ID == "" {
		w.ID = random.LowerAlnum(20)
	}
	w.TenantID, w.CreatedAt = s.parts.Tenant, moment(s.parts.Now)
	w.ModifiedAt = w.CreatedAt
	w.settle()
	if err := w.check(); err != nil {
		return nil, err
	}
	if _, err := s.parts.Store.Workspace(ctx, w.ID); !fault.Is(err, fault.Missing, "") { // before a pool is made in vain
		if err == nil {
			err = fault.Newf(fault.Exists, "", "There is a workspace %s already.", w.ID)
		}
		return nil, err
	}
	if w.PoolID != "" {
		if _, err := s.parts.Pools.Get(ctx, w.PoolID); err != nil {
			return nil, err
		}
		return w, s.parts.Store.InsertWorkspace(ctx, w, maxWorkspaces)
	}
	made := *w
	err := s.parts.Store.InTx(ctx, func(ctx context.Context) error { // or there would be a pool of nobody's
		pool, err := s.parts.Pools.Create(ctx, directory.PoolSpec{Region: s.parts.Region, Settings: directory.Settings{Name: poolName(w)}})
		if err != nil {
			return fmt.Errorf("create pool of workspace: %w", err)
		}
		made.PoolID = pool.ID
		return s.parts.Store.InsertWorkspace(ctx, &made, maxWorkspaces)
	})
	if err != nil {
		return nil, err
	}
	return &made, nil
}

// poolName is a name that pools can have.
func poolName(w *Workspace) string {
	name := strings.Map(func(r rune) rune {
		if strings.ContainsRune(`+=,.@- `, r) || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
			return r
		}
		return '-'
	}, w.Name)
	return name[:min(len(name), 128)]
}

// System gives the workspace whose clients administer, and makes it where it is missing.
func (s *Workspaces) System(ctx context.Context) (*Workspace, error) {
	w, err := s.parts.Store.Workspace(ctx, System)
	if !fault.Is(err, fault.Missing, "") {
		return w, err
	}
	w, err = s.create(ctx, &Workspace{
		ID: System, Name: "System", Claims: []Claim{}, Context: ContextSchema{Attributes: []mapping.Attribute{}},
		Services: []Service{systemService()},
	})
	if fault.Is(err, fault.Exists, "") { // another request was first
		return s.parts.Store.Workspace(ctx, System)
	}
	return w, err
}

// settle gives a new workspace what it starts with.
func (w *Workspace) settle() {
	if w.Context.Attributes == nil {
		w.Context.Attributes = StandardAttributes()
	}
	if w.Claims == nil {
		w.Claims = StandardClaims(w.Context.Attributes)
	}
	if w.Services == nil {
		w.Services = []Service{profileService()}
	}
	w.adopt()
}

// adopt gives everything inside of a workspace its ids.
func (w *Workspace) adopt() {
	for i := range w.Claims {
		c := &w.Claims[i]
		c.WorkspaceID, c.TenantID = w.ID, w.TenantID
		if c.ID == "" {
			c.ID = random.LowerAlnum(20)
		}
		if c.Scopes == nil {
			c.Scopes = []string{}
		}
	}
	for i := range w.Services {
		s := &w.Services[i]
		s.WorkspaceID = w.ID
		if s.ID == "" {
			s.ID = random.LowerAlnum(20)
		}
		if s.Scopes == nil {
			s.Scopes = []Scope{}
		}
		for j := range s.Scopes {
			s.Scopes[j].ServiceID = s.ID
			if s.Scopes[j].ID == "" {
				s.Scopes[j].ID = random.LowerAlnum(20)
			}
		}
	}
}

// Update changes a workspace by a function of its old value. Connections that write what the schema does not have any more just
// do not write it.
func (s *Workspaces) Update(ctx context.Context, id string, change func(*Workspace) error) (*Workspace, error) {
	return s.parts.Store.UpdateWorkspace(ctx, id, func(w *Workspace) error {
		poolID, created := w.PoolID, w.CreatedAt
		if err := change(w); err != nil {
			return err
		}
		w.ID, w.TenantID, w.PoolID, w.CreatedAt, w.ModifiedAt = id, s.parts.Tenant, poolID, created, moment(s.parts.Now)
		w.adopt()
		return w.check()
	})
}

// Delete removes a workspace, its connections and clients, and what is known of its people, unless allow refuses what it is; nil allows
// it. Their users stay in the pool. Its clients do not: they would be let in again by whoever makes a workspace of its name.
func (s *Workspaces) Delete(ctx context.Context, id string, allow func(*Workspace) error) error {
	if id == System {
		return fault.Invalidf("The workspace %s cannot be deleted.", System)
	}
	return s.Alone(ctx, id, func(ctx context.Context, w *Workspace) error {
		if allow != nil {
			if err := allow(w); err != nil {
				return err
			}
		}
		if err := s.parts.Leave(ctx, id); err != nil {
			return err
		}
		list, err := s.clients.all(ctx, id)
		if err != nil {
			return err
		}
		err = s.parts.Clients.Together(ctx, w.PoolID, func(ctx context.Context) error {
			for _, c := range list {
				if err := s.parts.Clients.Delete(ctx, w.PoolID, c.ID); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		return s.parts.Store.DeleteWorkspace(ctx, id)
	})
}

// Vacate removes what the workspaces of a pool have outside of it: the clients of their custom applications. It is for use inside the
// transaction that deletes the pool, whose rows take everything else along.
func (s *Workspaces) Vacate(ctx context.Context, poolID string) error {
	list, err := s.List(ctx)
	if err != nil {
		return err
	}
	for _, w := range list {
		if w.PoolID != poolID || w.ID == System {
			continue
		}
		err := s.Alone(ctx, w.ID, func(ctx context.Context, w *Workspace) error { return s.parts.Leave(ctx, w.ID) })
		if err != nil && !fault.Is(err, fault.Missing, "") {
			return err
		}
	}
	return nil
}

func (w *Workspace) check() error {
	switch {
	case !IsID(w.ID):
		return fault.Invalidf("id: it has 1 to 63 small letters, digits and hyphens.")
	case w.Name == "" || len(w.Name) > 128 || strings.ContainsFunc(w.Name, func(r rune) bool { return r < ' ' }):
		return fault.Invalidf("name: a workspace has a name of 1 to 128 characters.")
	case len(w.Description) > 2000:
		return fault.Invalidf("description: it is too long.")
	case w.Discovery.Mode != "" && w.Discovery.Mode != DomainMatching:
		return fault.Invalidf("idp_discovery: discovery_mode must be %s.", DomainMatching)
	}
	if err := mapping.CheckSchema(w.Context.Attributes); err != nil {
		return err
	}
	if err := w.checkServices(); err != nil {
		return err
	}
	return w.checkClaims()
}

func (w *Workspace) checkServices() error {
	if len(w.Services) > maxServices || len(w.Scopes()) > maxScopes {
		return fault.Invalidf("A workspace can have at most %d services and %d scopes.", maxServices, maxScopes)
	}
	services, scopes := map[string]bool{}, map[string]bool{}
	for _, s := range w.Services {
		if s.Name == "" || len(s.Name) > 128 || services[s.ID] {
			return fault.Invalidf("services: each has a name of its own.")
		}
		if s.Audience != "" {
			return fault.Invalidf("services: custom_audience is not supported; clients name a resource.")
		}
		services[s.ID] = true
		for _, x := range s.Scopes {
			switch {
			case !isScope(x.Name) || x.Name == PortalScope:
				return fault.Invalidf("scopes: %q is no name of a scope.", x.Name)
			case scopes[x.Name]:
				return fault.Newf(fault.Exists, fault.Scope, "The scope %s exists already.", x.Name)
			}
			scopes[x.Name] = true
		}
	}
	return nil
}

// isScope obeys RFC 6749 section 3.3.
func isScope(name string) bool {
	return name != "" && len(name) <= 256 && !strings.HasPrefix(name, "aws.cognito.") &&
		!strings.ContainsFunc(name, func(r rune) bool { return r <= ' ' || r > '~' || r == '"' || r == '\\' })
}

// Implicit gives those of some scopes that a client gets which asks for none: those that are implicit or, when none is, all.
func (s *Workspaces) Implicit(ctx context.Context, workspaceID string, names []string) ([]string, error) {
	w, err := s.Get(ctx, workspaceID)
	if err != nil {
		return nil, err
	}
	implicit := slices.DeleteFunc(slices.Clone(names), func(name string) bool {
		x, _ := w.Scope(name)
		return x == nil || !x.Implicit
	})
	if len(implicit) > 0 {
		return implicit, nil
	}
	return names, nil
}

// Live gives those of some scopes that a workspace has, in their order; as authorize asks.
func (s *Workspaces) Live(ctx context.Context, workspaceID string, names []string) ([]string, error) {
	w, err := s.Get(ctx, workspaceID)
	if fault.Is(err, fault.Missing, "") {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool { x, _ := w.Scope(name); return x == nil }), nil
}
