package oidc

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"cognate.dev/cognate/internal/federation"
	"cognate.dev/cognate/internal/kit/outbound"
)

// metadata is what a provider says about itself. OpenID Connect Discovery 1.0 section 3.
type metadata struct {
	Issuer      string   `json:"issuer"`
	Authorize   string   `json:"authorization_endpoint"`
	Token       string   `json:"token_endpoint"`
	UserInfo    string   `json:"userinfo_endpoint"`
	Keys        string   `json:"jwks_uri"`
	Challenges  []string `json:"code_challenge_methods_supported"`
	NamesItself bool     `json:"authorization_response_iss_parameter_supported"` // RFC 9207
	TokenAuth   []string `json:"token_endpoint_auth_methods_supported"`
}

// discover reads what stands at an issuer. The document must be the issuer's own: section 4.3.
func (c *Connector) discover(ctx context.Context, issuer string) (*metadata, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(issuer, "/")+"/.well-known/openid-configuration", http.NoBody)
	if err != nil {
		return nil, err
	}
	answer, err := outbound.Do(c.client, r, maxAnswer)
	if err != nil {
		return nil, err
	}
	if answer.Status != http.StatusOK {
		return nil, fmt.Errorf("discovery at %s answered %d", issuer, answer.Status)
	}
	var m metadata
	if err := json.Unmarshal(answer.Body, &m); err != nil {
		return nil, fmt.Errorf("discovery at %s is no JSON: %w", issuer, err)
	}
	if m.Issuer != issuer {
		return nil, fmt.Errorf("discovery at %s is that of the issuer %q", issuer, m.Issuer)
	}
	for _, endpoint := range []string{m.Authorize, m.Token, m.UserInfo, m.Keys} {
		if endpoint == "" {
			continue
		}
		if err := outbound.Check(endpoint, false); err != nil {
			return nil, fmt.Errorf("discovery at %s: %w", issuer, err)
		}
	}
	return &m, nil
}

// endpoints are those of a provider: given, or fixed by its type, or discovered.
func (c *Connector) endpoints(ctx context.Context, p *federation.Provider) (metadata, error) {
	d := p.Details
	if p.Type != federation.OAuth2 { // it has no rule: everything is said
		d = p.Described()
	}
	m := metadata{Issuer: d["oidc_issuer"], Authorize: d["authorize_url"], Token: d["token_url"], UserInfo: d["attributes_url"], Keys: d["jwks_uri"]}
	if p.Type == federation.Google {
		m.UserInfo = "" // what it names is no userinfo endpoint
	}
	if !speaksOpenID(p) {
		if p.Type != federation.OAuth2 {
			m.Issuer = p.Issuer()
		}
		return m, nil
	}
	if p.Type == federation.OIDC && m.Authorize != "" && m.Token != "" && m.UserInfo != "" && m.Keys != "" {
		return m, nil
	}
	found, err := c.discovered.Get(ctx, m.Issuer)
	if err != nil {
		return m, federation.Refuse(err, "%s Error - the configuration of the provider cannot be read", p.Label())
	}
	for _, one := range []struct {
		into *string
		from string
	}{{&m.Authorize, found.Value.Authorize}, {&m.Token, found.Value.Token}, {&m.UserInfo, found.Value.UserInfo}, {&m.Keys, found.Value.Keys}} {
		if *one.into == "" {
			*one.into = one.from
		}
	}
	m.Challenges, m.NamesItself, m.TokenAuth = found.Value.Challenges, found.Value.NamesItself, found.Value.TokenAuth
	if m.Authorize == "" || m.Token == "" || m.Keys == "" {
		return m, federation.Refuse(nil, "%s Error - the configuration of the provider lacks an endpoint", p.Label())
	}
	return m, nil
}

// sentBy refuses an authorization response that says, or would have to say, that it is another issuer's: its code is for somebody else,
// who must not get it from us. Of a provider whose issuer nobody knows none is believed. RFC 9207 section 2.4, RFC 9700 section 4.4.
func (m metadata) sentBy(p *federation.Provider, answer url.Values) error {
	iss, named := answer.Get("iss"), answer.Has("iss")
	if named && (iss != m.Issuer || iss == "") || !named && m.NamesItself {
		return federation.Refuse(fmt.Errorf("it is of %q and should be of %q", plain(iss), m.Issuer), "%s Error - the answer is another issuer's", p.Label())
	}
	return nil
}

// challenges tells whether the provider takes PKCE.
func (m metadata) challenges() bool { return slices.Contains(m.Challenges, "S256") }

// basicOnly tells whether the provider wants the secret in a header and nowhere else.
func (m metadata) basicOnly() bool {
	return slices.Contains(m.TokenAuth, "client_secret_basic") && !slices.Contains(m.TokenAuth, "client_secret_post")
}
