package cognitoidp_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	sdk "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"cognate.dev/cognate/internal/account"
	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/front/aws"
	"cognate.dev/cognate/internal/front/aws/cognitoidp"
	"cognate.dev/cognate/internal/key"
	"cognate.dev/cognate/internal/kit/clock"
	"cognate.dev/cognate/internal/kit/secret"
	"cognate.dev/cognate/internal/kit/sigv4"
	"cognate.dev/cognate/internal/limit"
	"cognate.dev/cognate/internal/message/mailbox"
	"cognate.dev/cognate/internal/message/outbox"
	"cognate.dev/cognate/internal/password"
	"cognate.dev/cognate/internal/risk"
	"cognate.dev/cognate/internal/signin"
	"cognate.dev/cognate/internal/store"
	"cognate.dev/cognate/internal/sts"
	"cognate.dev/cognate/internal/token"
	"cognate.dev/cognate/internal/transfer/job"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	region    = "eu-west-1"
	accountID = "123456789012"
	goodPass  = "Correct-horse-7"
)

// born is when a world's clock begins. Signatures are checked by the wall clock, which the SDK signs with.
var born = time.Date(2026, 1, 2, 3, 4, 5, 678e6, time.UTC)

// world is the whole house behind one listener, on a database of its own, with an AWS client that has the root key.
type world struct {
	*sdk.Client
	t    testing.TB
	url  string
	now  *clock.Fake
	mail *mailbox.Box
	wire *recorder
	root awssdk.Credentials

	rates limit.Config
	gate  *limit.Gate
	// imports does the work of import jobs when a test asks.
	imports *job.Jobs

	history *risk.History
	events  []*risk.Event // as they were told, in order
	eventsM sync.Mutex
}

// options change a world before it is built.
type options struct {
	codes  bool     // sign-in can ask for codes by SMS and email
	leaks  []string // passwords that are known to be stolen
	custom signin.CustomAuth
	rates  limit.Config // the zero value limits nothing here
}

func newWorld(t testing.TB, change ...func(*options)) *world {
	t.Helper()
	var o options
	for _, c := range change {
		c(&o)
	}
	if o.rates.Mode == "" {
		o.rates.Mode = limit.Off
	}
	w := &world{t: t, rates: o.rates, now: clock.NewFake(born), mail: mailbox.New(0), wire: &recorder{}}
	keys, err := secret.NewKeyring(secret.Key{ID: "a", Secret: [32]byte{1}}, secret.Key{ID: secret.MACKeyID, Secret: [32]byte{2}})
	w.check(err)
	db, err := store.Open(t.Context(), "sqlite::memory:", store.Options{Sealer: keys})
	w.check(err)
	t.Cleanup(func() { _ = db.Close() })
	house := w.build(o, db, keys)
	server := httptest.NewServer(house.handler)
	t.Cleanup(server.Close)
	t.Cleanup(house.outbox.Wait)
	w.url = server.URL
	w.wire.next = server.Client().Transport
	w.root = awssdk.Credentials{AccessKeyID: house.keyID, SecretAccessKey: house.secret}
	w.Client = sdk.New(sdk.Options{
		Region: region, BaseEndpoint: &w.url, HTTPClient: &http.Client{Transport: w.wire}, RetryMaxAttempts: 1,
		Credentials: awssdk.CredentialsProviderFunc(func(context.Context) (awssdk.Credentials, error) { return w.root, nil }),
	})
	return w
}

// house is what build returns.
type house struct {
	handler       http.Handler
	outbox        *outbox.Outbox
	keyID, secret string
}

