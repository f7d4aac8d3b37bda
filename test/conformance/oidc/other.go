package oidc

import (
	"crypto/sha256"
	"encoding/base64"
	"net/url"
	"slices"
	"strings"
)

// Config is the plan oidcc-config-certification-test-plan.
func Config() []Module {
	return []Module{{"oidcc-discovery-endpoint-verification", discovery}}
}

// PKCE are the modules about it; the others have their names from FAPI 2. Its
// par-ensure-pkce-required is none of them: confidential clients may do without, as OpenID Connect allows.
func PKCE() []Module {
	return []Module{
		{"oidcc-ensure-request-with-valid-pkce-succeeds", validPKCE},
		{"ensure-pkce-code-verifier-required", func(r *run) {
			_, q := withPKCE(r)
			r.wrong(r.redeem(r.Basic, r.authorize(q).Get("code")), "invalid_grant", "invalid_request")
		}},
		{"incorrect-pkce-code-verifier-rejected", func(r *run) {
			_, q := withPKCE(r)
			r.wrong(r.redeem(r.Basic, r.authorize(q).Get("code"), "code_verifier", random()+random()+random()), "invalid_grant")
		}},
		{"plain-pkce-rejected", func(r *run) {
			code := r.refusal(r.request(r.Basic, "code_challenge", random()+random()+random(), "code_challenge_method", "plain"))
			r.must(code == "" || code == "invalid_request", "the error is %q", code)
		}},
		{"par-plain-pkce-rejected", func(r *run) {
			r.wrong(r.form(r.Basic, "pushed_authorization_request_endpoint",
				r.request(r.Basic, "code_challenge", random()+random()+random(), "code_challenge_method", "plain")), "invalid_request")
		}},
	}
}

func withPKCE(r *run) (verifier string, q url.Values) {
	verifier = random() + random() + random()
	sum := sha256.Sum256([]byte(verifier))
	return verifier, r.request(r.Basic, "code_challenge", base64.RawURLEncoding.EncodeToString(sum[:]), "code_challenge_method", "S256")
}

func validPKCE(r *run) {
	verifier, q := withPKCE(r)
	r.granted(r.Basic, r.redeem(r.Basic, r.authorize(q).Get("code"), "code_verifier", verifier), q)
}

// discovery checks the metadata: OpenID Connect Discovery 1.0 section 3.
func discovery(r *run) {
	res := r.get(r.Issuer+"/.well-known/openid-configuration", "")
	r.must(strings.HasPrefix(res.header.Get("Content-Type"), "application/json"), "Content-Type is %q", res.header.Get("Content-Type"))
	r.must(r.meta["issuer"] == r.Issuer, "issuer is %v", r.meta["issuer"])
	list := func(name string) []string {
		values, ok := r.meta[name].([]any)
		r.must(ok, "%s is %v", name, r.meta[name])
		var texts []string
		for _, v := range values {
			text, ok := v.(string)
			r.must(ok, "%s holds %v", name, v)
			texts = append(texts, text)
		}
		return texts
	}
	has := func(name, value string) { r.must(slices.Contains(list(name), value), "%s has no %s", name, value) }
	has("response_types_supported", "code")
	has("subject_types_supported", "public")
	has("id_token_signing_alg_values_supported", "RS256")
	has("scopes_supported", "openid")
	has("code_challenge_methods_supported", "S256")
	has("grant_types_supported", "authorization_code")
	has("claims_supported", "sub")
	for name, value := range r.meta {
		address, ok := value.(string)
		if !ok || !strings.HasSuffix(name, "_endpoint") && name != "jwks_uri" {
			continue
		}
		u, err := url.Parse(address)
		r.no(err)
		r.must(u.Host != "" && u.Fragment == "", "%s is %s", name, address)
		r.must(u.Scheme == "https" || r.Plain, "%s is %s, not https", name, address)
	}
	for _, name := range []string{"authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri"} {
		r.endpoint(name)
	}
	for _, name := range []string{"claims_parameter_supported", "request_parameter_supported", "request_uri_parameter_supported"} {
		if value, there := r.meta[name]; there {
			_, ok := value.(bool)
			r.must(ok, "%s is %v", name, value)
		}
	}
	keys, _ := r.object(r.get(r.endpoint("jwks_uri"), ""))["keys"].([]any)
	r.must(len(keys) > 0, "there are no keys")
	for _, one := range keys {
		key, _ := one.(map[string]any)
		r.must(key["kid"] != nil && key["kty"] != nil && key["d"] == nil, "a key is %v", key)
	}
}

const rpLogout = "oidcc-rp-initiated-logout"

