// Package saml signs people in through SAML 2.0 identity providers: requests by HTTP-Redirect, answers by HTTP-POST. XML, its
// signatures and its encryption are crewjam/saml's; which answers count, and once only, is decided here.
package saml

import (
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/crewjam/saml"
	dsig "github.com/russellhaering/goxmldsig"

	"cognate.dev/cognate/internal/federation"
	"cognate.dev/cognate/internal/federation/metadata"
	"cognate.dev/cognate/internal/kit/cache"
	"cognate.dev/cognate/internal/kit/clock"
	"cognate.dev/cognate/internal/kit/outbound"
)

// The paths below a site where providers send browsers.
// https://docs.aws.amazon.com/cognito/latest/developerguide/federation-endpoints.html
const (
	callbackPath = "/saml2/idpresponse"
	logoutPath   = "/saml2/logout"
)

// EntityID is what a pool is called by its SAML providers.
// https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-saml-idp-things-to-know.html
func EntityID(poolID string) string { return "urn:amazon:cognito:sp:" + poolID }

// Keys gives the key that signs a pool's requests, with its certificate.
type Keys interface {
	Certified(ctx context.Context, poolID string) (crypto.Signer, *x509.Certificate, error)
}

// Marks remembers what was used; the store does.
type Marks interface {
	// Consume marks an id as used until a time and reports whether this was the first time.
	Consume(ctx context.Context, id string, expires time.Time) (first bool, err error)
}

const (
	callWithin   = 8 * time.Second
	maxMetadata  = 512 << 10
	metadataLife = 6 * time.Hour // as at Cognito
	maxProviders = 2000
	// againAfter is how often metadata is read anew because something was signed with a key that it does not name, and the least
	// time that it is kept.
	againAfter = time.Minute
	// maxResponse bounds a response, in characters of base64.
	// https://docs.aws.amazon.com/cognito/latest/developerguide/quotas.html
	maxResponse = 100_000
	// maxAge is how long ago a response may have been made.
	// https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-SAML-session-initiation.html
	maxAge = 6 * time.Minute
)

// The library's limit is one for the process, so it is set before anything reads it.
var _ = func() struct{} {
	saml.MaxIssueDelay = maxAge
	return struct{}{}
}()

// Connector signs people in through SAML providers. Safe for concurrent use.
type Connector struct {
	client *http.Client
	keys   Keys
	marks  Marks
	now    clock.Clock
	found  *cache.Cache[string, *metadata.Metadata] // by URL
	again  *cache.Cache[string, struct{}]           // URLs that were read anew lately
}

// New makes a connector that fetches metadata with a client, which follows no redirects and goes only where it may.
func New(client *http.Client, keys Keys, marks Marks, now clock.Clock) *Connector {
	c := &Connector{client: client, keys: keys, marks: marks, now: now}
	c.found = cache.New(cache.Config{Max: maxProviders, TTL: metadataLife, Stale: metadataLife, Timeout: callWithin, Clock: now},
		func(ctx context.Context, url string) (cache.Loaded[*metadata.Metadata], error) {
			m, err := c.fetch(ctx, url)
			return cache.Loaded[*metadata.Metadata]{Value: m, Found: err == nil}, err
		})
	c.again = cache.New(cache.Config{Max: maxProviders, TTL: againAfter, Absent: againAfter, Timeout: callWithin, Clock: now},
		func(ctx context.Context, url string) (cache.Loaded[struct{}], error) {
			_, err := c.fetch(ctx, url)
			return cache.Loaded[struct{}]{Found: err == nil}, nil
		})
	return c
}

var _ federation.Connector = (*Connector)(nil)

// fetch reads the metadata at a URL.
func (c *Connector) fetch(ctx context.Context, address string) (*metadata.Metadata, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return nil, err
	}
	answer, err := outbound.Do(c.client, r, maxMetadata)
	if err != nil {
		return nil, err
	}
	if answer.Status != http.StatusOK {
		return nil, fmt.Errorf("the metadata's server answered %d", answer.Status)
	}
	m, err := metadata.Parse(answer.Body)
	if err == nil && !m.Fresh(c.now(), 0) {
		return nil, fmt.Errorf("the metadata was valid until %s", m.ValidUntil)
	}
	return m, err
}

// Read gives the metadata at a URL, from memory where it may.
func (c *Connector) Read(ctx context.Context, address string) (*metadata.Metadata, error) {
	found, err := c.found.Get(ctx, address)
	if err == nil && !found.Value.Fresh(c.now(), found.Age) && found.Age >= againAfter {
		c.found.Invalidate(address)
		found, err = c.found.Get(ctx, address)
	}
	return found.Value, err
}

