package clients

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cognate.dev/cognate/test/started"
)

// cerbosBinary is Cerbos itself, as npm has it.
func cerbosBinary(t *testing.T) string {
	t.Helper()
	needNode(t)
	found, err := filepath.Glob("node_modules/@cerbos/cerbos-*/cerbos-*")
	if err != nil || len(found) != 1 {
		missing(t, fmt.Sprintf("npm has no Cerbos for this machine (%v)", found))
	}
	return found[0]
}

// cerbos starts Cerbos' own server over a folder of policies and gives a client to it, by a socket.
func cerbos(t *testing.T, policies string) *http.Client {
	t.Helper()
	program := cerbosBinary(t)
	policies, err := filepath.Abs(policies)
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "cerbos-") // the name of a socket must be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	config := filepath.Join(dir, "conf.json")
	text := fmt.Sprintf(`{"server":{"httpListenAddr":"unix:%[1]s/http","grpcListenAddr":"unix:%[1]s/grpc"},"telemetry":{"disabled":true},
		"schema":{"enforcement":"reject"},"storage":{"driver":"disk","disk":{"directory":%[2]q}}}`, dir, policies)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, "server", "--config", config, "--log-level", "error")
	var log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	client := bySocket(t, dir+"/http")
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait()
	})
	for deadline := time.Now().Add(started.Patience); time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
		if res, err := client.Get("http://cerbos/_cerbos/health"); err == nil {
			res.Body.Close()
			if res.StatusCode == http.StatusOK {
				return client
			}
		}
	}
	t.Fatalf("Cerbos was not ready in time\n%s", log.String())
	return nil
}

// bySocket is a client of whoever listens on a socket.
func bySocket(t *testing.T, path string) *http.Client {
	transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", path)
	}}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, Timeout: started.Patience}
}

type object = map[string]any

// questions makes requests at random: every kind, role and attribute that the example policies speak of, and others.
type questions struct{ *rand.Rand }

func one[T any](q questions, from ...T) T { return from[q.IntN(len(from))] }

func (q questions) some(from ...string) (list []string) {
	for len(list) == 0 {
		for _, s := range from {
			if q.IntN(2) == 0 {
				list = append(list, s)
			}
		}
	}
	return list
}

// may adds a member half of the time.
func (q questions) may(to object, name string, values ...any) {
	if q.IntN(2) == 0 {
		to[name] = one(q, values...)
	}
}

func (q questions) principal() object {
	attr := object{}
	q.may(attr, "cognito", object{}, object{"enabled": true}, object{"enabled": false}, object{"enabled": "false"}, object{"enabled": nil}, "text", nil)
	q.may(attr, "other", 1, "x", []any{1, 2})
	p := object{"id": one(q, "alice", "bob", "ünï/ø"), "roles": q.some("admin", "user", "guest", "owner")}
	q.may(p, "attr", attr)
	q.may(p, "policyVersion", "default", "20210210", "none")
	q.may(p, "scope", "", "a", "a.b")
	return p
}

func (q questions) place(kind object) object {
	attr := object{}
	q.may(attr, "owner", "alice", "bob", "ünï/ø", 7, nil, []any{"alice"})
	q.may(kind, "attr", attr)
	q.may(kind, "policyVersion", "default", "20210210", "none")
	q.may(kind, "scope", "", "a", "a.b")
	return kind
}

func (q questions) check() object {
	list := []any{}
	for i := range 1 + q.IntN(3) {
		kind := object{"kind": one(q, "contact", "contact", "contact", "invoice", "contact:x"), "id": fmt.Sprint(i)}
		list = append(list, object{"actions": q.some("list", "read", "create", "update", "delete", "other", "*"), "resource": q.place(kind)})
	}
	r := object{"principal": q.principal(), "resources": list}
	q.may(r, "requestId", "r1")
	q.may(r, "includeMeta", true, false)
	return r
}

