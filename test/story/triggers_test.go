package story

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cognate.dev/cognate/internal/password/srp"
)

// TestEveryTriggerFiresWhenCognitoFiresIt walks through the operations against the real binary, with a receiver behind
// every member of LambdaConfig, and compares what was fired with Cognito's table. Codes are opened by AWS's own Encryption
// SDK, as the documents tell, and used.
func TestEveryTriggerFiresWhenCognitoFiresIt(t *testing.T) {
	t.Parallel()
	need(t, "node")
	if _, err := os.Stat("../clients/node_modules/@aws-crypto/decrypt-node"); err != nil {
		absent(t, "AWS's Encryption SDK")
	}
	w := newFired(t)
	w.answer("DefineAuthChallenge", func(e map[string]any) {
		steps := e["request"].(map[string]any)["session"].([]any)
		e["response"] = map[string]any{"challengeName": "CUSTOM_CHALLENGE", "issueTokens": len(steps) > 0, "failAuthentication": false}
	})
	w.answer("CreateAuthChallenge", func(e map[string]any) {
		e["response"] = map[string]any{"publicChallengeParameters": map[string]any{"riddle": "?"}, "privateChallengeParameters": map[string]any{}}
	})
	w.answer("VerifyAuthChallengeResponse", func(e map[string]any) { e["response"] = map[string]any{"answerCorrect": true} })
	w.answer("UserMigration", func(e map[string]any) {
		name := e["userName"].(string)
		e["response"] = map[string]any{
			"userAttributes":  map[string]any{"email": name + "@example.com", "email_verified": "true"},
			"finalUserStatus": "CONFIRMED", "messageAction": "SUPPRESS",
		}
	})

	w.do("SignUp", `"ClientId":CLIENT,"Username":"alice","Password":"Correct-Horse1","UserAttributes":[{"Name":"email","Value":"alice@example.com"}]`)
	w.fired("PreSignUp_SignUp", "CustomMessage_SignUp", "CustomEmailSender_SignUp")
	w.do("ResendConfirmationCode", `"ClientId":CLIENT,"Username":"alice"`)
	code := w.opened(w.fired("CustomMessage_ResendCode", "CustomEmailSender_ResendCode"))
	w.do("ConfirmSignUp", `"ClientId":CLIENT,"Username":"alice","ConfirmationCode":"`+code+`"`)
	w.fired("PostConfirmation_ConfirmSignUp")

	signIn := []string{"PreAuthentication_Authentication", "PostAuthentication_Authentication", "TokenGeneration_Authentication"}
	in := w.signIn("alice", "Correct-Horse1", "")
	w.fired(signIn...)
	refresh := w.text(in, "AuthenticationResult.RefreshToken")
	w.do("InitiateAuth", `"ClientId":CLIENT,"AuthFlow":"REFRESH_TOKEN_AUTH","AuthParameters":{"REFRESH_TOKEN":"`+refresh+`"}`)
	w.fired("TokenGeneration_RefreshTokens")
	w.do("GetTokensFromRefreshToken", `"ClientId":CLIENT,"RefreshToken":"`+refresh+`"`)
	w.fired("TokenGeneration_Authentication")
	w.do("ForgotPassword", `"ClientId":CLIENT,"Username":"alice"`)
	code = w.opened(w.fired("CustomMessage_ForgotPassword", "CustomEmailSender_ForgotPassword"))
	w.do("ConfirmForgotPassword", `"ClientId":CLIENT,"Username":"alice","ConfirmationCode":"`+code+`","Password":"Correct-Horse2"`)
	w.fired("PostConfirmation_ConfirmForgotPassword")
	w.do("AdminResetUserPassword", `"UserPoolId":POOL,"Username":"alice"`)
	code = w.opened(w.fired("CustomMessage_ForgotPassword", "CustomEmailSender_ForgotPassword"))
	w.do("ConfirmForgotPassword", `"ClientId":CLIENT,"Username":"alice","ConfirmationCode":"`+code+`","Password":"Correct-Horse3"`)
	w.fired("PostConfirmation_ConfirmForgotPassword")

	in = w.signIn("alice", "Correct-Horse3", "")
	w.fired(signIn...)
	access := w.text(in, "AuthenticationResult.AccessToken")
	w.do("UpdateUserAttributes", `"AccessToken":"`+access+`","UserAttributes":[{"Name":"email","Value":"alice2@example.com"}]`)
	code = w.opened(w.fired("CustomMessage_UpdateUserAttribute", "CustomEmailSender_UpdateUserAttribute"))
	w.do("VerifyUserAttribute", `"AccessToken":"`+access+`","AttributeName":"email","Code":"`+code+`"`)
	w.do("GetUserAttributeVerificationCode", `"AccessToken":"`+access+`","AttributeName":"phone_number"`, "phone")
	w.do("AdminUpdateUserAttributes", `"UserPoolId":POOL,"Username":"alice","UserAttributes":[{"Name":"phone_number","Value":"+15555550100"}]`)
	w.fired("CustomMessage_UpdateUserAttribute", "CustomSMSSender_UpdateUserAttribute")
	w.do("GetUserAttributeVerificationCode", `"AccessToken":"`+access+`","AttributeName":"phone_number"`)
	code = w.opened(w.fired("CustomMessage_VerifyUserAttribute", "CustomSMSSender_VerifyUserAttribute"))
	w.do("VerifyUserAttribute", `"AccessToken":"`+access+`","AttributeName":"phone_number","Code":"`+code+`"`)
	w.fired()

	w.do("AdminCreateUser", `"UserPoolId":POOL,"Username":"bob","DesiredDeliveryMediums":["EMAIL"],"UserAttributes":[{"Name":"email","Value":"bob@example.com"}]`)
	word := w.opened(w.fired("PreSignUp_AdminCreateUser", "CustomMessage_AdminCreateUser", "CustomEmailSender_AdminCreateUser"))
	in = w.signIn("bob", word, "")
	w.fired("PreAuthentication_Authentication")
	w.do("RespondToAuthChallenge", `"ClientId":CLIENT,"ChallengeName":"NEW_PASSWORD_REQUIRED","Session":"`+w.text(in, "Session")+
		`","ChallengeResponses":{"USERNAME":"bob","NEW_PASSWORD":"Correct-Horse4"}`)
	w.fired("PostAuthentication_Authentication", "TokenGeneration_NewPasswordChallenge")
	w.do("AdminCreateUser", `"UserPoolId":POOL,"Username":"carol","DesiredDeliveryMediums":["SMS"],"UserAttributes":[{"Name":"phone_number","Value":"+15555550101"}]`)
	w.fired("PreSignUp_AdminCreateUser", "CustomMessage_AdminCreateUser", "CustomSMSSender_AdminCreateUser")
	w.do("AdminSetUserPassword", `"UserPoolId":POOL,"Username":"carol","Password":"Correct-Horse5","Permanent":true`)
	w.do("AdminDisableUser", `"UserPoolId":POOL,"Username":"carol"`)
	w.do("AdminEnableUser", `"UserPoolId":POOL,"Username":"carol"`)
	w.fired()

	w.signIn("dave", "Correct-Horse6", "")
	w.fired(append([]string{"UserMigration_Authentication"}, signIn...)...)
	w.do("ForgotPassword", `"ClientId":CLIENT,"Username":"erin"`)
	w.fired("UserMigration_ForgotPassword", "CustomMessage_ForgotPassword", "CustomEmailSender_ForgotPassword")

	in = w.do("InitiateAuth", `"ClientId":CLIENT,"AuthFlow":"CUSTOM_AUTH","AuthParameters":{"USERNAME":"alice"}`)
	w.fired("PreAuthentication_Authentication", "DefineAuthChallenge_Authentication", "CreateAuthChallenge_Authentication")
	w.do("RespondToAuthChallenge", `"ClientId":CLIENT,"ChallengeName":"CUSTOM_CHALLENGE","Session":"`+w.text(in, "Session")+`","ChallengeResponses":{"USERNAME":"alice","ANSWER":"!"}`)
	w.fired("VerifyAuthChallengeResponse_Authentication", "DefineAuthChallenge_Authentication", "PostAuthentication_Authentication", "TokenGeneration_Authentication")

	w.do("SetUserMFAPreference", `"AccessToken":"`+access+`","SMSMfaSettings":{"Enabled":true,"PreferredMfa":true}`)
	in = w.signIn("alice", "Correct-Horse3", "")
	code = w.opened(w.fired("PreAuthentication_Authentication", "CustomMessage_Authentication", "CustomSMSSender_Authentication"))
	w.do("RespondToAuthChallenge", `"ClientId":CLIENT,"ChallengeName":"SMS_MFA","Session":"`+w.text(in, "Session")+`","ChallengeResponses":{"USERNAME":"alice","SMS_MFA_CODE":"`+code+`"}`)
	w.fired("PostAuthentication_Authentication", "TokenGeneration_Authentication")

	w.walkDevice()
	w.walkPages()
	w.walkTakeover()
	w.walkProvider()
}

