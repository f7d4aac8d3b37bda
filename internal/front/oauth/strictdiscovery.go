package oauth

import (
	"context"
	"encoding/json"
	"slices"

	"cognate.dev/cognate/internal/authorize"
	"cognate.dev/cognate/internal/token"
)

// strictMetadata are the members that strict sites add, in the words of the registry of authorization server metadata.
type strictMetadata struct {
	ACRValues         []string `json:"acr_values_supported,omitempty"`
	Backchannel       bool     `json:"backchannel_logout_supported"`
	BackchannelSID    bool     `json:"backchannel_logout_session_supported"`
	Claims            []string `json:"claims_supported"`
	ClaimTypes        []string `json:"claim_types_supported"`
	ClaimsParameter   bool     `json:"claims_parameter_supported"`
	Proofs            []string `json:"dpop_signing_alg_values_supported"`
	Introspection     string   `json:"introspection_endpoint"`
	IntrospectionAuth []string `json:"introspection_endpoint_auth_methods_supported"`
	NamesIssuer       bool     `json:"authorization_response_iss_parameter_supported"`
	Prompts           []string `json:"prompt_values_supported"`
	Push              string   `json:"pushed_authorization_request_endpoint"`
	RequestParameter  bool     `json:"request_parameter_supported"`
	RequestURI        bool     `json:"request_uri_parameter_supported"`
	ResponseModes     []string `json:"response_modes_supported"`
	RevocationAuth    []string `json:"revocation_endpoint_auth_methods_supported"`
	UILocales         []string `json:"ui_locales_supported"`
}

// strictDiscovery says what a strict site does. Its issuer is the site itself.
func (h *handler) strictDiscovery(ctx context.Context, site authorize.Site) ([]byte, error) {
	withSecret := []string{"client_secret_basic", "client_secret_post"}
	anyClient := append(slices.Clone(withSecret), "none")
	m := metadata{
		Authorization: site.Base + authorizePath, ChallengeMethods: []string{"S256"}, EndSession: site.Base + logoutPath,
		GrantTypes: []string{"authorization_code", "refresh_token", "client_credentials"}, SigningAlgorithms: []string{"RS256"},
		Issuer: site.Issuer, JWKSURI: site.Base + jwksPath, ResponseTypes: []string{"code"}, Revocation: site.Base + revokePath,
		Scopes: []string{"openid", "email", "phone", "profile", token.AddressScope, token.OfflineScope}, SubjectTypes: []string{"public"},
		Token: site.Base + tokenPath, TokenAuth: anyClient, UserInfo: site.Base + userInfoPath,
		strictMetadata: &strictMetadata{
			ACRValues: append([]string{token.OneFactor, token.TwoFactors}, site.Pool.ACR()...), Backchannel: true, BackchannelSID: true,
			Claims: claimsOf(site), ClaimTypes: []string{"normal"}, ClaimsParameter: true, Proofs: token.ProofAlgorithms(),
			Introspection: site.Base + introspectPath, IntrospectionAuth: withSecret, NamesIssuer: true,
			Prompts: []string{"none", "login", "select_account", "consent"}, Push: site.Base + pushPath,
			ResponseModes: []string{"query", "fragment"}, RevocationAuth: anyClient, UILocales: authorize.Languages(),
		},
	}
	if site.Workspace != "" {
		if err := h.workspaceMetadata(ctx, site, &m); err != nil {
			return nil, err
		}
	}
	if site.Pool.Registers() && site.Workspace == "" {
		m.Registration = site.Base + registerPath
	}
	return json.Marshal(m)
}

// claimsOf are the claims that a pool's people can have.
func claimsOf(site authorize.Site) []string {
	names := []string{"iss", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "sid", "at_hash"}
	for _, a := range site.Pool.Schema {
		if !slices.Contains(names, a.Name) {
			names = append(names, a.Name)
		}
	}
	return names
}
