package chaos

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"cognate.dev/cognate/test/started"
)

const (
	lightClients = 100
	// stuck is when a client is stuck: far more than one answer may take.
	stuck = started.Patience
)

// TestAFailoverFailsNobodyOutsideOfTheGap fails when clients get wrong answers while the primary dies and its standby is
// promoted, get errors for requests that begin after that, or get no answer; or when something that was answered before is
// gone. Nodes find the new primary by the URL that docs/serving.md recommends.
func TestAFailoverFailsNobodyOutsideOfTheGap(t *testing.T) { // alone: on a busy machine answers come late, and that is another test
	primary := newPostgres(t)
	standby := primary.standby()
	// What is answered is on both: without that, a failover may lose what only the primary knew.
	primary.exec("postgres", "ALTER SYSTEM SET synchronous_standby_names = '*'")
	primary.exec("postgres", "SELECT pg_reload_conf()")
	policies, err := filepath.Abs("../../examples/policies")
	must(t, err)
	patient := filepath.Join(t.TempDir(), "cognate.yaml") // decisions wait for the database as long as others do
	must(t, os.WriteFile(patient, []byte("enrich: {sources: [{timeout: 1m}]}\n"), 0o600))
	n, err := start(t.TempDir(), append(newPost(t).settings(), "COGNATE_RATES_MODE=off", "COGNATE_LIMITS_CHANGE_PASSWORD=-1"),
		"--config", patient, "--policies", policies, "--database", "postgres:///cognate?user=postgres&target_session_attrs=read-write&host="+primary.dir+","+standby.dir)
	must(t, err)
	t.Cleanup(n.Kill)
	f := &failover{t: t, node: n, api: rootThrough(n.cognito, n.key, n.secret, manyConnections())}
	f.furnish()
	f.run(primary.kill, func() { standby.exec("postgres", "SELECT pg_promote()") })
	if t.Failed() {
		t.Log(lastOf(n.Log))
	}
}

// manyConnections is a client whose connections are as many as who uses it.
func manyConnections() *http.Client {
	return &http.Client{Timeout: stuck, Transport: &http.Transport{MaxIdleConnsPerHost: 2 * lightClients}}
}

type failover struct {
	t    *testing.T
	node *node
	api  *idp.Client
	household
	client string // without rotation
	subs   []string
	tokens []*types.AuthenticationResultType
}

// furnish makes ten people with tokens, of whom every other one may delete.
func (f *failover) furnish() {
	ctx := patience(f.t)
	var err error
	f.household, err = furnish(ctx, f.api)
	must(f.t, err)
	client, err := f.api.CreateUserPoolClient(ctx, &idp.CreateUserPoolClientInput{UserPoolId: &f.pool, ClientName: aws.String("light"),
		ExplicitAuthFlows: []types.ExplicitAuthFlowsType{"ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"}})
	must(f.t, err)
	f.client = *client.UserPoolClient.ClientId
	_, err = f.api.CreateGroup(ctx, &idp.CreateGroupInput{UserPoolId: &f.pool, GroupName: aws.String("admin")})
	must(f.t, err)
	c := &cluster{t: f.t, apis: []*idp.Client{f.api, f.api}, pool: f.pool, client: f.client}
	for i := range 10 {
		name := fmt.Sprint("light-", i)
		f.subs = append(f.subs, c.person(name))
		f.tokens = append(f.tokens, c.signIn(f.api, name))
		if i%2 == 0 {
			_, err = f.api.AdminAddUserToGroup(ctx, &idp.AdminAddUserToGroupInput{UserPoolId: &f.pool, Username: &name, GroupName: aws.String("admin")})
			must(f.t, err)
		}
	}
}

// ask is one request of the i-th client. An answer that is not an error must be right: that is an error of the test.
func (f *failover) ask(ctx context.Context, decide *http.Client, i int) (wrong string, err error) {
	who := i % len(f.subs)
	name := fmt.Sprint("light-", who)
	switch i % 4 {
	case 0:
		_, err = f.api.InitiateAuth(ctx, &idp.InitiateAuthInput{ClientId: &f.client, AuthFlow: "USER_PASSWORD_AUTH",
			AuthParameters: map[string]string{"USERNAME": name, "PASSWORD": right}})
	case 1:
		_, err = f.api.InitiateAuth(ctx, &idp.InitiateAuthInput{ClientId: &f.client, AuthFlow: "REFRESH_TOKEN_AUTH",
			AuthParameters: map[string]string{"REFRESH_TOKEN": *f.tokens[who].RefreshToken}})
	case 2:
		var got *idp.GetUserOutput
		if got, err = f.api.GetUser(ctx, &idp.GetUserInput{AccessToken: f.tokens[who].AccessToken}); err == nil && *got.Username != name {
			return "GetUser answers for somebody else: " + *got.Username, nil
		}
	default:
		var allowed bool
		if allowed, err = mayThrough(ctx, decide, f.node, f.subs[who], "delete"); err == nil && allowed != (who%2 == 0) {
			return fmt.Sprintf("%s may delete: %v", name, allowed), nil
		}
		return "", err
	}
	if err != nil && !unknown(err) {
		return err.Error(), nil
	}
	return "", err
}

