package oidc

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// Provider is a provider under test and what has been arranged with it.
type Provider struct {
	Issuer string
	// Discovery is where the metadata is, if not below the issuer.
	Transport http.RoundTripper
	// Basic and Post are clients with the redirect URI Callback; Basic authenticates by HTTP Basic, Post in the form.
	Basic, Post Client
	Callback    string
	Farewell    string            // the post_logout_redirect_uri of both
	User        map[string]string // what the person types, by the names of inputs
	Scopes      map[string]bool   // which of profile, email, address and phone it gives claims for
	Plain       bool              // it is reached by http: no module about https judges it
	Heard       chan string       // logout tokens that Basic has received
}

// Client is a registered client.
type Client struct{ ID, Secret string }

// run is one module on its way.
type run struct {
	*Provider
	meta    map[string]any
	browser *browser
}

// failure is why a module does not pass.
type failure struct{ error }

// Module is one of the plans' modules.
type Module struct {
	Name string
	test func(r *run)
}

// Run plays the module against a provider; an error says why it does not pass.
func (m Module) Run(p *Provider) (err error) {
	defer func() {
		if v := recover(); v != nil {
			f, ok := v.(failure)
			if !ok {
				panic(v)
			}
			err = f.error
		}
	}()
	r := &run{Provider: p}
	r.meta = r.object(r.get(p.Issuer+"/.well-known/openid-configuration", ""))
	r.browser = r.fresh()
	m.test(r)
	return nil
}

func (r *run) fresh() *browser {
	return newBrowser(r.Transport, r.Callback[:strings.LastIndexByte(r.Callback, '/')], r.User)
}

func (r *run) fail(format string, args ...any) { panic(failure{fmt.Errorf(format, args...)}) }

func (r *run) no(err error) {
	if err != nil {
		panic(failure{err})
	}
}

func (r *run) must(ok bool, format string, args ...any) {
	if !ok {
		r.fail(format, args...)
	}
}

// endpoint is an address in the metadata.
func (r *run) endpoint(name string) string {
	address, _ := r.meta[name].(string)
	r.must(address != "", "the metadata name no %s", name)
	return address
}

type answer struct {
	status int
	header http.Header
	body   []byte
}

