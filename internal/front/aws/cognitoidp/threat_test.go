package cognitoidp_test

import (
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
)

const blocked = "Unable to login because of security reasons."

// TestSignInsAreJudged fails when a sign-in is weighed wrongly, or when what the owner of the pool wants is not done.
func TestSignInsAreJudged(t *testing.T) {
	t.Parallel()
	const none, ifSet, required, block = types.AccountTakeoverEventActionTypeNoAction, types.AccountTakeoverEventActionTypeMfaIfConfigured,
		types.AccountTakeoverEventActionTypeMfaRequired, types.AccountTakeoverEventActionTypeBlock
	for name, c := range map[string]struct {
		mode           types.AdvancedSecurityModeType
		action         types.AccountTakeoverEventActionType // at each level
		factor         bool                                 // the user has an authenticator app, switched off
		address, agent string
		later          time.Duration // after the sign-in from Berlin, with Chrome
		want           string        // tokens, the name of a challenge, or blocked
		decision       types.RiskDecisionType
		level          types.RiskLevelType
	}{
		"as always":                            {"ENFORCED", block, false, berlin, chrome, time.Minute, "tokens", "NoRisk", ""},
		"a neighbour's address":                {"ENFORCED", block, false, "192.0.2.200", chrome, time.Minute, "tokens", "NoRisk", ""},
		"another device":                       {"ENFORCED", none, false, berlin, firefox, time.Minute, "tokens", "AccountTakeover", "Low"},
		"another network":                      {"ENFORCED", none, false, hamburg, chrome, time.Hour, "tokens", "AccountTakeover", "Low"},
		"both":                                 {"ENFORCED", none, false, hamburg, firefox, time.Hour, "tokens", "AccountTakeover", "Medium"},
		"another country, by plane":            {"ENFORCED", none, false, tokyo, chrome, 12 * time.Hour, "tokens", "AccountTakeover", "Medium"},
		"another country, faster than a plane": {"ENFORCED", none, false, tokyo, chrome, time.Hour, "tokens", "AccountTakeover", "High"},
		"refused":                              {"ENFORCED", block, false, berlin, firefox, time.Minute, blocked, "Block", "Low"},
		"refused, with a factor":               {"ENFORCED", block, true, berlin, firefox, time.Minute, blocked, "Block", "Low"},
		"only watched":                         {"AUDIT", block, false, tokyo, firefox, time.Minute, "tokens", "AccountTakeover", "High"},
		"a factor if there is one":             {"ENFORCED", ifSet, true, berlin, firefox, time.Minute, "SOFTWARE_TOKEN_MFA", "AccountTakeover", "Low"},
		"a factor if there were one":           {"ENFORCED", ifSet, false, berlin, firefox, time.Minute, "tokens", "AccountTakeover", "Low"},
		"a factor in any case":                 {"ENFORCED", required, true, berlin, firefox, time.Minute, "SOFTWARE_TOKEN_MFA", "AccountTakeover", "Low"},
		"a factor in any case, without one":    {"ENFORCED", required, false, berlin, firefox, time.Minute, blocked, "Block", "Low"},
		"no factor without risk":               {"ENFORCED", required, true, berlin, chrome, time.Minute, "tokens", "NoRisk", ""},
		"nothing is known of the person":       {"ENFORCED", block, false, "", "", time.Minute, "tokens", "NoRisk", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, func(o *options) { o.codes = true })
			pool, client := w.guarded(c.mode)
			_, err := w.SetUserPoolMfaConfig(t.Context(), &sdk.SetUserPoolMfaConfigInput{
				UserPoolId: pool, MfaConfiguration: "OPTIONAL", SoftwareTokenMfaConfiguration: &types.SoftwareTokenMfaConfigType{Enabled: true},
			})
			w.check(err)
			w.takeover(pool, nil, c.action, c.action, c.action, false)
			w.person(pool, "alice", "email", "alice@example.com", "email_verified", "true")
			first, err := w.from(pool, client, "alice", goodPass, berlin, chrome)
			w.check(err)
			if first.AuthenticationResult == nil {
				t.Fatalf("the first sign-in ever is asked for %s", first.ChallengeName)
			}
			var secret *string
			if c.factor {
				token := first.AuthenticationResult.AccessToken
				app, err := w.AssociateSoftwareToken(t.Context(), &sdk.AssociateSoftwareTokenInput{AccessToken: token})
				w.check(err)
				secret = app.SecretCode
				_, err = w.VerifySoftwareToken(t.Context(), &sdk.VerifySoftwareTokenInput{AccessToken: token, UserCode: w.app(secret, 0)})
				w.check(err)
			}
			w.now.Advance(c.later)
			var got string
			var out *sdk.AdminInitiateAuthOutput
			if c.address == "" {
				out, err = w.AdminInitiateAuth(t.Context(), &sdk.AdminInitiateAuthInput{
					UserPoolId: pool, ClientId: client, AuthFlow: "ADMIN_USER_PASSWORD_AUTH", AuthParameters: map[string]string{"USERNAME": "alice", "PASSWORD": goodPass},
				})
			} else {
				out, err = w.from(pool, client, "alice", goodPass, c.address, c.agent)
			}
			switch {
			case err != nil:
				w.refused(err, "NotAuthorizedException", blocked)
				got = blocked
			case out.AuthenticationResult != nil:
				got = "tokens"
			default:
				got = string(out.ChallengeName)
			}
			if got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
			e := w.historyOf(pool, "alice")[0]
			if e.EventRisk.RiskDecision != c.decision || e.EventRisk.RiskLevel != c.level {
				t.Errorf("judged as %s %s, want %s %s", e.EventRisk.RiskDecision, e.EventRisk.RiskLevel, c.decision, c.level)
			}
			response := map[string]types.EventResponseType{"tokens": "Pass", blocked: "Fail"}[c.want]
			if response == "" {
				response = "InProgress"
			}
			if e.EventResponse != response || e.EventType != "SignIn" {
				t.Errorf("remembered as %s %s, want SignIn %s", e.EventType, e.EventResponse, response)
			}
			if got != "SOFTWARE_TOKEN_MFA" {
				return
			}
			_, err = w.AdminRespondToAuthChallenge(t.Context(), &sdk.AdminRespondToAuthChallengeInput{
				UserPoolId: pool, ClientId: client, ChallengeName: "SOFTWARE_TOKEN_MFA", Session: out.Session,
				ChallengeResponses: map[string]string{"USERNAME": "alice", "SOFTWARE_TOKEN_MFA_CODE": *w.app(secret, 1)},
				ContextData:        &types.ContextDataType{IpAddress: &c.address, ServerName: new("s"), ServerPath: new("p"), HttpHeaders: []types.HttpHeader{}},
			})
			w.check(err)
			e = w.historyOf(pool, "alice")[0]
			if e.EventResponse != "Pass" || len(e.ChallengeResponses) != 2 || e.ChallengeResponses[1].ChallengeName != "Mfa" || e.EventRisk.RiskLevel != c.level {
				t.Errorf("remembered as %+v", e)
			}
		})
	}
}

