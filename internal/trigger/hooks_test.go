package trigger_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/google/go-cmp/cmp"

	"cognate.dev/cognate/internal/account"
	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/message"
	"cognate.dev/cognate/internal/message/mailbox"
	"cognate.dev/cognate/internal/token"
	"cognate.dev/cognate/internal/trigger/event"
)

func TestEachOperationFiresItsTriggersInOrder(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	fires := func(want ...string) {
		t.Helper()
		if diff := cmp.Diff(want, w.seen()); diff != "" {
			t.Error(diff)
		}
	}
	code := func() string {
		return w.box.List(mailbox.Query{To: "alice@example.com", Limit: 1})[0].Code
	}
	_, err := w.accounts.SignUp(t.Context(), account.SignUp{
		Caller: w.caller("alice"), Password: right, Attributes: map[string]string{"email": "alice@example.com"},
	})
	w.check(err)
	fires("PreSignUp_SignUp", "CustomMessage_SignUp")
	_, err = w.accounts.ResendConfirmationCode(t.Context(), w.caller("alice"))
	w.check(err)
	fires("CustomMessage_ResendCode")
	w.check(w.accounts.ConfirmSignUp(t.Context(), account.Confirmation{Caller: w.caller("alice"), Code: code()}))
	fires("PostConfirmation_ConfirmSignUp")
	_, err = w.accounts.ForgotPassword(t.Context(), w.caller("alice"))
	w.check(err)
	fires("CustomMessage_ForgotPassword")
	w.check(w.accounts.ConfirmForgotPassword(t.Context(), account.Reset{Caller: w.caller("alice"), Code: code(), Password: right}))
	fires("PostConfirmation_ConfirmForgotPassword")
	in, err := w.signIn("alice", right)
	w.check(err)
	fires("PreAuthentication_Authentication", "PostAuthentication_Authentication", "TokenGeneration_Authentication")
	_, err = w.minter.Refresh(t.Context(), token.Renewal{Client: w.client, Token: in.Tokens.Refresh, Via: token.ByRefresh})
	w.check(err)
	fires("TokenGeneration_RefreshTokens")
	x, err := w.dir.Users.Find(t.Context(), w.pool, "alice")
	w.check(err)
	self := account.Self{Pool: w.pool, Client: w.client, User: x}
	_, err = w.accounts.UpdateUserAttributes(t.Context(), self, map[string]string{"email": "alice2@example.com"})
	w.check(err)
	fires("CustomMessage_UpdateUserAttribute")
	_, err = w.accounts.GetUserAttributeVerificationCode(t.Context(), self, "email")
	w.check(err)
	fires("CustomMessage_VerifyUserAttribute")
	_, err = w.signIn("nobody", right)
	if !fault.Is(err, fault.Missing, fault.User) {
		t.Error(err)
	}
	fires("UserMigration_Authentication")
	_, err = w.accounts.ForgotPassword(t.Context(), w.caller("nobody"))
	if !fault.Is(err, fault.Missing, fault.User) {
		t.Error(err)
	}
	fires("UserMigration_ForgotPassword")
	_, err = w.accounts.AdminCreateUser(t.Context(), w.pool, account.Invite{
		Username: "bob", TemporaryPassword: right, Attributes: map[string]string{"email": "bob@example.com"}, Media: []message.Medium{message.Email},
	})
	w.check(err)
	fires("PreSignUp_AdminCreateUser", "CustomMessage_AdminCreateUser")
	w.user("carol", directory.Confirmed)
	w.check(w.accounts.AdminResetUserPassword(t.Context(), w.pool, "carol", nil))
	fires("CustomMessage_ForgotPassword")
	w.check(w.accounts.AdminSetUserPassword(t.Context(), w.pool, "carol", right, true))
	w.check(w.accounts.Disable(t.Context(), w.pool, "carol"))
	fires()
}

