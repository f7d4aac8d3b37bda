package authorize

import (
	"context"
	"fmt"
	"net/url"
	"strconv"
	"time"

	"cognate.dev/cognate/internal/audit"
	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/kit/random"
	"cognate.dev/cognate/internal/token"
)

// ErrSignIn means that the session does not satisfy the request: somebody has to sign in (again) first.
var ErrSignIn = fault.New(fault.Denied, "", "Please sign in again.")

// skew is how far the clocks of two nodes may differ.
const skew = 5 * time.Second

// Continue answers a request from the browser's session alone. The error is ErrSignIn when a page has to ask somebody
// first, or a *Refusal when the request forbids pages (prompt=none). OpenID Connect Core section 3.1.2.3.
func (a *Authorizer) Continue(ctx context.Context, r *Request, secret string) (location string, err error) {
	s, user, err := a.Browser.Find(ctx, r.Pool, secret)
	if err != nil {
		return "", err
	}
	switch {
	case s == nil, r.Workspace != "", !r.means(user), !a.Counts(r, s), r.Provider != "" && r.Provider != s.Provider, !r.strong(s, false):
		if r.Prompt == "none" {
			return "", r.Refuse(LoginRequired, "")
		}
		return "", ErrSignIn
	case r.Prompt == "login", r.Prompt == "select_account":
		return "", ErrSignIn
	}
	return a.answer(ctx, r, s, user)
}

// Counts tells whether a session that is there already counts for a request, however strong it is: its client takes who
// vouches for it, and it is not too old.
func (a *Authorizer) Counts(r *Request, s *Session) bool {
	now := moment(a.parts.Now)
	return r.takes(s.Provider) && r.reusable(s, now) && !(r.HasMaxAge && now.Sub(s.AuthTime) > r.MaxAge)
}

// takes tells whether somebody may have signed in so for the request. Workspaces have connections, which see to it themselves; the
// pool's own people do not come through one.
func (r *Request) takes(provider string) bool {
	if r.Workspace != "" {
		return provider != Local
	}
	return Offers(r.Client, provider)
}

// reusable tells whether a browser's word counts for a sign-in that was then. At workspaces that is for their connections to say.
func (r *Request) reusable(s *Session, now time.Time) bool {
	return r.Workspace != "" || reusable(r.Pool, r.Client, s, now)
}

// Complete answers a request for a session that has just begun, or that an account chooser offered. ErrSignIn: the
// request wants a newer proof than the session has. The location is the client's redirect URI with a code, or with
// tokens in its fragment; the browser goes there by 303.
func (a *Authorizer) Complete(ctx context.Context, r *Request, s *Session) (location string, err error) {
	now := moment(a.parts.Now)
	fresh := r.fresh(s)
	switch {
	case s.PoolID != r.Pool.ID || !now.Before(s.ExpiresAt):
		return "", ErrSignIn
	case !r.takes(s.Provider):
		return "", r.Refuse(AccessDenied, "the client does not take this identity provider")
	case r.Prompt == "login" && !fresh, !fresh && !r.reusable(s, now), r.HasMaxAge && s.AuthTime.Before(r.StartedAt) && now.Sub(s.AuthTime) > r.MaxAge,
		!r.strong(s, fresh):
		return "", ErrSignIn
	}
	user, err := a.parts.People.User(ctx, s.PoolID, s.UserID)
	if err == nil && !r.means(user) {
		return "", r.Refuse(LoginRequired, "somebody else has signed in than id_token_hint names")
	}
	if fault.Is(err, fault.Missing, fault.User) || err == nil && !welcome(user, s.Provider) {
		return "", ErrSignIn
	}
	if err != nil {
		return "", fmt.Errorf("read user to authorize: %w", err)
	}
	return a.answer(ctx, r, s, user)
}

// answer gives the client what it asked for.
func (a *Authorizer) answer(ctx context.Context, r *Request, s *Session, user *directory.User) (string, error) {
	answer := url.Values{}
	if r.State != "" {
		answer.Set("state", r.State)
	}
	audit.Note(ctx, func(rec *audit.Record) {
		if rec.Operation == "" {
			rec.Operation = "Authorize"
		}
		if rec.Client = r.Client.ID; rec.Detail == nil {
			rec.Detail = map[string]string{}
		}
		rec.Detail["response"] = r.Type
	})
	audit.NoteProven(ctx, r.Pool.ID, user.ID)
	if r.Type == "token" {
		return a.implicit(ctx, r, s, user, answer)
	}
	code := random.UUID()
	now := moment(a.parts.Now)
	given := &Code{
		Hash: digest(code), PoolID: r.Pool.ID, UserID: user.ID, ClientID: r.Client.ID,
		RedirectURI: r.RedirectURI, RedirectGiven: r.RedirectGiven, Challenge: r.Challenge, Nonce: r.Nonce,
		Scopes: r.Scopes, Resource: r.Resource, AuthTime: s.AuthTime, BrowserID: s.ID, OpenID: r.openID(s),
		AMR: s.AMR, ACR: r.reached(s), Provider: s.Provider,
		CreatedAt: user.Since(now), ExpiresAt: now.Add(codeLife),
	}
	if err := a.give(ctx, r, given); err != nil {
		return "", err
	}
	answer.Set("code", code)
	return r.deliver(answer), nil
}

// implicit hands out tokens in the fragment: no refresh token, and an ID token only with openid.
func (a *Authorizer) implicit(ctx context.Context, r *Request, s *Session, user *directory.User, answer url.Values) (string, error) {
	set, err := a.parts.Tokens.Issue(ctx, token.Grant{
		Pool: r.Pool, Client: r.Client, User: user, Via: token.ByHostedPage, AuthTime: s.AuthTime,
		Scopes: r.Scopes, Nonce: r.Nonce, Resource: r.Resource, NoRefresh: true, BrowserID: s.ID,
		From: token.Origin{Address: s.Address, Agent: s.UserAgent}, AMR: s.AMR, ACR: r.reached(s),
	})
	if f := refusedByHook(err); f != nil {
		return "", r.Refuse(InvalidRequest, f.Text)
	}
	if err != nil {
		return "", fmt.Errorf("issue tokens: %w", err)
	}
	answer.Set("access_token", set.Access)
	answer.Set("token_type", "bearer")
	answer.Set("expires_in", strconv.Itoa(set.ExpiresIn))
	if set.ID != "" {
		answer.Set("id_token", set.ID)
	}
	return r.deliver(answer), nil
}

// refusedByHook is the fault of a trigger that refused tokens; nil when err is none.
func refusedByHook(err error) *fault.Fault {
	if err == nil {
		return nil
	}
	f := fault.As(err)
	switch f.Subject {
	case fault.Lambda, fault.LambdaResponse, fault.LambdaError:
		return f
	}
	return nil
}
