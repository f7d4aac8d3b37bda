package directory_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
)

func TestAMinimalClientHasCognitosDefaults(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.pool(directory.PoolSpec{})
	c := w.client(p, directory.ClientSettings{})
	if c.RefreshValidity != 30 || c.SessionMinutes != 3 || len(c.ID) != 26 || strings.ToLower(c.ID) != c.ID || len(c.Secrets) != 0 {
		t.Errorf("%+v", c)
	}
	for flow, want := range map[string]bool{
		directory.FlowSRP: true, directory.FlowCustom: true, directory.FlowRefresh: true, "REFRESH_TOKEN": true,
		directory.FlowPassword: false, directory.FlowAdminPassword: false, directory.FlowChoice: false, "ADMIN_NO_SRP_AUTH": false,
	} {
		if c.Allows(flow) != want {
			t.Errorf("%s: allowed %v", flow, !want)
		}
	}
	for what, got := range map[string][2]time.Duration{
		"access": {c.AccessTTL(), time.Hour}, "ID": {c.IDTTL(), time.Hour}, "refresh": {c.RefreshTTL(), 30 * 24 * time.Hour},
		"session": {c.SessionTTL(), 3 * time.Minute},
	} {
		if got[0] != got[1] {
			t.Errorf("%s lives %v, want %v", what, got[0], got[1])
		}
	}
	if c.HidesExistence() || c.RotatesRefreshTokens() {
		t.Error("hides users or rotates tokens without being asked")
	}
	stored, err := w.node().Clients.Get(t.Context(), p.ID, c.ID)
	ok(t, err)
	if diff := cmp.Diff(c, stored); diff != "" {
		t.Errorf("what was stored differs from what was answered: %s", diff)
	}
}

