package oidc

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"net/url"
	"strings"

	"cognate.dev/cognate/internal/federation"
	"cognate.dev/cognate/internal/kit/random"
)

// Begin makes the authorization request to a provider. OpenID Connect Core section 3.1.2.1.
func (c *Connector) Begin(ctx context.Context, p *federation.Provider, t *federation.Trip) (string, error) {
	m, err := c.endpoints(ctx, p)
	if err != nil {
		return "", err
	}
	to, err := url.Parse(m.Authorize)
	if err != nil {
		return "", federation.Refuse(err, "%s Error - the authorization endpoint is no URL", p.Label())
	}
	if p.Terms != nil && p.Terms.Own {
		t.Own = p.Name
	}
	query := to.Query()
	set := func(name, value string) {
		if value != "" {
			query.Set(name, value)
		}
	}
	set("response_type", "code")
	set("client_id", p.Details["client_id"])
	set("redirect_uri", callback(t))
	set("scope", scopes(p))
	set("state", t.State)
	if speaksOpenID(p) {
		t.Nonce = secret()
		set("nonce", t.Nonce)
	}
	if m.challenges() || p.Terms != nil && p.Terms.PKCE {
		t.Verifier = secret()
		sum := sha256.Sum256([]byte(t.Verifier))
		set("code_challenge", base64.RawURLEncoding.EncodeToString(sum[:]))
		set("code_challenge_method", "S256")
	}
	if p.Type == federation.OAuth2 && p.Terms.Hint {
		set("login_hint", t.Hint)
		set("login", t.Hint) // as GitHub calls it
	}
	if p.Type == federation.OIDC || p.Type == federation.Google {
		if p.Terms == nil || p.Terms.Hint {
			set("login_hint", t.Hint)
		}
		set("prompt", t.Prompt)
		set("max_age", t.MaxAge)
		set("acr_values", strings.TrimSpace(t.ACR+" "+strings.Join(p.Wishes(t.Levels), " ")))
	}
	if p.Type == federation.Apple { // it wants a form where it tells name or email
		set("response_mode", "form_post")
	}
	to.RawQuery = query.Encode()
	return to.String(), nil
}

// callback is where the provider sends the browser back to.
func callback(t *federation.Trip) string {
	if t.Own != "" {
		return t.Base + callbackPath + "/" + t.Own
	}
	return t.Base + callbackPath
}

// speaksOpenID tells whether a provider gives ID tokens.
func speaksOpenID(p *federation.Provider) bool {
	return p.Type != federation.Facebook && p.Type != federation.Amazon && p.Type != federation.OAuth2
}

// scopes are what is asked for. Facebook separates them by commas, in its own documentation and in Cognito's.
func scopes(p *federation.Provider) string {
	list := strings.FieldsFunc(p.Details["authorize_scopes"], func(r rune) bool { return r == ' ' || r == ',' })
	if p.Type == federation.Facebook {
		return strings.Join(list, ",")
	}
	return strings.Join(list, " ")
}

func secret() string { return base64.RawURLEncoding.EncodeToString(random.Bytes(32)) }
