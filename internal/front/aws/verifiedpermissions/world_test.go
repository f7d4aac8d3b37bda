package verifiedpermissions_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/verifiedpermissions"
	"github.com/aws/aws-sdk-go-v2/service/verifiedpermissions/types"
	"github.com/aws/smithy-go"
	"go.uber.org/goleak"

	"cognate.dev/cognate/internal/auxdata"
	"cognate.dev/cognate/internal/decision"
	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/front/aws"
	"cognate.dev/cognate/internal/front/aws/verifiedpermissions"
	"cognate.dev/cognate/internal/key"
	"cognate.dev/cognate/internal/kit/clock"
	"cognate.dev/cognate/internal/kit/secret"
	"cognate.dev/cognate/internal/password"
	"cognate.dev/cognate/internal/permission"
	"cognate.dev/cognate/internal/store"
	"cognate.dev/cognate/internal/token"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	region    = "eu-west-1"
	accountID = "123456789012"
	poolID    = "eu-west-1_Pool00001"
	poolARN   = "arn:aws:cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_Pool00001"
	otherPool = "eu-west-1_Pool00002"
	sub       = "5f2b1c9e-1111-4222-8333-444455556666"
)

var born = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// pair is one key pair for all: finding primes takes longer than most tests.
var pair = sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) })

// world is the room behind one listener, two pools with a client and alice in each, and an AWS client.
type world struct {
	*sdk.Client
	t         *testing.T
	db        *store.Store
	now       *clock.Fake
	dir       *directory.Directory
	ring      *key.Ring
	minter    *token.Minter
	sessions  *token.Sessions
	claims    map[string]any // that a hook adds to both tokens
	scopes    []string       // that it adds
	rooms     *permission.Permissions
	decisions []*decision.Entry
	decided   sync.Mutex
	mayFail   bool // a dependency is down
}

func newWorld(t *testing.T, change ...func(*permission.Parts)) *world {
	t.Helper()
	w := &world{t: t, now: clock.NewFake(born)}
	keys, err := secret.NewKeyring(secret.Key{ID: "a", Secret: [32]byte{1}}, secret.Key{ID: secret.MACKeyID, Secret: [32]byte{2}})
	w.check(err)
	w.db, err = store.Open(t.Context(), "sqlite::memory:", store.Options{Sealer: keys})
	w.check(err)
	t.Cleanup(func() { w.check(w.db.Close()) })
	w.dir = directory.New(directory.Parts{
		Pools: w.db, Clients: w.db, Groups: w.db, Users: w.db, Credentials: w.db, Resources: w.db, Changes: quiet{},
		Keys: keys, Hasher: password.NewHasher(password.Params{MemoryKiB: 8, Time: 1, Threads: 1}, 1), Now: w.now.Now,
	})
	w.ring = key.NewRing(w.db, keys, w.now.Now)
	w.ring.Pairs = pair
	issuer := func(p *directory.Pool) string { return "https://issuer.example.com/" + p.ID }
	parts := token.Parts{
		Keys: w.ring, Sealer: keys, Sessions: w.db, Pools: w.dir.Pools, Clients: w.dir.Clients, People: w.db, Issuer: issuer, Now: w.now.Now, Hook: w,
	}
	w.minter, w.sessions = token.NewMinter(parts), token.NewSessions(parts)
	for _, id := range []string{poolID, otherPool} {
		w.settle(id)
	}
	room := permission.Parts{
		Stores: w.db, Rows: w.db, Aliases: w.db, Repeats: w.db, Keys: keys, Now: w.now.Now,
		Pools: pools{&auxdata.Pools{
			Keys: w.ring, Pools: w.dir.Pools, Clients: w.dir.Clients, Sessions: w.db, Issuer: issuer,
		}, w.dir, issuer},
	}
	for _, c := range change {
		c(&room)
	}
	w.rooms = permission.New(room)
	table := aws.NewTable()
	verifiedpermissions.Register(table, &verifiedpermissions.Service{Account: accountID, Permissions: w.rooms, Record: w.record, Now: w.now.Now})
	server := httptest.NewServer(aws.New(aws.Config{Auth: aws.AcceptAny(), Observe: w.observe}, table))
	t.Cleanup(server.Close)
	w.Client = sdk.New(sdk.Options{
		Region: region, BaseEndpoint: &server.URL, HTTPClient: server.Client(), RetryMaxAttempts: 1,
		Credentials: awssdk.CredentialsProviderFunc(func(context.Context) (awssdk.Credentials, error) {
			return awssdk.Credentials{AccessKeyID: "AKIA", SecretAccessKey: "x"}, nil
		}),
	})
	return w
}

