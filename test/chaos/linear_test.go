package chaos

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/anishathalye/porcupine"
	"github.com/aws/aws-sdk-go-v2/aws"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
	"golang.org/x/oauth2"
)

// TestSingleUseIsLinearizableAcrossNodes fails when clients of three nodes, one of which is killed in the middle, see a code,
// a challenge, a refresh token or an authorization code work in a way that no single server could explain.
func TestSingleUseIsLinearizableAcrossNodes(t *testing.T) {
	t.Parallel()
	need(t, "nginx")
	c := newCluster(t, newPostgres(t).url("cognate"), "COGNATE_RATES_MODE=off", "COGNATE_LIMITS_CONFIRM=-1")
	r := &racers{cluster: c, killed: make(chan struct{})}
	var total, caught, tried int
	for _, kind := range []struct {
		name string
		make func(i int) thing
	}{
		{"confirmation codes", r.confirmations}, {"challenge sessions", r.challenges},
		{"authorization codes", r.authCodes()}, {"refresh tokens", r.rotations()},
	} {
		for i := range things {
			it := kind.make(i)
			if kind.name == "refresh tokens" && i == things/2 {
				r.kill = true
			}
			list := r.race(it)
			total += len(list)
			if !linear(t, fmt.Sprint(kind.name, " ", i), it.model, list) {
				return
			}
			for _, wrong := range doctored(list) {
				if tried++; !porcupine.CheckOperations(it.model, wrong) {
					caught++
				}
			}
		}
	}
	if !done(r.killed) {
		t.Error("no node was killed")
	}
	// Not all: an answer that overlaps with others can sometimes be either.
	if caught*10 < tried*7 {
		t.Errorf("of %d histories with one answer changed the checker found %d", tried, caught)
	}
	t.Logf("%d operations are linearizable; of %d histories with one answer changed %d are found", total, tried, caught)
}

const (
	things  = 8 // of each kind
	clients = 6
	each    = 4 // operations of a client
)

// thing is what clients race for.
type thing struct {
	model porcupine.Model
	// ask asks a node. Mine is what the client got last.
	ask  func(ctx context.Context, node int, q question) reply
	pick func(client, i int, mine string) question
	// alone: the first use comes before the race.
	alone bool
}

type racers struct {
	*cluster
	kill   bool
	killed chan struct{}
}

// race lets clients ask all nodes at once, from one moment on.
func (r *racers) race(it thing) []porcupine.Operation {
	h, ctx := newHistory(), patience(r.t)
	if it.alone {
		q := it.pick(0, 0, "")
		h.record(0, q, func() reply { return it.ask(ctx, 0, q) })
	}
	var all sync.WaitGroup
	together := make(chan struct{})
	for client := range clients {
		all.Go(func() {
			<-together
			mine := ""
			for i := range each {
				if r.kill && client == 0 && i == each/2 {
					r.nodes[2].Kill()
					close(r.killed)
					r.kill = false
				}
				node := rand.IntN(3)
				if done(r.killed) {
					node = rand.IntN(2)
				}
				q := it.pick(client, i, mine)
				if got := h.record(client, q, func() reply { return it.ask(ctx, node, q) }).got; got != "" {
					mine = got
				}
			}
		})
	}
	close(together)
	all.Wait()
	contend(h.list)
	return h.list
}

// answered is the reply that an error stands for. Every refusal but those that belong to the thing fails the test.
func (r *racers) answered(err error, refusals ...string) reply {
	if err == nil {
		return reply{yes: true}
	}
	if unknown(err) {
		return reply{lost: true}
	}
	for _, name := range refusals {
		if refused(err, name) {
			return reply{}
		}
	}
	r.t.Errorf("an answer that does not belong here: %v", err)
	return reply{lost: true}
}

// often uses, now and then looks.
func often(client, i int, _ string) question {
	if i%2 == 1 || client == clients-1 {
		return question{verb: look}
	}
	return question{verb: use}
}

