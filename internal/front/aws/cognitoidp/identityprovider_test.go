package cognitoidp_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	sdk "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
	"github.com/google/go-cmp/cmp"
)

// provider makes an identity provider and gives its name.
func (w *world) provider(pool *string, name string, change ...func(*sdk.CreateIdentityProviderInput)) *string {
	w.t.Helper()
	in := &sdk.CreateIdentityProviderInput{UserPoolId: pool, ProviderName: &name, ProviderType: "OIDC", ProviderDetails: map[string]string{
		"client_id": "id", "client_secret": "the secret", "attributes_request_method": "GET",
		"oidc_issuer": "https://idp.example.com", "authorize_scopes": "openid email",
	}}
	for _, c := range change {
		c(in)
	}
	_, err := w.CreateIdentityProvider(w.t.Context(), in)
	w.check(err)
	return &name
}

func google(in *sdk.CreateIdentityProviderInput) {
	in.ProviderType, in.ProviderDetails = "Google", map[string]string{
		"client_id": "id", "client_secret": "secret", "authorize_scopes": "email profile openid",
	}
}

// TestIdentityProviderKeepsWhatItWasGiven fails when a provider loses a member, or two have one name or identifier.
func TestIdentityProviderKeepsWhatItWasGiven(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.pool()
	w.provider(pool, "Okta", func(in *sdk.CreateIdentityProviderInput) {
		in.AttributeMapping, in.IdpIdentifiers = map[string]string{"email": "mail"}, []string{"example.com"}
	})
	got, err := w.DescribeIdentityProvider(t.Context(), &sdk.DescribeIdentityProviderInput{UserPoolId: pool, ProviderName: new("Okta")})
	w.check(err)
	p := got.IdentityProvider
	want := &types.IdentityProviderType{
		UserPoolId: pool, ProviderName: new("Okta"), ProviderType: "OIDC", IdpIdentifiers: []string{"example.com"},
		AttributeMapping: map[string]string{"email": "mail", "username": "sub"}, CreationDate: p.CreationDate, LastModifiedDate: p.CreationDate,
		ProviderDetails: map[string]string{
			"client_id": "id", "client_secret": "the secret", "attributes_request_method": "GET", "oidc_issuer": "https://idp.example.com",
			"authorize_scopes": "openid email", "attributes_url_add_attributes": "false",
		},
	}
	if diff := cmp.Diff(want, p, ignoreUnexported); diff != "" {
		t.Errorf("described (-want +got):\n%s", diff)
	}
	found, err := w.GetIdentityProviderByIdentifier(t.Context(), &sdk.GetIdentityProviderByIdentifierInput{UserPoolId: pool, IdpIdentifier: new("example.com")})
	w.check(err)
	if diff := cmp.Diff(want, found.IdentityProvider, ignoreUnexported); diff != "" {
		t.Errorf("by identifier (-want +got):\n%s", diff)
	}
	_, err = w.GetIdentityProviderByIdentifier(t.Context(), &sdk.GetIdentityProviderByIdentifierInput{UserPoolId: pool, IdpIdentifier: new("Okta")})
	w.refused(err, "ResourceNotFoundException", "Identity provider Okta does not exist.")
	_, err = w.CreateIdentityProvider(t.Context(), &sdk.CreateIdentityProviderInput{
		UserPoolId: pool, ProviderName: new("Okta"), ProviderType: "SAML", ProviderDetails: map[string]string{"MetadataURL": "https://idp.example.com"},
	})
	w.refused(err, "DuplicateProviderException", "A provider with the name Okta already exists in the pool.")
	if list := w.groups(pool); !slices.Equal(list, []string{*pool + "_Okta"}) {
		t.Errorf("groups %v", list)
	}
}

