package login_test

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"cognate.dev/cognate/internal/directory"
)

// TestARelyingPartySignsItsUserIn is the whole journey with a client library that nobody here wrote: discovery, the pages by
// plain forms, the code with PKCE, the ID token and its nonce, userInfo.
func TestARelyingPartySignsItsUserIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	alice := w.user("alice", directory.Confirmed)
	client, err := w.dir.Clients.Get(t.Context(), poolID, web)
	w.check(err)
	provider, err := oidc.NewProvider(t.Context(), w.url)
	w.check(err)
	config := oauth2.Config{
		ClientID: web, ClientSecret: client.Secrets[0].Value, Endpoint: provider.Endpoint(), RedirectURL: app,
		Scopes: []string{oidc.ScopeOpenID, "email"},
	}
	verifier := oauth2.GenerateVerifier()
	b := w.browser()
	address := config.AuthCodeURL("s t&te", oidc.Nonce("n-1"), oauth2.S256ChallengeOption(verifier))
	u, err := url.Parse(address)
	w.check(err)
	b.open("/oauth2/authorize", u.Query())
	b.shows("Sign in")
	b.submit("username", "alice", "password", right)
	tokens, err := config.Exchange(t.Context(), b.sentHome(), oauth2.VerifierOption(verifier))
	w.check(err)
	raw, _ := tokens.Extra("id_token").(string)
	id, err := provider.Verifier(&oidc.Config{ClientID: web}).Verify(t.Context(), raw)
	w.check(err)
	if id.Subject != alice.ID || id.Nonce != "n-1" {
		t.Errorf("ID token of %s with nonce %s", id.Subject, id.Nonce)
	}
	info, err := provider.UserInfo(t.Context(), config.TokenSource(t.Context(), tokens))
	w.check(err)
	if info.Email != "alice@example.com" {
		t.Errorf("userInfo says %s", info.Email)
	}
	// Single sign-on: the next request needs no page.
	b.open("/oauth2/authorize", u.Query())
	b.sentHome()
}

func TestSigningUpEndsSignedIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(p *directory.PoolSpec, _ *directory.ClientSettings) { p.UsernameAttributes = []string{"email"} })
	b := w.browser()
	b.open("/signup", ask())
	b.shows("Create an account", "Email address")
	b.submit("username", "bob@example.com", "password", "short")
	b.shows("Create an account", "This password does not meet the rules.")
	if !strings.Contains(b.page.body, `value="bob@example.com"`) || strings.Contains(b.page.body, "short\"") {
		t.Errorf("the name must stay and the password must not\n%s", b.page.body)
	}
	b.submit("username", "bob@example.com", "password", right)
	b.shows("Confirm your account", "b***@e***")
	b.submit("code", "000000")
	b.shows("Confirm your account", "This code is not right.")
	b.submit("code", " "+w.code("bob@example.com")+" ")
	b.sentHome()
	u, err := w.dir.Users.Find(t.Context(), w.pool, "bob@example.com")
	w.check(err)
	if u.Status != directory.Confirmed || u.Attributes["email_verified"] != "true" {
		t.Errorf("%s %v", u.Status, u.Attributes)
	}
	s, err := w.auth.Browser.List(t.Context(), poolID, u.ID, 10)
	w.check(err)
	if len(s) != 1 || !slices.Equal(s[0].AMR, []string{"pwd"}) {
		t.Errorf("sessions %+v", s)
	}
}

func TestSigningUpAsksForWhatThePoolRequires(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(p *directory.PoolSpec, _ *directory.ClientSettings) {
		p.Schema = []directory.AttributeSpec{{Name: "name", Required: true}, {Name: "phone_number", Required: true}}
	})
	b := w.browser()
	b.open("/signup", ask())
	b.submit("username", "carol", "attribute.email", "nothing", "attribute.phone_number", "5550100", "password", right)
	b.shows("Create an account", "Please fill this in.", "This is not an email address.", "This is not a phone number with country code.")
	b.submit("attribute.email", "carol@example.com", "attribute.phone_number", "+1 (555) 555-0100", "attribute.name", "Carol", "password", right)
	b.shows("Confirm your account")
	u, err := w.dir.Users.Find(t.Context(), w.pool, "carol")
	w.check(err)
	if u.Attributes["phone_number"] != "+15555550100" || u.Attributes["name"] != "Carol" {
		t.Errorf("%v", u.Attributes)
	}
	b = w.browser()
	b.open("/signup", ask())
	b.submit("username", "carol", "attribute.email", "other@example.com", "attribute.phone_number", "+15555550101", "attribute.name", "C", "password", right)
	b.shows("Create an account", "There is an account with this name already.")
}

func TestWhoIsNotConfirmedGetsACode(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.user("alice", directory.Unconfirmed, "email_verified", "false")
	b := w.browser()
	b.signIn("alice", "Wrong-Horse1")
	b.shows("Sign in", "The name or the password is not right.")
	b.submit("password", right)
	b.shows("Confirm your account", "Your account is not confirmed yet.", "a***@e***")
	first := w.code("alice@example.com")
	b.submit("again", "1")
	b.shows("Confirm your account", "A code was sent just now.")
	w.clock.Advance(31e9)
	b.submit("again", "1")
	b.shows("Confirm your account", "We sent another code.")
	if w.code("alice@example.com") == first {
		t.Error("no other code was sent")
	}
	b.submit("code", w.code("alice@example.com"))
	b.shows("Sign in", "Your account is confirmed.")
	b.submit("password", right)
	b.sentHome()
}

func TestAForgottenPasswordIsReplaced(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.user("alice", directory.Confirmed)
	b := w.browser()
	b.open("/forgotPassword", ask())
	b.submit("username", "alice")
	b.shows("Choose a new password", "a***@e***")
	b.submit("code", w.code("alice@example.com"), "password", "nope")
	b.shows("Choose a new password", "This password does not meet the rules.")
	b.submit("code", "000000", "password", "Another-Horse2")
	b.shows("Choose a new password", "This code is not right.")
	b.submit("code", w.code("alice@example.com"), "password", "Another-Horse2")
	b.shows("Sign in", "Your password was changed.")
	b.submit("password", "Another-Horse2")
	b.sentHome()
}

func TestWhoseResetIsDueIsAskedForTheCode(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.user("alice", directory.Confirmed)
	w.check(w.acc.AdminResetUserPassword(t.Context(), w.pool, "alice", nil))
	b := w.browser()
	b.signIn("alice", right)
	b.shows("Choose a new password", "You have to choose a new password before you can sign in.")
	b.submit("code", w.code("alice@example.com"), "password", "Another-Horse2")
	b.shows("Sign in", "Your password was changed.")
}

func TestATemporaryPasswordIsReplacedAndAttributesFilledIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(p *directory.PoolSpec, _ *directory.ClientSettings) {
		p.Schema = []directory.AttributeSpec{{Name: "name", Required: true}}
	})
	w.user("alice", directory.ForceChangePassword)
	b := w.browser()
	b.signIn("alice", right)
	b.shows("Choose your own password", "Full name")
	b.submit("password", "Another-Horse2")
	b.shows("Choose your own password", "Please fill this in.")
	b.submit("password", "Another-Horse2", "userAttributes.name", "Alice")
	b.sentHome()
	u, err := w.dir.Users.Find(t.Context(), w.pool, "alice")
	w.check(err)
	if u.Attributes["name"] != "Alice" || u.Status != directory.Confirmed {
		t.Errorf("%s %v", u.Status, u.Attributes)
	}
}
