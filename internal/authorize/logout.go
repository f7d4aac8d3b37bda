package authorize

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/directory/appclient"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/token"
)

// Farewell is a client's wish that its user be signed out of a strict site. OpenID Connect RP-Initiated Logout 1.0,
// section 2.
type Farewell struct {
	Hint        string // id_token_hint
	ClientID    string
	RedirectURI string // post_logout_redirect_uri
	State       string
}

// ReadFarewell reads the parameters of a logout. Cognito's logout_uri counts as post_logout_redirect_uri.
func ReadFarewell(query url.Values) (Farewell, error) {
	for _, name := range []string{"id_token_hint", "client_id", "post_logout_redirect_uri", "logout_uri", "state"} {
		if len(query[name]) > 1 {
			return Farewell{}, Refuse(InvalidRequest, name+" is given twice")
		}
	}
	f := Farewell{Hint: query.Get("id_token_hint"), ClientID: query.Get("client_id"), State: query.Get("state")}
	if f.RedirectURI = query.Get("post_logout_redirect_uri"); f.RedirectURI == "" {
		f.RedirectURI = query.Get("logout_uri")
	}
	return f, nil
}

// Query is the wish without its hint, which was looked at: for the page that asks the person.
func (f Farewell) Query() url.Values {
	query := url.Values{}
	for name, value := range map[string]string{"client_id": f.ClientID, "post_logout_redirect_uri": f.RedirectURI, "state": f.State} {
		if value != "" {
			query.Set(name, value)
		}
	}
	return query
}

// Leave is what is to be done about a farewell.
type Leave struct {
	Farewell
	Location string // the client's, where the browser goes afterwards; empty: none
	Ask      bool   // the person has to agree first
}

// PlanLeave checks a farewell in the browser of a secret. Nothing has happened yet. A *Refusal without a Location is for
// the error page: who is not known to be the client gets nobody redirected.
func (a *Authorizer) PlanLeave(ctx context.Context, site Site, secret string, f Farewell) (Leave, error) {
	refuse := func(code, text string) (Leave, error) {
		return Leave{}, &Refusal{Code: code, Description: text, ClientID: f.ClientID}
	}
	s, user, err := a.Browser.Find(ctx, site.Pool, secret)
	if err != nil {
		return Leave{}, err
	}
	plan := Leave{Farewell: f, Ask: s != nil}
	if f.Hint != "" {
		hint, err := a.parts.Strict.Hints.Hint(ctx, site.Pool, site.Issuer, f.Hint)
		switch {
		case errors.Is(err, token.ErrNoHint):
			return refuse(InvalidRequest, "id_token_hint is no ID token of this issuer")
		case err != nil:
			return Leave{}, fmt.Errorf("read hint: %w", err)
		case f.ClientID != "" && f.ClientID != hint.Audience:
			return refuse(InvalidRequest, "id_token_hint is another client's")
		}
		plan.ClientID, f.ClientID = hint.Audience, hint.Audience
		plan.Ask = s != nil && (hint.Subject != user.ID || hint.SessionID != s.ID)
	}
	if plan.ClientID == "" {
		if f.RedirectURI != "" {
			return refuse(InvalidRequest, "post_logout_redirect_uri needs id_token_hint or client_id")
		}
		return plan, nil
	}
	client, err := a.Find(ctx, site, plan.ClientID)
	switch {
	case fault.Is(err, fault.Missing, ""):
		return refuse(InvalidClient, "the client does not exist")
	case err != nil:
		return Leave{}, fmt.Errorf("find client: %w", err)
	case f.RedirectURI == "":
		return plan, nil
	case !slices.Contains(client.LogoutURLs, f.RedirectURI) && !slices.Contains(a.parts.Strict.OpenID(client).PostLogoutURIs, f.RedirectURI):
		return refuse(RedirectMismatch, "post_logout_redirect_uri is not one of the client's")
	}
	plan.Location = f.RedirectURI
	if f.State != "" {
		plan.Location = deliver(f.RedirectURI, false, url.Values{"state": {f.State}})
	}
	return plan, nil
}

// leave ends everything that came through a browser session, and sees to it that clients hear of it: their sessions end
// unless they may act while the user is away (offline_access). OpenID Connect Back-Channel Logout 1.0, sections 2.3 and 2.7.
func (b *Browser) leave(ctx context.Context, poolID, userID, id string) (was bool, err error) {
	strict := b.parts.Strict
	err = strict.Store.InTx(ctx, func(ctx context.Context) error {
		through, err := strict.Store.SessionsThrough(ctx, poolID, id)
		if err != nil {
			return fmt.Errorf("list sessions of browser: %w", err)
		}
		if was, err = b.parts.Store.DeleteBrowserSession(ctx, poolID, userID, id); err != nil || !was {
			return err
		}
		told := map[string]bool{}
		for _, s := range through {
			if s.OpenID == nil || s.UserID != userID {
				continue // as at Cognito, tokens live on and nobody hears of it
			}
			if !slices.Contains(s.Scopes, token.OfflineScope) {
				if err := b.parts.Ended.End(ctx, s.ID); err != nil {
					return err
				}
			}
			if key := s.ClientID + " " + s.OpenID.Issuer; !told[key] {
				told[key] = true
				if err := b.notify(ctx, s, id); err != nil {
					return err
				}
			}
		}
		return nil
	})
	return was, err
}

// notify puts down that a client has to be told, if it wants to be.
func (b *Browser) notify(ctx context.Context, s *token.Session, browserID string) error {
	client, err := b.parts.find(ctx, s.PoolID, s.ClientID)
	if fault.Is(err, fault.Missing, "") {
		return nil
	}
	if err != nil {
		return fmt.Errorf("find client to tell: %w", err)
	}
	if b.parts.Strict.OpenID(client).BackchannelURI == "" {
		return nil
	}
	return b.parts.Strict.Store.InsertNotice(ctx, newNotice(s, browserID, moment(b.parts.Now)))
}

// CheckOpenID refuses what a client cannot register for strict sites; the fault is for whoever registers. A stranger is an
// application that registers itself.
func CheckOpenID(o directory.OpenID, stranger bool) error {
	for _, uri := range o.PostLogoutURIs {
		if u, err := url.Parse(uri); err != nil || u.User != nil || len(uri) > maxURI || appclient.CheckRedirect(uri) != nil {
			return fault.Invalidf("post_logout_redirect_uris must hold absolute URIs without fragment and user information: https, http on this machine, or an app's own scheme")
		}
	}
	if len(o.PostLogoutURIs) > maxRedirect {
		return fault.Invalidf("there are too many post_logout_redirect_uris")
	}
	if o.BackchannelURI == "" {
		return nil
	}
	u, err := url.Parse(o.BackchannelURI)
	if err != nil || u.Host == "" || u.User != nil || strings.Contains(o.BackchannelURI, "#") || len(o.BackchannelURI) > maxURI ||
		u.Scheme != "https" && (u.Scheme != "http" || !isLocal(u.Hostname()) || stranger) {
		return fault.Invalidf("backchannel_logout_uri must be an https URL without fragment and user information")
	}
	return nil
}