func (q questions) plan() object {
	r := object{"principal": q.principal(), "resource": q.place(object{"kind": one(q, "contact", "contact", "invoice")})}
	if q.IntN(2) == 0 {
		r["action"] = one(q, "read", "delete", "other")
	} else {
		r["actions"] = q.some("list", "read", "delete", "other")
	}
	q.may(r, "includeMeta", true, false)
	return r
}

// album asks about the policies of testdata: scopes, a principal and a role policy, derived roles, outputs, variables.
func (q questions) album(kind object) object {
	attr := object{}
	q.may(attr, "owner", "alice", "carol", "dave", 7)
	q.may(attr, "public", true, false, "yes")
	q.may(attr, "open", true, false)
	q.may(attr, "size", 1, 2, 4, 6)
	q.may(attr, "team", "red", "blue")
	q.may(attr, "tags", []any{}, []any{"red"}, []any{"blue", "red"})
	kind["attr"] = attr
	q.may(kind, "scope", "", "acme", "acme.hr", "acme.none", "none")
	return kind
}

func (q questions) person() object {
	attr := object{}
	q.may(attr, "team", "red", "blue")
	q.may(attr, "level", 3, 5, "five")
	p := object{"id": one(q, "alice", "carol", "dave"), "roles": q.some("user", "admin", "clerk"), "attr": attr}
	q.may(p, "scope", "", "acme")
	return p
}

func (q questions) albums() (path string, body object) {
	actions := func() []string { return q.some("view", "edit:title", "edit:photo", "delete") }
	body = object{"principal": q.person(), "includeMeta": q.IntN(2) == 0}
	if q.IntN(3) == 0 {
		body["resource"], body["actions"] = q.album(object{"kind": one(q, "album", "other")}), []string{one(q, "view", "edit:title", "delete")}
		return "/api/plan/resources", body
	}
	body["resources"] = []any{
		object{"actions": actions(), "resource": q.album(object{"kind": "album", "id": "1"})},
		object{"actions": actions(), "resource": q.album(object{"kind": one(q, "album", "other"), "id": "2"})},
	}
	return "/api/check/resources", body
}

func (q questions) set() object {
	instances := object{}
	for i := range 1 + q.IntN(3) {
		instances[fmt.Sprint(i)] = object{"attr": object{"owner": one(q, "alice", "bob")}}
	}
	return object{"actions": q.some("read", "delete"), "principal": q.principal(), "includeMeta": q.IntN(2) == 0,
		"resource": object{"kind": one(q, "contact", "invoice"), "instances": instances}}
}

// contacts asks about the example policies by every call.
func (q questions) contacts(n int) (path string, body object) {
	switch n % 6 {
	case 3:
		return "/api/plan/resources", q.plan()
	case 4:
		return "/api/check", q.set()
	case 5:
		body = q.check()
		delete(body, "includeMeta")
		return "/api/check_resource_batch", body
	}
	return "/api/check/resources", q.check()
}

// TestNoDecisionDiffersFromCerbos sends the same random requests to Cerbos' own server and to ours, without enrichment.
func TestNoDecisionDiffersFromCerbos(t *testing.T) {
	t.Parallel()
	for policies, next := range map[string]func(questions, int) (string, object){
		"../../examples/policies": questions.contacts,
		"testdata/policies":       func(q questions, _ int) (string, object) { return q.albums() },
	} {
		t.Run(filepath.Base(filepath.Dir(policies)), func(t *testing.T) {
			t.Parallel()
			theirs := cerbos(t, policies)
			ours := serveWith(t, []string{"--policies", policies}, "COGNATE_ENRICH_OFF=true", "COGNATE_POLICY_SCHEMAS=reject")
			q := questions{rand.New(rand.NewPCG(2026, 11))}
			seen := map[string]int{}
			for n := range 1500 {
				path, body := next(q, n)
				differs(t, theirs, ours, path, body, seen)
			}
			t.Log(seen)
			for _, kind := range []string{"KIND_ALWAYS_ALLOWED", "KIND_ALWAYS_DENIED", "KIND_CONDITIONAL", "EFFECT_ALLOW", "EFFECT_DENY"} {
				if seen[kind] == 0 {
					t.Errorf("no answer had %s: the questions do not reach far enough", kind)
				}
			}
		})
	}
}

