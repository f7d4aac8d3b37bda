package oidc

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"cognate.dev/cognate/internal/federation"
)

// readProfile asks a provider that gives no ID tokens who the person is. OAuth 2.0 alone says nothing of that: what counts is that the
// access token came for our code, from the provider's token endpoint, and that its own endpoint says whose it is. The subject is the
// member that the connection names, and no other: names that people choose become others'.
func (c *Connector) readProfile(ctx context.Context, p *federation.Provider, m metadata, told *federation.Told) (subject string, err error) {
	if kind := told.Token["token_type"]; kind != "" && !strings.EqualFold(kind, "bearer") {
		return "", federation.Refuse(nil, "%s Error - the access token is of another type than Bearer", p.Label())
	}
	if told.Token["access_token"] == "" {
		return "", federation.Refuse(nil, "%s Error - the token endpoint answered without an access token", p.Label())
	}
	profile, err := c.ask(ctx, p, http.MethodGet, m.UserInfo, told)
	if err != nil {
		return "", err
	}
	how := p.Terms.Profile
	if how.Emails != "" {
		if err := c.primaryEmail(ctx, p, profile, told); err != nil {
			told.Said.Notes["emails"] = plain(err.Error())
		}
	}
	if how.Groups != "" {
		if err := c.teams(ctx, p, profile, told); err != nil {
			return "", err // who lacks a group may have fewer rights, or more
		}
	}
	told.Said.UserInfo = profile
	return subjectOf(profile, how.Subject), nil
}

// subjectOf is the member of a path, if it is a text or a whole number; else empty.
func subjectOf(profile map[string]any, path string) string {
	var at any = profile
	for _, name := range strings.Split(path, ".") {
		object, ok := at.(map[string]any)
		if !ok {
			return ""
		}
		at = object[name]
	}
	switch v := at.(type) {
	case string:
		return v
	case json.Number:
		if n, err := strconv.ParseUint(v.String(), 10, 64); err == nil && n > 0 {
			return v.String()
		}
	}
	return ""
}

// primaryEmail puts the primary address into a profile, and whether the provider has verified it. What the profile itself says of that
// is forgotten: GitHub shows there what people choose to show.
// https://docs.github.com/en/rest/users/emails
func (c *Connector) primaryEmail(ctx context.Context, p *federation.Provider, profile map[string]any, told *federation.Told) error {
	delete(profile, "email_verified")
	var list []struct {
		Email    string `json:"email"`
		Primary  bool   `json:"primary"`
		Verified bool   `json:"verified"`
	}
	if err := c.list(ctx, p, p.Terms.Profile.Emails, told, &list); err != nil {
		return err
	}
	for _, x := range list {
		if x.Primary && x.Email != "" {
			profile["email"], profile["email_verified"] = x.Email, x.Verified
			return nil
		}
	}
	return nil
}

const (
	teamsPerPage = 100
	maxTeamPages = 10
)

// teams puts the teams of a person into a profile: as group_ids, ORGANIZATION.TEAM in numbers, and as groups, the same in names. A name can
// be given up and taken by somebody else, who is then in a group of that name; a number cannot.
// https://docs.github.com/en/rest/teams/teams#list-teams-for-the-authenticated-user
func (c *Connector) teams(ctx context.Context, p *federation.Provider, profile map[string]any, told *federation.Told) error {
	ids, groups := []any{}, []any{}
	for page := 1; ; page++ {
		var list []struct {
			ID           uint64 `json:"id"`
			Slug         string `json:"slug"`
			Organization struct {
				ID    uint64 `json:"id"`
				Login string `json:"login"`
			} `json:"organization"`
		}
		query := url.Values{"per_page": {strconv.Itoa(teamsPerPage)}, "page": {strconv.Itoa(page)}}
		if err := c.list(ctx, p, p.Terms.Profile.Groups+"?"+query.Encode(), told, &list); err != nil {
			return err
		}
		for _, x := range list {
			if x.ID == 0 || x.Organization.ID == 0 {
				return federation.Refuse(nil, "%s Error - a team has no number", p.Label())
			}
			id, name := fmt.Sprintf("%d.%d", x.Organization.ID, x.ID), x.Organization.Login+"."+x.Slug
			if slices.Contains(ids, any(id)) {
				continue
			}
			if ids = append(ids, id); x.Slug != "" && x.Organization.Login != "" {
				groups = append(groups, name)
			}
		}
		if len(list) < teamsPerPage {
			break
		}
		if page == maxTeamPages {
			return federation.Refuse(nil, "%s Error - the person is in too many teams", p.Label())
		}
	}
	profile["group_ids"], profile["groups"] = ids, groups
	return nil
}

// list reads a list with the access token.
func (c *Connector) list(ctx context.Context, p *federation.Provider, address string, told *federation.Told, into any) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return fmt.Errorf("make request: %w", err)
	}
	r.Header.Set("Authorization", "Bearer "+told.Token["access_token"])
	answer, err := c.call(p, "IdP userInfo endpoint", r)
	switch {
	case err != nil:
		return err
	case answer.Status != http.StatusOK:
		return federation.Refuse(nil, "%s Error - %d error getting userInfo", p.Label(), answer.Status)
	}
	if err := json.Unmarshal(answer.Body, into); err != nil {
		return federation.Refuse(err, "%s Error - userInfo is no JSON", p.Label())
	}
	return nil
}
