package workspace

import (
	"context"
	"maps"
	"slices"
	"strings"

	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/federation"
	"cognate.dev/cognate/internal/kit/random"
	"cognate.dev/cognate/internal/workspace/mapping"
)

// Connections creates, finds, changes and deletes connections.
type Connections struct {
	parts      Parts
	workspaces *Workspaces
}

// Template finds the template of a method; a fault Missing when there is none.
func (s *Connections) Template(method string) (Template, error) {
	t, ok := s.parts.Templates[method]
	if !ok {
		return t, fault.Newf(fault.Missing, fault.Provider, "There is no template %s.", method)
	}
	return t, nil
}

// Methods are the names of all templates.
func (s *Connections) Methods() []string { return slices.Sorted(maps.Keys(s.parts.Templates)) }

// Create makes a connection. What it does not say of attributes and mappings it has of its template, as far as the workspace's
// schema has room for it.
func (s *Connections) Create(ctx context.Context, c *Connection) (*Connection, error) {
	t, err := s.Template(c.Method)
	if err != nil {
		return nil, err
	}
	w, err := s.parts.Store.Workspace(ctx, c.WorkspaceID)
	if err != nil {
		return nil, err
	}
	if c.ID == "" {
		c.ID = random.LowerAlnum(20)
	} else if !IsID(c.ID) || strings.Contains(c.ID, "-") {
		return nil, fault.Invalidf("id: it has 1 to 63 small letters and digits.")
	} else if taken, err := s.parts.Reserved(ctx, w.PoolID, c.ID+"_", true); err != nil {
		return nil, err
	} else if taken { // its people would be the other's
		return nil, fault.Newf(fault.Exists, fault.Provider, "A connection or provider of the pool has the name %s already.", c.ID)
	}
	c.TenantID, c.Version, c.Stamp, c.CreatedAt = s.parts.Tenant, 3, 1, moment(s.parts.Now)
	c.ModifiedAt = c.CreatedAt
	c.settle(t, w)
	if err := c.check(t, w.Context.Attributes); err != nil {
		return nil, err
	}
	if err := s.checkApp(ctx, c); err != nil {
		return nil, err
	}
	if err := s.parts.Connections.InsertConnection(ctx, c, maxConnections); err != nil {
		return nil, err
	}
	return c, nil
}

// checkApp refuses a custom application that there is not.
func (s *Connections) checkApp(ctx context.Context, c *Connection) error {
	if err := s.LoginPage(c); err != nil {
		return err
	}
	switch {
	case c.PostAuthnAppID == "":
		return nil
	case s.parts.App == nil:
		return fault.Invalidf("post_authn_app_id: there are no custom applications here.")
	}
	return s.parts.App(ctx, c.WorkspaceID, c.PostAuthnAppID)
}

// CustomLogin is the method whose people sign in at a page of somebody's own.
const CustomLogin = "custom"

// LoginPage refuses a connection with a login page of somebody's own where there are none.
func (s *Connections) LoginPage(c *Connection) error {
	if c.Method != CustomLogin || s.parts.CustomApps {
		return nil
	}
	return fault.New(fault.Unsupported, fault.Feature, "Login pages of one's own are not enabled here: the feature flag custom_apps is off.")
}

// settle fills in what a template starts with.
func (c *Connection) settle(t Template, w *Workspace) {
	if c.Attributes == nil {
		c.Attributes = slices.Clone(t.Attributes)
	}
	if c.Mappings == nil {
		for _, m := range t.Mappings {
			if slices.ContainsFunc(w.Context.Attributes, func(a mapping.Attribute) bool { return a.Name == m.Target }) {
				c.Mappings = append(c.Mappings, m)
			}
		}
	}
	if len(c.Settings.Scopes) == 0 && slices.Contains(t.Fields, "scopes") {
		c.Settings.Scopes = slices.Clone(t.Scopes)
	}
}

// Get finds a connection. A method that is not its own does not find it; empty: any.
func (s *Connections) Get(ctx context.Context, workspaceID, method, id string) (*Connection, error) {
	if !IsID(workspaceID) || !IsID(id) {
		return nil, NoConnection()
	}
	c, err := s.parts.Connections.Connection(ctx, workspaceID, id)
	if err == nil && method != "" && c.Method != method {
		return nil, NoConnection()
	}
	return c, err
}