// differs asks both and compares.
func differs(t *testing.T, theirs *http.Client, ours *server, path string, body object, seen map[string]int) {
	t.Helper()
	raw, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	want := answer(t, theirs, "http://cerbos"+path, raw)
	got := answer(t, http.DefaultClient, ours.pdp+path, raw)
	if refused, _ := got["body"].(object); got["status"] == http.StatusBadRequest && refused["code"] == 9.0 && path == "/api/plan/resources" {
		seen["plans refused"]++ // those that the engine makes too wide: internal/policy/cerbos/doubts.go
		return
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("%s %s (-cerbos +ours):\n%s", path, raw, diff)
	}
	seen[fmt.Sprint(path, " ", want["status"])]++
	text, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range []string{"KIND_ALWAYS_ALLOWED", "KIND_ALWAYS_DENIED", "KIND_CONDITIONAL", "EFFECT_ALLOW", "EFFECT_DENY"} {
		if bytes.Contains(text, []byte(kind)) {
			seen[kind]++
		}
	}
}

// answer is the status and the body, without what differs from call to call.
func answer(t *testing.T, client *http.Client, url string, body []byte) object {
	t.Helper()
	res, err := client.Post(url, "application/json", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	var parsed object
	if err := json.Unmarshal(raw, &parsed); err != nil {
		t.Fatalf("%d %s: %v", res.StatusCode, raw, err)
	}
	delete(parsed, "cerbosCallId")
	dropEmptyScopes(parsed)
	dropOutputErrors(parsed)
	sortConditions(parsed)
	if res.StatusCode != http.StatusOK {
		parsed = object{"code": parsed["code"]} // the words of their validation are of another release
	}
	return object{"status": res.StatusCode, "body": parsed}
}

// sortConditions gives the operands of and and or, whose order means nothing, one order: the releases differ in it.
func sortConditions(answer object) {
	filter, _ := answer["filter"].(object)
	if filter["condition"] == nil {
		return
	}
	filter["condition"] = sorted(filter["condition"])
	if meta, ok := answer["meta"].(object); ok {
		delete(meta, "filterDebug") // the condition once more
	}
}

func sorted(condition any) any {
	node, _ := condition.(object)
	expression, ok := node["expression"].(object)
	if !ok {
		return condition
	}
	operands, _ := expression["operands"].([]any)
	operator := expression["operator"]
	byText := map[string]any{}
	for i := range operands {
		operands[i] = sorted(operands[i])
		parts := []any{operands[i]}
		inner, _ := operands[i].(object)
		if e, ok := inner["expression"].(object); ok && e["operator"] == operator {
			parts, _ = e["operands"].([]any) // or within or is one or
		}
		for _, part := range parts {
			text, _ := json.Marshal(part)
			byText[string(text)] = part
		}
	}
	if operator != "and" && operator != "or" {
		return condition
	}
	operands = operands[:0:0]
	for _, text := range slices.Sorted(maps.Keys(byText)) {
		operands = append(operands, byText[text])
	}
	if len(operands) == 1 {
		return operands[0]
	}
	expression["operands"] = operands
	return condition
}

// dropOutputErrors: release 0.55 says why an output has no value; 0.51 does not.
func dropOutputErrors(answer object) {
	results, _ := answer["results"].([]any)
	for _, r := range results {
		entry, _ := r.(object)
		outputs, _ := entry["outputs"].([]any)
		for _, o := range outputs {
			if output, ok := o.(object); ok {
				delete(output, "error")
			}
		}
	}
}

// dropEmptyScopes: release 0.55, whose engine is ours, names the scope "" even where no policy matched; 0.51 does not.
func dropEmptyScopes(answer object) {
	meta, _ := answer["meta"].(object)
	scopes, _ := meta["matchedScopes"].(object)
	for _, scope := range scopes {
		if scope != "" {
			return
		}
	}
	delete(meta, "matchedScopes")
}