func TestLegacyFlowsKeepSRPAndRefresh(t *testing.T) {
	t.Parallel()
	for flows, want := range map[string]string{
		"ADMIN_NO_SRP_AUTH":              "SRP CUSTOM REFRESH ADMIN",
		"USER_PASSWORD_AUTH":             "SRP CUSTOM REFRESH PASSWORD",
		"CUSTOM_AUTH_FLOW_ONLY":          "CUSTOM REFRESH",
		"ALLOW_USER_PASSWORD_AUTH":       "PASSWORD",
		"ALLOW_ADMIN_USER_PASSWORD_AUTH": "ADMIN",
		"ALLOW_USER_AUTH":                "CHOICE",
	} {
		c := &directory.Client{ClientSettings: directory.ClientSettings{ExplicitAuthFlows: strings.Fields(flows)}}
		var got []string
		for _, f := range []struct{ name, flow string }{
			{"SRP", directory.FlowSRP}, {"CUSTOM", directory.FlowCustom}, {"REFRESH", directory.FlowRefresh},
			{"PASSWORD", directory.FlowPassword}, {"ADMIN", directory.FlowAdminPassword}, {"CHOICE", directory.FlowChoice},
		} {
			if c.Allows(f.flow) {
				got = append(got, f.name)
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s allows %v, want %s", flows, got, want)
		}
	}
}

func TestClientSettingsThatCognitoRefusesAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.pool(directory.PoolSpec{Schema: []directory.AttributeSpec{{Name: "email", Required: true}, {Name: "x", Type: "String", DeveloperOnly: true}}})
	lite := w.pool(directory.PoolSpec{Settings: directory.Settings{Tier: "LITE"}})
	for name, tc := range map[string]struct {
		spec    directory.ClientSpec
		kind    fault.Kind
		subject fault.Subject
		text    string
	}{
		"two secrets":     {directory.ClientSpec{GenerateSecret: true, Secret: strings.Repeat("x", 24)}, fault.Invalid, "", ""},
		"weak secret":     {directory.ClientSpec{Secret: "short"}, fault.Invalid, "", ""},
		"plain http":      {settingsOf(directory.ClientSettings{CallbackURLs: []string{"http://example.com/"}}), fault.Invalid, "", "cannot use the HTTP protocol for http://example.com/."},
		"fragment":        {settingsOf(directory.ClientSettings{LogoutURLs: []string{"https://example.com/#"}}), fault.Invalid, "", ""},
		"relative":        {settingsOf(directory.ClientSettings{CallbackURLs: []string{"/callback"}}), fault.Invalid, "", ""},
		"script":          {settingsOf(directory.ClientSettings{CallbackURLs: []string{"javascript:alert(1)"}}), fault.Invalid, "", ""},
		"foreign default": {settingsOf(directory.ClientSettings{CallbackURLs: []string{"https://example.com/"}, DefaultRedirectURI: "https://example.com"}), fault.Invalid, "", ""},
		"mixed machine flow": {directory.ClientSpec{GenerateSecret: true, ClientSettings: directory.ClientSettings{OAuthFlows: []string{"client_credentials", "code"}}},
			fault.Invalid, fault.OAuthFlow, "client_credentials flow can not be selected along with code flow or implicit flow."},
		"public machine":     {settingsOf(directory.ClientSettings{OAuthFlows: []string{"client_credentials"}}), fault.Invalid, fault.OAuthFlow, "client_credentials flow can not be selected if client does not have a client secret."},
		"OAuth without flow": {settingsOf(directory.ClientSettings{OAuthEnabled: true}), fault.Invalid, fault.OAuthFlow, "AllowedOAuthFlows and AllowedOAuthScopes are required if user pool client is allowed to use OAuth flows."},
		"unknown scope":      {settingsOf(directory.ClientSettings{OAuthFlows: []string{"code"}, OAuthScopes: []string{"openid", "api/read"}}), fault.Missing, fault.Scope, "Invalid scope requested: api/read"},
		"unknown provider":   {settingsOf(directory.ClientSettings{IdentityProviders: []string{"COGNITO", "Corp"}}), fault.Invalid, "", "The provider Corp does not exist for User Pool " + p.ID + "."},
		"mixed styles":       {settingsOf(directory.ClientSettings{ExplicitAuthFlows: []string{"ALLOW_USER_SRP_AUTH", "USER_PASSWORD_AUTH"}}), fault.Invalid, "", ""},
		"unknown flow":       {settingsOf(directory.ClientSettings{ExplicitAuthFlows: []string{"ALLOW_ANYTHING"}}), fault.Invalid, "", ""},
		"4 minutes":          {settingsOf(directory.ClientSettings{AccessValidity: 4, Units: directory.ValidityUnits{Access: "minutes"}}), fault.Invalid, "", "Invalid range for token validity."},
		"25 hours":           {settingsOf(directory.ClientSettings{IDValidity: 25}), fault.Invalid, "", "Invalid range for token validity."},
		"59 minutes":         {settingsOf(directory.ClientSettings{RefreshValidity: 59, Units: directory.ValidityUnits{Refresh: "minutes"}}), fault.Invalid, "", "Invalid range for token validity."},
		"refresh too short":  {settingsOf(directory.ClientSettings{AccessValidity: 2, RefreshValidity: 1, Units: directory.ValidityUnits{Refresh: "hours"}}), fault.Invalid, "", "Refresh token expiration must be greater than access token and ID token expiration."},
		"odd unit":           {settingsOf(directory.ClientSettings{AccessValidity: 2, Units: directory.ValidityUnits{Access: "weeks"}}), fault.Invalid, "", ""},
		"long session":       {settingsOf(directory.ClientSettings{SessionMinutes: 16}), fault.Invalid, "", ""},
		"long grace":         {settingsOf(directory.ClientSettings{Rotation: &directory.Rotation{Feature: "ENABLED", GraceSeconds: 61}}), fault.Invalid, "", ""},
		"two ways to renew": {settingsOf(directory.ClientSettings{
			Rotation: &directory.Rotation{Feature: "ENABLED"}, ExplicitAuthFlows: []string{"ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"},
		}), fault.Invalid, "", "ALLOW_REFRESH_TOKEN_AUTH is not a permitted ExplicitAuthFlow when refresh token rotation is enabled."},
		"unknown read":       {settingsOf(directory.ClientSettings{ReadAttributes: []string{"custom:none"}}), fault.Invalid, "", "Invalid read attributes specified while creating a client"},
		"developer's write":  {settingsOf(directory.ClientSettings{WriteAttributes: []string{"email", "dev:custom:x"}}), fault.Invalid, "", "Invalid write attributes specified while creating a client"},
		"write of verified":  {settingsOf(directory.ClientSettings{WriteAttributes: []string{"email", "email_verified"}}), fault.Invalid, "", "Invalid write attributes specified while creating a client"},
		"required missing":   {settingsOf(directory.ClientSettings{WriteAttributes: []string{"name"}}), fault.Invalid, "", "Invalid write attributes specified while creating a client"},
		"context, no secret": {settingsOf(directory.ClientSettings{PropagateContext: true}), fault.Invalid, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tc.spec.PoolID = p.ID
			_, err := w.Clients.Create(t.Context(), tc.spec)
			refused(t, err, tc.kind, tc.subject, tc.text)
		})
	}
	_, err := w.Clients.Create(t.Context(), directory.ClientSpec{PoolID: lite.ID, ClientSettings: directory.ClientSettings{ExplicitAuthFlows: []string{"ALLOW_USER_AUTH"}}})
	refused(t, err, fault.Unsupported, fault.Tier, "")
	_, err = w.Clients.Create(t.Context(), directory.ClientSpec{PoolID: lite.ID, ClientSettings: directory.ClientSettings{Rotation: &directory.Rotation{Feature: "ENABLED"}}})
	refused(t, err, fault.Unsupported, fault.Tier, "The following features need to be disabled for the LITE pricing tier configured: Refresh Token Rotation")
	_, err = w.Clients.Create(t.Context(), directory.ClientSpec{PoolID: "eu-west-1_none"})
	refused(t, err, fault.Missing, "", "User pool eu-west-1_none does not exist.")
}

