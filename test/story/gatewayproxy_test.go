package story

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"cognate.dev/cognate/test/started"
)

const ordersFile = `
apis:
  - id: orders
    type: rest
    authorizers: [{name: pool, type: cognito, pools: [us-east-1_Cognate01]}]
    routes: [{method: GET, path: "/orders/{id}", authorizer: pool}, {method: GET, path: /orders/open}]
`

// TestNginxAsks puts nginx in front of a backend, with the configuration of docs/gateway.md.
func TestNginxAsks(t *testing.T) {
	t.Parallel()
	need(t, "nginx")
	d := openDoor(t, ordersFile)
	front := nginx(t, documented(t, "nginx"), strings.NewReplacer("http://127.0.0.1:9230", d.gateway, "http://127.0.0.1:3000", newBackend(t)))
	d.behind(t, front)
}

// TestCaddyAsks does the same with Caddy, of a version that lets a client's own header through where the answer's is empty.
func TestCaddyAsks(t *testing.T) {
	t.Parallel()
	program := buildCaddy(t)
	d := openDoor(t, ordersFile)
	front := caddy(t, program, documented(t, "caddyfile"), strings.NewReplacer("127.0.0.1:9230", strings.TrimPrefix(d.gateway, "http://"), "127.0.0.1:3000", strings.TrimPrefix(newBackend(t), "http://")))
	d.behind(t, front)
}

