package authorize

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/url"
	"strings"
	"time"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/kit/random"
)

// Pushed is an authorization request that its client has pushed, authenticated, before a browser comes. RFC 9126.
type Pushed struct {
	Hash      string    `json:"-"` // digest of what the request_uri ends in
	PoolID    string    `json:"-"`
	ClientID  string    `json:"-"`
	Issuer    string    `json:"iss"`   // of the site that took it
	Query     string    `json:"query"` // the parameters, form-encoded
	Begun     bool      `json:"-"`     // a browser has come with it
	ExpiresAt time.Time `json:"-"`
}

// PushedLife is for how long a browser may begin with a pushed request. It works until it is answered, and not twice.
const PushedLife = 90 * time.Second

const pushedPrefix = "urn:ietf:params:oauth:request_uri:"

// Push checks a request of an authenticated client and keeps it. What is wrong with it is told at once: the error is a
// *Refusal. RFC 9126 section 2.
func (s *Requests) Push(ctx context.Context, site Site, c *directory.Client, query url.Values) (requestURI string, err error) {
	if len(query["request_uri"]) > 0 {
		return "", Refuse(InvalidRequest, "request_uri cannot be pushed")
	}
	query.Set("client_id", c.ID)
	r, err := s.read(ctx, site, query, pushedPrefix)
	if refusal, ok := err.(*Refusal); ok { //nolint:errorlint // read wraps no refusal
		if refusal.Code == RedirectMismatch {
			refusal.Code = InvalidRequest // there is no page to say it on
		}
		return "", Refuse(refusal.Code, refusal.Description)
	}
	if err != nil {
		return "", err
	}
	secret := base64.RawURLEncoding.EncodeToString(random.Bytes(32))
	err = s.parts.Strict.Store.InsertPushed(ctx, &Pushed{
		Hash: digest(secret), PoolID: site.Pool.ID, ClientID: c.ID, Issuer: site.Issuer, Query: r.query.Encode(),
		ExpiresAt: moment(s.parts.Now).Add(PushedLife),
	})
	if err != nil {
		return "", fmt.Errorf("keep pushed request: %w", err)
	}
	return pushedPrefix + secret, nil
}

// pushed puts a pushed request in the place of what the browser says: of that only client_id counts, and the
// choice of a provider where the client has left it open. RFC 9126 section 4.
func (s *Requests) pushed(ctx context.Context, site Site, query url.Values) (url.Values, string, error) {
	uris := query["request_uri"]
	if len(uris) != 1 || !strings.HasPrefix(uris[0], pushedPrefix) {
		return query, "", nil
	}
	id := query.Get("client_id")
	lost := &Refusal{Code: InvalidRequestURI, Description: "the request_uri is unknown, used or too old", ClientID: id}
	hash := digest(strings.TrimPrefix(uris[0], pushedPrefix))
	p, err := s.parts.Strict.Store.Pushed(ctx, hash)
	switch {
	case err != nil:
		return nil, "", fmt.Errorf("read pushed request: %w", err)
	case p == nil, p.PoolID != site.Pool.ID, p.Issuer != site.Issuer, p.ClientID != id, len(query["client_id"]) > 1,
		!moment(s.parts.Now).Before(p.ExpiresAt):
		return nil, "", lost
	}
	if !p.Begun {
		if err := s.parts.Strict.Store.BeginPushed(ctx, hash, moment(s.parts.Now).Add(requestLife)); err != nil {
			return nil, "", fmt.Errorf("begin pushed request: %w", err)
		}
	}
	kept, err := url.ParseQuery(p.Query)
	if err != nil {
		return nil, "", fmt.Errorf("read pushed request: %w", err)
	}
	for _, name := range []string{"identity_provider", "idp_identifier"} { // which the person has chosen on a page
		if len(kept["identity_provider"])+len(kept["idp_identifier"]) == 0 && len(query[name]) == 1 {
			kept[name] = query[name]
		}
	}
	return kept, uris[0], nil
}

// give stores a code, and uses up the pushed request that it answers.
func (a *Authorizer) give(ctx context.Context, r *Request, c *Code) error {
	insert := func(ctx context.Context) error {
		if err := a.parts.Store.InsertAuthCode(ctx, c); err != nil {
			return fmt.Errorf("store authorization code: %w", err)
		}
		return nil
	}
	if r.Pushed == "" {
		return insert(ctx)
	}
	used := fault.New(fault.Reused, "", "The request_uri was used.")
	err := a.parts.Strict.Store.InTx(ctx, func(ctx context.Context) error {
		first, err := a.parts.Strict.Store.DeletePushed(ctx, digest(strings.TrimPrefix(r.Pushed, pushedPrefix)))
		if err != nil {
			return fmt.Errorf("use pushed request: %w", err)
		}
		if !first {
			return used
		}
		return insert(ctx)
	})
	if fault.Is(err, fault.Reused, "") {
		return &Refusal{Code: InvalidRequestURI, Description: "the request_uri was used", ClientID: r.Client.ID}
	}
	return err
}
