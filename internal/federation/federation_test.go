package federation_test

import (
	"context"
	"encoding/base64"
	"errors"
	"maps"
	"strings"
	"testing"
	"time"

	"crypto/x509"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/federation"
	"cognate.dev/cognate/internal/federation/metadata"
	"cognate.dev/cognate/internal/kit/clock"
	"cognate.dev/cognate/internal/store"
	"cognate.dev/cognate/internal/store/storetest"
)

const poolID = "eu-west-1_Abcdefghi"

// world is a pool in a store of its own.
type world struct {
	*federation.Federation
	t      testing.TB
	store  *store.Store
	now    *clock.Fake
	groups groups
}

// groups remembers which groups were asked for.
type groups map[string]string

func (g groups) Ensure(_ context.Context, poolID, name, description string) error {
	g[poolID+"/"+name] = description
	return nil
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{t: t, store: storetest.Memory(t), now: clock.NewFake(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)), groups: groups{}}
	w.Federation = federation.New(federation.Parts{
		Providers: w.store, Links: w.store, Groups: w.groups, Keys: storetest.Sealer(t), Now: w.now.Now,
	})
	w.check(w.store.InsertPool(t.Context(), &directory.Pool{ID: poolID, Region: "eu-west-1", CreatedAt: w.now.Now(), ModifiedAt: w.now.Now()}))
	return w
}

func (w *world) check(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// refused fails unless err is a fault of the kind and subject that says the text.
func refused(t testing.TB, what string, err error, kind fault.Kind, subject fault.Subject, text string) {
	t.Helper()
	f := fault.As(err)
	if f == nil || f.Kind != kind || f.Subject != subject || !strings.Contains(f.Text, text) {
		t.Errorf("%s: got %v, want %s/%s with %q", what, err, kind, subject, text)
	}
}

// schema is the attributes of the pool.
func schema(name string) bool {
	return name == "email" || name == "custom:team" || name == "sub" || name == "identities"
}

// details gives valid details of a type, changed by key and value in turns; an empty value removes the key.
func details(t federation.Type, change ...string) map[string]string {
	social := map[string]string{"client_id": "id", "client_secret": "secret", "authorize_scopes": "email"}
	d := map[federation.Type]map[string]string{
		federation.SAML: {"MetadataURL": "https://idp.example.com/metadata"},
		federation.OIDC: {
			"client_id": "id", "client_secret": "secret", "attributes_request_method": "GET", "oidc_issuer": "https://idp.example.com",
			"authorize_scopes": "openid email",
		},
		federation.Google: social, federation.Facebook: social, federation.Amazon: social,
		federation.Apple: {"client_id": "id", "team_id": "t", "key_id": "k", "private_key": "p", "authorize_scopes": "email name"},
	}[t]
	d = maps.Clone(d)
	for i := 0; i+1 < len(change); i += 2 {
		if change[i+1] == "" {
			delete(d, change[i])
			continue
		}
		d[change[i]] = change[i+1]
	}
	return d
}

func spec(name string, t federation.Type, change ...string) federation.Spec {
	return federation.Spec{PoolID: poolID, Name: name, Type: t, Change: federation.Change{Details: details(t, change...), HasAttribute: schema}}
}

// TestWhatMetadataSaysIsDescribed fails when the addresses of a SAML provider are not shown that stand in metadata at a URL, or when a
// provider whose metadata cannot be read cannot be seen.
func TestWhatMetadataSaysIsDescribed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var down error
	service := federation.New(federation.Parts{
		Providers: w.store, Links: w.store, Groups: w.groups, Keys: storetest.Sealer(t), Now: w.now.Now,
		Metadata: func(context.Context, string) (*metadata.Metadata, error) {
			return &metadata.Metadata{SSORedirect: "https://idp.example.com/sso", SLORedirect: "https://idp.example.com/slo"}, down
		},
	})
	p, err := service.Providers.Create(t.Context(), spec("Okta", federation.SAML))
	w.check(err)
	want := map[string]string{
		"MetadataURL": "https://idp.example.com/metadata", "SSORedirectBindingURI": "https://idp.example.com/sso", "SLORedirectBindingURI": "https://idp.example.com/slo",
	}
	if diff := cmp.Diff(want, service.Providers.Described(t.Context(), p)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	down = errors.New("down")
	if diff := cmp.Diff(p.Details, service.Providers.Described(t.Context(), p)); diff != "" {
		t.Errorf("while it cannot be read (-want +got):\n%s", diff)
	}
}

// TestProvidersDescribeWhatTheirTypeAdds fails when a type's computed details are missing, or a secret that must not be
// shown is.
func TestProvidersDescribeWhatTheirTypeAdds(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		spec    federation.Spec
		added   map[string]string
		mapping map[string]string
	}{
		{spec("Okta", federation.SAML), nil, nil},
		{spec("Okta", federation.OIDC), map[string]string{"attributes_url_add_attributes": "false"}, map[string]string{"username": "sub"}},
		{spec("Google", federation.Google, "authorize_url", "https://elsewhere.example.com"), map[string]string{
			"attributes_url":                "https://people.googleapis.com/v1/people/me?personFields=",
			"attributes_url_add_attributes": "true", "authorize_url": "https://accounts.google.com/o/oauth2/v2/auth",
			"oidc_issuer": "https://accounts.google.com", "token_request_method": "POST", "token_url": "https://www.googleapis.com/oauth2/v4/token",
		}, map[string]string{"username": "sub"}},
		{spec("Facebook", federation.Facebook, "api_version", "v19.0"), map[string]string{
			"attributes_url":                "https://graph.facebook.com/v19.0/me?fields=",
			"attributes_url_add_attributes": "true", "authorize_url": "https://www.facebook.com/v19.0/dialog/oauth",
			"token_request_method": "GET", "token_url": "https://graph.facebook.com/v19.0/oauth/access_token",
		}, map[string]string{"username": "id"}},
		{spec("LoginWithAmazon", federation.Amazon), map[string]string{
			"attributes_url": "https://api.amazon.com/user/profile", "attributes_url_add_attributes": "false",
			"authorize_url": "https://www.amazon.com/ap/oa", "token_request_method": "POST", "token_url": "https://api.amazon.com/auth/o2/token",
		}, map[string]string{"username": "user_id"}},
		{spec("SignInWithApple", federation.Apple), map[string]string{
			"attributes_url_add_attributes": "false", "authorize_url": "https://appleid.apple.com/auth/authorize",
			"oidc_issuer": "https://appleid.apple.com", "token_request_method": "POST", "token_url": "https://appleid.apple.com/auth/token",
		}, map[string]string{"username": "sub"}},
	} {
		w := newWorld(t)
		_, err := w.Providers.Create(t.Context(), c.spec)
		w.check(err)
		got, err := w.Providers.Get(t.Context(), poolID, c.spec.Name)
		w.check(err)
		want := maps.Clone(c.spec.Details)
		maps.Copy(want, c.added)
		delete(want, "private_key")
		if diff := cmp.Diff(want, got.Described()); diff != "" {
			t.Errorf("%s details (-want +got):\n%s", c.spec.Type, diff)
		}
		if diff := cmp.Diff(c.mapping, got.Mapping, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s mapping (-want +got):\n%s", c.spec.Type, diff)
		}
		group := poolID + "/" + poolID + "_" + c.spec.Name
		if w.groups[group] != "Autogenerated group for users who sign in using "+c.spec.Name {
			t.Errorf("%s: groups %v", c.spec.Type, w.groups)
		}
	}
}