func settingsOf(s directory.ClientSettings) directory.ClientSpec {
	return directory.ClientSpec{ClientSettings: s}
}

func TestRedirectsThatAppsUseAreAccepted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.client(w.pool(directory.PoolSpec{}), directory.ClientSettings{CallbackURLs: []string{
		"https://example.com/callback?x=y", "http://localhost:3000/", "http://127.0.0.1/", "http://[::1]:8080/", "myapp://signed-in",
	}, DefaultRedirectURI: "myapp://signed-in"})
	if len(c.CallbackURLs) != 5 {
		t.Error(c.CallbackURLs)
	}
}

func TestAClientOfAnotherPoolDoesNotExist(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p, other := w.pool(directory.PoolSpec{}), w.pool(directory.PoolSpec{})
	c := w.client(p, directory.ClientSettings{})
	text := "User pool client " + c.ID + " does not exist."
	_, err := w.Clients.Get(t.Context(), other.ID, c.ID)
	refused(t, err, fault.Missing, "", text)
	_, err = w.Clients.Update(t.Context(), other.ID, c.ID, directory.ClientSettings{})
	refused(t, err, fault.Missing, "", text)
	refused(t, w.Clients.Delete(t.Context(), other.ID, c.ID), fault.Missing, "", text)
	ok(t, w.Clients.Delete(t.Context(), p.ID, c.ID))
	_, err = w.Clients.Find(t.Context(), c.ID)
	refused(t, err, fault.Missing, "", text)
}

func TestUpdateReplacesAClientButNotItsSecret(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.pool(directory.PoolSpec{})
	c, err := w.Clients.Create(t.Context(), directory.ClientSpec{ID: "pinned", PoolID: p.ID, GenerateSecret: true, ClientSettings: directory.ClientSettings{
		Name: "app", ReadAttributes: []string{"email"}, CallbackURLs: []string{"https://example.com/"}, HideUserExistence: "ENABLED",
	}})
	ok(t, err)
	got, err := w.Clients.Update(t.Context(), p.ID, "pinned", directory.ClientSettings{SessionMinutes: 5})
	ok(t, err)
	want := directory.ClientSettings{Name: "app", SessionMinutes: 5, RefreshValidity: 30}
	if diff := cmp.Diff(want, got.ClientSettings); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(c.Secrets, got.Secrets); diff != "" {
		t.Error(diff)
	}
	_, err = w.Clients.Update(t.Context(), p.ID, "pinned", directory.ClientSettings{WriteAttributes: []string{"custom:none"}})
	refused(t, err, fault.Invalid, "", "Invalid write attributes specified while updating a client")
}

