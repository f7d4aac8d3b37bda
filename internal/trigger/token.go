package trigger

import (
	"context"

	"cognate.dev/cognate/internal/token"
	"cognate.dev/cognate/internal/trigger/event"
)

// machineName is the userName of an event about a client that acts for itself.
const machineName = "ClientCredentials"

// maxChanges is how many claims and scopes a function may add, override and suppress at once.
// https://docs.aws.amazon.com/cognito/latest/developerguide/quotas.html
const maxChanges = 5000

// BeforeTokens runs the pre-token-generation trigger, in the version that the pool asks for. Clients that act for
// themselves are the business of version 3 alone.
func (t *Triggers) BeforeTokens(ctx context.Context, e token.Event) (token.Changes, error) {
	c := call{source: event.Source(e.Via), arn: e.Pool.Lambda.ARNs["PreTokenGeneration"], pool: e.Pool, client: e.Client, userName: machineName}
	version := "V1_0"
	if v, ok := e.Pool.Lambda.Versioned["PreTokenGenerationConfig"]; ok {
		c.arn, version = v.ARN, v.Version
	}
	if c.arn == "" || e.User == nil && version != "V3_0" {
		return token.Changes{}, nil
	}
	request := event.TokenRequestV1{
		UserAttributes: attributes(e.Pool, e.User), ClientMetadata: e.ClientMetadata,
		GroupConfiguration: event.Groups{
			GroupsToOverride: listed(e.Groups), IAMRolesToOverride: listed(e.Roles), PreferredRole: given(e.PreferredRole),
		},
	}
	if e.User != nil {
		c.userName = e.User.Username
	}
	switch version {
	case "V2_0":
		c.version = "2"
	case "V3_0":
		c.version = "3"
	default:
		return t.tokensV1(ctx, c, request)
	}
	return t.tokensV2(ctx, c, event.TokenRequestV2{TokenRequestV1: request, Scopes: listed(e.Scopes)})
}

func (t *Triggers) tokensV1(ctx context.Context, c call, request event.TokenRequestV1) (token.Changes, error) {
	says, err := fire(ctx, t, c, request, event.TokenResponseV1{})
	d := says.ClaimsOverrideDetails
	if err != nil || d == nil {
		return token.Changes{}, err
	}
	out := token.Changes{ID: token.ClaimChanges{Set: map[string]any{}, Drop: d.ClaimsToSuppress}, Groups: groups(d.GroupOverrideDetails)}
	for name, value := range d.ClaimsToAddOrOverride {
		out.ID.Set[name] = value
	}
	return out, c.bounded(out)
}

func (t *Triggers) tokensV2(ctx context.Context, c call, request event.TokenRequestV2) (token.Changes, error) {
	says, err := fire(ctx, t, c, request, event.TokenResponseV2{})
	d := says.ClaimsAndScopeOverrideDetails
	if err != nil || d == nil {
		return token.Changes{}, err
	}
	out := token.Changes{Groups: groups(d.GroupOverrideDetails)}
	if id := d.IDTokenGeneration; id != nil {
		out.ID = token.ClaimChanges{Set: id.ClaimsToAddOrOverride, Drop: id.ClaimsToSuppress}
	}
	if access := d.AccessTokenGeneration; access != nil {
		out.Access = token.ClaimChanges{Set: access.ClaimsToAddOrOverride, Drop: access.ClaimsToSuppress}
		out.AddScopes, out.DropScopes = access.ScopesToAdd, access.ScopesToSuppress
	}
	return out, c.bounded(out)
}

func (c call) bounded(ch token.Changes) error {
	n := len(ch.AddScopes) + len(ch.DropScopes)
	for _, claims := range []token.ClaimChanges{ch.ID, ch.Access} {
		n += len(claims.Set) + len(claims.Drop)
	}
	if n > maxChanges {
		return c.refuse("PreTokenGeneration changed %d claims and scopes; %d is the limit.", n, maxChanges)
	}
	return nil
}

// groups is nil where the function left them alone.
func groups(g *event.GroupOverride) *token.GroupChanges {
	if g == nil || g.Silent {
		return nil
	}
	out := &token.GroupChanges{Groups: g.GroupsToOverride, Roles: g.IAMRolesToOverride}
	if g.PreferredRole != nil {
		out.PreferredRole = *g.PreferredRole
	}
	return out
}

// listed writes an empty list as [].
func listed(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

// given writes an empty text as null.
func given(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

var _ token.Hook = (*Triggers)(nil)