// TestBadProvidersAreRefused fails when a provider is made that nobody could sign in with, or that could speak for
// another.
func TestBadProvidersAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	mapped := func(mapping map[string]string) federation.Spec {
		s := spec("Okta", federation.OIDC)
		s.Mapping = mapping
		return s
	}
	identified := spec("Okta", federation.OIDC)
	identified.Identifiers = []string{"a", "a"}
	for name, c := range map[string]struct {
		spec federation.Spec
		says string
	}{
		"social with a free name": {spec("MyGoogle", federation.Google), "must have the name Google"},
		"OIDC as Google":          {spec("Google", federation.OIDC), "reserved"},
		"OIDC as the pool":        {spec("cognito", federation.OIDC), "reserved"},
		"unknown type":            {spec("Okta", "LDAP"), "Unknown provider type"},
		"no client":               {spec("Okta", federation.OIDC, "client_id", ""), "must contain client_id"},
		"no secret":               {spec("Okta", federation.OIDC, "client_secret", ""), "must contain client_secret"},
		"no private key":          {spec("SignInWithApple", federation.Apple, "private_key", ""), "must contain private_key"},
		"unknown detail":          {spec("Okta", federation.OIDC, "color", "red"), "color is not a provider detail"},
		"secret of another type":  {spec("Okta", federation.OIDC, "private_key", "p"), "private_key is not a provider detail"},
		"issuer without TLS":      {spec("Okta", federation.OIDC, "oidc_issuer", "http://idp.example.com"), "oidc_issuer must be an https URL"},
		"issuer with a user":      {spec("Okta", federation.OIDC, "oidc_issuer", "https://a@idp.example.com"), "oidc_issuer must be an https URL"},
		"script as authorize_url": {spec("Okta", federation.OIDC, "authorize_url", "javascript:alert(1)"), "authorize_url must be an https URL"},
		"other method":            {spec("Okta", federation.OIDC, "attributes_request_method", "PUT"), "must be one of: GET, POST"},
		"no openid":               {spec("Okta", federation.OIDC, "authorize_scopes", "email"), "must contain openid"},
		"path as version":         {spec("Facebook", federation.Facebook, "api_version", "v1/../x"), "api_version"},
		"no metadata":             {spec("Okta", federation.SAML, "MetadataURL", ""), "either MetadataURL or MetadataFile"},
		"two kinds of metadata":   {spec("Okta", federation.SAML, "MetadataFile", "<a/>"), "either MetadataURL or MetadataFile"},
		"bad metadata":            {spec("Okta", federation.SAML, "MetadataURL", "", "MetadataFile", "<a/>"), "Invalid SAML metadata"},
		"other algorithm":         {spec("Okta", federation.SAML, "RequestSigningAlgorithm", "rsa-sha1"), "must be one of: rsa-sha256"},
		"username of choice":      {mapped(map[string]string{"username": "preferred_username"}), "username can only be mapped to sub"},
		"mapped to sub":           {mapped(map[string]string{"sub": "sub"}), "cannot be mapped"},
		"mapped to identities":    {mapped(map[string]string{"identities": "x"}), "cannot be mapped"},
		"mapped to nothing known": {mapped(map[string]string{"custom:none": "x"}), "cannot be mapped"},
		"mapped from nothing":     {mapped(map[string]string{"email": ""}), "empty claim"},
		"same identifier twice":   {identified, "IdpIdentifiers"},
		"a level too many":        {levelled(federation.OIDC, "Level5", "urn:a"), "there is no level Level5"},
		"a level without a name":  {levelled(federation.OIDC, "Level1", ""), "must have 1 to 256 characters"},
		"a name of two words":     {levelled(federation.OIDC, "Level1", "urn:a urn:b"), "must have 1 to 256 characters"},
		"two levels of a name":    {levelled(federation.OIDC, "Level1", "urn:a", "Level2", "urn:a"), "must differ"},
		"levels of SAML":          {levelled(federation.SAML, "Level1", "urn:a"), "for providers of the type OIDC only"},
	} {
		_, err := w.Providers.Create(t.Context(), c.spec)
		refused(t, name, err, fault.Invalid, "", c.says)
	}
	if len(w.groups) != 0 {
		t.Errorf("refused providers left groups: %v", w.groups)
	}
}