func TestSecretHashesAreCheckedAgainstEveryLiveSecret(t *testing.T) {
	t.Parallel()
	// The client, secret and hash of the fact that was computed for this user.
	c := &directory.Client{ID: "1example23456789", Secrets: []directory.ClientSecret{
		{Value: "another"}, {Value: "13ka4h7u28d9oo44tqpq9djqsfvhvu8rk4d2ighvpu0k8fj1c2r9"},
	}}
	const user, hash = "5f2b1c9e-1111-4222-8333-444455556666", "kM+8AtofW40GWKQ0dlHizp5lhpFJPjOlSEMsEa3CW+w="
	ok(t, c.CheckSecretHash(user, hash))
	ok(t, c.CheckSecretHash("carol", c.SecretHash("carol")))
	mac := hmac.New(sha256.New, []byte("another"))
	mac.Write([]byte("bob" + c.ID))
	ok(t, c.CheckSecretHash("bob", base64.StdEncoding.EncodeToString(mac.Sum(nil))))
	refused(t, c.CheckSecretHash("bob", hash), fault.Denied, fault.ClientSecret, "Unable to verify secret hash for client 1example23456789")
	refused(t, c.CheckSecretHash("bob", ""), fault.Denied, fault.ClientSecret, "Client 1example23456789 is configured with secret but SECRET_HASH was not received")
	public := &directory.Client{ID: "c"}
	ok(t, public.CheckSecretHash("bob", ""))
	refused(t, public.CheckSecretHash("bob", hash), fault.Denied, fault.ClientSecret, "Client c is configured without secret but secret hash was received")
	ok(t, c.CheckSecret("another"))
	ok(t, public.CheckSecret(""))
	refused(t, c.CheckSecret(""), fault.Denied, fault.ClientSecret, "")
	refused(t, c.CheckSecret("anothe"), fault.Denied, fault.ClientSecret, "")
	refused(t, public.CheckSecret("x"), fault.Denied, fault.ClientSecret, "")
}

func TestAClientHasAtMostTwoSecretsAndAtLeastOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.pool(directory.PoolSpec{})
	c, err := w.Clients.Create(t.Context(), directory.ClientSpec{PoolID: p.ID, GenerateSecret: true})
	ok(t, err)
	refused(t, w.Clients.DeleteSecret(t.Context(), p.ID, c.ID, c.Secrets[0].ID), fault.Invalid, "", "")
	second, err := w.Clients.AddSecret(t.Context(), p.ID, c.ID, "")
	ok(t, err)
	if len(second.Value) != 52 || !second.Generated || second.ID == c.Secrets[0].ID {
		t.Errorf("%+v", second)
	}
	_, err = w.Clients.AddSecret(t.Context(), p.ID, c.ID, "")
	refused(t, err, fault.Limited, "", "Client secrets cannot exceed limit of 2 secrets.")
	ok(t, w.Clients.DeleteSecret(t.Context(), p.ID, c.ID, c.Secrets[0].ID))
	got, err := w.Clients.Find(t.Context(), c.ID)
	ok(t, err)
	if diff := cmp.Diff([]directory.ClientSecret{second}, got.Secrets); diff != "" {
		t.Error(diff)
	}
	public := w.client(p, directory.ClientSettings{})
	_, err = w.Clients.AddSecret(t.Context(), p.ID, public.ID, "")
	refused(t, err, fault.Invalid, "", "")
}

func TestPermissionsDecideWhatAClientSeesAndWrites(t *testing.T) {
	t.Parallel()
	open := &directory.Client{}
	narrow := &directory.Client{ClientSettings: directory.ClientSettings{ReadAttributes: []string{"email"}, WriteAttributes: []string{"name"}}}
	for _, tc := range []struct {
		c           *directory.Client
		name        string
		read, write bool
	}{
		{open, "email", true, true}, {open, "custom:x", true, true}, {open, "dev:custom:x", false, false}, {open, "sub", true, false},
		{open, "email_verified", true, false}, {open, "identities", true, false}, {open, "custom:a_verified", true, true},
		{narrow, "email", true, false}, {narrow, "name", false, true}, {narrow, "sub", true, false}, {narrow, "email_verified", false, false},
	} {
		if tc.c.CanRead(tc.name) != tc.read || tc.c.CanWrite(tc.name) != tc.write {
			t.Errorf("%s: read %v, write %v", tc.name, tc.c.CanRead(tc.name), tc.c.CanWrite(tc.name))
		}
	}
	x := &directory.User{ID: "s", Attributes: map[string]string{"name": "n", "email": "e", "dev:custom:x": "d"}}
	if diff := cmp.Diff([]directory.Value{{Name: "email", Value: "e"}, {Name: "sub", Value: "s"}}, directory.Readable(narrow, x)); diff != "" {
		t.Error(diff)
	}
}