func TestFunctionsRefuseInTheirOwnWords(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	x := w.user("alice", directory.Confirmed)
	w.on(event.PreAuthenticate, throws("not on Sundays"))
	_, err := w.signIn("alice", right)
	refused(t, err, fault.Lambda, "PreAuthentication failed with error not on Sundays.")
	w.on(event.PreAuthenticate, nil)
	w.on(event.PostAuthenticate, throws("too late"))
	_, err = w.signIn("alice", right)
	refused(t, err, fault.Lambda, "PostAuthentication failed with error too late.")
	w.on(event.PostAuthenticate, nil)
	w.on("TokenGeneration_Authentication", throws("no claims"))
	_, err = w.signIn("alice", right)
	refused(t, err, fault.Lambda, "PreTokenGeneration failed with error no claims.")
	w.on("TokenGeneration_Authentication", nil)
	if _, err := w.signIn("alice", right); err != nil {
		t.Errorf("a refused sign-in left %s locked out: %v", x.Username, err)
	}
	w.on(event.PreSignUpSignUp, throws("names are longer"))
	_, err = w.accounts.SignUp(t.Context(), account.SignUp{Caller: w.caller("al"), Password: right})
	refused(t, err, fault.Lambda, "PreSignUp failed with error names are longer.")
	w.on("CustomMessage_ForgotPassword", throws("no paper"))
	_, err = w.accounts.ForgotPassword(t.Context(), w.caller("alice"))
	refused(t, err, fault.Lambda, "CustomMessage failed with error no paper.")
}

func TestPreSignUpVerifiesOnlyWhatIsThere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.on(event.PreSignUpSignUp, says(map[string]any{"autoConfirmUser": true, "autoVerifyEmail": true, "autoVerifyPhone": true}))
	in := account.SignUp{Caller: w.caller("alice"), Password: right, Attributes: map[string]string{"email": "alice@example.com"}}
	_, err := w.accounts.SignUp(t.Context(), in)
	refused(t, err, fault.LambdaResponse, "PreSignUp set autoVerifyPhone for a user without a phone_number.")
	w.on(event.PreSignUpSignUp, says(map[string]any{"autoConfirmUser": true, "autoVerifyEmail": true, "autoVerifyPhone": false}))
	out, err := w.accounts.SignUp(t.Context(), in)
	w.check(err)
	if !out.Confirmed {
		t.Error("not confirmed")
	}
	// What it says of a user whom an administrator makes is not looked at.
	w.on(event.PreSignUpAdminCreate, says(map[string]any{"autoConfirmUser": true, "autoVerifyEmail": true, "autoVerifyPhone": true}))
	x, err := w.accounts.AdminCreateUser(t.Context(), w.pool, account.Invite{Username: "bob", TemporaryPassword: right})
	w.check(err)
	if x.Status != directory.ForceChangePassword {
		t.Errorf("status %s", x.Status)
	}
}

// claims reads a token of our own without looking at its signature.
func claims(t testing.TB, signed string) map[string]any {
	t.Helper()
	parsed, err := jwt.ParseSigned(signed, []jose.SignatureAlgorithm{jose.RS256})
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]any{}
	if err := parsed.UnsafeClaimsWithoutVerification(&out); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestPreTokenGenerationChangesTokensAsItsVersionAllows(t *testing.T) {
	t.Parallel()
	v1 := map[string]any{"claimsOverrideDetails": map[string]any{
		"claimsToAddOrOverride": map[string]any{"tier": "gold", "sub": "mallory"}, "claimsToSuppress": []string{"email"},
		"groupOverrideDetails": map[string]any{"groupsToOverride": []string{"buyers"}, "iamRolesToOverride": []string{}, "preferredRole": nil},
	}}
	v2 := map[string]any{"claimsAndScopeOverrideDetails": map[string]any{
		"idTokenGeneration": map[string]any{"claimsToAddOrOverride": map[string]any{"tier": map[string]any{"level": 9007199254740993}}},
		"accessTokenGeneration": map[string]any{
			"claimsToAddOrOverride": map[string]any{"operations": []string{"read", "write"}, "client_id": "other"},
			"scopesToAdd":           []string{"orders/read"}, "scopesToSuppress": []string{"aws.cognito.signin.user.admin"},
		},
		"groupOverrideDetails": nil,
	}}
	sign := func(version_ string, response map[string]any) (id, access map[string]any) {
		w := newWorld(t, version(version_))
		x := w.user("alice", directory.Confirmed)
		_, err := w.dir.Groups.Create(t.Context(), directory.GroupSpec{PoolID: poolID, Name: "admins"})
		w.check(err)
		w.check(w.dir.Groups.Add(t.Context(), poolID, "admins", x.ID))
		w.on("TokenGeneration_Authentication", says(response))
		in, err := w.signIn("alice", right)
		w.check(err)
		return claims(t, in.Tokens.ID), claims(t, in.Tokens.Access)
	}
	id, access := sign("V1_0", v1)
	if id["tier"] != "gold" || id["sub"] == "mallory" || id["email"] != nil || access["tier"] != nil {
		t.Errorf("V1_0: %v\n%v", id, access)
	}
	for _, c := range []map[string]any{id, access} {
		if diff := cmp.Diff([]any{"buyers"}, c["cognito:groups"]); diff != "" {
			t.Error(diff)
		}
	}
	for _, v := range []string{"V2_0", "V3_0"} {
		id, access := sign(v, v2)
		if access["scope"] != "orders/read" || access["client_id"] != clientID || !slices.Equal(access["operations"].([]any), []any{"read", "write"}) {
			t.Errorf("%s: %v", v, access)
		}
		if diff := cmp.Diff(map[string]any{"level": float64(9007199254740993)}, id["tier"]); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff([]any{"admins"}, id["cognito:groups"]); diff != "" {
			t.Error(diff)
		}
	}
}

