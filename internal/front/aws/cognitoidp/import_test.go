package cognitoidp_test

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"cognate.dev/cognate/internal/transfer/job"
)

const logsRole = "arn:aws:iam::123456789012:role/logs"

// importJob makes a job, and gives it a file unless that is empty.
func (w *world) importJob(pool *string, file string) *string {
	w.t.Helper()
	out, err := w.CreateUserImportJob(w.t.Context(), &sdk.CreateUserImportJobInput{UserPoolId: pool, JobName: new("people"), CloudWatchLogsRoleArn: new(logsRole)})
	w.check(err)
	if file != "" {
		w.check(w.imports.Receive(w.t.Context(), *pool, *out.UserImportJob.JobId, strings.NewReader(file)))
	}
	return out.UserImportJob.JobId
}

func (w *world) describeJob(pool, id *string) *types.UserImportJobType {
	w.t.Helper()
	out, err := w.DescribeUserImportJob(w.t.Context(), &sdk.DescribeUserImportJobInput{UserPoolId: pool, JobId: id})
	w.check(err)
	return out.UserImportJob
}

// csvOf writes a file for a pool: the header, and a line for each map of values.
func (w *world) csvOf(pool *string, people ...map[string]string) string {
	w.t.Helper()
	header, err := w.GetCSVHeader(w.t.Context(), &sdk.GetCSVHeaderInput{UserPoolId: pool})
	w.check(err)
	lines := []string{strings.Join(header.CSVHeader, ",")}
	for _, p := range people {
		values := make([]string, len(header.CSVHeader))
		for i, name := range header.CSVHeader {
			values[i] = p[name]
		}
		lines = append(lines, strings.Join(values, ","))
	}
	return strings.Join(lines, "\n") + "\n"
}

func TestTheCSVHeaderIsThePools(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.pool(func(in *sdk.CreateUserPoolInput) {
		in.Schema = []types.SchemaAttributeType{{Name: new("team"), AttributeDataType: "String"}}
	})
	out, err := w.GetCSVHeader(t.Context(), &sdk.GetCSVHeaderInput{UserPoolId: pool})
	w.check(err)
	want := strings.Fields(`name given_name family_name middle_name nickname preferred_username profile picture website email email_verified
		gender birthdate zoneinfo locale phone_number phone_number_verified address updated_at custom:team cognito:mfa_enabled cognito:username`)
	if !slices.Equal(out.CSVHeader, want) || *out.UserPoolId != *pool {
		t.Errorf("got  %v\nwant %v", out.CSVHeader, want)
	}
	_, err = w.GetCSVHeader(t.Context(), &sdk.GetCSVHeaderInput{UserPoolId: new("eu-west-1_unknown00")})
	w.refused(err, "ResourceNotFoundException", "User pool eu-west-1_unknown00 does not exist.")
}

// TestAnImportJobRunsThroughItsStates fails when an imported user is not Cognito's, or a job shows another state than
// Cognito's SDKs wait for.
func TestAnImportJobRunsThroughItsStates(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.pool()
	client := w.client(pool)
	w.person(pool, "dana", "email", "dana@example.com")
	file := w.csvOf(pool,
		map[string]string{"cognito:username": "alice", "email": "alice@example.com", "email_verified": "TRUE", "name": `Doe\, Alice`},
		map[string]string{"cognito:username": "dana", "email": "dana@example.com", "email_verified": "true"},
		map[string]string{"cognito:username": "bob", "email": "bob@example.com", "email_verified": "false"})
	id := w.importJob(pool, "")
	made := w.describeJob(pool, id)
	if made.Status != "Created" || *made.JobName != "people" || *made.CloudWatchLogsRoleArn != logsRole || made.CreationDate == nil ||
		made.StartDate != nil || made.CompletionDate != nil || made.ImportedUsers != 0 {
		t.Errorf("a new job is %s", w.wire.last())
	}
	u, err := url.Parse(*made.PreSignedUrl)
	w.check(err)
	if u.Path != job.Path+"/"+*pool+"/"+*id {
		t.Errorf("the file goes to %s", u)
	}
	_, err = w.StartUserImportJob(t.Context(), &sdk.StartUserImportJobInput{UserPoolId: pool, JobId: id})
	w.refused(err, "PreconditionNotMetException", "No CSV file has been uploaded for the import job.")
	w.check(w.imports.Receive(t.Context(), *pool, *id, strings.NewReader(file)))
	started, err := w.StartUserImportJob(t.Context(), &sdk.StartUserImportJobInput{UserPoolId: pool, JobId: id})
	w.check(err)
	if started.UserImportJob.Status != "Pending" || started.UserImportJob.StartDate == nil {
		t.Errorf("a started job is %s", w.wire.last())
	}
	w.imports.Work(t.Context())
	done := w.describeJob(pool, id)
	if done.Status != "Succeeded" || done.ImportedUsers != 1 || done.SkippedUsers != 1 || done.FailedUsers != 1 || done.CompletionDate == nil {
		t.Errorf("the job is %s", w.wire.last())
	}
	log, _, err := w.imports.Log(t.Context(), *pool, *id, 0)
	w.check(err)
	want := "[SUCCEEDED] Line Number 2 - The import succeeded.\n[SKIPPED] Line Number 3 - The user already exists.\n" +
		"[FAILED] Line Number 4 - The User Record does not set any of the auto verified attributes to true. (Example: email_verified to true).\n"
	if log != want {
		t.Errorf("the log is\n%swant\n%s", log, want)
	}
	got, err := w.AdminGetUser(t.Context(), &sdk.AdminGetUserInput{UserPoolId: pool, Username: new("alice")})
	w.check(err)
	if v := values(got.UserAttributes); got.UserStatus != "RESET_REQUIRED" || v["name"] != "Doe, Alice" || v["email_verified"] != "true" {
		t.Errorf("the user is %s", w.wire.last())
	}
	_, err = w.InitiateAuth(t.Context(), &sdk.InitiateAuthInput{ClientId: client, AuthFlow: "USER_PASSWORD_AUTH",
		AuthParameters: map[string]string{"USERNAME": "alice", "PASSWORD": goodPass}})
	w.refused(err, "PasswordResetRequiredException", "Password reset required for the user")
	_, err = w.ForgotPassword(t.Context(), &sdk.ForgotPasswordInput{ClientId: client, Username: new("alice")})
	w.check(err)
	_, err = w.ConfirmForgotPassword(t.Context(), &sdk.ConfirmForgotPasswordInput{ClientId: client, Username: new("alice"),
		ConfirmationCode: w.code("alice@example.com"), Password: new(goodPass)})
	w.check(err)
	w.signIn(client, "alice", goodPass)
}