// TestIdentityProvidersComeAndGo fails when the list, an update or a deletion of providers does not do what it says.
func TestIdentityProvidersComeAndGo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.pool()
	for i := range 3 {
		w.provider(pool, fmt.Sprintf("idp%d", i))
	}
	var names []string
	pages := sdk.NewListIdentityProvidersPaginator(w, &sdk.ListIdentityProvidersInput{UserPoolId: pool, MaxResults: new(int32(2))})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		w.check(err)
		for _, p := range page.Providers {
			names = append(names, *p.ProviderName+" "+string(p.ProviderType))
		}
	}
	if !slices.Equal(names, []string{"idp0 OIDC", "idp1 OIDC", "idp2 OIDC"}) {
		t.Errorf("listed %v", names)
	}
	out, err := w.UpdateIdentityProvider(t.Context(), &sdk.UpdateIdentityProviderInput{
		UserPoolId: pool, ProviderName: new("idp0"), AttributeMapping: map[string]string{"email": "mail"},
	})
	w.check(err)
	if out.IdentityProvider.AttributeMapping["email"] != "mail" || out.IdentityProvider.ProviderDetails["client_secret"] != "the secret" {
		t.Errorf("updated to %s", w.wire.last())
	}
	client := w.client(pool, func(in *sdk.CreateUserPoolClientInput) { in.SupportedIdentityProviders = []string{"COGNITO", "idp0"} })
	_, err = w.DeleteIdentityProvider(t.Context(), &sdk.DeleteIdentityProviderInput{UserPoolId: pool, ProviderName: new("idp0")})
	w.check(err)
	for _, list := range [][]string{{"COGNITO", "idp0"}, {"Google"}} {
		_, err = w.UpdateUserPoolClient(t.Context(), &sdk.UpdateUserPoolClientInput{UserPoolId: pool, ClientId: client, SupportedIdentityProviders: list})
		w.refused(err, "InvalidParameterException", fmt.Sprintf("The provider %s does not exist for User Pool %s.", list[len(list)-1], *pool))
	}
	_, err = w.DeleteIdentityProvider(t.Context(), &sdk.DeleteIdentityProviderInput{UserPoolId: pool, ProviderName: new("idp0")})
	w.refused(err, "ResourceNotFoundException", "Identity provider idp0 does not exist.")
}

// linking is a pool with two providers and the users alice and bob.
func linking(t *testing.T, early ...string) (w *world, pool *string) {
	w = newWorld(t)
	pool = w.pool(func(in *sdk.CreateUserPoolInput) {
		in.Schema = []types.SchemaAttributeType{{Name: new("badge"), AttributeDataType: "String", Mutable: new(false)}}
	})
	for _, name := range early {
		w.person(pool, name)
	}
	w.provider(pool, "Google", google)
	w.provider(pool, "Okta", func(in *sdk.CreateIdentityProviderInput) { in.AttributeMapping = map[string]string{"email": "mail"} })
	w.person(pool, "alice", "email", "alice@example.com")
	w.person(pool, "bob")
	return w, pool
}

func person(provider, attribute, value string) *types.ProviderUserIdentifierType {
	return &types.ProviderUserIdentifierType{ProviderName: &provider, ProviderAttributeName: &attribute, ProviderAttributeValue: &value}
}

func (w *world) link(pool *string, to, from *types.ProviderUserIdentifierType) error {
	_, err := w.AdminLinkProviderForUser(w.t.Context(), &sdk.AdminLinkProviderForUserInput{UserPoolId: pool, DestinationUser: to, SourceUser: from})
	return err
}

func (w *world) disable(pool *string, user *types.ProviderUserIdentifierType) error {
	_, err := w.AdminDisableProviderForUser(w.t.Context(), &sdk.AdminDisableProviderForUserInput{UserPoolId: pool, User: user})
	return err
}

// identities reads the identities attribute of a user as provider:id.
func (w *world) identities(pool *string, name string) (list []string) {
	w.t.Helper()
	got, err := w.AdminGetUser(w.t.Context(), &sdk.AdminGetUserInput{UserPoolId: pool, Username: &name})
	w.check(err)
	text, ok := values(got.UserAttributes)["identities"]
	if !ok {
		return nil
	}
	var parsed []struct {
		UserID       string `json:"userId"`
		ProviderName string `json:"providerName"`
		Primary      bool   `json:"primary"`
		DateCreated  int64  `json:"dateCreated"`
	}
	w.check(json.Unmarshal([]byte(text), &parsed))
	for _, p := range parsed {
		if p.Primary || p.DateCreated != born.UnixMilli() {
			w.t.Errorf("identities of %s: %s", name, text)
		}
		list = append(list, p.ProviderName+":"+p.UserID)
	}
	return list
}