func TestGroupsStayRemovedOrReplaced(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	x := w.user("alice", directory.Confirmed)
	_, err := w.dir.Groups.Create(t.Context(), directory.GroupSpec{PoolID: poolID, Name: "admins"})
	w.check(err)
	w.check(w.dir.Groups.Add(t.Context(), poolID, "admins", x.ID))
	for _, c := range []struct {
		override any
		want     any
	}{
		{nil, []any{"admins"}},
		{map[string]any{"groupsToOverride": nil, "iamRolesToOverride": nil, "preferredRole": nil}, []any{"admins"}}, // a Go handler that never touched it
		{map[string]any{}, nil},
		{map[string]any{"groupsToOverride": []string{}}, nil},
		{map[string]any{"groupsToOverride": []string{"a", "b"}}, []any{"a", "b"}},
	} {
		w.on("TokenGeneration_Authentication", says(map[string]any{"claimsOverrideDetails": map[string]any{"groupOverrideDetails": c.override}}))
		in, err := w.signIn("alice", right)
		w.check(err)
		if diff := cmp.Diff(c.want, claims(t, in.Tokens.Access)["cognito:groups"]); diff != "" {
			t.Errorf("%v: %s", c.override, diff)
		}
	}
}

func TestClientsThatActForThemselvesFireVersion3Only(t *testing.T) {
	t.Parallel()
	response := map[string]any{"claimsAndScopeOverrideDetails": map[string]any{"accessTokenGeneration": map[string]any{
		"claimsToAddOrOverride": map[string]any{"service_id": "billing"}, "scopesToAdd": []string{"orders/write"},
	}}}
	for v, want := range map[string]any{"V2_0": nil, "V3_0": "billing"} {
		w := newWorld(t, version(v))
		w.on(event.TokenClientCredential, says(response))
		set, err := w.minter.IssueMachine(t.Context(), token.MachineGrant{Pool: w.pool, Client: w.client, Scopes: []string{"orders/read"}})
		w.check(err)
		if got := claims(t, set.Access)["service_id"]; got != want {
			t.Errorf("%s: %v", v, got)
		}
	}
}

func TestMoreChangesThanTheQuotaAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.user("alice", directory.Confirmed)
	many := map[string]any{}
	for i := range 5001 {
		many[strings.Repeat("x", 1+i%50)+string(rune('a'+i/50%26))+strings.Repeat("y", i/1300)] = "1"
	}
	drop := make([]string, 5001)
	w.on("TokenGeneration_Authentication", says(map[string]any{"claimsOverrideDetails": map[string]any{"claimsToAddOrOverride": many, "claimsToSuppress": drop}}))
	if _, err := w.signIn("alice", right); !fault.Is(err, fault.Invalid, fault.LambdaResponse) {
		t.Errorf("got %v", err)
	}
}

func TestMigratedUsersKeepTheirPassword(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.on(event.MigrateAtSignIn, func(e map[string]any) (any, error) {
		if e["request"].(map[string]any)["password"] != "weak" {
			return nil, errors.New("the function saw another password")
		}
		return says(map[string]any{
			"userAttributes":  map[string]string{"email": "old@example.com", "email_verified": "true", "username": "old"},
			"finalUserStatus": "CONFIRMED", "messageAction": "SUPPRESS", "forceAliasCreation": false, "enableSMSMFA": false,
		})(e)
	})
	if _, err := w.signIn("old@example.com", "weak"); err != nil { // a password that the policy would refuse
		t.Fatal(err)
	}
	w.on(event.MigrateAtSignIn, throws("asked twice"))
	if _, err := w.signIn("old", "weak"); err != nil {
		t.Errorf("the second sign-in: %v", err)
	}
	if _, err := w.signIn("old", "wrong"); !fault.Is(err, fault.Denied, "") {
		t.Errorf("another password: %v", err)
	}
}

