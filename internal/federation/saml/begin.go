package saml

import (
	"context"

	"github.com/crewjam/saml"
	dsig "github.com/russellhaering/goxmldsig"

	"cognate.dev/cognate/internal/federation"
)

// Begin makes the authentication request to a provider, signed where that is wanted. SAML profiles section 4.1.
func (c *Connector) Begin(ctx context.Context, p *federation.Provider, t *federation.Trip) (string, error) {
	sp, m, err := c.party(ctx, p, t.Base)
	if err != nil {
		return "", err
	}
	if m.SSORedirect == "" {
		return "", federation.Refuse(nil, "%s Error - the provider takes no requests by HTTP-Redirect", p.Name)
	}
	if p.Details["RequestSigningAlgorithm"] != "" || m.WantsSigned {
		sp.SignatureMethod = dsig.RSASHA256SignatureMethod
		if err := c.sign(ctx, p, sp); err != nil {
			return "", err
		}
	}
	if t.Prompt == "login" {
		sp.ForceAuthn = new(true)
	}
	request, err := sp.MakeAuthenticationRequest(m.SSORedirect, saml.HTTPRedirectBinding, saml.HTTPPostBinding)
	if err != nil {
		return "", federation.Refuse(err, "%s Error - a request to the provider cannot be made", p.Name)
	}
	t.RequestID = request.ID
	location, err := request.Redirect(t.State, sp)
	if err != nil {
		return "", federation.Refuse(err, "%s Error - a request to the provider cannot be made", p.Name)
	}
	return location.String(), nil
}
