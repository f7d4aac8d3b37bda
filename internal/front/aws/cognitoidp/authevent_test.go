package cognitoidp_test

import (
	"fmt"
	"html"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"cognate.dev/cognate/internal/message/mailbox"
)

// TestUsersAreToldAndCanAnswer fails when a notification does not come, lacks something, or its token can be used for
// anything but what it is for.
func TestUsersAreToldAndCanAnswer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool, client := w.guarded("ENFORCED")
	w.takeover(pool, nil, "BLOCK", "BLOCK", "BLOCK", true)
	w.person(pool, "alice", "email", "alice@example.com", "email_verified", "true")
	w.person(pool, "bob", "email", "bob@example.com")
	for _, name := range []string{"alice", "bob"} {
		_, err := w.from(pool, client, name, goodPass, berlin, chrome)
		w.check(err)
		w.now.Advance(time.Hour)
		_, err = w.from(pool, client, name, goodPass, tokyo, firefox)
		w.refused(err, "NotAuthorizedException", blocked)
	}
	if got := w.mail.List(mailbox.Query{To: "bob@example.com"}); len(got) != 0 {
		t.Error("a mail went to an address that nobody has verified")
	}
	mails := w.mail.List(mailbox.Query{To: "alice@example.com"})
	if len(mails) != 1 || mails[0].Subject != "Blocked sign-in attempt" {
		t.Fatalf("got %+v", mails)
	}
	body := html.UnescapeString(mails[0].Body)
	for _, want := range []string{"alice", tokyo, "Tokyo", "Japan", "Firefox on Linux", "Fri, 02 Jan 2026"} {
		if !strings.Contains(body, want) {
			t.Errorf("the mail does not say %q: %s", want, body)
		}
	}
	links := regexp.MustCompile(`https://id\.example\.com/[^"]*`).FindAllString(body, -1)
	if len(links) != 2 {
		t.Fatalf("links: %v", links)
	}
	link, err := url.Parse(links[1])
	w.check(err)
	if link.Path != "/"+*pool+"/feedback" || link.Query().Get("value") != "Invalid" || link.Query().Get("client_id") != *client {
		t.Errorf("the link leads to %s", link)
	}
	token := link.Query().Get("token")
	event := *w.historyOf(pool, "alice")[0].EventId
	say := func(name, event, token string) error {
		_, err := w.UpdateAuthEventFeedback(t.Context(), &sdk.UpdateAuthEventFeedbackInput{
			UserPoolId: pool, Username: &name, EventId: &event, FeedbackToken: &token, FeedbackValue: "Invalid",
		})
		return err
	}
	const bad = "Invalid feedback token."
	w.refused(say("alice", event, token[:len(token)-1]), "NotAuthorizedException", bad)
	w.refused(say("nobody", event, "made-up"), "NotAuthorizedException", bad)
	w.refused(say("bob", event, token), "NotAuthorizedException", bad)
	w.refused(say("alice", *w.historyOf(pool, "alice")[1].EventId, token), "NotAuthorizedException", bad)
	w.check(say("alice", event, token))
	if f := w.historyOf(pool, "alice")[0].EventFeedback; f == nil || f.FeedbackValue != "Invalid" || *f.Provider != "User" || f.FeedbackDate == nil {
		t.Errorf("remembered %+v", f)
	}
	w.now.Advance(8 * 24 * time.Hour)
	w.refused(say("alice", event, token), "NotAuthorizedException", bad)
}

// TestOwnersWordTheirNotifications fails when the owner's texts are not sent, their places are not filled, or what fills
// them becomes part of the page.
func TestOwnersWordTheirNotifications(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool, client := w.guarded("ENFORCED")
	_, err := w.SetRiskConfiguration(t.Context(), &sdk.SetRiskConfigurationInput{UserPoolId: pool, AccountTakeoverRiskConfiguration: &types.AccountTakeoverRiskConfigurationType{
		Actions: &types.AccountTakeoverActionsType{LowAction: &types.AccountTakeoverActionType{Notify: true, EventAction: "NO_ACTION"}},
		NotifyConfiguration: &types.NotifyConfigurationType{
			SourceArn: new("arn:aws:ses:eu-west-1:123456789012:identity/example.com"), From: new("guard@example.com"), ReplyTo: new("help@example.com"),
			NoActionEmail: &types.NotifyEmailType{Subject: new("{username} from {city}"), HtmlBody: new("<b>{device-name}</b> {username} {event-id} {feedback-token} {other}"), TextBody: new("{username} {ip-address}")},
		},
	}})
	w.check(err)
	w.person(pool, "<i>eve", "email", "eve@example.com", "email_verified", "true")
	for _, agent := range []string{chrome, firefox} {
		w.now.Advance(time.Second)
		_, err := w.from(pool, client, "<i>eve", goodPass, berlin, agent)
		w.check(err)
	}
	mails := w.mail.List(mailbox.Query{To: "eve@example.com"})
	if len(mails) != 1 {
		t.Fatalf("%d mails", len(mails))
	}
	m := mails[0]
	if m.Subject != "<i>eve from Berlin" || m.From != "guard@example.com" || m.ReplyTo != "help@example.com" || m.Text != "<i>eve "+berlin {
		t.Errorf("got %+v", m)
	}
	if event := *w.historyOf(pool, "<i>eve")[0].EventId; !strings.HasPrefix(m.Body, "<b>Firefox on Linux</b> &lt;i&gt;eve "+event+" ") || !strings.HasSuffix(m.Body, " {other}") {
		t.Errorf("the body is %s", m.Body)
	}
}

