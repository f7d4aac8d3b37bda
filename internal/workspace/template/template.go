// Package template holds the methods of connections: which settings each has, what it starts with, and how it becomes a
// provider that federation speaks to.
package template

import (
	"net/url"
	"strings"

	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/federation"
	"cognate.dev/cognate/internal/workspace"
	"cognate.dev/cognate/internal/workspace/mapping"
)

// All are the templates by method.
func All() map[string]workspace.Template {
	out := map[string]workspace.Template{}
	for _, t := range []workspace.Template{
		cognito(), generic(), okta(), auth0(), azure(), google(), microsoft(), apple(), meta(), saml("saml"), saml("saml_v2"), linkedin(),
		oauth2(), github(), x(), custom(),
	} {
		out[t.Method] = t
	}
	return out
}

// common are the settings of every method that speaks OpenID Connect.
var common = []string{"client_id", "scopes", "get_user_info", "send_login_hint", "use_pkce", "authentication_method", "own_redirect_url"}

// openid is a template of a provider that speaks OpenID Connect at an issuer.
func openid(method, title string, fields []string, issuer func(workspace.Settings) (string, error)) workspace.Template {
	return workspace.Template{
		Method: method, Title: title, Fields: append(append([]string{}, common...), fields...), Required: append([]string{"client_id"}, fields...),
		Credentials: []string{"client_secret"}, Secret: true, Scopes: []string{"openid", "profile", "email"},
		Attributes: workspace.StandardSourced(mapping.IDToken), Mappings: workspace.StandardMappings(),
		Provider: func(c *workspace.Connection) (*federation.Provider, error) {
			at, err := issuer(c.Settings)
			if err != nil {
				return nil, err
			}
			return connect(c, at)
		},
	}
}

// connect is the provider of a connection at an issuer.
func connect(c *workspace.Connection, issuer string) (*federation.Provider, error) {
	s := c.Settings
	terms := terms(c)
	terms.Hint, terms.PKCE, terms.Auth = s.SendLoginHint, s.UsePKCE, s.AuthenticationMethod
	if terms.Auth == "client_secret" {
		terms.Auth = ""
	}
	details := map[string]string{
		"client_id": s.ClientID, "oidc_issuer": issuer, "authorize_scopes": strings.Join(s.Scopes, " "), "attributes_request_method": "GET",
	}
	for name, value := range map[string]string{
		"authorize_url": s.AuthorizationURL, "token_url": s.TokenURL, "attributes_url": s.UserInfoURL, "jwks_uri": s.JWKSURL,
	} {
		if value != "" {
			details[name] = value
		}
	}
	return federation.Connect(&federation.Provider{
		Name: c.ID, Type: federation.OIDC, Details: details, Secrets: map[string]string{"client_secret": c.Credentials["client_secret"]}, Terms: terms,
	})
}

func terms(c *workspace.Connection) *federation.Terms {
	t := &federation.Terms{Title: c.Name, Own: c.Settings.OwnRedirectURL}
	switch {
	case !c.Settings.GetUserInfo:
	case c.Config.UserInfoFailure == workspace.Continue:
		t.UserInfo = federation.TryUserInfo
	default:
		t.UserInfo = federation.AskUserInfo
	}
	return t
}

// cognito is a user pool, at AWS or at another Cognate.
// https://docs.aws.amazon.com/cognito/latest/developerguide/federation-endpoints.html
func cognito() workspace.Template {
	t := openid("cognito", "Amazon Cognito", nil, func(s workspace.Settings) (string, error) {
		region, _, formed := strings.Cut(s.PoolID, "_")
		switch {
		case !formed || strings.ContainsAny(s.PoolID, "/?#"):
			return "", fault.Invalidf("settings: pool_id has the form REGION_NAME.")
		case s.Region != region:
			return "", fault.Invalidf("settings: region is not that of the pool.")
		case s.BaseURL != "":
			return strings.TrimRight(s.BaseURL, "/") + "/" + s.PoolID, nil
		}
		return "https://cognito-idp." + s.Region + ".amazonaws.com/" + s.PoolID, nil
	})
	plain := t.Provider
	t.Provider = func(c *workspace.Connection) (*federation.Provider, error) {
		p, err := plain(c)
		if err != nil {
			return nil, err
		}
		p.Terms.PKCE = true // user pools know it, and do not announce it
		if c.Settings.BaseURL != "" {
			// Another Cognate answers below its own URL, whatever domains its pools have beside that.
			at := p.Details["oidc_issuer"]
			p.Details["authorize_url"], p.Details["token_url"] = at+"/oauth2/authorize", at+"/oauth2/token"
			p.Details["attributes_url"], p.Details["jwks_uri"] = at+"/oauth2/userInfo", at+"/.well-known/jwks.json"
		}
		return p, nil
	}
	t.Fields = append(t.Fields, "pool_id", "region", "base_url")
	t.Required = append(t.Required, "pool_id", "region")
	return t
}

func generic() workspace.Template {
	t := openid("oidc", "OpenID Connect", []string{"issuer_url"}, func(s workspace.Settings) (string, error) { return s.IssuerURL, nil })
	t.Fields = append(t.Fields, "authorization_url", "token_url", "userinfo_url", "jwks_url")
	return t
}

