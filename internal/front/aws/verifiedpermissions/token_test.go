package verifiedpermissions_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/service/verifiedpermissions"
	"github.com/aws/aws-sdk-go-v2/service/verifiedpermissions/types"

	"cognate.dev/cognate/internal/permission"
)

// withToken asks IsAuthorizedWithToken whether the bearer may view Shop::Order::"1".
func withToken(store *string, id, access string) *sdk.IsAuthorizedWithTokenInput {
	in := &sdk.IsAuthorizedWithTokenInput{PolicyStoreId: store, Action: action("view"), Resource: entity("Shop::Order", "1")}
	if id != "" {
		in.IdentityToken = &id
	}
	if access != "" {
		in.AccessToken = &access
	}
	return in
}

func (w *world) lets(what string, in *sdk.IsAuthorizedWithTokenInput, want types.Decision) {
	w.t.Helper()
	out, err := w.IsAuthorizedWithToken(w.t.Context(), in)
	switch {
	case err != nil:
		w.t.Errorf("%s: %v", what, err)
	case out.Decision != want || len(out.Errors) > 0:
		w.t.Errorf("%s: %s, errors %v, want %s", what, out.Decision, out.Errors, want)
	case *out.Principal.EntityType != "Shop::User" || *out.Principal.EntityId != poolID+"|"+sub:
		w.t.Errorf("%s: the principal is %s::%q", what, *out.Principal.EntityType, *out.Principal.EntityId)
	}
}

// TestTokensStandForTheirUser has a row for each thing that a token says.
func TestTokensStandForTheirUser(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.claims = map[string]any{
		"tier": 3, "roles": []string{"a", "b"}, "limits": map[string]any{"day": 100}, "ok": true, "nothing": nil, "custom:plan": "gold",
	}
	w.scopes = []string{"api/read"}
	set := w.signIn(poolID, "web1")
	for name, c := range map[string]struct {
		when       string
		id, access bool // whether the ID token alone, the access token alone, let pass
	}{
		"who it is":               {`principal == Shop::User::"` + poolID + `|` + sub + `"`, true, true},
		"a group":                 {`principal in Shop::Group::"` + poolID + `|staff"`, true, true},
		"another pool's group":    {`principal in Shop::Group::"` + otherPool + `|staff"`, false, false},
		"groups are no attribute": {`principal has "cognito:groups" || context has token && context.token has "cognito:groups"`, false, false},
		"a claim of ours":         {`principal has tier && principal.tier == 3`, true, false},
		"an attribute":            {`principal has email && principal.email == "alice@example.com"`, true, false},
		"a list":                  {`principal has roles && principal.roles.containsAll(["a", "b"])`, true, false},
		"a record":                {`principal has limits && principal.limits.day >= 100`, true, false},
		"null is nothing":         {`principal has nothing`, false, false},
		"a colon in brackets":     {`principal has "custom:plan" && principal["custom:plan"] == "gold"`, true, false},
		"a colon as a dot":        {`principal has custom && principal.custom.plan == "gold" && principal.cognito.username == "alice"`, true, false},
		"an access token's claim": {`context has token && context.token.tier == 3 && context.token.client_id == "web1"`, false, true},
		"a scope":                 {`context has token && context.token.scope.contains("api/read")`, false, true},
		"half a scope":            {`context has token && context.token.scope.contains("api/rea")`, false, false},
	} {
		store := w.store("OFF")
		w.source(store, "web1")
		w.policy(store, `permit(principal, action, resource) when { `+c.when+` };`)
		is := func(ok bool) types.Decision {
			if ok {
				return "ALLOW"
			}
			return "DENY"
		}
		w.lets(name+": ID token", withToken(store, set.ID, ""), is(c.id))
		w.lets(name+": access token", withToken(store, "", set.Access), is(c.access))
		w.lets(name+": both", withToken(store, set.ID, set.Access), is(c.id || c.access))
	}
}

