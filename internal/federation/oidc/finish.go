package oidc

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/coreos/go-oidc/v3/oidc"

	"cognate.dev/cognate/internal/federation"
)

// Finish judges the answer of an authorization endpoint, exchanges its code and verifies what comes for it.
// OpenID Connect Core sections 3.1.2.5 to 3.1.3.7, RFC 9207.
func (c *Connector) Finish(ctx context.Context, p *federation.Provider, t *federation.Trip, answer url.Values) (*federation.Told, error) {
	if err := single(answer); err != nil {
		return nil, err
	}
	m, err := c.endpoints(ctx, p)
	if err != nil {
		return nil, err
	}
	if err := m.sentBy(p, answer); err != nil {
		return nil, err
	}
	if code := answer.Get("error"); code != "" {
		return nil, refusedBy(p, code, answer.Get("error_description"))
	}
	if answer.Get("code") == "" {
		return nil, federation.Refuse(nil, "%s Error - the answer has no code", p.Label())
	}
	tokens, err := c.exchange(ctx, p, m, t, answer.Get("code"))
	if err != nil {
		return nil, err
	}
	told := &federation.Told{Claims: map[string]string{}, Token: federation.Texts(tokens)}
	var claims map[string]any
	if speaksOpenID(p) {
		if claims, err = c.identify(ctx, p, m, t, answer.Get("code"), tokens); err != nil {
			return nil, err
		}
		told.IDToken = federation.Texts(claims)
		told.ACR, told.AMR = text(claims, "acr"), words(claims["amr"])
	}
	if p.Terms != nil {
		told.Issuer, told.AuthTime = p.Issuer(), authTime(claims)
		return told, c.say(ctx, p, m, told, claims, tokens, answer.Get("user"))
	}
	profile, err := c.profile(ctx, p, m, told)
	if err != nil {
		return nil, err
	}
	told.UserInfo = federation.Texts(profile)
	for _, source := range []map[string]string{told.UserInfo, consented(p, answer.Get("user")), told.IDToken, bearers(told.Token)} { // the last one wins
		for name, value := range source {
			told.Claims[name] = value
		}
	}
	told.Subject = told.Claims[p.Mapping["username"]]
	if !goodSubject(told.Subject) {
		return nil, federation.Refuse(nil, "%s Error - the answer does not say who the person is", p.Label())
	}
	return told, nil
}

// bearers are the tokens themselves, which attributes can be mapped from.
func bearers(token map[string]string) map[string]string {
	out := map[string]string{}
	for _, name := range []string{"access_token", "id_token", "refresh_token"} {
		if token[name] != "" {
			out[name] = token[name]
		}
	}
	return out
}

// single refuses an answer that says something twice: one party could read the one, and we the other.
func single(answer url.Values) error {
	for _, values := range answer {
		if len(values) > 1 {
			return federation.Refuse(nil, "A parameter of the answer is given twice")
		}
	}
	return nil
}

// refusedBy passes on that a provider has said no. What it says is text from outside: bounded, without control characters.
func refusedBy(p *federation.Provider, code, description string) error {
	r := &federation.Refusal{Code: federation.InvalidRequest, Text: p.Label() + " Error - " + plain(code)}
	if description != "" {
		r.Text += ": " + plain(description)
	}
	if code == federation.AccessDenied {
		r.Code = federation.AccessDenied
	}
	return r
}

const maxPlain = 300

func plain(text string) string {
	text = strings.Map(func(r rune) rune {
		if r == utf8.RuneError || unicode.IsControl(r) {
			return -1
		}
		return r
	}, text)
	if runes := []rune(text); len(runes) > maxPlain {
		return string(runes[:maxPlain])
	}
	return text
}

// goodSubject bounds what becomes part of a username: OpenID Connect Core section 2 allows 255 ASCII characters.
func goodSubject(s string) bool {
	return s != "" && len(s) <= 255 && !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' })
}