// asked is one request and how it ended.
type asked struct {
	kind       int
	began, end time.Time
	wrong      string
	err        error
}

// run lets clients and writers work, cuts, promotes when somebody has asked in the gap, and lets them work on until each has seen
// that it goes on.
func (f *failover) run(cut, promote func()) {
	t := f.t
	ctx, cancel := context.WithTimeout(context.Background(), 4*stuck)
	defer cancel()
	var clients sync.WaitGroup
	warm, promoted := make(chan struct{}, lightClients), make(chan struct{})
	dead, met := make(chan struct{}), make(chan struct{}, 1)
	all := make([][]asked, lightClients)
	decide := manyConnections()
	for i := range lightClients {
		clients.Go(func() {
			const before, after = 4, 4
			pace := time.NewTicker(250 * time.Millisecond)
			defer pace.Stop()
			for good, later := 0, 0; later < after; {
				select {
				case <-pace.C:
				case <-ctx.Done():
					t.Error("a client never got as far as it should")
					return
				}
				a := asked{kind: i % 4, began: time.Now()}
				isLater := done(promoted)
				if done(dead) {
					select {
					case met <- struct{}{}:
					default:
					}
				}
				a.wrong, a.err = f.ask(ctx, decide, i)
				a.end = time.Now()
				all[i] = append(all[i], a)
				if good++; good == before {
					warm <- struct{}{}
				}
				if isLater {
					later++
				}
			}
		})
	}
	var writing sync.WaitGroup
	writers, enough := context.WithCancel(ctx)
	defer enough()
	var ws []*writer
	for i := range 3 {
		w := &writer{household: f.household, api: f.api, prefix: fmt.Sprint("writer", i), acks: map[act]int{}, random: rand.New(rand.NewPCG(*killSeed, uint64(i)))}
		ws = append(ws, w)
		writing.Go(func() {
			if err := w.work(writers, func(act) {}); err != nil {
				t.Error(err)
			}
		})
	}
	await := func(c <-chan struct{}, what string) {
		t.Helper()
		select {
		case <-c:
		case <-ctx.Done():
			t.Fatal("it never came so far: ", what)
		}
	}
	for range lightClients {
		await(warm, "all clients work")
	}
	from := time.Now()
	cut()
	close(dead)
	await(met, "somebody asks in the gap")
	promote()
	until := time.Now()
	close(promoted)
	clients.Wait()
	enough() // a writer whose change outlasted the gap would go on
	writing.Wait()
	ctx = patience(t)
	judge(t, all, from, until)
	answered := 0
	for _, w := range ws {
		for _, n := range w.acks {
			answered += n
		}
		for _, p := range w.people {
			if err := w.keeps(ctx, p); err != nil {
				t.Errorf("after the failover: %v", err)
			}
		}
	}
	t.Logf("answered before the failover, and found after it: %d changes", answered)
}

func done(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// judge looks at each request: errors belong to the gap, wrong answers nowhere.
func judge(t *testing.T, all [][]asked, from, until time.Time) {
	var requests, failed, after int
	var longest, firstGood time.Duration
	for _, list := range all {
		for _, a := range list {
			requests++
			longest = max(longest, a.end.Sub(a.began))
			switch {
			case a.wrong != "":
				t.Errorf("a wrong answer %v after the cut: %s", a.began.Sub(from), a.wrong)
			case a.err != nil && a.end.Before(from):
				t.Errorf("an error before the cut, %v after its question: %v", a.end.Sub(a.began), a.err)
			case a.err != nil && a.began.After(until):
				t.Errorf("an error %v after the promotion (kind %d): %v", a.began.Sub(until), a.kind, a.err)
			case a.err != nil:
				failed++
			case a.began.After(until):
				if took := a.end.Sub(until); firstGood == 0 || took < firstGood {
					firstGood = took
				}
				after++
			}
		}
	}
	if longest > stuck-time.Second {
		t.Errorf("a client waited for %v", longest)
	}
	t.Logf("%d requests of %d clients; the gap was %v: %d failed in it, none of %d after it; the first answer came %v after it, the longest took %v",
		requests, len(all), until.Sub(from).Round(time.Millisecond), failed, after, firstGood.Round(time.Millisecond), longest.Round(time.Millisecond))
}
