package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/go-jose/go-jose/v4"

	"cognate.dev/cognate/internal/app/caller"
	"cognate.dev/cognate/internal/app/command"
	"cognate.dev/cognate/internal/app/config"
	"cognate.dev/cognate/internal/identitypool"
	"cognate.dev/cognate/internal/permission"
	"cognate.dev/cognate/internal/sts"
	"cognate.dev/cognate/internal/transfer/job"
)

// guarded is a house that checks signatures, with a root key and temporary credentials of a role.
type guarded struct {
	*town
	root, temporary awssdk.Credentials
}

const temporaryPool, temporaryRole = "us-east-1:11111111-2222-4333-8444-555555555555", "arn:aws:iam::000000000000:role/member"

func newGuarded(t *testing.T, policy string) *guarded {
	t.Helper()
	g := &guarded{town: &town{t: t}}
	g.server = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { g.h.main.ServeHTTP(rw, r) }))
	t.Cleanup(g.server.Close)
	cfg := config.Default()
	cfg.Data, cfg.Audit.Mode = t.TempDir(), "off"
	cfg.Roles = []sts.RoleConfig{{
		ARN: temporaryRole,
		Trust: `{"Statement":{"Effect":"Allow","Principal":{"Federated":"cognito-identity.amazonaws.com"},"Action":"sts:AssumeRoleWithWebIdentity",
			"Condition":{"StringEquals":{"cognito-identity.amazonaws.com:aud":"` + temporaryPool + `"}}}}`,
		Policy: policy,
	}}
	var err error
	g.h, err = build(t.Context(), cfg, g.server.URL, io.Discard)
	g.check(err)
	keys := sts.NewKeys(g.h.store, g.h.keys, g.h.clock.Now)
	g.h.access, g.h.authority = keys, sts.NewAuthority(cfg.Account, keys, g.h.sessions, g.h.clock.Now)
	g.h.auth = caller.Signatures(g.h.authority, g.h.clock.Now)
	g.root.AccessKeyID, g.root.SecretAccessKey, _, err = keys.EnsureRoot(t.Context())
	g.check(err)
	g.check(g.h.open(t.Context()))
	c, err := g.h.sessions.Assume(t.Context(), sts.Ask{Role: temporaryRole, Session: "app", Web: sts.WebIdentity{
		Names: []string{sts.CognitoIdentity}, Subject: "us-east-1:x", Audience: temporaryPool, AMR: []string{sts.Authenticated},
	}})
	g.check(err)
	g.temporary = awssdk.Credentials{AccessKeyID: c.AccessKeyID, SecretAccessKey: c.Secret, SessionToken: c.Token}
	return g
}

// send sends a signed request and gives status and body.
func (g *guarded) send(c awssdk.Credentials, service, method, path, target, body string) (int, string) {
	g.t.Helper()
	r, err := http.NewRequestWithContext(context.WithoutCancel(g.t.Context()), method, g.server.URL+path, strings.NewReader(body))
	g.check(err)
	if target != "" {
		r.Header.Set("Content-Type", "application/x-amz-json-1.0")
		r.Header.Set("X-Amz-Target", target)
	}
	sum := sha256.Sum256([]byte(body))
	g.check(v4.NewSigner().SignHTTP(g.t.Context(), c, r, hex.EncodeToString(sum[:]), service, "us-east-1", time.Now()))
	res, err := g.server.Client().Do(r)
	g.check(err)
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	g.check(err)
	return res.StatusCode, string(text)
}