func TestMigrationSaysNoMoreThanTheClientMayKnow(t *testing.T) {
	t.Parallel()
	open, closed := newWorld(t), newWorld(t, hides)
	for _, w := range []*world{open, closed} {
		w.on(event.MigrateAtSignIn, throws("wrong password in the old system"))
	}
	_, err := open.signIn("old", "x")
	refused(t, err, fault.User, "Exception migrating user in app client "+clientID)
	_, err = closed.signIn("old", "x")
	refused(t, err, "", "Incorrect username or password.")
	for status, want := range map[string]fault.Kind{"": fault.ResetRequired, "RESET_REQUIRED": fault.ResetRequired, "ARCHIVED": fault.Invalid} {
		w := newWorld(t)
		w.on(event.MigrateAtSignIn, says(map[string]any{"userAttributes": map[string]string{"email": "old@example.com"}, "finalUserStatus": status}))
		if _, err := w.signIn("old", right); !fault.Is(err, want, "") {
			t.Errorf("%s: %v", status, err)
		}
	}
}

func TestGuessesAtAnotherSystemsPasswordsAreLimited(t *testing.T) {
	t.Parallel()
	for _, options := range [][]option{nil, {hides}} {
		w := newWorld(t, options...)
		asked := 0
		w.on(event.MigrateAtSignIn, func(map[string]any) (any, error) {
			asked++
			return throws("wrong")(nil)
		})
		for range 20 {
			_, _ = w.signIn("old", "guess")
		}
		if asked != 5 {
			t.Errorf("%d guesses reached the function", asked)
		}
	}
}

func TestCustomMessageWordsTheMessage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.user("alice", directory.Confirmed)
	newest := func() message.Message { return w.box.List(mailbox.Query{Limit: 1})[0].Message }
	forgot := func(response map[string]any) error {
		w.on("CustomMessage_ForgotPassword", says(response))
		_, err := w.accounts.ForgotPassword(t.Context(), w.caller("alice"))
		return err
	}
	w.check(forgot(map[string]any{"emailMessage": "<b>{####}</b> for {username}", "emailSubject": "Reset", "smsMessage": nil}))
	if m := newest(); m.Subject != "Reset" || m.Body != "<b>"+m.Code+"</b> for alice" {
		t.Errorf("got %q %q", m.Subject, m.Body)
	}
	w.check(forgot(map[string]any{"emailMessage": "", "emailSubject": "Only this", "smsMessage": ""}))
	if m := newest(); m.Subject != "Only this" || m.Body != "Your verification code is "+m.Code+". " {
		t.Errorf("got %q %q", m.Subject, m.Body)
	}
	before := len(w.box.List(mailbox.Query{}))
	refused(t, forgot(map[string]any{"emailMessage": "no code"}), fault.LambdaResponse, "CustomMessage left out the code parameter {####}.")
	refused(t, forgot(map[string]any{"emailMessage": strings.Repeat("x", 20000) + "{####}"}), fault.LambdaResponse, "CustomMessage wrote more than 20000 characters.")
	refused(t, forgot(map[string]any{"emailSubject": strings.Repeat("x", 141)}), fault.LambdaResponse, "CustomMessage wrote a subject of more than 140 characters.")
	w.on("CustomMessage_AdminCreateUser", says(map[string]any{"smsMessage": "{####}"}))
	_, err := w.accounts.AdminCreateUser(t.Context(), w.pool, account.Invite{
		Username: "bob", TemporaryPassword: right, Attributes: map[string]string{"phone_number": "+15555550111"},
	})
	refused(t, err, fault.LambdaResponse, "CustomMessage left out the username parameter {username}.")
	if after := len(w.box.List(mailbox.Query{})); after != before {
		t.Error("a refused message was sent")
	}
}

func TestCustomSendersTakeTheCodeAndNothingElseIsSent(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sends)
	got := make(chan map[string]any, 2)
	w.on("CustomEmailSender_ForgotPassword", func(e map[string]any) (any, error) {
		got <- e["request"].(map[string]any)
		return nil, nil // senders return nothing
	})
	w.user("alice", directory.Confirmed)
	_, err := w.accounts.ForgotPassword(t.Context(), w.caller("alice"))
	w.check(err)
	w.outbox.Wait()
	request := <-got
	if request["type"] != event.EmailSenderRequest || len(request["code"].(string)) != 8 { // base64 of six digits
		t.Errorf("got %v", request)
	}
	if n := len(w.box.List(mailbox.Query{})); n != 0 || len(w.failed) != 0 {
		t.Errorf("%d messages were sent besides; %v", n, w.failed)
	}
}