// RPLogout is the plan oidcc-rp-initiated-logout-certification-test-plan.
func RPLogout() []Module {
	refused := func(change func(r *run, q url.Values)) func(r *run) {
		return func(r *run) {
			q := goodbye(r)
			change(r, q)
			p := leave(r, q)
			r.must(p.home == nil, "the browser goes to %s", p.home)
		}
	}
	// shown modules end on a page that says so, and the session has ended.
	shown := func(q func(hint string) url.Values) func(r *run) {
		return func(r *run) {
			t := r.signIn(r.Basic)
			p := leave(r, q(t.ID))
			r.must(p.home == nil && p.status == 200, "the browser is at %v: %d", p.home, p.status)
			ended(r)
		}
	}
	return []Module{
		{rpLogout + "-discovery-endpoint-verification", func(r *run) { r.endpoint("end_session_endpoint") }},
		{rpLogout, func(r *run) {
			q := goodbye(r)
			p := leave(r, q)
			r.must(p.home != nil && strings.HasPrefix(p.home.String(), r.Farewell), "the browser is at %v, %v", p.home, p.url)
			r.must(p.home.Query().Get("state") == q.Get("state"), "state is %q", p.home.Query().Get("state"))
			ended(r)
		}},
		{rpLogout + "-bad-post-logout-redirect-uri", refused(func(r *run, q url.Values) { q.Set("post_logout_redirect_uri", r.Farewell+"/other") })},
		{rpLogout + "-query-added-to-post-logout-redirect-uri", refused(func(r *run, q url.Values) { q.Set("post_logout_redirect_uri", r.Farewell+"?foo=bar") })},
		{rpLogout + "-modified-id-token-hint", refused(func(_ *run, q url.Values) {
			hint := q.Get("id_token_hint")
			q.Set("id_token_hint", hint[:len(hint)-8]+"AAAAAAAA")
		})},
		{rpLogout + "-bad-id-token-hint", refused(func(_ *run, q url.Values) { q.Set("id_token_hint", "bad") })},
		{rpLogout + "-no-id-token-hint", refused(func(_ *run, q url.Values) { q.Del("id_token_hint") })},
		{rpLogout + "-no-params", shown(func(string) url.Values { return nil })},
		{rpLogout + "-no-post-logout-redirect-uri", shown(func(hint string) url.Values { return url.Values{"id_token_hint": {hint}, "state": {random()}} })},
		{rpLogout + "-only-state", shown(func(string) url.Values { return url.Values{"state": {random()}} })},
		{rpLogout + "-no-state", func(r *run) {
			q := goodbye(r)
			q.Del("state")
			p := leave(r, q)
			r.must(p.home != nil && !p.home.Query().Has("state"), "the browser is at %v, %v", p.home, p.url)
			ended(r)
		}},
	}
}

// Backchannel is the plan oidcc-backchannel-rp-initiated-logout-certification-test-plan.
func Backchannel() []Module {
	return []Module{
		{"oidcc-backchannel-logout-discovery-endpoint-verification", func(r *run) {
			r.endpoint("end_session_endpoint")
			r.must(r.meta["backchannel_logout_supported"] == true, "backchannel_logout_supported is %v", r.meta["backchannel_logout_supported"])
		}},
		{"oidcc-backchannel-rp-initiated-logout", func(r *run) {
			t := r.signIn(r.Basic)
			r.must(t.claims["sid"] != nil, "the ID token has no sid")
			p := leave(r, url.Values{"id_token_hint": {t.ID}, "post_logout_redirect_uri": {r.Farewell}, "state": {random()}})
			r.must(p.home != nil, "the browser is at %v", p.url)
			told := r.heard(t.claims["sid"])
			events, _ := told["events"].(map[string]any)
			_, ok := events["http://schemas.openid.net/event/backchannel-logout"].(map[string]any)
			r.must(ok, "events are %v", told["events"])
			r.must(told["iss"] == r.Issuer && told["aud"] == r.Basic.ID && told["sub"] == t.claims["sub"] && told["sid"] == t.claims["sid"], "told %v", told)
			r.must(told["jti"] != nil && told["nonce"] == nil, "told %v", told)
			r.number(told, "iat")
			ended(r)
		}},
	}
}

// goodbye signs in and gives a good logout request.
func goodbye(r *run) url.Values {
	t := r.signIn(r.Basic)
	return url.Values{"id_token_hint": {t.ID}, "post_logout_redirect_uri": {r.Farewell}, "state": {random()}}
}

// leave sends the browser to the end of its session; its person agrees to what is asked.
func leave(r *run, q url.Values) *page {
	address := r.endpoint("end_session_endpoint")
	if len(q) > 0 {
		address += "?" + q.Encode()
	}
	p, err := r.browser.open(address)
	r.no(err)
	return p
}

// ended checks that nobody is signed in.
func ended(r *run) {
	code := r.refusal(r.request(r.Basic, "prompt", "none"))
	r.must(code == "login_required" || code == "interaction_required", "after the sign-out: %q", code)
}