// behind asks a proxy in front of a backend, as somebody who tries to get through would.
func (d *door) behind(t *testing.T, front string) {
	t.Helper()
	id := d.tokenOf(t, "alice", "Correct-Horse1", "IdToken")
	for _, c := range []struct{ name, path, token, want string }{
		{"nobody", "/orders/7", "", `401 {"message":"Unauthorized"}`},
		{"a bad token", "/orders/7", "x", `401 {"message":"Unauthorized"}`},
		{"alice", "/orders/7", id, "200 sub=SUB groups=admin uri=/orders/7"},
		{"anybody", "/orders/open", "", "200 sub= groups= uri=/orders/open"},
		{"a path that hides another", "/orders/open/../7", "", "403"},
		{"a path that hides another, encoded", "/orders/open/%2e%2e/7", "", "403"},
		{"no route", "/orders/7/more", id, "403"},
	} {
		req, err := http.NewRequestWithContext(soon(t), http.MethodGet, front, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.URL.Opaque = c.path
		for _, name := range []string{"Sub", "Username", "Groups", "Scopes", "Client-Id", "Claims"} {
			req.Header.Set("X-Auth-"+name, "root")
		}
		req.Header.Set("X-Original-Uri", "/orders/open")
		req.Header.Set("X-Forwarded-Uri", "/orders/open")
		if c.token != "" {
			req.Header.Set("Authorization", c.token)
		}
		status, body := got(t, req)
		have := fmt.Sprintf("%d %s", status, subForm.ReplaceAllString(body, "SUB"))
		if have != c.want && !(len(c.want) == 3 && strings.HasPrefix(have, c.want)) {
			t.Errorf("%s: %s, want %s", c.name, have, c.want)
		}
	}
}

var subForm = regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`)

// newBackend tells what it was told.
func newBackend(t *testing.T) (url string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "sub=%s groups=%s uri=%s", r.Header.Get("X-Auth-Sub"), r.Header.Get("X-Auth-Groups"), r.RequestURI)
		for name, values := range r.Header {
			if slices.Contains(values, "root") {
				fmt.Fprintf(w, " and believes %s", name)
			}
		}
	})}
	go func() { _ = server.Serve(l) }()
	t.Cleanup(func() { _ = server.Close() })
	return "http://" + l.Addr().String()
}

// documented is a block of docs/gateway.md.
func documented(t *testing.T, language string) string {
	t.Helper()
	raw, err := os.ReadFile("../../docs/gateway.md")
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile("(?s)```" + language + "\n(.*?)```").FindStringSubmatch(string(raw))
	if found == nil {
		t.Fatalf("docs/gateway.md has no block of %s", language)
	}
	return found[1]
}

// nginx runs locations on a port of its own, and gives its URL.
func nginx(t *testing.T, locations string, replaced *strings.Replacer) string {
	t.Helper()
	dir, port := t.TempDir(), started.Port(t)
	conf := fmt.Sprintf(`daemon off; master_process off; pid %[1]s/pid; error_log %[1]s/error.log;
events { worker_connections 64; }
http {
  access_log off;
  client_body_temp_path %[1]s/body; proxy_temp_path %[1]s/proxy; fastcgi_temp_path %[1]s/f; uwsgi_temp_path %[1]s/u; scgi_temp_path %[1]s/s;
  server { listen 127.0.0.1:%[2]s; %[3]s }
}
`, dir, port, replaced.Replace(locations))
	file := filepath.Join(dir, "nginx.conf")
	if err := os.WriteFile(file, []byte(conf), 0o600); err != nil {
		t.Fatal(err)
	}
	url := "http://127.0.0.1:" + port
	return run(t, exec.Command("nginx", "-p", dir, "-c", file, "-e", filepath.Join(dir, "error.log")), url)
}

// buildCaddy builds it from the module that pins it.
func buildCaddy(t *testing.T) (program string) {
	t.Helper()
	program = filepath.Join(t.TempDir(), "caddy")
	for _, args := range [][]string{{"mod", "download"}, {"build", "-o", program, "."}} {
		cmd := exec.Command("go", args...)
		cmd.Dir, cmd.Env = "../../tools/caddy", append(os.Environ(), "GOWORK=off")
		out, err := cmd.CombinedOutput()
		switch {
		case err != nil && args[0] == "mod":
			t.Skipf("NOT RUN: the Go module proxy does not give Caddy: %v\n%s", err, out)
		case err != nil:
			t.Fatalf("Caddy cannot be built: %v\n%s", err, out)
		}
	}
	return program
}

// caddy runs a site on a port of its own, and gives its URL.
func caddy(t *testing.T, program, site string, replaced *strings.Replacer) string {
	t.Helper()
	dir, port := t.TempDir(), started.Port(t)
	url := "http://127.0.0.1:" + port
	file := filepath.Join(dir, "Caddyfile")
	if err := os.WriteFile(file, fmt.Appendf(nil, "{\n  admin off\n  auto_https off\n}\nhttp://127.0.0.1:%s {\n%s}\n", port, replaced.Replace(site)), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, "run", "--adapter", "caddyfile", "--config", file)
	cmd.Env = append(os.Environ(), "XDG_DATA_HOME="+dir, "XDG_CONFIG_HOME="+dir)
	return run(t, cmd, url)
}

// run starts a proxy and waits until it answers.
func run(t *testing.T, cmd *exec.Cmd, url string) string {
	t.Helper()
	p, err := started.StartUntil(cmd, func() bool {
		res, err := http.Get(url)
		if err == nil {
			res.Body.Close()
		}
		return err == nil
	}, started.Patience)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Stop() })
	return url
}

// TestConnectionsAndStreamsPass upgrades a connection through the real server, and reads the beginning of an answer before its
// end is there.
func TestConnectionsAndStreamsPass(t *testing.T) {
	t.Parallel()
	more := make(chan struct{})
	backend := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Upgrade") == "" {
			fmt.Fprintln(w, "first")
			_ = http.NewResponseController(w).Flush()
			<-more
			fmt.Fprintln(w, "last")
			return
		}
		conn, buffered, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		defer conn.Close()
		fmt.Fprint(buffered, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
		_ = buffered.Flush()
		_, _ = io.Copy(conn, buffered)
	}))
	t.Cleanup(backend.Close)
	d := openDoor(t, fmt.Sprintf("apis: [{id: a, type: http, routes: [{path: \"/{proxy+}\", to: {url: %q}}]}]\n", backend.URL))

	conn, err := net.DialTimeout("tcp", strings.TrimPrefix(d.gateway, "http://"), started.Patience)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprint(conn, "GET /socket HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
	r := bufio.NewReader(conn)
	if res, err := http.ReadResponse(r, nil); err != nil || res.StatusCode != http.StatusSwitchingProtocols {
		t.Fatalf("%v %v", res, err)
	}
	fmt.Fprintln(conn, "hello")
	if line, err := r.ReadString('\n'); line != "hello\n" {
		t.Errorf("%q %v", line, err)
	}

	res, err := http.Get(d.gateway + "/stream")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	lines := bufio.NewReader(res.Body)
	for i, want := range []string{"first\n", "last\n"} {
		if line, err := lines.ReadString('\n'); line != want {
			t.Fatalf("%q %v", line, err)
		}
		if i == 0 {
			close(more)
		}
	}
}

// TestNoRequestHidesInAnotherAtTheGateway sends requests that two servers could take apart differently: the backend must never see
// the second.
func TestNoRequestHidesInAnotherAtTheGateway(t *testing.T) {
	t.Parallel()
	seen := make(chan string, 100)
	backend := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		seen <- r.URL.Path
	}))
	t.Cleanup(backend.Close)
	d := openDoor(t, fmt.Sprintf("apis: [{id: a, type: http, routes: [{path: \"/{proxy+}\", to: {url: %q}}]}]\n", backend.URL))
	const hidden = "GET /hidden HTTP/1.1\r\nHost: x\r\n\r\n"
	for name, head := range map[string]string{
		"both lengths":            "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"two lengths":             "Content-Length: 0\r\nContent-Length: 33\r\n\r\n",
		"an unknown coding":       "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
		"two codings":             "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
		"a space before a colon":  "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
		"a folded header":         "X: a\r\n Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"a length with a sign":    "Content-Length: +0\r\n\r\n",
		"a chunk that is none":    "Transfer-Encoding: chunked\r\n\r\n0x0\r\n\r\n",
		"a bare line feed":        "X: y\nTransfer-Encoding: chunked\n\n0\n\n",
		"a length of the upgrade": "Connection: Upgrade, Content-Length\r\nContent-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
	} {
		conn, err := net.DialTimeout("tcp", strings.TrimPrefix(d.gateway, "http://"), started.Patience)
		if err != nil {
			t.Fatal(err)
		}
		_ = conn.SetDeadline(time.Now().Add(started.Patience))
		fmt.Fprint(conn, "POST /open HTTP/1.1\r\nHost: x\r\n"+head+hidden)
		answers, err := io.ReadAll(conn) // whatever came of it, the connection ends
		conn.Close()
		if n := strings.Count(string(answers), "HTTP/1.1 200 "); n > 1 || len(answers) == 0 {
			t.Errorf("%s: %d answers (%v):\n%s", name, n, err, answers)
		}
	}
	asked(t, d.gateway+"/end")
	for path := ""; path != "/end"; {
		if path = <-seen; path == "/hidden" {
			t.Error("the backend saw the hidden request")
		}
	}
}
