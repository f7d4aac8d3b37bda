package clients

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
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
		"storage":{"driver":"disk","disk":{"directory":%[2]q}}}`, dir, policies)
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
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
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
	return &http.Client{Transport: transport, Timeout: 30 * time.Second}
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

func (q questions) set() object {
	instances := object{}
	for i := range 1 + q.IntN(3) {
		instances[fmt.Sprint(i)] = object{"attr": object{"owner": one(q, "alice", "bob")}}
	}
	return object{"actions": q.some("read", "delete"), "principal": q.principal(), "includeMeta": q.IntN(2) == 0,
		"resource": object{"kind": one(q, "contact", "invoice"), "instances": instances}}
}

// TestNoDecisionDiffersFromCerbos sends the same random requests to Cerbos' own server and to ours, without enrichment,
// over the example policies.
func TestNoDecisionDiffersFromCerbos(t *testing.T) {
	t.Parallel()
	theirs := cerbos(t, "../../examples/policies")
	ours := serve(t, "COGNATE_ENRICH_OFF=true")
	q := questions{rand.New(rand.NewPCG(2026, 11))}
	kinds := map[string]int{}
	for n := range 1500 {
		path, body := "/api/check/resources", q.check()
		switch n % 6 {
		case 3:
			path, body = "/api/plan/resources", q.plan()
		case 4:
			path, body = "/api/check", q.set()
		case 5:
			path = "/api/check_resource_batch"
			delete(body, "includeMeta")
		}
		raw, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		want := answer(t, theirs, "http://cerbos"+path, raw)
		got := answer(t, http.DefaultClient, ours.pdp+path, raw)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("request %d, %s %s (-cerbos +ours):\n%s", n, path, raw, diff)
		}
		kinds[fmt.Sprint(path, " ", want["status"])]++
	}
	t.Log(kinds)
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
	if res.StatusCode != http.StatusOK {
		parsed = object{"code": parsed["code"]} // the words of their validation are of another release
	}
	return object{"status": res.StatusCode, "body": parsed}
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
