package app

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	front "cognate.dev/cognate/internal/front/workspace"
	"cognate.dev/cognate/internal/kit/sigv4"
	"cognate.dev/cognate/internal/workspace"
)

// given calls an operation under a condition, and gives its status, its JSON and its entity tag.
func (b *bureau) given(tag, method, path string, body any) (int, map[string]any, string) {
	b.t.Helper()
	raw, err := json.Marshal(body)
	b.check(err)
	r, err := http.NewRequestWithContext(b.t.Context(), method, b.server.URL+path, bytes.NewReader(raw))
	b.check(err)
	r.Header.Set("Authorization", b.actor)
	r.Header.Set("X-Amz-Date", "20260101T000000Z")
	if tag != "" {
		r.Header.Set("If-Match", tag)
	}
	answer, err := http.DefaultClient.Do(r)
	b.check(err)
	text, err := io.ReadAll(answer.Body)
	b.check(err)
	b.check(answer.Body.Close())
	var out map[string]any
	if len(text) > 0 {
		b.check(json.Unmarshal(text, &out))
	}
	return answer.StatusCode, out, answer.Header.Get("ETag")
}

// TestAChangeOfWhatSomebodyElseHasChangedIsRefused has two people read each sort of document and both change it: the second is told so and
// changes nothing. Whoever says nothing of what they have seen changes what is there.
func TestAChangeOfWhatSomebodyElseHasChangedIsRefused(t *testing.T) {
	t.Parallel()
	b, at, connection := shop(t, true)
	client := b.must(201, "POST", adminAPI+"/clients", map[string]any{
		"authorization_server_id": "shop", "client_name": "App", "redirect_uris": []string{appCallback}, "scopes": []string{"openid"},
	})["client_id"].(string)
	app := b.must(201, "POST", at+"/custom-apps", map[string]any{"name": "Terms", "url": "https://terms.example.com/"})["id"].(string)
	b.must(200, "PUT", at+"/server-consent", map[string]any{"type": "custom", "custom": map[string]any{"server_consent_url": "https://consent.example.com/"}})
	name := func(member string) func(map[string]any, string) map[string]any {
		return func(doc map[string]any, to string) map[string]any {
			delete(doc, "redirect_url")
			delete(doc, "issuer_url")
			if member == "description" {
				delete(doc, "type")
			}
			doc[member] = to
			return doc
		}
	}
	for _, c := range []struct {
		path   string
		change func(doc map[string]any, to string) map[string]any
		gone   bool // it can be deleted, and is not then
	}{
		{adminAPI + "/clients/" + client, name("client_name"), true},
		{at + "/custom-apps/" + app, func(_ map[string]any, to string) map[string]any {
			return map[string]any{"name": to, "url": "https://terms.example.com/"}
		}, true},
		{at + "/server-consent", func(_ map[string]any, to string) map[string]any {
			return map[string]any{"type": "custom", "custom": map[string]any{"server_consent_url": "https://consent.example.com/" + to}}
		}, false},
		{at + "/idps/cognito/" + connection, name("name"), true},
		{at, name("description"), true},
	} {
		_, doc, seen := b.given("", "GET", c.path, nil)
		if seen == "" || strings.HasPrefix(seen, "W/") {
			t.Fatalf("%s has the tag %q", c.path, seen)
		}
		status, _, after := b.given(seen, "PUT", c.path, c.change(doc, "first"))
		if status != http.StatusOK || after == seen || after == "" {
			t.Errorf("%s: what was seen is changed with %d, and has the tag %q after %q", c.path, status, after, seen)
		}
		if _, _, now := b.given("", "GET", c.path, nil); now != after {
			t.Errorf("%s: the change was answered with the tag %q, and it has %q", c.path, after, now)
		}
		for _, tag := range []string{seen, `"none"`, "W/" + after} {
			if status, said, _ := b.given(tag, "PUT", c.path, c.change(doc, "second")); status != http.StatusPreconditionFailed || said["error_code"] != "precondition_failed" {
				t.Errorf("%s: under %s it is changed with %d %v", c.path, tag, status, said)
			}
		}
		if status, _, _ := b.given("none", "PUT", c.path, c.change(doc, "second")); status != http.StatusBadRequest {
			t.Errorf("%s: a condition that cannot be read: %d", c.path, status)
		}
		if _, _, now := b.given("", "GET", c.path, nil); now != after {
			t.Errorf("%s: what was refused has changed it", c.path)
		}
		for _, tag := range []string{"*", ""} {
			if status, said, _ := b.given(tag, "PUT", c.path, c.change(doc, "third"+tag)); status != http.StatusOK {
				t.Errorf("%s: under %q it is not changed: %d %v", c.path, tag, status, said)
			}
		}
		if !c.gone {
			continue
		}
		if status, _, _ := b.given(after, "DELETE", c.path, nil); status != http.StatusPreconditionFailed {
			t.Errorf("%s: it is deleted as it was before: %d", c.path, status)
		}
		_, _, now := b.given("", "GET", c.path, nil)
		if status, _, _ := b.given(now, "DELETE", c.path, nil); status != http.StatusNoContent {
			t.Errorf("%s: it is not deleted as it is: %d", c.path, status)
		}
	}
}

// TestCredentialsAreAPartOfWhatIsSeen fails when somebody changes a connection as they have seen it, and takes new credentials for the old.
func TestCredentialsAreAPartOfWhatIsSeen(t *testing.T) {
	t.Parallel()
	b, at, connection := shop(t, false)
	path := at + "/idps/cognito/" + connection
	_, doc, seen := b.given("", "GET", path, nil)
	delete(doc, "redirect_url")
	doc["credentials"] = map[string]any{"client_secret": "another"}
	b.must(200, "PUT", path, doc)
	if status, _, _ := b.given(seen, "DELETE", path, nil); status != http.StatusPreconditionFailed {
		t.Errorf("answered %d", status)
	}
}

