package cognitoidp_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"strings"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/document"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/kit/softkey"
	"cognate.dev/cognate/internal/message/mailbox"
	"cognate.dev/cognate/internal/password/srp"
	"cognate.dev/cognate/internal/signin"
)

// moreOfPool is what the table's further pools have: SMS, passkeys, devices, triggers of custom sign-ins, and users and flows
// of their own. A flow has a twist after a comma.
type moreOfPool struct {
	sms          bool
	passkeys     *types.WebAuthnConfigurationType
	devices      *types.DeviceConfigurationType
	custom       signin.CustomAuth
	users, flows []string
}

func morePools() []tablePool {
	site := func(factor types.WebAuthnFactorConfigurationType) *types.WebAuthnConfigurationType {
		return &types.WebAuthnConfigurationType{RelyingPartyId: new("example.com"), UserVerification: "required", FactorConfiguration: factor}
	}
	sms := moreOfPool{sms: true, users: []string{"nobody", "unconfirmed", "disabled", "confirmed", "phone", "texts"}, flows: []string{
		"USER_PASSWORD_AUTH", "USER_PASSWORD_AUTH, wrong code", "USER_SRP_AUTH", "USER_AUTH", "USER_AUTH SMS_OTP", "USER_AUTH SMS_OTP, wrong code"}}
	passkeys := moreOfPool{passkeys: site("SINGLE_FACTOR"), users: []string{"nobody", "confirmed", "passkey", "passkey, disabled", "passkey, app"}, flows: []string{
		"USER_PASSWORD_AUTH", "USER_AUTH", "USER_AUTH WEB_AUTHN", "USER_AUTH WEB_AUTHN, wrong key"}}
	both := passkeys
	both.passkeys = site("MULTI_FACTOR_WITH_USER_VERIFICATION")
	devices := moreOfPool{users: []string{"nobody", "confirmed", "device", "device, app", "device, app, forgotten"}, flows: []string{
		"USER_PASSWORD_AUTH", "USER_PASSWORD_AUTH, on the device", "USER_SRP_AUTH, on the device", "USER_PASSWORD_AUTH, wrong device secret",
		"USER_PASSWORD_AUTH, unknown device", "REFRESH_TOKEN_AUTH, on the device", "REFRESH_TOKEN_AUTH", "GetTokensFromRefreshToken, on the device"},
		devices: &types.DeviceConfigurationType{ChallengeRequiredOnNewDevice: true}}
	trusting := devices
	trusting.devices = &types.DeviceConfigurationType{DeviceOnlyRememberedOnUserPrompt: true}
	refresh := moreOfPool{users: []string{"confirmed", "since disabled", "since deleted", "since signed out", "since revoked", "since given a password"}, flows: []string{
		"REFRESH_TOKEN_AUTH", "REFRESH_TOKEN", "ADMIN_REFRESH_TOKEN_AUTH", "GetTokensFromRefreshToken", "REFRESH_TOKEN_AUTH, of another client",
		"REFRESH_TOKEN_AUTH, access token", "REFRESH_TOKEN_AUTH, after 31 days"}}
	custom := moreOfPool{custom: riddle{}, users: []string{"nobody", "unconfirmed", "disabled", "reset", "temporary", "stale", "confirmed"}, flows: []string{
		"CUSTOM_AUTH", "CUSTOM_AUTH, wrong answers", "CUSTOM_AUTH, password first", "CUSTOM_AUTH wrong, password first"}}
	plain := custom
	plain.custom, plain.users, plain.flows = nil, []string{"nobody", "confirmed"}, []string{"CUSTOM_AUTH"}
	return []tablePool{
		{name: "texts", mode: "OPTIONAL", first: []types.AuthFactorType{"PASSWORD", "SMS_OTP"}, more: sms},
		{name: "texts required", mode: "ON", more: sms},
		{name: "passkeys", mode: "OPTIONAL", app: true, first: []types.AuthFactorType{"PASSWORD", "WEB_AUTHN"}, more: passkeys},
		{name: "passkeys are both", mode: "OPTIONAL", app: true, first: []types.AuthFactorType{"PASSWORD", "WEB_AUTHN"}, more: both},
		{name: "devices for factors", mode: "OPTIONAL", app: true, more: devices},
		{name: "devices", mode: "OPTIONAL", app: true, more: trusting},
		{name: "refresh", mode: "OFF", more: refresh},
		{name: "custom", mode: "OFF", more: custom},
		{name: "no triggers", mode: "OFF", more: plain},
	}
}

