package chaos

import (
	"context"
	"encoding/base64"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"cognate.dev/cognate/internal/masterkey"
	"cognate.dev/cognate/internal/password/srp"
	"cognate.dev/cognate/test/started"
)

// twoKeys is two nodes, each with a key file of its own, while the master key changes.
type twoKeys struct {
	t            *testing.T
	database     *postgres
	settings     []string
	data, files  [2]string
	nodes        [2]*node
	key, secret  string
	pool, client string
	refresh      string // a token from before
}

// TestAMasterKeyIsReplacedWhileNodesServe fails when any step of a sign-in that one node began cannot be ended by the other, at any
// moment of a rotation: before the second node has the new key, while it takes it, and while what is stored is sealed anew; with
// either node killed in between. Then the old key goes, and nothing is missed.
func TestAMasterKeyIsReplacedWhileNodesServe(t *testing.T) {
	t.Parallel()
	r := newTwoKeys(t)
	r.begin(0)
	r.copyKey()
	r.begin(1)
	r.furnish(300)
	r.everything()
	old := r.ids()[0]
	stale := filepath.Join(t.TempDir(), "stale.key")
	raw, err := os.ReadFile(r.files[0])
	must(t, err)
	must(t, os.WriteFile(stale, raw, 0o600))

	// The first node has the new key. It waits, since the second could not open what it seals.
	t.Log(r.cognate("keys", "rotate-master"))
	fresh := r.ids()[0]
	r.until("the new key waits for a node", func(status string) bool {
		return strings.Contains(status, fresh+" is new") && strings.Contains(status, "it lacks "+fresh) && strings.Contains(status, old+" seals")
	})
	r.everything()
	r.again(0) // killed, with a key that it must not use yet
	r.everything()

	// The second learns it, and is killed about when it seals with it, while what is stored is sealed anew.
	r.copyKey()
	r.until("the new key seals", func(status string) bool { return strings.Contains(status, fresh+" seals") })
	r.again(1)
	r.everything()
	r.again(0)
	r.until("everything is sealed anew", func(status string) bool {
		return !strings.Contains(status, "values in the database") && !strings.Contains(status, "nodes that seal with it")
	})
	r.everything()

	// Who has not the key that seals does not start, and says why.
	n, err := start(t.TempDir(), []string{"COGNATE_MASTER_KEY=" + stale}, "--database", r.database.url("cognate"))
	if err == nil {
		n.Kill()
		t.Fatal("a node without the key that seals has started")
	}
	if !strings.Contains(err.Error(), "sealed under the master key "+fresh) {
		t.Errorf("it says: %v", err)
	}

	// The old key is needed for refresh tokens and for what is under way; then it is not.
	if out, err := r.command("keys", "retire-master", old); err == nil || !strings.Contains(out, "refresh tokens of") || !strings.Contains(out, "sign-ins under way") {
		t.Errorf("retired what is needed: %v\n%s", err, out)
	}
	r.database.exec("cognate", fmt.Sprintf("UPDATE master_keys SET since = since - %d", 2*masterkey.Margin.Milliseconds()))
	r.database.exec("cognate", "UPDATE sessions SET revoked_at = 1")
	r.refresh = ""
	t.Log(r.cognate("keys", "retire-master", old))
	r.copyKey()
	r.until("no node knows the old key", func(status string) bool { return !strings.Contains(status, old) })
	r.again(0)
	r.everything()
	r.everybody()
}

func newTwoKeys(t *testing.T, settings ...string) *twoKeys {
	t.Helper()
	r := &twoKeys{t: t, database: newPostgres(t), settings: settings}
	for i := range 2 {
		r.data[i] = t.TempDir()
		r.files[i] = filepath.Join(r.data[i], "master.key")
	}
	return r
}

func (r *twoKeys) begin(i int) {
	r.t.Helper()
	n, err := start(r.data[i], append(r.settings, "COGNATE_RATES_MODE=off"), "--database", r.database.url("cognate"), "--public-url", "http://cognate.example.com")
	must(r.t, err)
	r.t.Cleanup(func() {
		if err := n.Stop(); err != nil {
			r.t.Errorf("stop: %v\n%s", err, n.Log)
		}
	})
	if r.nodes[i] = n; n.key != "" {
		r.key, r.secret = n.key, n.secret
	}
}

// again kills a node and starts it.
func (r *twoKeys) again(i int) {
	r.t.Helper()
	r.nodes[i].Kill()
	r.begin(i)
}

// copyKey gives the second node the file of the first, whole.
func (r *twoKeys) copyKey() {
	r.t.Helper()
	raw, err := os.ReadFile(r.files[0])
	must(r.t, err)
	must(r.t, os.WriteFile(r.files[1]+".new", raw, 0o600))
	must(r.t, os.Rename(r.files[1]+".new", r.files[1]))
}

// ids are those of the keys in the first node's file, in their order.
func (r *twoKeys) ids() (ids []string) {
	r.t.Helper()
	raw, err := os.ReadFile(r.files[0])
	must(r.t, err)
	for line := range strings.Lines(string(raw)) {
		ids = append(ids, strings.Fields(line)[0])
	}
	return ids
}

