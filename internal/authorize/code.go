package authorize

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"regexp"
	"time"

	"cognate.dev/cognate/internal/audit"
	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/kit/random"
	"cognate.dev/cognate/internal/token"
)

const (
	codeLife = 5 * time.Minute
	// CodeMemory is for how long after its end a code is kept, so that its reuse is noticed.
	CodeMemory = time.Hour
)

// Codes exchanges authorization codes for tokens.
type Codes struct{ parts Parts }

// Exchange is a code handed in by a client that has been authenticated.
type Exchange struct {
	Pool           *directory.Pool
	Client         *directory.Client
	Code           string
	RedirectURI    string
	Verifier       string // PKCE
	Issuer         string // of a strict site
	Thumbprint     string // of the key that the client has proven to hold (RFC 9449); empty: none
	ClientMetadata map[string]string
}

// The answers to a code that does not work. They do not tell why.
func badCode() *Refusal     { return Refuse(InvalidGrant, "") }
func badRedirect() *Refusal { return Refuse(UnauthorizedClient, "invalid_redirect") }

// errTaken is a code that somebody else was quicker to use.
var errTaken = errors.New("the code was used meanwhile")

// Redeem gives tokens for a code. A code works once, for its own client, with the redirect URI and the verifier that
// belong to it; one attempt of its client uses it up, unless it fails on our side. A second attempt also ends the session that
// the first one began. RFC 6749 section 4.1.3, RFC 7636 section 4.6, RFC 9700 section 2.1.1.
//
// The tokens are made first; then one transaction uses the code up and begins their session. So there is no moment in which a
// code is used and its session unknown, and of two who come at once one is first.
func (c *Codes) Redeem(ctx context.Context, x Exchange) (*token.Set, error) {
	if x.Code == "" {
		return nil, Refuse(InvalidRequest, "code is missing")
	}
	code, err := c.parts.Store.AuthCode(ctx, digest(x.Code))
	switch {
	case err != nil:
		return nil, fmt.Errorf("read authorization code: %w", err)
	case code == nil || code.PoolID != x.Pool.ID || code.ClientID != x.Client.ID || code.issuer() != x.Issuer:
		return nil, badCode() // and it stays good for its own client
	case code.SessionID != "":
		return nil, c.waste(ctx, code, badCode())
	}
	if refusal := c.fits(code, x); refusal != nil {
		return nil, c.waste(ctx, code, refusal)
	}
	user, err := c.parts.People.User(ctx, code.PoolID, code.UserID)
	switch {
	case fault.Is(err, fault.Missing, fault.User), err == nil && (!welcome(user, code.Provider) || code.CreatedAt.Before(user.SignedOutAt)):
		return nil, c.waste(ctx, code, badCode())
	case err != nil:
		return nil, fmt.Errorf("read user of code: %w", err)
	}
	audit.NoteProven(ctx, x.Pool.ID, user.ID)
	set, err := c.issue(ctx, x, code, user)
	switch f := refusedByHook(err); {
	case err == nil:
		return set, nil
	case f != nil:
		return nil, c.waste(ctx, code, Refuse(InvalidGrant, f.Text))
	case errors.Is(err, errTaken):
		return nil, c.waste(ctx, code, badCode())
	case fault.Is(err, fault.Missing, ""): // the user is gone, or has signed out everywhere
		return nil, badCode()
	}
	return nil, fmt.Errorf("issue tokens for code: %w", err)
}

// issue makes the tokens of a code, and uses it up.
func (c *Codes) issue(ctx context.Context, x Exchange, code *Code, user *directory.User) (*token.Set, error) {
	session := random.UUID()
	return c.parts.Tokens.Issue(ctx, token.Grant{
		Pool: x.Pool, Client: x.Client, User: user, Via: token.ByHostedPage, AuthTime: code.AuthTime,
		SessionID: session, BrowserID: code.BrowserID, Scopes: code.Scopes, Nonce: code.Nonce, Resource: code.Resource,
		ClientMetadata: x.ClientMetadata, OpenID: code.bound(x.Thumbprint), AMR: code.AMR, ACR: code.ACR,
		Spend: func(ctx context.Context) error {
			return c.parts.Store.UpdateAuthCode(ctx, code.Hash, func(stored *Code) error {
				if stored.SessionID != "" {
					return errTaken
				}
				stored.SessionID = session
				return nil
			})
		},
	})
}

// waste uses up a code that gives nothing. If it was used before, somebody has a copy: the session that came of it ends. It
// gives the refusal, unless that cannot be noted.
func (c *Codes) waste(ctx context.Context, code *Code, refusal *Refusal) error {
	ended := ""
	err := c.parts.Store.UpdateAuthCode(ctx, code.Hash, func(stored *Code) error {
		ended = stored.SessionID // the store may run this again
		if ended == "" {
			stored.SessionID = random.UUID() // of a session that never was
			return nil
		}
		stored.Replayed = true
		return nil
	})
	switch {
	case fault.Is(err, fault.Missing, ""):
		return badCode()
	case err != nil:
		return fmt.Errorf("use authorization code: %w", err)
	case ended == "":
		return refusal
	}
	if err := c.parts.Ended.End(ctx, ended); err != nil {
		return err
	}
	return badCode()
}

// fits checks an exchange against the request that the code answered.
func (c *Codes) fits(code *Code, x Exchange) *Refusal {
	switch {
	case !moment(c.parts.Now).Before(code.ExpiresAt):
		return badCode()
	case x.RedirectURI != code.RedirectURI && (code.RedirectGiven || x.RedirectURI != ""):
		if x.Issuer != "" {
			return badCode()
		}
		return badRedirect()
	case code.OpenID != nil && code.OpenID.JKT != "" && code.OpenID.JKT != x.Thumbprint:
		return badCode()
	case !proves(x.Verifier, code.Challenge):
		return badCode()
	}
	return nil
}

var verifierForm = regexp.MustCompile(`^[A-Za-z0-9._~-]{43,128}$`)

// proves checks a PKCE verifier. Without a challenge there must be no verifier: who sends one believes that the code is
// protected, and it is not (RFC 9700 section 2.1.1: downgrade).
func proves(verifier, challenge string) bool {
	if challenge == "" {
		return verifier == ""
	}
	sum := sha256.Sum256([]byte(verifier))
	want := base64.RawURLEncoding.EncodeToString(sum[:])
	return subtle.ConstantTimeCompare([]byte(want), []byte(challenge)) == 1 && verifierForm.MatchString(verifier)
}
