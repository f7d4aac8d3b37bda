package journey

import (
	"context"
	"slices"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/token"
	"cognate.dev/cognate/internal/workspace"
	"cognate.dev/cognate/internal/workspace/mapping"
)

// Speaker says what goes out of contexts; token asks it whenever tokens are made.
type Speaker struct {
	Room     *workspace.Room
	Contexts *Contexts
}

// gone is the answer where nobody vouches for the person any more.
func gone(text string) error { return fault.Deniedf("%s", text) }

// Known gives what a workspace says of the person of a session. Somebody whose connection is gone or disabled gets nothing more: who
// has vouched for them does no longer.
func (s Speaker) Known(ctx context.Context, o *token.OpenID, userID string, client *directory.Client, scopes []string) (*token.Known, error) {
	k, err := s.Contexts.Find(ctx, o.Context)
	switch {
	case err != nil:
		return nil, err
	case k == nil || k.WorkspaceID != o.Workspace || k.UserID != userID:
		return nil, gone("What was known of the person is gone; they have to sign in again.")
	}
	c, err := s.Room.Connections.Get(ctx, k.WorkspaceID, "", k.ConnectionID)
	if fault.Is(err, fault.Missing, "") || err == nil && c.Disabled {
		return nil, gone("The connection through which the person came is not there any more.")
	}
	if err != nil {
		return nil, err
	}
	w, err := s.Room.Workspaces.Get(ctx, k.WorkspaceID)
	if err != nil {
		return nil, err
	}
	known, err := s.Contexts.Open(k)
	if err != nil {
		return nil, err
	}
	out := &token.Known{
		ID: map[string]any{}, Access: map[string]any{}, UserInfo: map[string]any{}, Introspection: map[string]any{},
		AMR: known.AMR, ACR: known.ACR, Context: known.Context,
	}
	for _, claim := range w.Claims {
		value, goes := goesOut(claim, known.Context, client, scopes)
		if !goes || slices.Contains(o.Withheld, claim.Type+" "+claim.Name) {
			continue
		}
		signed, asked := out.ID, out.UserInfo
		if claim.Type == workspace.InAccessToken {
			signed, asked = out.Access, out.Introspection
		}
		asked[claim.Name] = value
		if !claim.Opaque {
			signed[claim.Name] = value
		}
	}
	return out, nil
}

// goesOut is the value of a claim, where its scopes let it through.
func goesOut(c workspace.Claim, known map[string]any, client *directory.Client, scopes []string) (any, bool) {
	if len(c.Scopes) > 0 && !slices.ContainsFunc(c.Scopes, func(name string) bool { return slices.Contains(scopes, name) }) {
		return nil, false
	}
	if c.SourceType == workspace.FromClient {
		switch c.SourcePath {
		case "client_id":
			return client.ID, true
		case "client_name":
			return client.Name, client.Name != ""
		}
		return nil, false
	}
	path, err := mapping.Parse(c.SourcePath)
	if err != nil {
		return nil, false
	}
	return path.Get(any(known))
}

var _ token.Contexts = Speaker{}
