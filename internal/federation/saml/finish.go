package saml

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"unicode"

	"github.com/beevik/etree"
	"github.com/crewjam/saml"

	"cognate.dev/cognate/internal/federation"
)

// Finish judges the response to a request.
func (c *Connector) Finish(ctx context.Context, p *federation.Provider, t *federation.Trip, answer url.Values) (*federation.Told, error) {
	if t.RequestID == "" {
		return nil, invalid(nil)
	}
	return c.judge(ctx, p, t.Base, answer, t.RequestID)
}

// FinishUnasked judges a response that nobody asked for, from a provider that may send such ones. SAML profiles section 4.1.5.
func (c *Connector) FinishUnasked(ctx context.Context, p *federation.Provider, base string, answer url.Values) (*federation.Told, error) {
	if p.Details["IDPInit"] != "true" {
		return nil, federation.Refuse(nil, "Invalid relayState from identity provider")
	}
	return c.judge(ctx, p, base, answer, "")
}

// judge verifies a response: signature, issuer, audience, recipient, times, the request that it answers, and that it is new.
func (c *Connector) judge(ctx context.Context, p *federation.Provider, base string, answer url.Values, request string) (*federation.Told, error) {
	raw, err := document(answer, "SAMLResponse")
	if err != nil {
		return nil, invalid(err)
	}
	sp, m, err := c.party(ctx, p, base)
	if err != nil {
		return nil, err
	}
	if p.Details["EncryptedResponses"] == "true" && !sealed(raw) {
		return nil, invalid(errors.New("it is not encrypted"))
	}
	if sp.EncryptionKey == nil && encrypted(raw) {
		return nil, invalid(errors.New("it is encrypted, and there is no key for it"))
	}
	var asked []string
	if sp.AllowIDPInitiated = request == ""; request != "" {
		asked = []string{request}
	}
	assertion, err := sp.ParseXMLResponse(raw, asked, sp.AcsURL)
	if errors.Is(private(err), saml.ErrInvalidSignature) && c.renewed(ctx, p) {
		return c.judge(ctx, p, base, answer, request)
	}
	if err != nil && encrypted(raw) {
		return nil, invalid(err) // why not would help to guess what was encrypted
	}
	if err != nil {
		return nil, explain(err)
	}
	if request == "" && answersSomething(assertion) {
		return nil, invalid(errors.New("it answers a request"))
	}
	told, err := tell(m.EntityID, assertion)
	if err == nil && p.Terms != nil {
		told.Said, told.AuthTime = said(assertion), seen(assertion)
		if known := contextClass(assertion); known != "" {
			told.ACR = known
		}
	}
	return told, err
}

// document is the XML that a form of a provider brings in one of its fields.
func document(form url.Values, field string) ([]byte, error) {
	values := form[field]
	if len(values) != 1 || len(values[0]) > maxResponse {
		return nil, fmt.Errorf("there is not one %s of at most 100,000 characters", field)
	}
	raw, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(values[0]), ""))
	if err != nil {
		return nil, err
	}
	if declares(raw) {
		return nil, errors.New("it has a document type")
	}
	return raw, nil
}

// declares tells whether a document has a document type. Nothing here needs one, and entities are how such documents attack
// their readers.
func declares(raw []byte) bool {
	return strings.Contains(string(raw), "<!") && hasDirective(string(raw))
}

// hasDirective finds a markup declaration that is neither a comment nor a CDATA section.
func hasDirective(doc string) bool {
	for {
		i := strings.Index(doc, "<!")
		if i < 0 {
			return false
		}
		doc = doc[i+2:]
		switch {
		case strings.HasPrefix(doc, "--"):
			end := strings.Index(doc[2:], "-->")
			if end < 0 {
				return true
			}
			doc = doc[2+end+3:]
		case strings.HasPrefix(doc, "[CDATA["):
			end := strings.Index(doc, "]]>")
			if end < 0 {
				return true
			}
			doc = doc[end+3:]
		default:
			return true
		}
	}
}

// sealed tells whether the assertions of a response are encrypted, all of them.
func sealed(raw []byte) bool {
	doc := etree.NewDocument()
	if doc.ReadFromBytes(raw) != nil || doc.Root() == nil {
		return false
	}
	some := false
	for _, e := range doc.Root().ChildElements() {
		switch e.Tag {
		case "Assertion":
			return false
		case "EncryptedAssertion":
			some = true
		}
	}
	return some
}

// encrypted tells whether there may be an encrypted assertion in a response. It decides nothing but which error is told: what
// counts is what the library has decrypted or verified.
func encrypted(raw []byte) bool { return strings.Contains(string(raw), "EncryptedAssertion") }

// answersSomething tells whether an assertion was made for a request.
func answersSomething(a *saml.Assertion) bool {
	for _, confirmation := range a.Subject.SubjectConfirmations {
		if d := confirmation.SubjectConfirmationData; d != nil && d.InResponseTo != "" {
			return true
		}
	}
	return false
}

func invalid(cause error) error { return federation.Refuse(cause, "Invalid SAML response received") }

// explain words what is wrong with a response as Cognito does. The cause is for the log.
func explain(err error) error {
	cause := private(err)
	status := saml.ErrBadStatus{}
	switch {
	case errors.As(cause, &status):
		return federation.Refuse(cause, "Error in SAML response processing: %s", plain(status.Status))
	case errors.Is(cause, saml.ErrInvalidSignature):
		return federation.Refuse(cause, "SAML Response signature is invalid")
	case errors.Is(cause, saml.ErrAssertionReplayed):
		return federation.Refuse(cause, "Invalid SAML response received: Assertion has been used before")
	case errors.Is(cause, saml.ErrAudienceMismatch):
		return federation.Refuse(cause, "Invalid SAML response received: Audience restriction does not match")
	case errors.Is(cause, saml.ErrExpired):
		return federation.Refuse(cause, "Invalid SAML response received: Response is expired")
	}
	return invalid(cause)
}

// private is what an error of the library hides from whoever it is shown to.
func private(err error) error {
	if hidden := (*saml.InvalidResponseError)(nil); errors.As(err, &hidden) {
		return hidden.PrivateErr
	}
	return err
}

// plain bounds a text of the provider.
func plain(text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r > unicode.MaxASCII {
			return -1
		}
		return r
	}, text)
	return text[:min(len(text), 200)]
}

// maxName bounds a NameID. SAML core section 8.3.7.
const maxName = 256

// tell is what an assertion says, in terms of this pool.
func tell(issuer string, a *saml.Assertion) (*federation.Told, error) {
	name := strings.TrimSpace(a.Subject.NameID.Value)
	if name == "" || len(name) > maxName {
		return nil, invalid(errors.New("its NameID is empty or too long"))
	}
	told := &federation.Told{Subject: name, Issuer: issuer, Claims: map[string]string{}, Session: sessionOf(a).encode()}
	for name, values := range attributes(a) {
		if told.Claims[name] = values[0]; len(values) > 1 {
			told.Claims[name] = federation.List(values)
		}
	}
	told.SAML = map[string]string{}
	for claim, value := range told.Claims {
		told.SAML[claim] = value
	}
	told.SAML["NameID"] = name
	return told, nil
}