func (r *twoKeys) command(args ...string) (string, error) {
	cmd := exec.CommandContext(r.t.Context(), binary, append(args, "--data", r.data[0], "--database", r.database.url("cognate"))...)
	cmd.Env = append(os.Environ(), r.settings...)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func (r *twoKeys) cognate(args ...string) string {
	r.t.Helper()
	out, err := r.command(args...)
	if err != nil {
		r.t.Fatalf("cognate %v: %v\n%s", args, err, out)
	}
	return out
}

// until waits for a state, while people sign in.
func (r *twoKeys) until(what string, is func(status string) bool) {
	r.t.Helper()
	for began := time.Now(); ; {
		status := r.cognate("keys", "master")
		if is(status) {
			r.t.Logf("%s: after %v\n%s", what, time.Since(began).Round(time.Millisecond), status)
			return
		}
		if time.Since(began) > started.Patience {
			r.t.Fatalf("not so: %s\n%s\n%s\n%s", what, status, lastOf(r.nodes[0].Log), lastOf(r.nodes[1].Log))
		}
		r.everything()
	}
}

func (r *twoKeys) api(i int) *idp.Client { return root(r.nodes[i].cognito, r.key, r.secret) }

// furnish makes a pool, a client with a secret, and people who can prove their password.
func (r *twoKeys) furnish(people int) {
	r.t.Helper()
	ctx := patience(r.t)
	pool, err := r.api(0).CreateUserPool(ctx, &idp.CreateUserPoolInput{PoolName: aws.String("people")})
	must(r.t, err)
	r.pool = *pool.UserPool.Id
	client, err := r.api(0).CreateUserPoolClient(ctx, &idp.CreateUserPoolClientInput{UserPoolId: &r.pool, ClientName: aws.String("web"),
		ExplicitAuthFlows: []types.ExplicitAuthFlowsType{"ALLOW_USER_PASSWORD_AUTH", "ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"}})
	must(r.t, err)
	r.client = *client.UserPoolClient.ClientId
	for i := range people {
		name := fmt.Sprint("person", i)
		_, err := r.api(0).AdminCreateUser(ctx, &idp.AdminCreateUserInput{UserPoolId: &r.pool, Username: &name, MessageAction: "SUPPRESS"})
		must(r.t, err)
		_, err = r.api(0).AdminSetUserPassword(ctx, &idp.AdminSetUserPasswordInput{UserPoolId: &r.pool, Username: &name, Password: aws.String(right), Permanent: true})
		must(r.t, err)
	}
}

// everything lets somebody sign in across both nodes, in both directions, and uses a token from before the rotation.
func (r *twoKeys) everything() {
	r.t.Helper()
	for from := range 2 {
		tokens := r.prove("person0", from, 1-from)
		_, err := r.api(1-from).GetUser(patience(r.t), &idp.GetUserInput{AccessToken: tokens.AccessToken})
		must(r.t, err)
		if r.refresh == "" {
			r.refresh = *tokens.RefreshToken
		}
		for _, token := range []string{*tokens.RefreshToken, r.refresh} {
			_, err = r.api(1-from).InitiateAuth(patience(r.t), &idp.InitiateAuthInput{ClientId: &r.client, AuthFlow: "REFRESH_TOKEN_AUTH",
				AuthParameters: map[string]string{"REFRESH_TOKEN": token}})
			must(r.t, err)
		}
	}
}

// everybody proves the password: each verifier is what it was.
func (r *twoKeys) everybody() {
	r.t.Helper()
	users, err := r.api(0).ListUsers(patience(r.t), &idp.ListUsersInput{UserPoolId: &r.pool})
	must(r.t, err)
	for _, u := range users.Users {
		r.prove(*u.Username, 0, 1)
	}
}

// prove signs somebody in by SRP, beginning at one node and ending at another.
func (r *twoKeys) prove(name string, from, to int) *types.AuthenticationResultType {
	r.t.Helper()
	answer, err := proof(patience(r.t), r.api(from), r.pool, r.client, name)
	must(r.t, err)
	got, err := r.api(to).RespondToAuthChallenge(patience(r.t), answer)
	must(r.t, err)
	return got.AuthenticationResult
}

// proof begins a sign-in by SRP and gives the answer to its challenge.
func proof(ctx context.Context, api *idp.Client, pool, app, name string) (*idp.RespondToAuthChallengeInput, error) {
	client := srp.NewClient()
	begun, err := api.InitiateAuth(ctx, &idp.InitiateAuthInput{ClientId: &app, AuthFlow: "USER_SRP_AUTH",
		AuthParameters: map[string]string{"USERNAME": name, "SRP_A": client.PublicA()}})
	if err != nil {
		return nil, err
	}
	p := begun.ChallengeParameters
	_, short, _ := strings.Cut(pool, "_")
	claim, err := client.Sign(srp.Challenge{PoolName: short, UserID: p["USER_ID_FOR_SRP"], Salt: p["SALT"], PublicB: p["SRP_B"],
		SecretBlock: p["SECRET_BLOCK"]}, right, time.Now())
	if err != nil {
		return nil, err
	}
	return &idp.RespondToAuthChallengeInput{ClientId: &app, ChallengeName: "PASSWORD_VERIFIER", Session: begun.Session,
		ChallengeResponses: map[string]string{
			"USERNAME": p["USERNAME"], "PASSWORD_CLAIM_SIGNATURE": claim.Signature, "TIMESTAMP": claim.Timestamp,
			"PASSWORD_CLAIM_SECRET_BLOCK": base64.StdEncoding.EncodeToString(claim.SecretBlock),
		}}, nil
}
