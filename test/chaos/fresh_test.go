package chaos

import (
	"context"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
)

// TestNoDecisionIsOlderThanASecondAnywhere fails when a decision that begins more than a second after a write was
// acknowledged, on whatever node, still knows what was before; on the node that acknowledged it, when any later one does.
func TestNoDecisionIsOlderThanASecondAnywhere(t *testing.T) {
	t.Parallel()
	policies, err := filepath.Abs("../../examples/policies")
	must(t, err)
	run := func(t *testing.T, database, master string, settings ...string) *node {
		t.Helper()
		n, err := start(filepath.Join(t.TempDir(), "data"), append(settings, "COGNATE_MASTER_KEY="+master, "COGNATE_RATES_MODE=off"),
			"--database", database, "--policies", policies)
		must(t, err)
		t.Cleanup(func() {
			if err := n.Stop(); err != nil {
				t.Errorf("stop: %v\n%s", err, n.Log)
			}
		})
		return n
	}
	t.Run("OneNode", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		n := run(t, "sqlite:"+filepath.Join(dir, "cognate.db"), filepath.Join(dir, "master.key"))
		fresh(t, root(n.cognito, n.key, n.secret), n)
	})
	t.Run("SeveralNodes", func(t *testing.T) {
		t.Parallel()
		url, master := newPostgres(t).url("cognate"), filepath.Join(t.TempDir(), "master.key")
		first := run(t, url, master)
		told := run(t, url, master)
		deaf := run(t, url, master, "COGNATE_POSTGRES_POOLER=true") // does not listen: it looks at the table now and then
		fresh(t, root(first.cognito, first.key, first.secret), first, told, deaf)
	})
}

// fresh writes through the first node and asks all, again and again.
func fresh(t *testing.T, api *idp.Client, nodes ...*node) {
	ctx := patience(t)
	pool, err := api.CreateUserPool(ctx, &idp.CreateUserPoolInput{PoolName: aws.String("people")})
	must(t, err)
	id, name, admin := pool.UserPool.Id, aws.String("promoted"), aws.String("admin")
	made, err := api.AdminCreateUser(ctx, &idp.AdminCreateUserInput{UserPoolId: id, Username: name, MessageAction: types.MessageActionTypeSuppress})
	must(t, err)
	sub := *made.User.Attributes[0].Value
	group := func() error {
		_, err := api.CreateGroup(ctx, &idp.CreateGroupInput{UserPoolId: id, GroupName: admin})
		return err
	}
	join := func() error {
		_, err := api.AdminAddUserToGroup(ctx, &idp.AdminAddUserToGroupInput{UserPoolId: id, Username: name, GroupName: admin})
		return err
	}
	late, done := lateness(t)
	defer done()
	for turn := range 8 {
		for _, step := range []struct {
			name string
			do   func() error
			may  bool // afterwards
		}{
			{"a group that nobody is in", group, false},
			{"joined", join, true},
			{"disabled", func() error {
				_, err := api.AdminDisableUser(ctx, &idp.AdminDisableUserInput{UserPoolId: id, Username: name})
				return err
			}, false},
			{"enabled", func() error {
				_, err := api.AdminEnableUser(ctx, &idp.AdminEnableUserInput{UserPoolId: id, Username: name})
				return err
			}, true},
			{"left", func() error {
				_, err := api.AdminRemoveUserFromGroup(ctx, &idp.AdminRemoveUserFromGroupInput{UserPoolId: id, Username: name, GroupName: admin})
				return err
			}, false},
			{"joined again", join, true},
			{"the group is gone", func() error {
				_, err := api.DeleteGroup(ctx, &idp.DeleteGroupInput{UserPoolId: id, GroupName: admin})
				return err
			}, false},
		} {
			must(t, step.do())
			written := time.Now()
			var all sync.WaitGroup
			for i, n := range nodes {
				all.Go(func() {
					bound := func() time.Duration { return time.Second + late() }
					if i == 0 {
						bound = func() time.Duration { return never }
					}
					took, err := seen(ctx, n, sub, step.may, written, bound)
					if err != nil {
						t.Errorf("turn %d, %s, node %d: %v", turn, step.name, i, err)
					} else if turn == 0 {
						t.Logf("%s: seen by node %d after %v", step.name, i, took)
					}
				})
			}
			all.Wait()
		}
	}
}

// never is a bound that no question keeps.
const never = -time.Hour

// seen asks until the answer is the new one, and then some times more. No question that begins later than the bound may get
// the old one, and none at all once one got the new. A node that is not prompt is given the time that it lets us wait.
func seen(ctx context.Context, n *node, sub string, want bool, written time.Time, bound func() time.Duration) (took time.Duration, err error) {
	var waited time.Duration
	for news := 0; news < 5; {
		begun := time.Now()
		got, err := may(ctx, n, sub, "delete")
		if answered := time.Since(begun); answered > prompt {
			waited += answered
		}
		switch {
		case err != nil:
			return 0, err
		case got == want:
			if news++; news == 1 {
				took = time.Since(written)
			}
		case news > 0:
			return 0, fmt.Errorf("the old answer came again")
		case begun.Sub(written) > bound()+waited:
			return 0, fmt.Errorf("the old answer, asked for %v after the write", begun.Sub(written))
		}
	}
	return took, nil
}

// prompt is the longest that an answer takes where there is a processor for it.
const prompt = 50 * time.Millisecond

// lateness tells by how much nodes may be late in what they do by the clock: news pass through a handful of goroutines and
// processes on their way, and each may wait for a processor as long as this test did, at most.
func lateness(t *testing.T) (late func() time.Duration, done func()) {
	t.Helper()
	const each, handful = 5 * time.Millisecond, 10
	var worst atomic.Int64
	end, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(each)
		defer tick.Stop()
		for last := time.Now(); ; {
			select {
			case <-end:
				return
			case <-tick.C:
				if over := int64(time.Since(last) - each); over > worst.Load() {
					worst.Store(over)
				}
				last = time.Now()
			}
		}
	}()
	return func() time.Duration { return handful * time.Duration(worst.Load()) }, func() { close(end); <-ended }
}
