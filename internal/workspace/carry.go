package workspace

import (
	"context"
	"errors"
	"slices"

	"cognate.dev/cognate/internal/fault"
)

// Import makes a workspace what a document says, and everything in it that the document does not have is gone; parts that may does
// not reach stay as they are. A workspace that is not there is made, with a pool of its own, and is gone again when something is
// refused. Connections that are there keep their credentials, unless the document brings others. The workspace, its claims, scopes,
// connections and parts change together or not at all; clients follow, one by one.
func (c Carrier) Import(ctx context.Context, id string, p *Portable, may Reach) error {
	if id == System { // its services are fixed, and its clients may be anything
		return fault.Invalidf("The workspace %s is not imported.", System)
	}
	if p.Server.ID != "" && p.Server.ID != id {
		return fault.Invalidf("server: the document is that of the workspace %s.", p.Server.ID)
	}
	parts, err := c.prepare(ctx, id, p, may)
	if err != nil {
		return err
	}
	w := p.Server.Workspace
	w.Claims, w.Services = p.Claims, p.Services
	fresh, err := c.found(ctx, id, &w, p)
	if err != nil {
		return err
	}
	if err := c.carry(ctx, id, &w, p, parts); err != nil {
		if fresh {
			err = errors.Join(err, c.discard(ctx, id))
		}
		return err
	}
	return nil
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

// found makes a workspace that is not there, unless it could not be what the document says.
func (c Carrier) found(ctx context.Context, id string, w *Workspace, p *Portable) (fresh bool, err error) {
	if _, err = c.Room.Workspaces.Get(ctx, id); !fault.Is(err, fault.Missing, "") {
		return false, err
	}
	w.ID, w.PoolID = id, "" // a document that was never written out, as of a clone, still knows the pool that it is from
	w.settle()
	for _, x := range p.IDPs { // before anything is made in vain
		x.Connection.Credentials = x.Credentials
		if err := c.Room.Connections.fits(x.Connection, w); err != nil {
			return false, err
		}
	}
	_, err = c.Room.Workspaces.Create(ctx, w)
	return err == nil, err
}

// discard takes back a workspace that was made in vain, and its pool, which nobody has seen.
func (c Carrier) discard(ctx context.Context, id string) error {
	ctx = context.WithoutCancel(ctx)
	w, err := c.Room.Workspaces.Get(ctx, id)
	if err != nil {
		return err
	}
	return errors.Join(c.Room.Workspaces.Delete(ctx, id), c.Room.Workspaces.parts.Pools.Delete(ctx, w.PoolID))
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

// carry writes the document into a workspace that is there.
func (c Carrier) carry(ctx context.Context, id string, w *Workspace, p *Portable, parts []*Incoming) error {
	err := step(ctx, parts, func(x *Incoming) func(context.Context) error { return x.Make })
	if err == nil {
		err = c.Room.Workspaces.parts.Store.InTx(ctx, func(ctx context.Context) error {
			_, err := c.Room.Workspaces.Update(ctx, id, func(x *Workspace) error {
				x.Name, x.Description, x.SSO, x.Context, x.Discovery, x.Claims, x.Services = w.Name, w.Description, w.SSO, w.Context, w.Discovery, w.Claims, w.Services
				x.UserPortal, x.DemoApp = w.UserPortal, w.DemoApp
				return nil
			})
			if err == nil {
				err = step(ctx, parts, func(x *Incoming) func(context.Context) error { return x.First })
			}
			if err == nil {
				err = c.connections(ctx, id, p.IDPs)
			}
			if err == nil {
				err = step(ctx, parts, func(x *Incoming) func(context.Context) error { return x.Last })
			}
			return err
		})
	}
	if err != nil {
		for _, x := range parts {
			if x.Undo != nil {
				err = errors.Join(err, x.Undo(context.WithoutCancel(ctx)))
			}
		}
		return err
	}
	if err := step(ctx, parts, func(x *Incoming) func(context.Context) error { return x.Done }); err != nil {
		return err
	}
	return c.clients(ctx, id, p.Clients)
}

// connections makes the connections of a workspace those of a document.
func (c Carrier) connections(ctx context.Context, id string, list []PortableConnection) error {
	before, err := c.Room.Connections.List(ctx, id)
	if err != nil {
		return err
	}
	for _, old := range before {
		if !slices.ContainsFunc(list, func(x PortableConnection) bool { return x.ID == old.ID && x.Method == old.Method }) {
			if err := c.Room.Connections.Delete(ctx, id, old.ID); err != nil {
				return err
			}
		}
	}
	for i := range list {
		x := list[i].Connection
		x.WorkspaceID, x.Credentials = id, list[i].Credentials
		_, err := c.Room.Connections.Get(ctx, id, x.Method, x.ID)
		switch {
		case fault.Is(err, fault.Missing, ""):
			_, err = c.Room.Connections.Create(ctx, &x)
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

// clients makes the clients of a workspace those of a document.
func (c Carrier) clients(ctx context.Context, id string, list []PortableClient) error {
	before, err := c.Room.Clients.List(ctx, id)
	if err != nil {
		return err
	}
	for _, old := range before {
		if !slices.ContainsFunc(list, func(x PortableClient) bool { return x.ID == old.ID }) {
			if err := c.Room.Clients.Delete(ctx, old.ID); err != nil {
				return err
			}
		}
	}
	for _, x := range list {
		spec := ClientSpec{
			ID: x.ID, Secret: x.Secret, Public: x.Public, Name: x.Name, RedirectURIs: x.RedirectURIs, GrantTypes: x.GrantTypes, Scopes: x.Scopes, OpenID: x.OpenID, Client: x.Client,
		}
		spec.WorkspaceID = id
		known := slices.ContainsFunc(before, func(old *App) bool { return old.ID == x.ID })
		if known {
			_, err = c.Room.Clients.Update(ctx, x.ID, spec)
		} else {
			_, err = c.Room.Clients.Create(ctx, spec)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