// TestHistoryTellsWhatUsersDid fails when something that a user did is missing, in the wrong order, or told to whom it
// should not be.
func TestHistoryTellsWhatUsersDid(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool, client := w.guarded("AUDIT")
	did := func(err error) {
		t.Helper()
		w.check(err)
		w.now.Advance(time.Minute)
	}
	_, err := w.SignUp(t.Context(), &sdk.SignUpInput{ClientId: client, Username: new("alice"), Password: new(goodPass), UserAttributes: pairs("email", "alice@example.com")})
	did(err)
	_, err = w.ResendConfirmationCode(t.Context(), &sdk.ResendConfirmationCodeInput{ClientId: client, Username: new("alice")})
	did(err)
	_, err = w.ConfirmSignUp(t.Context(), &sdk.ConfirmSignUpInput{ClientId: client, Username: new("alice"), ConfirmationCode: w.code("alice@example.com")})
	did(err)
	_, err = w.InitiateAuth(t.Context(), &sdk.InitiateAuthInput{
		ClientId: client, AuthFlow: "USER_PASSWORD_AUTH", AuthParameters: map[string]string{"USERNAME": "alice", "PASSWORD": "Wrong-horse-7"},
		UserContextData: &types.UserContextDataType{EncodedData: encoded("device"), IpAddress: new(tokyo)},
	})
	w.refused(err, "NotAuthorizedException", "Incorrect username or password.")
	w.now.Advance(time.Minute)
	tokens := w.signIn(client, "alice", goodPass)
	w.now.Advance(time.Minute)
	_, err = w.ChangePassword(t.Context(), &sdk.ChangePasswordInput{AccessToken: tokens.AccessToken, PreviousPassword: new("Wrong-horse-7"), ProposedPassword: new("Another-horse-8")})
	w.refused(err, "NotAuthorizedException", "Incorrect username or password.")
	w.now.Advance(time.Minute)
	_, err = w.ChangePassword(t.Context(), &sdk.ChangePasswordInput{AccessToken: tokens.AccessToken, PreviousPassword: new(goodPass), ProposedPassword: new("Another-horse-8")})
	did(err)
	_, err = w.ForgotPassword(t.Context(), &sdk.ForgotPasswordInput{ClientId: client, Username: new("alice")})
	did(err)
	_, err = w.ConfirmForgotPassword(t.Context(), &sdk.ConfirmForgotPasswordInput{
		ClientId: client, Username: new("alice"), ConfirmationCode: w.code("alice@example.com"), Password: new("Third-horse-9"),
	})
	did(err)
	want := []string{
		"ForgotPassword Pass", "ForgotPassword InProgress", "PasswordChange Pass", "PasswordChange Fail", "SignIn Pass Password Success",
		"SignIn Fail Password Failure", "ResendCode Pass", "SignUp Pass",
	}
	var got []string
	var token *string
	for range want {
		out, err := w.AdminListUserAuthEvents(t.Context(), &sdk.AdminListUserAuthEventsInput{
			UserPoolId: pool, Username: new("alice"), MaxResults: new(int32(3)), NextToken: token,
		})
		w.check(err)
		for _, e := range out.AuthEvents {
			text := fmt.Sprintf("%s %s", e.EventType, e.EventResponse)
			for _, c := range e.ChallengeResponses {
				text += fmt.Sprintf(" %s %s", c.ChallengeName, c.ChallengeResponse)
			}
			got = append(got, text)
			if e.EventContextData == nil || *e.EventContextData.IpAddress != "127.0.0.1" { // a client without a secret cannot say another
				t.Errorf("%s comes from %+v", text, e.EventContextData)
			}
			if e.EventResponse == "Fail" && e.EventType == "SignIn" && *e.EventContextData.Timezone != "02:00" {
				t.Errorf("%s: what the app's script says is not there: %+v", text, e.EventContextData)
			}
		}
		if token = out.NextToken; token == nil {
			break
		}
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if len(w.events) != len(want) {
		t.Errorf("%d events were told, want %d", len(w.events), len(want))
	}
	_, err = w.AdminListUserAuthEvents(t.Context(), &sdk.AdminListUserAuthEventsInput{UserPoolId: pool, Username: new("nobody")})
	w.refused(err, "UserNotFoundException", "User does not exist.")
	_, err = w.AdminListUserAuthEvents(t.Context(), &sdk.AdminListUserAuthEventsInput{UserPoolId: pool, Username: new("alice"), NextToken: new("made-up")})
	w.refused(err, "InvalidParameterException", "Invalid pagination token.")

	event := w.historyOf(pool, "alice")[4].EventId
	_, err = w.AdminUpdateAuthEventFeedback(t.Context(), &sdk.AdminUpdateAuthEventFeedbackInput{UserPoolId: pool, Username: new("alice"), EventId: event, FeedbackValue: "Valid"})
	w.check(err)
	if f := w.historyOf(pool, "alice")[4].EventFeedback; f == nil || f.FeedbackValue != "Valid" || *f.Provider != "Admin" {
		t.Errorf("feedback: %+v", f)
	}
	_, err = w.AdminUpdateAuthEventFeedback(t.Context(), &sdk.AdminUpdateAuthEventFeedbackInput{UserPoolId: pool, Username: new("alice"), EventId: new("none"), FeedbackValue: "Valid"})
	w.refused(err, "ResourceNotFoundException", "The user has no event none.")
}

// TestWithoutTheAddOnNothingIsKept fails when a pool without threat protection has a history, or says so in other words.
func TestWithoutTheAddOnNothingIsKept(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.pool()
	client := w.client(pool)
	w.person(pool, "alice")
	w.signIn(client, "alice", goodPass)
	const exception, text = "UserPoolAddOnNotEnabledException", "Threat protection is not enabled for this user pool."
	_, err := w.AdminListUserAuthEvents(t.Context(), &sdk.AdminListUserAuthEventsInput{UserPoolId: pool, Username: new("alice")})
	w.refused(err, exception, text)
	_, err = w.AdminUpdateAuthEventFeedback(t.Context(), &sdk.AdminUpdateAuthEventFeedbackInput{UserPoolId: pool, Username: new("alice"), EventId: new("e"), FeedbackValue: "Valid"})
	w.refused(err, exception, text)
	_, err = w.UpdateAuthEventFeedback(t.Context(), &sdk.UpdateAuthEventFeedbackInput{UserPoolId: pool, Username: new("alice"), EventId: new("e"), FeedbackToken: new("t"), FeedbackValue: "Valid"})
	w.refused(err, exception, text)
	if len(w.events) != 0 {
		t.Errorf("%d events were kept", len(w.events))
	}
}

// TestBackendsTellWhereTheirUsersAre fails when a client that may tell its users' addresses is not believed, or one that
// may not is.
func TestBackendsTellWhereTheirUsersAre(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool, _ := w.guarded("AUDIT")
	w.person(pool, "alice")
	for _, propagates := range []bool{true, false} {
		made, err := w.CreateUserPoolClient(t.Context(), &sdk.CreateUserPoolClientInput{
			UserPoolId: pool, ClientName: new("backend"), GenerateSecret: true, EnablePropagateAdditionalUserContextData: &propagates,
			ExplicitAuthFlows: []types.ExplicitAuthFlowsType{"ALLOW_USER_PASSWORD_AUTH"},
		})
		w.check(err)
		c := made.UserPoolClient
		_, err = w.InitiateAuth(t.Context(), &sdk.InitiateAuthInput{
			ClientId: c.ClientId, AuthFlow: "USER_PASSWORD_AUTH", UserContextData: &types.UserContextDataType{IpAddress: new(tokyo)},
			AuthParameters: map[string]string{"USERNAME": "alice", "PASSWORD": goodPass, "SECRET_HASH": *hash(*c.ClientSecret, "alice", *c.ClientId)},
		})
		w.check(err)
		want := map[bool]string{true: tokyo, false: "127.0.0.1"}[propagates]
		if got := *w.historyOf(pool, "alice")[0].EventContextData.IpAddress; got != want {
			t.Errorf("propagates %v: the user is at %s, want %s", propagates, got, want)
		}
		w.now.Advance(time.Minute)
	}
}