func (r *run) do(req *http.Request) answer {
	res, err := r.Transport.RoundTrip(req)
	r.no(err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	r.no(err)
	return answer{res.StatusCode, res.Header, body}
}

func (r *run) get(address, access string) answer {
	req, err := http.NewRequest(http.MethodGet, address, nil)
	r.no(err)
	if access != "" {
		req.Header.Set("Authorization", "Bearer "+access)
	}
	return r.do(req)
}

func (r *run) object(a answer) map[string]any {
	var got map[string]any
	r.must(a.status == http.StatusOK, "%d %s", a.status, a.body)
	r.no(json.Unmarshal(a.body, &got))
	return got
}

func random() string {
	b := make([]byte, 16)
	_, _ = rand.Read(b) // it never fails
	return base64.RawURLEncoding.EncodeToString(b)
}

// request is a good authorization request, changed: names and values, where an empty value removes a parameter.
func (r *run) request(c Client, change ...string) url.Values {
	q := url.Values{
		"client_id": {c.ID}, "redirect_uri": {r.Callback}, "response_type": {"code"}, "scope": {"openid"}, "state": {random()}, "nonce": {random()},
	}
	for i := 0; i+1 < len(change); i += 2 {
		if q.Del(change[i]); change[i+1] != "" {
			q.Set(change[i], change[i+1])
		}
	}
	return q
}

// authorize sends the browser with a request and gives the answer that reaches the client.
func (r *run) authorize(q url.Values) url.Values {
	p, err := r.browser.open(r.endpoint("authorization_endpoint") + "?" + q.Encode())
	r.no(err)
	r.must(p.home != nil, "the browser stays at %s: %d %.300s", p.url, p.status, p.body)
	return r.returned(q, p)
}

func (r *run) returned(q url.Values, p *page) url.Values {
	got := p.home.Query()
	r.must(got.Get("state") == q.Get("state"), "state is %q", got.Get("state"))
	if named, _ := r.meta["authorization_response_iss_parameter_supported"].(bool); named {
		r.must(got.Get("iss") == r.Issuer, "iss is %q", got.Get("iss"))
	}
	return got
}

// refusal sends the browser with a request that has to be refused, at the client or on a page, and gives the error.
func (r *run) refusal(q url.Values) string {
	p, err := r.browser.look(r.endpoint("authorization_endpoint") + "?" + q.Encode())
	r.no(err)
	if p.home == nil {
		r.must(!strings.Contains(p.body, `type="password"`), "the browser is at %s: somebody is asked to sign in", p.url)
		return ""
	}
	code := p.home.Query().Get("error")
	r.must(code != "" && !p.home.Query().Has("code"), "no error: %s", p.home)
	return code
}

// tokens are what the token endpoint gives.
type tokens struct {
	ID, Access, Refresh string
	claims              map[string]any // of the ID token
}

// redeem exchanges a code; the answer may be an error.
func (r *run) redeem(c Client, code string, more ...string) answer {
	form := url.Values{"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {r.Callback}}
	for i := 0; i+1 < len(more); i += 2 {
		form.Set(more[i], more[i+1])
	}
	return r.token(c, form)
}

func (r *run) token(c Client, form url.Values) answer { return r.form(c, "token_endpoint", form) }

// form is posted to an endpoint by a client that proves to be one.
func (r *run) form(c Client, endpoint string, form url.Values) answer {
	if c == r.Post {
		form.Set("client_id", c.ID)
		form.Set("client_secret", c.Secret)
	}
	req, err := http.NewRequest(http.MethodPost, r.endpoint(endpoint), strings.NewReader(form.Encode()))
	r.no(err)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if c != r.Post {
		req.SetBasicAuth(url.QueryEscape(c.ID), url.QueryEscape(c.Secret))
	}
	return r.do(req)
}

// granted checks a good answer of the token endpoint with its ID token.
func (r *run) granted(c Client, a answer, q url.Values) tokens {
	got := r.object(a)
	r.must(strings.Contains(a.header.Get("Cache-Control"), "no-store"), "Cache-Control is %q", a.header.Get("Cache-Control"))
	kind, _ := got["token_type"].(string)
	r.must(strings.EqualFold(kind, "bearer"), "token_type is %v", got["token_type"])
	t := tokens{}
	t.ID, _ = got["id_token"].(string)
	t.Access, _ = got["access_token"].(string)
	t.Refresh, _ = got["refresh_token"].(string)
	r.must(t.ID != "" && t.Access != "", "there is no ID or access token")
	t.claims = r.verify(t.ID)
	now := float64(time.Now().Unix())
	exp, _ := t.claims["exp"].(float64)
	iat, _ := t.claims["iat"].(float64)
	sub, _ := t.claims["sub"].(string)
	r.must(t.claims["iss"] == r.Issuer, "iss is %v, not %s", t.claims["iss"], r.Issuer)
	r.must(t.claims["aud"] == c.ID, "aud is %v", t.claims["aud"])
	r.must(exp > now-5 && iat <= now+5 && iat > now-300, "exp is %v, iat %v", exp, iat)
	r.must(sub != "" && len(sub) <= 255, "sub is %v", sub)
	if hash, there := t.claims["at_hash"]; there {
		sum := sha256.Sum256([]byte(t.Access))
		r.must(hash == base64.RawURLEncoding.EncodeToString(sum[:16]), "at_hash is wrong")
	}
	if q != nil {
		nonce, _ := t.claims["nonce"].(string)
		r.must(nonce == q.Get("nonce"), "nonce is %q", nonce)
	}
	return t
}

// signIn is the whole code flow.
func (r *run) signIn(c Client, change ...string) tokens {
	q := r.request(c, change...)
	got := r.authorize(q)
	r.must(got.Get("code") != "", "no code: %v", got)
	return r.granted(c, r.redeem(c, got.Get("code")), q)
}

// verify checks a signature by the published keys and gives the claims.
func (r *run) verify(jws string) map[string]any {
	parsed, err := jose.ParseSignedCompact(jws, []jose.SignatureAlgorithm{jose.RS256})
	r.no(err)
	var set jose.JSONWebKeySet
	r.no(json.Unmarshal(r.get(r.endpoint("jwks_uri"), "").body, &set))
	keys := set.Key(parsed.Signatures[0].Header.KeyID)
	r.must(len(keys) == 1, "there are %d keys of the token's kid", len(keys))
	payload, err := parsed.Verify(keys[0].Key)
	r.no(err)
	d := json.NewDecoder(bytes.NewReader(payload))
	var claims map[string]any
	r.no(d.Decode(&claims))
	return claims
}

// userInfo asks with the access token in the header and checks whose claims they are.
func (r *run) userInfo(t tokens) map[string]any {
	got := r.object(r.get(r.endpoint("userinfo_endpoint"), t.Access))
	r.must(got["sub"] == t.claims["sub"], "userInfo is about %v, the ID token about %v", got["sub"], t.claims["sub"])
	return got
}

// wrong checks an error of the token endpoint.
func (r *run) wrong(a answer, codes ...string) {
	var got struct{ Error string }
	r.must(a.status == 400 || a.status == 401, "%d %s", a.status, a.body)
	r.no(json.Unmarshal(a.body, &got))
	for _, code := range codes {
		if got.Error == code {
			return
		}
	}
	r.fail("the error is %q, not %v", got.Error, codes)
}

// number is a claim that is a number.
func (r *run) number(claims map[string]any, name string) float64 {
	n, ok := claims[name].(float64)
	r.must(ok, "%s is %v", name, claims[name])
	return n
}

var errNotHeard = errors.New("the client was not told of the sign-out")

// heard waits for the logout token about a session; those of other modules may still be on their way.
func (r *run) heard(session any) map[string]any {
	for patience := time.After(5 * time.Minute); ; {
		select {
		case text := <-r.Heard:
			if told := r.verify(text); told["sid"] == session {
				return told
			}
		case <-patience:
			panic(failure{errNotHeard})
		}
	}
}
