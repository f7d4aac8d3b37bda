package oauth

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"cognate.dev/cognate/internal/authorize"
	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/front/oauth/grant"
	"cognate.dev/cognate/internal/token"
)

// Strict is what strict OpenID Connect sites need beyond Cognito's endpoints. Nil where there are none.
type Strict struct {
	Proofs Prover
	Hints  Inspector
	OpenID func(*directory.Client) directory.OpenID // what a client has registered
}

// Prover checks DPoP proofs; *token.Proofs does. What is wrong with one is a *token.ProofError.
type Prover interface {
	Check(ctx context.Context, p token.Proof) (thumbprint string, err error)
}

// Inspector looks at tokens for those who ask about them; *token.Verifier does.
type Inspector interface {
	Inspect(ctx context.Context, token string) (*token.Access, error)
	InspectRefresh(ctx context.Context, c *directory.Client, token string) (*token.Session, *directory.User, error)
}

// proof checks the DPoP header of a request to a strict site, if it has one. Access is the token that goes with it, at an
// endpoint that takes one. RFC 9449 section 4.3.
func (h *handler) proof(r *http.Request, site authorize.Site, access string) (thumbprint string, err error) {
	headers := r.Header.Values("DPoP")
	if len(headers) == 0 {
		return "", nil
	}
	if len(headers) > 1 {
		return "", authorize.Refuse(authorize.InvalidProof, "there is more than one DPoP header")
	}
	thumbprint, err = h.Strict.Proofs.Check(r.Context(), token.Proof{
		JWT: headers[0], Method: r.Method, URL: site.Base + r.URL.Path, Access: access,
	})
	if bad := (*token.ProofError)(nil); errors.As(err, &bad) {
		return "", authorize.Refuse(authorize.InvalidProof, bad.Text)
	}
	return thumbprint, err
}

// strictly completes a token request to a strict site: the key that the client holds, and whether it needs one.
func (h *handler) strictly(r *http.Request, site authorize.Site, call *grant.Call) error {
	thumbprint, err := h.proof(r, site, "")
	if err != nil {
		return err
	}
	if thumbprint == "" && h.Strict.OpenID(call.Client).DPoP {
		return authorize.Refuse(authorize.InvalidProof, "the tokens of this client are bound to a key: send a DPoP proof")
	}
	call.Issuer, call.Thumbprint = site.Issuer, thumbprint
	return nil
}

// tokenType is what a client does with its access token.
func tokenType(thumbprint string) string {
	if thumbprint != "" {
		return "DPoP"
	}
	return "Bearer"
}

// bodyOnly refuses parameters in the query string, which ends up in logs: RFC 6749 section 2.3.1.
func bodyOnly(r *http.Request) error {
	if r.URL.RawQuery != "" {
		return authorize.Refuse(authorize.InvalidRequest, "parameters belong in the body")
	}
	return nil
}

// refuseStrictly answers a program in the words of the RFCs where Cognito has its own: a client that does not prove itself
// gets 401 and is told how to (RFC 6749 section 5.2). It reports whether it has answered.
func refuseStrictly(w http.ResponseWriter, site authorize.Site, err error) bool {
	refusal := (*authorize.Refusal)(nil)
	if site.Issuer == "" || !errors.As(err, &refusal) || refusal.Code != authorize.InvalidClient {
		return false
	}
	w.Header().Set("WWW-Authenticate", `Basic realm="`+site.Issuer+`", charset="UTF-8"`)
	sayRefusal(w, http.StatusUnauthorized, refusal)
	return true
}

// push answers POST /oauth2/par on strict sites: it keeps an authorization request of an authenticated client. RFC 9126.
func (h *handler) push(w http.ResponseWriter, r *http.Request, site authorize.Site) error {
	if err := bodyOnly(r); err != nil {
		return err
	}
	given, err := rawParams(w, r)
	if err != nil {
		return err
	}
	once, err := single(given)
	if err != nil {
		return err
	}
	client, err := h.prove(r, site, once)
	if err != nil {
		return err
	}
	thumbprint, err := h.proof(r, site, "")
	if err != nil {
		return err
	}
	for _, name := range []string{"client_secret", "client_assertion", "client_assertion_type"} {
		once.Del(name)
	}
	if named := once.Get("dpop_jkt"); thumbprint != "" {
		if named != "" && named != thumbprint {
			return authorize.Refuse(authorize.InvalidProof, "dpop_jkt is not the key of the proof")
		}
		once.Set("dpop_jkt", thumbprint)
	}
	uri, err := h.Authorizer.Requests.Push(r.Context(), site, client, once)
	if err != nil {
		return err
	}
	say(w, http.StatusCreated, map[string]any{"request_uri": uri, "expires_in": int(authorize.PushedLife.Seconds())})
	return nil
}

