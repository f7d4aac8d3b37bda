package cognitoidp_test

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

	"cognate.dev/cognate/internal/message/mailbox"
	"cognate.dev/cognate/internal/password/srp"
)

var updateChallenges = flag.Bool("update-challenges", false, "write testdata/challenges.txt anew; read what changed before you keep it")

// TestEverySignInAsksWhatTheTableSays signs in every kind of user, of every kind of pool, through either kind of client, by
// every flow. Each row of testdata/challenges.txt is one of them: what is asked, in order, and how it ends.
func TestEverySignInAsksWhatTheTableSays(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("hundreds of sign-ins")
	}
	const file = "testdata/challenges.txt"
	header := "# pool | client | user | flow | what is asked, and how it ends. Written by -update-challenges, kept by readers.\n"
	kinds := append(tablePools, morePools()...)
	sections := make([]string, len(kinds))
	t.Run("pools", func(t *testing.T) {
		for i, p := range kinds {
			t.Run(p.name, func(t *testing.T) {
				t.Parallel()
				sections[i] = newSignInTable(t, p).rows()
			})
		}
	})
	got := []byte(header + strings.Join(sections, ""))
	if *updateChallenges {
		if err := os.WriteFile(file, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(want, got) {
		t.Errorf("%s (-want +got):\n%s", file, cmp.Diff(strings.Split(string(want), "\n"), strings.Split(string(got), "\n")))
	}
}

// tablePool is a kind of pool: what it lets come first, and which second factors it has.
type tablePool struct {
	name       string
	mode       types.UserPoolMfaType
	app, email bool
	first      []types.AuthFactorType
	more       moreOfPool
}

var tablePools = []tablePool{
	{name: "off", mode: "OFF"},
	{name: "codes first", mode: "OFF", first: []types.AuthFactorType{"PASSWORD", "EMAIL_OTP"}},
	{name: "optional", mode: "OPTIONAL", app: true, email: true, first: []types.AuthFactorType{"PASSWORD", "EMAIL_OTP"}},
	{name: "required, app", mode: "ON", app: true},
	{name: "required, either", mode: "ON", app: true, email: true},
}

// The kinds of users, and those that need an authenticator app.
var tableUsers = []string{"nobody", "unconfirmed", "disabled", "reset", "temporary", "stale", "confirmed", "app", "either"}

// tableFlows is every way to begin. "wrong" gives a wrong password.
var tableFlows = []string{
	"USER_PASSWORD_AUTH", "USER_PASSWORD_AUTH wrong", "ADMIN_USER_PASSWORD_AUTH", "USER_SRP_AUTH", "USER_SRP_AUTH wrong",
	"USER_AUTH", "USER_AUTH PASSWORD", "USER_AUTH PASSWORD wrong", "USER_AUTH PASSWORD_SRP", "USER_AUTH EMAIL_OTP",
}

// signInTable is the world of one kind of pool.
type signInTable struct {
	*world
	kind    tablePool
	pool    *string
	clients map[string]*string
	made    int
	secrets map[string]*string // of authenticator apps, by username
	owned   map[string]owned   // by username
}

func newSignInTable(t *testing.T, kind tablePool) *signInTable {
	w := newWorld(t, codes, func(o *options) { o.custom = kind.more.custom })
	x := &signInTable{world: w, kind: kind, clients: map[string]*string{}, secrets: map[string]*string{}, owned: map[string]owned{}}
	x.pool = w.pool(func(in *sdk.CreateUserPoolInput) {
		in.DeviceConfiguration = kind.more.devices
		if kind.first != nil {
			in.Policies = &types.UserPoolPolicyType{SignInPolicy: &types.SignInPolicyType{AllowedFirstAuthFactors: kind.first}}
		}
	})
	for name, hide := range map[string]types.PreventUserExistenceErrorTypes{"plain": "LEGACY", "hiding": "ENABLED"} {
		x.clients[name] = w.client(x.pool, func(in *sdk.CreateUserPoolClientInput) {
			in.PreventUserExistenceErrors = hide
			in.ExplicitAuthFlows = append(in.ExplicitAuthFlows, "ALLOW_USER_AUTH", "ALLOW_CUSTOM_AUTH")
		})
	}
	in := &sdk.SetUserPoolMfaConfigInput{UserPoolId: x.pool, MfaConfiguration: kind.mode}
	if kind.app {
		in.SoftwareTokenMfaConfiguration = &types.SoftwareTokenMfaConfigType{Enabled: true}
	}
	if kind.email {
		in.EmailMfaConfiguration = &types.EmailMfaConfigType{}
	}
	if kind.more.sms {
		in.SmsMfaConfiguration = &types.SmsMfaConfigType{SmsConfiguration: &types.SmsConfigurationType{SnsCallerArn: new("arn:aws:iam::123456789012:role/sms")}}
	}
	in.WebAuthnConfiguration = kind.more.passkeys
	_, err := w.SetUserPoolMfaConfig(t.Context(), in)
	w.check(err)
	return x
}

func (x *signInTable) rows() string {
	var out strings.Builder
	for _, client := range []string{"plain", "hiding"} {
		users, flows := tableUsers, tableFlows
		if kind := x.kind.more; kind.users != nil {
			users, flows = kind.users, kind.flows
		}
		for _, user := range users {
			if user == "app" && !x.kind.app || user == "either" && !(x.kind.app && x.kind.email) {
				continue
			}
			for _, flow := range flows {
				name := x.user(user)
				fmt.Fprintf(&out, "%s | %s | %s | %s | %s\n", x.kind.name, client, user, flow, strings.Join(x.signs(x.clients[client], name, flow), ", "))
			}
		}
	}
	return out.String()
}

const otherPass = "Another-horse-8"

// user makes a user of a kind, new for each row, and gives the name.
func (x *signInTable) user(kind string) string {
	x.t.Helper()
	x.made++
	name := fmt.Sprintf("user%d", x.made)
	switch kind {
	case "nobody":
		return name
	case "unconfirmed":
		_, err := x.SignUp(x.t.Context(), &sdk.SignUpInput{ClientId: x.clients["plain"], Username: &name, Password: new(goodPass),
			UserAttributes: pairs("email", name+"@example.com")})
		x.check(err)
		return name
	}
	x.person(x.pool, name, "email", name+"@example.com", "email_verified", "true")
	var err error
	switch kind {
	case "disabled":
		_, err = x.AdminDisableUser(x.t.Context(), &sdk.AdminDisableUserInput{UserPoolId: x.pool, Username: &name})
	case "reset":
		_, err = x.AdminResetUserPassword(x.t.Context(), &sdk.AdminResetUserPasswordInput{UserPoolId: x.pool, Username: &name})
	case "temporary", "stale":
		_, err = x.AdminSetUserPassword(x.t.Context(), &sdk.AdminSetUserPasswordInput{UserPoolId: x.pool, Username: &name, Password: new(goodPass)})
		if kind == "stale" {
			x.now.Advance(8 * 24 * time.Hour)
		}
	case "app", "either":
		x.register(name)
		in := &sdk.AdminSetUserMFAPreferenceInput{UserPoolId: x.pool, Username: &name,
			SoftwareTokenMfaSettings: &types.SoftwareTokenMfaSettingsType{Enabled: true, PreferredMfa: kind == "app"}}
		if kind == "either" {
			in.EmailMfaSettings = &types.EmailMfaSettingsType{Enabled: true}
		}
		_, err = x.AdminSetUserMFAPreference(x.t.Context(), in)
	default:
		x.equip(kind, name)
	}
	x.check(err)
	x.now.Advance(time.Minute) // a code of an app works once
	return name
}

// register gives a user an authenticator app.
func (x *signInTable) register(name string) {
	x.t.Helper()
	s := &signingIn{signInTable: x, client: x.clients["plain"], name: name, pass: goodPass}
	s.begin("USER_PASSWORD_AUTH")
	if x.secrets[name] != nil { // it was set up on the way
		return
	}
	made, err := x.AssociateSoftwareToken(x.t.Context(), &sdk.AssociateSoftwareTokenInput{AccessToken: s.tokens.AccessToken})
	x.check(err)
	_, err = x.VerifySoftwareToken(x.t.Context(), &sdk.VerifySoftwareTokenInput{AccessToken: s.tokens.AccessToken, UserCode: x.app(made.SecretCode, 0)})
	x.check(err)
	x.secrets[name] = made.SecretCode
}

// signs tells what a sign-in is asked, in order, and how it ends.
func (x *signInTable) signs(client *string, name, flow string) []string {
	s := &signingIn{signInTable: x, client: client, name: name, pass: goodPass}
	flow, s.twist, _ = strings.Cut(flow, ", ")
	if strings.HasSuffix(flow, " wrong") {
		s.pass = "Wrong-horse-9"
	}
	s.begin(strings.TrimSuffix(flow, " wrong"))
	return s.said
}

// signingIn is a sign-in that answers everything as its user would.
type signingIn struct {
	*signInTable
	client     *string
	name, pass string
	twist      string // what is not as usual; see challenges_more_test.go
	srp        *srp.Client
	said       []string
	tokens     *types.AuthenticationResultType
}

func (s *signingIn) begin(flow string) {
	flow, preferred, _ := strings.Cut(flow, " ")
	s.srp = srp.NewClient()
	in := map[string]string{"USERNAME": s.name}
	if s.refreshes(flow) {
		return
	}
	s.twistStart(in)
	switch {
	case flow == "CUSTOM_AUTH":
	case flow == "USER_SRP_AUTH", preferred == "PASSWORD_SRP":
		in["SRP_A"] = s.srp.PublicA()
	case flow != "USER_AUTH", preferred == "PASSWORD":
		in["PASSWORD"] = s.pass
	}
	if preferred != "" {
		in["PREFERRED_CHALLENGE"] = preferred
	}
	if strings.HasPrefix(flow, "ADMIN_") {
		out, err := s.AdminInitiateAuth(s.t.Context(), &sdk.AdminInitiateAuthInput{UserPoolId: s.pool, ClientId: s.client, AuthFlow: types.AuthFlowType(flow), AuthParameters: in})
		if out == nil {
			out = &sdk.AdminInitiateAuthOutput{}
		}
		s.next(err, out.ChallengeName, out.ChallengeParameters, out.Session, out.AuthenticationResult, out.AvailableChallenges)
		return
	}
	out, err := s.InitiateAuth(s.t.Context(), &sdk.InitiateAuthInput{ClientId: s.client, AuthFlow: types.AuthFlowType(flow), AuthParameters: in})
	if out == nil {
		out = &sdk.InitiateAuthOutput{}
	}
	s.next(err, out.ChallengeName, out.ChallengeParameters, out.Session, out.AuthenticationResult, out.AvailableChallenges)
}

// next notes one answer of the server and gives the next one of the user.
func (s *signingIn) next(err error, k types.ChallengeNameType, params map[string]string, session *string, tokens *types.AuthenticationResultType, available []types.ChallengeNameType) {
	var api smithy.APIError
	switch {
	case errors.As(err, &api):
		s.said = append(s.said, api.ErrorCode()+": "+api.ErrorMessage())
		return
	case err != nil:
		s.t.Fatal(err)
	case tokens != nil:
		s.said, s.tokens = append(s.said, "tokens"), tokens
		return
	}
	note := string(k)
	for _, name := range []string{"MFAS_CAN_CHOOSE", "MFAS_CAN_SETUP"} {
		if params[name] != "" {
			note += params[name]
		}
	}
	if k == "SELECT_CHALLENGE" {
		note += fmt.Sprint(available)
	}
	s.said = append(s.said, note)
	if len(s.said) > 6 {
		s.t.Fatalf("%s is asked without an end: %v", s.name, s.said)
	}
	if k == "MFA_SETUP" && !s.kind.app { // there is nothing that somebody could set up
		return
	}
	session, answers := s.answer(k, params, session)
	answers["USERNAME"] = s.name
	if k == "PASSWORD_VERIFIER" {
		answers["USERNAME"] = params["USERNAME"]
	}
	out, err := s.RespondToAuthChallenge(s.t.Context(), &sdk.RespondToAuthChallengeInput{ClientId: s.client, ChallengeName: k, Session: session, ChallengeResponses: answers})
	if out == nil {
		out = &sdk.RespondToAuthChallengeOutput{}
	}
	s.next(err, out.ChallengeName, out.ChallengeParameters, out.Session, out.AuthenticationResult, nil)
}

func (s *signingIn) answer(k types.ChallengeNameType, params map[string]string, session *string) (*string, map[string]string) {
	switch k {
	case "PASSWORD_VERIFIER":
		claim, err := s.srp.Sign(srp.Challenge{PoolName: (*s.pool)[strings.IndexByte(*s.pool, '_')+1:], UserID: params["USER_ID_FOR_SRP"],
			Salt: params["SALT"], PublicB: params["SRP_B"], SecretBlock: params["SECRET_BLOCK"]}, s.pass, s.now.Now())
		s.check(err)
		return nil, map[string]string{"PASSWORD_CLAIM_SECRET_BLOCK": params["SECRET_BLOCK"], "PASSWORD_CLAIM_SIGNATURE": claim.Signature, "TIMESTAMP": claim.Timestamp}
	case "NEW_PASSWORD_REQUIRED":
		return session, map[string]string{"NEW_PASSWORD": otherPass}
	case "SELECT_CHALLENGE":
		return session, map[string]string{"ANSWER": "PASSWORD"}
	case "PASSWORD":
		return session, map[string]string{"PASSWORD": s.pass}
	case "SELECT_MFA_TYPE":
		return session, map[string]string{"ANSWER": "SOFTWARE_TOKEN_MFA"}
	case "SOFTWARE_TOKEN_MFA":
		return session, map[string]string{"SOFTWARE_TOKEN_MFA_CODE": *s.app(s.secrets[s.name], 0)}
	case "EMAIL_OTP":
		code := "00000000" // nobody gets a message
		if sent := s.mail.List(mailbox.Query{To: s.name + "@example.com", Limit: 1}); len(sent) > 0 {
			code = sent[0].Code
		}
		return session, map[string]string{"EMAIL_OTP_CODE": code}
	case "MFA_SETUP":
		made, err := s.AssociateSoftwareToken(s.t.Context(), &sdk.AssociateSoftwareTokenInput{Session: session})
		s.check(err)
		done, err := s.VerifySoftwareToken(s.t.Context(), &sdk.VerifySoftwareTokenInput{Session: made.Session, UserCode: s.app(made.SecretCode, 0)})
		s.check(err)
		s.secrets[s.name] = made.SecretCode
		return done.Session, map[string]string{}
	}
	return session, s.answerMore(k, params)
}