// TestFailuresRaiseTheRisk fails when somebody who guesses a password after many tries looks like anybody else, or can
// make the user's former sign-ins be forgotten.
func TestFailuresRaiseTheRisk(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool, client := w.guarded("ENFORCED")
	w.person(pool, "alice")
	_, err := w.from(pool, client, "alice", goodPass, berlin, chrome)
	w.check(err)
	for range 80 {
		w.now.Advance(16 * time.Minute)
		_, err := w.from(pool, client, "alice", "Wrong-horse-7", hamburg, firefox)
		w.refused(err, "NotAuthorizedException", "Incorrect username or password.")
	}
	w.now.Advance(16 * time.Minute)
	level := func(address, agent string) types.RiskLevelType {
		w.now.Advance(time.Second)
		_, err := w.from(pool, client, "alice", goodPass, address, agent)
		w.check(err)
		return w.historyOf(pool, "alice")[0].EventRisk.RiskLevel
	}
	if got := level(hamburg, firefox); got != "Medium" {
		t.Errorf("an unusual sign-in after 80 failures has the level %q: the former sign-ins are forgotten", got)
	}
	for range 4 {
		w.now.Advance(time.Second)
		_, err := w.from(pool, client, "alice", "Wrong-horse-7", berlin, chrome)
		w.refused(err, "NotAuthorizedException", "Incorrect username or password.")
	}
	if got := level(berlin, chrome); got != "Low" {
		t.Errorf("the right password after four wrong ones has the level %q, want Low", got)
	}
}

