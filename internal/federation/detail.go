package federation

import (
	"maps"
	"net/url"
	"slices"
	"strings"

	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/federation/metadata"
)

// rule is what one type of provider takes, and what it adds when it is described.
// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateIdentityProvider.html
type rule struct {
	name     string   // the only name that a provider of this type can have; empty: any
	required []string // keys of ProviderDetails
	optional []string
	subject  string // the claim that becomes the username; empty: the NameID of SAML
	computed func(details map[string]string) map[string]string
}

// secretKeys are the details that are kept sealed.
var secretKeys = []string{"client_secret", "private_key"}

// defaultFacebook is the version of Facebook's API when none is chosen.
const defaultFacebook = "v17.0"

// rules gives the rule of a type.
func rules(t Type) rule {
	social := []string{"client_id", "client_secret", "authorize_scopes"}
	fixed := func(added map[string]string) func(map[string]string) map[string]string {
		return func(map[string]string) map[string]string { return added }
	}
	switch t {
	case SAML:
		return rule{
			optional: []string{"MetadataURL", "MetadataFile", "IDPSignout", "IDPInit", "EncryptedResponses", "RequestSigningAlgorithm"},
			computed: fixed(map[string]string{"SSORedirectBindingURI": "", "SLORedirectBindingURI": "", "ActiveEncryptionCertificate": ""}),
		}
	case OIDC:
		return rule{
			required: []string{"client_id", "client_secret", "attributes_request_method", "oidc_issuer", "authorize_scopes"},
			optional: []string{"authorize_url", "token_url", "attributes_url", "jwks_uri"}, subject: "sub",
			computed: fixed(map[string]string{"attributes_url_add_attributes": "false"}),
		}
	case Google:
		return rule{name: "Google", required: social, subject: "sub", computed: fixed(map[string]string{
			"attributes_url":                "https://people.googleapis.com/v1/people/me?personFields=",
			"attributes_url_add_attributes": "true", "authorize_url": "https://accounts.google.com/o/oauth2/v2/auth",
			"oidc_issuer": "https://accounts.google.com", "token_request_method": "POST",
			"token_url": "https://www.googleapis.com/oauth2/v4/token",
		})}
	case Facebook:
		return rule{name: "Facebook", required: social, optional: []string{"api_version"}, subject: "id", computed: facebook}
	case Amazon:
		return rule{name: "LoginWithAmazon", required: social, subject: "user_id", computed: fixed(map[string]string{
			"attributes_url": "https://api.amazon.com/user/profile", "attributes_url_add_attributes": "false",
			"authorize_url": "https://www.amazon.com/ap/oa", "token_request_method": "POST",
			"token_url": "https://api.amazon.com/auth/o2/token",
		})}
	case Apple:
		return rule{
			name: "SignInWithApple", required: []string{"client_id", "team_id", "key_id", "private_key", "authorize_scopes"}, subject: "sub",
			computed: fixed(map[string]string{
				"attributes_url_add_attributes": "false", "authorize_url": "https://appleid.apple.com/auth/authorize",
				"oidc_issuer": "https://appleid.apple.com", "token_request_method": "POST", "token_url": "https://appleid.apple.com/auth/token",
			}),
		}
	}
	return rule{}
}

func facebook(details map[string]string) map[string]string {
	version := details["api_version"]
	if version == "" {
		version = defaultFacebook
	}
	return map[string]string{
		"api_version": version, "attributes_url": "https://graph.facebook.com/" + version + "/me?fields=",
		"attributes_url_add_attributes": "true", "authorize_url": "https://www.facebook.com/" + version + "/dialog/oauth",
		"token_request_method": "GET", "token_url": "https://graph.facebook.com/" + version + "/oauth/access_token",
	}
}

// Described is ProviderDetails as far as they are known here: what was given, the client secret, and what the type adds. A private
// key is never among them.
func (p *Provider) Described() map[string]string { return p.described(p.Metadata) }