// TestTokensThatAreNotGoodAreNoDenial has a row for each attack: the answer is an error, and no decision is made.
func TestTokensThatAreNotGoodAreNoDenial(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	store := w.store("OFF")
	w.source(store, "web1")
	w.policy(store, `permit(principal, action, resource);`)
	set := w.signIn(poolID, "web1")
	w.lets("good", withToken(store, set.ID, set.Access), "ALLOW")
	decided := len(w.decisions)
	part := func(raw string, i int, change func(map[string]any)) string {
		parts := strings.Split(raw, ".")
		text, err := base64.RawURLEncoding.DecodeString(parts[i])
		w.check(err)
		var object map[string]any
		w.check(json.Unmarshal(text, &object))
		change(object)
		text, err = json.Marshal(object)
		w.check(err)
		parts[i] = base64.RawURLEncoding.EncodeToString(text)
		return strings.Join(parts, ".")
	}
	foreign, other := w.signIn(otherPool, "web2"), w.signIn(poolID, "app1")
	unsigned := part(set.ID, 0, func(h map[string]any) { h["alg"] = "none" })
	for name, c := range map[string]struct {
		in   *sdk.IsAuthorizedWithTokenInput
		path string
	}{
		"no token":                       {withToken(store, "", ""), "identityToken"},
		"another pool's":                 {withToken(store, foreign.ID, ""), "identityToken"},
		"another pool's access token":    {withToken(store, "", foreign.Access), "accessToken"},
		"another client's":               {withToken(store, other.ID, ""), "identityToken"},
		"another client's access token":  {withToken(store, "", other.Access), "accessToken"},
		"one good, one of another pool":  {withToken(store, set.ID, foreign.Access), "accessToken"},
		"an access token as an ID token": {withToken(store, set.Access, ""), "identityToken"},
		"an ID token as an access token": {withToken(store, "", set.ID), "accessToken"},
		"a refresh token":                {withToken(store, "a.b."+base64.RawURLEncoding.EncodeToString([]byte(set.Refresh)), ""), "identityToken"},
		"tampered with":                  {withToken(store, part(set.ID, 1, func(c map[string]any) { c["sub"] = "somebody" }), ""), "identityToken"},
		"another issuer":                 {withToken(store, part(set.ID, 1, func(c map[string]any) { c["iss"] = "https://evil.example.com" }), ""), "identityToken"},
		"alg none":                       {withToken(store, unsigned, ""), "identityToken"},
		"alg none without a signature":   {withToken(store, unsigned[:strings.LastIndex(unsigned, ".")+1]+"x", ""), "identityToken"},
		"alg HS256":                      {withToken(store, part(set.ID, 0, func(h map[string]any) { h["alg"] = "HS256" }), ""), "identityToken"},
		"another pool's issuer":          {withToken(store, part(foreign.ID, 1, func(c map[string]any) { c["iss"] = "https://issuer.example.com/" + poolID }), ""), "identityToken"},
		"rubbish":                        {withToken(store, "a.b.c", ""), "identityToken"},
	} {
		_, err := w.IsAuthorizedWithToken(t.Context(), c.in)
		w.invalid(name, err, c.path, "")
		batch := &sdk.BatchIsAuthorizedWithTokenInput{
			PolicyStoreId: store, IdentityToken: c.in.IdentityToken, AccessToken: c.in.AccessToken,
			Requests: []types.BatchIsAuthorizedWithTokenInputItem{{Action: c.in.Action, Resource: c.in.Resource}},
		}
		_, err = w.BatchIsAuthorizedWithToken(t.Context(), batch)
		w.invalid(name+" in a batch", err, c.path, "")
	}
	w.now.Advance(24 * time.Hour)
	_, err := w.IsAuthorizedWithToken(t.Context(), withToken(store, set.ID, ""))
	w.invalid("expired", err, "identityToken", "the token is not valid: it has expired")
	none := w.store("OFF")
	_, err = w.IsAuthorizedWithToken(t.Context(), withToken(none, set.ID, ""))
	w.invalid("no identity source", err, "policyStoreId", "")
	if len(w.decisions) != decided {
		t.Errorf("%d decisions were made", len(w.decisions)-decided)
	}
}