type quiet struct{}

func (quiet) Changed(context.Context, string, string) {}

// pools are the user pools, as the server knows them.
type pools struct {
	tokens    *auxdata.Pools
	directory *directory.Directory
	issuer    func(*directory.Pool) string
}

func (p pools) Issuer(ctx context.Context, id string) (string, error) {
	pool, err := p.directory.Pools.Get(ctx, id)
	if err != nil {
		return "", err
	}
	return p.issuer(pool), nil
}

func (p pools) Verify(ctx context.Context, raw string, live bool) ([]byte, string, error) {
	payload, pool, err := p.tokens.VerifyOf(ctx, raw, live)
	if pool == nil {
		return nil, "", err
	}
	return payload, pool.ID, err
}

// BeforeTokens adds claims and scopes to tokens.
func (w *world) BeforeTokens(context.Context, token.Event) (token.Changes, error) {
	changes := token.ClaimChanges{Set: w.claims}
	return token.Changes{ID: changes, Access: changes, AddScopes: w.scopes}, nil
}

// settle makes a pool with two clients, a group and alice.
func (w *world) settle(id string) {
	w.t.Helper()
	_, err := w.dir.Pools.Create(w.t.Context(), directory.PoolSpec{ID: id, Region: region, Settings: directory.Settings{Name: "people"}})
	w.check(err)
	for _, name := range []string{"web", "app"} {
		_, err = w.dir.Clients.Create(w.t.Context(), directory.ClientSpec{
			ID: name + id[len(id)-1:], PoolID: id, ClientSettings: directory.ClientSettings{Name: name, TokenRevocation: true},
		})
		w.check(err)
	}
	alice := &directory.User{
		PoolID: id, ID: sub, Username: "alice", Status: directory.Confirmed, Enabled: true, Attributes: map[string]string{"email": "alice@example.com"},
		CreatedAt: born, ModifiedAt: born,
	}
	w.check(w.db.InsertUser(w.t.Context(), alice, directory.Keys{Username: "alice"}))
	w.join(id, "staff")
}

// join puts alice into a new group.
func (w *world) join(pool, group string) {
	w.t.Helper()
	_, err := w.dir.Groups.Create(w.t.Context(), directory.GroupSpec{PoolID: pool, Name: group})
	w.check(err)
	w.check(w.dir.Groups.Add(w.t.Context(), pool, group, sub))
}

// signIn gives alice's tokens by a client.
func (w *world) signIn(pool, client string) *token.Set {
	w.t.Helper()
	p, err := w.dir.Pools.Get(w.t.Context(), pool)
	w.check(err)
	c, err := w.dir.Clients.Find(w.t.Context(), client)
	w.check(err)
	u, err := w.db.User(w.t.Context(), pool, sub)
	w.check(err)
	set, err := w.minter.Issue(w.t.Context(), token.Grant{Pool: p, Client: c, User: u, Via: token.BySignIn})
	w.check(err)
	return set
}

