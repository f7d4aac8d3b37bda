package oidc

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"cognate.dev/cognate/internal/federation"
)

// maxSkew is how far the clocks of providers may be ahead.
const maxSkew = 5 * time.Minute

// profile asks a provider what it knows of the person beyond the ID token. Some providers refuse that for access tokens
// that are meant for another server, so a refusal counts only where something is missing.
func (c *Connector) profile(ctx context.Context, p *federation.Provider, m metadata, told *federation.Told) (map[string]any, error) {
	var err error
	lacks := missing(p, told.IDToken)
	claims := map[string]any(nil)
	switch p.Type {
	case federation.Google:
		if lacks = missing(p, told.IDToken); len(lacks) == 0 {
			return nil, nil
		}
		claims, err = c.ask(ctx, p, http.MethodGet, "https://people.googleapis.com/v1/people/me?personFields="+url.QueryEscape(strings.Join(lacks, ",")), told)
		claims = flat(claims)
	case federation.Facebook:
		fields := append([]string{"id"}, slices.DeleteFunc(lacks, func(s string) bool { return s == "id" })...)
		lacks = []string{"id"}
		claims, err = c.ask(ctx, p, http.MethodGet, m.UserInfo+url.QueryEscape(strings.Join(fields, ",")), told)
	case federation.Amazon:
		lacks = []string{"user_id"}
		claims, err = c.ask(ctx, p, http.MethodGet, m.UserInfo, told)
	case federation.OIDC:
		if m.UserInfo == "" {
			return nil, nil
		}
		method := p.Details["attributes_request_method"]
		if method == "" {
			method = http.MethodGet
		}
		claims, err = c.ask(ctx, p, method, m.UserInfo, told)
		if err == nil && text(claims, "sub") != told.IDToken["sub"] { // OpenID Connect Core section 5.3.2
			return nil, federation.Refuse(nil, "%s Error - userInfo is about somebody else", p.Label())
		}
	}
	if err != nil && len(lacks) > 0 {
		return nil, err
	}
	return claims, nil
}

// ask fetches a profile with the access token.
func (c *Connector) ask(ctx context.Context, p *federation.Provider, method, address string, told *federation.Told) (map[string]any, error) {
	r, err := http.NewRequestWithContext(ctx, method, address, http.NoBody)
	if err != nil {
		return nil, federation.Refuse(err, "%s Error - the userInfo endpoint is no URL", p.Label())
	}
	r.Header.Set("Authorization", "Bearer "+told.Token["access_token"])
	answer, err := c.call(p, "IdP userInfo endpoint", r)
	if err != nil {
		return nil, err
	}
	if answer.Status != http.StatusOK {
		return nil, federation.Refuse(nil, "%s Error - %d error getting userInfo", p.Label(), answer.Status)
	}
	claims, err := object(answer.Body)
	if err != nil {
		return nil, federation.Refuse(err, "%s Error - userInfo is no JSON", p.Label())
	}
	return claims, nil
}

// flat takes the first value of each field of a person in Google's People API, which lists them.
func flat(person map[string]any) map[string]any {
	out := map[string]any{}
	for name, value := range person {
		list, ok := value.([]any)
		if !ok || len(list) == 0 {
			continue
		}
		entry, ok := list[0].(map[string]any)
		if !ok {
			continue
		}
		for _, member := range []string{"value", "displayName", "text"} {
			if s := text(entry, member); s != "" {
				out[name] = s
				break
			}
		}
		if date, ok := entry["date"].(map[string]any); ok && out[name] == nil {
			out[name] = birthday(date)
		}
	}
	return out
}

// birthday is a date as the attribute birthdate has it: YYYY-MM-DD.
func birthday(date map[string]any) string {
	part := func(name string, digits int) string {
		s := federation.Text(date[name])
		return strings.Repeat("0", max(0, digits-len(s))) + s
	}
	return part("year", 4) + "-" + part("month", 2) + "-" + part("day", 2)
}

// consented is the name that Apple tells once, beside the code, when somebody consents for the first time.
// https://developer.apple.com/documentation/signinwithapple/request-an-authorization-to-the-sign-in-with-apple-server
func consented(p *federation.Provider, raw string) map[string]string {
	var user struct {
		Name struct {
			First string `json:"firstName"`
			Last  string `json:"lastName"`
		} `json:"name"`
	}
	if p.Type != federation.Apple || raw == "" || json.Unmarshal([]byte(raw), &user) != nil {
		return nil
	}
	out := map[string]string{"firstName": user.Name.First, "lastName": user.Name.Last}
	out["name"] = strings.TrimSpace(user.Name.First + " " + user.Name.Last)
	return out
}
