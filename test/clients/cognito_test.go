package clients

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"cognate.dev/cognate/test/started"
)

// The clients of Cognito run against one server, each in a process of its own; their tests are in cognito/*.test.mjs.
func TestCognitoClientsWorkUnchanged(t *testing.T) {
	t.Parallel()
	needNode(t)
	s := serve(t)
	t.Run("all", func(t *testing.T) { // ends before the server does
		for name, file := range map[string]string{
			"AWS SDK for JavaScript":     "sdk",
			"amazon-cognito-identity-js": "identity",
			"Amplify in Node":            "amplify",
			"aws-jwt-verify":             "verify",
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				s.nodeTest(t, file)
			})
		}
		t.Run("Amplify in Chromium", func(t *testing.T) {
			t.Parallel()
			path, err := exec.LookPath("chromium")
			if err != nil {
				missing(t, "chromium is not installed")
			}
			s.nodeTest(t, "browser", "CHROMIUM="+path)
		})
		t.Run("axe", func(t *testing.T) {
			t.Parallel()
			path, err := exec.LookPath("chromium")
			if err != nil {
				missing(t, "chromium is not installed")
			}
			s.nodeTest(t, "pages", "CHROMIUM="+path)
		})
		t.Run("AWS CLI", func(t *testing.T) {
			t.Parallel()
			commandLine(t, s)
		})
	})
}

// Verifiers that know nothing but AWS's issuers are content with `issuer: aws`.
func TestCognitosOwnVerifierTakesTheTokensOfAServerWithTheIssuerOfAWS(t *testing.T) {
	t.Parallel()
	needNode(t)
	serve(t, "COGNATE_ISSUER=aws").nodeTest(t, "verify", "COGNATE_ISSUER=aws")
}

// Credentials of identity pools come through AWS's own providers: the SDK's and Amplify's.
func TestAWSsOwnProvidersGetTemporaryCredentials(t *testing.T) {
	t.Parallel()
	needNode(t)
	serveWith(t, []string{"--policies", "../../examples/policies", "--config", "../../examples/identity/cognate.yaml"}).nodeTest(t, "credentials")
}

// nodeTest runs one file of tests against the server.
func (s *server) nodeTest(t *testing.T, file string, env ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 4*started.Patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, "node", "--test", "--test-force-exit", "--test-reporter=tap", "cognito/"+file+".test.mjs")
	cmd.Env = append(os.Environ(), append(env, "COGNATE="+s.cognito, "NODE_NO_WARNINGS=1")...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	if ran := regexp.MustCompile(`(?m)^# pass (\d+)$`).FindSubmatch(out); ran == nil || string(ran[1]) == "0" {
		t.Errorf("no test has run\n%s", out)
	}
}

// commandLine makes a pool with the AWS CLI, fills it, and reads what the CLI says of errors and pages.
func commandLine(t *testing.T, s *server) {
	if _, err := exec.LookPath("aws"); err != nil {
		missing(t, "the AWS CLI is not installed")
	}
	run := func(args ...string) (string, error) {
		ctx, cancel := context.WithTimeout(context.Background(), started.Patience)
		defer cancel()
		cmd := exec.CommandContext(ctx, "aws", append([]string{"cognito-idp", "--endpoint-url", s.cognito, "--region", "eu-west-1", "--output", "json"}, args...)...)
		cmd.Env = append(os.Environ(), "AWS_ACCESS_KEY_ID=dev", "AWS_SECRET_ACCESS_KEY=dev", "AWS_PAGER=", "AWS_CONFIG_FILE=/dev/null", "AWS_MAX_ATTEMPTS=1")
		var out, errs bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &errs
		err := cmd.Run()
		return out.String() + strings.TrimSpace(errs.String()), err
	}
	ask := func(into any, args ...string) {
		t.Helper()
		out, err := run(args...)
		if err != nil {
			t.Fatalf("aws %v: %v\n%s", args, err, out)
		}
		if into != nil {
			if err := json.Unmarshal([]byte(out), into); err != nil {
				t.Fatalf("aws %v: %v\n%s", args, err, out)
			}
		}
	}
	var made struct{ UserPool struct{ ID string } }
	ask(&made, "create-user-pool", "--pool-name", "cli", "--user-pool-tags", "team=blue")
	pool := made.UserPool.ID
	for _, name := range []string{"amy", "ben", "cat"} {
		ask(nil, "admin-create-user", "--user-pool-id", pool, "--username", name, "--message-action", "SUPPRESS",
			"--user-attributes", "Name=email,Value="+name+"@example.com", "Name=email_verified,Value=true")
	}
	ask(nil, "admin-set-user-password", "--user-pool-id", pool, "--username", "amy", "--password", "Correct-Horse1", "--permanent")
	var client struct{ UserPoolClient struct{ ClientID string } }
	ask(&client, "create-user-pool-client", "--user-pool-id", pool, "--client-name", "cli", "--explicit-auth-flows", "ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH")
	var signed struct{ AuthenticationResult struct{ AccessToken string } }
	ask(&signed, "admin-initiate-auth", "--user-pool-id", pool, "--client-id", client.UserPoolClient.ClientID,
		"--auth-flow", "ADMIN_USER_PASSWORD_AUTH", "--auth-parameters", "USERNAME=amy,PASSWORD=Correct-Horse1")
	var me struct{ Username string }
	ask(&me, "get-user", "--access-token", signed.AuthenticationResult.AccessToken)
	var list struct{ Users []struct{ Username string } }
	ask(&list, "list-users", "--user-pool-id", pool, "--page-size", "2") // the CLI asks for the second page itself
	if me.Username != "amy" || len(list.Users) != 3 {
		t.Errorf("signed in as %q, of %d users", me.Username, len(list.Users))
	}
	out, err := run("admin-get-user", "--user-pool-id", pool, "--username", "nobody")
	if want := "An error occurred (UserNotFoundException) when calling the AdminGetUser operation: User does not exist."; err == nil || !strings.Contains(out, want) {
		t.Errorf("got %v %s, want %s", err, out, want)
	}
	ask(nil, "delete-user-pool", "--user-pool-id", pool)
	if out, err := run("describe-user-pool", "--user-pool-id", pool); err == nil || !strings.Contains(out, "ResourceNotFoundException") {
		t.Errorf("of a pool that was deleted: %v %s", err, out)
	}
}
