package authorize

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"cognate.dev/cognate/internal/directory"
)

// Site is one place where the endpoints and pages of a pool answer: its prefix domain, its custom domain, or a path of
// this server. Browser sessions belong to one site, because the cookie does.
type Site struct {
	Pool *directory.Pool
	// Base is the site's URL without a slash at its end: https://NAME.auth.example.com, http://localhost:9229/POOL.
	Base string
	// Prefix is the path under which the site lies: empty for a domain, "/POOL" otherwise. Handlers see paths without it.
	Prefix string
	// Issuer is set where the site is a strict OpenID Connect provider with an issuer of its own, which equals Base. Empty:
	// the site speaks for the pool's issuer, exactly as Cognito does.
	Issuer string
	// Workspace is the id of the workspace that the site is, which has connections of its own in the place of the pool's pages.
	// Empty: the site is the pool's.
	Workspace string
	// Classic says that the domain asked for the older pages (ManagedLoginVersion 1).
	Classic bool
}

// Path is a place on the site for a redirect or link within it. It names no host, so that the browser stays where its
// cookies are; query may be nil.
func (s Site) Path(path string, query url.Values) string {
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	return s.Prefix + path
}

// ErrorPath is the error page for a refusal that must not go to a client.
func (s Site) ErrorPath(r *Refusal) string {
	query := url.Values{"error": {r.Code}}
	if r.ClientID != "" {
		query.Set("client_id", r.ClientID)
	}
	return s.Path("/error", query)
}

// CookieName is the cookie that holds the secret of a browser session.
const CookieName = "cognito"

// Cookie makes the cookie of a browser session. It goes to this site alone, never to scripts, and from other sites only
// with a navigation, which is how clients send people here. An empty secret removes it.
func (s Site) Cookie(secret string, expires time.Time) *http.Cookie {
	c := &http.Cookie{ //nolint:gosec // Secure wherever the site is reached by https; plain http is for one's own machine
		Name: CookieName, Value: secret, Path: s.Prefix + "/", Expires: expires, HttpOnly: true, Secure: s.Secure(),
		SameSite: http.SameSiteLaxMode,
	}
	if secret == "" {
		c.MaxAge = -1
	}
	return c
}

// Secure reports whether the site is reached by https.
func (s Site) Secure() bool { return len(s.Base) > 8 && s.Base[:8] == "https://" }

// Secret reads the secret of the browser session from a request; empty when there is none.
func Secret(r *http.Request) string {
	c, err := r.Cookie(CookieName)
	if err != nil {
		return ""
	}
	return c.Value
}

type siteKey struct{}

// WithSite tells handlers which site a request is for.
func WithSite(ctx context.Context, s Site) context.Context {
	return context.WithValue(ctx, siteKey{}, s)
}

// SiteOf is the site of a request; ok is false when it is for none.
func SiteOf(ctx context.Context) (s Site, ok bool) {
	s, ok = ctx.Value(siteKey{}).(Site)
	return s, ok
}
