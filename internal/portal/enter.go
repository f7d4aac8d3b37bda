package portal

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/url"
	"slices"
	"strings"
	"time"

	"cognate.dev/cognate/internal/authorize"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/kit/random"
	"cognate.dev/cognate/internal/workspace"
)

const (
	tripPurpose = "portal-trip"
	passPurpose = "portal-pass"
	// TripLife is how long somebody may take for signing in to the portal.
	TripLife = 10 * time.Minute
)

// ErrLost is an answer to a sign-in that this browser did not begin, or that took too long.
var ErrLost = errors.New("the answer is to no question of this browser")

// trip is what the portal remembers while somebody signs in.
type trip struct {
	State    string `json:"s"`
	Nonce    string `json:"n"`
	Verifier string `json:"v"`
	Ends     int64  `json:"e"` // unix seconds
}

// pass says who is signed in to the portal.
type pass struct {
	Session string `json:"s"` // the token session
	User    string `json:"u"`
	Ends    int64  `json:"e"` // unix seconds
}

// own gives the portal's client. It is the house's own, so nobody is asked whether it may know them; the scope that lets it look
// and end is asked of nobody else in silence.
func (p *Portal) own(ctx context.Context, site authorize.Site) (*workspace.App, error) {
	return p.client(ctx, site, workspace.ClientSpec{
		ID: clientID(portalKind, site.Workspace), Name: "User portal", RedirectURIs: []string{site.Base + Path},
		Scopes: []string{"openid", workspace.PortalScope}, Client: workspace.Client{Trusted: true},
	})
}

// Begin sends somebody to sign in: to a place of the site, with a secret for the browser to keep meanwhile.
func (p *Portal) Begin(ctx context.Context, site authorize.Site) (location, kept string, err error) {
	client, err := p.own(ctx, site)
	if err != nil {
		return "", "", err
	}
	t := trip{newSecret(), newSecret(), newSecret(), p.parts.Now().Add(TripLife).Unix()}
	sum := sha256.Sum256([]byte(t.Verifier))
	query := url.Values{
		"response_type": {"code"}, "client_id": {client.ID}, "redirect_uri": {site.Base + Path}, "scope": {"openid " + workspace.PortalScope},
		"state": {t.State}, "nonce": {t.Nonce}, "code_challenge": {base64.RawURLEncoding.EncodeToString(sum[:])}, "code_challenge_method": {"S256"},
	}
	return site.Path("/oauth2/authorize", query), p.seal(tripPurpose, site, t), nil
}

// Finish takes the answer to a sign-in that began in the browser which kept a secret, and gives what the browser is to keep from now
// on. The tokens themselves go nowhere: what they allow is found by their session. ErrLost: it is no answer for this browser. An
// *authorize.Refusal: the sign-in was refused.
func (p *Portal) Finish(ctx context.Context, site authorize.Site, kept string, answer url.Values) (sealed string, ends time.Time, err error) {
	var t trip
	if !p.open(tripPurpose, site, kept, &t) || p.parts.Now().Unix() >= t.Ends ||
		subtle.ConstantTimeCompare([]byte(t.State), []byte(answer.Get("state"))) != 1 {
		return "", time.Time{}, ErrLost
	}
	if code := answer.Get("error"); code != "" {
		return "", time.Time{}, authorize.Refuse(code, answer.Get("error_description"))
	}
	client, err := p.own(ctx, site)
	if err != nil {
		return "", time.Time{}, err
	}
	set, err := p.parts.Codes.Redeem(ctx, authorize.Exchange{
		Pool: site.Pool, Client: client.Client, Code: answer.Get("code"), RedirectURI: site.Base + Path, Verifier: t.Verifier, Issuer: site.Issuer,
	})
	if err != nil {
		return "", time.Time{}, err
	}
	access, err := p.parts.Tokens.Access(ctx, set.Access, workspace.PortalScope)
	if err != nil {
		return "", time.Time{}, err
	}
	ends = p.parts.Now().Add(Life)
	return p.seal(passPurpose, site, pass{set.SessionID, access.User.ID, ends.Unix()}), ends, nil
}

// Who finds who is signed in to the portal in a browser; nil: nobody. A pass is worth nothing once its session has ended, and the
// session of a pass is of the portal's client.
func (p *Portal) Who(ctx context.Context, site authorize.Site, sealed string) (*Person, error) {
	var x pass
	if !p.open(passPurpose, site, sealed, &x) || p.parts.Now().Unix() >= x.Ends {
		return nil, nil
	}
	s, user, err := p.parts.Tokens.Alive(ctx, site.Pool.ID, x.User, x.Session)
	if err != nil || s == nil || s.ClientID != clientID(portalKind, site.Workspace) {
		return nil, err
	}
	return p.person(ctx, site, &Person{Pool: site.Pool, User: user, Session: s})
}

// Bearer finds whom an access token stands for. It must be of this workspace and have the scope of the portal; else it is a fault
// Denied, of the subject Scope when only that is missing.
func (p *Portal) Bearer(ctx context.Context, site authorize.Site, text string) (*Person, error) {
	bad := func(err error) error {
		return fault.New(fault.Denied, fault.TokenType, "The access token is not one of this workspace, or does not work any more.").Because(err)
	}
	access, err := p.parts.Tokens.Access(ctx, text)
	switch {
	case fault.Is(err, fault.Missing, ""), fault.Is(err, fault.Denied, ""):
		return nil, bad(err)
	case err != nil:
		return nil, err
	case access.Claims.Issuer != site.Issuer, access.Client.Workspace != site.Workspace, access.Pool.ID != site.Pool.ID, access.Session == nil:
		return nil, bad(nil)
	case !slices.Contains(strings.Fields(access.Claims.Scope), workspace.PortalScope):
		return nil, fault.New(fault.Denied, fault.Scope, "The access token lacks the scope "+workspace.PortalScope+".")
	}
	return p.person(ctx, site, &Person{Pool: site.Pool, User: access.User, Session: access.Session})
}

func (p *Portal) person(ctx context.Context, site authorize.Site, who *Person) (_ *Person, err error) {
	who.Workspace, err = p.parts.Workspaces.Get(ctx, site.Workspace)
	return who, err
}

// seal binds what a browser keeps to the workspace.
func (p *Portal) seal(purpose string, site authorize.Site, v any) string {
	plain, err := json.Marshal(v)
	if err != nil {
		panic(err) // strings and numbers always encode
	}
	return p.parts.Sealer.SealString(purpose, plain, binding(site))
}

func (p *Portal) open(purpose string, site authorize.Site, sealed string, v any) bool {
	if sealed == "" || len(sealed) > 4096 {
		return false
	}
	plain, err := p.parts.Sealer.OpenString(purpose, sealed, binding(site))
	return err == nil && json.Unmarshal(plain, v) == nil
}

func binding(site authorize.Site) []byte { return []byte(site.Workspace + "\x00" + site.Pool.ID) }

func newSecret() string { return base64.RawURLEncoding.EncodeToString(random.Bytes(32)) }

// Leave signs somebody out of the browser in which they look at the portal: the browser session that it came through ends, and with it all
// that came of it, so that the next one at this browser is nobody's heir.
func (p *Portal) Leave(ctx context.Context, who *Person) error {
	if id := who.Session.BrowserID; id != "" {
		if _, err := p.parts.Browsers.Revoke(ctx, who.Pool.ID, who.User.ID, id); err != nil {
			return err
		}
	}
	return p.parts.Sessions.End(ctx, who.Session.ID)
}
