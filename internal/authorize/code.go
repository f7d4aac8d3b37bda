package authorize

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
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

// Redeem gives tokens for a code. A code works once, for its own client, with the redirect URI and the verifier that
// belong to it; one attempt of its client uses it up, whatever comes of it. A second attempt also ends the session that
// the first one began. RFC 6749 section 4.1.3, RFC 7636 section 4.6, RFC 9700 section 2.1.1.
func (c *Codes) Redeem(ctx context.Context, x Exchange) (*token.Set, error) {
	if x.Code == "" {
		return nil, Refuse(InvalidRequest, "code is missing")
	}
	code, err := c.use(ctx, x)
	if err != nil {
		return nil, err
	}
	user, err := c.parts.People.User(ctx, code.PoolID, code.UserID)
	switch {
	case fault.Is(err, fault.Missing, fault.User), err == nil && (!welcome(user) || code.CreatedAt.Before(user.SignedOutAt)):
		return nil, badCode()
	case err != nil:
		return nil, fmt.Errorf("read user of code: %w", err)
	}
	audit.NoteProven(ctx, x.Pool.ID, user.ID)
	set, err := c.parts.Tokens.Issue(ctx, token.Grant{
		Pool: x.Pool, Client: x.Client, User: user, Via: token.ByHostedPage, AuthTime: code.AuthTime,
		SessionID: code.SessionID, BrowserID: code.BrowserID, Scopes: code.Scopes, Nonce: code.Nonce, Resource: code.Resource,
		ClientMetadata: x.ClientMetadata, OpenID: code.bound(x.Thumbprint), AMR: code.AMR, ACR: code.ACR,
	})
	if f := refusedByHook(err); f != nil {
		return nil, Refuse(InvalidGrant, f.Text)
	}
	if err != nil {
		return nil, fmt.Errorf("issue tokens for code: %w", err)
	}
	if err := c.confirm(ctx, code); err != nil {
		return nil, err
	}
	return set, nil
}

// use marks a code as used and checks that this client may.
func (c *Codes) use(ctx context.Context, x Exchange) (*Code, error) {
	var code Code
	var refusal *Refusal
	err := c.parts.Store.UpdateAuthCode(ctx, digest(x.Code), func(stored *Code) error {
		refusal = nil // the store may run this again
		switch {
		case stored.PoolID != x.Pool.ID || stored.ClientID != x.Client.ID || stored.issuer() != x.Issuer:
			refusal = badCode() // and stays good for its own client
		case stored.SessionID != "":
			stored.Replayed, refusal = true, badCode()
		default:
			stored.SessionID = random.UUID()
			refusal = c.fits(stored, x)
		}
		code = *stored
		return nil
	})
	switch {
	case fault.Is(err, fault.Missing, ""):
		return nil, badCode()
	case err != nil:
		return nil, fmt.Errorf("use authorization code: %w", err)
	case refusal == nil:
		return &code, nil
	case code.Replayed:
		if err := c.parts.Ended.End(ctx, code.SessionID); err != nil {
			return nil, err
		}
	}
	return nil, refusal
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

// confirm looks whether the code was replayed while its tokens were made: then the replay found no session to end.
func (c *Codes) confirm(ctx context.Context, used *Code) error {
	code, err := c.parts.Store.AuthCode(ctx, used.Hash)
	if err != nil {
		return fmt.Errorf("read used code: %w", err)
	}
	if code == nil || !code.Replayed {
		return nil
	}
	if err := c.parts.Ended.End(ctx, used.SessionID); err != nil {
		return err
	}
	return badCode()
}
