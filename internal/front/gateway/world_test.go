package gateway_test

import (
	"context"
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"go.yaml.in/yaml/v3"

	"cognate.dev/cognate/internal/auxdata"
	"cognate.dev/cognate/internal/directory"
	front "cognate.dev/cognate/internal/front/gateway"
	"cognate.dev/cognate/internal/gateway"
	"cognate.dev/cognate/internal/gateway/spec"
	"cognate.dev/cognate/internal/gateway/usage"
	"cognate.dev/cognate/internal/key"
	"cognate.dev/cognate/internal/kit/clock"
	"cognate.dev/cognate/internal/kit/forwarded"
	"cognate.dev/cognate/internal/kit/secret"
	"cognate.dev/cognate/internal/kit/sigv4"
	"cognate.dev/cognate/internal/password"
	"cognate.dev/cognate/internal/store"
	"cognate.dev/cognate/internal/token"
)

const (
	sub     = "5f2b1c9e-1111-4222-8333-444455556666"
	poolID  = "eu-west-1_Pool00001"
	account = "123456789012"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

type quiet struct{}

func (quiet) Changed(context.Context, string, string) {}

// world is a pool with alice and two clients, a gateway, and a backend that says what it received.
type world struct {
	t         *testing.T
	store     *store.Store
	dir       *directory.Directory
	ring      *key.Ring
	clock     *clock.Fake
	pool      *directory.Pool
	client    *directory.Client
	other     *directory.Client
	alice     *directory.User
	minter    *token.Minter
	sessions  *token.Sessions
	pools     *auxdata.Pools
	functions map[string]func(event []byte) ([]byte, error)
	decide    func(gateway.Question) (bool, error)
	backend   *httptest.Server
	server    *httptest.Server
	trusted   []string // may ask for forward authentication
	behind    []string // proxies in front
	claims    bool

	mu     sync.Mutex
	events []front.Event
	sent   int            // requests
	noted  chan struct{}  // that there is another event
	asked  map[string]int // functions, by ARN
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, clock: clock.NewFake(noon), functions: map[string]func([]byte) ([]byte, error){}, asked: map[string]int{}, noted: make(chan struct{}, 1)}
	keys, err := secret.NewKeyring(secret.Key{ID: "a", Secret: [32]byte{1}}, secret.Key{ID: "mac", Secret: [32]byte{2}})
	w.check(err)
	w.store, err = store.Open(t.Context(), "sqlite::memory:", store.Options{Sealer: keys})
	w.check(err)
	t.Cleanup(func() { w.check(w.store.Close()) })
	w.dir = directory.New(directory.Parts{
		Pools: w.store, Clients: w.store, Groups: w.store, Users: w.store, Credentials: w.store, Changes: quiet{},
		Keys: keys, Hasher: password.NewHasher(password.Params{MemoryKiB: 8, Time: 1, Threads: 1}, 1), Now: w.clock.Now,
	})
	w.pool, err = w.dir.Pools.Create(t.Context(), directory.PoolSpec{ID: poolID, Region: "eu-west-1", Settings: directory.Settings{Name: "people"}})
	w.check(err)
	w.client, w.other = w.newClient("client1"), w.newClient("client2")
	w.alice = &directory.User{PoolID: w.pool.ID, ID: sub, Username: "alice", Status: directory.Confirmed, Enabled: true,
		CreatedAt: w.clock.Now(), ModifiedAt: w.clock.Now()}
	w.check(w.store.InsertUser(t.Context(), w.alice, directory.Keys{Username: "alice"}))
	w.ring = key.NewRing(w.store, keys, w.clock.Now)
	issuer := func(p *directory.Pool) string { return "https://issuer.example.com/" + p.ID }
	parts := token.Parts{Keys: w.ring, Sealer: keys, Sessions: w.store, Pools: w.dir.Pools, Clients: w.dir.Clients, People: w.store,
		Issuer: issuer, Now: w.clock.Now}
	w.minter, w.sessions = token.NewMinter(parts), token.NewSessions(parts)
	w.pools = &auxdata.Pools{Keys: w.ring, Pools: w.dir.Pools, Clients: w.dir.Clients, Sessions: w.store, Issuer: issuer}
	w.backend = httptest.NewServer(http.HandlerFunc(echo))
	t.Cleanup(w.backend.Close)
	return w
}

