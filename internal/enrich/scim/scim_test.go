package scim_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cognate.dev/cognate/internal/enrich/scim"
	"cognate.dev/cognate/internal/enrich/upstream"
)

// directory is a small SCIM server. It knows filters of equality, and pages of two.
type directory struct {
	users, groups []map[string]any
	deaf          bool // ignores filters
	filter        string
}

func (d *directory) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	list := d.users
	if r.URL.Path == "/scim/v2/Groups" {
		list = d.groups
	}
	d.filter = r.URL.Query().Get("filter")
	var attribute, value string
	for _, a := range []string{"userName", "externalId", "id", "members.value"} {
		if n, _ := fmt.Sscanf(d.filter, a+" eq %q", &value); n == 1 {
			attribute = a
		}
	}
	var found []map[string]any
	for _, one := range list {
		if d.deaf || one[attribute] == value || attribute == "members.value" && fmt.Sprint(one["members"]) == fmt.Sprint([]any{map[string]any{"value": value}}) {
			found = append(found, one)
		}
	}
	at, _ := strconv.Atoi(r.URL.Query().Get("startIndex"))
	from := max(at-1, 0)
	page := found[min(from, len(found)):min(from+2, len(found))]
	json.NewEncoder(w).Encode(map[string]any{"schemas": []string{"urn:ietf:params:scim:api:messages:2.0:ListResponse"},
		"totalResults": len(found), "startIndex": from + 1, "itemsPerPage": len(page), "Resources": page})
}

func find(t *testing.T, d http.Handler, c scim.Config, id string) (map[string]any, error) {
	t.Helper()
	server := httptest.NewServer(d)
	t.Cleanup(server.Close)
	c.URL = server.URL + "/scim/v2/"
	s, err := scim.New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s.Find(t.Context(), id)
}

func people() *directory {
	return &directory{
		users: []map[string]any{
			{"id": "1", "userName": "alice", "externalId": "e1", "active": true,
				"groups": []any{map[string]any{"value": "g1", "display": "Staff"}, map[string]any{"value": "g2"}}},
			{"id": "2", "userName": `b"ob\`, "externalId": "e2", "active": false},
			{"id": "3", "userName": "twin"}, {"id": "4", "userName": "twin"},
		},
		groups: []map[string]any{
			{"id": "g1", "displayName": "One", "members": []any{map[string]any{"value": "1"}}},
			{"id": "g2", "displayName": "Two", "members": []any{map[string]any{"value": "1"}}},
			{"id": "g3", "displayName": "Three", "members": []any{map[string]any{"value": "1"}}},
			{"id": "g4", "displayName": "Other", "members": []any{map[string]any{"value": "2"}}},
		},
	}
}

func TestAUserIsFoundWithGroups(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		by, groups, id, want string
		names                any
	}{
		{"", "", "alice", "1", []any{"Staff", "g2"}},
		{"userName", "members", "alice", "1", []any{"One", "Two", "Three"}}, // on two pages
		{"externalId", "none", "e2", "2", nil},
		{"id", "none", "2", "2", nil},
		{"", "none", `b"ob\`, "2", nil},
	} {
		got, err := find(t, people(), scim.Config{By: c.by, Groups: c.groups}, c.id)
		if err != nil || got["id"] != c.want || cmp.Diff(c.names, got["group_names"]) != "" {
			t.Errorf("%+v: %v, %v", c, got, err)
		}
	}
	if got, err := find(t, people(), scim.Config{}, "nobody"); got != nil || err != nil {
		t.Errorf("nobody: %v, %v", got, err)
	}
	if got, err := find(t, people(), scim.Config{By: "externalId"}, "E1"); got != nil || err != nil {
		t.Errorf("an externalId in another case: %v, %v", got, err)
	}
}

// A server that does not understand a filter answers with everybody. None of them is who was asked about.
func TestAUserWhoWasNotAskedForIsNotBelieved(t *testing.T) {
	t.Parallel()
	d := people()
	d.deaf = true
	if got, err := find(t, d, scim.Config{}, "mallory"); got != nil || err != nil {
		t.Errorf("%v, %v", got, err)
	}
	got, err := find(t, d, scim.Config{Groups: "members"}, "alice")
	if err != nil || cmp.Diff([]any{"One", "Two", "Three"}, got["group_names"]) != "" {
		t.Errorf("groups that do not list her: %v, %v", got, err)
	}
	if got, err := find(t, people(), scim.Config{}, "twin"); got != nil || !upstream.IsAboutQuestion(err) {
		t.Errorf("two of the name: %v, %v", got, err)
	}
	injected := people()
	if got, err := find(t, injected, scim.Config{}, `x" or userName eq "alice`); got != nil || err != nil {
		t.Errorf("a filter in an id: %v, %v (asked %s)", got, err, injected.filter)
	}
}

func TestAnswersThatAreNotSCIMAreErrors(t *testing.T) {
	t.Parallel()
	for _, body := range []string{`[]`, `{}`, `{"totalResults":1,"Resources":[1]}`, `{"totalResults":"x"}`, `{"totalResults":1.5,"Resources":[]}`, `null`, `no`} {
		handler := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, body) })
		if got, err := find(t, handler, scim.Config{}, "alice"); err == nil {
			t.Errorf("%s: %v", body, got)
		}
	}
	endless := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, `{"totalResults":1000000,"Resources":[{"userName":"x"}]}`)
	})
	if got, err := find(t, endless, scim.Config{}, "alice"); err == nil {
		t.Errorf("a list without an end: %v", got)
	}
}

func TestSettingsThatCannotWorkAreRefused(t *testing.T) {
	t.Parallel()
	for _, c := range []scim.Config{{URL: "http://example.com"}, {URL: "https://x", By: "email"}, {URL: "https://x", Groups: "some"}} {
		if _, err := scim.New(c); err == nil {
			t.Errorf("%+v was accepted", c)
		}
	}
}
