package authorize

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/token"
)

// Strict is what strict OpenID Connect providers need beyond what Cognito has. The store satisfies the interfaces.
type Strict struct {
	Store  StrictStore
	Hints  Hints
	OpenID func(*directory.Client) directory.OpenID // what a client has registered
}

// Hints reads ID tokens that clients hand back; *token.Verifier does. What is none is token.ErrNoHint.
type Hints interface {
	Hint(ctx context.Context, pool *directory.Pool, issuer, idToken string) (*token.Hint, error)
}

// StrictStore keeps what strict providers remember. Unknown ones are nil, no error.
type StrictStore interface {
	InTx(ctx context.Context, fn func(context.Context) error) error

	InsertPushed(ctx context.Context, p *Pushed) error // an unknown pool is a fault Missing
	Pushed(ctx context.Context, hash string) (*Pushed, error)
	// BeginPushed marks a request as one that a browser has come with, and moves its end.
	BeginPushed(ctx context.Context, hash string, until time.Time) error
	// DeletePushed reports whether the request was there: of two who use it at once one is first.
	DeletePushed(ctx context.Context, hash string) (bool, error)

	// SessionsThrough lists the token sessions that came through a browser session and are not revoked.
	SessionsThrough(ctx context.Context, poolID, browserID string) ([]*token.Session, error)
	InsertNotice(ctx context.Context, n *Notice) error // an unknown pool is a fault Missing
	// TakeNotices gives notices that are due, and makes them due again after a while: no other node takes them meanwhile.
	TakeNotices(ctx context.Context, now, again time.Time, limit int) ([]*Notice, error)
	DeleteNotice(ctx context.Context, id string) error
}

// strictly is what a request to a strict site has beside Cognito's parameters.
type strictly struct {
	Issuer     string   // the site's; empty: not strict
	Pushed     string   // its request_uri, if it was pushed
	Mode       string   // response_mode: query, fragment, or empty
	Hint       string   // the user that id_token_hint names; empty: none
	Thumbprint string   // dpop_jkt: of the key that the code is for; empty: any
	IDClaims   []string // claims by name, for the ID token
	UserClaims []string // claims by name, for userInfo
	acr        acrClaim // how the claim acr is asked for
	ownWords   bool     // levels are asked for by the names that strict issuers have for them: the tokens use these, too
}

// strictParameters are those that only strict sites read.
var strictParameters = slices.Concat(parameters, []string{"response_mode", "claims", "id_token_hint", "dpop_jkt", "request", "request_uri", "ui_locales", "idp_hint"})

func (r *Request) parameters() []string {
	if r.Issuer != "" {
		return strictParameters
	}
	return parameters
}

// readStrictly reads what only strict sites do. What they do not support they refuse, since a client that sends it relies
// on it. OpenID Connect Core sections 3.1.2.1, 5.5 and 6.
func (r *Request) readStrictly() *Refusal {
	if r.Issuer == "" {
		r.Mode = ""
		return nil
	}
	r.Thumbprint = r.one("dpop_jkt")
	switch {
	case !slices.Contains([]string{"", "query", "fragment"}, r.Mode):
		r.Mode = ""
		return r.Refuse(InvalidRequest, "response_mode must be query or fragment")
	case r.one("request") != "":
		return r.Refuse(RequestNotSupported, "request objects are not supported")
	case r.one("request_uri") != "":
		return r.Refuse(RequestURINotSupported, "only a request_uri of the pushed authorization request endpoint is supported")
	case r.Thumbprint != "" && !challengeForm.MatchString(r.Thumbprint):
		return r.Refuse(InvalidRequest, "dpop_jkt is not a SHA-256 thumbprint in base64url")
	case r.one("claims") == "":
		return nil
	}
	var asked struct {
		IDToken  map[string]json.RawMessage `json:"id_token"`
		UserInfo map[string]json.RawMessage `json:"userinfo"`
	}
	if json.Unmarshal([]byte(r.one("claims")), &asked) != nil {
		return r.Refuse(InvalidRequest, "claims is no JSON object as OpenID Connect Core section 5.5 has it")
	}
	r.IDClaims, r.UserClaims = names(asked.IDToken), names(asked.UserInfo)
	if acr := asked.IDToken["acr"]; len(acr) > 0 && json.Unmarshal(acr, &r.acr) != nil {
		return r.Refuse(InvalidRequest, "the claim acr is not asked for as OpenID Connect Core section 5.5.1 has it")
	}
	return nil
}

