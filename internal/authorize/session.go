package authorize

import (
	"time"

	"cognate.dev/cognate/internal/token"
)

// Session is a browser in which somebody is signed in to a pool's site: single sign-on for all clients of the pool.
type Session struct {
	ID     string // a UUID; what lists show and revocations name
	Hash   string // digest of the cookie's secret
	PoolID string
	UserID string
	// Provider is COGNITO, or the identity provider that vouched for the user.
	Provider  string
	AMR       []string // how the user proved who they are: pwd, otp, sms, email_otp, swk, hwk, mfa, fed (RFC 8176)
	Level     int      // how strong an outside provider says that was, 1 to 4; 0: it does not say, or the pool itself has seen it
	AuthTime  time.Time
	UserAgent string // of the browser, for lists; shortened
	Address   string // from where, for lists
	CreatedAt time.Time
	ExpiresAt time.Time // not extended by use, as in Cognito
}

// Local is the provider of users who sign in with the pool itself.
const Local = "COGNITO"

// Code is an authorization code and what it stands for. RFC 6749 section 4.1.2.
type Code struct {
	Hash     string `json:"-"` // digest of the code; the code itself is nowhere
	PoolID   string `json:"-"`
	UserID   string `json:"-"`
	ClientID string `json:"-"`
	// RedirectURI is where the code was sent; RedirectGiven says whether the request named it, and then the client has to
	// name it again.
	RedirectURI   string   `json:"redirect_uri"`
	RedirectGiven bool     `json:"redirect_given,omitempty"`
	Challenge     string   `json:"challenge,omitempty"` // PKCE, S256; empty: none
	Nonce         string   `json:"nonce,omitempty"`
	Scopes        []string `json:"scopes"`
	Resource      string   `json:"resource,omitempty"`
	// OpenID is of a strict site, which alone redeems the code; its JKT is the key that the request named, if any.
	OpenID    *token.OpenID `json:"openid,omitempty"`
	AuthTime  time.Time     `json:"auth_time"`
	AMR       []string      `json:"amr,omitempty"`
	ACR       string        `json:"acr,omitempty"` // the level that was asked for and reached; empty: none was asked for
	BrowserID string        `json:"browser_id"`    // ID of the browser session
	Provider  string        `json:"provider,omitempty"`
	CreatedAt time.Time     `json:"-"`
	ExpiresAt time.Time     `json:"-"`
	// SessionID is the token session that the code was exchanged for; empty: not used yet.
	SessionID string `json:"-"`
	// Replayed says that somebody tried to use the code again.
	Replayed bool `json:"-"`
}