// renewed tells whether a provider's metadata is new because it was just read again: something was signed with a key that it did
// not name. Who sends forged messages gets it read once in a while, and no good copy lost.
func (c *Connector) renewed(ctx context.Context, p *federation.Provider) bool {
	if p.Metadata != nil {
		return false
	}
	address := p.Details["MetadataURL"]
	known, ok := c.found.Stored(ctx, address)
	if !ok || known.Age < againAfter {
		return false
	}
	read, err := c.again.Get(ctx, address)
	if err != nil || !read.Found || read.Outcome == cache.Hit {
		return false
	}
	c.found.Invalidate(address)
	return true
}

// metadata is what a provider says about itself: given, or fetched.
func (c *Connector) metadata(ctx context.Context, p *federation.Provider) (*metadata.Metadata, error) {
	if p.Metadata != nil {
		return p.Metadata, nil
	}
	m, err := c.Read(ctx, p.Details["MetadataURL"])
	if err != nil {
		return nil, federation.Refuse(err, "%s Error - the metadata of the provider cannot be read", p.Name)
	}
	return m, nil
}

// party is a pool as a SAML service provider towards one identity provider, at one moment.
func (c *Connector) party(ctx context.Context, p *federation.Provider, base string) (*saml.ServiceProvider, *metadata.Metadata, error) {
	m, err := c.metadata(ctx, p)
	if err != nil {
		return nil, nil, err
	}
	acs, err := url.Parse(base + callbackPath)
	if err != nil {
		return nil, nil, err
	}
	slo, err := url.Parse(base + logoutPath)
	if err != nil {
		return nil, nil, err
	}
	sp := &saml.ServiceProvider{
		EntityID: EntityID(p.PoolID), AcsURL: *acs, SloURL: *slo, IDPMetadata: described(m), AuthnNameIDFormat: saml.UnspecifiedNameIDFormat,
		Clock: dsig.NewFakeClockAt(c.now()), ReplayCache: marked{ctx, c.marks, p}, RejectSHA1Signatures: true, IgnoreCertificateExpiry: true,
		LimitRelayStateLength: true, LogoutSignatureMethod: dsig.RSASHA256SignatureMethod,
	}
	if sp.EncryptionKey, err = decryption(p); err != nil {
		return nil, nil, federation.Refuse(err, "%s Error - the encryption key of the provider cannot be used", p.Name)
	}
	return sp, m, nil
}

// sign gives a party the key that signs what it sends.
func (c *Connector) sign(ctx context.Context, p *federation.Provider, sp *saml.ServiceProvider) (err error) {
	sp.Key, sp.Certificate, err = c.keys.Certified(ctx, p.PoolID)
	return err
}

// described is a provider in the library's terms.
func described(m *metadata.Metadata) *saml.EntityDescriptor {
	role := saml.IDPSSODescriptor{}
	for _, certificate := range m.Certificates {
		role.KeyDescriptors = append(role.KeyDescriptors, saml.KeyDescriptor{
			Use: "signing", KeyInfo: saml.KeyInfo{X509Data: saml.X509Data{X509Certificates: []saml.X509Certificate{{Data: certificate}}}},
		})
	}
	role.SingleSignOnServices = []saml.Endpoint{{Binding: saml.HTTPRedirectBinding, Location: m.SSORedirect}}
	role.SingleLogoutServices = []saml.Endpoint{{Binding: saml.HTTPRedirectBinding, Location: m.SLORedirect}}
	return &saml.EntityDescriptor{EntityID: m.EntityID, IDPSSODescriptors: []saml.IDPSSODescriptor{role}}
}

// decryption is the key that a provider encrypts its answers for; nil: it does not.
func decryption(p *federation.Provider) (*rsa.PrivateKey, error) {
	text := p.Secrets[federation.EncryptionKey]
	if text == "" {
		return nil, nil
	}
	der, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil, err
	}
	parsed, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return nil, err
	}
	key, ok := parsed.(*rsa.PrivateKey)
	if !ok {
		return nil, errors.New("it is no RSA key")
	}
	return key, nil
}

// marked keeps assertions from being used twice, on any node.
type marked struct {
	ctx      context.Context //nolint:containedctx // the library's interface has none, and this lives for one call
	marks    Marks
	provider *federation.Provider
}

// Consume uses an assertion up.
func (m marked) Consume(id string, until time.Time) error {
	first, err := m.marks.Consume(m.ctx, "saml "+m.provider.PoolID+" "+m.provider.Name+" "+id, until)
	if err != nil {
		return fmt.Errorf("mark assertion: %w", err)
	}
	if !first {
		return saml.ErrAssertionReplayed
	}
	return nil
}