func okta() workspace.Template {
	return openid("okta", "Okta", []string{"domain"}, func(s workspace.Settings) (string, error) { return host(s.Domain, "") })
}

func auth0() workspace.Template {
	return openid("auth0", "Auth0", []string{"domain"}, func(s workspace.Settings) (string, error) { return host(s.Domain, "/") })
}

// host is the issuer of a provider that has a domain of its own.
func host(domain, path string) (string, error) {
	domain = strings.TrimSuffix(strings.TrimPrefix(domain, "https://"), "/")
	if u, err := url.Parse("https://" + domain); err != nil || u.Host != domain || domain == "" {
		return "", fault.Invalidf("settings: domain is no name of a host.")
	}
	return "https://" + domain + path, nil
}

// azure is one tenant of Microsoft Entra ID.
func azure() workspace.Template {
	return openid("azure", "Microsoft Entra ID", []string{"tenant_id"}, func(s workspace.Settings) (string, error) {
		if strings.ContainsAny(s.TenantID, "/?#") || s.TenantID == "common" || s.TenantID == "organizations" || s.TenantID == "consumers" {
			return "", fault.Invalidf("settings: tenant_id is the id of one tenant.")
		}
		return "https://login.microsoftonline.com/" + s.TenantID + "/v2.0", nil
	})
}

// personalTenant is that of personal accounts of Microsoft.
const personalTenant = "9188040d-6c67-4c5b-b112-36a304b66dad"

func microsoft() workspace.Template {
	return openid("microsoft", "Microsoft account", nil, func(workspace.Settings) (string, error) {
		return "https://login.microsoftonline.com/" + personalTenant + "/v2.0", nil
	})
}

func google() workspace.Template {
	return openid("google", "Google", nil, func(workspace.Settings) (string, error) { return "https://accounts.google.com", nil })
}

// apple proves who we are by a token that we sign.
func apple() workspace.Template {
	return workspace.Template{
		Method: "apple", Title: "Apple", Fields: []string{"client_id", "team_id", "key_id", "scopes", "own_redirect_url"},
		Required: []string{"client_id", "team_id", "key_id"}, Credentials: []string{"private_key"}, Scopes: []string{"openid", "name", "email"},
		Attributes: workspace.StandardSourced(mapping.IDToken), Mappings: workspace.StandardMappings(),
		Provider: func(c *workspace.Connection) (*federation.Provider, error) {
			s := c.Settings
			return federation.Connect(&federation.Provider{
				Name: c.ID, Type: federation.Apple, Terms: terms(c), Secrets: map[string]string{"private_key": c.Credentials["private_key"]},
				Details: map[string]string{
					"client_id": s.ClientID, "team_id": s.TeamID, "key_id": s.KeyID, "authorize_scopes": strings.Join(s.Scopes, " "),
				},
			})
		},
	}
}

// meta gives no ID token: what it says comes from its profile.
func meta() workspace.Template {
	return workspace.Template{
		Method: "meta", Title: "Meta", Fields: []string{"client_id", "api_version", "scopes", "use_pkce", "own_redirect_url"}, Required: []string{"client_id"},
		Credentials: []string{"client_secret"}, Secret: true, Scopes: []string{"public_profile", "email"},
		Attributes: workspace.StandardSourced(mapping.UserInfo), Mappings: workspace.StandardMappings(),
		Provider: func(c *workspace.Connection) (*federation.Provider, error) {
			s, terms := c.Settings, terms(c)
			terms.PKCE = s.UsePKCE
			wanted := map[string]string{}
			for _, a := range c.Attributes { // it tells only what it is asked for
				if a.Source == mapping.UserInfo && !strings.ContainsAny(a.Name, `.\[`) {
					wanted[a.Name] = a.Name
				}
			}
			details := map[string]string{"client_id": s.ClientID, "authorize_scopes": strings.Join(s.Scopes, " ")}
			if s.APIVersion != "" {
				details["api_version"] = s.APIVersion
			}
			return federation.Connect(&federation.Provider{
				Name: c.ID, Type: federation.Facebook, Terms: terms, Mapping: wanted, Details: details,
				Secrets: map[string]string{"client_secret": c.Credentials["client_secret"]},
			})
		},
	}
}

// saml is any identity provider that speaks SAML 2.0.
func saml(method string) workspace.Template {
	t := workspace.Template{
		Method: method, Title: "SAML 2.0", Fields: []string{"metadata_url", "metadata_xml"},
		Attributes: workspace.StandardSourced(mapping.SAML), Mappings: workspace.StandardMappings(),
	}
	t.Provider = func(c *workspace.Connection) (*federation.Provider, error) {
		details := map[string]string{}
		switch s := c.Settings; {
		case (s.MetadataURL == "") == (s.MetadataXML == ""):
			return nil, fault.Invalidf("settings: either metadata_url or metadata_xml is needed.")
		case s.MetadataURL != "":
			details["MetadataURL"] = s.MetadataURL
		default:
			details["MetadataFile"] = s.MetadataXML
		}
		return federation.Connect(&federation.Provider{Name: c.ID, Type: federation.SAML, Details: details, Terms: terms(c)})
	}
	return t
}
