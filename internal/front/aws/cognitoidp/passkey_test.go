package cognitoidp_test

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"

	sdk "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/document"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"cognate.dev/cognate/internal/kit/softkey"
)

// TestPasskeyFromRegistrationToSignIn fails when a passkey cannot be made, listed, used or removed through the SDK.
func TestPasskeyFromRegistrationToSignIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, codes)
	pool, client := w.byChoice()
	w.person(pool, "alice")
	token := w.signIn(client, "alice", goodPass).AccessToken
	start := func() (*sdk.StartWebAuthnRegistrationOutput, error) {
		return w.StartWebAuthnRegistration(t.Context(), &sdk.StartWebAuthnRegistrationInput{AccessToken: token})
	}
	_, err := start()
	w.refused(err, "WebAuthnConfigurationMissingException", "The user pool has neither a relying party ID nor a domain.")
	config := &types.WebAuthnConfigurationType{RelyingPartyId: new("co.uk")}
	_, err = w.SetUserPoolMfaConfig(t.Context(), &sdk.SetUserPoolMfaConfigInput{UserPoolId: pool, WebAuthnConfiguration: config})
	w.refused(err, "InvalidParameterException", "RelyingPartyId must be a domain name, and no public suffix.")
	config.RelyingPartyId = new("example.com")
	_, err = w.SetUserPoolMfaConfig(t.Context(), &sdk.SetUserPoolMfaConfigInput{UserPoolId: pool, WebAuthnConfiguration: config})
	w.check(err)
	_, err = start()
	w.check(err)
	k := softkey.New("https://example.com")
	var made struct{ CredentialCreationOptions json.RawMessage }
	w.check(json.Unmarshal(w.wire.last(), &made))
	complete := func() error {
		credential, err := k.Create(made.CredentialCreationOptions)
		w.check(err)
		var value any
		w.check(json.Unmarshal(credential, &value))
		_, err = w.CompleteWebAuthnRegistration(t.Context(), &sdk.CompleteWebAuthnRegistrationInput{
			AccessToken: token, Credential: document.NewLazyDocument(value),
		})
		return err
	}
	k.Origin = "https://example.org"
	w.refused(complete(), "WebAuthnOriginNotAllowedException", "The origin is not allowed for the relying party.")
	k.Origin, k.RPID = "https://example.com", "example.org"
	w.refused(complete(), "WebAuthnRelyingPartyMismatchException", "The passkey belongs to another relying party.")
	k.RPID = ""
	w.check(complete())
	kept := *k
	w.refused(complete(), "WebAuthnChallengeNotFoundException", "There is no open registration for this passkey.")
	*k = kept

	list, err := w.ListWebAuthnCredentials(t.Context(), &sdk.ListWebAuthnCredentialsInput{AccessToken: token})
	w.check(err)
	if len(list.Credentials) != 1 || *list.Credentials[0].RelyingPartyId != "example.com" || *list.Credentials[0].AuthenticatorAttachment != "platform" {
		t.Fatalf("got %s", w.wire.last())
	}
	first, err := w.InitiateAuth(t.Context(), choiceFlow(client, "USERNAME", "alice", "PREFERRED_CHALLENGE", "WEB_AUTHN"))
	w.check(err)
	if first.ChallengeName != "WEB_AUTHN" || !strings.Contains(string(w.wire.last()), `"PASSWORD","WEB_AUTHN"]`) {
		t.Fatalf("got %s", w.wire.last())
	}
	credential, err := k.Get([]byte(first.ChallengeParameters["CREDENTIAL_REQUEST_OPTIONS"]))
	w.check(err)
	out, err := w.respond(client, "WEB_AUTHN", first.Session, "USERNAME", "alice", "CREDENTIAL", string(credential))
	w.check(err)
	if out.AuthenticationResult == nil {
		t.Errorf("got %s", w.wire.last())
	}
	remove := &sdk.DeleteWebAuthnCredentialInput{AccessToken: token, CredentialId: list.Credentials[0].CredentialId}
	_, err = w.DeleteWebAuthnCredential(t.Context(), remove)
	w.check(err)
	_, err = w.DeleteWebAuthnCredential(t.Context(), remove)
	w.refused(err, "ResourceNotFoundException", "The passkey does not exist.")
	plain := w.pool()
	_, err = w.SetUserPoolMfaConfig(t.Context(), &sdk.SetUserPoolMfaConfigInput{UserPoolId: plain, WebAuthnConfiguration: config})
	w.check(err)
	w.person(plain, "bob")
	token = w.signIn(w.client(plain), "bob", goodPass).AccessToken
	_, err = start()
	w.refused(err, "WebAuthnNotEnabledException", "Passkeys are not enabled for the user pool.")
}

