package workspace

import (
	"context"
	"maps"
	"slices"
	"strings"

	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/kit/random"
)

// Clone makes another workspace of one, with a pool of its own, and gives it as a document that has the new secrets: they are told
// this once. Clients, connections and what parts have of that sort get new ids. Credentials of connections go along, as long as they go to the same
// place as before; secrets of scripts do not. change may be nil; it makes something else of the document before it comes in.
func (c Carrier) Clone(ctx context.Context, from, to string, change func(*Portable) (*Portable, error), may Reach) (*Portable, error) {
	switch {
	case !IsID(to):
		return nil, fault.Invalidf("id: it has 1 to 63 small letters, digits and hyphens.")
	case from == System || to == System:
		return nil, fault.Invalidf("The workspace %s is not cloned.", System)
	}
	absent := c.absent(to)
	if err := absent(ctx); err != nil { // before anything is done in vain
		return nil, err
	}
	p, err := c.Export(ctx, from, may)
	if err != nil {
		return nil, err
	}
	if change != nil {
		if p, err = change(p); err != nil {
			return nil, err
		}
	}
	p.Server.ID = to
	if err := c.lend(ctx, from, p); err != nil {
		return nil, err
	}
	if err := c.renew(p, from, to); err != nil {
		return nil, err
	}
	if err := c.Import(ctx, to, p, may, absent); err != nil {
		return nil, err
	}
	for i := range p.IDPs {
		p.IDPs[i].Credentials = nil
	}
	return p, nil
}

// absent refuses a workspace that is there.
func (c Carrier) absent(id string) func(context.Context) error {
	return func(ctx context.Context) error {
		_, err := c.Room.Workspaces.Get(ctx, id)
		switch {
		case fault.Is(err, fault.Missing, ""):
			return nil
		case err == nil:
			return fault.Newf(fault.Exists, "", "There is a workspace %s already.", id)
		}
		return err
	}
}

// lend gives connections of a document the credentials of the workspace that it is of. Whoever may clone is not who may read them: they
// go where they went, or not at all.
func (c Carrier) lend(ctx context.Context, from string, p *Portable) error {
	list, err := c.Room.Connections.List(ctx, from)
	if err != nil {
		return err
	}
	for i := range p.IDPs {
		x := &p.IDPs[i]
		at := slices.IndexFunc(list, func(old *Connection) bool { return old.ID == x.ID && old.Method == x.Method })
		if at < 0 || len(x.Credentials) > 0 || len(list[at].Credentials) == 0 {
			continue
		}
		if x.Settings.receiver() != list[at].Settings.receiver() {
			return fault.Invalidf("credentials: those of %s would go to another place than before, so they have to be given again.", x.ID)
		}
		x.Credentials = maps.Clone(list[at].Credentials)
	}
	return nil
}

// renew gives what can be here only once new ids, and new secrets. The two clients of the house are made when somebody opens them.
func (c Carrier) renew(p *Portable, from, to string) error {
	house := strings.ReplaceAll(from, "-", "_") // as their ids name the workspace
	p.Clients = slices.DeleteFunc(p.Clients, func(x PortableClient) bool { return x.ID == "portal_"+house || x.ID == "demo_"+house })
	for i := range p.Clients {
		x := &p.Clients[i]
		x.ID, x.WorkspaceID = random.LowerAlnum(26), to
		if !x.Public {
			x.Secret = random.LowerAlnum(52)
		}
	}
	connections := map[string]string{}
	for i := range p.IDPs {
		x := &p.IDPs[i]
		connections[x.ID] = random.LowerAlnum(20)
		x.ID, x.WorkspaceID = connections[x.ID], to
	}
	for _, x := range c.Parts {
		if part := p.Parts[x.Name()]; len(part) > 0 {
			copied, err := x.Copy(part, connections)
			if err != nil {
				return err
			}
			p.Parts[x.Name()] = copied
		}
	}
	return nil
}