// riddle is a custom sign-in: a question with three tries, after the password if the client shows one.
type riddle struct{}

func (riddle) Configured(*directory.Pool) bool { return true }

func (riddle) Define(_ context.Context, e signin.CustomEvent) (signin.Decision, error) {
	asked := 0
	for _, s := range e.Steps {
		if s.Challenge == signin.CustomChallenge {
			asked++
		}
	}
	last := signin.Step{}
	if n := len(e.Steps); n > 0 {
		last = e.Steps[n-1]
	}
	switch {
	case last.Challenge == "SRP_A":
		return signin.Decision{Challenge: signin.PasswordVerifier}, nil
	case last.Challenge == signin.CustomChallenge && last.Passed:
		return signin.Decision{Tokens: true}, nil
	case last.Challenge == signin.PasswordVerifier && last.Passed && e.User != nil && e.User.Status == directory.ForceChangePassword:
		return signin.Decision{Challenge: signin.NewPassword}, nil
	}
	return signin.Decision{Challenge: signin.CustomChallenge, Fail: asked == 3}, nil
}

func (riddle) Create(context.Context, signin.CustomEvent) (signin.CustomQuestion, error) {
	return signin.CustomQuestion{}, nil
}

func (riddle) Verify(_ context.Context, _ signin.CustomEvent, _ map[string]string, answer string) (bool, error) {
	return answer == "yes", nil
}

// owned is what a user has.
type owned struct {
	tokens  *types.AuthenticationResultType
	passkey *softkey.Key
	device  *types.NewDeviceMetadataType
}

const deviceSecret = "secret of the device"

// phoneOf is the number of a user.
func phoneOf(name string) string {
	number := strings.TrimPrefix(name, "user")
	return "+1555" + strings.Repeat("0", 7-len(number)) + number
}

// equip gives a user what the kind says, in the order in which it says it.
func (x *signInTable) equip(kind, name string) {
	x.t.Helper()
	ctx := x.t.Context()
	if kind == "confirmed" && x.kind.more.users == nil {
		return
	}
	var err error
	switch kind {
	case "phone", "texts":
		_, err = x.AdminUpdateUserAttributes(ctx, &sdk.AdminUpdateUserAttributesInput{UserPoolId: x.pool, Username: &name,
			UserAttributes: pairs("phone_number", phoneOf(name), "phone_number_verified", "true")})
		x.check(err)
		if kind == "texts" {
			_, err = x.AdminSetUserMFAPreference(ctx, &sdk.AdminSetUserMFAPreferenceInput{UserPoolId: x.pool, Username: &name,
				SMSMfaSettings: &types.SMSMfaSettingsType{Enabled: true, PreferredMfa: true}})
		}
		x.check(err)
		return
	}
	if x.kind.more.sms || x.kind.more.custom != nil || x.kind.name == "no triggers" {
		return
	}
	mine := owned{tokens: x.signIn(x.clients["plain"], name, goodPass)}
	mine.device = mine.tokens.NewDeviceMetadata
	if strings.Contains(kind, "passkey") {
		mine.passkey = x.registerPasskey(mine.tokens.AccessToken, false)
	}
	if strings.Contains(kind, "device") {
		x.confirmDevice(mine)
	}
	if strings.Contains(kind, "app") {
		x.register(name)
		_, err = x.AdminSetUserMFAPreference(ctx, &sdk.AdminSetUserMFAPreferenceInput{UserPoolId: x.pool, Username: &name,
			SoftwareTokenMfaSettings: &types.SoftwareTokenMfaSettingsType{Enabled: true, PreferredMfa: true}})
		x.check(err)
	}
	switch {
	case strings.HasSuffix(kind, "disabled"):
		_, err = x.AdminDisableUser(ctx, &sdk.AdminDisableUserInput{UserPoolId: x.pool, Username: &name})
	case strings.HasSuffix(kind, "deleted"):
		_, err = x.AdminDeleteUser(ctx, &sdk.AdminDeleteUserInput{UserPoolId: x.pool, Username: &name})
	case strings.HasSuffix(kind, "signed out"):
		_, err = x.AdminUserGlobalSignOut(ctx, &sdk.AdminUserGlobalSignOutInput{UserPoolId: x.pool, Username: &name})
	case strings.HasSuffix(kind, "revoked"):
		_, err = x.RevokeToken(ctx, &sdk.RevokeTokenInput{ClientId: x.clients["plain"], Token: mine.tokens.RefreshToken})
	case strings.HasSuffix(kind, "given a password"):
		_, err = x.AdminSetUserPassword(ctx, &sdk.AdminSetUserPasswordInput{UserPoolId: x.pool, Username: &name, Password: new(otherPass), Permanent: true})
	case strings.HasSuffix(kind, "forgotten"):
		_, err = x.AdminForgetDevice(ctx, &sdk.AdminForgetDeviceInput{UserPoolId: x.pool, Username: &name, DeviceKey: mine.device.DeviceKey})
	}
	x.check(err)
	x.owned[name] = mine
}