// TestPasskeysAreListedInPages fails when a page holds the wrong passkeys or its token leads nowhere.
func TestPasskeysAreListedInPages(t *testing.T) {
	t.Parallel()
	w := newWorld(t, codes)
	pool, client := w.byChoice()
	w.person(pool, "alice")
	token := w.signIn(client, "alice", goodPass).AccessToken
	config := &types.WebAuthnConfigurationType{RelyingPartyId: new("example.com")}
	_, err := w.SetUserPoolMfaConfig(t.Context(), &sdk.SetUserPoolMfaConfigInput{UserPoolId: pool, WebAuthnConfiguration: config})
	w.check(err)
	for range 3 {
		_, err = w.StartWebAuthnRegistration(t.Context(), &sdk.StartWebAuthnRegistrationInput{AccessToken: token})
		w.check(err)
		var made struct{ CredentialCreationOptions json.RawMessage }
		w.check(json.Unmarshal(w.wire.last(), &made))
		credential, err := softkey.New("https://example.com").Create(made.CredentialCreationOptions)
		w.check(err)
		var value any
		w.check(json.Unmarshal(credential, &value))
		_, err = w.CompleteWebAuthnRegistration(t.Context(), &sdk.CompleteWebAuthnRegistrationInput{AccessToken: token, Credential: document.NewLazyDocument(value)})
		w.check(err)
	}
	in := &sdk.ListWebAuthnCredentialsInput{AccessToken: token, MaxResults: new(int32(2))}
	one, err := w.ListWebAuthnCredentials(t.Context(), in)
	w.check(err)
	in.NextToken = one.NextToken
	two, err := w.ListWebAuthnCredentials(t.Context(), in)
	w.check(err)
	seen := map[string]bool{}
	for _, c := range append(one.Credentials, two.Credentials...) {
		seen[*c.CredentialId] = true
	}
	if len(one.Credentials) != 2 || len(two.Credentials) != 1 || len(seen) != 3 || two.NextToken != nil {
		t.Errorf("pages of %d and %d, %d different", len(one.Credentials), len(two.Credentials), len(seen))
	}
	in.NextToken = new("made-up")
	_, err = w.ListWebAuthnCredentials(t.Context(), in)
	w.refused(err, "InvalidParameterException", "Invalid pagination token.")
}

// TestTokensTellASecurityKeyFromAPhone fails when amr says the wrong kind of passkey, or believes what the browser says of it
// at sign-in, which nobody has signed.
func TestTokensTellASecurityKeyFromAPhone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, codes)
	pool, client := w.byChoice()
	_, err := w.SetUserPoolMfaConfig(t.Context(), &sdk.SetUserPoolMfaConfigInput{UserPoolId: pool, WebAuthnConfiguration: &types.WebAuthnConfigurationType{RelyingPartyId: new("example.com")}})
	w.check(err)
	for name, roaming := range map[string]bool{"alice": true, "bob": false} {
		w.person(pool, name)
		k := w.registerPasskey(w.signIn(client, name, goodPass).AccessToken, roaming)
		k.Roaming = !roaming // a browser's word
		first, err := w.InitiateAuth(t.Context(), choiceFlow(client, "USERNAME", name, "PREFERRED_CHALLENGE", "WEB_AUTHN", "TARGET_ACR_VALUES", "urn:cognito:loa:3"))
		w.check(err)
		credential, err := k.Get([]byte(first.ChallengeParameters["CREDENTIAL_REQUEST_OPTIONS"]))
		w.check(err)
		out, err := w.respond(client, "WEB_AUTHN", first.Session, "USERNAME", name, "CREDENTIAL", string(credential))
		w.check(err)
		var claims struct {
			ACR string
			AMR []string
		}
		raw, err := base64.RawURLEncoding.DecodeString(strings.Split(*out.AuthenticationResult.IdToken, ".")[1])
		w.check(err)
		w.check(json.Unmarshal(raw, &claims))
		if want := map[bool]string{true: "hwk", false: "swk"}[roaming]; claims.ACR != "urn:cognito:loa:3" || len(claims.AMR) != 1 || claims.AMR[0] != want {
			t.Errorf("%s: %+v, want %s", name, claims, want)
		}
	}
}
