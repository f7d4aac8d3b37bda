package oidc

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Basic is the plan oidcc-basic-certification-test-plan.
func Basic() []Module {
	list := []Module{
		{"oidcc-server", func(r *run) { r.userInfo(r.signIn(r.Basic)) }},
		{"oidcc-server-client-secret-post", func(r *run) { r.signIn(r.Post) }},
		{"oidcc-response-type-missing", responseTypeMissing},
		{"oidcc-idtoken-signature", func(r *run) { r.signIn(r.Basic) }},
		{"oidcc-idtoken-unsigned", func(r *run) {
			algorithms, _ := r.meta["id_token_signing_alg_values_supported"].([]any)
			r.must(!slices.Contains(algorithms, any("none")), "unsigned ID tokens are offered")
		}},
		{"oidcc-userinfo-get", func(r *run) { r.userInfo(r.signIn(r.Basic)) }},
		{"oidcc-userinfo-post-header", func(r *run) { userInfoByPost(r, true) }},
		{"oidcc-userinfo-post-body", func(r *run) { userInfoByPost(r, false) }},
		{"oidcc-ensure-request-without-nonce-succeeds-for-code-flow", func(r *run) { r.signIn(r.Basic, "nonce", "") }},
		{"oidcc-scope-all", func(r *run) { scope(r, "profile", "email", "address", "phone") }},
		{"oidcc-alternate-happy-flow", func(r *run) {
			q := r.request(r.Basic, "scope", "email openid")
			p, err := r.browser.open(r.endpoint("authorization_endpoint") + "?state=" + q.Get("state") + "&nonce=" + q.Get("nonce") +
				"&scope=email+openid&response_type=code&redirect_uri=" + url.QueryEscape(r.Callback) + "&client_id=" + r.Basic.ID)
			r.no(err)
			r.must(p.home != nil, "the browser stays at %s", p.url)
			r.granted(r.Basic, r.redeem(r.Basic, r.returned(q, p).Get("code")), q)
		}},
		{"oidcc-display-page", func(r *run) { r.signIn(r.Basic, "display", "page") }},
		{"oidcc-display-popup", func(r *run) { r.signIn(r.Basic, "display", "popup") }},
		{"oidcc-prompt-login", promptLogin},
		{"oidcc-prompt-none-not-logged-in", func(r *run) {
			code := r.refusal(r.request(r.Basic, "prompt", "none"))
			r.must(code == "login_required" || code == "interaction_required", "the error is %q", code)
		}},
		{"oidcc-prompt-none-logged-in", func(r *run) { unasked(r, "prompt", "none") }},
		{"oidcc-max-age-1", maxAge1},
		{"oidcc-max-age-10000", func(r *run) { unasked(r, "max_age", "10000") }},
		{"oidcc-ensure-request-with-unknown-parameter-succeeds", func(r *run) { r.signIn(r.Basic, "extra", "foobar") }},
		{"oidcc-id-token-hint", func(r *run) {
			first := r.signIn(r.Basic)
			second := r.signIn(r.Basic, "prompt", "none", "id_token_hint", first.ID)
			r.must(first.claims["sub"] == second.claims["sub"], "another user")
		}},
		{"oidcc-login-hint", func(r *run) { r.signIn(r.Basic, "login_hint", "alice@example.com") }},
		{"oidcc-ui-locales", func(r *run) { r.signIn(r.Basic, "ui_locales", "se") }},
		{"oidcc-claims-locales", func(r *run) { r.signIn(r.Basic, "claims_locales", "se") }},
		{"oidcc-ensure-request-with-acr-values-succeeds", func(r *run) { r.signIn(r.Basic, "acr_values", "1 2") }},
		{"oidcc-codereuse", func(r *run) { reuse(r, false) }},
		{"oidcc-codereuse-30seconds", func(r *run) { reuse(r, true) }}, // at once: what is looked for does not depend on the wait
		{"oidcc-ensure-registered-redirect-uri", func(r *run) {
			p, err := r.browser.look(r.endpoint("authorization_endpoint") + "?" + r.request(r.Basic, "redirect_uri", r.Callback+"/other").Encode())
			r.no(err)
			r.must(p.home == nil && !strings.Contains(p.body, `type="password"`), "the browser is at %v, %v: %d", p.home, p.url, p.status)
		}},
		{"oidcc-ensure-post-request-succeeds", func(r *run) {
			q := r.request(r.Basic)
			p, err := r.browser.send(r.endpoint("authorization_endpoint"), q)
			r.no(err)
			r.must(p.home != nil, "the browser stays at %s: %d", p.url, p.status)
			r.granted(r.Basic, r.redeem(r.Basic, r.returned(q, p).Get("code")), q)
		}},
		{"oidcc-request-uri-unsigned-supported-correctly-or-rejected-as-unsupported", func(r *run) {
			code := r.refusal(r.request(r.Basic, "request_uri", "https://app.example.com/request.jwt"))
			r.must(slices.Contains([]string{"", "request_uri_not_supported", "invalid_request", "invalid_request_uri"}, code), "the error is %q", code)
		}},
		{"oidcc-unsigned-request-object-supported-correctly-or-rejected-as-unsupported", func(r *run) {
			code := r.refusal(r.request(r.Basic, "request", "eyJhbGciOiJub25lIn0.eyJub25jZSI6Im90aGVyIn0."))
			r.must(slices.Contains([]string{"", "request_not_supported", "invalid_request", "invalid_request_object"}, code), "the error is %q", code)
		}},
		{"oidcc-claims-essential", func(r *run) {
			t := r.signIn(r.Basic, "claims", `{"userinfo":{"name":{"essential":true}}}`)
			r.must(r.userInfo(t)["name"] != nil, "there is no name")
		}},
		{"oidcc-ensure-request-object-with-redirect-uri", func(r *run) {
			r.refusal(r.request(r.Basic, "redirect_uri", "", "request", "eyJhbGciOiJub25lIn0.e30."))
		}},
		{"oidcc-refresh-token", refreshToken},
		{"oidcc-ensure-request-with-valid-pkce-succeeds", validPKCE},
	}
	for _, one := range []string{"profile", "email", "address", "phone"} {
		list = append(list, Module{"oidcc-scope-" + one, func(r *run) { scope(r, one) }})
	}
	return list
}

