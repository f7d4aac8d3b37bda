package oauth_test

import (
	"context"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cognate.dev/cognate/internal/account"
	"cognate.dev/cognate/internal/authorize"
	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/directory/outside"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/federation"
	"cognate.dev/cognate/internal/signin"
	"cognate.dev/cognate/internal/signin/arrival"
)

// TestAStrangerBecomesAUser follows somebody from the client to another pool, which is a provider here, and back.
func TestAStrangerBecomesAUser(t *testing.T) {
	t.Parallel()
	a, j := newAbroad(t), jar{}
	got := a.tokens(j)
	x := a.outsider()
	want := map[string]any{
		"sub": x.ID, "cognito:username": outsiderName, "cognito:groups": []any{poolID + "_Corp"}, "email": "alice@example.com", "email_verified": true,
		"identities": []any{map[string]any{
			"userId": sub, "providerName": "Corp", "providerType": "OIDC", "issuer": nil, "primary": "true",
			"dateCreated": "1772366400250",
		}},
	}
	for name, value := range want {
		if diff := cmp.Diff(value, got[name]); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	if x.Status != directory.ExternalProvider || x.ID == sub || x.Attributes["name"] != "Alice" {
		t.Errorf("%+v", x)
	}
	// The browser is signed in now: no second way to the provider.
	home := location(t, a.browse(j, a.site.Base+"/oauth2/authorize?"+ask("web", "identity_provider", "Corp").Encode()))
	if !strings.HasPrefix(home.String(), app) || home.Query().Get("code") == "" {
		t.Errorf("a second client is sent to %s", home)
	}
	// Somebody who was here before is the same, with what the provider says now.
	a.idp.alice.Attributes["name"] = "Alice Liddell"
	_, err := a.idp.dir.Users.Change(t.Context(), a.idp.pool, sub, func(u *directory.User) error {
		u.Attributes["name"] = "Alice Liddell"
		return nil
	})
	a.check(err)
	if again := a.tokens(jar{}); again["sub"] != x.ID {
		t.Errorf("another user: %v", again)
	}
	if x := a.outsider(); x.Attributes["name"] != "Alice Liddell" {
		t.Errorf("attributes are old: %v", x.Attributes)
	}
}

// TestAnAnswerIsForOneBrowserOnce fails when somebody can be signed in as somebody else by a link, or an answer counts twice.
func TestAnAnswerIsForOneBrowserOnce(t *testing.T) {
	t.Parallel()
	a := newAbroad(t)
	attacker, victim := jar{}, jar{}
	a.depart(victim) // who has a cookie of their own
	back := a.vouch(a.depart(attacker))
	lost := func(what string, j jar, back string) {
		t.Helper()
		if at := location(t, a.browse(j, back)); at.Path != "/error" || j[authorize.CookieName] != nil && j[authorize.CookieName].Value != "" {
			t.Errorf("%s: %s, cookies %v", what, at, j)
		}
	}
	lost("another browser", victim, back)
	lost("no cookie at all", jar{}, a.vouch(a.depart(jar{})))
	lost("a made-up state", attacker, strings.Replace(a.vouch(a.depart(attacker)), "state=", "state=x", 1))
	late := a.vouch(a.depart(attacker))
	a.clock.Advance(federation.TripLife)
	a.idp.clock.Advance(federation.TripLife)
	lost("too late", attacker, late)
	back = a.vouch(a.depart(attacker))
	if at := location(t, a.browse(attacker, back)); at.Query().Get("code") == "" {
		t.Fatalf("no sign-in: %s", at)
	}
	if at := location(t, a.browse(jar{"csrf-state": attacker["csrf-state"]}, back)); at.Path != "/error" {
		t.Errorf("twice: %s", at)
	}
}

// TestAnAnswerGoesToItsOwnSite fails when an answer that was made for one site of a pool works at another.
func TestAnAnswerGoesToItsOwnSite(t *testing.T) {
	t.Parallel()
	a, j := newAbroad(t), jar{}
	back := a.vouch(a.depart(j))
	a.site.Base = "https://other.auth.example.com"
	if at := location(t, a.browse(j, strings.Replace(back, "people.auth", "other.auth", 1))); at.Path != "/error" {
		t.Errorf("sent to %s", at)
	}
}

// TestWhoMayNotComeIn has one row for each reason; the client hears it, and nobody is signed in.
func TestWhoMayNotComeIn(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change     func(*abroad)
		code, says string
	}{
		"disabled": {func(a *abroad) {
			a.tokens(jar{})
			_, err := a.dir.Users.SetEnabled(a.t.Context(), a.pool, a.outsider().ID, false)
			a.check(err)
		}, "access_denied", "User is disabled."},
		"somebody has the name": {func(a *abroad) {
			a.check(a.store.InsertUser(a.t.Context(), &directory.User{
				PoolID: poolID, ID: "5f2b1c9e-2222-4222-8333-444455556666", Username: outsiderName, Status: directory.Confirmed, Enabled: true,
				Attributes: map[string]string{"identities": `[{"userId":"` + sub + `","providerName":"Corp","providerType":"OIDC","issuer":null,"primary":false,"dateCreated":1}]`},
			}, directory.Keys{Username: outsiderName}))
		}, "invalid_request", "Invalid ProviderName/Username combination. Please check again"},
		"pre sign-up refuses": {func(a *abroad) {
			a.arrivals.Hooks.PreSignUp = func(context.Context, account.Event) (account.Verdict, error) {
				return account.Verdict{}, fault.New(fault.Invalid, fault.Lambda, "PreSignUp failed with error No.")
			}
		}, "invalid_request", "PreSignUp failed with error No."},
		"pre sign-up links": {func(a *abroad) {
			a.arrivals.Hooks.PreSignUp = func(ctx context.Context, e account.Event) (account.Verdict, error) {
				return account.Verdict{}, a.federation.Links.Link(ctx, poolID, outside.Of(a.dir, a.pool),
					federation.Identity{Provider: federation.Local, Value: "alice"},
					federation.Identity{Provider: "Corp", Attribute: federation.Subject, Value: sub})
			}
		}, "invalid_request", "Already found an entry for username " + outsiderName},
		"an immutable attribute": {func(a *abroad) {
			a.tokens(jar{})
			a.immutable("name") // and the provider says what it has said
		}, "invalid_request", "user.name: Attribute cannot be updated."},
		"a required attribute": {func(a *abroad) { a.require("given_name") }, "invalid_request", "attributes required: [given_name]"},
		"the client has dropped it": {func(a *abroad) {
			a.dropped = true
		}, "invalid_request", "no such identity provider"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, j := newAbroad(t), jar{}
			c.change(a)
			to := a.depart(j)
			back := a.vouch(to)
			if a.dropped {
				_, err := a.dir.Clients.Update(t.Context(), poolID, "web", directory.ClientSettings{
					Name: "web", IdentityProviders: []string{"COGNITO"}, OAuthEnabled: true, OAuthFlows: []string{"code"},
					OAuthScopes: []string{"openid", "email", "profile"}, CallbackURLs: []string{app},
				})
				a.check(err)
			}
			a.refusedWith(location(t, a.browse(j, back)), c.code, c.says)
			if j[authorize.CookieName] != nil {
				t.Error("and yet is signed in")
			}
		})
	}
}