// build puts the rooms together as the server does.
func (w *world) build(o options, db *store.Store, keys *secret.Keyring) house {
	domains := poolDomains(w, db)
	dir := directory.New(directory.Parts{
		Pools: db, Clients: db, Groups: db, Users: db, Credentials: db, Resources: db, Providers: db,
		Leave: domains.KeepPool, Frozen: job.Frozen(db), Changes: quiet{}, OnCommit: db.OnCommit, Keys: keys,
		Hasher: password.NewHasher(password.Params{MemoryKiB: 64, Time: 1, Threads: 1}, 2), Now: w.now.Now,
	})
	issuer := func(p *directory.Pool) string { return w.url + "/" + p.ID }
	ring := key.NewRing(db, keys, w.now.Now)
	ring.Pairs = lentPairs()
	tokens := token.Parts{
		Keys: ring, Sealer: keys, Sessions: db, Pools: dir.Pools, Clients: dir.Clients, People: db, Issuer: issuer, Now: w.now.Now,
	}
	judge := w.protection(o, db, keys)
	machine, factors := w.signInRooms(o, db, keys, dir, tokens, judge)
	post := outbox.New(outbox.Parts{Store: db, Keys: keys, Delivery: w.mail, Now: w.now.Now})
	sessions, programs := signedIn(tokens, db, keys, dir)
	accounts := account.New(account.Parts{
		Directory: dir, Tx: db, Codes: db, Sessions: db, Post: post, Keys: keys, Now: w.now.Now,
		Browsers: sessions.Browsers, Judge: judge.Accounts(),
	})
	access := sts.NewKeys(db, keys, w.now.Now)
	id, value, _, err := access.EnsureRoot(w.t.Context())
	w.check(err)
	table := aws.NewTable()
	cognitoidp.Register(table, &cognitoidp.Service{
		Account: accountID, PoolParts: poolParts(w, db, keys, dir, domains), Directory: dir, Accounts: accounts, SignIn: machine, Factors: factors,
		Tokens: token.NewVerifier(tokens), SignedIn: sessions, Machine: programs,
	})
	mux := http.NewServeMux()
	mux.Handle("/{$}", aws.New(aws.Config{Auth: aws.Verify(&sigv4.Verifier{
		Keys: func(ctx context.Context, accessKeyID, _ string) (sigv4.Key, error) {
			found, err := access.Secret(ctx, accessKeyID)
			if errors.Is(err, sts.ErrUnknownKey) {
				return sigv4.Key{}, sigv4.ErrUnknownKey
			}
			return sigv4.Key{Secret: string(found)}, err
		},
	}), Observe: w.observe, Gate: w.gate}, table))
	mux.Handle("/{pool}/.well-known/jwks.json", keySets(ring))
	return house{handler: mux, outbox: post, keyID: id, secret: value}
}

// observe fails the test on any internal error: no request may cause one.
func (w *world) observe(_ context.Context, e aws.Event) {
	if e.Status >= http.StatusInternalServerError {
		w.t.Errorf("%s: %s: %v", e.Operation, e.Exception, e.Cause)
	}
}

