package cognitoidentity_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/cognitoidentity"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentity/types"
	stssdk "github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
	"go.uber.org/goleak"

	"cognate.dev/cognate/internal/auxdata"
	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/federation/oidc"
	"cognate.dev/cognate/internal/federation/saml"
	"cognate.dev/cognate/internal/front/aws"
	"cognate.dev/cognate/internal/front/aws/cognitoidentity"
	query "cognate.dev/cognate/internal/front/aws/sts"
	"cognate.dev/cognate/internal/identitypool"
	"cognate.dev/cognate/internal/key"
	"cognate.dev/cognate/internal/kit/clock"
	"cognate.dev/cognate/internal/kit/secret"
	"cognate.dev/cognate/internal/kit/sigv4"
	"cognate.dev/cognate/internal/limit"
	"cognate.dev/cognate/internal/password"
	"cognate.dev/cognate/internal/store"
	"cognate.dev/cognate/internal/sts"
	"cognate.dev/cognate/internal/token"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	region     = "eu-west-1"
	accountID  = "123456789012"
	userPool   = "eu-west-1_Pool00001"
	provider   = "cognito-idp.eu-west-1.amazonaws.com/" + userPool
	client     = "client1"
	developer  = "login.example.com"
	memberRole = "arn:aws:iam::123456789012:role/member"
	guestRole  = "arn:aws:iam::123456789012:role/guest"
	adminRole  = "arn:aws:iam::123456789012:role/admin"
)

var born = time.Date(2026, 1, 2, 3, 4, 5, 678e6, time.UTC)

// world is identity pools, the security token service and one user pool behind one listener, on a database of its own. Rooms go by
// the world's clock; signatures are checked by the wall clock, which SDKs sign with.
type world struct {
	*sdk.Client // with the root key
	t           testing.TB
	url         string
	now         *clock.Fake
	store       *store.Store
	dir         *directory.Directory
	minter      *token.Minter
	sessions    *token.Sessions
	pool        *directory.Pool
	client      *directory.Client
	ring        *key.Ring
	authority   *sts.Authority
	room        *identitypool.Room
	root        awssdk.Credentials
}

// options change a world before it is built.
type options struct {
	roles     []sts.RoleConfig
	providers []identitypool.Provider
	rates     limit.Config
	bases     map[string]string // where access tokens are checked
	saml      map[string]saml.Login
	between   func(*store.Store) identitypool.IdentityStore // what stands between the room and the store; nil: nothing
}

func newWorld(t testing.TB, change ...func(*options)) *world {
	t.Helper()
	o := options{rates: limit.Config{Mode: limit.Off}}
	for _, c := range change {
		c(&o)
	}
	w := &world{t: t, now: clock.NewFake(born)}
	keys, err := secret.NewKeyring(secret.Key{ID: "a", Secret: [32]byte{1}}, secret.Key{ID: secret.MACKeyID, Secret: [32]byte{2}})
	w.check(err)
	w.store, err = store.Open(t.Context(), "sqlite::memory:", store.Options{Sealer: keys})
	w.check(err)
	t.Cleanup(func() { _ = w.store.Close() })
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	w.url = server.URL
	mux.Handle("/", w.build(o, keys))
	mux.Handle("/identity/", cognitoidentity.Documents(w.room.Tokens, "/identity", w.url+"/identity"))
	w.Client = sdk.New(w.options(w.root))
	w.people()
	return w
}

// options are those of a client with credentials; none: it does not sign.
func (w *world) options(c awssdk.Credentials) sdk.Options {
	o := sdk.Options{Region: region, BaseEndpoint: &w.url, RetryMaxAttempts: 1}
	if c.AccessKeyID != "" {
		o.Credentials = awssdk.CredentialsProviderFunc(func(context.Context) (awssdk.Credentials, error) { return c, nil })
	}
	return o
}