// TestACallerCannotSayWhatTheTokenDoes fails when entities or context of a request pose as what a token says.
func TestACallerCannotSayWhatTheTokenDoes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	store := w.store("OFF")
	w.source(store)
	w.policy(store, `permit(principal, action, resource) when { principal has tier && principal.tier > 5 || context has token && context.token.tier > 5 };`)
	set := w.signIn(poolID, "web1")
	tier := map[string]types.AttributeValue{"tier": &types.AttributeValueMemberLong{Value: 9}}
	for name, e := range map[string]types.EntityItem{
		"the principal":   {Identifier: entity("Shop::User", poolID+"|"+sub), Attributes: tier},
		"another user":    {Identifier: entity("Shop::User", "bob"), Attributes: tier},
		"a group":         {Identifier: entity("Shop::Group", poolID+"|staff"), Parents: []types.EntityIdentifier{*entity("Shop::Team", "x")}},
		"a group of none": {Identifier: entity("Shop::Group", "admins")},
	} {
		in := withToken(store, set.ID, "")
		in.Entities = &types.EntitiesDefinitionMemberEntityList{Value: []types.EntityItem{e}}
		_, err := w.IsAuthorizedWithToken(t.Context(), in)
		w.invalid(name, err, "entities", "")
		raw := fmt.Sprintf(`[{"uid": {"type": %q, "id": %q}, "attrs": {"tier": 9}, "parents": []}]`, *e.Identifier.EntityType, *e.Identifier.EntityId)
		in.Entities = &types.EntitiesDefinitionMemberCedarJson{Value: raw}
		_, err = w.IsAuthorizedWithToken(t.Context(), in)
		w.invalid(name+" as JSON", err, "entities", "")
	}
	for name, access := range map[string]string{"with an ID token": "", "with both": set.Access} {
		in := withToken(store, set.ID, access)
		in.Context = &types.ContextDefinitionMemberCedarJson{Value: `{"token": {"tier": 9}}`}
		_, err := w.IsAuthorizedWithToken(t.Context(), in)
		w.invalid(name, err, "context", "")
	}
	// Entities of other types are welcome.
	w.policy(store, `permit(principal, action, resource) when { resource.owner == principal };`)
	in := withToken(store, set.ID, "")
	in.Entities = &types.EntitiesDefinitionMemberEntityList{Value: []types.EntityItem{{Identifier: entity("Shop::Order", "1"), Attributes: map[string]types.AttributeValue{
		"owner": &types.AttributeValueMemberEntityIdentifier{Value: *entity("Shop::User", poolID+"|"+sub)},
	}}}}
	out, err := w.IsAuthorizedWithToken(t.Context(), in)
	w.check(err)
	if out.Decision != "ALLOW" {
		t.Error("the owner may not view it")
	}
}

// TestAGroupsNameIsOneName fails when a group can be called so that it is another group, or another entity.
func TestAGroupsNameIsOneName(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, group := range []string{`x" || true || "`, `staff2|admins`, `a::b`, `admins"`, `\"admins`} {
		w.join(poolID, group)
	}
	store := w.store("OFF")
	w.source(store)
	w.policy(store, `permit(principal in Shop::Group::"`+poolID+`|admins", action, resource);`)
	set := w.signIn(poolID, "web1")
	w.lets("groups with odd names", withToken(store, set.ID, set.Access), "DENY")
	w.join(poolID, "admins")
	set = w.signIn(poolID, "web1")
	w.lets("the group itself", withToken(store, set.ID, set.Access), "ALLOW")
}

func TestAClaimThatCedarHasNoValueForIsNoDecision(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.claims = map[string]any{"amount": 1.5}
	store := w.store("OFF")
	w.source(store)
	set := w.signIn(poolID, "web1")
	_, err := w.IsAuthorizedWithToken(t.Context(), withToken(store, set.ID, ""))
	w.invalid("a fraction", err, "identityToken", "the token is not valid: claim amount: 1.5 is no whole number, and Cedar has no other")
}