// walkDevice signs bob in with a device that was confirmed.
func (w *fired) walkDevice() {
	w.t.Helper()
	w.do("UpdateUserPool", w.settings+`,"DeviceConfiguration":{"DeviceOnlyRememberedOnUserPrompt":false}`)
	in := w.signIn("bob", "Correct-Horse4", "")
	w.fired("PreAuthentication_Authentication", "PostAuthentication_Authentication", "TokenGeneration_Authentication")
	key, group := w.text(in, "AuthenticationResult.NewDeviceMetadata.DeviceKey"), w.text(in, "AuthenticationResult.NewDeviceMetadata.DeviceGroupKey")
	const secret = "secret of a device"
	salt := srp.NewSalt()
	verifier, err := json.Marshal(map[string][]byte{"PasswordVerifier": srp.Verifier(group, key, secret, salt), "Salt": salt})
	if err != nil {
		w.t.Fatal(err)
	}
	w.do("ConfirmDevice", `"AccessToken":"`+w.text(in, "AuthenticationResult.AccessToken")+`","DeviceKey":"`+key+`","DeviceSecretVerifierConfig":`+string(verifier))
	w.signIn("bob", "Correct-Horse4", `,"DEVICE_KEY":"`+key+`"`)
	client := srp.NewClient()
	in = w.do("RespondToAuthChallenge", fmt.Sprintf(`"ClientId":CLIENT,"ChallengeName":"DEVICE_SRP_AUTH","ChallengeResponses":{"USERNAME":"bob","DEVICE_KEY":%q,"SRP_A":%q}`, key, client.PublicA()))
	claim, err := client.Sign(srp.Challenge{
		PoolName: group, UserID: key, Salt: w.text(in, "ChallengeParameters.SALT"),
		PublicB: w.text(in, "ChallengeParameters.SRP_B"), SecretBlock: w.text(in, "ChallengeParameters.SECRET_BLOCK"),
	}, secret, time.Now())
	if err != nil {
		w.t.Fatal(err)
	}
	w.do("RespondToAuthChallenge", fmt.Sprintf(`"ClientId":CLIENT,"ChallengeName":"DEVICE_PASSWORD_VERIFIER","ChallengeResponses":{"USERNAME":"bob","DEVICE_KEY":%q,
		"PASSWORD_CLAIM_SECRET_BLOCK":%q,"PASSWORD_CLAIM_SIGNATURE":%q,"TIMESTAMP":%q}`, key, w.text(in, "ChallengeParameters.SECRET_BLOCK"), claim.Signature, claim.Timestamp))
	w.fired("PreAuthentication_Authentication", "PostAuthentication_Authentication", "TokenGeneration_AuthenticateDevice")
	w.do("UpdateUserPool", w.settings)
}