func (w *world) build(o options, keys *secret.Keyring) http.Handler {
	w.dir = directory.New(directory.Parts{
		Pools: w.store, Clients: w.store, Groups: w.store, Users: w.store, Credentials: w.store, Changes: quiet{},
		Keys: keys, Hasher: password.NewHasher(password.Params{MemoryKiB: 8, Time: 1, Threads: 1}, 1), Now: w.now.Now,
	})
	w.ring = key.NewRing(w.store, keys, w.now.Now)
	issuer := func(p *directory.Pool) string { return w.url + "/" + p.ID }
	parts := token.Parts{
		Keys: w.ring, Sealer: keys, Sessions: w.store, Pools: w.dir.Pools, Clients: w.dir.Clients, People: w.store, Issuer: issuer, Now: w.now.Now,
	}
	w.minter, w.sessions = token.NewMinter(parts), token.NewSessions(parts)
	own := key.NewRing(w.store.Issuers(), keys, w.now.Now)
	own.Uses, own.Algorithm = []key.Use{key.ForIdentity}, "RS512"
	own.Pairs = lender()
	w.ring.Pairs = own.Pairs
	outside := oidc.New(http.DefaultClient, w.now.Now)
	maps.Copy(outside.Bases, o.bases)
	assertions := assertions{saml.New(http.DefaultClient, nil, nil, w.now.Now), o.saml}
	identities := identitypool.IdentityStore(w.store)
	if o.between != nil {
		identities = o.between(w.store)
	}
	roles, err := sts.NewRoles(o.roles)
	w.check(err)
	access, sessions := sts.NewKeys(w.store, keys, w.now.Now), sts.NewSessions(roles, keys, w.now.Now)
	w.authority = sts.NewAuthority(accountID, access, sessions, w.now.Now)
	w.root.AccessKeyID, w.root.SecretAccessKey, _, err = access.EnsureRoot(w.t.Context())
	w.check(err)
	w.room = identitypool.New(identitypool.Parts{
		Pools: w.store, Identities: identities, Providers: o.providers, Assertions: assertions, SAML: assertions.providers(), Sessions: sessions, Keys: own, Sealer: keys, Account: accountID,
		UserPools: &auxdata.Pools{Keys: w.ring, Pools: w.dir.Pools, Clients: w.dir.Clients, Sessions: w.store, Issuer: issuer},
		Outside:   outside, Issuer: w.url + "/identity", IssuerOf: issuer, Now: w.now.Now,
	})
	gate, _, err := limit.New(limit.Parts{Store: w.store, Now: w.now.Now, Config: o.rates})
	w.check(err)
	table := aws.NewTable()
	cognitoidentity.Register(table, &cognitoidentity.Service{Account: accountID, Room: w.room})
	auth := aws.Verify(&sigv4.Verifier{Keys: w.authority.Lookup})
	front := aws.New(aws.Config{Auth: auth, Decide: w.authority.Decide, Observe: w.observe, Gate: gate}, table)
	tokens := query.Handler(query.Config{
		Auth: auth, Tokens: w.room.Tokens, Sessions: sessions, Observe: w.observe, Gate: gate, Now: w.now.Now,
		RemoteAddr: func(*http.Request) string { return "192.0.2.1" },
	})
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if query.Asks(r) {
			tokens.ServeHTTP(rw, r)
			return
		}
		front.ServeHTTP(rw, r)
	})
}

// observe fails the test on any internal error: no request may cause one.
func (w *world) observe(_ context.Context, e aws.Event) {
	if e.Status >= http.StatusInternalServerError {
		w.t.Errorf("%s: %s: %v", e.Operation, e.Exception, e.Cause)
	}
}

// people makes the user pool, its client and alice, who is in no group.
func (w *world) people() {
	var err error
	w.pool, err = w.dir.Pools.Create(w.t.Context(), directory.PoolSpec{ID: userPool, Region: region, Settings: directory.Settings{Name: "people"}})
	w.check(err)
	w.client = w.app(w.pool, client)
	w.person(w.pool, "alice")
}

func (w *world) app(p *directory.Pool, id string) *directory.Client {
	w.t.Helper()
	c, err := w.dir.Clients.Create(w.t.Context(), directory.ClientSpec{ID: id, PoolID: p.ID,
		ClientSettings: directory.ClientSettings{Name: id, TokenRevocation: true}})
	w.check(err)
	return c
}

// subOf is the sub of a person.
func subOf(name string) string {
	return fmt.Sprintf("%x-1111-4222-8333-444455556666", name+"________")[:36]
}

func (w *world) person(p *directory.Pool, name string, attributes ...string) {
	w.t.Helper()
	u := &directory.User{PoolID: p.ID, ID: subOf(name), Username: name, Status: directory.Confirmed, Enabled: true, Attributes: map[string]string{},
		CreatedAt: w.now.Now(), ModifiedAt: w.now.Now()}
	for i := 0; i+1 < len(attributes); i += 2 {
		u.Attributes[attributes[i]] = attributes[i+1]
	}
	w.check(w.store.InsertUser(w.t.Context(), u, directory.Keys{Username: name}))
}

// group puts a person into a new group with a role.
func (w *world) group(name, role string, precedence int, person string) {
	w.t.Helper()
	_, err := w.dir.Groups.Create(w.t.Context(), directory.GroupSpec{PoolID: userPool, Name: name, RoleARN: role, Precedence: &precedence})
	w.check(err)
	w.check(w.dir.Groups.Add(w.t.Context(), userPool, name, subOf(person)))
}

// signInAt gives the tokens of a person through a client.
func (w *world) signInAt(c *directory.Client, name string) *token.Set {
	w.t.Helper()
	p, err := w.dir.Pools.Get(w.t.Context(), c.PoolID)
	w.check(err)
	u, err := w.store.User(w.t.Context(), c.PoolID, subOf(name))
	w.check(err)
	set, err := w.minter.Issue(w.t.Context(), token.Grant{Pool: p, Client: c, User: u, Via: token.BySignIn})
	w.check(err)
	return set
}

func (w *world) signIn(name string) *token.Set { return w.signInAt(w.client, name) }

// logins is a Logins map of a person of the user pool.
func (w *world) logins(name string) map[string]string {
	return map[string]string{provider: w.signIn(name).ID}
}

