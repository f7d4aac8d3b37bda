package sts_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/kit/iampolicy"
	"cognate.dev/cognate/internal/kit/secret"
	"cognate.dev/cognate/internal/kit/sigv4"
	"cognate.dev/cognate/internal/sts"
)

const (
	account  = "123456789012"
	roleARN  = "arn:aws:iam::123456789012:role/app/reader"
	pool     = "eu-west-1:11111111-2222-4333-8444-555555555555"
	identity = "eu-west-1:99999999-2222-4333-8444-555555555555"
	trust    = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":"cognito-identity.amazonaws.com"},
		"Action":["sts:AssumeRoleWithWebIdentity"],"Condition":{"StringEquals":{"cognito-identity.amazonaws.com:aud":"` + pool + `"},
		"ForAnyValue:StringLike":{"cognito-identity.amazonaws.com:amr":"authenticated"}}}]}`
	policy = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"execute-api:Invoke",
		"Resource":"arn:aws:execute-api:*:*:*/prod/GET/${cognito-identity.amazonaws.com:sub}/*"},
		{"Effect":"Allow","Action":"execute-api:Invoke","Resource":"*","Condition":{"StringEquals":{"aws:PrincipalTag/team":"blue"}}}]}`
)

func roles(t testing.TB, change ...func(*sts.RoleConfig)) *sts.Roles {
	t.Helper()
	c := sts.RoleConfig{ARN: roleARN, Trust: trust, Policy: policy}
	for _, fn := range change {
		fn(&c)
	}
	r, err := sts.NewRoles([]sts.RoleConfig{c})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func (w *world) sessions(t testing.TB, change ...func(*sts.RoleConfig)) *sts.Sessions {
	return sts.NewSessions(roles(t, change...), w.keys, w.clock.Now)
}

func (w *world) authority(t testing.TB, change ...func(*sts.RoleConfig)) *sts.Authority {
	return sts.NewAuthority(account, w.node(), w.sessions(t, change...), w.clock.Now)
}

// person is an identity that has signed in.
func person() sts.WebIdentity {
	amr := []string{"authenticated", "p", "p:CognitoSignIn:s"}
	return sts.WebIdentity{
		Names: []string{sts.CognitoIdentity}, Subject: identity, Audience: pool, AMR: amr,
		Identity: sts.Identity{ID: identity, Pool: pool, AMR: amr},
	}
}

func ask(change ...func(*sts.Ask)) sts.Ask {
	a := sts.Ask{Role: roleARN, Session: "CognitoIdentityCredentials", Web: person()}
	for _, fn := range change {
		fn(&a)
	}
	return a
}

// signed is a request that somebody signed with credentials, at the world's time.
func (w *world) signed(t testing.TB, c sts.Credentials, body string) *http.Request {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "https://api.example.com/prod/GET", strings.NewReader(body))
	sum := sha(body)
	err := v4.NewSigner().SignHTTP(t.Context(), awssdk.Credentials{AccessKeyID: c.AccessKeyID, SecretAccessKey: c.Secret, SessionToken: c.Token},
		r, sum, "execute-api", "eu-west-1", w.clock.Now())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestTemporaryCredentialsSignAndAreWhoTheyWereGivenTo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c, err := w.sessions(t).Assume(t.Context(), ask())
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(c.AccessKeyID, "ASIA") || len(c.AccessKeyID) != 20 || len(c.Secret) != 40 || !c.Expires.Equal(w.clock.Now().Add(time.Hour)) {
		t.Errorf("the form of the credentials is off: %s, a secret of %d, until %s", c.AccessKeyID, len(c.Secret), c.Expires)
	}
	another := w.authority(t) // another node, which shares nothing but the keys
	p, err := another.Verify(w.signed(t, c, "{}"), []byte("{}"), "execute-api")
	if err != nil {
		t.Fatal(err)
	}
	if p.ARN != "arn:aws:sts::123456789012:assumed-role/reader/CognitoIdentityCredentials" || p.Account != account || p.Role != roleARN ||
		!p.Temporary() || p.Identity.ID != identity || p.Identity.Pool != pool || !p.Identity.Authenticated() ||
		p.UserID != c.UserID || !strings.HasPrefix(p.UserID, "AROA") || p.AccessKeyID != c.AccessKeyID {
		t.Errorf("the principal is %+v", p)
	}
}

