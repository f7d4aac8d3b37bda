package story

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"cognate.dev/cognate/test/started"
)

// door is a server with a gateway.
type door struct {
	*server
	gateway string // its URL
	apis    string // the file of its APIs
}

// openDoor starts a development server of the example's people with a gateway of the given APIs.
func openDoor(t *testing.T, apis string, settings ...string) *door {
	t.Helper()
	examples, err := filepath.Abs("../../examples")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	d := &door{apis: filepath.Join(dir, "apis.yaml")}
	d.write(t, apis)
	config := filepath.Join(dir, "cognate.yaml")
	text := fmt.Sprintf("gateway: {listen: \"127.0.0.1:0\", file: %q, proxies: [127.0.0.1]}\n%s\n", d.apis, strings.Join(settings, "\n"))
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	d.server = serve(t, "dev", "--config", config, "--seeds", filepath.Join(examples, "dev", "seeds.yaml"), "--policies", filepath.Join(examples, "policies"))
	d.gateway = d.Said["gateway"]
	return d
}

// write replaces the file of APIs as a whole.
func (d *door) write(t *testing.T, apis string) {
	t.Helper()
	if err := os.WriteFile(d.apis+".new", []byte(apis), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(d.apis+".new", d.apis); err != nil {
		t.Fatal(err)
	}
}

// tokenOf signs somebody in and gives one of the tokens.
func (s *server) tokenOf(t *testing.T, name, password, kind string) string {
	t.Helper()
	body := fmt.Sprintf(`{"AuthFlow":"USER_PASSWORD_AUTH","ClientId":"contactsweb0000000000000000","AuthParameters":{"USERNAME":%q,"PASSWORD":%q}}`, name, password)
	found := regexp.MustCompile(`"` + kind + `":"([^"]+)"`).FindStringSubmatch(s.operation(t, "InitiateAuth", body))
	if found == nil {
		t.Fatalf("%s cannot sign in", name)
	}
	return found[1]
}

// operation calls one of Cognito's that need no signature.
func (s *server) operation(t *testing.T, name, body string) string {
	t.Helper()
	req, err := http.NewRequestWithContext(soon(t), http.MethodPost, s.cognito, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-amz-json-1.1")
	req.Header.Set("X-Amz-Target", "AWSCognitoIdentityProviderService."+name)
	_, text := got(t, req)
	return text
}

func got(t *testing.T, req *http.Request) (status int, body string) {
	t.Helper()
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(raw)
}

// asked sends a GET with headers, and gives status and body.
func asked(t *testing.T, url string, headers ...string) string {
	t.Helper()
	req, err := http.NewRequestWithContext(soon(t), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	status, body := got(t, req)
	return fmt.Sprintf("%d %s", status, body)
}

// TestTheGatewaysDocumentWorks runs the commands of docs/gateway.md against its example.
func TestTheGatewaysDocumentWorks(t *testing.T) {
	t.Parallel()
	need(t, "curl")
	need(t, "node")
	raw, err := os.ReadFile("../../examples/gateway/apis.yaml")
	if err != nil {
		t.Fatal(err)
	}
	example, err := os.ReadFile("../../examples/gateway/cognate.yaml")
	if err != nil {
		t.Fatal(err)
	}
	_, triggers, ok := strings.Cut(string(example), "\ntriggers:")
	root, err := filepath.Abs("../..")
	if err != nil || !ok {
		t.Fatal(err)
	}
	d := openDoor(t, string(raw), unhurried("triggers:"+strings.ReplaceAll(triggers, "examples/", root+"/examples/")))
	ctx, cancel := context.WithTimeout(t.Context(), commandLine)
	defer cancel()
	var out strings.Builder
	for _, block := range commands(t, "docs/gateway.md", 0) {
		if strings.HasPrefix(block, "cognate dev") {
			checkFlags(t, ctx, block)
			continue
		}
		out.WriteString(d.shell(t, ctx, t.TempDir(), strings.ReplaceAll(block, "http://127.0.0.1:9230", d.gateway)))
	}
	for _, want := range []string{`"id":"7"`, `"username":"alice"`, `"groups":"admin"`, `"groups":"[admin]"`} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%s is missing in\n%s", want, out.String())
		}
	}
}

// TestAChangeOfTheAPIsDropsNoRequest changes the file while requests run, breaks it, and mends it.
func TestAChangeOfTheAPIsDropsNoRequest(t *testing.T) {
	t.Parallel()
	const version = "apis: [{id: a, type: http, routes: [{path: /version, to: {status: 200, body: '%d'}}]}]\n"
	d := openDoor(t, fmt.Sprintf(version, 1))
	ask := func() string { return asked(t, d.gateway+"/version") }
	if got := ask(); got != "200 1" {
		t.Fatal(got)
	}
	becomes := func(want string) {
		t.Helper()
		for deadline := time.Now().Add(started.Patience); ; {
			switch got := ask(); {
			case got == want:
				return
			case !strings.HasPrefix(got, "200 "), time.Now().After(deadline):
				t.Fatalf("%s, want %s", got, want)
			}
		}
	}
	d.write(t, fmt.Sprintf(version, 2))
	becomes("200 2")
	d.write(t, "apis: [{id: a, type: http, rotes: []}]\n")
	for deadline := time.Now().Add(started.Patience); !strings.Contains(d.Log.String(), "field rotes not found"); {
		if got := ask(); got != "200 2" || time.Now().After(deadline) {
			t.Fatalf("%s\n%s", got, d.Log)
		}
	}
	d.write(t, fmt.Sprintf(version, 3))
	becomes("200 3")
	if metrics := asked(t, d.cognito+"/_cognate/metrics"); !strings.Contains(metrics, `cognate_gateway_loads_total{outcome="loaded"} 3`) || !strings.Contains(metrics, `cognate_gateway_loads_total{outcome="refused"} 1`) {
		t.Error("the metrics do not tell of three files that were good and one that was not")
	}
}