// TestAConditionIsNeverIgnored asks operations that know of no tags under one, which would do what the condition excludes.
func TestAConditionIsNeverIgnored(t *testing.T) {
	t.Parallel()
	b, at, connection := shop(t, true)
	service := b.must(201, "POST", adminAPI+"/services", map[string]any{"authorization_server_id": "shop", "name": "API", "type": "oauth2"})["id"].(string)
	if status, said, _ := b.given(`"x"`, "DELETE", at+"/services/"+service, nil); status != 422 || !strings.Contains(said["error"].(string), "If-Match") {
		t.Errorf("a service: %d %v", status, said)
	}
	claim := b.must(201, "POST", adminAPI+"/claims", map[string]any{"authorization_server_id": "shop", "name": "mail", "type": "access_token", "source_type": "authnCtx", "source_path": "email"})
	if status, said, _ := b.given(`"x"`, "DELETE", at+"/claims/"+claim["id"].(string), nil); status != 412 {
		t.Errorf("a claim: %d %v", status, said)
	}
	if status, said, _ := b.given(`"x"`, "PUT", at+"/script-execution-points", map[string]any{"script_execution_points": []any{}}); status != 412 {
		t.Errorf("points: %d %v", status, said)
	}
	for _, path := range []string{"/promote/config", "/promote/config-rfc7396"} {
		method := map[bool]string{true: "PATCH", false: "POST"}[strings.HasSuffix(path, "96")]
		if status, said, _ := b.given(`"x"`, method, "/api/hub/default/workspaces/shop"+path, map[string]any{"server": map[string]any{"name": "Shop"}}); status != 412 {
			t.Errorf("%s: %d %v", path, status, said)
		}
	}
	if status, _, _ := b.given("*", "POST", "/api/hub/default/workspaces/fresh/promote/config", map[string]any{"server": map[string]any{"name": "Fresh"}}); status != 412 {
		t.Errorf("a workspace that is not there, if it is: %d", status)
	}
	b.must(404, "GET", adminAPI+"/servers/fresh", nil)
	b.must(200, "GET", at+"/idps/cognito/"+connection, nil)
	_, _, seen := b.given("", "GET", shopConfig, nil)
	if status, said, _ := b.given(seen, "PATCH", shopMerge, map[string]any{"server": map[string]any{"description": "x"}}); status != 204 {
		t.Errorf("a patch of what was seen: %d %v", status, said)
	}
	if status, _, _ := b.given(seen, "PATCH", shopMerge, map[string]any{"server": map[string]any{"description": "y"}}); status != 412 {
		t.Errorf("another patch of it: %d", status)
	}
}

// meddler is a part of documents that changes the workspace while a document is on its way in: somebody else at the same moment.
type meddler struct {
	times int
	do    func()
}

func (m *meddler) Name() string { return "meddler" }
func (m *meddler) Export(context.Context, string) (json.RawMessage, error) {
	return nil, nil
}

func (m *meddler) Prepare(context.Context, string, json.RawMessage) (*workspace.Incoming, error) {
	if m.times > 0 {
		m.times--
		m.do()
	}
	return &workspace.Incoming{}, nil
}

func (m *meddler) Copy(part json.RawMessage, _ map[string]string) (json.RawMessage, error) {
	return part, nil
}

// TestPatchesAtOnceBothHold has somebody change one member of a workspace, and its connection, between the reading and the writing of a patch of
// another member. If it fails, the patch has undone what they did. Where somebody always does, the patch is refused.
func TestPatchesAtOnceBothHold(t *testing.T) {
	t.Parallel()
	b, at, connection := shop(t, false)
	r := b.h.rooms.Load()
	m := &meddler{times: 1, do: func() {
		for path, member := range map[string]string{at: "description", at + "/idps/cognito/" + connection: "name"} {
			doc := b.must(200, "GET", path, nil)
			for _, told := range []string{"redirect_url", "issuer_url", "type"} {
				delete(doc, told)
			}
			was, _ := doc[member].(string)
			doc[member] = was + "!"
			b.must(200, "PUT", path, doc)
		}
	}}
	api := front.Handler(front.Config{
		Room: r.workspaces, Traces: r.traces, Base: b.h.workspaceBase, Carrier: workspace.Carrier{Room: r.workspaces, Parts: []workspace.Part{m}},
		Signed: func(*http.Request) (string, sigv4.Payload, error) { return "key", sigv4.Believed(), nil },
	})
	patch := func(member string) int {
		w := httptest.NewRecorder()
		body := `{"server":{"sso":{"enabled":true},"name":"` + member + `"}}`
		api.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "PATCH", shopMerge, strings.NewReader(body)))
		return w.Code
	}
	if status := patch("Patched"); status != http.StatusNoContent {
		t.Fatalf("the patch was answered with %d", status)
	}
	idp := b.must(200, "GET", at+"/idps/cognito/"+connection, nil)
	if w := b.must(200, "GET", at, nil); w["name"] != "Patched" || w["description"] != "!" || idp["name"] != "Staff!" {
		t.Errorf("it is %v, with the connection %v", w, idp["name"])
	}
	m.times = 1000
	if status := patch("Never"); status != http.StatusConflict {
		t.Errorf("where it is another each time, the patch was answered with %d", status)
	}
	if w := b.must(200, "GET", at, nil); w["name"] != "Patched" {
		t.Errorf("a patch that was refused has changed %v", w)
	}
}