// described takes what the provider says about itself, if that is known.
func (p *Provider) described(m *metadata.Metadata) map[string]string {
	out := maps.Clone(p.Details)
	if s := p.Secrets["client_secret"]; s != "" {
		out["client_secret"] = s
	}
	maps.Copy(out, rules(p.Type).computed(p.Details))
	if p.Type == SAML {
		out["ActiveEncryptionCertificate"] = p.Encryption
		if m != nil {
			out["SSORedirectBindingURI"], out["SLORedirectBindingURI"] = m.SSORedirect, m.SLORedirect
		}
	}
	maps.DeleteFunc(out, func(_, value string) bool { return value == "" })
	return out
}

// setDetails replaces the details. Secrets that are not given stay: private keys cannot be read back, so whoever sends
// what Describe answered would lose them. Keys that the type computes may be sent and are not used.
func (p *Provider) setDetails(given map[string]string) error {
	r := rules(p.Type)
	details, secrets := map[string]string{}, maps.Clone(p.Secrets)
	if secrets == nil {
		secrets = map[string]string{}
	}
	computed := r.computed(given)
	for _, key := range slices.Sorted(maps.Keys(given)) {
		value := strings.TrimSpace(given[key])
		_, ours := computed[key]
		switch {
		case slices.Contains(secretKeys, key) && slices.Contains(r.required, key):
			if value != "" {
				secrets[key] = value
			}
		case slices.Contains(r.required, key), slices.Contains(r.optional, key):
			if value != "" {
				details[key] = value
			}
		case !ours:
			return fault.Invalidf("%s is not a provider detail of the type %s.", key, p.Type)
		}
	}
	for _, key := range r.required {
		if details[key] == "" && secrets[key] == "" {
			return fault.Invalidf("ProviderDetails must contain %s.", key)
		}
	}
	p.Details, p.Secrets = details, secrets
	return p.checkDetails()
}

func (p *Provider) checkDetails() error {
	for key, allowed := range map[string][]string{
		"IDPSignout": {"true", "false"}, "IDPInit": {"true", "false"}, "EncryptedResponses": {"true", "false"},
		"RequestSigningAlgorithm": {"rsa-sha256"}, "attributes_request_method": {"GET", "POST"},
	} {
		if value := p.Details[key]; value != "" && !slices.Contains(allowed, value) {
			return fault.Invalidf("%s must be one of: %s.", key, strings.Join(allowed, ", "))
		}
	}
	for _, key := range []string{"oidc_issuer", "authorize_url", "token_url", "attributes_url", "jwks_uri", "MetadataURL", "login_url"} {
		if value := p.Details[key]; value != "" && !secure(value) {
			return fault.Invalidf("%s must be an https URL without a user name and fragment.", key)
		}
	}
	switch p.Type {
	case OAuth2:
		return p.checkProfile()
	case OIDC:
		if !slices.Contains(strings.Fields(p.Details["authorize_scopes"]), "openid") {
			return fault.Invalidf("authorize_scopes must contain openid.")
		}
	case Facebook:
		if v := p.Details["api_version"]; v != "" && strings.Trim(v, "v0123456789.") != "" {
			return fault.Invalidf("api_version must have the form v17.0.")
		}
	case SAML:
		return p.readMetadata()
	}
	return nil
}

// checkProfile obeys that OAuth2 has no discovery: everything is said.
func (p *Provider) checkProfile() error {
	for _, key := range []string{"authorize_url", "token_url", "attributes_url"} {
		if p.Details[key] == "" {
			return fault.Invalidf("settings: authorization_url, token_url and userinfo_url are needed.")
		}
	}
	profile := p.Terms.Profile
	if profile == nil || profile.Subject == "" || len(profile.Subject) > 256 || slices.Contains(strings.Split(profile.Subject, "."), "") {
		return fault.Invalidf("settings: subject_path is the path of a member, such as id or data.id.")
	}
	return nil
}

// secure accepts https URLs, and http on this machine, where providers are tried out.
func secure(raw string) bool {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || u.User != nil || strings.Contains(raw, "#") {
		return false
	}
	return u.Scheme == "https" || u.Scheme == "http" && slices.Contains([]string{"localhost", "127.0.0.1", "::1"}, u.Hostname())
}