func (r *racers) confirmations(i int) thing {
	ctx, name := patience(r.t), fmt.Sprint("confirmed-", i)
	to := name + "@example.com"
	_, err := r.api.SignUp(ctx, &idp.SignUpInput{ClientId: &r.client, Username: &name, Password: aws.String(right), UserAttributes: attributes("email", to)})
	must(r.t, err)
	code := r.post.code(r.t, ctx, to)
	return thing{model: once(), pick: often, ask: func(ctx context.Context, node int, q question) reply {
		if q.verb == look {
			got, err := r.apis[node].AdminGetUser(ctx, &idp.AdminGetUserInput{UserPoolId: &r.pool, Username: &name})
			if err != nil {
				return r.answered(err)
			}
			return reply{yes: got.UserStatus == types.UserStatusTypeConfirmed}
		}
		_, err := r.apis[node].ConfirmSignUp(ctx, &idp.ConfirmSignUpInput{ClientId: &r.client, Username: &name, ConfirmationCode: &code})
		return r.answered(err, "ExpiredCodeException", "NotAuthorizedException", "CodeMismatchException")
	}}
}

// challenges are NEW_PASSWORD_REQUIRED.
func (r *racers) challenges(i int) thing {
	ctx, name := patience(r.t), fmt.Sprint("challenged-", i)
	_, err := r.api.AdminCreateUser(ctx, &idp.AdminCreateUserInput{UserPoolId: &r.pool, Username: &name, MessageAction: "SUPPRESS", TemporaryPassword: aws.String("Temporary-Horse1")})
	must(r.t, err)
	begun, err := r.api.InitiateAuth(ctx, &idp.InitiateAuthInput{ClientId: &r.client, AuthFlow: "USER_PASSWORD_AUTH",
		AuthParameters: map[string]string{"USERNAME": name, "PASSWORD": "Temporary-Horse1"}})
	must(r.t, err)
	return thing{model: once(), pick: often, ask: func(ctx context.Context, node int, q question) reply {
		if q.verb == look {
			got, err := r.apis[node].AdminGetUser(ctx, &idp.AdminGetUserInput{UserPoolId: &r.pool, Username: &name})
			if err != nil {
				return r.answered(err)
			}
			return reply{yes: got.UserStatus == types.UserStatusTypeConfirmed}
		}
		_, err := r.apis[node].RespondToAuthChallenge(ctx, &idp.RespondToAuthChallengeInput{ClientId: &r.client, ChallengeName: "NEW_PASSWORD_REQUIRED", Session: begun.Session,
			ChallengeResponses: map[string]string{"USERNAME": name, "NEW_PASSWORD": right}})
		return r.answered(err, "NotAuthorizedException")
	}}
}

func (r *racers) rotations() func(i int) thing {
	ctx := patience(r.t)
	client, err := r.api.CreateUserPoolClient(ctx, &idp.CreateUserPoolClientInput{UserPoolId: &r.pool, ClientName: aws.String("rotating"),
		ExplicitAuthFlows:    []types.ExplicitAuthFlowsType{"ALLOW_USER_PASSWORD_AUTH"},
		RefreshTokenRotation: &types.RefreshTokenRotationType{Feature: types.FeatureTypeEnabled, RetryGracePeriodSeconds: aws.Int32(0)}})
	must(r.t, err)
	id := client.UserPoolClient.ClientId
	return func(i int) thing {
		name := fmt.Sprint("rotated-", i)
		r.person(name)
		out, err := r.apis[0].InitiateAuth(patience(r.t), &idp.InitiateAuthInput{ClientId: id, AuthFlow: "USER_PASSWORD_AUTH",
			AuthParameters: map[string]string{"USERNAME": name, "PASSWORD": right}})
		must(r.t, err)
		first, access := *out.AuthenticationResult.RefreshToken, out.AuthenticationResult.AccessToken
		// One client at a time has the token that counts; in every other race a thief has it, too, and somebody revokes.
		stolen := i%2 == 1
		pick := func(client, n int, mine string) question {
			switch {
			case client == clients-1 || client > 1 && n%2 == 0:
				return question{verb: look}
			case stolen && client == 2 && n == each-1:
				return question{verb: end}
			case client > 0 && !stolen:
				return question{verb: look}
			case mine == "":
				mine = first
			}
			return question{verb: use, thing: mine}
		}
		return thing{model: rotation(first), pick: pick, ask: func(ctx context.Context, node int, q question) reply {
			switch q.verb {
			case look:
				_, err := r.apis[node].GetUser(ctx, &idp.GetUserInput{AccessToken: access})
				return r.answered(err, "NotAuthorizedException")
			case end:
				_, err := r.apis[node].RevokeToken(ctx, &idp.RevokeTokenInput{ClientId: id, Token: &first})
				return r.answered(err)
			}
			out, err := r.apis[node].GetTokensFromRefreshToken(ctx, &idp.GetTokensFromRefreshTokenInput{ClientId: id, RefreshToken: &q.thing})
			got := r.answered(err, "NotAuthorizedException", "RefreshTokenReuseException")
			if got.yes {
				got.got = *out.AuthenticationResult.RefreshToken
			}
			return got
		}}
	}
}