// TestStolenPasswordsAreRefused fails when a stolen password is taken where it should not be, or refused where it may be.
func TestStolenPasswordsAreRefused(t *testing.T) {
	t.Parallel()
	const stolen = "Password-2024"
	for name, c := range map[string]struct {
		mode                                 types.AdvancedSecurityModeType
		action                               types.CompromisedCredentialsEventActionType
		events                               []types.EventFilterType
		signUp, signIn, change, first, reset bool // whether it is refused
		seen                                 bool // whether the sign-in's event tells of it
	}{
		"everywhere":   {"ENFORCED", "BLOCK", nil, true, true, true, true, true, true},
		"only watched": {"AUDIT", "BLOCK", nil, false, false, false, false, false, true},
		"no action":    {"ENFORCED", "NO_ACTION", nil, false, false, false, false, false, true},
		"at sign-in":   {"ENFORCED", "BLOCK", []types.EventFilterType{"SIGN_IN"}, false, true, false, false, false, true},
		"at sign-up":   {"ENFORCED", "BLOCK", []types.EventFilterType{"SIGN_UP"}, true, false, false, false, false, false},
		"at a change":  {"ENFORCED", "BLOCK", []types.EventFilterType{"PASSWORD_CHANGE"}, false, false, true, true, true, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, func(o *options) { o.leaks = []string{stolen} })
			pool, client := w.guarded(c.mode)
			_, err := w.SetRiskConfiguration(t.Context(), &sdk.SetRiskConfigurationInput{
				UserPoolId: pool, CompromisedCredentialsRiskConfiguration: &types.CompromisedCredentialsRiskConfigurationType{
					EventFilter: c.events, Actions: &types.CompromisedCredentialsActionsType{EventAction: c.action},
				},
			})
			w.check(err)
			judge := func(what string, err error, refused bool, exception, text string) {
				t.Helper()
				switch {
				case refused:
					w.refused(err, exception, text)
				case err != nil:
					t.Errorf("%s: %v", what, err)
				}
			}
			const unusable = "Provided password cannot be used for security reasons."
			_, err = w.SignUp(t.Context(), &sdk.SignUpInput{ClientId: client, Username: new("bob"), Password: new(stolen), UserAttributes: pairs("email", "bob@example.com")})
			judge("sign-up", err, c.signUp, "InvalidPasswordException", unusable)

			w.person(pool, "alice", "email", "alice@example.com", "email_verified", "true")
			tokens := w.signIn(client, "alice", goodPass)
			_, err = w.ChangePassword(t.Context(), &sdk.ChangePasswordInput{AccessToken: tokens.AccessToken, PreviousPassword: new(goodPass), ProposedPassword: new(stolen)})
			judge("change", err, c.change, "InvalidPasswordException", unusable)

			_, err = w.AdminSetUserPassword(t.Context(), &sdk.AdminSetUserPasswordInput{UserPoolId: pool, Username: new("alice"), Password: new(stolen), Permanent: true})
			w.check(err)
			w.now.Advance(time.Second)
			_, err = w.InitiateAuth(t.Context(), &sdk.InitiateAuthInput{
				ClientId: client, AuthFlow: "USER_PASSWORD_AUTH", AuthParameters: map[string]string{"USERNAME": "alice", "PASSWORD": stolen},
			})
			judge("sign-in", err, c.signIn, "NotAuthorizedException", blocked)
			if got := w.historyOf(pool, "alice")[0].EventRisk.CompromisedCredentialsDetected; (got != nil && *got) != c.seen {
				t.Errorf("the event of the sign-in says %v of the stolen password", got)
			}

			_, err = w.ForgotPassword(t.Context(), &sdk.ForgotPasswordInput{ClientId: client, Username: new("alice")})
			w.check(err)
			code := w.code("alice@example.com")
			_, err = w.ConfirmForgotPassword(t.Context(), &sdk.ConfirmForgotPasswordInput{ClientId: client, Username: new("alice"), ConfirmationCode: code, Password: new(stolen)})
			judge("reset", err, c.reset, "InvalidPasswordException", unusable)
			if c.reset { // the code is not lost by that
				_, err = w.ConfirmForgotPassword(t.Context(), &sdk.ConfirmForgotPasswordInput{ClientId: client, Username: new("alice"), ConfirmationCode: code, Password: new("Another-horse-8")})
				w.check(err)
			}

			_, err = w.AdminSetUserPassword(t.Context(), &sdk.AdminSetUserPasswordInput{UserPoolId: pool, Username: new("alice"), Password: new(goodPass)})
			w.check(err)
			begun, err := w.InitiateAuth(t.Context(), &sdk.InitiateAuthInput{
				ClientId: client, AuthFlow: "USER_PASSWORD_AUTH", AuthParameters: map[string]string{"USERNAME": "alice", "PASSWORD": goodPass},
			})
			w.check(err)
			_, err = w.RespondToAuthChallenge(t.Context(), &sdk.RespondToAuthChallengeInput{
				ClientId: client, ChallengeName: begun.ChallengeName, Session: begun.Session,
				ChallengeResponses: map[string]string{"USERNAME": "alice", "NEW_PASSWORD": stolen},
			})
			judge("first password", err, c.first, "InvalidPasswordException", unusable)
		})
	}
}