var hidden = regexp.MustCompile(`name="([^"]+)"[^>]*value="([^"]*)"|type="hidden"[^>]*name="([^"]+)"[^>]*value="([^"]*)"`)

// walkPages signs bob in on the page and exchanges the code, and lets a machine fetch a token.
func (w *fired) walkPages() {
	w.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		w.t.Fatal(err)
	}
	browser := &http.Client{Jar: jar, CheckRedirect: func(r *http.Request, _ []*http.Request) error {
		if r.URL.Host == "app.example.com" {
			return http.ErrUseLastResponse
		}
		return nil
	}}
	home := w.cognito + "/" + w.pool
	page := w.read(browser.Get(home + "/oauth2/authorize?" + url.Values{
		"client_id": {w.client}, "response_type": {"code"}, "redirect_uri": {"https://app.example.com/cb"}, "scope": {"openid"},
	}.Encode()))
	form := filled(page, url.Values{"username": {"bob"}, "password": {"Correct-Horse4"}})
	sent := w.read(browser.PostForm(page.at, form))
	to, err := url.Parse(sent.location)
	if err != nil || to.Query().Get("code") == "" {
		w.t.Fatalf("the browser was sent to %q\n%s", sent.location, sent.body)
	}
	w.fired("PreAuthentication_Authentication", "PostAuthentication_Authentication")
	token := w.read(browser.PostForm(home+"/oauth2/token", url.Values{
		"grant_type": {"authorization_code"}, "client_id": {w.client}, "code": {to.Query().Get("code")}, "redirect_uri": {"https://app.example.com/cb"},
	}))
	w.fired("TokenGeneration_HostedAuth")
	var got map[string]any
	if err := json.Unmarshal([]byte(token.body), &got); err != nil || got["refresh_token"] == nil {
		w.t.Fatal(err, token.body)
	}
	w.read(browser.PostForm(home+"/oauth2/token", url.Values{"grant_type": {"refresh_token"}, "client_id": {w.client}, "refresh_token": {got["refresh_token"].(string)}}))
	w.fired("TokenGeneration_RefreshTokens")

	w.do("CreateResourceServer", `"UserPoolId":POOL,"Identifier":"orders","Name":"orders","Scopes":[{"ScopeName":"read","ScopeDescription":"read"}]`)
	machine := w.do("CreateUserPoolClient", `"UserPoolId":POOL,"ClientName":"machine","GenerateSecret":true,"AllowedOAuthFlowsUserPoolClient":true,
		"AllowedOAuthFlows":["client_credentials"],"AllowedOAuthScopes":["orders/read"]`)
	w.read(browser.PostForm(home+"/oauth2/token", url.Values{
		"grant_type": {"client_credentials"}, "client_id": {w.text(machine, "UserPoolClient.ClientId")}, "client_secret": {w.text(machine, "UserPoolClient.ClientSecret")},
	}))
	w.fired("TokenGeneration_ClientCredentials")
}