// authCodes come from a browser that is signed in.
func (r *racers) authCodes() func(i int) thing {
	r.person("browsing")
	jar, err := cookiejar.New(nil)
	must(r.t, err)
	browser := &http.Client{Jar: jar, CheckRedirect: func(q *http.Request, _ []*http.Request) error {
		if strings.HasPrefix(q.URL.String(), callback) {
			return http.ErrUseLastResponse
		}
		return nil
	}}
	config := func(node int) oauth2.Config {
		site := r.nodes[node].cognito + "/" + r.pool
		return oauth2.Config{ClientID: r.client, RedirectURL: callback, Scopes: []string{"openid", "email", "aws.cognito.signin.user.admin"},
			Endpoint: oauth2.Endpoint{AuthURL: r.url + "/" + r.pool + "/oauth2/authorize", TokenURL: site + "/oauth2/token", AuthStyle: oauth2.AuthStyleInParams}}
	}
	return func(i int) thing {
		ctx, verifier := patience(r.t), oauth2.GenerateVerifier()
		first := config(0)
		p := ask(r.t, ctx, browser, http.MethodGet, first.AuthCodeURL("state", oauth2.S256ChallengeOption(verifier)), nil)
		if p.location == "" {
			action, fields := form(r.t, p)
			fields.Set("username", "browsing")
			fields.Set("password", right)
			p = ask(r.t, ctx, browser, http.MethodPost, r.url+action, fields)
		}
		home, err := url.Parse(p.location)
		must(r.t, err)
		code := home.Query().Get("code")
		if code == "" {
			r.t.Fatalf("no code: %d %s\n%s", p.status, p.location, p.body)
		}
		var mu sync.Mutex
		access := "" // what the first use gave
		return thing{model: authCode(), alone: i%2 == 0, pick: func(client, i int, _ string) question {
			mu.Lock()
			defer mu.Unlock()
			if access != "" && (i%2 == 1 || client == clients-1) {
				return question{verb: look, thing: access}
			}
			return question{verb: use}
		}, ask: func(ctx context.Context, node int, q question) reply {
			if q.verb == look {
				_, err := r.apis[node].GetUser(ctx, &idp.GetUserInput{AccessToken: &q.thing})
				return r.answered(err, "NotAuthorizedException")
			}
			c := config(node)
			tokens, err := c.Exchange(ctx, code, oauth2.VerifierOption(verifier))
			var no *oauth2.RetrieveError
			switch {
			case err == nil:
				mu.Lock()
				defer mu.Unlock()
				access = tokens.AccessToken
				return reply{yes: true}
			case errors.As(err, &no) && no.ErrorCode == "invalid_grant":
				return reply{}
			case errors.As(err, &no) && no.Response.StatusCode < http.StatusInternalServerError:
				r.t.Errorf("an answer that does not belong here: %v", err)
			}
			return reply{lost: true}
		}}
	}
}