// exchange hands in a code. RFC 6749 section 4.1.3.
func (c *Connector) exchange(ctx context.Context, p *federation.Provider, m metadata, t *federation.Trip, code string) (map[string]any, error) {
	secret, err := c.clientSecret(p)
	if err != nil {
		return nil, err
	}
	form := url.Values{
		"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {callback(t)}, "client_id": {p.Details["client_id"]},
	}
	if t.Verifier != "" {
		form.Set("code_verifier", t.Verifier)
	}
	basic, bare := m.basicOnly(), false
	if p.Terms != nil && p.Terms.Auth != "" {
		basic, bare = p.Terms.Auth == "client_secret_basic", p.Terms.Auth == "none"
	}
	if !basic && !bare {
		form.Set("client_secret", secret)
	}
	var r *http.Request
	if p.Type == federation.Facebook { // it takes codes by GET
		r, err = http.NewRequestWithContext(ctx, http.MethodGet, m.Token+"?"+form.Encode(), http.NoBody)
	} else {
		r, err = http.NewRequestWithContext(ctx, http.MethodPost, m.Token, strings.NewReader(form.Encode()))
	}
	if err != nil {
		return nil, federation.Refuse(err, "%s Error - the token endpoint is no URL", p.Label())
	}
	if r.Method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if basic {
		r.SetBasicAuth(url.QueryEscape(p.Details["client_id"]), url.QueryEscape(secret)) // section 2.3.1
	}
	answer, err := c.call(p, "IdP token endpoint", r)
	if err != nil {
		return nil, err
	}
	if answer.Status != http.StatusOK {
		return nil, federation.Refuse(said(answer.Body), "%s Error - %d error getting token", p.Label(), answer.Status)
	}
	tokens, err := object(answer.Body)
	if err != nil || text(tokens, "access_token") == "" && text(tokens, "id_token") == "" {
		return nil, federation.Refuse(err, "%s Error - the token endpoint answered without tokens", p.Label())
	}
	return tokens, nil
}

// said is the error that a token endpoint answers, for the log; no more than the two members that hold no secrets.
func said(body []byte) error {
	answer, err := object(body)
	if err != nil {
		return errors.New("the answer is no JSON")
	}
	return errors.New(plain(text(answer, "error") + ": " + text(answer, "error_description")))
}

// identify verifies an ID token: issuer, audience, times, signature, and that it was made for this trip and this code.
func (c *Connector) identify(ctx context.Context, p *federation.Provider, m metadata, t *federation.Trip, code string, tokens map[string]any) (map[string]any, error) {
	bad := func(err error) error {
		return federation.Refuse(err, "%s Error - the ID token is not valid", p.Label())
	}
	keys := &source{sets: c.keys, provider: p, url: m.Keys}
	verifier := oidc.NewVerifier(m.Issuer, keys, &oidc.Config{
		ClientID: p.Details["client_id"], SupportedSigningAlgs: algorithmNames(), Now: c.now,
	})
	token, err := verifier.Verify(ctx, text(tokens, "id_token"))
	if keys.failed != nil {
		return nil, keys.failed
	}
	if err != nil {
		return nil, bad(err)
	}
	var raw json.RawMessage
	if err := token.Claims(&raw); err != nil {
		return nil, bad(err)
	}
	claims, err := object(raw)
	if err != nil {
		return nil, bad(err)
	}
	party, named := claims["azp"]
	switch {
	case (token.Nonce != t.Nonce || t.Nonce == "") && (token.Nonce != "" || p.Terms == nil || !p.Terms.NoNonce):
		return nil, bad(errors.New("its nonce is not that of this sign-in"))
	case named && party != p.Details["client_id"], !named && len(token.Audience) > 1:
		return nil, bad(errors.New("it was issued to another client"))
	case !hashed(token, claims, "at_hash", text(tokens, "access_token")):
		return nil, bad(errors.New("its at_hash is not that of the access token"))
	case !hashed(token, claims, "c_hash", code):
		return nil, bad(errors.New("its c_hash is not that of the code"))
	case token.IssuedAt.After(c.now().Add(maxSkew)):
		return nil, bad(errors.New("it was issued in the future"))
	}
	return claims, nil
}

// hashed tells whether a hash in an ID token is that of what it came with. A token need not have one. Both are made alike: OpenID Connect
// Core sections 3.1.3.6 and 3.3.2.11.
func hashed(token *oidc.IDToken, claims map[string]any, name, of string) bool {
	if _, has := claims[name]; !has {
		return true
	}
	with := *token
	with.AccessTokenHash = text(claims, name)
	return with.VerifyAccessToken(of) == nil
}

// words are the texts in a list.
func words(claim any) []string {
	var out []string
	list, _ := claim.([]any)
	for _, x := range list {
		if s, ok := x.(string); ok {
			out = append(out, s)
		}
	}
	return out
}

func text(object map[string]any, name string) string {
	s, _ := object[name].(string)
	return s
}

// object reads a JSON object; numbers stay as they are written.
func object(raw []byte) (map[string]any, error) {
	d := json.NewDecoder(strings.NewReader(string(raw)))
	d.UseNumber()
	var out map[string]any
	if err := d.Decode(&out); err != nil {
		return nil, err
	}
	if out == nil {
		return nil, errors.New("it is no object")
	}
	return out, nil
}

// missing are the claims that attributes want and nobody has told yet.
func missing(p *federation.Provider, told map[string]string) []string {
	return slices.DeleteFunc(p.Wanted(), func(claim string) bool {
		return told[claim] != "" || slices.Contains([]string{"access_token", "id_token", "refresh_token"}, claim)
	})
}
