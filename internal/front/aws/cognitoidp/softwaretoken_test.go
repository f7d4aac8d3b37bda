package cognitoidp_test

import (
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
)

func codes(o *options) { o.codes = true }

// mfa replaces the MFA configuration of a pool: authenticator apps, and email if a subject is given.
func (w *world) mfa(pool *string, mode types.UserPoolMfaType, email bool) {
	w.t.Helper()
	in := &sdk.SetUserPoolMfaConfigInput{
		UserPoolId: pool, MfaConfiguration: mode, SoftwareTokenMfaConfiguration: &types.SoftwareTokenMfaConfigType{Enabled: true},
	}
	if email {
		in.EmailMfaConfiguration = &types.EmailMfaConfigType{}
	}
	_, err := w.SetUserPoolMfaConfig(w.t.Context(), in)
	w.check(err)
}

// respond answers a challenge.
func (w *world) respond(client *string, challenge types.ChallengeNameType, session *string, answers ...string) (*sdk.RespondToAuthChallengeOutput, error) {
	in := &sdk.RespondToAuthChallengeInput{ClientId: client, ChallengeName: challenge, Session: session, ChallengeResponses: map[string]string{}}
	for i := 0; i+1 < len(answers); i += 2 {
		in.ChallengeResponses[answers[i]] = answers[i+1]
	}
	return w.RespondToAuthChallenge(w.t.Context(), in)
}

// TestAppIsSetUpAtSignIn fails when a pool that requires an authenticator app lets somebody in without, or cannot
// register one, as Amplify and the SDKs do it.
func TestAppIsSetUpAtSignIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, codes)
	pool := w.pool()
	client := w.client(pool)
	w.person(pool, "alice")
	w.mfa(pool, "ON", false)
	start, err := w.InitiateAuth(t.Context(), passwordFlow(client, "alice", goodPass))
	w.check(err)
	if start.ChallengeName != "MFA_SETUP" || start.ChallengeParameters["MFAS_CAN_SETUP"] != `["SOFTWARE_TOKEN_MFA"]` {
		t.Fatalf("got %s", w.wire.last())
	}
	made, err := w.AssociateSoftwareToken(t.Context(), &sdk.AssociateSoftwareTokenInput{Session: start.Session})
	w.check(err)
	verify := func(code *string) (*sdk.VerifySoftwareTokenOutput, error) {
		return w.VerifySoftwareToken(t.Context(), &sdk.VerifySoftwareTokenInput{Session: made.Session, UserCode: code, FriendlyDeviceName: new("phone")})
	}
	_, err = verify(new(other(*w.app(made.SecretCode, 0))))
	w.refused(err, "EnableSoftwareTokenMFAException", "Code mismatch")
	_, err = verify(new("12345"))
	w.refused(err, "InvalidParameterException",
		"1 validation error detected: Value at 'userCode' failed to satisfy constraint: Member must have length greater than or equal to 6")
	verified, err := verify(w.app(made.SecretCode, 0))
	w.check(err)
	if verified.Status != "SUCCESS" {
		t.Errorf("got %s", w.wire.last())
	}
	out, err := w.respond(client, "MFA_SETUP", verified.Session, "USERNAME", "alice")
	w.check(err)
	if out.AuthenticationResult == nil {
		t.Fatalf("got %s", w.wire.last())
	}
	user, err := w.AdminGetUser(t.Context(), &sdk.AdminGetUserInput{UserPoolId: pool, Username: new("alice")})
	w.check(err)
	if len(user.UserMFASettingList) != 1 || user.UserMFASettingList[0] != "SOFTWARE_TOKEN_MFA" {
		t.Errorf("settings %v", user.UserMFASettingList)
	}
	w.now.Advance(time.Minute)
	start, err = w.InitiateAuth(t.Context(), passwordFlow(client, "alice", goodPass))
	w.check(err)
	if start.ChallengeName != "SOFTWARE_TOKEN_MFA" || start.ChallengeParameters["FRIENDLY_DEVICE_NAME"] != "phone" {
		t.Fatalf("got %s", w.wire.last())
	}
	code := *w.app(made.SecretCode, 0)
	out, err = w.respond(client, "SOFTWARE_TOKEN_MFA", start.Session, "USERNAME", "alice", "SOFTWARE_TOKEN_MFA_CODE", code)
	w.check(err)
	if out.AuthenticationResult == nil {
		t.Errorf("got %s", w.wire.last())
	}
	start, err = w.InitiateAuth(t.Context(), passwordFlow(client, "alice", goodPass))
	w.check(err)
	_, err = w.respond(client, "SOFTWARE_TOKEN_MFA", start.Session, "USERNAME", "alice", "SOFTWARE_TOKEN_MFA_CODE", code)
	w.refused(err, "ExpiredCodeException", "Your software token has already been used once.")
}

