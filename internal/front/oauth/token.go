package oauth

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"cognate.dev/cognate/internal/authorize"
	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/front/oauth/grant"
	"cognate.dev/cognate/internal/limit"
)

// wireTokens is what the token endpoint gives. There is no member scope, as in Cognito, except on strict sites.
type wireTokens struct {
	ID        string `json:"id_token,omitempty"`
	Access    string `json:"access_token"`
	Refresh   string `json:"refresh_token,omitempty"`
	Type      string `json:"token_type"`
	ExpiresIn int    `json:"expires_in"`
	Scope     string `json:"scope,omitempty"` // on strict sites
}

// token answers POST /oauth2/token. Everything that all grants share happens here.
// https://docs.aws.amazon.com/cognito/latest/developerguide/token-endpoint.html
func (h *handler) token(w http.ResponseWriter, r *http.Request, site authorize.Site) error {
	if site.Issuer != "" {
		if err := bodyOnly(r); err != nil {
			return err
		}
	}
	params, err := params(w, r)
	if err != nil {
		return err
	}
	kind := params.Get("grant_type")
	if kind == "" {
		return authorize.Refuse(authorize.InvalidRequest, "grant_type is missing")
	}
	g, known := h.grants[kind]
	if !known {
		return authorize.Refuse(authorize.UnsupportedGrantType, "")
	}
	noteGrant(r.Context(), kind)
	if err := h.Gate.Category(r.Context(), categoryOf(kind)); err != nil {
		return err
	}
	return h.guard(r, func(ctx context.Context) error {
		answer, err := h.grant(r.WithContext(ctx), site, g, params)
		if err == nil {
			say(w, http.StatusOK, answer)
		}
		return err
	})
}

// grant authenticates the client and has the grant give out tokens.
func (h *handler) grant(r *http.Request, site authorize.Site, g grant.Grant, params url.Values) (*wireTokens, error) {
	client, err := h.client(r.Context(), site, r, params)
	if err != nil {
		return nil, err
	}
	if err := h.Gate.Client(r.Context(), site.Pool.ID, client.ID); err != nil {
		return nil, err
	}
	if !g.Allowed(client) {
		return nil, authorize.Refuse(authorize.UnauthorizedClient, "")
	}
	call := grant.Call{Pool: site.Pool, Client: client, Params: params}
	if site.Issuer != "" {
		if err := h.strictly(r, site, &call); err != nil {
			return nil, err
		}
	}
	set, err := g.Issue(r.Context(), call)
	if err != nil {
		return nil, err
	}
	answer := &wireTokens{ID: set.ID, Access: set.Access, Refresh: set.Refresh, Type: tokenType(call.Thumbprint), ExpiresIn: set.ExpiresIn}
	if site.Issuer != "" {
		answer.Scope = strings.Join(set.Scopes, " ")
	}
	return answer, nil
}

// prove authenticates the client of a request that is not for tokens.
func (h *handler) prove(r *http.Request, site authorize.Site, params url.Values) (client *directory.Client, err error) {
	if err := h.Gate.Category(r.Context(), limit.UserToken); err != nil {
		return nil, err
	}
	err = h.guard(r, func(ctx context.Context) (err error) {
		client, err = h.client(ctx, site, r, params)
		return err
	})
	return client, err
}

// categoryOf is the category of requests that a grant counts for.
func categoryOf(kind string) string {
	if kind == (grant.Machine{}).Type() {
		return limit.ClientAuthentication
	}
	return limit.UserAuthentication
}

// guard runs what tests a secret of a client or a user: an address that keeps failing is refused.
func (h *handler) guard(r *http.Request, do func(context.Context) error) error {
	ctx, try, err := h.Gate.Enter(r.Context(), remote(r))
	if err != nil {
		return err
	}
	err = do(ctx)
	failed := err
	if refusal := (*authorize.Refusal)(nil); errors.As(err, &refusal) {
		switch refusal.Code {
		case authorize.InvalidClient:
			failed = fault.New(fault.Denied, fault.ClientSecret, "")
		case authorize.InvalidGrant:
			failed = fault.Deniedf("")
		}
	}
	try.End(ctx, failed)
	return err
}