// TestStolenAndForgedSessionsAreRefused has one row for each way to be somebody with temporary credentials.
func TestStolenAndForgedSessionsAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	sessions := w.sessions(t)
	good, err := sessions.Assume(t.Context(), ask())
	if err != nil {
		t.Fatal(err)
	}
	other, err := sessions.Assume(t.Context(), ask())
	if err != nil {
		t.Fatal(err)
	}
	id, plain, _, err := w.node().EnsureRoot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	elsewhere, err := secret.NewKeyring(secret.Key{ID: "a", Secret: [32]byte{7}}, secret.Key{ID: "mac", Secret: [32]byte{2}})
	if err != nil {
		t.Fatal(err)
	}
	foreign, err := sts.NewSessions(roles(t), elsewhere, w.clock.Now).Assume(t.Context(), ask())
	if err != nil {
		t.Fatal(err)
	}
	with := func(change func(*sts.Credentials)) sts.Credentials {
		c := good
		change(&c)
		return c
	}
	flip := func(s string) string {
		b := []byte(s)
		for i, c := range b { // the alphabet of base64 stays
			if i == len(b)/2 {
				b[i] = map[bool]byte{true: 'A', false: 'B'}[c != 'A']
			}
		}
		return string(b)
	}
	for what, c := range map[string]sts.Credentials{
		"another's token":  with(func(c *sts.Credentials) { c.Token = other.Token }),
		"another's key":    with(func(c *sts.Credentials) { c.AccessKeyID = other.AccessKeyID }),
		"another's secret": with(func(c *sts.Credentials) { c.Secret = other.Secret }),
		"no token":         with(func(c *sts.Credentials) { c.Token = "" }),
		"a changed token":  with(func(c *sts.Credentials) { c.Token = flip(c.Token) }),
		"a cut token":      with(func(c *sts.Credentials) { c.Token = c.Token[:len(c.Token)-4] }),
		"a huge token":     with(func(c *sts.Credentials) { c.Token = strings.Repeat("A", 20_000) }),
		"text for a token": with(func(c *sts.Credentials) {
			c.Token = base64.StdEncoding.EncodeToString([]byte(`{"r":"` + roleARN + `"}`))
		}),
		"the root key with a token":     {AccessKeyID: id, Secret: plain, Token: good.Token},
		"a session of another server":   foreign,
		"a secret that nobody gave out": with(func(c *sts.Credentials) { c.Secret = strings.Repeat("a", 40) }),
	} {
		_, err := w.authority(t).Verify(w.signed(t, c, ""), nil, "execute-api")
		var refused *sigv4.Error
		if !errors.As(err, &refused) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if _, err := w.authority(t).Verify(w.signed(t, good, ""), nil, "s3"); err == nil {
		t.Error("a signature for one service counts for another")
	}
	if _, err := w.authority(t).Verify(w.signed(t, good, "a"), []byte("b"), "execute-api"); err == nil {
		t.Error("a signature of one body counts for another")
	}
	// The operator takes the role away.
	gone := w.authority(t, func(c *sts.RoleConfig) { c.ARN += "2" })
	if _, err := gone.Verify(w.signed(t, good, ""), nil, "execute-api"); err == nil {
		t.Error("credentials of a role that there is no more still work")
	}
	if _, err := w.authority(t).Verify(w.signed(t, good, ""), nil, "execute-api"); err != nil {
		t.Errorf("the real one: %v", err)
	}
}

func TestASessionEnds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c, err := w.sessions(t).Assume(t.Context(), ask(func(a *sts.Ask) { a.Duration = 15 * time.Minute }))
	if err != nil {
		t.Fatal(err)
	}
	recorded := w.signed(t, c, "")
	w.clock.Advance(15*time.Minute - time.Second)
	if _, err := w.authority(t).Verify(w.signed(t, c, ""), nil, "execute-api"); err != nil {
		t.Errorf("a second before its end: %v", err)
	}
	w.clock.Advance(time.Second)
	for what, r := range map[string]*http.Request{"a fresh request": w.signed(t, c, ""), "a recorded one": recorded} {
		_, err := w.authority(t).Verify(r, nil, "execute-api")
		var refused *sigv4.Error
		if !errors.As(err, &refused) || what == "a fresh request" && refused.Name != sigv4.ExpiredToken {
			t.Errorf("%s after its end: %v", what, err)
		}
	}
}