// walkTakeover lets bob sign in from elsewhere, which threat protection tells him of.
func (w *fired) walkTakeover() {
	w.t.Helper()
	w.do("UpdateUserPool", w.settings+`,"UserPoolTier":"PLUS","UserPoolAddOns":{"AdvancedSecurityMode":"ENFORCED"}`)
	w.do("SetRiskConfiguration", `"UserPoolId":POOL,"AccountTakeoverRiskConfiguration":{"NotifyConfiguration":{"SourceArn":"arn:aws:ses:us-east-1:000000000000:identity/example.com"},
		"Actions":{"LowAction":{"Notify":true,"EventAction":"NO_ACTION"},"MediumAction":{"Notify":true,"EventAction":"NO_ACTION"},"HighAction":{"Notify":true,"EventAction":"NO_ACTION"}}}`)
	w.do("AdminUpdateUserAttributes", `"UserPoolId":POOL,"Username":"bob","UserAttributes":[{"Name":"email","Value":"bob@example.com"},{"Name":"email_verified","Value":"true"}]`)
	from := func(address string) {
		w.do("AdminInitiateAuth", `"UserPoolId":POOL,"ClientId":CLIENT,"AuthFlow":"ADMIN_USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"bob","PASSWORD":"Correct-Horse4"},
			"ContextData":{"IpAddress":"`+address+`","ServerName":"app.example.com","ServerPath":"/","HttpHeaders":[],"EncodedData":"device of `+address+`"}`)
	}
	from("192.0.2.1")
	w.fired("PreAuthentication_Authentication", "PostAuthentication_Authentication", "TokenGeneration_Authentication")
	from("198.51.100.1")
	warned := w.fired("PreAuthentication_Authentication", "PostAuthentication_Authentication", "TokenGeneration_Authentication", "CustomEmailSender_AccountTakeOverNotification")
	if text := w.opened(warned); !strings.Contains(text, "198.51.100.1") || !strings.Contains(text, "value=Invalid") {
		w.t.Errorf("the warning says %q", text)
	}
}