func responseTypeMissing(r *run) {
	code := r.refusal(r.request(r.Basic, "response_type", ""))
	r.must(slices.Contains([]string{"", "unsupported_response_type", "invalid_request"}, code), "the error is %q", code)
}

func userInfoByPost(r *run, header bool) {
	t := r.signIn(r.Basic)
	form := url.Values{}
	if !header {
		form.Set("access_token", t.Access)
	}
	req, err := http.NewRequest(http.MethodPost, r.endpoint("userinfo_endpoint"), strings.NewReader(form.Encode()))
	r.no(err)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if header {
		req.Header.Set("Authorization", "Bearer "+t.Access)
	}
	got := r.object(r.do(req))
	r.must(got["sub"] == t.claims["sub"], "sub is %v", got["sub"])
}

// scope checks that userInfo has claims for each scope, in their types, where the user has any: OpenID Connect Core
// sections 5.1 and 5.4.
func scope(r *run, scopes ...string) {
	t := r.signIn(r.Basic, "scope", "openid "+strings.Join(scopes, " "))
	info := r.userInfo(t)
	want := map[string][]string{"profile": {"name"}, "email": {"email", "email_verified"}, "address": {"address"}, "phone": {"phone_number", "phone_number_verified"}}
	for _, one := range scopes {
		for _, name := range want[one] {
			r.must(info[name] != nil, "userInfo has no %s: %v", name, info)
		}
	}
	for name, value := range info {
		switch name {
		case "email_verified", "phone_number_verified":
			_, ok := value.(bool)
			r.must(ok, "%s is %T", name, value)
		case "updated_at":
			_, ok := value.(float64)
			r.must(ok, "%s is %T", name, value)
		case "address":
			_, ok := value.(map[string]any)
			r.must(ok, "%s is %T", name, value)
		}
	}
}

func promptLogin(r *run) {
	first := r.signIn(r.Basic, "max_age", "10000")
	asked := r.browser.asked
	time.Sleep(1100 * time.Millisecond) // auth_time counts seconds, and has to be a later one
	second := r.signIn(r.Basic, "prompt", "login", "max_age", "10000")
	r.must(r.browser.asked > asked, "nobody was asked again")
	r.must(r.number(second.claims, "auth_time") > r.number(first.claims, "auth_time"), "auth_time stays")
}

// unasked checks that a second request is answered from the session, which stays what it was.
func unasked(r *run, change ...string) {
	first := r.signIn(r.Basic)
	asked := r.browser.asked
	second := r.signIn(r.Basic, change...)
	r.must(r.browser.asked == asked, "somebody was asked again")
	r.must(first.claims["sub"] == second.claims["sub"], "another user")
	if before, there := first.claims["auth_time"]; there {
		r.must(second.claims["auth_time"] == before, "auth_time changes")
	}
	if change[0] == "max_age" {
		r.number(second.claims, "auth_time")
	}
}

func maxAge1(r *run) {
	first := r.signIn(r.Basic)
	asked := r.browser.asked
	time.Sleep(2100 * time.Millisecond) // the session has to become older than a second
	second := r.signIn(r.Basic, "max_age", "1")
	r.must(r.browser.asked > asked, "nobody was asked again")
	age := float64(time.Now().Unix()) - r.number(second.claims, "auth_time")
	r.must(age < 300, "auth_time is %v seconds ago", age)
	if before, ok := first.claims["auth_time"].(float64); ok {
		r.must(r.number(second.claims, "auth_time") > before, "auth_time stays")
	}
}

func reuse(r *run, revokes bool) {
	q := r.request(r.Basic)
	code := r.authorize(q).Get("code")
	t := r.granted(r.Basic, r.redeem(r.Basic, code), q)
	r.wrong(r.redeem(r.Basic, code), "invalid_grant")
	if revokes {
		got := r.get(r.endpoint("userinfo_endpoint"), t.Access)
		r.must(got.status == 401 || got.status == 403, "the access token of a replayed code works: %d", got.status)
	}
}

func refreshToken(r *run) {
	t := r.signIn(r.Basic)
	if t.Refresh == "" {
		return // the module is skipped then
	}
	form := func() url.Values {
		return url.Values{"grant_type": {"refresh_token"}, "refresh_token": {t.Refresh}}
	}
	r.wrong(r.token(r.Post, form()), "invalid_grant")
	got := r.object(r.token(r.Basic, form()))
	if id, ok := got["id_token"].(string); ok {
		claims := r.verify(id)
		for _, name := range []string{"iss", "sub", "aud"} {
			r.must(claims[name] == t.claims[name], "%s changes", name)
		}
		if before, ok := t.claims["auth_time"]; ok {
			r.must(claims["auth_time"] == before, "auth_time changes")
		}
	}
}
