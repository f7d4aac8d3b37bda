// Package scim is the source of type scim: the Users and Groups of a SCIM 2.0 server (RFC 7643, RFC 7644). It owns
// filters and what it believes of their answers; HTTP itself is upstream's.
package scim

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"cognate.dev/cognate/internal/enrich/upstream"
)

// Config says whose users are asked for. Without a URL there is none.
type Config struct {
	URL    string          `yaml:"url" doc:"base URL of the SCIM server, such as https://people.example.com/scim/v2"`
	By     string          `yaml:"by" doc:"what the key is: userName, externalId or id; empty means userName"`
	Groups string          `yaml:"groups" doc:"where group names come from: user (the groups of the User resource), members (Groups whose members.value is the user's id) or none; empty means user"`
	Server upstream.Config `yaml:"server"`
}

// Configured reports whether there is a URL.
func (c Config) Configured() bool { return c.URL != "" }

// The words of the settings.
const (
	byUserName, byExternalID, byID = "userName", "externalId", "id"
	ofUser, ofMembers, none        = "user", "members", "none"
)

// Source asks a SCIM server. Safe for concurrent use.
type Source struct {
	Config
	client *upstream.Client
}

// New makes a source.
func New(c Config) (*Source, error) {
	if err := upstream.CheckURL(c.URL, c.Server.Plain); err != nil {
		return nil, fmt.Errorf("url: %w", err)
	}
	if c.By == "" {
		c.By = byUserName
	}
	if c.Groups == "" {
		c.Groups = ofUser
	}
	if !slices.Contains([]string{byUserName, byExternalID, byID}, c.By) {
		return nil, fmt.Errorf("by: %q is none of userName, externalId, id", c.By)
	}
	if !slices.Contains([]string{ofUser, ofMembers, none}, c.Groups) {
		return nil, fmt.Errorf("groups: %q is none of user, members, none", c.Groups)
	}
	c.URL = strings.TrimRight(c.URL, "/")
	client, err := upstream.New(c.Server)
	return &Source{Config: c, client: client}, err
}

// Close lets idle connections go.
func (s *Source) Close() error { return s.client.Close() }

// Find gives a User resource, with the names of its groups as group_names. Nobody is nil.
func (s *Source) Find(ctx context.Context, id string) (map[string]any, error) {
	found, err := s.users(ctx, id)
	if err != nil || found == nil {
		return nil, err
	}
	switch s.Groups {
	case ofUser:
		found["group_names"] = names(found["groups"])
	case ofMembers:
		if found["group_names"], err = s.memberships(ctx, found); err != nil {
			return nil, err
		}
	}
	return found, nil
}

// users finds the one user. A server that ignores a filter answers with other users, so each is looked at.
func (s *Source) users(ctx context.Context, id string) (map[string]any, error) {
	all, err := s.list(ctx, "/Users", s.By, id)
	if err != nil {
		return nil, err
	}
	var found map[string]any
	for _, u := range all {
		has, _ := u[s.By].(string)
		// userName is compared without case (RFC 7643 section 4.1.1), the others with.
		if has != id && (s.By != byUserName || !strings.EqualFold(has, id)) {
			continue
		}
		if found != nil {
			return nil, upstream.AboutQuestion(fmt.Errorf("several users have this %s", s.By))
		}
		found = u
	}
	return found, nil
}

// memberships are the names of the groups that list a user as a member.
func (s *Source) memberships(ctx context.Context, user map[string]any) ([]any, error) {
	id, _ := user["id"].(string)
	if id == "" {
		return nil, errors.New("a user has no id")
	}
	groups, err := s.list(ctx, "/Groups", "members.value", id)
	if err != nil {
		return nil, err
	}
	list := []any{}
	for _, g := range groups {
		members, _ := g["members"].([]any)
		for _, m := range members {
			if object, _ := m.(map[string]any); object["value"] == id {
				list = append(list, g)
				break
			}
		}
	}
	return names(list), nil
}

// names are those of a multi-valued attribute or of resources.
func names(list any) []any {
	out := []any{}
	all, _ := list.([]any)
	for _, one := range all {
		object, _ := one.(map[string]any)
		for _, name := range []string{"displayName", "display", "value"} {
			if s, _ := object[name].(string); s != "" {
				out = append(out, s)
				break
			}
		}
	}
	return out
}

// maxPages bounds a list.
const maxPages = 20

// list gives all resources that a filter of equality finds (RFC 7644 section 3.4.2).
func (s *Source) list(ctx context.Context, path, attribute, value string) (all []map[string]any, err error) {
	quoted, err := json.Marshal(value) // a filter's strings are JSON's (section 3.4.2.2)
	if err != nil {
		return nil, err
	}
	query := url.Values{"filter": {attribute + " eq " + string(quoted)}}
	for range maxPages {
		if len(all) > 0 {
			query.Set("startIndex", fmt.Sprint(len(all)+1))
		}
		doc, err := s.client.Get(ctx, http.MethodGet, s.URL+path+"?"+query.Encode(), nil)
		if err != nil {
			return nil, err
		}
		page, ok := doc.(map[string]any)
		if !ok {
			return nil, errors.New("the answer is no ListResponse")
		}
		written, _ := page["totalResults"].(json.Number)
		total, err := written.Int64()
		if err != nil {
			return nil, errors.New("the answer is no ListResponse: it has no totalResults")
		}
		resources, _ := page["Resources"].([]any)
		for _, r := range resources {
			object, ok := r.(map[string]any)
			if !ok {
				return nil, errors.New("the answer lists what is no resource")
			}
			all = append(all, object)
		}
		if int64(len(all)) >= total || len(resources) == 0 {
			return all, nil
		}
	}
	return nil, upstream.AboutQuestion(errors.New("the list is too long"))
}