// TestALinkedIdentityIsItsUser fails when somebody whom an administrator linked becomes another user, loses the groups of
// before, or cannot come because the account is not confirmed or has no password yet.
func TestALinkedIdentityIsItsUser(t *testing.T) {
	t.Parallel()
	a := newAbroad(t)
	a.check(a.federation.Links.Link(t.Context(), poolID, outside.Of(a.dir, a.pool),
		federation.Identity{Provider: federation.Local, Value: "alice"},
		federation.Identity{Provider: "Corp", Attribute: "email", Value: "alice@example.com"}))
	for _, status := range []directory.Status{directory.ForceChangePassword, directory.Unconfirmed} {
		_, err := a.dir.Users.SetStatus(t.Context(), a.pool, sub, status)
		a.check(err)
		got := a.tokens(jar{})
		if x, err := a.dir.Users.Find(t.Context(), a.pool, "alice"); err != nil || x.Status != status {
			t.Errorf("alice is %+v, %v, not %s any more", x, err, status)
		}
		if got["sub"] != sub || got["cognito:username"] != "alice" || got["cognito:groups"] != nil {
			t.Errorf("%v", got)
		}
		list, _ := got["identities"].([]any)
		if len(list) != 1 || list[0].(map[string]any)["primary"] != "false" || list[0].(map[string]any)["userId"] != sub {
			t.Errorf("identities %v", got["identities"])
		}
	}
	a.check(a.federation.Links.Unlink(t.Context(), poolID, outside.Of(a.dir, a.pool), federation.Identity{Provider: "Corp", Attribute: federation.Subject, Value: sub}))
	if got := a.tokens(jar{}); got["cognito:username"] != outsiderName {
		t.Errorf("after unlinking: %v", got)
	}
}

