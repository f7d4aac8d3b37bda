package cognitoidp_test

import (
	"testing"

	sdk "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
)

// TestMFAThatNobodyAsksForIsRefused fails when a pool can demand a second factor that sign-in would not ask for.
func TestMFAThatNobodyAsksForIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.pool()
	for name, in := range map[string]*sdk.SetUserPoolMfaConfigInput{
		"SOFTWARE_TOKEN_MFA": {SoftwareTokenMfaConfiguration: &types.SoftwareTokenMfaConfigType{Enabled: true}},
		"EMAIL_OTP":          {EmailMfaConfiguration: &types.EmailMfaConfigType{}},
		"SMS_MFA": {SmsMfaConfiguration: &types.SmsMfaConfigType{
			SmsConfiguration: &types.SmsConfigurationType{SnsCallerArn: new("arn:aws:iam::123456789012:role/sms")}}},
	} {
		in.UserPoolId, in.MfaConfiguration = pool, types.UserPoolMfaTypeOn
		_, err := w.SetUserPoolMfaConfig(t.Context(), in)
		w.refused(err, "InvalidParameterException", "MFA by "+name+" is not supported by Cognate yet; see docs/standards.md")
	}
	_, err := w.CreateUserPool(t.Context(), &sdk.CreateUserPoolInput{PoolName: new("p"), MfaConfiguration: "ON"})
	w.refused(err, "InvalidParameterException",
		"SMS configuration and Auto verification for phone_number are required when MFA is required/optional")
	_, err = w.SetUserPoolMfaConfig(t.Context(), &sdk.SetUserPoolMfaConfigInput{UserPoolId: pool, MfaConfiguration: "OFF"})
	w.check(err)
	_, err = w.GetUserPoolMfaConfig(t.Context(), &sdk.GetUserPoolMfaConfigInput{UserPoolId: pool})
	w.check(err)
	golden(t, "testdata/mfa_off.json", w.wire.last())
}

// TestPoolThatDemandsCodesAsksForThem fails when a pool with MFA gives out tokens for a password alone, or forgets how it
// was configured.
func TestPoolThatDemandsCodesAsksForThem(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(o *options) { o.codes = true })
	pool := w.pool()
	client := w.client(pool)
	w.person(pool, "alice", "email", "alice@example.com", "email_verified", "true")
	_, err := w.SetUserPoolMfaConfig(t.Context(), &sdk.SetUserPoolMfaConfigInput{
		UserPoolId: pool, MfaConfiguration: "ON", EmailMfaConfiguration: &types.EmailMfaConfigType{Message: new("Type {####}"), Subject: new("Hello")},
		SmsMfaConfiguration: &types.SmsMfaConfigType{SmsAuthenticationMessage: new("SMS {####}"),
			SmsConfiguration: &types.SmsConfigurationType{SnsCallerArn: new("arn:aws:iam::123456789012:role/sms")}},
	})
	w.check(err)
	golden(t, "testdata/mfa_codes.json", w.wire.last())
	_, err = w.GetUserPoolMfaConfig(t.Context(), &sdk.GetUserPoolMfaConfigInput{UserPoolId: pool})
	w.check(err)
	golden(t, "testdata/mfa_codes.json", w.wire.last())

	start, err := w.InitiateAuth(t.Context(), passwordFlow(client, "alice", goodPass))
	w.check(err)
	if start.ChallengeName != "EMAIL_OTP" || start.AuthenticationResult != nil || start.Session == nil ||
		start.ChallengeParameters["CODE_DELIVERY_DESTINATION"] != "a***@e***" {
		t.Fatalf("got %s", w.wire.last())
	}
	code := *w.code("alice@example.com")
	respond := func(code string) (*sdk.RespondToAuthChallengeOutput, error) {
		return w.RespondToAuthChallenge(t.Context(), &sdk.RespondToAuthChallengeInput{
			ClientId: client, ChallengeName: start.ChallengeName, Session: start.Session,
			ChallengeResponses: map[string]string{"USERNAME": "alice", "EMAIL_OTP_CODE": code},
		})
	}
	_, err = respond(other(code))
	w.refused(err, "CodeMismatchException", "Invalid code or auth state for the user.")
	out, err := respond(code)
	w.check(err)
	if out.AuthenticationResult == nil {
		t.Errorf("no tokens for the right code: %s", w.wire.last())
	}
}
