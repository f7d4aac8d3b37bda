package chaos

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/jackc/pgx/v5"

	"cognate.dev/cognate/test/started"
)

// pooled puts PgBouncer in transaction mode in front of a server. It gives the URL of its database.
func pooled(t *testing.T, p *postgres) string {
	t.Helper()
	program := need(t, "pgbouncer")
	dir, port := p.dir, started.Port(t)
	users := filepath.Join(dir, "users.txt")
	file := filepath.Join(dir, "pgbouncer.ini")
	must(t, os.WriteFile(users, []byte("\"postgres\" \"\"\n"), 0o644))
	must(t, os.WriteFile(file, fmt.Appendf(nil, `[databases]
cognate = host=%[1]s dbname=cognate user=postgres
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = %[2]s
unix_socket_dir =
auth_type = trust
auth_file = %[3]s
pool_mode = transaction
default_pool_size = 4
server_reset_query =
`, dir, port, users), 0o644))
	log := &started.Tail{}
	cmd := exec.Command(program, file)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: p.credential(), Pdeathsig: syscall.SIGKILL}
	must(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGINT)
		_ = cmd.Wait()
	})
	url := "postgres://postgres@" + net.JoinHostPort("127.0.0.1", port) + "/cognate"
	for deadline := time.Now().Add(started.Patience); ; {
		conn, err := pgx.Connect(t.Context(), url+"?default_query_exec_mode=exec")
		if err == nil {
			must(t, conn.Close(t.Context()))
			return url
		}
		if time.Now().After(deadline) {
			t.Fatalf("PgBouncer does not answer: %v\n%s", err, log)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// TestNodesWorkThroughPgBouncer fails when a statement, a lock or a message needs a connection of its own.
func TestNodesWorkThroughPgBouncer(t *testing.T) {
	t.Parallel()
	need(t, "nginx")
	p := newPostgres(t)
	url := pooled(t, p)
	if n, err := start(t.TempDir(), []string{"COGNATE_POSTGRES_POOLER=true"}, "--database", url); err == nil {
		n.Kill()
		t.Fatal("a node migrated through a pooler, where its lock protects nothing")
	}
	c := newCluster(t, url, "COGNATE_POSTGRES_POOLER=true", "COGNATE_POSTGRES_DIRECT="+p.url("cognate"))
	t.Run("Journeys", func(t *testing.T) {
		one := *c
		one.t = t
		signUpHereConfirmThere(t, &one)
		rotationHoldsEverywhere(t, &one)
		decisionsFollowGroups(t, &one)
		signedOutEverywhere(t, &one)
	})
	t.Run("WithoutAWayPastIt", func(t *testing.T) { // the schema is there, and messages are not: the table has to do
		n, err := start(filepath.Join(t.TempDir(), "data"), []string{"COGNATE_POSTGRES_POOLER=true",
			"COGNATE_MASTER_KEY=" + c.master}, "--database", url, "--policies", c.policies)
		must(t, err)
		defer n.Kill()
		one := *c
		one.t, one.nodes = t, []*node{n}
		sub := one.person("distant")
		ctx := patience(t)
		if allowed, err := may(ctx, n, sub, "delete"); err != nil || allowed {
			t.Fatalf("%v, %v", allowed, err)
		}
		late, done := lateness(t)
		defer done()
		_, err = c.apis[0].AdminAddUserToGroup(ctx, &idp.AdminAddUserToGroupInput{UserPoolId: &c.pool, Username: aws.String("distant"), GroupName: aws.String("admin")})
		must(t, err)
		took, err := seen(ctx, n, sub, true, time.Now(), func() time.Duration { return time.Second + late() })
		must(t, err)
		t.Logf("seen after %v", took)
	})
}

// TestAReplicaAnswersListsAndTheServerStandsInForIt fails when lists ask the primary although there is a replica, or fail
// when the replica goes away.
func TestAReplicaAnswersListsAndTheServerStandsInForIt(t *testing.T) {
	t.Parallel()
	primary := newPostgres(t)
	replica := primary.standby()
	n, err := start(t.TempDir(), []string{"COGNATE_RATES_MODE=off", "COGNATE_POSTGRES_REPLICA=" + replica.url("cognate")}, "--database", primary.url("cognate"))
	must(t, err)
	defer n.Kill()
	ctx, api := patience(t), root(n.cognito, n.key, n.secret)
	pool, err := api.CreateUserPool(ctx, &idp.CreateUserPoolInput{PoolName: aws.String("people")})
	must(t, err)
	_, err = api.AdminCreateUser(ctx, &idp.AdminCreateUserInput{UserPoolId: pool.UserPool.Id, Username: aws.String("listed"), MessageAction: "SUPPRESS"})
	must(t, err)
	list := func() int {
		t.Helper()
		got, err := api.ListUsers(ctx, &idp.ListUsersInput{UserPoolId: pool.UserPool.Id})
		must(t, err)
		return len(got.Users)
	}
	scans := func() (n int) { // of the table of users, on the replica
		t.Helper()
		conn, err := pgx.Connect(ctx, replica.url("cognate"))
		must(t, err)
		defer conn.Close(ctx)
		must(t, conn.QueryRow(ctx, "SELECT coalesce(seq_scan, 0) + coalesce(idx_scan, 0) FROM pg_stat_user_tables WHERE relname = 'users'").Scan(&n))
		return n
	}
	for began := time.Now(); list() != 1 || scans() == 0; {
		if time.Since(began) > started.Patience {
			t.Fatal("the replica was never asked")
		}
	}
	replica.kill()
	for range 20 {
		if list() != 1 {
			t.Error("the list is empty")
		}
	}
	_, err = api.AdminDeleteUser(ctx, &idp.AdminDeleteUserInput{UserPoolId: pool.UserPool.Id, Username: aws.String("listed")})
	must(t, err)
	if list() != 0 {
		t.Error("the primary does not see its own write")
	}
}