// TestARoleIsForWhomItTrusts has one row for each who must not get it.
func TestARoleIsForWhomItTrusts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for what, a := range map[string]sts.Ask{
		"a role that nobody has made":  ask(func(a *sts.Ask) { a.Role = "arn:aws:iam::123456789012:role/admin" }),
		"another identity pool":        ask(func(a *sts.Ask) { a.Web.Audience = identity }),
		"no audience":                  ask(func(a *sts.Ask) { a.Web.Audience = "" }),
		"a guest":                      ask(func(a *sts.Ask) { a.Web.AMR = []string{"unauthenticated"} }),
		"another provider":             ask(func(a *sts.Ask) { a.Web.Names = []string{"accounts.google.com"} }),
		"nobody":                       ask(func(a *sts.Ask) { a.Web.Subject = "" }),
		"tags that it does not invite": ask(func(a *sts.Ask) { a.Web.Tags = map[string]string{"team": "blue"} }),
	} {
		if _, err := w.sessions(t).Assume(t.Context(), a); !fault.Is(err, fault.Denied, "") {
			t.Errorf("%s: %v", what, err)
		}
	}
	for what, a := range map[string]sts.Ask{
		"longer than the role allows": ask(func(a *sts.Ask) { a.Duration = time.Hour + time.Second }),
		"shorter than a session":      ask(func(a *sts.Ask) { a.Duration = time.Minute }),
		"a bad session name":          ask(func(a *sts.Ask) { a.Session = "a/b" }),
		"a bad policy":                ask(func(a *sts.Ask) { a.Policy = `{"Statement":[{"Effect":"Allow"}]}` }),
	} {
		if _, err := w.sessions(t).Assume(t.Context(), a); !fault.Is(err, fault.Invalid, "") {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// principal is who has new credentials.
func (w *world) principal(t *testing.T, a sts.Ask, change ...func(*sts.RoleConfig)) (*sts.Authority, sts.Principal) {
	t.Helper()
	c, err := w.sessions(t, change...).Assume(t.Context(), a)
	if err != nil {
		t.Fatal(err)
	}
	authority := w.authority(t, change...)
	p, err := authority.Session(c.AccessKeyID, c.Token)
	if err != nil {
		t.Fatal(err)
	}
	return authority, p
}

func TestCredentialsMayDoWhatTheirRoleSays(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tagged := func(c *sts.RoleConfig) { c.Trust = strings.Replace(trust, `["sts:`, `["sts:TagSession","sts:`, 1) }
	const api = "arn:aws:execute-api:eu-west-1:123456789012:a1/prod/GET/"
	own := ask()
	blue := ask(func(a *sts.Ask) { a.Web.Tags = map[string]string{"team": "blue"} })
	narrow := ask(func(a *sts.Ask) {
		a.Policy = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"` + api + identity + `/a"}}`
	})
	wide := ask(func(a *sts.Ask) { a.Policy = `{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}` })
	for _, c := range []struct {
		what             string
		ask              sts.Ask
		action, resource string
		keys             map[string][]string
		want             bool
	}{
		{"its own", own, "execute-api:Invoke", api + identity + "/a", nil, true},
		{"another's", own, "execute-api:Invoke", api + "x/a", nil, false},
		{"another action", own, "s3:GetObject", api + identity + "/a", nil, false},
		{"somebody says that it is another", own, "execute-api:Invoke", api + "x/a", map[string][]string{"cognito-identity.amazonaws.com:sub": {"x"}}, false},
		{"somebody says that it is tagged", own, "execute-api:Invoke", api + "x", map[string][]string{"aws:principaltag/team": {"blue"}}, false},
		{"by its tag", blue, "execute-api:Invoke", api + "x", nil, true},
		{"within the session's policy", narrow, "execute-api:Invoke", api + identity + "/a", nil, true},
		{"beyond the session's policy", narrow, "execute-api:Invoke", api + identity + "/b", nil, false},
		{"a session's policy gives nothing", wide, "s3:GetObject", api + identity + "/a", nil, false},
	} {
		authority, p := w.principal(t, c.ask, tagged)
		if got := authority.Decide(p, c.action, c.resource, c.keys) == iampolicy.Allow; got != c.want {
			t.Errorf("%s: %v, want %v", c.what, got, c.want)
		}
	}
	authority, p := w.principal(t, own, func(c *sts.RoleConfig) { c.Policy = "" })
	if authority.Decide(p, "execute-api:Invoke", api+identity+"/a", nil) != iampolicy.Silent {
		t.Error("a role without a policy allows something")
	}
	if authority.Decide(sts.Principal{}, "a:b", "*", nil) != iampolicy.Silent {
		t.Error("nobody is allowed something")
	}
	if authority.Decide(authority.House("AKIA"), "a:b", "*", nil) != iampolicy.Allow {
		t.Error("an access key of the house is not allowed something")
	}
}

// TestATokenShowsNothing fails when who carries a session token can read in it.
func TestATokenShowsNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c, err := w.sessions(t).Assume(t.Context(), ask())
	if err != nil {
		t.Fatal(err)
	}
	raw, err := base64.RawURLEncoding.DecodeString(c.Token)
	if err != nil {
		raw = []byte(c.Token)
	}
	for _, hidden := range []string{c.Secret, identity, "reader"} {
		if bytes.Contains(raw, []byte(hidden)) || strings.Contains(c.Token, hidden) {
			t.Errorf("%q can be read", hidden)
		}
	}
}

// BenchmarkVerify is what a request with temporary credentials costs: opening its token, deriving its secret, checking its signature.
func BenchmarkVerify(b *testing.B) {
	keys, err := secret.NewKeyring(secret.Key{ID: "a", Secret: [32]byte{1}}, secret.Key{ID: "mac", Secret: [32]byte{2}})
	if err != nil {
		b.Fatal(err)
	}
	w := &world{keys: keys, clock: newClock()}
	sessions := w.sessions(b)
	c, err := sessions.Assume(b.Context(), ask())
	if err != nil {
		b.Fatal(err)
	}
	authority := sts.NewAuthority(account, nil, sessions, w.clock.Now)
	r := w.signed(b, c, "{}")
	for b.Loop() {
		if _, err := authority.Verify(r, []byte("{}"), "execute-api"); err != nil {
			b.Fatal(err)
		}
	}
}