// TestUsersImportedWithAHashSignIn fails when the new passwords of next-generation imports do not work, or SRP gives them
// away before they are known.
func TestUsersImportedWithAHashSignIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.pool()
	client := w.client(pool)
	const hash = "$2b$05$abcdefghijklmnopqrstuuY.uHsG6KbyI6Z.pprCDBgNno4026w8m" // of Correct-Horse1
	lines := strings.SplitN(w.csvOf(pool,
		map[string]string{"cognito:username": "alice", "email": "alice@example.com", "email_verified": "true"},
		map[string]string{"cognito:username": "bob", "email": "bob@example.com", "email_verified": "true"},
		map[string]string{"cognito:username": "eve", "email": "eve@example.com", "email_verified": "true"}), "\n", 5)
	file := lines[0] + ",password_hash\n" + lines[1] + "," + hash + "\n" + lines[2] + ",\n" + lines[3] + ",$2b$13$" + hash[7:] + "\n"
	var made struct {
		UserImportJob struct{ JobId, PasswordHashingAlgorithm string }
	}
	w.check(json.Unmarshal(w.raw("CreateUserImportJob", `{"UserPoolId":"`+*pool+`","JobName":"j","CloudWatchLogsRoleArn":"`+logsRole+`","PasswordHashingAlgorithm":"BCRYPT"}`), &made))
	if made.UserImportJob.PasswordHashingAlgorithm != "BCRYPT" {
		t.Errorf("the job is %s", w.wire.last())
	}
	id := &made.UserImportJob.JobId
	w.check(w.imports.Receive(t.Context(), *pool, *id, strings.NewReader(file)))
	_, err := w.StartUserImportJob(t.Context(), &sdk.StartUserImportJobInput{UserPoolId: pool, JobId: id})
	w.check(err)
	w.imports.Work(t.Context())
	if done := w.describeJob(pool, id); done.ImportedUsers != 2 || done.FailedUsers != 1 {
		log, _, _ := w.imports.Log(t.Context(), *pool, *id, 0)
		t.Errorf("the job is %s\n%s", w.wire.last(), log)
	}
	for name, status := range map[string]string{"alice": "CONFIRMED", "bob": "RESET_REQUIRED"} {
		got, err := w.AdminGetUser(t.Context(), &sdk.AdminGetUserInput{UserPoolId: pool, Username: &name})
		w.check(err)
		if string(got.UserStatus) != status {
			t.Errorf("%s is %s, want %s", name, got.UserStatus, status)
		}
	}
	_, err = w.InitiateAuth(t.Context(), &sdk.InitiateAuthInput{ClientId: client, AuthFlow: "USER_PASSWORD_AUTH",
		AuthParameters: map[string]string{"USERNAME": "alice", "PASSWORD": "Wrong-Horse1"}})
	w.refused(err, "NotAuthorizedException", "Incorrect username or password.")
	w.signIn(client, "alice", "Correct-Horse1")
	w.signIn(client, "alice", "Correct-Horse1")
}

