package workspace

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"

	"cognate.dev/cognate/internal/fault"
)

// Import makes a workspace what a document says, and everything in it that the document does not have is gone; parts that may does
// not reach stay as they are. A workspace that is not there is made, with a pool of its own. Connections that are there keep their
// credentials, unless the document brings others. All of it changes together or not at all. Allow is asked when nobody else changes the
// workspace any more, and what it refuses is not done; nil allows it.
func (c Carrier) Import(ctx context.Context, id string, p *Portable, may Reach, allow func(context.Context) error) error {
	switch {
	case id == System: // its services are fixed, and its clients may be anything
		return fault.Invalidf("The workspace %s is not imported.", System)
	case !IsID(id):
		return Missing(id)
	case p.Server.ID != "" && p.Server.ID != id:
		return fault.Invalidf("server: the document is that of the workspace %s.", p.Server.ID)
	}
	parts, err := c.prepare(ctx, id, p, may)
	if err != nil {
		return err
	}
	return c.Room.Workspaces.parts.Store.InTx(ctx, func(ctx context.Context) error {
		w := p.Server.Workspace
		w.Claims, w.Services = slices.Clone(p.Claims), slices.Clone(p.Services)
		_, err := c.Room.Workspaces.parts.Store.HoldWorkspace(ctx, id)
		missing := fault.Is(err, fault.Missing, "")
		if err != nil && !missing {
			return err
		}
		if allow != nil {
			if err := allow(ctx); err != nil {
				return err
			}
		}
		if missing {
			w.ID, w.PoolID = id, "" // a document that was never written out, as of a clone, still knows the pool that it is from
			if _, err := c.Room.Workspaces.Create(ctx, &w); err != nil {
				return err
			}
		}
		return c.carry(ctx, id, &w, p, parts)
	})
}

// prepare asks the parts whether they can come in.
func (c Carrier) prepare(ctx context.Context, id string, p *Portable, may Reach) ([]*Incoming, error) {
	for name := range p.Parts {
		at := slices.IndexFunc(c.Parts, func(x Part) bool { return x.Name() == name })
		switch {
		case at < 0:
			return nil, fault.Invalidf("parts: %s is not known here.", name)
		case !may.has(c.Parts[at]):
			return nil, fault.New(fault.Denied, fault.Scope, "The access token lacks the scope manage_"+name+", and the document has "+name+".")
		}
	}
	var out []*Incoming
	for _, x := range c.Parts {
		if !may.has(x) {
			continue
		}
		in, err := x.Prepare(ctx, id, p.Parts[x.Name()])
		if err != nil {
			return nil, err
		}
		out = append(out, in)
	}
	return out, nil
}

// step calls a function of every part.
func step(ctx context.Context, parts []*Incoming, of func(*Incoming) func(context.Context) error) error {
	for _, x := range parts {
		if fn := of(x); fn != nil {
			if err := fn(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}

// carry writes the document into a workspace that is there, and that nobody else changes.
func (c Carrier) carry(ctx context.Context, id string, w *Workspace, p *Portable, parts []*Incoming) error {
	changed, err := c.Room.Workspaces.Update(ctx, id, func(x *Workspace) error {
		x.Name, x.Description, x.SSO, x.Context, x.Discovery, x.Claims, x.Services = w.Name, w.Description, w.SSO, w.Context, w.Discovery, w.Claims, w.Services
		x.UserPortal, x.DemoApp = w.UserPortal, w.DemoApp
		return nil
	})
	if err != nil {
		return err
	}
	if err := c.leave(ctx, id, p.IDPs); err != nil { // first: what goes takes its login page along
		return err
	}
	if err := step(ctx, parts, func(x *Incoming) func(context.Context) error { return x.First }); err != nil {
		return err
	}
	if err := c.connections(ctx, id, p.IDPs); err != nil {
		return err
	}
	if err := step(ctx, parts, func(x *Incoming) func(context.Context) error { return x.Last }); err != nil {
		return err
	}
	return c.Room.Workspaces.parts.Clients.Together(ctx, changed.PoolID, func(ctx context.Context) error { return c.clients(ctx, changed, p.Clients) })
}

// leave removes the connections of a workspace that a document does not have.
func (c Carrier) leave(ctx context.Context, id string, list []PortableConnection) error {
	before, err := c.Room.Connections.List(ctx, id)
	if err != nil {
		return err
	}
	for _, old := range before {
		if !slices.ContainsFunc(list, func(x PortableConnection) bool { return x.ID == old.ID && x.Method == old.Method }) {
			if err := c.Room.Connections.Delete(ctx, id, old.Method, old.ID, nil); err != nil {
				return err
			}
		}
	}
	return nil
}

// connections makes the connections of a document.
func (c Carrier) connections(ctx context.Context, id string, list []PortableConnection) error {
	for i := range list {
		x := list[i].Connection
		x.WorkspaceID, x.Credentials = id, list[i].Credentials
		old, err := c.Room.Connections.Get(ctx, id, x.Method, x.ID)
		switch {
		case fault.Is(err, fault.Missing, ""):
			_, err = c.Room.Connections.Create(ctx, &x)
		case err == nil && len(x.Credentials) == 0 && alike(old, &x): // a change would end what is known of its people
		case err == nil:
			_, err = c.Room.Connections.Update(ctx, id, x.Method, x.ID, func(old *Connection) error {
				stamp, created := old.Stamp, old.CreatedAt
				*old = x
				old.Stamp, old.CreatedAt = stamp, created
				return nil
			})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// alike tells whether documents have two connections the same.
func alike(a, b *Connection) bool {
	one, err1 := json.Marshal(PortableConnection{Connection: *a})
	two, err2 := json.Marshal(PortableConnection{Connection: *b})
	return err1 == nil && err2 == nil && bytes.Equal(one, two)
}

// clients makes the clients of a workspace those of a document.
func (c Carrier) clients(ctx context.Context, w *Workspace, list []PortableClient) error {
	all := c.Room.Clients
	before, err := all.all(ctx, w.ID)
	if err != nil {
		return err
	}
	for _, old := range before {
		if !slices.ContainsFunc(list, func(x PortableClient) bool { return x.ID == old.ID }) {
			if err := all.parts.Clients.Delete(ctx, w.PoolID, old.ID); err != nil {
				return err
			}
		}
	}
	for i, x := range list {
		if x.ID != "" && slices.ContainsFunc(list[:i], func(o PortableClient) bool { return o.ID == x.ID }) {
			return fault.Invalidf("clients: each has an id of its own.")
		}
		if err := c.client(ctx, w, x, before); err != nil {
			return err
		}
	}
	return nil
}

func (c Carrier) client(ctx context.Context, w *Workspace, x PortableClient, before []*Client) error {
	spec := ClientSpec{
		ID: x.ID, Secret: x.Secret, Public: x.Public, Name: x.Name, RedirectURIs: x.RedirectURIs, GrantTypes: x.GrantTypes, Scopes: x.Scopes, OpenID: x.OpenID, Client: x.Client,
	}
	spec.WorkspaceID = w.ID
	at := slices.IndexFunc(before, func(old *Client) bool { return old.ID == x.ID })
	if at < 0 {
		_, err := c.Room.Clients.create(ctx, w, spec)
		return err
	}
	app, err := c.Room.Clients.stored(ctx, w, before[at])
	if err != nil {
		return err
	}
	if len(app.Secrets) == 0 && !x.Public {
		return fault.Invalidf("clients: %s is a public client, and does not become another.", x.ID)
	}
	_, err = c.Room.Clients.update(ctx, w, app, spec)
	return err
}
