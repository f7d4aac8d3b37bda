// Package metadata reads what a SAML identity provider says about itself: its name, where to send people and which
// certificates sign its answers (SAML V2.0 Metadata). It takes the document as an administrator gave it and fetches
// nothing; whether an answer is genuine is not its question.
package metadata

import (
	"bytes"
	"crypto/x509"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Metadata is what a sign-in needs to know of a provider.
type Metadata struct {
	EntityID     string   `json:"entity_id"`
	SSORedirect  string   `json:"sso_redirect,omitempty"` // where requests go, HTTP-Redirect binding
	SSOPost      string   `json:"sso_post,omitempty"`     // the same, HTTP-POST binding
	SLORedirect  string   `json:"slo_redirect,omitempty"` // where sign-outs go, HTTP-Redirect binding
	SLOAnswer    string   `json:"slo_answer,omitempty"`   // where answers to sign-outs go, if that is another place
	Certificates []string `json:"certificates"`           // of signing keys: base64 of DER without breaks; at least one
	WantsSigned  bool     `json:"wants_signed,omitempty"` // requests must be signed
	// ValidUntil and KeepFor bound how long the document may be used that was fetched; zero: it does not say.
	ValidUntil time.Time     `json:"valid_until,omitzero"`
	KeepFor    time.Duration `json:"keep_for,omitempty"`
}

// maxSize is the largest document that is read, in bytes.
const maxSize = 512 << 10

// The namespaces and bindings of the standard.
const (
	namespace = "urn:oasis:names:tc:SAML:2.0:metadata"
	protocol  = "urn:oasis:names:tc:SAML:2.0:protocol"
	redirect  = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"
	post      = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"
)

type entity struct {
	XMLName  xml.Name
	EntityID string `xml:"entityID,attr"`
	life     life
	IDPs     []idp `xml:"urn:oasis:names:tc:SAML:2.0:metadata IDPSSODescriptor"`
}

type idp struct {
	Protocols   string     `xml:"protocolSupportEnumeration,attr"`
	WantsSigned string     `xml:"WantAuthnRequestsSigned,attr"`
	Keys        []keyDesc  `xml:"urn:oasis:names:tc:SAML:2.0:metadata KeyDescriptor"`
	SSO         []endpoint `xml:"urn:oasis:names:tc:SAML:2.0:metadata SingleSignOnService"`
	SLO         []endpoint `xml:"urn:oasis:names:tc:SAML:2.0:metadata SingleLogoutService"`
}

type keyDesc struct {
	Use          string   `xml:"use,attr"`
	Certificates []string `xml:"http://www.w3.org/2000/09/xmldsig# KeyInfo>X509Data>X509Certificate"`
}

type endpoint struct {
	Binding  string `xml:"Binding,attr"`
	Location string `xml:"Location,attr"`
	Response string `xml:"ResponseLocation,attr"`
}

// Parse reads a document with exactly one identity provider in it. Errors say what is wrong with the document and are
// fit for whoever gave it.
func Parse(doc []byte) (*Metadata, error) {
	if len(doc) > maxSize {
		return nil, fmt.Errorf("it has more than %d bytes", maxSize)
	}
	entities, err := read(doc)
	if err != nil {
		return nil, err
	}
	var found *entity
	for i, e := range entities {
		if len(e.IDPs) == 0 {
			continue
		}
		if found != nil || len(e.IDPs) > 1 {
			return nil, errors.New("it describes more than one identity provider")
		}
		found = &entities[i]
	}
	if found == nil {
		return nil, errors.New("it describes no identity provider")
	}
	return found.metadata()
}

// read collects the EntityDescriptor elements. A document type is refused: nothing here needs one, and entities are
// how such documents attack their readers.
func read(doc []byte) (list []entity, err error) {
	d := xml.NewDecoder(bytes.NewReader(doc))
	var outer life
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return list, nil
		}
		if err != nil {
			return nil, fmt.Errorf("it is not XML: %w", err)
		}
		switch x := token.(type) {
		case xml.Directive:
			return nil, errors.New("it has a document type")
		case xml.StartElement:
			if x.Name.Space != namespace {
				return nil, fmt.Errorf("%s is not SAML metadata", x.Name.Local)
			}
			if x.Name.Local == "EntitiesDescriptor" {
				outer = lifeOf(x.Attr).within(outer)
				continue // its children follow
			}
			if x.Name.Local != "EntityDescriptor" {
				if err := d.Skip(); err != nil {
					return nil, fmt.Errorf("it is not XML: %w", err)
				}
				continue
			}
			var e entity
			if err := d.DecodeElement(&e, &x); err != nil {
				return nil, fmt.Errorf("it is not XML: %w", err)
			}
			e.life = lifeOf(x.Attr).within(outer)
			list = append(list, e)
		}
	}
}

