package oidc

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/federation"
	"cognate.dev/cognate/internal/kit/outbound"
)

// checks are how the access tokens of providers that give no ID tokens are checked, by the names that Logins maps have for them.
var checks = map[string]func(c *Connector, ctx context.Context, base, token string) (apps []string, claims map[string]any, err error){
	federation.FacebookLogins: (*Connector).facebookToken,
	federation.AmazonLogins:   (*Connector).amazonToken,
}

// maxAccessToken bounds what is sent on, in characters.
const maxAccessToken = 4096

// VerifyAccessToken asks a provider whose access token somebody brings: for which app, which must be one of the clients, and for whom.
// A token of another app says nothing about who brings it: that app may be anybody's. The errors are those of VerifyIDToken.
func (c *Connector) VerifyAccessToken(ctx context.Context, provider string, clients []string, token string) (map[string]any, error) {
	check := checks[provider]
	if check == nil {
		return nil, fmt.Errorf("access tokens of %s are not checked", provider)
	}
	if token == "" || len(token) > maxAccessToken || strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return nil, fault.UnsignedIDToken()
	}
	ctx, cancel := context.WithTimeout(ctx, callWithin)
	defer cancel()
	apps, claims, err := check(c, ctx, strings.TrimSuffix(c.Bases[provider], "/"), token)
	switch {
	case err != nil:
		return nil, err
	case !slices.ContainsFunc(apps, func(app string) bool { return app != "" && slices.Contains(clients, app) }):
		return nil, fault.IDTokenForAnother()
	case text(claims, "sub") == "":
		return nil, fault.NoIDToken()
	}
	return claims, nil
}

// facebookToken asks for the app first, which any token tells, and then for the person, whom one of an app alone does not.
// https://developers.facebook.com/docs/graph-api/reference/app
func (c *Connector) facebookToken(ctx context.Context, base, token string) ([]string, map[string]any, error) {
	app, err := c.said(ctx, base+"/app?fields=id", token)
	if err != nil {
		return nil, nil, err
	}
	person, err := c.said(ctx, base+"/me?fields=id", token)
	if err != nil {
		return nil, nil, err
	}
	id := federation.Text(app["id"])
	return []string{id}, map[string]any{"sub": federation.Text(person["id"]), "app_id": id}, nil
}

// amazonToken asks what a token is. An app is known by the id of its client or by its own.
// https://developer.amazon.com/docs/login-with-amazon/obtain-customer-profile.html
func (c *Connector) amazonToken(ctx context.Context, base, token string) ([]string, map[string]any, error) {
	said, err := c.said(ctx, base+"/auth/o2/tokeninfo?access_token="+url.QueryEscape(token), "")
	if err != nil {
		return nil, nil, err
	}
	left, err := time.ParseDuration(federation.Text(said["exp"]) + "s")
	if err != nil {
		return nil, nil, fmt.Errorf("read the life of a token of Amazon: %w", err)
	}
	if now := c.now(); left <= 0 {
		return nil, nil, fault.ExpiredIDToken(now.Add(left), now)
	}
	aud, app := text(said, "aud"), text(said, "app_id")
	return []string{aud, app}, map[string]any{"sub": text(said, "user_id"), "aud": aud, "app_id": app}, nil
}

// said is what a provider answers, maybe to the bearer of a token. A provider that refuses a token says that it is bad; that it is
// busy or broken says nothing.
func (c *Connector) said(ctx context.Context, address, bearer string) (map[string]any, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return nil, err
	}
	if bearer != "" {
		r.Header.Set("Authorization", "Bearer "+bearer)
	}
	r.Header.Set("Accept", "application/json")
	answer, err := outbound.Do(c.client, r, maxAnswer)
	switch {
	case err != nil:
		return nil, err
	case answer.Status == http.StatusBadRequest, answer.Status == http.StatusUnauthorized:
		return nil, fault.UnsignedIDToken()
	case answer.Status != http.StatusOK:
		return nil, fmt.Errorf("the provider answers %d about a token", answer.Status)
	}
	claims, err := object(answer.Body)
	if err != nil {
		return nil, fmt.Errorf("the provider's answer about a token is no JSON: %w", err)
	}
	return claims, nil
}