func (w *world) check(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// raw signs and sends an operation that the SDK does not know yet, and gives the answer's body.
func (w *world) raw(operation, body string) []byte {
	w.t.Helper()
	req, err := http.NewRequestWithContext(w.t.Context(), http.MethodPost, w.url, strings.NewReader(body))
	w.check(err)
	req.Header.Set("Content-Type", "application/x-amz-json-1.1")
	req.Header.Set("X-Amz-Target", "AWSCognitoIdentityProviderService."+operation)
	sum := sha256.Sum256([]byte(body))
	w.check(v4.NewSigner().SignHTTP(w.t.Context(), w.root, req, hex.EncodeToString(sum[:]), "cognito-idp", region, time.Now()))
	res, err := w.wire.RoundTrip(req)
	w.check(err)
	w.check(res.Body.Close())
	return w.wire.last()
}

// pool makes a user pool and gives its id.
func (w *world) pool(change ...func(*sdk.CreateUserPoolInput)) *string {
	w.t.Helper()
	in := &sdk.CreateUserPoolInput{PoolName: new("people"), AutoVerifiedAttributes: []types.VerifiedAttributeType{"email"}}
	for _, c := range change {
		c(in)
	}
	out, err := w.CreateUserPool(w.t.Context(), in)
	w.check(err)
	return out.UserPool.Id
}

// client makes an app client that allows every flow that is served, and gives its id.
func (w *world) client(pool *string, change ...func(*sdk.CreateUserPoolClientInput)) *string {
	w.t.Helper()
	in := &sdk.CreateUserPoolClientInput{UserPoolId: pool, ClientName: new("app"), ExplicitAuthFlows: []types.ExplicitAuthFlowsType{
		"ALLOW_USER_PASSWORD_AUTH", "ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH",
	}}
	for _, c := range change {
		c(in)
	}
	out, err := w.CreateUserPoolClient(w.t.Context(), in)
	w.check(err)
	return out.UserPoolClient.ClientId
}

// person makes a confirmed user who knows goodPass.
func (w *world) person(pool *string, name string, attributes ...string) {
	w.t.Helper()
	_, err := w.AdminCreateUser(w.t.Context(), &sdk.AdminCreateUserInput{
		UserPoolId: pool, Username: &name, MessageAction: "SUPPRESS", UserAttributes: pairs(attributes...),
	})
	w.check(err)
	_, err = w.AdminSetUserPassword(w.t.Context(), &sdk.AdminSetUserPasswordInput{
		UserPoolId: pool, Username: &name, Password: new(goodPass), Permanent: true,
	})
	w.check(err)
}

// signIn gives the tokens of a person.
func (w *world) signIn(client *string, name, pass string) *types.AuthenticationResultType {
	w.t.Helper()
	out, err := w.InitiateAuth(w.t.Context(), &sdk.InitiateAuthInput{
		ClientId: client, AuthFlow: "USER_PASSWORD_AUTH", AuthParameters: map[string]string{"USERNAME": name, "PASSWORD": pass},
	})
	w.check(err)
	if out.AuthenticationResult == nil {
		w.t.Fatalf("no tokens but the challenge %s", out.ChallengeName)
	}
	return out.AuthenticationResult
}

// code is the code in the newest message to somebody.
func (w *world) code(to string) *string {
	w.t.Helper()
	got := w.mail.List(mailbox.Query{To: to, Limit: 1})
	if len(got) == 0 {
		w.t.Fatalf("no message to %s", to)
	}
	return &got[0].Code
}

// refused fails unless err is the exception with the text.
func (w *world) refused(err error, exception, text string) {
	w.t.Helper()
	var api smithy.APIError
	switch {
	case !errors.As(err, &api):
		w.t.Errorf("got %v, want %s: %s", err, exception, text)
	case api.ErrorCode() != exception || api.ErrorMessage() != text:
		w.t.Errorf("got %s: %s\nwant %s: %s", api.ErrorCode(), api.ErrorMessage(), exception, text)
	}
}

// pairs writes name, value, name, value… as attributes.
func pairs(s ...string) (list []types.AttributeType) {
	for i := 0; i+1 < len(s); i += 2 {
		list = append(list, types.AttributeType{Name: &s[i], Value: &s[i+1]})
	}
	return list
}

// values turns attributes into a map.
func values(list []types.AttributeType) map[string]string {
	m := map[string]string{}
	for _, a := range list {
		m[*a.Name] = awssdk.ToString(a.Value)
	}
	return m
}

// ignoreUnexported lets cmp compare the SDK's types.
var ignoreUnexported = cmp.FilterPath(func(p cmp.Path) bool {
	field, ok := p.Last().(cmp.StructField)
	return ok && field.Name() == "noSmithyDocumentSerde"
}, cmp.Ignore())

// golden compares an answer with a file, both as JSON.
func golden(t testing.TB, file string, got []byte) {
	t.Helper()
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var a, b any
	if err := errors.Join(json.Unmarshal(want, &a), json.Unmarshal(got, &b)); err != nil {
		t.Fatalf("%v: %s", err, got)
	}
	if diff := cmp.Diff(a, b); diff != "" {
		t.Errorf("%s (-want +got):\n%s", file, diff)
	}
}

// recorder keeps the body of the last answer as it came over the wire.
type recorder struct {
	next http.RoundTripper
	mu   sync.Mutex
	body []byte
}

func (r *recorder) RoundTrip(req *http.Request) (*http.Response, error) {
	res, err := r.next.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(res.Body)
	_ = res.Body.Close()
	res.Body = io.NopCloser(bytes.NewReader(body))
	r.mu.Lock()
	r.body = body
	r.mu.Unlock()
	return res, err
}

func (r *recorder) last() []byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.body
}

// quiet is a directory whose changes nobody needs to hear of.
type quiet struct{}

func (quiet) Changed(context.Context, string, string) {}