func (e *entity) metadata() (*Metadata, error) {
	one := e.IDPs[0]
	m := &Metadata{
		EntityID: strings.TrimSpace(e.EntityID), WantsSigned: one.WantsSigned == "true" || one.WantsSigned == "1",
		ValidUntil: e.life.until, KeepFor: e.life.keep,
	}
	switch {
	case m.EntityID == "" || len(m.EntityID) > 1024: // section 2.2.1
		return nil, errors.New("its entityID must have 1 to 1024 characters")
	case !slices.Contains(strings.Fields(one.Protocols), protocol):
		return nil, errors.New("the identity provider does not speak SAML 2.0")
	}
	for _, target := range []struct {
		into    *string
		from    []endpoint
		binding string
	}{{&m.SSORedirect, one.SSO, redirect}, {&m.SSOPost, one.SSO, post}, {&m.SLORedirect, one.SLO, redirect}} {
		var err error
		if *target.into, err = location(target.from, target.binding); err != nil {
			return nil, err
		}
	}
	var err error
	if m.SLOAnswer, err = location(answers(one.SLO), redirect); err != nil {
		return nil, err
	}
	if m.SSORedirect == "" && m.SSOPost == "" {
		return nil, errors.New("it names no SingleSignOnService with the binding HTTP-Redirect or HTTP-POST")
	}
	for _, k := range one.Keys {
		if k.Use != "" && k.Use != "signing" {
			continue
		}
		for _, text := range k.Certificates {
			c, err := certificate(text)
			if err != nil {
				return nil, err
			}
			m.Certificates = append(m.Certificates, c)
		}
	}
	if len(m.Certificates) == 0 {
		return nil, errors.New("it names no signing certificate")
	}
	return m, nil
}

// answers are the endpoints to which answers go that do not go where requests do.
func answers(list []endpoint) []endpoint {
	var out []endpoint
	for _, e := range list {
		if e.Response != "" {
			out = append(out, endpoint{Binding: e.Binding, Location: e.Response})
		}
	}
	return out
}

// location is the first endpoint of a binding; an endpoint is an https URL, or http on this machine.
func location(list []endpoint, binding string) (string, error) {
	for _, e := range list {
		if e.Binding != binding {
			continue
		}
		u, err := url.Parse(e.Location)
		if err != nil || u.Host == "" || u.User != nil || u.Scheme != "https" && (u.Scheme != "http" || !local(u.Hostname())) {
			return "", fmt.Errorf("the location %q is not an https URL", e.Location)
		}
		return e.Location, nil
	}
	return "", nil
}

func local(host string) bool { return host == "localhost" || host == "127.0.0.1" || host == "::1" }

// certificate checks a certificate and takes the line breaks out of it.
func certificate(text string) (string, error) {
	der, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(text), ""))
	if err != nil {
		return "", errors.New("a certificate is not base64")
	}
	if _, err := x509.ParseCertificate(der); err != nil {
		return "", errors.New("a certificate is not an X.509 certificate")
	}
	return base64.StdEncoding.EncodeToString(der), nil
}

// AnswerTo is where answers to the provider's own sign-outs go; empty: it takes none by HTTP-Redirect.
func (m *Metadata) AnswerTo() string {
	if m.SLOAnswer != "" {
		return m.SLOAnswer
	}
	return m.SLORedirect
}