func (w *world) check(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// observe fails the test on any internal error: no request may cause one.
func (w *world) observe(_ context.Context, e aws.Event) {
	if e.Status >= http.StatusInternalServerError && !w.mayFail {
		w.t.Errorf("%s: %s: %v", e.Operation, e.Exception, e.Cause)
	}
}

func (w *world) record(e *decision.Entry) {
	w.decided.Lock()
	defer w.decided.Unlock()
	w.decisions = append(w.decisions, e)
}

// store makes a policy store and gives its id.
func (w *world) store(mode types.ValidationMode) *string {
	w.t.Helper()
	out, err := w.CreatePolicyStore(w.t.Context(), &sdk.CreatePolicyStoreInput{ValidationSettings: &types.ValidationSettings{Mode: mode}})
	w.check(err)
	return out.PolicyStoreId
}

// policy adds a static policy and gives its id.
func (w *world) policy(store *string, statement string) *string {
	w.t.Helper()
	out, err := w.CreatePolicy(w.t.Context(), static(store, statement))
	w.check(err)
	return out.PolicyId
}

func static(store *string, statement string) *sdk.CreatePolicyInput {
	return &sdk.CreatePolicyInput{
		PolicyStoreId: store, Definition: &types.PolicyDefinitionMemberStatic{Value: types.StaticPolicyDefinition{Statement: &statement}},
	}
}

// template adds a template and gives its id.
func (w *world) template(store *string, statement string) *string {
	w.t.Helper()
	out, err := w.CreatePolicyTemplate(w.t.Context(), &sdk.CreatePolicyTemplateInput{PolicyStoreId: store, Statement: &statement})
	w.check(err)
	return out.PolicyTemplateId
}

func linked(store, template *string, principal, resource *types.EntityIdentifier) *sdk.CreatePolicyInput {
	return &sdk.CreatePolicyInput{PolicyStoreId: store, Definition: &types.PolicyDefinitionMemberTemplateLinked{
		Value: types.TemplateLinkedPolicyDefinition{PolicyTemplateId: template, Principal: principal, Resource: resource},
	}}
}

// source gives a store the pool as its identity source.
func (w *world) source(store *string, clients ...string) *string {
	w.t.Helper()
	out, err := w.CreateIdentitySource(w.t.Context(), &sdk.CreateIdentitySourceInput{
		PolicyStoreId: store, PrincipalEntityType: new("Shop::User"),
		Configuration: &types.ConfigurationMemberCognitoUserPoolConfiguration{Value: types.CognitoUserPoolConfiguration{
			UserPoolArn: new(poolARN), ClientIds: clients, GroupConfiguration: &types.CognitoGroupConfiguration{GroupEntityType: new("Shop::Group")},
		}},
	})
	w.check(err)
	return out.IdentitySourceId
}

func entity(kind, id string) *types.EntityIdentifier {
	return &types.EntityIdentifier{EntityType: &kind, EntityId: &id}
}

func action(id string) *types.ActionIdentifier {
	return &types.ActionIdentifier{ActionType: new("Shop::Action"), ActionId: &id}
}

// question is whether Shop::User::"alice" may view Shop::Order::"1".
func question(store *string) *sdk.IsAuthorizedInput {
	return &sdk.IsAuthorizedInput{
		PolicyStoreId: store, Principal: entity("Shop::User", "alice"), Action: action("view"), Resource: entity("Shop::Order", "1"),
	}
}

// decides fails unless the question is answered so, by these policies.
func (w *world) decides(in *sdk.IsAuthorizedInput, want types.Decision, policies ...string) *sdk.IsAuthorizedOutput {
	w.t.Helper()
	out, err := w.IsAuthorized(w.t.Context(), in)
	w.check(err)
	if out.Decision != want || len(out.DeterminingPolicies) != len(policies) {
		w.t.Errorf("%s by %v, want %s by %q", out.Decision, out.DeterminingPolicies, want, policies)
		return out
	}
	for i, p := range out.DeterminingPolicies {
		if *p.PolicyId != policies[i] {
			w.t.Errorf("%s decided, not %s", *p.PolicyId, policies[i])
		}
	}
	return out
}

// refused fails unless err is the exception.
func (w *world) refused(what string, err error, exception string) {
	w.t.Helper()
	var api smithy.APIError
	if !errors.As(err, &api) || api.ErrorCode() != exception {
		w.t.Errorf("%s: got %v, want %s", what, err, exception)
	}
}

// invalid fails unless err is a ValidationException about a member, and says this of it.
func (w *world) invalid(what string, err error, path, text string) {
	w.t.Helper()
	var broken *types.ValidationException
	if !errors.As(err, &broken) {
		w.t.Errorf("%s: got %v, want a ValidationException", what, err)
		return
	}
	for _, f := range broken.FieldList {
		if *f.Path == path && (text == "" || *f.Message == text) {
			return
		}
	}
	for _, f := range broken.FieldList {
		w.t.Errorf("%s: %s: %s, want %s: %s", what, *f.Path, *f.Message, path, text)
	}
	if len(broken.FieldList) == 0 {
		w.t.Errorf("%s: %s says nothing of %s", what, broken.ErrorMessage(), path)
	}
}