// fired is a server whose pool leads every trigger to this test.
type fired struct {
	*server
	t                      *testing.T
	pool, client, settings string
	events                 chan map[string]any
	functions              map[string]func(event map[string]any)
}

const codesKey = "arn:aws:kms:us-east-1:000000000000:key/codes"

// newFired starts the server, and makes a pool with every trigger and a client that may do everything.
func newFired(t *testing.T) *fired {
	t.Helper()
	w := &fired{t: t, events: make(chan map[string]any, 100), functions: map[string]func(map[string]any){}}
	receiver := httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		var e map[string]any
		if err := json.NewDecoder(r.Body).Decode(&e); err != nil {
			http.Error(out, err.Error(), http.StatusInternalServerError)
			return
		}
		trigger, _, _ := strings.Cut(e["triggerSource"].(string), "_")
		if f := w.functions[trigger]; f != nil {
			f(e)
		}
		w.events <- e
		if thrown, is := e["throw"]; is {
			out.WriteHeader(http.StatusUnprocessableEntity)
			_ = json.NewEncoder(out).Encode(map[string]any{"errorType": "Error", "errorMessage": thrown})
			return
		}
		_ = json.NewEncoder(out).Encode(e)
	}))
	t.Cleanup(receiver.Close)
	dir := t.TempDir()
	for name, text := range map[string]string{
		"codes.key": "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
		"cognate.yaml": fmt.Sprintf("triggers:\n  - arn: \"*\"\n    timeout: 1m\n    webhook: {url: %q, secret: secret-of-the-receivers-of-events}\ncode_keys:\n  - kms_key: %s\n    file: %s\n",
			receiver.URL, codesKey, filepath.Join(dir, "codes.key")),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	w.server = serve(t, "dev", "--config", filepath.Join(dir, "cognate.yaml"))
	const at = `"arn:aws:lambda:us-east-1:000000000000:function:hook"`
	lambda := `"KMSKeyID":"` + codesKey + `","PreTokenGenerationConfig":{"LambdaVersion":"V3_0","LambdaArn":` + at + `}`
	for _, name := range []string{"PreSignUp", "PostConfirmation", "PreAuthentication", "PostAuthentication", "UserMigration", "CustomMessage",
		"DefineAuthChallenge", "CreateAuthChallenge", "VerifyAuthChallengeResponse"} {
		lambda += `,"` + name + `":` + at
	}
	for _, name := range []string{"CustomEmailSender", "CustomSMSSender", "InboundFederation"} {
		lambda += `,"` + name + `":{"LambdaVersion":"V1_0","LambdaArn":` + at + `}`
	}
	settings := `"AutoVerifiedAttributes":["email","phone_number"],"MfaConfiguration":"OPTIONAL","LambdaConfig":{` + lambda + `},
		"SmsConfiguration":{"SnsCallerArn":"arn:aws:iam::000000000000:role/sms"}`
	w.pool = w.text(w.do("CreateUserPool", `"PoolName":"fired",`+settings), "UserPool.Id")
	w.settings = `"UserPoolId":POOL,` + settings
	w.client = w.text(w.do("CreateUserPoolClient", `"UserPoolId":POOL,"ClientName":"app","AllowedOAuthFlowsUserPoolClient":true,"AllowedOAuthFlows":["code"],
		"AllowedOAuthScopes":["openid","aws.cognito.signin.user.admin"],"CallbackURLs":["https://app.example.com/cb"],"SupportedIdentityProviders":["COGNITO"],
		"ExplicitAuthFlows":["ALLOW_USER_PASSWORD_AUTH","ALLOW_ADMIN_USER_PASSWORD_AUTH","ALLOW_REFRESH_TOKEN_AUTH","ALLOW_CUSTOM_AUTH"]`), "UserPoolClient.ClientId")
	return w
}

