package cognitoidentity_test

import (
	"context"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/service/cognitoidentity"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentity/types"

	"cognate.dev/cognate/internal/identitypool"
	"cognate.dev/cognate/internal/store"
)

// rule is a role mapping that gives the role of administrators for a value of a claim.
func rule(claim, value string) types.RoleMapping {
	return types.RoleMapping{Type: "Rules", AmbiguousRoleResolution: "AuthenticatedRole", RulesConfiguration: &types.RulesConfigurationType{
		Rules: []types.MappingRule{{Claim: &claim, MatchType: "Equals", Value: &value, RoleARN: new(adminRole)}}}}
}

// mixed is an identity pool that takes tokens of the user pool and of another provider.
func mixed(t *testing.T, change ...func(*options)) (*world, *issuer, *string) {
	t.Helper()
	i := newIssuer(t)
	w := newWorld(t, append(change, withRoles, func(o *options) {
		o.providers = []identitypool.Provider{{Issuer: i.URL, Clients: []string{"app"}}}
	})...)
	return w, i, w.identityPool(guests, classic, developers, func(in *sdk.CreateIdentityPoolInput) { in.OpenIdConnectProviderARNs = []string{i.arn()} })
}

// TestNobodyMixesWhatTwoProvidersSay fails when the tags that one provider lets everybody choose meet the role that another one gives
// to few.
func TestNobodyMixesWhatTwoProvidersSay(t *testing.T) {
	t.Parallel()
	w, i, pool := mixed(t)
	w.setRoles(pool, map[string]types.RoleMapping{provider + ":" + client: rule("cognito:username", "alice")})
	tag := func(name, claim string) {
		_, err := w.SetPrincipalTagAttributeMap(t.Context(), &sdk.SetPrincipalTagAttributeMapInput{
			IdentityPoolId: pool, IdentityProviderName: &name, PrincipalTags: map[string]string{"team": claim}})
		w.check(err)
	}
	tag(i.arn(), "team")
	both, outside := w.logins("alice"), map[string]string{i.name(): i.token("k", map[string]any{"team": "finance"})}
	both[i.name()] = outside[i.name()]
	who := func(logins map[string]string) (string, map[string]string) {
		c := w.credentials(w.id(pool, logins), logins)
		p, err := w.authority.Session(c.AccessKeyID, c.SessionToken)
		w.check(err)
		return p.Role, p.Tags
	}
	for what, c := range map[string]struct {
		logins map[string]string
		role   string
		tags   map[string]string
	}{
		"the user pool":      {w.logins("alice"), adminRole, nil},
		"the other provider": {outside, memberRole, map[string]string{"team": "finance"}},
		"both":               {both, adminRole, nil},
	} {
		role, tags := who(c.logins)
		same(t, what, []any{role, tags}, []any{c.role, c.tags})
	}
	tag(provider, "cognito:username")
	role, tags := who(both)
	same(t, "both, with a tag of each", []any{role, tags}, []any{adminRole, map[string]string{"team": "alice"}})
}

// TestAProviderByAnotherNameIsTheSame fails when one of its people is two identities, or escapes what the pool has set for the
// provider, by calling it otherwise.
func TestAProviderByAnotherNameIsTheSame(t *testing.T) {
	t.Parallel()
	w, i, pool := mixed(t)
	w.setRoles(pool, map[string]types.RoleMapping{i.name(): rule("team", "blue")})
	_, err := w.SetPrincipalTagAttributeMap(t.Context(), &sdk.SetPrincipalTagAttributeMapInput{
		IdentityPoolId: pool, IdentityProviderName: new(i.name()), PrincipalTags: map[string]string{"team": "team"}})
	w.check(err)
	byName, byARN := map[string]string{i.name(): i.token("k", nil)}, map[string]string{i.arn(): i.token("k", nil)}
	ann := w.id(pool, byName)
	same(t, "ann by the ARN", *w.id(pool, byARN), *ann)
	byARN[i.name()] = i.token("k", map[string]any{"sub": "bob"})
	_, err = w.GetId(t.Context(), &sdk.GetIdInput{IdentityPoolId: pool, Logins: byARN})
	w.refused("two people of one provider by two names", err, "ResourceConflictException", "")
	delete(byARN, i.name())
	c := w.credentials(ann, byARN)
	who, err := w.authority.Session(c.AccessKeyID, c.SessionToken)
	w.check(err)
	same(t, "role and tags by the ARN", []any{who.Role, who.Tags}, []any{adminRole, map[string]string{"team": "blue"}})
	_, err = w.UnlinkIdentity(t.Context(), &sdk.UnlinkIdentityInput{IdentityId: ann, Logins: byName, LoginsToRemove: []string{i.name()}})
	w.check(err)
	if again := w.id(pool, byARN); *again == *ann {
		t.Error("a login that was unlinked by one name is there by the other")
	}
}

