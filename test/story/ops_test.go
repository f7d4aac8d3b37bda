package story

import (
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"

	"cognate.dev/cognate/test/started"
)

// commandLine is the patience with a document's commands: each call of the AWS CLI starts an interpreter.
const commandLine = 4 * started.Patience

func (s *server) get(t *testing.T, path string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(soon(t), http.MethodGet, s.cognito+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	got, err := send(req)
	if err != nil && got.raw == "" {
		t.Fatal(err)
	}
	return got.status, got.raw
}

// TestTheRootKeyIsShownOnce fails when a second start shows or replaces the root access key.
func TestTheRootKeyIsShownOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first, err := start(dir, "serve", "--data", filepath.Join(dir, "data"))
	if err != nil {
		t.Fatal(err)
	}
	if err := first.Stop(); err != nil {
		t.Fatal(err)
	}
	second, err := start(dir, "serve", "--data", filepath.Join(dir, "data"))
	if err != nil {
		t.Fatal(err)
	}
	defer second.Stop()
	if second.key != "" || second.secret != "" {
		t.Error("the root access key was shown again")
	}
	second.key, second.secret = first.key, first.secret
	if _, err := second.sdk().ListUserPools(soon(t), &idp.ListUserPoolsInput{MaxResults: aws.Int32(1)}); err != nil {
		t.Errorf("the key of the first start: %v", err)
	}
}

// TestResetGivesBackTheSeeds fails when a reset leaves something behind, or loses the seeds.
func TestResetGivesBackTheSeeds(t *testing.T) {
	t.Parallel()
	seeds, err := filepath.Abs("../../examples/dev/seeds.yaml")
	if err != nil {
		t.Fatal(err)
	}
	s := serve(t, "dev", "--seeds", seeds)
	ctx, client := soon(t), s.sdk()
	pools := func() int {
		t.Helper()
		got, err := client.ListUserPools(ctx, &idp.ListUserPoolsInput{MaxResults: aws.Int32(60)})
		if err != nil {
			t.Fatal(err)
		}
		return len(got.UserPools)
	}
	made, err := client.CreateUserPool(ctx, &idp.CreateUserPoolInput{PoolName: aws.String("extra")})
	if err != nil {
		t.Fatal(err)
	}
	if n := pools(); n != 2 {
		t.Fatalf("%d pools before the reset", n)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.cognito+"/_cognate/reset", nil)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := send(req); err != nil || got.status != http.StatusOK {
		t.Fatalf("reset: %v %v", got, err)
	}
	if n := pools(); n != 1 {
		t.Errorf("%d pools after the reset", n)
	}
	if _, err := client.DescribeUserPool(ctx, &idp.DescribeUserPoolInput{UserPoolId: made.UserPool.Id}); err == nil {
		t.Error("a pool survived the reset")
	}
	if got, err := s.decide(ctx, `{"principal":{"id":"alice"},"resources":[]}`); err == nil && got.status == http.StatusOK {
		t.Errorf("an invalid request was decided: %s", got.raw)
	}
}

// TestTheSecureModeHasNoDevelopmentEndpoints fails when the mailbox or the reset can be reached in production.
func TestTheSecureModeHasNoDevelopmentEndpoints(t *testing.T) {
	t.Parallel()
	s := serve(t, "serve")
	for _, path := range []string{"/_cognate/mailbox", "/_cognate/mailbox/messages", "/_cognate/reset"} {
		if status, body := s.get(t, path); status == http.StatusOK {
			t.Errorf("%s answers %d %s", path, status, body)
		}
	}
	req, err := http.NewRequestWithContext(soon(t), http.MethodPost, s.cognito+"/_cognate/reset", nil)
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := send(req); got.status == http.StatusOK {
		t.Error("a production server was reset")
	}
}

// TestOperatorsSeeHealthAndNumbers fails when the endpoints that orchestrators and Prometheus ask go away.
func TestOperatorsSeeHealthAndNumbers(t *testing.T) {
	t.Parallel()
	s := serve(t, "serve")
	for path, says := range map[string]string{
		"/_cognate/health/live":  "live",
		"/_cognate/health/ready": "ready",
		"/_cognate/metrics":      "# HELP",
	} {
		if status, body := s.get(t, path); status != http.StatusOK || !strings.Contains(body, says) {
			t.Errorf("%s: %d %.80s", path, status, body)
		}
	}
}
