package oidc

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"

	"cognate.dev/cognate/internal/federation"
)

// say is what the provider of a connection has told, each source apart and as it was said.
func (c *Connector) say(ctx context.Context, p *federation.Provider, m metadata, told *federation.Told, claims map[string]any, tokens map[string]any, name string) error {
	said := &federation.Said{IDToken: claims, Notes: map[string]string{}}
	told.Said = said
	told.Subject = text(claims, "sub")
	var err error
	if said.AccessToken, err = c.accessClaims(ctx, p, m, text(tokens, "access_token"), told.Subject); err != nil {
		said.Notes["access_token"] = plain(err.Error())
	}
	switch {
	case p.Type == federation.OAuth2:
		if told.Subject, err = c.readProfile(ctx, p, m, told); err != nil {
			return err
		}
	case p.Type == federation.Facebook:
		if said.UserInfo, err = c.profile(ctx, p, m, told); err != nil {
			return err
		}
		told.Subject = text(said.UserInfo, "id")
	case p.Type == federation.Apple:
		if first := consented(p, name); first != nil {
			said.UserInfo = map[string]any{"given_name": first["firstName"], "family_name": first["lastName"], "name": first["name"]}
		}
	case p.Terms.UserInfo != "":
		if err := c.askUserInfo(ctx, p, m, told); err != nil {
			return err
		}
	}
	if !goodSubject(told.Subject) {
		return federation.Refuse(nil, "%s Error - the answer does not say who the person is", p.Label())
	}
	return nil
}

// askUserInfo asks for user information. That it cannot be had is a sign-in's end or a note, as the connection wants it; that it is
// about somebody else is always the end. OpenID Connect Core section 5.3.2.
func (c *Connector) askUserInfo(ctx context.Context, p *federation.Provider, m metadata, told *federation.Told) error {
	claims, err := map[string]any(nil), error(federation.Refuse(nil, "%s Error - the provider has no userInfo endpoint", p.Label()))
	if m.UserInfo != "" {
		claims, err = c.ask(ctx, p, "GET", m.UserInfo, told)
	}
	switch {
	case err != nil && p.Terms.UserInfo == federation.TryUserInfo:
		told.Said.Notes["userinfo"] = plain(err.Error())
		return nil
	case err != nil:
		return err
	case text(claims, "sub") != told.Subject || told.Subject == "":
		return federation.Refuse(nil, "%s Error - userInfo is about somebody else", p.Label())
	}
	told.Said.UserInfo = claims
	return nil
}

// accessClaims are those of an access token that the provider has signed as a JWT, for the person of the ID token and this client;
// nil, without an error, where it is no JWT. What is wrong with one is no reason to refuse anybody: it is another's to read. It
// only says nothing then.
func (c *Connector) accessClaims(ctx context.Context, p *federation.Provider, m metadata, raw, subject string) (map[string]any, error) {
	if strings.Count(raw, ".") != 2 || m.Keys == "" || !speaksOpenID(p) {
		return nil, nil
	}
	keys := &source{sets: c.keys, provider: p, url: m.Keys}
	verifier := oidc.NewVerifier(m.Issuer, keys, &oidc.Config{
		SkipClientIDCheck: true, SkipExpiryCheck: true, SkipIssuerCheck: true, SupportedSigningAlgs: algorithmNames(), Now: c.now,
	})
	token, err := verifier.Verify(ctx, raw)
	if err != nil {
		return nil, errors.New("it is no token that the provider's keys have signed")
	}
	var written json.RawMessage
	if err := token.Claims(&written); err != nil {
		return nil, errors.New("it has no claims")
	}
	claims, err := object(written)
	if err != nil {
		return nil, errors.New("it has no claims")
	}
	client := text(claims, "client_id")
	if client == "" {
		client = text(claims, "azp")
	}
	switch {
	case token.Issuer != m.Issuer:
		return nil, errors.New("it is another issuer's")
	case !token.Expiry.After(c.now()) || token.IssuedAt.After(c.now().Add(maxSkew)):
		return nil, errors.New("it has expired, or comes from the future")
	case token.Subject != subject:
		return nil, errors.New("it is about somebody else")
	case client != "" && client != p.Details["client_id"]:
		return nil, errors.New("it was issued to another client")
	}
	return claims, nil
}

// authTime is when the provider has seen the person, as its ID token says; zero: it does not say.
func authTime(claims map[string]any) time.Time {
	n, ok := claims["auth_time"].(json.Number)
	if !ok {
		return time.Time{}
	}
	seconds, err := n.Int64()
	if err != nil || seconds <= 0 {
		return time.Time{}
	}
	return time.Unix(seconds, 0).UTC()
}