// answer sets what a trigger's function does to its event. What it puts under "throw" is thrown.
func (w *fired) answer(trigger string, f func(map[string]any)) { w.functions[trigger] = f }

// do calls an operation, which must succeed unless the last word names a member that its refusal speaks of.
func (w *fired) do(operation, members string, refused ...string) answer {
	w.t.Helper()
	members = strings.NewReplacer(":POOL", `:"`+w.pool+`"`, ":CLIENT", `:"`+w.client+`"`).Replace(members)
	got, err := w.call(soon(w.t), operation, "{"+members+"}")
	if err != nil {
		w.t.Fatal(err)
	}
	if (got.status == http.StatusOK) != (len(refused) == 0) {
		w.t.Fatalf("%s: %d %s", operation, got.status, got.raw)
	}
	return got
}

func (w *fired) signIn(name, word, more string) answer {
	w.t.Helper()
	return w.do("InitiateAuth", fmt.Sprintf(`"ClientId":CLIENT,"AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":%q,"PASSWORD":%q%s}`, name, word, more))
}

func (w *fired) text(a answer, path string) string {
	w.t.Helper()
	out, err := a.at(path)
	if err != nil {
		w.t.Fatal(err)
	}
	return out
}

// fired fails unless exactly these sources were fired since it was asked last, and gives the event of the last of them. Nobody waits for
// custom senders, so they may come late.
func (w *fired) fired(want ...string) (last map[string]any) {
	w.t.Helper()
	var got []string
	for len(got) < len(want) {
		select {
		case e := <-w.events:
			got = append(got, e["triggerSource"].(string))
			if got[len(got)-1] == want[len(want)-1] {
				last = e
			}
		case <-soon(w.t).Done():
			w.t.Fatalf("fired %v, and not all of %v", got, want)
		}
	}
	for len(w.events) > 0 {
		got = append(got, (<-w.events)["triggerSource"].(string))
	}
	late := func(a, b string) int { return len(sender.FindString(a)) - len(sender.FindString(b)) }
	slices.SortStableFunc(got, late)
	if diff := cmp.Diff(want, got); diff != "" {
		w.t.Errorf("other triggers than Cognito's (-) were fired (+):\n%s", diff)
	}
	return last
}

var sender = regexp.MustCompile(`^Custom(?:Email|SMS)Sender`)

// opened decrypts the code of a custom sender's event with AWS's Encryption SDK, by the words of docs/triggers.md.
func (w *fired) opened(e map[string]any) string {
	w.t.Helper()
	raw, err := os.ReadFile("../../docs/triggers.md")
	if err != nil {
		w.t.Fatal(err)
	}
	_, shown, found := strings.Cut(string(raw), "```js\nconst { buildDecrypt }")
	shown, _, ended := strings.Cut(shown, "\n```")
	if !found || !ended {
		w.t.Fatal("docs/triggers.md no longer shows how a code is opened")
	}
	dir := w.t.TempDir()
	event, err := json.Marshal(e)
	if err != nil {
		w.t.Fatal(err)
	}
	for name, text := range map[string]string{
		"codes.key": "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n", "event.json": string(event),
		"open.js": "const { buildDecrypt }" + shown + "\nexports.open(require('./event.json')).then((code) => process.stdout.write(code))\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			w.t.Fatal(err)
		}
	}
	modules, err := filepath.Abs("../clients/node_modules")
	if err != nil {
		w.t.Fatal(err)
	}
	cmd := exec.CommandContext(soon(w.t), "node", "open.js")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "NODE_PATH="+modules, "KMS_KEY="+codesKey, "CODE_KEY="+filepath.Join(dir, "codes.key"))
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		w.t.Fatalf("%v\n%s", err, stderr.String())
	}
	return string(out)
}

// page is what a browser got, and where.
type page struct{ at, body, location string }

func (w *fired) read(res *http.Response, err error) page {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode >= http.StatusBadRequest {
		w.t.Fatal(err, res.Status, string(raw))
	}
	return page{res.Request.URL.String(), string(raw), res.Header.Get("Location")}
}
