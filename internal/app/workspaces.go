package app

import (
	"context"
	"net/http"
	"strings"

	"cognate.dev/cognate/internal/app/caller"
	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/extension"
	"cognate.dev/cognate/internal/fault"
	front "cognate.dev/cognate/internal/front/workspace"
	"cognate.dev/cognate/internal/front/workspace/extend"
	"cognate.dev/cognate/internal/kit/sigv4"
	"cognate.dev/cognate/internal/workspace"
	"cognate.dev/cognate/internal/workspace/journey"
	"cognate.dev/cognate/internal/workspace/template"
)

// furnishWorkspaces builds the room of workspaces. The directory is there.
func (g *ground) furnishWorkspaces(r *rooms) {
	r.workspaces = workspace.New(workspace.Parts{
		Store: g.store, Connections: g.store, Pools: r.directory.Pools, Clients: r.directory.Clients, Templates: template.All(),
		Now: g.clock.Now, Tenant: g.cfg.Tenant(), Region: g.cfg.Region, Reserved: g.store.ReservesName, CustomApps: g.cfg.Extensions.CustomApps,
		Purge: func(ctx context.Context, workspaceID, connectionID string) error {
			if err := r.apps.Forget(ctx, workspaceID, connectionID); err != nil {
				return err
			}
			return g.store.DropContexts(ctx, workspaceID, connectionID)
		},
		Leave: func(ctx context.Context, workspaceID string) error { return r.apps.Leave(ctx, workspaceID) },
		App: func(ctx context.Context, workspaceID, id string) error {
			return r.apps.Assignable(ctx, workspaceID, id)
		},
	})
	r.speaker = journey.Speaker{Room: r.workspaces, Contexts: &journey.Contexts{Store: g.store, Keys: g.keys, Now: g.clock.Now}}
	r.traces = &journey.Traces{Store: g.store, Keys: g.keys, Now: g.clock.Now}
}

// leave refuses that a user pool goes while it has a domain, and takes along what its workspaces have in other pools.
func (r *rooms) leave(ctx context.Context, poolID string) error {
	if err := r.domains.KeepPool(ctx, poolID); err != nil {
		return err
	}
	return r.workspaces.Workspaces.Vacate(ctx, poolID)
}

// workspaceBase is the URL of a workspace's site, and its issuer.
func (g *ground) workspaceBase(id string) string { return g.public + "/" + g.cfg.Tenant() + "/" + id }

// workspaceIssuer finds the pool of a workspace's issuer; nil: it is none of ours.
func (g *ground) workspaceIssuer(ctx context.Context, r *rooms, issuer string) (*directory.Pool, error) {
	id, ours := strings.CutPrefix(issuer, g.workspaceBase(""))
	if !ours || !workspace.IsID(id) {
		return nil, nil
	}
	w, err := r.workspaces.Workspaces.Get(ctx, id)
	if err == nil {
		var pool *directory.Pool
		if pool, err = r.directory.Pools.Get(ctx, w.PoolID); err == nil {
			return pool, nil
		}
	}
	if fault.Is(err, fault.Missing, "") {
		return nil, nil
	}
	return nil, err
}

// workspaceAPI is the administration of workspaces.
func (h *house) workspaceAPI(r *rooms) http.Handler {
	return front.Handler(front.Config{
		Room: r.workspaces, Traces: r.traces, Base: h.workspaceBase,
		Carrier: workspace.Carrier{Room: r.workspaces, Parts: []workspace.Part{extension.CarriedApps{Apps: r.apps}, extension.Carried{Scripts: r.scripts}}},
		Routes:  extend.Routes(extend.Rooms{Scripts: r.scripts, Apps: r.apps, Consents: r.consents}),
		Signed: func(req *http.Request) (string, sigv4.Payload, error) {
			scope, err := sigv4.ParseScope(req)
			if err != nil {
				return "", sigv4.Payload{}, err
			}
			return caller.AdministratorHead(h.auth, req, scope.Service)
		},
		Bearer: func(ctx context.Context, token string) (string, []string, error) {
			found, err := r.verifier.Machine(ctx, token)
			switch {
			case fault.Is(err, fault.Missing, ""), fault.Is(err, fault.Denied, ""),
				err == nil && (found.Claims.Issuer != h.workspaceBase(workspace.System) || found.Client.Workspace != workspace.System):
				return "", nil, fault.New(fault.Denied, fault.TokenType, "The access token is not one of the system workspace, or does not work any more.").Because(err)
			case err != nil:
				return "", nil, err
			}
			return found.Client.ID, strings.Fields(found.Claims.Scope), nil
		},
	})
}
