package workspace

import (
	"net/http"
	"slices"

	"cognate.dev/cognate/internal/fault"
	room "cognate.dev/cognate/internal/workspace"
)

func (a *api) claims() []Route {
	return []Route{
		{Pattern: "GET /servers/{wid}/claims", Operation: "ListClaims", Scopes: Reads("claims"), Handle: a.listClaims},
		{Pattern: "POST /claims", Operation: "CreateClaim", Scopes: Changes("claims"), Handle: a.createClaim},
		{Pattern: "PUT /claims/{claim}", Operation: "UpdateClaim", Scopes: Changes("claims"), Tagged: true, Handle: a.updateClaim},
		{Pattern: "DELETE /servers/{wid}/claims/{claim}", Operation: "DeleteClaim", Scopes: Changes("claims"), Tagged: true, Handle: a.deleteClaim},
	}
}

func (a *api) listClaims(w http.ResponseWriter, r *http.Request, _ *Call) error {
	x, err := a.Room.Workspaces.Get(r.Context(), r.PathValue("wid"))
	if err != nil {
		return err
	}
	return Say(w, http.StatusOK, map[string]any{"claims": x.Claims})
}

func (a *api) createClaim(w http.ResponseWriter, r *http.Request, c *Call) error {
	var in room.Claim
	if err := c.Read(&in); err != nil {
		return err
	}
	in.ID = ""
	noteIn(r, in.WorkspaceID)
	x, err := a.Room.Workspaces.Update(r.Context(), in.WorkspaceID, func(x *room.Workspace) error {
		x.Claims = append(x.Claims, in)
		return nil
	})
	if err != nil {
		return err
	}
	made := x.Claims[len(x.Claims)-1]
	noteResource(r, "workspace/"+x.ID+"/claim/"+made.ID)
	return SayTagged(w, http.StatusCreated, Tag(made), made)
}

func noClaim() error { return fault.Missingf("There is no such claim.") }

func (a *api) updateClaim(w http.ResponseWriter, r *http.Request, c *Call) error {
	var in room.Claim
	if err := c.Read(&in); err != nil {
		return err
	}
	id := r.PathValue("claim")
	in.ID = id
	x, err := a.Room.Workspaces.Update(r.Context(), in.WorkspaceID, func(x *room.Workspace) error {
		i := slices.IndexFunc(x.Claims, func(k room.Claim) bool { return k.ID == id })
		if i < 0 {
			return noClaim()
		}
		if err := c.Match(Tag(x.Claims[i])); err != nil {
			return err
		}
		x.Claims[i] = in
		return nil
	})
	if err != nil {
		return err
	}
	i := slices.IndexFunc(x.Claims, func(k room.Claim) bool { return k.ID == id })
	return SayTagged(w, http.StatusOK, Tag(x.Claims[i]), x.Claims[i])
}

func (a *api) deleteClaim(w http.ResponseWriter, r *http.Request, c *Call) error {
	id := r.PathValue("claim")
	_, err := a.Room.Workspaces.Update(r.Context(), r.PathValue("wid"), func(x *room.Workspace) error {
		i := slices.IndexFunc(x.Claims, func(k room.Claim) bool { return k.ID == id })
		if i < 0 {
			return noClaim()
		}
		if err := c.Match(Tag(x.Claims[i])); err != nil {
			return err
		}
		x.Claims = slices.Delete(x.Claims, i, i+1)
		return nil
	})
	if err != nil {
		return err
	}
	return done(w)
}
