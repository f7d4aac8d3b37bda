package template

import (
	"strings"

	"cognate.dev/cognate/internal/federation"
	"cognate.dev/cognate/internal/workspace"
	"cognate.dev/cognate/internal/workspace/mapping"
)

// endpoints are where a provider without ID tokens answers, and where it says who somebody is.
type endpoints struct {
	authorize, token, userinfo string
	issuer                     string // what it calls itself in answers; empty: nobody knows
	profile                    federation.Profile
	auth                       string // how we prove who we are, where the connection says nothing
}

// plain is a template of a provider that speaks OAuth 2.0 and gives no ID tokens.
func plain(method, title string, fields, required, scopes []string, at func(workspace.Settings) endpoints) workspace.Template {
	return workspace.Template{
		Method: method, Title: title, Fields: append([]string{"client_id", "scopes", "send_login_hint", "authentication_method", "own_redirect_url"}, fields...),
		Required: append([]string{"client_id"}, required...), Credentials: []string{"client_secret"}, Secret: true, Scopes: scopes, From: mapping.UserInfo,
		Attributes: workspace.StandardSourced(mapping.UserInfo), Mappings: workspace.StandardMappings(),
		Provider: func(c *workspace.Connection) (*federation.Provider, error) {
			s, e := c.Settings, at(c.Settings)
			terms := &federation.Terms{Title: c.Name, Hint: s.SendLoginHint, PKCE: true, Auth: s.AuthenticationMethod, Own: s.OwnRedirectURL, Profile: &e.profile}
			if terms.Auth == "" || terms.Auth == "client_secret" {
				terms.Auth = e.auth
			}
			details := map[string]string{
				"client_id": s.ClientID, "authorize_scopes": strings.Join(s.Scopes, " "),
				"authorize_url": e.authorize, "token_url": e.token, "attributes_url": e.userinfo,
			}
			if e.issuer != "" {
				details["oidc_issuer"] = e.issuer
			}
			return federation.Connect(&federation.Provider{
				Name: c.ID, Type: federation.OAuth2, Terms: terms, Secrets: map[string]string{"client_secret": c.Credentials["client_secret"]}, Details: details,
			})
		},
	}
}

// oauth2 is any provider of that sort. Cloudentity has none.
func oauth2() workspace.Template {
	return plain("oauth2", "OAuth 2.0", []string{"issuer_url", "authorization_url", "token_url", "userinfo_url", "subject_path"},
		[]string{"authorization_url", "token_url", "userinfo_url", "subject_path"}, nil, func(s workspace.Settings) endpoints {
			return endpoints{issuer: s.IssuerURL, authorize: s.AuthorizationURL, token: s.TokenURL, userinfo: s.UserInfoURL, profile: federation.Profile{Subject: s.SubjectPath}}
		})
}

// read gives attributes of a profile the names that they have in the context. What is not named is not seen.
func read(t workspace.Template, names ...[2]string) workspace.Template {
	t.Attributes, t.Mappings = nil, nil
	for _, x := range names {
		kind := mapping.Text
		switch x[1] {
		case "email_verified":
			kind = mapping.Bool
		case "groups", "group_names":
			kind = mapping.Texts
		}
		t.Attributes = append(t.Attributes, mapping.Attribute{Source: mapping.UserInfo, Name: x[0], Type: kind})
		t.Mappings = append(t.Mappings, mapping.Mapping{Source: x[0], Target: x[1], Type: kind, Mode: mapping.Dynamic})
	}
	return t
}

// github is GitHub or, with a base_url, a GitHub Enterprise Server. People are who their number says, and groups which theirs says: logins,
// organizations and teams are renamed, and their names given away again.
// https://docs.github.com/en/apps/oauth-apps/building-oauth-apps/authorizing-oauth-apps
func github() workspace.Template {
	t := plain("github", "GitHub", []string{"base_url", "fetch_groups"}, nil, []string{"read:user", "user:email"}, func(s workspace.Settings) endpoints {
		site, api := "https://github.com", "https://api.github.com"
		if s.BaseURL != "" {
			site = strings.TrimRight(s.BaseURL, "/")
			api = site + "/api/v3"
		}
		e := endpoints{
			issuer: site + "/login/oauth", authorize: site + "/login/oauth/authorize", token: site + "/login/oauth/access_token", userinfo: api + "/user", auth: "client_secret_post",
			profile: federation.Profile{Subject: "id", Emails: api + "/user/emails"},
		}
		if s.FetchGroups {
			e.profile.Groups = api + "/user/teams"
		}
		return e
	})
	return read(t, [2]string{"name", "name"}, [2]string{"login", "preferred_username"}, [2]string{"email", "email"},
		[2]string{"email_verified", "email_verified"}, [2]string{"avatar_url", "picture"}, [2]string{"html_url", "profile"}, [2]string{"blog", "website"},
		[2]string{"group_ids", "groups"}, [2]string{"groups", "group_names"})
}

// x is X, once Twitter. It wants the secret in a header, and PKCE. It tells an address only to clients that may read it, and it is
// confirmed then; nothing beside it says so.
// https://docs.x.com/resources/fundamentals/authentication/oauth-2-0/authorization-code
func x() workspace.Template {
	t := plain("x", "X", []string{"issuer_url"}, nil, []string{"users.read", "tweet.read"}, func(s workspace.Settings) endpoints {
		return endpoints{
			issuer: s.IssuerURL, authorize: "https://x.com/i/oauth2/authorize", token: "https://api.x.com/2/oauth2/token", auth: "client_secret_basic",
			userinfo: "https://api.x.com/2/users/me?user.fields=id,name,username,profile_image_url,url,confirmed_email",
			profile:  federation.Profile{Subject: "data.id"},
		}
	})
	return read(t, [2]string{"data.name", "name"}, [2]string{"data.username", "preferred_username"}, [2]string{"data.confirmed_email", "email"},
		[2]string{"data.profile_image_url", "picture"}, [2]string{"data.url", "website"})
}

// linkedin speaks OpenID Connect, takes the secret in the form only, writes no nonce into its ID tokens, and answers invalid_client to who
// brings a code_verifier, unless LinkedIn has enabled PKCE for the app: use_pkce is for those. Without either nothing says that a code is
// this browser's but that it has to come before its owner's.
// https://learn.microsoft.com/en-us/linkedin/consumer/integrations/self-serve/sign-in-with-linkedin-v2
func linkedin() workspace.Template {
	t := openid("linkedin", "LinkedIn", nil, func(workspace.Settings) (string, error) { return "https://www.linkedin.com/oauth", nil })
	speaks := t.Provider
	t.Provider = func(c *workspace.Connection) (*federation.Provider, error) {
		p, err := speaks(c)
		if err != nil {
			return nil, err
		}
		p.Terms.NoNonce = true
		if p.Terms.Auth == "" {
			p.Terms.Auth = "client_secret_post"
		}
		return p, nil
	}
	return t
}

// custom is a login page of somebody's own: its program says who the person is.
func custom() workspace.Template {
	return workspace.Template{
		Method: workspace.CustomLogin, Title: "Login page of your own", Fields: []string{"login_url"}, Required: []string{"login_url"}, From: mapping.UserInfo,
		Attributes: workspace.StandardSourced(mapping.UserInfo), Mappings: workspace.StandardMappings(),
		Provider: func(c *workspace.Connection) (*federation.Provider, error) {
			return federation.Connect(&federation.Provider{
				Name: c.ID, Type: federation.Custom, Terms: &federation.Terms{Title: c.Name}, Details: map[string]string{"login_url": c.Settings.LoginURL},
			})
		},
	}
}