// TestLinksShowInTheUserAndTheTokens fails when a linked identity is not told, or stays after it was disabled.
func TestLinksShowInTheUserAndTheTokens(t *testing.T) {
	t.Parallel()
	w, pool := linking(t)
	alice := person("Cognito", "ignored", "alice")
	w.check(w.link(pool, alice, person("Google", "Cognito_Subject", "g-7")))
	w.check(w.link(pool, alice, person("Okta", "email", "alice@example.org")))
	if got, want := w.identities(pool, "alice"), []string{"Google:g-7", "Okta:alice@example.org"}; !slices.Equal(got, want) {
		t.Errorf("identities %v, want %v", got, want)
	}
	token := w.claims(pool, *w.signIn(w.client(pool), "alice", goodPass).IdToken)
	list, _ := token["identities"].([]any)
	if len(list) != 2 {
		t.Fatalf("the token says %v", token["identities"])
	}
	if one := list[0].(map[string]any); one["userId"] != "g-7" || one["primary"] != "false" || one["dateCreated"] != fmt.Sprint(born.UnixMilli()) || one["issuer"] != nil {
		t.Errorf("the token says %v", one)
	}
	w.check(w.disable(pool, person("Google", "Cognito_Subject", "g-7")))
	if got, want := w.identities(pool, "alice"), []string{"Okta:alice@example.org"}; !slices.Equal(got, want) {
		t.Errorf("identities %v, want %v", got, want)
	}
	_, err := w.DeleteIdentityProvider(t.Context(), &sdk.DeleteIdentityProviderInput{UserPoolId: pool, ProviderName: new("Okta")})
	w.check(err)
	if got := w.identities(pool, "alice"); got != nil {
		t.Errorf("identities of a provider that is gone: %v", got)
	}
}

// TestOneIdentityIsOnePerson fails when an outside identity can be two users, or a user can be linked to what is no
// identity of a provider.
func TestOneIdentityIsOnePerson(t *testing.T) {
	t.Parallel()
	w, pool := linking(t, "Okta_o-1") // nobody can take such a name once the provider is there
	alice, bob := person("Cognito", "", "alice"), person("Cognito", "", "bob")
	w.check(w.link(pool, alice, person("Google", "Cognito_Subject", "g-7")))
	for name, c := range map[string]struct {
		to, from        *types.ProviderUserIdentifierType
		exception, text string
	}{
		"again":            {alice, person("Google", "Cognito_Subject", "g-7"), "InvalidParameterException", "SourceUser is already linked to DestinationUser"},
		"somebody else's":  {bob, person("Google", "Cognito_Subject", "g-7"), "AliasExistsException", "SourceUser is already linked to another user"},
		"has signed in":    {alice, person("Okta", "Cognito_Subject", "o-1"), "InvalidParameterException", "Merging is not currently supported, provide a SourceUser that has not been signed up in order to link"},
		"unknown provider": {alice, person("Nobody", "Cognito_Subject", "1"), "InvalidParameterException", "The provider Nobody does not exist for User Pool " + *pool + "."},
		"local source":     {alice, person("Cognito", "Cognito_Subject", "bob"), "InvalidParameterException", "The provider Cognito does not exist for User Pool " + *pool + "."},
		"social by email":  {alice, person("Google", "email", "a@example.com"), "InvalidParameterException", "ProviderAttributeName must be Cognito_Subject for a user of the provider Google."},
		"unmapped":         {alice, person("Okta", "name", "a"), "InvalidParameterException", "ProviderAttributeName must be Cognito_Subject or an attribute that the provider Okta is mapped to."},
		"empty":            {alice, person("Okta", "Cognito_Subject", ""), "InvalidParameterException", "ProviderAttributeValue must have 1 to 512 characters."},
		"too long":         {alice, person("Okta", "Cognito_Subject", strings.Repeat("x", 513)), "InvalidParameterException", "ProviderAttributeValue must have 1 to 512 characters."},
		"unknown user":     {person("Cognito", "", "carol"), person("Google", "Cognito_Subject", "g-8"), "UserNotFoundException", "User does not exist."},
	} {
		t.Run(name, func(t *testing.T) { w.refused(w.link(pool, c.to, c.from), c.exception, c.text) })
	}
	w.check(w.link(pool, person("Okta", "", "o-1"), person("Google", "Cognito_Subject", "g-9"))) // a federated user is a destination, too
	for i := range 5 {
		w.check(w.link(pool, bob, person("Okta", "Cognito_Subject", fmt.Sprintf("b-%d", i))))
	}
	w.refused(w.link(pool, bob, person("Okta", "Cognito_Subject", "b-6")), "LimitExceededException", "A user can have at most 5 linked identities.")
}

