package userpool

import (
	"slices"

	"cognate.dev/cognate/internal/fault"
)

// Registration says how applications may register clients of their own (DcrConfiguration).
// https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-dynamic-client-registration.html
type Registration struct {
	Status              string   `json:"status,omitempty"`         // ENABLED, DISABLED; empty: disabled
	Open                bool     `json:"open,omitempty"`           // anybody may, without a token
	AuthenticatedGrants []string `json:"authenticated,omitempty"`  // grant types that a client made with a token may have
	OpenGrants          []string `json:"open_grants,omitempty"`    // and one made without
	Scopes              []string `json:"allowed_scopes,omitempty"` // that registered clients may have
}

// RegistrationScope is the scope of the access tokens that clients may be registered with. It belongs to no resource
// server; only clients that act for themselves can have it.
const RegistrationScope = "aws.cognito/dcr/register"

// Registers says whether clients of the pool may be registered at all.
func (p *Pool) Registers() bool { return p.Registration != nil && p.Registration.Status == "ENABLED" }

// checkRegistration refuses what the registration endpoint could not obey.
func (p *Pool) checkRegistration() error {
	r := p.Registration
	if r == nil {
		return nil
	}
	if p.Registers() && p.Tier == TierLite {
		return FeatureMissing("Dynamic client registration", p.Tier)
	}
	if r.Status != "" && r.Status != "ENABLED" && r.Status != "DISABLED" {
		return fault.Invalidf("Invalid EnableStatus %s: it must be ENABLED or DISABLED.", r.Status)
	}
	for _, g := range slices.Concat(r.AuthenticatedGrants, r.OpenGrants) {
		if !slices.Contains([]string{"authorization_code", "implicit", "refresh_token", "client_credentials"}, g) {
			return fault.Invalidf("Invalid grant type %s for dynamic client registration.", g)
		}
	}
	if slices.Contains(r.Scopes, RegistrationScope) {
		return fault.Invalidf("Registered clients cannot have the scope %s.", RegistrationScope)
	}
	return nil
}