// TestAPoolStaysAsItIsWhileUsersAreImported fails when a pool changes or goes under a job, or two jobs run in one.
func TestAPoolStaysAsItIsWhileUsersAreImported(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.pool()
	file := w.csvOf(pool, map[string]string{"cognito:username": "alice", "email": "alice@example.com", "email_verified": "true"})
	first, second := w.importJob(pool, file), w.importJob(pool, file)
	start := func(id *string) error {
		_, err := w.StartUserImportJob(t.Context(), &sdk.StartUserImportJobInput{UserPoolId: pool, JobId: id})
		return err
	}
	stop := func(id *string) error {
		_, err := w.StopUserImportJob(t.Context(), &sdk.StopUserImportJobInput{UserPoolId: pool, JobId: id})
		return err
	}
	w.refused(stop(first), "PreconditionNotMetException", "The import job cannot be stopped: its state is Created.")
	w.check(start(first))
	w.refused(start(first), "PreconditionNotMetException", "The import job cannot be started: its state is Pending.")
	w.refused(start(second), "PreconditionNotMetException", "Another import job of the user pool is active.")
	const text = "The user pool has an import job that is not complete."
	_, err := w.UpdateUserPool(t.Context(), &sdk.UpdateUserPoolInput{UserPoolId: pool})
	w.refused(err, "UserImportInProgressException", text)
	_, err = w.AddCustomAttributes(t.Context(), &sdk.AddCustomAttributesInput{UserPoolId: pool, CustomAttributes: []types.SchemaAttributeType{{Name: new("x"), AttributeDataType: "String"}}})
	w.refused(err, "UserImportInProgressException", text)
	_, err = w.DeleteUserPool(t.Context(), &sdk.DeleteUserPoolInput{UserPoolId: pool})
	w.refused(err, "UserImportInProgressException", text)
	w.check(stop(first))
	if j := w.describeJob(pool, first); j.Status != "Stopping" {
		t.Errorf("a job that was told to stop is %s", j.Status)
	}
	w.imports.Work(t.Context())
	if j := w.describeJob(pool, first); j.Status != "Stopped" || *j.CompletionMessage != "The Import Job was stopped by the developer." || j.ImportedUsers != 0 {
		t.Errorf("a stopped job is %s", w.wire.last())
	}
	w.check(start(second))
	w.imports.Work(t.Context())
	w.refused(stop(second), "PreconditionNotMetException", "The import job cannot be stopped: its state is Succeeded.")
	_, err = w.UpdateUserPool(t.Context(), &sdk.UpdateUserPoolInput{UserPoolId: pool})
	w.check(err)
	_, err = w.DeleteUserPool(t.Context(), &sdk.DeleteUserPoolInput{UserPoolId: pool})
	w.check(err)
	_, err = w.DescribeUserImportJob(t.Context(), &sdk.DescribeUserImportJobInput{UserPoolId: pool, JobId: first})
	w.refused(err, "ResourceNotFoundException", "User pool "+*pool+" does not exist.")
}

// TestImportJobsAreListedAndExpire fails when a page forgets a job, or one that nobody started can still be.
func TestImportJobsAreListedAndExpire(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.pool(func(in *sdk.CreateUserPoolInput) { in.AutoVerifiedAttributes = nil })
	_, err := w.CreateUserImportJob(t.Context(), &sdk.CreateUserImportJobInput{UserPoolId: pool, JobName: new("j"), CloudWatchLogsRoleArn: new(logsRole)})
	w.refused(err, "PreconditionNotMetException", "The user pool must verify email addresses or phone numbers automatically before users can be imported.")
	pool = w.pool()
	var want []string
	for range 3 {
		want = append(want, *w.importJob(pool, "x"))
		w.now.Advance(time.Millisecond)
	}
	slices.Reverse(want)
	var got []string
	var token *string
	for {
		page, err := w.ListUserImportJobs(t.Context(), &sdk.ListUserImportJobsInput{UserPoolId: pool, MaxResults: new(int32(2)), PaginationToken: token})
		w.check(err)
		for _, j := range page.UserImportJobs {
			got = append(got, *j.JobId)
		}
		if token = page.PaginationToken; token == nil {
			break
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("listed %v, want %v", got, want)
	}
	_, err = w.ListUserImportJobs(t.Context(), &sdk.ListUserImportJobsInput{UserPoolId: pool, MaxResults: new(int32(2)), PaginationToken: new("x")})
	w.refused(err, "InvalidParameterException", "Invalid pagination token")
	w.now.Advance(24 * time.Hour)
	id := &want[0]
	_, err = w.StartUserImportJob(t.Context(), &sdk.StartUserImportJobInput{UserPoolId: pool, JobId: id})
	w.refused(err, "PreconditionNotMetException", "The import job cannot be started: its state is Expired.")
	w.imports.Work(t.Context())
	if j := w.describeJob(pool, id); j.Status != "Expired" {
		t.Errorf("the job is %s", j.Status)
	}
	if err := w.imports.Receive(t.Context(), *pool, *id, strings.NewReader("x")); err == nil {
		t.Error("an expired job takes a file")
	}
	_, err = w.DescribeUserImportJob(t.Context(), &sdk.DescribeUserImportJobInput{UserPoolId: pool, JobId: new("import-0000000000")})
	w.refused(err, "ResourceNotFoundException", "Import job import-0000000000 does not exist.")
}