// TestNetworksCanBeShutOutOrSpared fails when a blocked network gets in, learns who exists, or a spared one is judged.
func TestNetworksCanBeShutOutOrSpared(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool, client := w.guarded("ENFORCED")
	w.takeover(pool, nil, "BLOCK", "BLOCK", "BLOCK", false)
	_, err := w.SetRiskConfiguration(t.Context(), &sdk.SetRiskConfigurationInput{UserPoolId: pool, RiskExceptionConfiguration: &types.RiskExceptionConfigurationType{
		BlockedIPRangeList: []string{"203.0.113.0/24", "2001:db8::/32"}, SkippedIPRangeList: []string{"198.51.100.7"},
	}})
	w.check(err)
	w.person(pool, "alice")
	for _, c := range []struct{ name, password, address, want string }{
		{"alice", goodPass, berlin, ""},
		{"alice", goodPass, tokyo, blocked},
		{"alice", "Wrong-horse-7", tokyo, blocked},
		{"alice", goodPass, "2001:db8::7", blocked},
		{"alice", goodPass, "::ffff:203.0.113.9", blocked},
		{"alice", goodPass, hamburg, ""},
	} {
		w.now.Advance(time.Second)
		_, err := w.from(pool, client, c.name, c.password, c.address, chrome)
		if c.want == "" {
			w.check(err)
			continue
		}
		w.refused(err, "NotAuthorizedException", c.want)
	}
	if e := w.historyOf(pool, "alice")[1]; e.EventRisk.RiskDecision != "Block" || *e.EventContextData.IpAddress != "203.0.113.9" {
		t.Errorf("the blocked visitor is remembered as %+v", e)
	}
	_, err = w.from(pool, client, "alice", goodPass, "nowhere", chrome)
	w.refused(err, "InvalidParameterException", "ContextData.IpAddress is not an IP address.")

	hiding := w.client(pool, func(in *sdk.CreateUserPoolClientInput) { in.PreventUserExistenceErrors = "ENABLED" })
	_, err = w.from(pool, hiding, "nobody", goodPass, tokyo, chrome)
	w.refused(err, "NotAuthorizedException", blocked)
}

// TestAClientsConfigurationReplacesThatOfItsPool fails when a client does not get its own, or not its pool's again.
func TestAClientsConfigurationReplacesThatOfItsPool(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool, client := w.guarded("ENFORCED")
	other := w.client(pool)
	w.takeover(pool, nil, "BLOCK", "BLOCK", "BLOCK", false)
	w.takeover(pool, client, "NO_ACTION", "NO_ACTION", "NO_ACTION", false)
	w.person(pool, "alice")
	_, err := w.from(pool, client, "alice", goodPass, berlin, chrome)
	w.check(err)
	_, err = w.from(pool, other, "alice", goodPass, berlin, firefox)
	w.refused(err, "NotAuthorizedException", blocked)
	_, err = w.SetRiskConfiguration(t.Context(), &sdk.SetRiskConfigurationInput{UserPoolId: pool, ClientId: client})
	w.check(err)
	_, err = w.from(pool, client, "alice", goodPass, berlin, firefox)
	w.refused(err, "NotAuthorizedException", blocked)
	w.takeover(pool, client, "NO_ACTION", "NO_ACTION", "NO_ACTION", false)
	_, err = w.from(pool, client, "alice", goodPass, berlin, firefox)
	w.check(err)
}