func (w *world) registerPasskey(token *string, roaming bool) *softkey.Key {
	w.t.Helper()
	_, err := w.StartWebAuthnRegistration(w.t.Context(), &sdk.StartWebAuthnRegistrationInput{AccessToken: token})
	w.check(err)
	var made struct{ CredentialCreationOptions json.RawMessage }
	w.check(json.Unmarshal(w.wire.last(), &made))
	k := softkey.New("https://example.com")
	k.Roaming = roaming
	credential, err := k.Create(made.CredentialCreationOptions)
	w.check(err)
	var value any
	w.check(json.Unmarshal(credential, &value))
	_, err = w.CompleteWebAuthnRegistration(w.t.Context(), &sdk.CompleteWebAuthnRegistrationInput{AccessToken: token, Credential: document.NewLazyDocument(value)})
	w.check(err)
	return k
}

func (x *signInTable) confirmDevice(mine owned) {
	x.t.Helper()
	salt := srp.NewSalt()
	_, err := x.ConfirmDevice(x.t.Context(), &sdk.ConfirmDeviceInput{AccessToken: mine.tokens.AccessToken, DeviceKey: mine.device.DeviceKey,
		DeviceSecretVerifierConfig: &types.DeviceSecretVerifierConfigType{Salt: new(base64.StdEncoding.EncodeToString(salt)),
			PasswordVerifier: new(base64.StdEncoding.EncodeToString(srp.Verifier(*mine.device.DeviceGroupKey, *mine.device.DeviceKey, deviceSecret, salt)))}})
	x.check(err)
	_, err = x.UpdateDeviceStatus(x.t.Context(), &sdk.UpdateDeviceStatusInput{AccessToken: mine.tokens.AccessToken, DeviceKey: mine.device.DeviceKey, DeviceRememberedStatus: "remembered"})
	x.check(err)
}

// deviceKey is what the user says of the device.
func (s *signingIn) deviceKey() string {
	switch mine := s.owned[s.name].device; {
	case s.twist == "unknown device":
		return region + "_00000000-0000-4000-8000-000000000000"
	case (s.twist == "on the device" || s.twist == "wrong device secret") && mine != nil:
		return *mine.DeviceKey
	}
	return ""
}

// twistStart adds what the twist changes in the first request.
func (s *signingIn) twistStart(in map[string]string) {
	if key := s.deviceKey(); key != "" {
		in["DEVICE_KEY"] = key
	}
	if s.twist == "password first" {
		in["CHALLENGE_NAME"], in["SRP_A"] = "SRP_A", s.srp.PublicA()
	}
}

