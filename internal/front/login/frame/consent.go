package frame

import (
	"context"
	"errors"
	"net/url"

	"cognate.dev/cognate/internal/consent"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/workspace/journey"
)

// Consents asks people what a client may have; *consent.Consents does.
type Consents interface {
	AskIn(ctx context.Context, workspaceID, id, state, browser string) (*consent.Question, error)
	Accept(ctx context.Context, a consent.Answer) (location string, err error)
	Reject(ctx context.Context, workspaceID, id, state string, r journey.Refusal) (location string, err error)
}

// The parameters that name a sign-in which waits for its person.
const (
	loginID    = "login_id"
	loginState = "login_state"
)

// AskConsent finds what the link's sign-in waits to be answered. A sign-in that is not this browser's, or does not wait, is a page
// that has expired.
func (v *Visit) AskConsent() error {
	if v.Consents == nil || v.Site.Workspace == "" {
		return errStale
	}
	id, state := v.Query.Get(loginID), v.Query.Get(loginState)
	q, err := v.Consents.AskIn(v.Context(), v.Site.Workspace, id, state, v.browser())
	switch {
	case errors.Is(err, journey.ErrLost):
		return errStale
	case err != nil:
		return err
	}
	v.remember(v.Query.Get("lang"))
	if err := v.know(q.Login.ClientID); err != nil {
		return err
	}
	v.State.Params = map[string]string{loginID: id, loginState: state, "to": q.Login.RedirectURI}
	v.Question = q
	return v.dress()
}

// browserCookie holds the secret of the browser in which a sign-in began; front/oauth sets it.
const browserCookie = "csrf-state"

func (v *Visit) browser() string {
	c, err := v.r.Cookie(browserCookie)
	if err != nil {
		return ""
	}
	return c.Value
}

// Agree answers the question with the scopes that were ticked.
func (v *Visit) Agree(scopes []string) (Next, error) {
	p := v.State.Params
	location, err := v.Consents.Accept(v.Context(), consent.Answer{
		WorkspaceID: v.Site.Workspace, ID: p[loginID], State: p[loginState], Scopes: scopes, Language: v.Words.Tag,
	})
	return onward(location, err)
}

// Disagree ends the sign-in: the client hears that its user said no.
func (v *Visit) Disagree() (Next, error) {
	p := v.State.Params
	location, err := v.Consents.Reject(v.Context(), v.Site.Workspace, p[loginID], p[loginState], journey.Refusal{})
	return onward(location, err)
}

func onward(location string, err error) (Next, error) {
	if errors.Is(err, journey.ErrLost) || fault.Is(err, fault.Invalid, fault.Scope) { // the form was not ours
		err = errStale
	}
	return Next{Location: location}, err
}

// Picture is a picture of somebody else's that the page may load, such as the logo of a client; empty where it is not safe to.
func (v *Visit) Picture(raw string) string {
	u, err := url.Parse(raw)
	if err != nil || u.Scheme != "https" || !hostForm.MatchString(u.Host) || u.User != nil {
		return ""
	}
	v.picture = " https://" + u.Host
	return raw
}