// TestAppIsSwitchedOnByItsOwner fails when somebody who is signed in cannot register an app, choose it, be shown it, or
// when an administrator cannot take it away.
func TestAppIsSwitchedOnByItsOwner(t *testing.T) {
	t.Parallel()
	w := newWorld(t, codes)
	pool := w.pool()
	client := w.client(pool)
	w.person(pool, "alice", "email", "alice@example.com", "email_verified", "true")
	token := w.signIn(client, "alice", goodPass).AccessToken
	_, err := w.AssociateSoftwareToken(t.Context(), &sdk.AssociateSoftwareTokenInput{AccessToken: token})
	w.refused(err, "SoftwareTokenMFANotFoundException", "Software Token MFA has not been enabled by the userPool")
	w.mfa(pool, "OPTIONAL", true)
	_, err = w.AssociateSoftwareToken(t.Context(), &sdk.AssociateSoftwareTokenInput{})
	w.refused(err, "InvalidParameterException", "Exactly one of AccessToken and Session is required.")
	prefer := func(in sdk.SetUserMFAPreferenceInput) error {
		in.AccessToken = token
		_, err := w.SetUserMFAPreference(t.Context(), &in)
		return err
	}
	app := &types.SoftwareTokenMfaSettingsType{Enabled: true, PreferredMfa: true}
	w.refused(prefer(sdk.SetUserMFAPreferenceInput{SoftwareTokenMfaSettings: app}),
		"InvalidParameterException", "User has not verified software token mfa")
	made, err := w.AssociateSoftwareToken(t.Context(), &sdk.AssociateSoftwareTokenInput{AccessToken: token})
	w.check(err)
	_, err = w.VerifySoftwareToken(t.Context(), &sdk.VerifySoftwareTokenInput{AccessToken: token, UserCode: w.app(made.SecretCode, 0)})
	w.check(err)
	w.signIn(client, "alice", goodPass) // registered is not switched on
	w.refused(prefer(sdk.SetUserMFAPreferenceInput{SoftwareTokenMfaSettings: app, EmailMfaSettings: &types.EmailMfaSettingsType{
		Enabled: true, PreferredMfa: true}}), "InvalidParameterException", "Only one MFA method can be preferred")
	w.check(prefer(sdk.SetUserMFAPreferenceInput{SoftwareTokenMfaSettings: app, EmailMfaSettings: &types.EmailMfaSettingsType{Enabled: true}}))

	_, err = w.GetUserAuthFactors(t.Context(), &sdk.GetUserAuthFactorsInput{AccessToken: token})
	w.check(err)
	golden(t, "testdata/factors_app.json", w.wire.last())
	start, err := w.InitiateAuth(t.Context(), passwordFlow(client, "alice", goodPass))
	w.check(err)
	if start.ChallengeName != "SOFTWARE_TOKEN_MFA" {
		t.Errorf("got %s", w.wire.last())
	}
	golden(t, "testdata/empty.json", w.raw("AdminDeleteSoftwareToken", `{"UserPoolId":"`+*pool+`","Username":"alice"}`))
	golden(t, "testdata/no_software_token.json", w.raw("AdminDeleteSoftwareToken", `{"UserPoolId":"`+*pool+`","Username":"alice"}`))
	start, err = w.InitiateAuth(t.Context(), passwordFlow(client, "alice", goodPass))
	w.check(err)
	if start.ChallengeName != "EMAIL_OTP" {
		t.Errorf("got %s", w.wire.last())
	}
}

// TestAdministratorsAndOldClientsSetFactors fails when AdminSetUserMFAPreference or the older settings have no effect.
func TestAdministratorsAndOldClientsSetFactors(t *testing.T) {
	t.Parallel()
	w := newWorld(t, codes)
	pool := w.pool(func(in *sdk.CreateUserPoolInput) {
		in.MfaConfiguration = "OPTIONAL"
		in.SmsConfiguration = &types.SmsConfigurationType{SnsCallerArn: new("arn:aws:iam::123456789012:role/sms")}
	})
	client := w.client(pool)
	w.person(pool, "alice", "phone_number", "+15555550123", "phone_number_verified", "true")
	token := w.signIn(client, "alice", goodPass).AccessToken
	asked := func(want types.ChallengeNameType) {
		t.Helper()
		start, err := w.InitiateAuth(t.Context(), passwordFlow(client, "alice", goodPass))
		w.check(err)
		if start.ChallengeName != want {
			t.Errorf("asked for %q, want %q", start.ChallengeName, want)
		}
	}
	_, err := w.AdminSetUserMFAPreference(t.Context(), &sdk.AdminSetUserMFAPreferenceInput{
		UserPoolId: pool, Username: new("alice"), SMSMfaSettings: &types.SMSMfaSettingsType{Enabled: true},
	})
	w.check(err)
	asked("SMS_MFA")
	_, err = w.SetUserSettings(t.Context(), &sdk.SetUserSettingsInput{AccessToken: token, MFAOptions: []types.MFAOptionType{}})
	w.check(err)
	asked("")
	sms := []types.MFAOptionType{{DeliveryMedium: "SMS", AttributeName: new("phone_number")}}
	_, err = w.AdminSetUserSettings(t.Context(), &sdk.AdminSetUserSettingsInput{UserPoolId: pool, Username: new("alice"), MFAOptions: sms})
	w.check(err)
	asked("SMS_MFA")
	_, err = w.SetUserSettings(t.Context(), &sdk.SetUserSettingsInput{AccessToken: token, MFAOptions: []types.MFAOptionType{{DeliveryMedium: "EMAIL"}}})
	w.refused(err, "InvalidParameterException", "MFAOptions can only name SMS to phone_number.")
	_, err = w.AdminSetUserMFAPreference(t.Context(), &sdk.AdminSetUserMFAPreferenceInput{UserPoolId: pool, Username: new("nobody")})
	w.refused(err, "UserNotFoundException", "User does not exist.")
}
