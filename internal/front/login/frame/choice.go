package frame

import (
	"context"

	"cognate.dev/cognate/internal/authorize"
)

// Connections knows through what people come to workspaces.
type Connections interface {
	// Choices are those that people may pick, and whether the page also asks who somebody is.
	Choices(ctx context.Context, workspaceID string, r *authorize.Request) (list []Choice, asks bool, err error)
	// Discover is the id of the connection of what somebody calls themselves; empty: there is none.
	Discover(ctx context.Context, workspaceID, identifier string, r *authorize.Request) (id string, err error)
}

// Choice is a connection as people see it; the logo is a URL, perhaps one that holds the image itself.
type Choice struct{ ID, Name, Logo string }

// Choices are the connections of the site's workspace, and whether the page also asks who somebody is; none where it is no workspace.
func (v *Visit) Choices() (list []Choice, asks bool, err error) {
	if v.Site.Workspace == "" || v.desk.Connections == nil {
		return nil, false, nil
	}
	return v.desk.Connections.Choices(v.Context(), v.Site.Workspace, v.Request)
}

// Discover finds a connection by what somebody calls themselves, and leads there; empty: there is none.
func (v *Visit) Discover(identifier string) (location string, err error) {
	id, err := v.desk.Connections.Discover(v.Context(), v.Site.Workspace, identifier, v.Request)
	if id == "" || err != nil {
		return "", err
	}
	return v.LinkChosen(id, identifier), nil
}

// LinkChosen leads to a connection, with the request that the visit is about; a hint is who comes.
func (v *Visit) LinkChosen(id, hint string) string {
	query := v.Request.Query()
	query.Set("connection", id)
	if hint != "" && v.Request.Pushed == "" {
		query.Set("login_hint", hint)
	}
	return v.Site.Path("/oauth2/choose", query)
}