// introspect answers POST /oauth2/introspect on strict sites: a client with a secret learns what a token is worth now. An
// access token may be anybody's of the pool, since those who take tokens have to ask about them; a refresh token must be
// the client's own. RFC 7662.
func (h *handler) introspect(w http.ResponseWriter, r *http.Request, site authorize.Site) error {
	if err := bodyOnly(r); err != nil {
		return err
	}
	params, err := params(w, r)
	if err != nil {
		return err
	}
	client, err := h.prove(r, site, params)
	if err != nil {
		return err
	}
	if len(client.Secrets) == 0 {
		return badClient()
	}
	text := params.Get("token")
	if text == "" {
		return authorize.Refuse(authorize.InvalidRequest, "token is missing")
	}
	found, err := h.inspect(r.Context(), site, client, text)
	if err != nil {
		return err
	}
	if found == nil {
		found = map[string]any{"active": false} // and not a word about why: section 2.2
	}
	say(w, http.StatusOK, found)
	return nil
}

// inspect says what a token is; nil: nothing that works.
func (h *handler) inspect(ctx context.Context, site authorize.Site, client *directory.Client, text string) (map[string]any, error) {
	access, err := h.Strict.Hints.Inspect(ctx, text)
	switch {
	case err == nil && access.Pool.ID == site.Pool.ID && (site.Workspace == "" || access.Claims.Issuer == site.Issuer):
		found := describe(access)
		known, err := h.known(ctx, access, strings.Fields(access.Claims.Scope))
		if isDead(err) {
			return nil, nil
		}
		if known != nil {
			for name, value := range known.Introspection {
				if _, taken := found[name]; !taken {
					found[name] = value
				}
			}
		}
		return found, err
	case err == nil:
		return nil, nil
	case !isDead(err):
		return nil, fmt.Errorf("inspect token: %w", err)
	}
	s, user, err := h.Strict.Hints.InspectRefresh(ctx, client, text)
	switch {
	case isDead(err):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("inspect refresh token: %w", err)
	}
	return map[string]any{
		"active": true, "scope": strings.Join(s.Scopes, " "), "client_id": s.ClientID, "sub": user.ID, "username": user.Username,
		"exp": s.ExpiresAt.Unix(), "iat": s.CreatedAt.Unix(), "token_type": "refresh_token",
	}, nil
}

func describe(a *token.Access) map[string]any {
	c := a.Claims
	found := map[string]any{
		"active": true, "scope": c.Scope, "client_id": c.ClientID, "sub": c.Subject, "iss": c.Issuer, "exp": c.ExpiresAt,
		"iat": c.IssuedAt, "token_type": tokenType(c.Confirm.Thumbprint), "token_use": c.Use,
	}
	if c.Audience != nil {
		found["aud"] = c.Audience
	}
	if c.ID != "" {
		found["jti"] = c.ID
	}
	if c.Username != "" {
		found["username"], found["auth_time"] = c.Username, c.AuthTime
	}
	if len(c.Groups) > 0 {
		found["cognito:groups"] = c.Groups
	}
	if c.Confirm.Thumbprint != "" {
		found["cnf"] = map[string]string{"jkt": c.Confirm.Thumbprint}
	}
	return found
}

// only hides an endpoint from sites that are not strict.
func only(fn endpoint) endpoint {
	return func(w http.ResponseWriter, r *http.Request, site authorize.Site) error {
		if site.Issuer == "" {
			lost(w)
			return nil
		}
		return fn(w, r, site)
	}
}

func lost(w http.ResponseWriter) {
	say(w, http.StatusNotFound, map[string]string{"message": "There is no such document."})
}

// single refuses a parameter that is given twice.
func single(given url.Values) (url.Values, error) {
	for _, values := range given {
		if len(values) > 1 {
			return nil, authorize.Refuse(authorize.InvalidRequest, "a parameter is given twice")
		}
	}
	return given, nil
}
