// Package userinfo is the source of type oidc-userinfo: it shows the access token that came with a question to the
// UserInfo endpoint of its issuer (OpenID Connect Core 1.0 section 5.3), and believes the answer only about its subject.
// HTTP itself is upstream's.
package userinfo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"

	"github.com/go-jose/go-jose/v4"

	"cognate.dev/cognate/internal/enrich/upstream"
)

// Config says whose tokens are shown, and where. Without an issuer there is none.
type Config struct {
	Issuer   string          `yaml:"issuer" doc:"iss claim of the access tokens that are shown to the endpoint; others never are"`
	Endpoint string          `yaml:"endpoint" doc:"URL of the UserInfo endpoint; empty means what the issuer's discovery document says"`
	Claim    string          `yaml:"claim" doc:"which claim of the answer the principal's id must equal; empty means sub"`
	Server   upstream.Config `yaml:"server"`
}

// Configured reports whether there is an issuer.
func (c Config) Configured() bool { return c.Issuer != "" }

// Source asks a UserInfo endpoint. Safe for concurrent use.
type Source struct {
	Config
	client *upstream.Client

	mu       sync.Mutex
	endpoint string
}

// New makes a source. The discovery document is read when it is first needed.
func New(c Config) (*Source, error) {
	if err := upstream.CheckURL(c.Issuer, c.Server.Plain); err != nil {
		return nil, fmt.Errorf("issuer: %w", err)
	}
	if c.Endpoint != "" {
		if err := upstream.CheckURL(c.Endpoint, c.Server.Plain); err != nil {
			return nil, fmt.Errorf("endpoint: %w", err)
		}
	}
	if c.Claim == "" {
		c.Claim = "sub"
	}
	client, err := upstream.New(c.Server)
	return &Source{Config: c, client: client, endpoint: c.Endpoint}, err
}

// Ours reports whether a token names the issuer. Its signature is the endpoint's to check: a token of another issuer
// must not be shown there, that is all.
func (s *Source) Ours(token string) bool {
	t, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{
		jose.RS256, jose.RS384, jose.RS512, jose.PS256, jose.PS384, jose.PS512, jose.ES256, jose.ES384, jose.ES512, jose.EdDSA, jose.HS256,
	})
	if err != nil {
		return false
	}
	var claims struct {
		Issuer string `json:"iss"`
	}
	return json.Unmarshal(t.UnsafePayloadWithoutVerification(), &claims) == nil && claims.Issuer == s.Issuer
}

// Find shows a token and gives what the endpoint says, if it says it about id. Anything else is nil: a token that does
// not count, and one of somebody else.
func (s *Source) Find(ctx context.Context, id, token string) (map[string]any, error) {
	if !s.Ours(token) {
		return nil, nil
	}
	endpoint, err := s.where(ctx)
	if err != nil {
		return nil, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, endpoint, nil)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Authorization", "Bearer "+token)
	a, err := s.client.Do(r)
	switch {
	case err != nil:
		return nil, err
	case a.Status == http.StatusUnauthorized, a.Status == http.StatusForbidden:
		return nil, nil // invalid_token, insufficient_scope (RFC 6750 section 3.1)
	case a.Status != http.StatusOK:
		return nil, upstream.Unexpected(a.Status)
	}
	claims, ok := a.Doc.(map[string]any)
	if !ok {
		return nil, errors.New("the answer is no JSON object")
	}
	// "The sub Claim in the UserInfo Response MUST be verified to exactly match" (section 5.3.2).
	if who, ok := claims[s.Claim].(string); !ok || who != id {
		return nil, nil
	}
	return claims, nil
}

// where is the endpoint.
func (s *Source) where(ctx context.Context) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.endpoint != "" {
		return s.endpoint, nil
	}
	doc, err := s.client.Get(ctx, http.MethodGet, strings.TrimRight(s.Issuer, "/")+"/.well-known/openid-configuration", nil)
	if err != nil {
		return "", fmt.Errorf("read the discovery document: %w", err)
	}
	said, _ := doc.(map[string]any)
	if said["issuer"] != s.Issuer {
		return "", errors.New("the discovery document is another issuer's")
	}
	endpoint, _ := said["userinfo_endpoint"].(string)
	if err := upstream.CheckURL(endpoint, s.Server.Plain); err != nil {
		return "", fmt.Errorf("the discovery document's userinfo_endpoint: %w", err)
	}
	s.endpoint = endpoint
	return endpoint, nil
}

// Close lets idle connections go.
func (s *Source) Close() error { return s.client.Close() }