func (w *world) newClient(id string) *directory.Client {
	c, err := w.dir.Clients.Create(w.t.Context(), directory.ClientSpec{ID: id, PoolID: w.pool.ID,
		ClientSettings: directory.ClientSettings{Name: id, TokenRevocation: true}})
	w.check(err)
	return c
}

func (w *world) check(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// echo tells what it received.
func echo(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{"method": r.Method, "uri": r.RequestURI, "headers": r.Header, "body": string(body), "host": r.Host})
}

// received is what echo told.
type received struct {
	Method, URI, Body, Host string
	Headers                 http.Header
}

// serve opens a gateway of APIs as its file has them. BACKEND is the URL of the backend.
func (w *world) serve(apis string) {
	w.t.Helper()
	w.server = httptest.NewServer(w.handler(apis))
	w.t.Cleanup(w.server.Close)
}

func (w *world) handler(apis string) http.Handler {
	w.t.Helper()
	var file spec.File
	w.check(yaml.Unmarshal([]byte(strings.ReplaceAll(apis, "BACKEND", w.backend.URL)), &file))
	w.check(file.Fill())
	proxies, err := forwarded.Parse(w.trusted)
	w.check(err)
	g, err := gateway.New(file, gateway.Parts{
		Tokens: w.pools, Issuers: func(name string) gateway.Issuer { return auxdata.NewIssuer(name, http.DefaultClient, w.clock.Now) },
		Functions: w, Signatures: w, Decide: func(_ context.Context, q gateway.Question) (bool, error) { return w.decide(q) },
		Region: "eu-west-1", Account: account, Now: w.clock.Now, Counts: &usage.Counts{},
	})
	w.check(err)
	behind, err := forwarded.Parse(w.behind)
	w.check(err)
	return front.New(front.Parts{Gateway: g, Functions: w, Transport: http.DefaultTransport, Proxies: proxies, Trusted: behind, Claims: w.claims, Observe: w.observe, Now: w.clock.Now})
}

func (w *world) observe(_ context.Context, e front.Event) {
	w.mu.Lock()
	w.events = append(w.events, e)
	w.mu.Unlock()
	select {
	case w.noted <- struct{}{}:
	default:
	}
}

// last is the event of the request that was sent last. It is told of once the answer is on its way, which may be here before.
func (w *world) last() front.Event {
	w.t.Helper()
	late := time.After(5 * time.Minute)
	for {
		w.mu.Lock()
		told, last := len(w.events), front.Event{}
		if told > 0 {
			last = w.events[told-1]
		}
		sent := w.sent
		w.mu.Unlock()
		if told >= sent {
			return last
		}
		select {
		case <-w.noted:
		case <-late:
			w.t.Errorf("of %d requests %d were told of", sent, told)
			return last
		}
	}
}

// Invoke is gateway.Functions'.
func (w *world) Invoke(_ context.Context, arn string, _ time.Duration, event []byte) ([]byte, error) {
	w.mu.Lock()
	w.asked[arn]++
	w.mu.Unlock()
	f := w.functions[arn]
	if f == nil {
		return nil, fmt.Errorf("there is no function %s", arn)
	}
	return f(event)
}

func (w *world) calls(arn string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.asked[arn]
}

// The key that signs requests, and one that may only read.
const (
	keyID      = "AKIAEXAMPLE000000001"
	readKeyID  = "AKIAEXAMPLE000000002"
	signSecret = "wJalrXUtnFEMI-K7MDENG-bPxRfiCYEXAMPLEKEY"
)