// TestTemporaryCredentialsReadNoLogsOfImports fails when somebody who has signed in to an app, whose role may do everything, reads or
// writes what an administrator imports.
func TestTemporaryCredentialsReadNoLogsOfImports(t *testing.T) {
	t.Parallel()
	g := newGuarded(t, `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`)
	const target = "AWSCognitoIdentityProviderService."
	_, made := g.send(g.root, "cognito-idp", http.MethodPost, "/", target+"CreateUserPool", `{"PoolName":"people","AutoVerifiedAttributes":["email"]}`)
	pool := text(made, "Id")
	_, made = g.send(g.root, "cognito-idp", http.MethodPost, "/", target+"CreateUserImportJob", `{"UserPoolId":"`+pool+`","JobName":"a","CloudWatchLogsRoleArn":"arn:aws:iam::000000000000:role/logs"}`)
	id := text(made, "JobId")
	if id == "" {
		t.Fatal(made)
	}
	to := job.Path + "/" + pool + "/" + id
	if status, answer := g.send(g.root, "cognito-idp", http.MethodGet, to+"/log", "", ""); status != http.StatusOK {
		t.Fatalf("the root key reads %d %s", status, answer)
	}
	stripped, mixed := g.temporary, g.root
	stripped.SessionToken, mixed.SessionToken = "", g.temporary.SessionToken
	for what, c := range map[string]awssdk.Credentials{"temporary credentials": g.temporary, "without their token": stripped, "the root key with a token": mixed} {
		for _, ask := range [][2]string{{http.MethodGet, to + "/log"}, {http.MethodPut, to}} {
			if status, answer := g.send(c, "cognito-idp", ask[0], ask[1], "", ""); status != http.StatusForbidden || !strings.Contains(answer, "AccessDenied") {
				t.Errorf("%s, %s %s: %d %s", what, ask[0], ask[1], status, answer)
			}
		}
		if status, answer := g.send(c, "cognito-idp", http.MethodPost, "/", target+"DescribeUserImportJob", `{"UserPoolId":"`+pool+`","JobId":"`+id+`"}`); status < http.StatusBadRequest {
			t.Errorf("%s describe the job, and its URL: %s", what, answer)
		}
	}
}