// identityPool makes an identity pool that takes tokens of the user pool, and gives its id.
func (w *world) identityPool(change ...func(*sdk.CreateIdentityPoolInput)) *string {
	w.t.Helper()
	in := &sdk.CreateIdentityPoolInput{
		IdentityPoolName: new("app"), CognitoIdentityProviders: []types.CognitoIdentityProvider{{ProviderName: new(provider), ClientId: new(client)}},
	}
	for _, c := range change {
		c(in)
	}
	out, err := w.CreateIdentityPool(w.t.Context(), in)
	w.check(err)
	return out.IdentityPoolId
}

func guests(in *sdk.CreateIdentityPoolInput)     { in.AllowUnauthenticatedIdentities = true }
func classic(in *sdk.CreateIdentityPoolInput)    { in.AllowClassicFlow = new(true) }
func developers(in *sdk.CreateIdentityPoolInput) { in.DeveloperProviderName = new(developer) }

// checked lets ServerSideTokenCheck have its effect.
func checked(in *sdk.CreateIdentityPoolInput) {
	in.CognitoIdentityProviders[0].ServerSideTokenCheck = new(true)
}

// trusting is a role that trusts identity pools for some who have signed in in some way.
func trusting(arn, amr string, pools ...string) sts.RoleConfig {
	list, _ := json.Marshal(pools)
	return sts.RoleConfig{ARN: arn, MaxSession: time.Hour, Trust: `{"Version":"2012-10-17","Statement":[{"Effect":"Allow",
		"Principal":{"Federated":"cognito-identity.amazonaws.com"},"Action":["sts:AssumeRoleWithWebIdentity","sts:TagSession"],
		"Condition":{"StringLike":{"cognito-identity.amazonaws.com:aud":` + string(list) + `},"ForAnyValue:StringLike":{"cognito-identity.amazonaws.com:amr":"` + amr + `"}}}]}`}
}

// withRoles are the three roles of the tests, which trust all pools of the region.
func withRoles(o *options) {
	const any = region + ":*"
	o.roles = append(o.roles, trusting(memberRole, "authenticated", any), trusting(guestRole, "unauthenticated", any), trusting(adminRole, "authenticated", any))
}

// setRoles sets the roles of an identity pool.
func (w *world) setRoles(pool *string, mappings map[string]types.RoleMapping) {
	w.t.Helper()
	_, err := w.SetIdentityPoolRoles(w.t.Context(), &sdk.SetIdentityPoolRolesInput{
		IdentityPoolId: pool, Roles: map[string]string{"authenticated": memberRole, "unauthenticated": guestRole}, RoleMappings: mappings,
	})
	w.check(err)
}

// id gives the identity of logins.
func (w *world) id(pool *string, logins map[string]string) *string {
	w.t.Helper()
	out, err := w.GetId(w.t.Context(), &sdk.GetIdInput{IdentityPoolId: pool, Logins: logins})
	w.check(err)
	return out.IdentityId
}

// credentials gives those of an identity.
func (w *world) credentials(id *string, logins map[string]string) awssdk.Credentials {
	w.t.Helper()
	out, err := w.GetCredentialsForIdentity(w.t.Context(), &sdk.GetCredentialsForIdentityInput{IdentityId: id, Logins: logins})
	w.check(err)
	c := out.Credentials
	return awssdk.Credentials{AccessKeyID: *c.AccessKeyId, SecretAccessKey: *c.SecretKey, SessionToken: *c.SessionToken, Expires: *c.Expiration, CanExpire: true}
}

// whoami asks the security token service who has credentials.
func (w *world) whoami(c awssdk.Credentials) (*stssdk.GetCallerIdentityOutput, error) {
	return w.sts(c).GetCallerIdentity(w.t.Context(), &stssdk.GetCallerIdentityInput{})
}

// sts is a client of the security token service.
func (w *world) sts(c awssdk.Credentials) *stssdk.Client {
	return stssdk.New(stssdk.Options{Region: region, BaseEndpoint: &w.url, RetryMaxAttempts: 1,
		Credentials: awssdk.CredentialsProviderFunc(func(context.Context) (awssdk.Credentials, error) { return c, nil })})
}

func (w *world) check(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// refused fails unless err is the exception; the text counts unless it is empty.
func (w *world) refused(what string, err error, exception, text string) {
	w.t.Helper()
	var api smithy.APIError
	switch {
	case !errors.As(err, &api):
		w.t.Errorf("%s: got %v, want %s: %s", what, err, exception, text)
	case api.ErrorCode() != exception || text != "" && api.ErrorMessage() != text:
		w.t.Errorf("%s: got %s: %s\nwant %s: %s", what, api.ErrorCode(), api.ErrorMessage(), exception, text)
	}
}

// claims reads a token without checking it.
func claims(t testing.TB, raw string) map[string]any {
	t.Helper()
	var out map[string]any
	parts := strings.Split(raw, ".")
	body, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err := errors.Join(err, json.Unmarshal(body, &out)); err != nil {
		t.Fatal(err)
	}
	return out
}

// quiet is a directory whose changes nobody needs to hear of.
type quiet struct{}

func (quiet) Changed(context.Context, string, string) {}