// maxClaims bounds what one request may ask for by name.
const maxClaims = 50

func names(asked map[string]json.RawMessage) []string {
	var list []string
	for name := range asked {
		if len(list) < maxClaims {
			list = append(list, name)
		}
	}
	slices.Sort(list)
	return list
}

// readHint finds whom the client means. Whether they are signed in here is seen later. Clients that push all their requests
// are refused any other.
func (s *Requests) readHint(ctx context.Context, r *Request) error {
	if r.Issuer == "" {
		return nil
	}
	if r.Pushed == "" && s.parts.Strict.OpenID(r.Client).Pushed {
		return r.Refuse(InvalidRequest, "this client has to push its requests")
	}
	text := r.one("id_token_hint")
	if text == "" {
		return nil
	}
	hint, err := s.parts.Strict.Hints.Hint(ctx, r.Pool, r.Issuer, text)
	switch {
	case errors.Is(err, token.ErrNoHint):
		return r.Refuse(InvalidRequest, "id_token_hint is no ID token of this issuer")
	case err != nil:
		return fmt.Errorf("read hint: %w", err)
	}
	r.Hint = hint.Subject
	return nil
}

// spoken is the first of ui_locales, which are by preference, that the pages speak, perhaps without its region; empty: none.
// OpenID Connect Core section 3.1.2.1.
func spoken(locales string) string {
	for _, locale := range words(locales) {
		for _, tag := range []string{locale, strings.SplitN(locale, "-", 2)[0]} {
			for _, known := range Languages() {
				if strings.EqualFold(known, tag) {
					return known
				}
			}
		}
	}
	return ""
}

// means says whether a user is the one that the client means, if it means one.
func (r *Request) means(u *directory.User) bool { return r.Hint == "" || r.Hint == u.ID }

// scope is what is asked for. A strict site ignores scopes that it does not know or that the client may not have, as
// OpenID Connect Core section 3.1.2.1 wants; the answer then says which are granted.
func (r *Request) scope() string {
	asked := words(r.one("scope"))
	if r.Issuer == "" || len(asked) == 0 {
		return r.one("scope")
	}
	kept := slices.DeleteFunc(asked, func(scope string) bool { return !slices.Contains(r.Client.OAuthScopes, scope) })
	if len(kept) == 0 {
		return r.one("scope") // and is refused
	}
	return strings.Join(kept, " ")
}

// extras are what is asked for of the scopes that strict sites have beyond those that a pool's client can be given.
func (r *Request) extras() []string {
	if r.Issuer == "" {
		return nil
	}
	return slices.DeleteFunc(words(r.one("scope")), func(scope string) bool {
		return slices.Contains(r.Scopes, scope) || scope != token.OfflineScope &&
			(scope != token.AddressScope || !slices.Contains(r.Client.OAuthScopes, "profile"))
	})
}

// openID is what the tokens of the request are to be; nil: as Cognito's.
func (r *Request) openID(s *Session) *token.OpenID {
	if r.Issuer == "" {
		return nil
	}
	o := &token.OpenID{Issuer: r.Issuer, AMR: s.AMR, JKT: r.Thumbprint, IDClaims: r.IDClaims, UserClaims: r.UserClaims}
	o.Workspace, o.Context, o.Withheld = r.Workspace, r.Context, r.Withheld
	return o
}

// deliver makes the URL of an answer. A strict site names its issuer in it: RFC 9207.
func (r *Request) deliver(answer url.Values) string {
	if r.Issuer != "" {
		answer.Set("iss", r.Issuer)
	}
	return deliver(r.RedirectURI, r.Type == "token" || r.Mode == "fragment", answer)
}

func (c *Code) issuer() string {
	if c.OpenID == nil {
		return ""
	}
	return c.OpenID.Issuer
}

// bound is what the tokens of a code are, with the key that the client has proven to hold.
func (c *Code) bound(thumbprint string) *token.OpenID {
	if c.OpenID == nil {
		return nil
	}
	o := *c.OpenID
	o.JKT = thumbprint
	return &o
}