// TestAliasIsNoUsernameForLinks fails when a user who chose a provider's name for somebody as an alias is linked, or
// keeps somebody from being linked.
func TestAliasIsNoUsernameForLinks(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.pool(func(in *sdk.CreateUserPoolInput) {
		in.AliasAttributes = []types.AliasAttributeType{"preferred_username"}
	})
	w.provider(pool, "Google", google)
	w.person(pool, "alice")
	w.person(pool, "mallory", "preferred_username", "Google_g-7")
	w.check(w.link(pool, person("Cognito", "", "alice"), person("Google", "Cognito_Subject", "g-7")))
	w.refused(w.link(pool, person("Google", "", "g-7"), person("Google", "Cognito_Subject", "g-8")), "UserNotFoundException", "User does not exist.")
}

// TestImmutableAttributeForbidsLinks fails when a user whose attribute a provider could not overwrite is linked.
func TestImmutableAttributeForbidsLinks(t *testing.T) {
	t.Parallel()
	w, pool := linking(t)
	w.person(pool, "dave", "custom:badge", "7")
	w.refused(w.link(pool, person("Cognito", "", "dave"), person("Google", "Cognito_Subject", "g-7")), "InvalidParameterException",
		"The user cannot be linked: the attribute custom:badge cannot be changed, and a provider would write it.")
}

// TestDisabledPasswordStaysDisabled fails when a user whose password sign-in was disabled gets in with it, or brings it
// back without an administrator.
func TestDisabledPasswordStaysDisabled(t *testing.T) {
	t.Parallel()
	w, pool := linking(t)
	client := w.client(pool)
	tokens := w.signIn(client, "alice", goodPass)
	_, err := w.AdminUpdateUserAttributes(t.Context(), &sdk.AdminUpdateUserAttributesInput{
		UserPoolId: pool, Username: new("alice"), UserAttributes: pairs("email_verified", "true"),
	})
	w.check(err)
	_, err = w.ForgotPassword(t.Context(), &sdk.ForgotPasswordInput{ClientId: client, Username: new("alice")})
	w.check(err)
	code := w.code("alice@example.com")
	w.refused(w.disable(pool, person("Cognito", "email", "alice")), "InvalidParameterException",
		"ProviderAttributeName must be Cognito_Subject for a user of the provider Cognito.")
	w.check(w.disable(pool, person("Cognito", "Cognito_Subject", "alice")))
	_, err = w.InitiateAuth(t.Context(), &sdk.InitiateAuthInput{
		ClientId: client, AuthFlow: "USER_PASSWORD_AUTH", AuthParameters: map[string]string{"USERNAME": "alice", "PASSWORD": goodPass},
	})
	w.refused(err, "NotAuthorizedException", "Incorrect username or password.")
	_, err = w.ConfirmForgotPassword(t.Context(), &sdk.ConfirmForgotPasswordInput{
		ClientId: client, Username: new("alice"), ConfirmationCode: code, Password: new("Another-horse-8"),
	})
	w.refused(err, "ExpiredCodeException", "Invalid code provided, please request a code again.")
	_, err = w.ForgotPassword(t.Context(), &sdk.ForgotPasswordInput{ClientId: client, Username: new("alice")})
	w.refused(err, "NotAuthorizedException", "User password cannot be reset in the current state.")
	_, err = w.ChangePassword(t.Context(), &sdk.ChangePasswordInput{AccessToken: tokens.AccessToken, ProposedPassword: new("Another-horse-8")})
	w.refused(err, "NotAuthorizedException", "User password cannot be changed in the current state.")
	w.refused(w.disable(pool, person("Google", "Cognito_Subject", "nobody")), "UserNotFoundException", "User does not exist.")
	_, err = w.AdminSetUserPassword(t.Context(), &sdk.AdminSetUserPasswordInput{UserPoolId: pool, Username: new("alice"), Password: new("Another-horse-8"), Permanent: true})
	w.check(err)
	w.signIn(client, "alice", "Another-horse-8")
}