// refreshes carries out a flow that only asks for new tokens, if it is one.
func (s *signingIn) refreshes(flow string) bool {
	admin := strings.HasPrefix(flow, "ADMIN_REFRESH")
	flow = strings.TrimPrefix(flow, "ADMIN_")
	if !strings.HasPrefix(flow, "REFRESH") && flow != "GetTokensFromRefreshToken" {
		return false
	}
	client, token := s.clients["plain"], new("no-token")
	if mine := s.owned[s.name].tokens; mine != nil {
		token = mine.RefreshToken
		if s.twist == "access token" {
			token = mine.AccessToken
		}
	}
	switch s.twist {
	case "of another client":
		client = s.clients["hiding"]
	case "after 31 days":
		s.now.Advance(31 * 24 * time.Hour)
	}
	in := map[string]string{"REFRESH_TOKEN": *token}
	if key := s.deviceKey(); key != "" {
		in["DEVICE_KEY"] = key
	}
	switch {
	case flow == "GetTokensFromRefreshToken":
		var key *string
		if in["DEVICE_KEY"] != "" {
			key = new(in["DEVICE_KEY"])
		}
		out, err := s.GetTokensFromRefreshToken(s.t.Context(), &sdk.GetTokensFromRefreshTokenInput{ClientId: client, RefreshToken: token, DeviceKey: key})
		if out == nil {
			out = &sdk.GetTokensFromRefreshTokenOutput{}
		}
		s.next(err, "", nil, nil, out.AuthenticationResult, nil)
	case admin:
		out, err := s.AdminInitiateAuth(s.t.Context(), &sdk.AdminInitiateAuthInput{UserPoolId: s.pool, ClientId: client, AuthFlow: types.AuthFlowType(flow), AuthParameters: in})
		if out == nil {
			out = &sdk.AdminInitiateAuthOutput{}
		}
		s.next(err, out.ChallengeName, nil, nil, out.AuthenticationResult, nil)
	default:
		out, err := s.InitiateAuth(s.t.Context(), &sdk.InitiateAuthInput{ClientId: client, AuthFlow: types.AuthFlowType(flow), AuthParameters: in})
		if out == nil {
			out = &sdk.InitiateAuthOutput{}
		}
		s.next(err, out.ChallengeName, nil, nil, out.AuthenticationResult, nil)
	}
	return true
}

// answerMore knows the answers to what the further pools ask.
func (s *signingIn) answerMore(k types.ChallengeNameType, params map[string]string) map[string]string {
	mine := s.owned[s.name]
	switch k {
	case "SMS_MFA", "SMS_OTP":
		code := "000000"
		if sent := s.mail.List(mailbox.Query{To: phoneOf(s.name), Limit: 1}); len(sent) > 0 && s.twist != "wrong code" {
			code = sent[0].Code
		}
		return map[string]string{string(k) + "_CODE": code}
	case "WEB_AUTHN":
		key := mine.passkey
		if s.twist == "wrong key" {
			key = softkey.New("https://example.com")
			_, err := key.Create([]byte(`{"user":{"id":"` + base64.RawURLEncoding.EncodeToString([]byte(s.sub(s.pool, s.name))) + `"},"challenge":"AAAA"}`))
			s.check(err)
			key.ID = mine.passkey.ID
		}
		credential, err := key.Get([]byte(params["CREDENTIAL_REQUEST_OPTIONS"]))
		s.check(err)
		return map[string]string{"CREDENTIAL": string(credential)}
	case "DEVICE_SRP_AUTH":
		s.srp = srp.NewClient()
		return map[string]string{"DEVICE_KEY": s.deviceKey(), "SRP_A": s.srp.PublicA()}
	case "DEVICE_PASSWORD_VERIFIER":
		secret := deviceSecret
		if s.twist == "wrong device secret" {
			secret = "another"
		}
		claim, err := s.srp.Sign(srp.Challenge{PoolName: *mine.device.DeviceGroupKey, UserID: *mine.device.DeviceKey, Salt: params["SALT"],
			PublicB: params["SRP_B"], SecretBlock: params["SECRET_BLOCK"]}, secret, s.now.Now())
		s.check(err)
		return map[string]string{"DEVICE_KEY": *mine.device.DeviceKey, "PASSWORD_CLAIM_SECRET_BLOCK": params["SECRET_BLOCK"],
			"PASSWORD_CLAIM_SIGNATURE": claim.Signature, "TIMESTAMP": claim.Timestamp}
	case "CUSTOM_CHALLENGE":
		if s.twist == "wrong answers" {
			return map[string]string{"ANSWER": "no"}
		}
		return map[string]string{"ANSWER": "yes"}
	}
	s.t.Fatalf("nobody knows the answer to %s", k)
	return nil
}