// Signer is gateway.Signatures'.
func (w *world) Signer(r *http.Request, body []byte) (*gateway.Signer, error) {
	v := sigv4.Verifier{Now: w.clock.Now, Services: []string{"execute-api"}, Keys: func(_ context.Context, id, _ string) (sigv4.Key, error) {
		if id != keyID && id != readKeyID {
			return sigv4.Key{}, sigv4.ErrUnknownKey
		}
		return sigv4.Key{Secret: signSecret, Principal: id}, nil
	}}
	id, err := v.Verify(r, body)
	if err != nil {
		return nil, err
	}
	resource := "*"
	if id.AccessKeyID == readKeyID {
		resource = "arn:aws:execute-api:*:*:*/GET/*"
	}
	policy := policyOf(w.t, `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"execute-api:Invoke","Resource":"`+resource+`"}}`)
	return &gateway.Signer{
		AccessKey: id.AccessKeyID, Account: account, ARN: "arn:aws:iam::" + account + ":user/ops", UserID: "AIDAEXAMPLE", May: policy.Evaluate,
		Keys: map[string][]string{"aws:principalarn": {"arn:aws:iam::" + account + ":role/" + id.AccessKeyID}, "aws:principaltag/team": {"red"}},
	}, nil
}

// answer is what a client got.
type answer struct {
	status int
	header http.Header
	body   string
}

// received reads what the backend told; a failure unless it was reached.
func (a answer) received(t *testing.T) received {
	t.Helper()
	var got received
	if err := json.Unmarshal([]byte(a.body), &got); err != nil || got.Method == "" {
		t.Fatalf("the backend was not reached: %d %s", a.status, a.body)
	}
	return got
}

// do sends a request. The path goes out as it is written.
func (w *world) do(method, path string, headers map[string]string, body ...string) answer {
	w.t.Helper()
	req, err := http.NewRequestWithContext(w.t.Context(), method, w.server.URL, strings.NewReader(strings.Join(body, "")))
	w.check(err)
	raw, query, _ := strings.Cut(path, "?")
	req.URL.Opaque, req.URL.RawQuery = raw, query
	for name, value := range headers {
		if name == "Host" {
			req.Host = value
			continue
		}
		req.Header[name] = []string{value}
	}
	return w.send(req)
}

func (w *world) send(req *http.Request) answer {
	w.t.Helper()
	w.mu.Lock()
	w.sent++
	w.mu.Unlock()
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(req)
	w.check(err)
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	w.check(err)
	return answer{res.StatusCode, res.Header, string(raw)}
}

// get asks with a token.
func (w *world) get(path, token string) answer {
	w.t.Helper()
	headers := map[string]string{}
	if token != "" {
		headers["Authorization"] = token
	}
	return w.do(http.MethodGet, path, headers)
}

// signIn gives tokens of alice, of an OAuth grant when there are scopes.
func (w *world) signIn(c *directory.Client, scopes ...string) *token.Set {
	w.t.Helper()
	set, err := w.minter.Issue(w.t.Context(), token.Grant{Pool: w.pool, Client: c, User: w.alice, Via: token.BySignIn, Scopes: scopes})
	w.check(err)
	return set
}

// forge signs claims with a key of the pool, as only an attacker within could, or with what else he has.
func (w *world) forge(alg jose.SignatureAlgorithm, k any, kid string, claims map[string]any) string {
	w.t.Helper()
	all := map[string]any{"iss": "https://issuer.example.com/" + poolID, "sub": sub, "token_use": "id", "aud": "client1",
		"exp": w.clock.Now().Add(time.Hour).Unix(), "iat": w.clock.Now().Unix()}
	maps.Copy(all, claims)
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: k}, (&jose.SignerOptions{}).WithHeader("kid", kid))
	w.check(err)
	raw, err := json.Marshal(all)
	w.check(err)
	signed, err := signer.Sign(raw)
	w.check(err)
	out, err := signed.CompactSerialize()
	w.check(err)
	return out
}

// poolKey is a signing key of the pool.
func (w *world) poolKey(use key.Use) (*rsa.PrivateKey, string) {
	w.t.Helper()
	s, err := w.ring.Signer(w.t.Context(), w.pool.ID, use)
	w.check(err)
	return s.Key, s.KID
}

var (
	_ gateway.Functions  = (*world)(nil)
	_ gateway.Signatures = (*world)(nil)
)

// jwks is a key set of one key.
func jwks(t *testing.T, public *rsa.PublicKey, kid string) []byte {
	t.Helper()
	raw, err := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: public, KeyID: kid, Use: "sig"}}})
	if err != nil {
		t.Fatal(err)
	}
	return raw
}
