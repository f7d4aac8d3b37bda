package story

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
)

// fetch sends a request and gives status and body.
func fetch(t *testing.T, req *http.Request) (int, string) {
	t.Helper()
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(body)
}

func request(t *testing.T, ctx context.Context, method, url string, body io.Reader) *http.Request {
	t.Helper()
	req, err := http.NewRequestWithContext(ctx, method, url, body)
	if err != nil {
		t.Fatal(err)
	}
	return req
}

// importLog asks for the log of a job, with a signature or without.
func (s *server) importLog(t *testing.T, ctx context.Context, pool, job string, signed bool) (int, string) {
	t.Helper()
	req := request(t, ctx, http.MethodGet, s.cognito+"/_cognate/import/"+pool+"/"+job+"/log", nil)
	if signed {
		empty := sha256.Sum256(nil)
		keys := aws.Credentials{AccessKeyID: s.key, SecretAccessKey: s.secret}
		if err := v4.NewSigner().SignHTTP(ctx, keys, req, hex.EncodeToString(empty[:]), "cognito-idp", "us-east-1", time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	return fetch(t, req)
}

// TestAnImportJobSurvivesAPowerCut uploads a file at the URL of a job, pulls the plug of the server while it imports, and
// fails when the next start loses a user or takes one in twice. A job that was over before the plug was out says nothing, so
// a larger one follows.
func TestAnImportJobSurvivesAPowerCut(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("SKIPPED: starts servers")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	for users := 12_000; !importedThroughAPowerCut(t, ctx, users); users *= 3 {
		t.Logf("%d users were in before the plug was out", users)
	}
}

// importedThroughAPowerCut looks at one job, and tells whether the plug was pulled in the middle of it.
func importedThroughAPowerCut(t *testing.T, ctx context.Context, users int) bool {
	t.Helper()
	dir := t.TempDir()
	data := filepath.Join(dir, "data")
	s, err := start(dir, "serve", "--data", data)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { s.Kill() }()
	client := s.sdk()
	made, err := client.CreateUserPool(ctx, &idp.CreateUserPoolInput{PoolName: aws.String("people"), AutoVerifiedAttributes: []types.VerifiedAttributeType{"email"}})
	if err != nil {
		t.Fatal(err)
	}
	pool := made.UserPool.Id
	header, err := client.GetCSVHeader(ctx, &idp.GetCSVHeaderInput{UserPoolId: pool})
	if err != nil {
		t.Fatal(err)
	}
	var file strings.Builder
	file.WriteString(strings.Join(header.CSVHeader, ",") + "\n")
	for i := range users {
		for j, name := range header.CSVHeader {
			if j > 0 {
				file.WriteByte(',')
			}
			switch name {
			case "email":
				fmt.Fprintf(&file, "p%d@example.com", i)
			case "email_verified":
				file.WriteString("true")
			case "cognito:username":
				fmt.Fprintf(&file, "p%d", i)
			}
		}
		file.WriteByte('\n')
	}
	job, err := client.CreateUserImportJob(ctx, &idp.CreateUserImportJobInput{
		UserPoolId: pool, JobName: aws.String("people"), CloudWatchLogsRoleArn: aws.String("arn:aws:iam::123456789012:role/logs"),
	})
	if err != nil {
		t.Fatal(err)
	}
	id, to := job.UserImportJob.JobId, aws.ToString(job.UserImportJob.PreSignedUrl)
	if status, body := fetch(t, request(t, ctx, http.MethodPut, to+"0", strings.NewReader("x"))); status != http.StatusForbidden || !strings.Contains(body, "AccessDenied") {
		t.Errorf("an upload with another signature is answered with %d %s", status, body)
	}
	if status, body := fetch(t, request(t, ctx, http.MethodGet, to, nil)); status == http.StatusOK {
		t.Errorf("the URL for uploads gives something: %s", body)
	}
	put := request(t, ctx, http.MethodPut, to, strings.NewReader(file.String()))
	put.Header.Set("X-Amz-Server-Side-Encryption", "aws:kms")
	if status, body := fetch(t, put); status != http.StatusOK {
		t.Fatalf("the upload is answered with %d %s", status, body)
	}
	if _, err := client.StartUserImportJob(ctx, &idp.StartUserImportJobInput{UserPoolId: pool, JobId: id}); err != nil {
		t.Fatal(err)
	}
	describe := func() *types.UserImportJobType {
		out, err := client.DescribeUserImportJob(ctx, &idp.DescribeUserImportJobInput{UserPoolId: pool, JobId: id})
		if err != nil {
			t.Fatal(err)
		}
		return out.UserImportJob
	}
	tick := time.NewTicker(300 * time.Millisecond) // there is nothing to wait on from outside, and the quota is five a second
	defer tick.Stop()
	for describe().ImportedUsers == 0 { // the context ends what takes for ever
		<-tick.C
	}
	s.Kill()
	key, secret := s.key, s.secret
	before := time.Now()
	if s, err = start(dir, "serve", "--data", data); err != nil {
		t.Fatal(err)
	}
	s.key, s.secret = key, secret
	client = s.sdk()
	done := describe()
	for ; done.Status == "InProgress"; done = describe() {
		<-tick.C
	}
	if done.Status != "Succeeded" || done.ImportedUsers != int64(users) || done.SkippedUsers != 0 || done.FailedUsers != 0 {
		t.Errorf("the job ended as %s with %d imported, %d skipped, %d failed", done.Status, done.ImportedUsers, done.SkippedUsers, done.FailedUsers)
	}
	about, err := client.DescribeUserPool(ctx, &idp.DescribeUserPoolInput{UserPoolId: pool})
	if err != nil || about.UserPool.EstimatedNumberOfUsers != int32(users) {
		t.Errorf("the pool has %v users, %v", about, err)
	}
	status, log := s.importLog(t, ctx, aws.ToString(pool), aws.ToString(id), true)
	if n := strings.Count(log, "[SUCCEEDED] Line Number "); status != http.StatusOK || n != users {
		t.Errorf("the log has %d lines: %d", n, status)
	}
	if status, body := s.importLog(t, ctx, aws.ToString(pool), aws.ToString(id), false); status != http.StatusForbidden || strings.Contains(body, "SUCCEEDED") {
		t.Errorf("without a signature the log is answered with %d", status)
	}
	return done.CompletionDate != nil && done.CompletionDate.After(before)
}
