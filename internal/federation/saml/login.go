package saml

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"

	"github.com/crewjam/saml"
	dsig "github.com/russellhaering/goxmldsig"

	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/federation"
)

// Login is what apps are to a provider that sends assertions to them, and not to us.
type Login struct {
	Provider  *federation.Provider // its metadata or where that is, and a name for the log
	Audience  string               // whom assertions are for, as the provider calls it
	Recipient string               // URL that they are sent to
}

// Asserted is what an assertion says of somebody.
type Asserted struct {
	Subject    string // NameID
	Format     string // of it; empty: not said
	Issuer     string
	Attributes map[string]any // texts, and lists of them
}

// VerifyAssertion gives what a response (base64) says that an app was sent. It is judged as responses to
// us are, but for two things that only the app can tell: which request it answers, and that it comes for the first time. The app brings
// it for an identity and again for credentials. A fault Denied says that it is bad; any other error, that nobody could tell.
func (c *Connector) VerifyAssertion(ctx context.Context, l Login, response string) (*Asserted, error) {
	raw, err := document(url.Values{"SAMLResponse": {response}}, "SAMLResponse")
	if err != nil {
		return nil, notTaken(invalid(err))
	}
	if encrypted(raw) {
		return nil, notTaken(invalid(errors.New("it is encrypted, and there is no key for it")))
	}
	m, err := c.metadata(ctx, l.Provider)
	if err != nil {
		return nil, err
	}
	to, err := url.Parse(l.Recipient)
	if err != nil {
		return nil, err
	}
	sp := &saml.ServiceProvider{
		EntityID: l.Audience, AcsURL: *to, IDPMetadata: described(m), AuthnNameIDFormat: saml.UnspecifiedNameIDFormat,
		Clock: dsig.NewFakeClockAt(c.now()), RejectSHA1Signatures: true, IgnoreCertificateExpiry: true, AllowIDPInitiated: true,
		ValidateRequestID: func(saml.Response, []string) error { return nil },
	}
	a, err := sp.ParseXMLResponse(raw, nil, *to)
	if errors.Is(private(err), saml.ErrInvalidSignature) && c.renewed(ctx, l.Provider) {
		return c.VerifyAssertion(ctx, l, response)
	}
	if err != nil {
		return nil, notTaken(explain(err))
	}
	return asserted(m.EntityID, a)
}

func asserted(issuer string, a *saml.Assertion) (*Asserted, error) {
	subject := strings.TrimSpace(a.Subject.NameID.Value)
	if subject == "" || len(subject) > maxName {
		return nil, notTaken(invalid(errors.New("its NameID is empty or too long")))
	}
	out := map[string]any{}
	for _, statement := range a.AttributeStatements {
		for _, attribute := range statement.Attributes {
			var values []any
			for _, v := range attribute.Values {
				values = append(values, v.Value)
			}
			values = slices.DeleteFunc(values, func(v any) bool { return v == "" })
			switch {
			case attribute.Name == "" || len(values) == 0:
			case len(values) == 1:
				out[attribute.Name] = values[0]
			default:
				out[attribute.Name] = values
			}
		}
	}
	return &Asserted{Subject: subject, Format: a.Subject.NameID.Format, Issuer: issuer, Attributes: out}, nil
}

// notTaken is a refusal of a response as identity pools put it.
func notTaken(err error) error {
	var r *federation.Refusal
	if !errors.As(err, &r) {
		return err
	}
	return fault.Deniedf("Invalid login token. %s", r.Text).Because(err)
}