// TestAnAddressIsNoIdentity fails when a provider gets into, or in the way of, an account that has the same address.
func TestAnAddressIsNoIdentity(t *testing.T) {
	t.Parallel()
	a := newAbroad(t)
	got := a.tokens(jar{})
	if got["sub"] == sub || got["email"] != "alice@example.com" {
		t.Fatalf("%v", got)
	}
	if x, err := a.dir.Users.Find(t.Context(), a.pool, "alice"); err != nil || x.Attributes["email_verified"] != "true" {
		t.Errorf("alice is %+v, %v", x, err)
	}
	if _, err := a.dir.Users.Find(t.Context(), a.pool, "alice@example.com"); !fault.Is(err, fault.Missing, fault.User) {
		t.Errorf("the address finds somebody: %v", err)
	}
	_, err := a.dir.Users.Create(t.Context(), a.pool, directory.NewUser{Username: "Corp_mine", Status: directory.Confirmed, By: directory.ByAdmin}, false)
	if !fault.Is(err, fault.Exists, fault.Username) {
		t.Errorf("somebody takes a name of the provider's people: %v", err)
	}
}

// TestInboundReplacesClaims fails when the function of the pool is not asked, or what it leaves out stays.
func TestInboundReplacesClaims(t *testing.T) {
	t.Parallel()
	a := newAbroad(t)
	var order []string
	a.arrivals.Hooks = arrival.Hooks{
		Inbound: func(_ context.Context, e arrival.Inbound) (map[string]string, error) {
			order = append(order, "Inbound "+e.Username+" "+e.Told.IDToken["sub"]+" "+e.Told.Token["token_type"])
			return map[string]string{"email": "new@example.com"}, nil
		},
		PreSignUp: func(_ context.Context, e account.Event) (account.Verdict, error) {
			order = append(order, "PreSignUp")
			if !e.Outside || e.User.Username != outsiderName {
				t.Errorf("%+v", e)
			}
			return account.Verdict{VerifyEmail: true}, nil
		},
		PostConfirmation:   func(context.Context, account.Event) error { order = append(order, "PostConfirmation"); return nil },
		PreAuthentication:  func(context.Context, signin.Event) error { order = append(order, "PreAuthentication"); return nil },
		PostAuthentication: func(context.Context, signin.Event) error { order = append(order, "PostAuthentication"); return nil },
	}
	got := a.tokens(jar{})
	a.tokens(jar{})
	inbound := "Inbound " + outsiderName + " " + sub + " Bearer"
	if diff := cmp.Diff([]string{inbound, "PreSignUp", "PostConfirmation", inbound, "PreAuthentication", "PostAuthentication"}, order); diff != "" {
		t.Error(diff)
	}
	if got["email"] != "new@example.com" || got["email_verified"] != true || got["name"] != nil {
		t.Errorf("%v", got)
	}
}

// TestWaysToAProvider fails when a client gets people to a provider that is not its own, or not to the only one.
func TestWaysToAProvider(t *testing.T) {
	t.Parallel()
	a := newAbroad(t)
	a.client("only", "", func(s *directory.ClientSettings) { s.IdentityProviders = []string{"Corp"} })
	a.client("local", "")
	at := func(client string, change ...string) string {
		u := location(t, a.browse(jar{}, a.site.Base+"/oauth2/authorize?"+ask(client, change...).Encode()))
		if e := u.Query().Get("error"); e != "" {
			return e
		}
		return u.Host + u.Path
	}
	idp := strings.TrimPrefix(a.idp.site.Base, "http://") + "/oauth2/authorize"
	for _, c := range []struct{ got, want string }{
		{at("web"), "/login"}, {at("web", "identity_provider", "COGNITO"), "/login"}, {at("web", "idp_identifier", "example.com"), idp},
		{at("web", "idp_identifier", "EXAMPLE.com"), idp}, {at("web", "idp_identifier", "example.org"), "invalid_request"},
		{at("web", "identity_provider", "Other"), "invalid_request"}, {at("only"), idp}, {at("only", "prompt", "none"), "login_required"},
		{at("local", "identity_provider", "Corp"), "invalid_request"}, {at("local", "idp_identifier", "example.com"), "invalid_request"},
	} {
		if c.got != c.want {
			t.Errorf("at %s, want %s", c.got, c.want)
		}
	}
}

// TestAFormOfTheProviderIsFollowed fails for providers that answer with a form, which brings no cookie along.
func TestAFormOfTheProviderIsFollowed(t *testing.T) {
	t.Parallel()
	a, j := newAbroad(t), jar{}
	back, err := url.Parse(a.vouch(a.depart(j)))
	a.check(err)
	form := back.Query()
	form.Set("other", "dropped")
	next := location(t, a.post("/oauth2/idpresponse", form))
	if next.Host != "" || next.Query().Has("other") {
		t.Fatalf("sent to %s", next)
	}
	if at := location(t, a.browse(j, a.site.Base+next.String())); at.Query().Get("code") == "" {
		t.Errorf("at %s", at)
	}
}
