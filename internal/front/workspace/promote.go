package workspace

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"

	"cognate.dev/cognate/internal/audit"
	"cognate.dev/cognate/internal/fault"
	room "cognate.dev/cognate/internal/workspace"
)

// promote is whole workspaces as documents.
func (a *api) promote() []Route {
	changes := Changes("configuration")
	return []Route{
		{Pattern: "GET /workspaces/{wid}/promote/config", Under: HubPath, Operation: "ExportConfiguration", Scopes: Reads("configuration"), Handle: a.export},
		{Pattern: "POST /workspaces/{wid}/promote/config", Under: HubPath, Operation: "ImportConfiguration", Scopes: changes, Large: true, Tagged: true, Handle: a.take},
		{
			Pattern: "PATCH /workspaces/{wid}/promote/config-rfc7396", Under: HubPath, Operation: "PatchConfiguration", Scopes: changes, Large: true, Tagged: true,
			Handle: a.patch(func(doc json.RawMessage, c *Call) (json.RawMessage, error) { return room.Merge(doc, c.Body) }),
		},
		{
			Pattern: "PATCH /workspaces/{wid}/promote/config-rfc6902", Under: HubPath, Operation: "PatchConfiguration", Scopes: changes, Large: true, Tagged: true,
			Handle: a.patch(func(doc json.RawMessage, c *Call) (json.RawMessage, error) {
				var list []room.Operation
				if err := c.Read(&list); err != nil {
					return nil, err
				}
				return room.Patch(doc, list)
			}),
		},
		{Pattern: "POST /workspaces/{wid}/clone", Under: HubPath, Operation: "CloneWorkspace", Scopes: changes, Large: true, Handle: a.clone},
	}
}

// reach is what somebody may see or change of what other rooms keep with a workspace: with a token, that of which it has the scope.
func (c *Call) reach(scopes func(noun string) []string) room.Reach {
	if c.Actor.Kind != audit.Client {
		return nil
	}
	return func(part string) bool {
		return slices.ContainsFunc(scopes(part), func(scope string) bool { return slices.Contains(c.scopes, scope) })
	}
}

// asked refuses the settings of Cloudentity's that are nothing here: documents take the place of what is there, and have no secrets.
func asked(r *http.Request) error {
	q := r.URL.Query()
	switch {
	case q.Get("mode") != "" && q.Get("mode") != "update":
		return fault.Invalidf("mode: there is only update.")
	case q.Get("dry_run") != "" && q.Get("dry_run") != "false":
		return fault.Invalidf("dry_run is not supported.")
	case q.Get("with_credentials") != "" && q.Get("with_credentials") != "false":
		return fault.Invalidf("with_credentials: no document has credentials.")
	}
	return nil
}

func (a *api) export(w http.ResponseWriter, r *http.Request, c *Call) error {
	if err := asked(r); err != nil {
		return err
	}
	p, err := a.Carrier.Export(r.Context(), r.PathValue("wid"), c.reach(Reads))
	if err != nil {
		return err
	}
	return SayTagged(w, http.StatusOK, Tag(p), p)
}

func (a *api) take(w http.ResponseWriter, r *http.Request, c *Call) error {
	var p room.Portable
	if err := c.Read(&p); err != nil {
		return err
	}
	if err := asked(r); err != nil {
		return err
	}
	if err := a.Carrier.Import(r.Context(), r.PathValue("wid"), &p, c.reach(Changes), a.unchanged(r, c, "")); err != nil {
		return err
	}
	return done(w)
}

// patched is a document after a patch.
func patched(p *room.Portable, patch func(json.RawMessage) (json.RawMessage, error)) (*room.Portable, error) {
	before, err := json.Marshal(p)
	if err != nil {
		return nil, err
	}
	after, err := patch(before)
	if err != nil {
		return nil, err
	}
	out := &room.Portable{}
	return out, read(after, out)
}

// unchanged refuses a workspace that is not as who asks has seen it; and one whose document, as far as they may change it, has not the tag
// of the one that a patch has been made to. Empty: there is no patch.
func (a *api) unchanged(r *http.Request, c *Call, patched string) func(context.Context) error {
	return func(ctx context.Context) error {
		if c.Conditional() {
			tag, err := a.tagAs(ctx, r, c.reach(Reads))
			if err == nil {
				err = c.Match(tag)
			}
			if err != nil {
				return err
			}
		}
		if patched == "" {
			return nil
		}
		if tag, err := a.tagAs(ctx, r, c.reach(Changes)); err != nil || tag == patched {
			return err
		}
		return errPatched
	}
}

// errPatched is a patch of a document that has become another meanwhile.
var errPatched = fault.New(fault.Conflict, "", "The workspace was changed meanwhile, again and again. Nothing was changed; please try again.")

// tagAs is the tag of a workspace's document for a reach; empty: there is no such workspace.
func (a *api) tagAs(ctx context.Context, r *http.Request, may room.Reach) (string, error) {
	p, err := a.Carrier.Export(ctx, r.PathValue("wid"), may)
	if fault.Is(err, fault.Missing, "") {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return Tag(p), nil
}

// maxPatched is how often a patch is made to a document that becomes another meanwhile.
const maxPatched = 5

// patch changes a workspace by a patch of its document. Patches at the same time come one after the other.
func (a *api) patch(apply func(json.RawMessage, *Call) (json.RawMessage, error)) func(http.ResponseWriter, *http.Request, *Call) error {
	return func(w http.ResponseWriter, r *http.Request, c *Call) error {
		if err := asked(r); err != nil {
			return err
		}
		var err error
		for range maxPatched {
			if err = a.patchOnce(r, c, apply); !errors.Is(err, errPatched) {
				break
			}
		}
		if err != nil {
			return err
		}
		return done(w)
	}
}

func (a *api) patchOnce(r *http.Request, c *Call, apply func(json.RawMessage, *Call) (json.RawMessage, error)) error {
	may := c.reach(Changes)
	p, err := a.Carrier.Export(r.Context(), r.PathValue("wid"), may)
	if err != nil {
		return err
	}
	tag := Tag(p)
	p, err = patched(p, func(doc json.RawMessage) (json.RawMessage, error) { return apply(doc, c) })
	if err != nil {
		return err
	}
	return a.Carrier.Import(r.Context(), r.PathValue("wid"), p, may, a.unchanged(r, c, tag))
}

// clone makes another workspace of one. The answer is its document, with the new secrets: they are told this once.
func (a *api) clone(w http.ResponseWriter, r *http.Request, c *Call) error {
	var in struct {
		ID    string          `json:"id"`
		Patch json.RawMessage `json:"patch"`
	}
	if err := c.Read(&in); err != nil {
		return err
	}
	var change func(*room.Portable) (*room.Portable, error)
	if len(in.Patch) > 0 {
		change = func(p *room.Portable) (*room.Portable, error) {
			return patched(p, func(doc json.RawMessage) (json.RawMessage, error) { return room.Merge(doc, in.Patch) })
		}
	}
	p, err := a.Carrier.Clone(r.Context(), r.PathValue("wid"), in.ID, change, c.reach(Changes))
	if err != nil {
		return err
	}
	noteResource(r, "workspace/"+in.ID)
	audit.Note(r.Context(), func(rec *audit.Record) {
		if rec.Detail == nil {
			rec.Detail = map[string]string{}
		}
		rec.Detail["cloned_from"] = r.PathValue("wid")
	})
	return Say(w, http.StatusCreated, p)
}
