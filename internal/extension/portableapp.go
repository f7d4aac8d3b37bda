package extension

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/kit/random"
	"cognate.dev/cognate/internal/workspace"
)

// CarriedApps is the part of a workspace's document that has its custom applications, and the page that asks for consent. Secrets of
// their clients are taken and never given.
type CarriedApps struct{ Apps *Apps }

type portableApp struct {
	ID       string  `json:"id"`
	Name     string  `json:"name"`
	URL      string  `json:"url"`
	Type     AppType `json:"type"`
	ClientID string  `json:"client_id"`
	Secret   string  `json:"client_secret,omitempty"`
}

type portableApps struct {
	Apps []portableApp `json:"custom_apps"`
}

// Name is that of the part.
func (CarriedApps) Name() string { return "custom_apps" }

// Export gives the applications by name.
func (c CarriedApps) Export(ctx context.Context, workspaceID string) (json.RawMessage, error) {
	list, err := c.Apps.parts.Store.Apps(ctx, workspaceID)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	var out portableApps
	for _, x := range list {
		out.Apps = append(out.Apps, portableApp{ID: x.ID, Name: x.Name, URL: x.URL, Type: x.Type, ClientID: x.ClientID})
	}
	return json.Marshal(out)
}

// Copy gives the applications clients of their own.
func (CarriedApps) Copy(part json.RawMessage, connections map[string]string) (json.RawMessage, error) {
	var in portableApps
	if err := readPart("custom_apps", part, &in); err != nil {
		return nil, err
	}
	for i := range in.Apps {
		x := &in.Apps[i]
		x.ClientID, x.Secret = random.LowerAlnum(26), random.LowerAlnum(52)
		if x.Type == LoginPage {
			x.ID = connections[x.ID]
			x.Name = loginPageName(x.ID)
		}
	}
	return json.Marshal(in)
}

// bringing is the applications of a document on their way in.
type bringing struct {
	apps        *Apps
	workspaceID string
	given       []portableApp

	list    []*App
	secrets map[string]string // of clients that are to be made, by the application's id
}

// Prepare reads applications.
func (c CarriedApps) Prepare(_ context.Context, workspaceID string, part json.RawMessage) (*workspace.Incoming, error) {
	var in portableApps
	if err := readPart("custom_apps", part, &in); err != nil {
		return nil, err
	}
	for i, x := range in.Apps {
		if slices.ContainsFunc(in.Apps[:i], func(o portableApp) bool { return o.ID == x.ID || o.Name == x.Name }) {
			return nil, fault.Invalidf("parts: custom_apps: each has an id and a name of its own.")
		}
	}
	if len(in.Apps) > maxApps {
		return nil, fault.Invalidf("parts: a workspace can have at most %d custom applications.", maxApps)
	}
	b := &bringing{apps: c.Apps, workspaceID: workspaceID, given: in.Apps}
	return &workspace.Incoming{First: b.write, Last: b.check}, nil
}

// read judges one application of a document.
func (b *bringing) read(x portableApp, before []*App) error {
	now := b.apps.parts.Now().UTC().Truncate(time.Millisecond)
	app := &App{ID: x.ID, WorkspaceID: b.workspaceID, Name: x.Name, URL: x.URL, Type: x.Type, ClientID: x.ClientID, CreatedAt: now, ModifiedAt: now}
	if !workspace.IsID(x.ID) || (x.ID == consentID) != (x.Type == ConsentPage) {
		return fault.Invalidf("parts: custom_apps: each has an id, and a page that asks for consent the id %s.", consentID)
	}
	if err := app.check(); err != nil {
		return err
	}
	b.list = append(b.list, app)
	at := slices.IndexFunc(before, func(o *App) bool { return o.ID == x.ID })
	if at < 0 {
		if x.Secret == "" {
			return fault.Invalidf("parts: custom_apps: %s is new here, so its client_secret is needed.", x.Name)
		}
		b.secrets[x.ID] = x.Secret
		return b.apps.off()
	}
	old := before[at]
	switch {
	case old.Type != x.Type || x.ClientID != "" && x.ClientID != old.ClientID:
		return fault.Invalidf("parts: custom_apps: the type and the client of %s do not change.", x.Name)
	case x.Secret != "":
		return fault.Invalidf("parts: custom_apps: the client of %s has its secret already.", x.Name)
	}
	app.ClientID, app.CreatedAt = old.ClientID, old.CreatedAt
	if old.Name != x.Name || old.URL != x.URL {
		return b.apps.off()
	}
	app.ModifiedAt = old.ModifiedAt
	return nil
}

// write makes the applications of the workspace those of the document, with clients for new ones. An id that a client has already is
// refused: it would be that client's sign-ins.
func (b *bringing) write(ctx context.Context) error {
	before, err := b.apps.parts.Store.Apps(ctx, b.workspaceID)
	if err != nil {
		return err
	}
	b.list, b.secrets = nil, map[string]string{}
	for _, x := range b.given {
		if err := b.read(x, before); err != nil {
			return err
		}
	}
	if err := b.leave(ctx, before); err != nil {
		return err
	}
	for _, x := range b.list {
		if secret, fresh := b.secrets[x.ID]; fresh {
			client, err := b.apps.client(ctx, x, secret)
			if err != nil {
				return err
			}
			x.ClientID = client.ID
		}
		if err := b.apps.parts.Store.SaveApp(ctx, x, maxApps); err != nil {
			return err
		}
	}
	return nil
}

// leave removes applications that are not in the document, with their clients; and without them those that have another name there: two may
// have exchanged theirs.
func (b *bringing) leave(ctx context.Context, before []*App) error {
	for _, old := range before {
		at := slices.IndexFunc(b.list, func(x *App) bool { return x.ID == old.ID })
		if at >= 0 && b.list[at].Name == old.Name {
			continue
		}
		if err := b.apps.parts.Store.DeleteApp(ctx, b.workspaceID, old.ID); err != nil {
			return err
		}
		if at < 0 {
			if err := b.apps.part(ctx, old); err != nil {
				return err
			}
		}
	}
	return nil
}

// check refuses a login page of a connection that is none any more.
func (b *bringing) check(ctx context.Context) error {
	for _, x := range b.list {
		if x.Type != LoginPage {
			continue
		}
		_, err := b.apps.parts.Connections.Get(ctx, b.workspaceID, workspace.CustomLogin, x.ID)
		if fault.Is(err, fault.Missing, "") || fault.Is(err, fault.Missing, fault.Provider) {
			return fault.Invalidf("parts: custom_apps: there is no connection %s of the method %s.", x.ID, workspace.CustomLogin)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

var _ workspace.Part = CarriedApps{}