// levelled asks for a provider with names for levels.
func levelled(of federation.Type, names ...string) federation.Spec {
	s := spec("Okta", of)
	s.ACR = map[string]string{}
	for i := 0; i+1 < len(names); i += 2 {
		s.ACR[names[i]] = names[i+1]
	}
	return s
}

// TestUpdateReplacesWhatIsGiven fails when an update loses what it did not name, above all a secret that cannot be read
// back.
func TestUpdateReplacesWhatIsGiven(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := spec("SignInWithApple", federation.Apple)
	s.Mapping, s.Identifiers = map[string]string{"email": "email"}, []string{"example.com"}
	before, err := w.Providers.Create(t.Context(), s)
	w.check(err)
	w.now.Advance(time.Minute)
	got, err := w.Providers.Update(t.Context(), poolID, "SignInWithApple", federation.Change{
		Details: details(federation.Apple, "private_key", "", "team_id", "new"), HasAttribute: schema,
	})
	w.check(err)
	if got.Details["team_id"] != "new" || got.Secrets["private_key"] != "p" {
		t.Errorf("details %v", got.Details)
	}
	if diff := cmp.Diff(map[string]string{"email": "email", "username": "sub"}, got.Mapping); diff != "" || !cmp.Equal(got.Identifiers, []string{"example.com"}) {
		t.Errorf("mapping %v, identifiers %v", got.Mapping, got.Identifiers)
	}
	if !got.CreatedAt.Equal(before.CreatedAt) || got.ModifiedAt.Equal(before.ModifiedAt) {
		t.Errorf("made at %s, changed at %s", got.CreatedAt, got.ModifiedAt)
	}
	got, err = w.Providers.Update(t.Context(), poolID, "SignInWithApple", federation.Change{
		Mapping: map[string]string{}, Identifiers: []string{}, HasAttribute: schema,
	})
	w.check(err)
	if len(got.Identifiers) != 0 || !cmp.Equal(got.Mapping, map[string]string{"username": "sub"}) || got.Details["team_id"] != "new" {
		t.Errorf("emptied to %+v", got)
	}
	_, err = w.Providers.Update(t.Context(), poolID, "nobody", federation.Change{})
	refused(t, "unknown", err, fault.Missing, fault.Provider, "nobody")
}

// TestEncryptionHasItsOwnKey fails when a provider that encrypts its answers shows no certificate, a new one after
// every update, or one after encryption was switched off.
func TestEncryptionHasItsOwnKey(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p, err := w.Providers.Create(t.Context(), spec("Okta", federation.SAML, "EncryptedResponses", "true"))
	w.check(err)
	first := p.Described()["ActiveEncryptionCertificate"]
	der, err := base64.StdEncoding.DecodeString(first)
	w.check(err)
	if _, err := x509.ParseCertificate(der); err != nil {
		t.Error(err)
	}
	for _, c := range []struct{ encrypted, want string }{{"true", first}, {"false", ""}} {
		p, err = w.Providers.Update(t.Context(), poolID, "Okta", federation.Change{
			Details: details(federation.SAML, "EncryptedResponses", c.encrypted, "ActiveEncryptionCertificate", first),
		})
		w.check(err)
		if got := p.Described()["ActiveEncryptionCertificate"]; got != c.want {
			t.Errorf("encrypted %s: the certificate is %q", c.encrypted, got)
		}
	}
	if len(p.Secrets) != 0 {
		t.Error("the key outlives its certificate")
	}
}