// TestTokensLiveAsLongAsIsSet fails when a revoked token is refused where AWS would take it, or taken where that is not wanted.
func TestTokensLiveAsLongAsIsSet(t *testing.T) {
	t.Parallel()
	for _, live := range []bool{false, true} {
		for name, end := range map[string]func(*world, string) error{
			"revoked": func(w *world, refresh string) error {
				c, err := w.dir.Clients.Find(w.t.Context(), "web1")
				w.check(err)
				return w.sessions.Revoke(w.t.Context(), c, refresh)
			},
			"disabled": func(w *world, _ string) error {
				p, err := w.dir.Pools.Get(w.t.Context(), poolID)
				w.check(err)
				_, err = w.dir.Users.SetEnabled(w.t.Context(), p, sub, false)
				return err
			},
			"deleted": func(w *world, _ string) error { return w.dir.Users.Delete(w.t.Context(), poolID, sub) },
		} {
			w := newWorld(t, func(p *permission.Parts) { p.Config.RequireLiveTokens = live })
			store := w.store("OFF")
			w.source(store)
			w.policy(store, `permit(principal, action, resource);`)
			set := w.signIn(poolID, "web1")
			w.lets(name+" before", withToken(store, set.ID, set.Access), "ALLOW")
			w.check(end(w, set.Refresh))
			if live {
				_, err := w.IsAuthorizedWithToken(t.Context(), withToken(store, set.ID, ""))
				w.invalid(name, err, "identityToken", "")
				_, err = w.IsAuthorizedWithToken(t.Context(), withToken(store, "", set.Access))
				w.invalid(name, err, "accessToken", "")
				continue
			}
			w.lets(name, withToken(store, set.ID, set.Access), "ALLOW")
		}
	}
}

func TestBatchIsAuthorizedWithTokenNamesThePrincipalOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	store := w.store("OFF")
	w.source(store)
	w.policy(store, `permit(principal in Shop::Group::"`+poolID+`|staff", action == Shop::Action::"view", resource);`)
	set := w.signIn(poolID, "web1")
	in := &sdk.BatchIsAuthorizedWithTokenInput{PolicyStoreId: store, AccessToken: &set.Access}
	for _, name := range []string{"view", "edit"} {
		for _, id := range []string{"1", "2"} {
			in.Requests = append(in.Requests, types.BatchIsAuthorizedWithTokenInputItem{Action: action(name), Resource: entity("Shop::Order", id)})
		}
	}
	out, err := w.BatchIsAuthorizedWithToken(t.Context(), in)
	w.check(err)
	if *out.Principal.EntityId != poolID+"|"+sub {
		t.Errorf("%+v", out.Principal)
	}
	for i, r := range out.Results {
		if (r.Decision == "ALLOW") != (i < 2) || *r.Request.Action.ActionId != *in.Requests[i].Action.ActionId || *r.Request.Resource.EntityId != *in.Requests[i].Resource.EntityId {
			t.Errorf("%d: %s %v", i, r.Decision, r.Request)
		}
	}
	for len(in.Requests) <= 30 {
		in.Requests = append(in.Requests, in.Requests[0])
	}
	_, err = w.BatchIsAuthorizedWithToken(t.Context(), in)
	w.invalid("31 requests", err, "requests", "")
}

// TestATokenFitsAStrictRequest fails when claims that the schema does not know make a valid request invalid.
func TestATokenFitsAStrictRequest(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(p *permission.Parts) { p.Config.ValidateRequests = true })
	w.claims = map[string]any{"tier": 3}
	store := w.store("STRICT")
	w.schema(store, shop)
	w.source(store)
	w.policy(store, `permit(principal, action == Shop::Action::"view", resource) when { principal has tier && principal.tier == 3 };`)
	set := w.signIn(poolID, "web1")
	w.lets("ID token", withToken(store, set.ID, ""), "ALLOW")
	w.lets("both", withToken(store, set.ID, set.Access), "ALLOW")
}
