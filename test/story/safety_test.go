package story

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
	"golang.org/x/crypto/bcrypt"
)

// said is an answer of the decision point.
type said struct {
	status int
	header http.Header
	body   string
}

// asked sends a request to the decision point.
func (s *server) asked(t *testing.T, method, path, body string, headers ...string) said {
	t.Helper()
	return s.askedAt(t, method, s.pdp+path, body, headers...)
}

// askedAt sends a request. A header "Sign" lets the server's own key sign it, for that service.
func (s *server) askedAt(t *testing.T, method, url, body string, headers ...string) said {
	t.Helper()
	req, err := http.NewRequestWithContext(soon(t), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(headers); i += 2 {
		switch name, value := headers[i], headers[i+1]; name {
		case "Host":
			req.Host = value
		case "Sign":
			sum := sha256.Sum256([]byte(body))
			keys := aws.Credentials{AccessKeyID: s.key, SecretAccessKey: s.secret}
			if err := v4.NewSigner().SignHTTP(t.Context(), keys, req, hex.EncodeToString(sum[:]), value, "eu-west-1", time.Now()); err != nil {
				t.Fatal(err)
			}
		default:
			req.Header.Set(name, value)
		}
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return said{res.StatusCode, res.Header, string(raw)}
}

const (
	whoMayDelete = `{"subject":{"type":"user"},"action":{"name":"delete"},"resource":{"type":"contact","id":"1"}}`
	mayDana      = `{"principal":{"id":"dana"},"resources":[{"actions":["delete"],"resource":{"kind":"contact","id":"1"}}]}`
	adminBasic   = "cerbos:Correct-Horse9"
)

// hasDana starts a server in secure mode whose one user is an administrator.
func hasDana(t *testing.T, config string) *server {
	t.Helper()
	s := serve(t, "serve", "--policies", examples(t, "policies"), "--config", file(t, "cognate.yaml", config))
	ctx, client := soon(t), s.sdk()
	pool, _ := makePool(t, ctx, client)
	if _, err := client.AdminCreateUser(ctx, &idp.AdminCreateUserInput{UserPoolId: pool, Username: aws.String("dana"), MessageAction: types.MessageActionTypeSuppress}); err != nil {
		t.Fatal(err)
	}
	if _, err := client.AdminAddUserToGroup(ctx, &idp.AdminAddUserToGroupInput{UserPoolId: pool, Username: aws.String("dana"), GroupName: aws.String("admin")}); err != nil {
		t.Fatal(err)
	}
	return s
}

func adminConfig(t *testing.T, rest string) string {
	t.Helper()
	hash, err := bcrypt.GenerateFromPassword([]byte("Correct-Horse9"), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("policy: {admin: {username: cerbos, password_hash: %s}}\n%s", base64.StdEncoding.EncodeToString(hash), rest)
}

func basicAuth(pair string) string { return "Basic " + base64.StdEncoding.EncodeToString([]byte(pair)) }

// A stranger who reaches the port of the decision point is answered decisions, and is not told who there is.
func TestAStrangerCannotListThePeople(t *testing.T) {
	t.Parallel()
	s := hasDana(t, "decisions: {authzen: {search_ids: username}}\n")
	const search, explain, preview = "/access/v1/search/subject", "/_cognate/explain", "/enrichment/preview?principal=dana"
	if got := s.asked(t, "POST", "/api/check/resources", mayDana); got.status != 200 || !strings.Contains(got.body, "EFFECT_ALLOW") {
		t.Fatalf("a decision: %+v", got)
	}
	for _, headers := range [][]string{nil, {"Sign", "cognito-idp"}, {"Authorization", basicAuth(adminBasic)}, {"Authorization", "AWS4-HMAC-SHA256 x"}} {
		for method, path := range map[string]string{"POST": search, "GET": preview} {
			if got := s.asked(t, method, path, whoMayDelete, headers...); got.status != 403 || strings.Contains(got.body, "dana") || !strings.Contains(got.body, "Sign the request") {
				t.Errorf("%s with %q: %+v", path, headers, got)
			}
		}
	}
	if got := s.asked(t, "POST", search, whoMayDelete, "Sign", "cognate"); got.status != 200 || !strings.Contains(got.body, `"id":"dana"`) {
		t.Errorf("an operator searches: %+v", got)
	}
	if got := s.asked(t, "POST", explain, mayDana, "Sign", "cognate"); got.status != 200 || !strings.Contains(got.body, `"admin"`) {
		t.Errorf("an operator asks why: %+v", got)
	}
	if got := s.asked(t, "POST", explain, mayDana); got.status != 403 || strings.Contains(got.body, "admin") {
		t.Errorf("a stranger asks why: %+v", got)
	}
	explained := exec.CommandContext(soon(t), binary, "policy", "explain", "--server", s.pdp, file(t, "request.json", mayDana))
	explained.Env = append(os.Environ(), "AWS_ACCESS_KEY_ID="+s.key, "AWS_SECRET_ACCESS_KEY="+s.secret)
	if out, err := explained.CombinedOutput(); err != nil || !strings.Contains(string(out), "ALLOW delete") {
		t.Errorf("an operator's command line asks why: %v\n%s", err, out)
	}
	with := hasDana(t, adminConfig(t, ""))
	for _, path := range []string{search, explain} {
		if got := with.asked(t, "POST", path, whoMayDelete); got.status != 401 || !strings.HasPrefix(got.header.Get("WWW-Authenticate"), "Basic ") {
			t.Errorf("%s without the password: %+v", path, got)
		}
	}
	for _, headers := range [][]string{{"Authorization", basicAuth(adminBasic)}, {"Sign", "cognate"}} {
		if got := with.asked(t, "POST", search, whoMayDelete, headers...); got.status != 200 || strings.Count(got.body, `"id"`) != 1 {
			t.Errorf("a search with %q: %+v", headers, got)
		}
	}
	open := hasDana(t, "decisions: {authzen: {open_search: true, search_ids: username}}\n")
	if got := open.asked(t, "POST", search, whoMayDelete); got.status != 200 || !strings.Contains(got.body, `"id":"dana"`) {
		t.Errorf("a search that was opened: %+v", got)
	}
}

// A page of another site reads nothing that it was not allowed to, and changes nothing with a password that the browser
// remembers.
func TestAPageOfAnotherSiteReadsAndChangesNothing(t *testing.T) {
	t.Parallel()
	const site = "https://evil.example.com"
	preflight := []string{"Origin", site, "Access-Control-Request-Method", "POST", "Access-Control-Request-Headers", "content-type"}
	allowed := func(got said) string { return got.header.Get("Access-Control-Allow-Origin") }

	s := hasDana(t, adminConfig(t, "decisions: {cors: {origins: [\"https://shop.example.com\"]}}\n"))
	strict := serve(t, "serve", "--policies", examples(t, "policies"))
	dev := serve(t, "dev", "--policies", examples(t, "policies"), "--seeds", examples(t, "dev/seeds.yaml"))
	for _, c := range []struct {
		s            *server
		origin, want string
	}{{s, site, ""}, {s, "https://shop.example.com", "https://shop.example.com"}, {strict, site, ""}, {dev, site, "*"}} {
		preflight[1] = c.origin
		if got := c.s.asked(t, "OPTIONS", "/api/check/resources", "", preflight...); allowed(got) != c.want {
			t.Errorf("a preflight from %s: %+v, want %q", c.origin, got, c.want)
		}
		if got := c.s.asked(t, "POST", "/api/check/resources", mayDana, "Origin", c.origin); allowed(got) != c.want {
			t.Errorf("a decision for %s: %+v, want %q", c.origin, got, c.want)
		}
	}
	for _, headers := range [][]string{{"Origin", site}, {"Origin", "null"}, {"Host", "rebound.example.com"}} {
		for method, path := range map[string]string{"POST": "/access/v1/search/subject", "GET": "/enrichment/preview?principal=alice"} {
			if got := dev.asked(t, method, path, whoMayDelete, headers...); got.status != 403 || strings.Contains(got.body, "alice") {
				t.Errorf("%s in development with %q: %+v", path, headers, got)
			}
		}
	}

	list := func() said { return s.asked(t, "GET", "/admin/policies", "", "Authorization", basicAuth(adminBasic)) }
	before := list()
	if before.status != 200 {
		t.Fatalf("%+v", before)
	}
	for _, headers := range [][]string{{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}, {"Origin", site}} {
		for _, path := range []string{"/admin/policy", "/admin/policy/delete?id=resource.contact.vdefault", "/enrichment/forget?source=pool", "/access/v1/search/subject", "/_cognate/explain"} {
			got := s.asked(t, "POST", path, whoMayDelete, append(headers, "Authorization", basicAuth(adminBasic), "Content-Type", "text/plain")...)
			if got.status != 403 || !strings.Contains(got.body, "Pages of other sites") {
				t.Errorf("%s with %q: %+v", path, headers, got)
			}
		}
	}
	if after := list(); !bytes.Equal([]byte(before.body), []byte(after.body)) {
		t.Errorf("the policies changed: %s", after.body)
	}
}
