package saml

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/crewjam/saml"
	dsig "github.com/russellhaering/goxmldsig"

	"cognate.dev/cognate/internal/federation"
)

// session is what a provider calls somebody's sign-in: what whoever ends it must say.
type session struct {
	Name  saml.NameID
	Index string
}

// sessionOf is the session that an assertion is about. Of several statements the first one counts, as at Cognito.
// https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-saml-idp-sign-out.html
func sessionOf(a *saml.Assertion) session {
	s := session{Name: *a.Subject.NameID}
	if len(a.AuthnStatements) > 0 {
		s.Index = a.AuthnStatements[0].SessionIndex
	}
	return s
}

func (s session) encode() string {
	text, err := json.Marshal(s)
	if err != nil {
		panic(err) // strings always encode
	}
	return string(text)
}

var _ federation.SignsOut = (*Connector)(nil)

// Leave makes the request to a provider to sign somebody out, signed. SAML profiles section 4.4.
func (c *Connector) Leave(ctx context.Context, p *federation.Provider, t *federation.Trip, known string) (string, error) {
	sp, m, err := c.party(ctx, p, t.Base)
	if err != nil || m.SLORedirect == "" {
		return "", err
	}
	cannot := func(err error) error {
		return federation.Refuse(err, "%s Error - a sign-out request to the provider cannot be made", p.Name)
	}
	var s session
	if err := json.Unmarshal([]byte(known), &s); err != nil {
		return "", cannot(err)
	}
	sp.LogoutSignatureMethod = "" // the query string is signed, and not the document as well
	request, err := sp.MakeLogoutRequest(m.SLORedirect, s.Name.Value, saml.WithSessionIndex(s.Index), func(r *saml.LogoutRequest) { r.NameID = &s.Name })
	if err != nil {
		return "", cannot(err)
	}
	t.RequestID = request.ID
	if err := c.signLogout(ctx, p, sp); err != nil {
		return "", err
	}
	location, err := sp.RedirectLogoutRequestURL(request, t.State)
	if err != nil {
		return "", cannot(err)
	}
	return location.String(), nil
}

// signLogout gives a party what signs sign-outs.
func (c *Connector) signLogout(ctx context.Context, p *federation.Provider, sp *saml.ServiceProvider) error {
	sp.LogoutSignatureMethod = dsig.RSASHA256SignatureMethod
	return c.sign(ctx, p, sp)
}

// Left judges the response to a request to sign out: signature, issuer, destination, time, and the request that it answers.
func (c *Connector) Left(ctx context.Context, p *federation.Provider, t *federation.Trip, answer url.Values) (refused string, err error) {
	invalid := func(cause error) error { return federation.Refuse(cause, "Invalid SAML logout response received") }
	raw, err := document(answer, "SAMLResponse")
	if err != nil {
		return "", invalid(err)
	}
	sp, _, err := c.party(ctx, p, t.Base)
	if err != nil {
		return "", err
	}
	form := url.Values{"SAMLResponse": {base64.StdEncoding.EncodeToString(raw)}}
	post := &http.Request{Method: http.MethodPost, URL: &url.URL{}, Form: form, PostForm: form}
	_, err = sp.ParseLogoutResponse(post, []string{t.RequestID})
	if errors.Is(private(err), saml.ErrInvalidSignature) && c.renewed(ctx, p) {
		return c.Left(ctx, p, t, answer)
	}
	status := saml.ErrBadStatus{}
	if errors.As(err, &status) || errors.As(private(err), &status) { // all but the request was found right before
		return plain(status.Status), nil
	}
	if err != nil {
		return "", invalid(private(err))
	}
	return "", nil
}

// Issuer reads who a request says it comes from.
func (*Connector) Issuer(request url.Values) string {
	raw, err := document(request, "SAMLRequest")
	if err != nil {
		return ""
	}
	d := xml.NewDecoder(bytes.NewReader(raw)) // #nosec G709 -- one text is read, which proves nothing, of a document without a document type
	for {
		token, err := d.Token()
		if err != nil {
			return ""
		}
		x, begins := token.(xml.StartElement)
		if !begins || x.Name.Local != "Issuer" {
			continue
		}
		var name string
		if err := d.DecodeElement(&name, &x); err != nil {
			return ""
		}
		return strings.TrimSpace(name)
	}
}

// Is tells whether a provider's metadata calls it so. A provider whose metadata cannot be read is nobody.
func (c *Connector) Is(ctx context.Context, p *federation.Provider, issuer string) bool {
	m, err := c.metadata(ctx, p)
	return err == nil && m.EntityID == issuer
}

// Dismiss judges a provider's request to sign somebody out, and prepares the answer to it. A request counts once: like that of an
// assertion, its ID can be used up in the store, on every node, until it would be too old.
// SAML profiles section 4.4.3.2.
func (c *Connector) Dismiss(ctx context.Context, p *federation.Provider, base string, request url.Values) (*federation.Dismissal, error) {
	invalid := func(cause error) error { return federation.Refuse(cause, "Invalid SAML logout request received") }
	raw, err := document(request, "SAMLRequest")
	if err != nil {
		return nil, invalid(err)
	}
	sp, m, err := c.party(ctx, p, base)
	if err != nil {
		return nil, err
	}
	id := &noted{}
	sp.ReplayCache = id
	asked, err := sp.ValidateLogoutRequestForm(base64.StdEncoding.EncodeToString(raw))
	if errors.Is(private(err), saml.ErrInvalidSignature) && c.renewed(ctx, p) {
		return c.Dismiss(ctx, p, base, request)
	}
	if err != nil {
		return nil, invalid(private(err))
	}
	name := strings.TrimSpace(asked.NameID.Value)
	if name == "" {
		return nil, invalid(errors.New("its NameID is empty"))
	}
	indexes := asked.AllSessionIndexes()
	d := &federation.Dismissal{Name: name, Means: func(known string) bool {
		var s session
		return json.Unmarshal([]byte(known), &s) == nil && (len(indexes) == 0 || slices.Contains(indexes, saml.SessionIndex{Value: s.Index}))
	}, UseUp: func(ctx context.Context) error {
		err := marked{ctx, c.marks, p}.Consume(id.id, id.until)
		if errors.Is(err, saml.ErrAssertionReplayed) {
			return invalid(err)
		}
		return err
	}}
	d.Location, err = c.answer(ctx, p, sp, m.AnswerTo(), asked.ID, request.Get("RelayState"))
	return d, err
}

// noted is the ID of a request, to be used up later, with what it asks for.
type noted struct {
	id    string
	until time.Time
}

// Consume implements saml.AssertionReplayCache.
func (n *noted) Consume(id string, until time.Time) error {
	n.id, n.until = id, until
	return nil
}

// answer is where a browser takes the answer to a request to sign somebody out.
func (c *Connector) answer(ctx context.Context, p *federation.Provider, sp *saml.ServiceProvider, to, request, relay string) (string, error) {
	if to == "" {
		return "", nil
	}
	if len(relay) > saml.MaxRelayStateLength {
		relay = ""
	}
	if err := c.signLogout(ctx, p, sp); err != nil {
		return "", err
	}
	sp.IDPMetadata.IDPSSODescriptors[0].SingleLogoutServices[0].Location = to
	location, err := sp.MakeRedirectLogoutResponse(request, relay)
	if err != nil {
		return "", federation.Refuse(err, "%s Error - the answer to a sign-out request cannot be made", p.Name)
	}
	return location.String(), nil
}