// List gives the connections of a workspace in the order in which people see them.
func (s *Connections) List(ctx context.Context, workspaceID string) ([]*Connection, error) {
	return s.parts.Connections.Connections(ctx, workspaceID)
}

// Update changes a connection by a function of its old value. Contexts that were kept before are not used again; where it gets another issuer
// that does not go on with the old one's people, what was known of them is forgotten, as when a connection is deleted. Credentials
// that the function empties stay as they were, as long as they go where they went: nobody who reads a connection has them, nor can
// have them sent elsewhere.
func (s *Connections) Update(ctx context.Context, workspaceID, method, id string, change func(*Connection) error) (changed *Connection, err error) {
	t, err := s.Template(method)
	if err != nil {
		return nil, err
	}
	err = s.workspaces.Alone(ctx, workspaceID, func(ctx context.Context, w *Workspace) error {
		var replaced bool
		if changed, replaced, err = s.update(ctx, workspaceID, method, id, t, w, change); err != nil {
			return err
		}
		if replaced {
			if err := s.parts.Purge(ctx, workspaceID, id); err != nil {
				return err
			}
		}
		return s.checkApp(ctx, changed)
	})
	if err != nil {
		return nil, err
	}
	return changed, nil
}

func (s *Connections) update(ctx context.Context, workspaceID, method, id string, t Template, w *Workspace, change func(*Connection) error) (changed *Connection, replaced bool, err error) {
	changed, err = s.parts.Connections.UpdateConnection(ctx, workspaceID, id, func(c *Connection) error {
		if c.Method != method {
			return NoConnection()
		}
		before := *c
		if err := change(c); err != nil {
			return err
		}
		if len(c.Credentials) == 0 {
			if len(before.Credentials) > 0 && c.Settings.receiver() != before.Settings.receiver() {
				return fault.Invalidf("credentials: they would go to another place than before, so they have to be given again.")
			}
			c.Credentials = before.Credentials
		}
		c.ID, c.WorkspaceID, c.TenantID, c.Method, c.Version = id, workspaceID, s.parts.Tenant, method, 3
		c.CreatedAt, c.ModifiedAt, c.Stamp = before.CreatedAt, moment(s.parts.Now), before.Stamp+1
		c.settle(t, w)
		if err := c.check(t, w.Context.Attributes); err != nil {
			return err
		}
		was := t.issuer(&before)
		replaced = was != t.issuer(c)
		if c.FirstIssuer = before.FirstIssuer; replaced && c.FirstIssuer == "" {
			c.FirstIssuer = was
		}
		replaced = replaced && !slices.Contains(c.Config.FormerIssuers, was)
		return nil
	})
	return changed, replaced, err
}

// Delete removes a connection, unless allow refuses what it is; nil allows it. What was known of people who came through it is
// forgotten; their users stay.
func (s *Connections) Delete(ctx context.Context, workspaceID, method, id string, allow func(*Connection) error) error {
	if !IsID(workspaceID) || !IsID(id) {
		return NoConnection()
	}
	return s.workspaces.Alone(ctx, workspaceID, func(ctx context.Context, _ *Workspace) error {
		c, err := s.Get(ctx, workspaceID, method, id)
		if err == nil && allow != nil {
			err = allow(c)
		}
		if err != nil {
			return err
		}
		if err := s.parts.Connections.DeleteConnection(ctx, workspaceID, id); err != nil {
			return err
		}
		return s.parts.Purge(ctx, workspaceID, id)
	})
}

// Provider is a connection as federation speaks to it.
func (s *Connections) Provider(c *Connection) (*federation.Provider, error) {
	t, err := s.Template(c.Method)
	if err != nil {
		return nil, err
	}
	p, err := t.Provider(c)
	if err != nil {
		return nil, err
	}
	p.Terms.Since, p.Terms.First, p.Terms.Former = c.CreatedAt, c.FirstIssuer, c.Config.FormerIssuers
	return p, nil
}