// TestARoleOpensThePolicyStoreThatItNames fails when a request shows its role another policy store than it asks.
func TestARoleOpensThePolicyStoreThatItNames(t *testing.T) {
	t.Parallel()
	g := newGuarded(t, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"verifiedpermissions:*","Resource":"*",
		"Condition":{"StringEquals":{"aws:PrincipalType":"AssumedRole"}}},
		{"Effect":"Deny","Action":"*","NotResource":"arn:aws:verifiedpermissions::000000000000:policy-store/opened"}]}`)
	p := g.h.rooms.Load().permissions
	ask := func(store string) (int, string) {
		return g.send(g.temporary, "verifiedpermissions", http.MethodPost, "/", "VerifiedPermissions.IsAuthorized",
			`{`+store+`,"principal":{"entityType":"User","entityId":"a"},"action":{"actionType":"Action","actionId":"read"}}`)
	}
	secret, err := p.CreateStore(t.Context(), "", permission.StoreSpec{Mode: permission.Off})
	g.check(err)
	_, err = p.CreateAlias(t.Context(), "us-east-1", permission.AliasPrefix+"secret", secret.ID)
	g.check(err)
	if _, answer := ask(`"policyStoreId":"opened"`); !strings.Contains(answer, "ResourceNotFoundException") {
		t.Errorf("the store that the role opens: %s", answer) // there is none, which who may ask is told
	}
	for what, store := range map[string]string{
		"another":                        `"policyStoreId":"` + secret.ID + `"`,
		"another, and one of other case": `"policyStoreId":"` + secret.ID + `","PolicyStoreId":"opened"`,
		"another behind one of its case": `"policystoreid":"opened","policyStoreId":"` + secret.ID + `"`,
		"two":                            `"policyStoreId":"opened","policyStoreId":"` + secret.ID + `"`,
		"an escaped name":                `"policyStoreI\u0064":"` + secret.ID + `","POLICYSTOREID":"opened"`,
		"an alias":                       `"policyStoreId":"` + permission.AliasPrefix + `secret"`,
		"an alias of none":               `"policyStoreId":"` + permission.AliasPrefix + `x"`,
		"none":                           `"PolicyStoreId":"opened"`,
	} {
		if status, answer := ask(store); status != http.StatusBadRequest || !strings.Contains(answer, "AccessDeniedException") {
			t.Errorf("%s: %d %s", what, status, answer)
		}
	}
}

// TestNewKeysOfIdentityPoolsAreMade fails when `cognate keys rotate` leaves the key of the issuer of identity pools as it was, makes its
// tokens worthless, or touches the keys of user pools when it was asked for the issuer alone.
func TestNewKeysOfIdentityPoolsAreMade(t *testing.T) {
	t.Parallel()
	l := newLedger(t, nil)
	userPool := text(l.call(true, "CreateUserPool", `{"PoolName":"people"}`), "Id")
	r := l.h.rooms.Load()
	pool, err := r.identities.Pools.Create(t.Context(), "us-east-1", identitypool.Settings{Name: "app", Guests: true, Classic: new(true)})
	l.check(err)
	guest, err := r.identities.Identities.ID(t.Context(), pool.ID, nil)
	l.check(err)
	_, before, err := r.identities.Identities.Token(t.Context(), identitypool.Given{Identity: guest.ID})
	l.check(err)
	people, err := r.ring.JSON(t.Context(), userPool)
	l.check(err)
	seen := map[string]bool{header(t, before): true}
	for _, which := range []string{identitypool.KeyRing, ""} {
		var said strings.Builder
		l.check(command.RotateKeys(t.Context(), Installation(l.cfg), which, &said))
		if !strings.Contains(said.String(), "rotated the signing key of identity pools") {
			t.Errorf("%q says %s", which, said.String())
		}
		other, err := build(t.Context(), l.cfg, l.server.URL, io.Discard)
		l.check(err)
		t.Cleanup(func() { _ = other.store.Close() })
		now, err := other.furnish()
		l.check(err)
		_, after, err := now.identities.Identities.Token(t.Context(), identitypool.Given{Identity: guest.ID})
		l.check(err)
		if kid := header(t, after); seen[kid] {
			t.Errorf("%q: the key %s signs still", which, kid)
		} else {
			seen[kid] = true
		}
		set, err := now.identities.Tokens.KeySet(t.Context())
		l.check(err)
		for kid := range seen {
			if !strings.Contains(string(set), kid) {
				t.Errorf("%q: the key %s is not published", which, kid)
			}
		}
		if _, err := now.identities.Tokens.WebIdentity(t.Context(), before); err != nil {
			t.Errorf("%q: a token from before: %v", which, err)
		}
		same, err := now.ring.JSON(t.Context(), userPool)
		l.check(err)
		if (string(same) == string(people)) != (which == identitypool.KeyRing) {
			t.Errorf("%q: the keys of the user pool were %s and are %s", which, people, same)
		}
	}
}

// header gives the key id of a token.
func header(t *testing.T, token string) string {
	t.Helper()
	jws, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.RS512})
	if err != nil {
		t.Fatal(err)
	}
	return jws.Signatures[0].Header.KeyID
}

// TestAGuestSignsInOnTwoNodesAtOnce fails when requests of one app that race each other on PostgreSQL, as at a sign-in, make somebody two
// identities, lose a login that was acknowledged, or are refused.
func TestAGuestSignsInOnTwoNodesAtOnce(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("starts a server")
	}
	database, key := cluster.Database(t), filepath.Join(t.TempDir(), "master.key")
	rooms := []*identitypool.Room{node(t, database, key).rooms.Load().identities, node(t, database, key).rooms.Load().identities}
	pool, err := rooms[0].Pools.Create(t.Context(), "us-east-1", identitypool.Settings{Name: "app", Guests: true, Developer: "login.example.com"})
	if err != nil {
		t.Fatal(err)
	}
	for round := range 5 {
		guest, err := rooms[0].Identities.ID(t.Context(), pool.ID, nil)
		if err != nil {
			t.Fatal(err)
		}
		var all sync.WaitGroup
		for n := range 8 {
			all.Go(func() {
				user := fmt.Sprintf("ann-%d-%d", round, n%2) // two names of one person
				id, _, err := rooms[n%2].Identities.DeveloperToken(t.Context(), identitypool.DeveloperWish{
					Pool: pool.ID, Identity: guest.ID, Logins: map[string]string{"login.example.com": user}})
				if err != nil || id != guest.ID {
					t.Errorf("%s is %s, %v; want %s", user, id, err, guest.ID)
				}
			})
		}
		all.Wait()
		got, err := rooms[1].Identities.Describe(t.Context(), guest.ID)
		if err != nil || len(got.Logins) != 2 {
			t.Errorf("the identity is %+v, %v", got, err)
		}
	}
}
