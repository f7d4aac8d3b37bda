package story

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
)

const (
	movedPool = "us-east-1_Moved0001"
	movedSeed = `pools:
  - id: us-east-1_Moved0001
    name: moved
    alias_attributes: [email]
    clients:
      - {id: movedclient, name: app, auth_flows: [ALLOW_USER_PASSWORD_AUTH, ALLOW_USER_SRP_AUTH, ALLOW_REFRESH_TOKEN_AUTH]}
`
	// movedHash is a bcrypt hash of Correct-Horse1.
	movedHash = "$2b$05$abcdefghijklmnopqrstuuY.uHsG6KbyI6Z.pprCDBgNno4026w8m"
)

// moving is a development server with an empty pool.
func moving(t *testing.T) (s *server, data string) {
	t.Helper()
	dir := t.TempDir()
	seeds := filepath.Join(dir, "seeds.yaml")
	if err := os.WriteFile(seeds, []byte(movedSeed), 0o600); err != nil {
		t.Fatal(err)
	}
	data = filepath.Join(dir, "data")
	s, err := start(dir, "dev", "--seeds", seeds, "--data", data)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Stop(); err != nil {
			t.Errorf("stop: %v\n%s", err, s.Log.String())
		}
	})
	return s, data
}

// typed runs a command to its end.
func typed(t *testing.T, ctx context.Context, args ...string) string {
	t.Helper()
	out, err := exec.CommandContext(ctx, binary, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("cognate %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

func (s *server) users(t *testing.T, ctx context.Context) int32 {
	t.Helper()
	out, err := s.sdk().DescribeUserPool(ctx, &idp.DescribeUserPoolInput{UserPoolId: aws.String(movedPool)})
	if err != nil {
		t.Fatal(err)
	}
	return out.UserPool.EstimatedNumberOfUsers
}

// killedImport writes a file of users, and kills the command that imports it when some of them are there; it tells whether
// others were not.
func killedImport(t *testing.T, ctx context.Context, s *server, data string, users int) (file string, killed bool) {
	t.Helper()
	file = filepath.Join(t.TempDir(), "users.ndjson")
	var lines strings.Builder
	for i := range users {
		fmt.Fprintf(&lines, `{"username":"p%d","attributes":{"email":"p%d@example.com","email_verified":true},"groups":["user"],"password":{"hash":"%s"}}`+"\n", i, i, movedHash)
	}
	if err := os.WriteFile(file, []byte(lines.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(ctx, binary, "import", file, "--pool", movedPool, "--data", data)
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	for s.users(t, ctx) == 0 { // each question waits for its answer; the context ends what takes for ever
	}
	_ = command.Process.Kill() // it may have ended
	if err := command.Wait(); err == nil {
		return file, false
	}
	n := s.users(t, ctx)
	t.Logf("%d of %d users were there when the import was killed", n, users)
	return file, n < int32(users)
}

// TestUsersMoveInAndOutWithTheirPasswords brings users with bcrypt hashes while a server runs, kills the command in the
// middle, goes on, and takes them to another installation. It fails when somebody is lost or doubled, or cannot sign in with
// the password they always had.
func TestUsersMoveInAndOutWithTheirPasswords(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("SKIPPED: starts servers")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	users, file, s, data := 8_000, "", (*server)(nil), ""
	for killed := false; !killed; { // an import that was over before it could be killed says nothing, so a larger one follows
		users *= 2
		s, data = moving(t)
		file, killed = killedImport(t, ctx, s, data, users)
	}
	dir := t.TempDir()
	out := typed(t, ctx, "import", file, "--pool", movedPool, "--data", data)
	if want := fmt.Sprintf("%d users imported, 0 were here already, 0 lines brought nobody", users); !strings.Contains(out, want) {
		t.Errorf("the second run says %q", out)
	}
	if n := s.users(t, ctx); n != int32(users) {
		t.Errorf("there are %d users", n)
	}
	if _, err := s.sdk().InitiateAuth(ctx, &idp.InitiateAuthInput{ClientId: aws.String("movedclient"), AuthFlow: "USER_PASSWORD_AUTH",
		AuthParameters: map[string]string{"USERNAME": "p7", "PASSWORD": "Wrong-Horse1"}}); err == nil {
		t.Error("a wrong password lets somebody in")
	}
	if _, err := s.sdk().InitiateAuth(ctx, &idp.InitiateAuthInput{ClientId: aws.String("movedclient"), AuthFlow: "USER_PASSWORD_AUTH",
		AuthParameters: map[string]string{"USERNAME": "p7@example.com", "PASSWORD": "Correct-Horse1"}}); err != nil {
		t.Errorf("the password from elsewhere: %v", err)
	}
	signInSRP(t, ctx, s.sdk(), movedPool, "movedclient", "p7", "Correct-Horse1") // possible since the password was seen

	back := filepath.Join(dir, "back.ndjson")
	typed(t, ctx, "export", "--pool", movedPool, "--out", back, "--with-srp", "--data", data)
	if info, err := os.Stat(back); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("others can read the hashes: %v, %v", info.Mode(), err)
	}
	there, elsewhere := moving(t)
	out = typed(t, ctx, "import", back, "--pool", movedPool, "--data", elsewhere)
	if want := fmt.Sprintf("%d users imported", users); !strings.Contains(out, want) {
		t.Errorf("the other installation says %q", out)
	}
	signInSRP(t, ctx, there.sdk(), movedPool, "movedclient", "p7", "Correct-Horse1")
	if _, err := there.sdk().InitiateAuth(ctx, &idp.InitiateAuthInput{ClientId: aws.String("movedclient"), AuthFlow: "USER_PASSWORD_AUTH",
		AuthParameters: map[string]string{"USERNAME": "p8", "PASSWORD": "Correct-Horse1"}}); err != nil {
		t.Errorf("the password from elsewhere, after two moves: %v", err)
	}
	if err := exec.CommandContext(ctx, binary, "export", "--pool", movedPool, "--out", back, "--data", data).Run(); err == nil {
		t.Error("a file that exists was overwritten")
	}
	if out, err := exec.CommandContext(ctx, binary, "export", "--pool", movedPool, "--data", filepath.Join(dir, "typo")).CombinedOutput(); err == nil || !strings.Contains(string(out), "no installation here") {
		t.Errorf("a mistyped folder: %v\n%s", err, out)
	}
}