// TestATokenOfAnIdentityEndsWithTheLoginsThatItNames fails when a token that was given for a login opens a role after the login is gone.
func TestATokenOfAnIdentityEndsWithTheLoginsThatItNames(t *testing.T) {
	t.Parallel()
	w, i, pool := mixed(t)
	token := func(id *string, logins map[string]string) string {
		out, err := w.GetOpenIdToken(t.Context(), &sdk.GetOpenIdTokenInput{IdentityId: id, Logins: logins})
		w.check(err)
		return *out.Token
	}
	vouch := func(user string, id *string) (*string, string) {
		out, err := w.GetOpenIdTokenForDeveloperIdentity(t.Context(), &sdk.GetOpenIdTokenForDeveloperIdentityInput{
			IdentityPoolId: pool, IdentityId: id, Logins: map[string]string{developer: user}, TokenDuration: new(int64(86400))})
		w.check(err)
		return out.IdentityId, *out.Token
	}
	outside := map[string]string{i.name(): i.token("k", nil)}
	guest := w.id(pool, nil)
	developed, first := vouch("ann", nil)
	_, second := vouch("ann2", developed)
	ann := w.id(pool, outside)
	tokens := map[string]string{"a guest": token(guest, nil), "a developer's user": first, "another provider": token(ann, outside)}
	for what, raw := range tokens {
		role := memberRole
		if what == "a guest" {
			role = guestRole
		}
		if _, err := w.assume(role, raw); err != nil {
			t.Fatalf("%s, before: %v", what, err)
		}
	}
	_, err := w.GetCredentialsForIdentity(t.Context(), &sdk.GetCredentialsForIdentityInput{IdentityId: guest, Logins: w.logins("alice")})
	w.refused("no role", err, "InvalidIdentityPoolConfigurationException", "")
	if _, err := w.assume(guestRole, tokens["a guest"]); err != nil {
		t.Errorf("a guest who was refused a role is none any more: %v", err)
	}
	w.setRoles(pool, nil)
	w.credentials(guest, w.logins("alice"))
	_, err = w.UnlinkDeveloperIdentity(t.Context(), &sdk.UnlinkDeveloperIdentityInput{
		IdentityPoolId: pool, IdentityId: developed, DeveloperProviderName: new(developer), DeveloperUserIdentifier: new("ann")})
	w.check(err)
	_, err = w.UpdateIdentityPool(t.Context(), &sdk.UpdateIdentityPoolInput{
		IdentityPoolId: pool, IdentityPoolName: new("app"), AllowUnauthenticatedIdentities: true, AllowClassicFlow: new(true),
		CognitoIdentityProviders: []types.CognitoIdentityProvider{{ProviderName: new(provider), ClientId: new(client)}}})
	w.check(err)
	for what, raw := range tokens {
		for _, role := range []string{guestRole, memberRole} {
			_, err := w.assume(role, raw)
			w.refused(what+", "+role, err, "InvalidIdentityToken", "Token is inactive")
		}
	}
	if _, err := w.assume(memberRole, second); err != nil {
		t.Errorf("the developer's user who is linked still: %v", err)
	}
}

// TestARefusalLinksNothing fails when a login is linked for a caller who is told no.
func TestARefusalLinksNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, withRoles)
	pool := w.identityPool(guests)
	w.setRoles(pool, nil)
	guest := w.id(pool, nil)
	_, err := w.GetCredentialsForIdentity(t.Context(), &sdk.GetCredentialsForIdentityInput{IdentityId: guest, Logins: w.logins("alice"), CustomRoleArn: new(adminRole)})
	w.refused("a role by wish", err, "NotAuthorizedException", "")
	w.credentials(guest, nil)
	if alice := w.id(pool, w.logins("alice")); *alice == *guest {
		t.Error("alice became the guest")
	}
}

// meanwhile lets something happen to an identity once, after a transaction has read it.
type meanwhile struct {
	*store.Store
	happens func(ctx context.Context, id string)
	again   func(ctx context.Context)
}

func (m *meanwhile) Identity(ctx context.Context, id string) (*identitypool.Identity, error) {
	i, err := m.Store.Identity(ctx, id)
	if happens := m.happens; happens != nil && err == nil && ctx.Value(inside{}) != nil {
		m.happens = nil
		happens(ctx, id)
		m.again = func(ctx context.Context) { happens(ctx, id) }
	}
	return i, err
}

// InTx marks what is read in a transaction. What happened meanwhile is written even where the transaction is not: it stands for
// another one.
func (m *meanwhile) InTx(ctx context.Context, fn func(context.Context) error) error {
	err := m.Store.InTx(ctx, func(ctx context.Context) error { return fn(context.WithValue(ctx, inside{}, true)) })
	if again := m.again; again != nil && err != nil {
		again(ctx)
	}
	m.again = nil
	return err
}

type inside struct{}

// TestNobodySlipsIntoAGuestWhoHasBecomeSomebody lets alice sign in as a guest after another request has seen that it is nobody yet.
func TestNobodySlipsIntoAGuestWhoHasBecomeSomebody(t *testing.T) {
	t.Parallel()
	m := &meanwhile{}
	w, i, pool := mixed(t, func(o *options) {
		o.between = func(s *store.Store) identitypool.IdentityStore {
			m.Store = s
			return m
		}
	})
	w.setRoles(pool, nil)
	guest := w.id(pool, nil)
	m.happens = func(ctx context.Context, id string) {
		_, err := m.ChangeIdentity(ctx, id, func(one *identitypool.Identity) error {
			one.Logins = []identitypool.Login{{Provider: provider, Subject: subOf("alice")}}
			one.Modified = w.now.Now().Add(time.Millisecond)
			return nil
		})
		w.check(err)
	}
	_, err := w.GetCredentialsForIdentity(t.Context(), &sdk.GetCredentialsForIdentityInput{IdentityId: guest, Logins: map[string]string{i.name(): i.token("k", nil)}})
	if err == nil {
		t.Error("mallory has alice's identity")
	}
	got, err := w.DescribeIdentity(t.Context(), &sdk.DescribeIdentityInput{IdentityId: guest})
	w.check(err)
	for _, l := range got.Logins {
		if l == i.name() {
			t.Errorf("the guest's logins are %v", got.Logins)
		}
	}
}
