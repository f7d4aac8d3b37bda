package extension

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/workspace"
	"cognate.dev/cognate/internal/workspace/journey"
)

// Select gives the connections that a request may lead to: those that the workspace's script names, hidden ones, too, which are
// shown then, or all of them where there is no script. One that fails leads nowhere, or to all where its point says continue.
func (s *Scripts) Select(ctx context.Context, c journey.Selection) ([]*workspace.Connection, error) {
	p, x, err := s.at(ctx, c.WorkspaceID, AllowedConnections, "")
	if p == nil || err != nil {
		return c.From, err
	}
	idps := []map[string]any{}
	for _, k := range c.From {
		idps = append(idps, map[string]any{"id": k.ID, "name": k.Name, "method": k.Method, "hidden": k.Hidden})
	}
	query, client := map[string][]string{}, map[string]any{}
	if c.Request != nil {
		query = c.Request.Query()
		client["client_id"], client["client_name"] = c.Request.Client.ID, c.Request.Client.Name
	}
	o, err := s.execute(ctx, p, x, map[string]any{
		"request": map[string]any{"headers": map[string][]string{}, "query_params": query}, "client": client, "idps": idps,
	}, "")
	if err != nil {
		return nil, err
	}
	var out struct {
		IDs []string `json:"idps_ids"`
	}
	switch {
	case o.Caught == "" && json.Unmarshal(o.Output, &out) == nil && out.IDs != nil:
		return named(c.From, out.IDs), nil
	case p.Failure == Continue:
		return c.From, nil
	}
	return nil, fault.New(fault.Denied, "", "The ways to sign in cannot be told.").Because(fmt.Errorf("script %s: %s", x.ID, o.Caught))
}

// named are the connections of some ids, in the order in which people see them.
func named(list []*workspace.Connection, ids []string) []*workspace.Connection {
	out := []*workspace.Connection{}
	for _, k := range list {
		if slices.Contains(ids, k.ID) {
			shown := *k
			shown.Hidden = false
			out = append(out, &shown)
		}
	}
	return out
}
