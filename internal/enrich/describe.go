package enrich

import (
	"time"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/enrich/field"
)

// describe is what a policy sees of a user (docs/enrichment.md has the table):
//
//	sub, id, username, pool   strings; id is the sub
//	enabled                   bool
//	status                    CONFIRMED, UNCONFIRMED, …
//	mfa                       {enabled: bool, methods: [string], preferred: string}
//	groups                    [string], by precedence
//	attributes                by full name ("email", "custom:limit"), typed by the pool's schema
//	created_at, updated_at    RFC 3339, for timestamp()
func describe(u *directory.User, pool *directory.Pool, groups []*directory.Group) map[string]any {
	names := make([]string, len(groups))
	for i, g := range groups {
		names[i] = g.Name
	}
	attributes := make(map[string]any, len(u.Attributes))
	for name, value := range u.Attributes {
		kind := ""
		if a, ok := pool.Attribute(name); ok {
			kind = a.Type
		}
		attributes[name] = field.Schema(kind, value)
	}
	return map[string]any{
		"id": u.ID, "sub": u.ID, "username": u.Username, "pool": u.PoolID, "enabled": u.Enabled, "status": string(u.Status),
		"mfa": map[string]any{
			"enabled": len(u.MFA.Methods) > 0, "methods": u.MFA.Methods, "preferred": u.MFA.Preferred,
		},
		"groups": names, "attributes": attributes,
		"created_at": u.CreatedAt.UTC().Format(time.RFC3339Nano), "updated_at": u.ModifiedAt.UTC().Format(time.RFC3339Nano),
	}
}
