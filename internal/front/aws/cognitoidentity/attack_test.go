package cognitoidentity_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	sdk "github.com/aws/aws-sdk-go-v2/service/cognitoidentity"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentity/types"
	"github.com/go-jose/go-jose/v4"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/front/aws"
	"cognate.dev/cognate/internal/key"
	"cognate.dev/cognate/internal/kit/awsjson"
	"cognate.dev/cognate/internal/limit"
)

const noMatch = "Logins don't match. Please include at least one valid login for this identity or identity pool."

// TestTokensThatDoNotCountAreRefused has one row for each way to come as somebody else.
func TestTokensThatDoNotCountAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t, withRoles)
	pool := w.identityPool()
	w.setRoles(pool, nil)
	alice := w.id(pool, w.logins("alice"))
	otherPool, err := w.dir.Pools.Create(t.Context(), directory.PoolSpec{ID: "eu-west-1_Pool00002", Region: region, Settings: directory.Settings{Name: "others"}})
	w.check(err)
	w.person(otherPool, "mallory")
	foreign := w.signInAt(w.app(otherPool, "client2"), "mallory")
	otherClient := w.signInAt(w.app(w.pool, "client3"), "alice")
	good := w.signIn("alice")
	stranger := newWorld(t)
	elsewhere := stranger.signIn("alice") // another server, which has a pool of the same id
	const denied = "NotAuthorizedException"
	for _, c := range []struct {
		what, key, token, text string
	}{
		{"another pool under our key", provider, foreign.ID, "Invalid login token. Issuer doesn't match providerName"},
		{"another pool under its own key", "cognito-idp.eu-west-1.amazonaws.com/" + otherPool.ID, foreign.ID, "Token is not from a supported provider of this identity pool."},
		{"another client of the pool", provider, otherClient.ID, "Token is not from a supported provider of this identity pool."},
		{"an access token", provider, good.Access, "Invalid login token. Missing a required claim: aud"},
		{"a refresh token", provider, good.Refresh, "Invalid login token. Not a valid OpenId Connect identity token."},
		{"another server's token", provider, elsewhere.ID, "Invalid login token. Issuer doesn't match providerName"},
		{"another signature", provider, good.ID[:strings.LastIndexByte(good.ID, '.')] + foreign.ID[strings.LastIndexByte(foreign.ID, '.'):], "Invalid login token. Couldn't verify signed token."},
		{"no token", provider, "x", "Invalid login token. Not a valid OpenId Connect identity token."},
		{"a forged key", "accounts.google.com", good.ID, "Token is not from a supported provider of this identity pool."},
		{"a key with something behind it", provider + "/x", good.ID, "Token is not from a supported provider of this identity pool."},
		{"an upper-case key", strings.ToUpper(provider), good.ID, "Token is not from a supported provider of this identity pool."},
		{"the key of identity pools", "cognito-identity.amazonaws.com", good.ID, "Invalid login token. Issuer doesn't match providerName"},
	} {
		logins := map[string]string{c.key: c.token}
		_, err := w.GetId(t.Context(), &sdk.GetIdInput{IdentityPoolId: pool, Logins: logins})
		w.refused("GetId, "+c.what, err, denied, c.text)
		_, err = w.GetCredentialsForIdentity(t.Context(), &sdk.GetCredentialsForIdentityInput{IdentityId: alice, Logins: logins})
		w.refused("GetCredentialsForIdentity, "+c.what, err, denied, c.text)
		logins[provider] = good.ID
		if c.key != provider {
			_, err = w.GetId(t.Context(), &sdk.GetIdInput{IdentityPoolId: pool, Logins: logins})
			w.refused("beside a good one, "+c.what, err, denied, c.text)
		}
	}
	w.now.Advance(2 * time.Hour)
	_, err = w.GetId(t.Context(), &sdk.GetIdInput{IdentityPoolId: pool, Logins: map[string]string{provider: good.ID}})
	ended := born.Add(time.Hour).Unix() // when it was looked at comes first
	w.refused("an expired token", err, denied, fmt.Sprintf("Invalid login token. Token expired: %d >= %d", born.Add(2*time.Hour).Unix(), ended))
}

// TestForgedTokensOfUserPoolsAreRefused signs what a pool would with other keys and algorithms.
func TestForgedTokensOfUserPoolsAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.identityPool()
	w.signIn("alice") // makes keys
	mine := pair()
	id, err := w.ring.Signer(t.Context(), userPool, key.ForID)
	w.check(err)
	access, err := w.ring.Signer(t.Context(), userPool, key.ForAccess)
	w.check(err)
	said := map[string]any{"iss": w.url + "/" + userPool, "sub": subOf("alice"), "aud": client, "token_use": "id", "exp": born.Unix() + 600, "iat": born.Unix()}
	sign := func(alg jose.SignatureAlgorithm, k any, kid string) string {
		signer, err := jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: k}, (&jose.SignerOptions{}).WithHeader("kid", kid))
		w.check(err)
		body, err := json.Marshal(said)
		w.check(err)
		signed, err := signer.Sign(body)
		w.check(err)
		out, err := signed.CompactSerialize()
		w.check(err)
		return out
	}
	public := id.Key.PublicKey.N.Bytes()
	for what, raw := range map[string]string{
		"another key":              sign(jose.RS256, mine, id.KID),
		"the key of access tokens": sign(jose.RS256, access.Key, access.KID),
		"another algorithm":        sign(jose.PS256, id.Key, id.KID),
		"a public key as secret":   sign(jose.HS256, public, id.KID),
		"an unknown key id":        sign(jose.RS256, id.Key, "x"),
	} {
		_, err := w.GetId(t.Context(), &sdk.GetIdInput{IdentityPoolId: pool, Logins: map[string]string{provider: raw}})
		w.refused(what, err, "NotAuthorizedException", "Invalid login token. Couldn't verify signed token.")
	}
	if _, err := w.GetId(t.Context(), &sdk.GetIdInput{IdentityPoolId: pool, Logins: map[string]string{provider: sign(jose.RS256, id.Key, id.KID)}}); err != nil {
		t.Errorf("the pool's own signature: %v", err)
	}
}

// TestServerSideTokenCheckRefusesTokensThatWereTakenBack has one row for each way to take a token back.
func TestServerSideTokenCheckRefusesTokensThatWereTakenBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t, withRoles)
	strict, loose := w.identityPool(checked), w.identityPool()
	w.setRoles(strict, nil)
	for n, c := range []struct {
		what string
		act  func(name, refresh string) error
	}{
		{"revoked", func(_, refresh string) error { return w.sessions.Revoke(t.Context(), w.client, refresh) }},
		{"signed out", func(name, _ string) error {
			_, err := w.store.UpdateUser(t.Context(), userPool, subOf(name), func(u *directory.User) (directory.Keys, error) {
				u.SignedOutAt = w.now.Now().Add(time.Second)
				return directory.Keys{Username: name}, nil
			})
			return err
		}},
		{"disabled", func(name, _ string) error {
			_, err := w.dir.Users.SetEnabled(t.Context(), w.pool, subOf(name), false)
			return err
		}},
		{"deleted", func(name, _ string) error { return w.store.DeleteUser(t.Context(), userPool, subOf(name)) }},
	} {
		name := string(rune('a'+n)) + "-person"
		w.person(w.pool, name)
		set := w.signIn(name)
		logins := map[string]string{provider: set.ID}
		id := w.id(strict, logins)
		w.credentials(id, logins)
		w.check(c.act(name, set.Refresh))
		_, err := w.GetId(t.Context(), &sdk.GetIdInput{IdentityPoolId: strict, Logins: logins})
		w.refused("GetId, "+c.what, err, "NotAuthorizedException", "Token is inactive")
		_, err = w.GetCredentialsForIdentity(t.Context(), &sdk.GetCredentialsForIdentityInput{IdentityId: id, Logins: logins})
		w.refused("GetCredentialsForIdentity, "+c.what, err, "NotAuthorizedException", "Token is inactive")
		if _, err := w.GetId(t.Context(), &sdk.GetIdInput{IdentityPoolId: loose, Logins: logins}); err != nil {
			t.Errorf("%s, without the check: %v", c.what, err)
		}
	}
}

// TestNobodyTakesOverAnIdentity fails when who knows the id of an identity gets in with a login of their own.
func TestNobodyTakesOverAnIdentity(t *testing.T) {
	t.Parallel()
	w := newWorld(t, withRoles)
	pool := w.identityPool(guests, classic, developers)
	w.setRoles(pool, nil)
	w.person(w.pool, "mallory")
	w.person(w.pool, "eve")
	alice := w.id(pool, w.logins("alice"))
	w.id(pool, w.logins("eve"))
	for _, name := range []string{"mallory", "eve"} { // whom nobody knows yet, and somebody with an identity
		_, err := w.GetCredentialsForIdentity(t.Context(), &sdk.GetCredentialsForIdentityInput{IdentityId: alice, Logins: w.logins(name)})
		w.refused(name+" gets credentials", err, "NotAuthorizedException", noMatch)
		_, err = w.GetOpenIdToken(t.Context(), &sdk.GetOpenIdTokenInput{IdentityId: alice, Logins: w.logins(name)})
		w.refused(name+" gets a token", err, "NotAuthorizedException", noMatch)
		_, err = w.UnlinkIdentity(t.Context(), &sdk.UnlinkIdentityInput{IdentityId: alice, Logins: w.logins(name), LoginsToRemove: []string{provider}})
		w.refused(name+" unlinks", err, "NotAuthorizedException", noMatch)
	}
	for what, logins := range map[string]map[string]string{"with nothing": nil, "with the developer's word": {developer: "alice"}} {
		_, err := w.GetOpenIdToken(t.Context(), &sdk.GetOpenIdTokenInput{IdentityId: alice, Logins: logins})
		if err == nil {
			t.Errorf("somebody comes %s", what)
		}
	}
	got, err := w.DescribeIdentity(t.Context(), &sdk.DescribeIdentityInput{IdentityId: alice})
	w.check(err)
	same(t, "logins", got.Logins, []string{provider})
}

// TestATokenThatAnAppGotForItselfRenewsNothing fails when ten minutes become for ever.
func TestATokenThatAnAppGotForItselfRenewsNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, withRoles)
	pool := w.identityPool(guests, classic, developers)
	w.setRoles(pool, nil)
	const own = "cognito-identity.amazonaws.com"
	alice, guest := w.id(pool, w.logins("alice")), w.id(pool, nil)
	for what, in := range map[string]*sdk.GetOpenIdTokenInput{"a person's": {IdentityId: alice, Logins: w.logins("alice")}, "a guest's": {IdentityId: guest}} {
		out, err := w.GetOpenIdToken(t.Context(), in)
		w.check(err)
		logins := map[string]string{own: *out.Token}
		_, err = w.GetCredentialsForIdentity(t.Context(), &sdk.GetCredentialsForIdentityInput{IdentityId: in.IdentityId, Logins: logins})
		w.refused(what+" for credentials", err, "NotAuthorizedException", "Token is not from a supported provider of this identity pool.")
		_, err = w.GetOpenIdToken(t.Context(), &sdk.GetOpenIdTokenInput{IdentityId: in.IdentityId, Logins: logins})
		w.refused(what+" for another token", err, "NotAuthorizedException", "Invalid login token. Can't pass in a Cognito token.")
	}
	vouched, err := w.GetOpenIdTokenForDeveloperIdentity(t.Context(), &sdk.GetOpenIdTokenForDeveloperIdentityInput{IdentityPoolId: pool, Logins: map[string]string{developer: "ann"}})
	w.check(err)
	other := w.identityPool(developers)
	_, err = w.GetId(t.Context(), &sdk.GetIdInput{IdentityPoolId: other, Logins: map[string]string{own: *vouched.Token}})
	w.refused("in another pool", err, "NotAuthorizedException", "Invalid login token. Incorrect token audience.")
	_, err = w.GetId(t.Context(), &sdk.GetIdInput{IdentityPoolId: pool, Logins: map[string]string{own: *vouched.Token}})
	w.refused("for the identity that it names", err, "NotAuthorizedException", "Invalid login token. Can't pass in a Cognito token.")
	w.now.Advance(16 * time.Minute)
	_, err = w.GetId(t.Context(), &sdk.GetIdInput{IdentityPoolId: pool, Logins: map[string]string{own: *vouched.Token}})
	if err == nil || !strings.Contains(err.Error(), "Token expired") {
		t.Errorf("a developer's token after its time: %v", err)
	}
}

// TestARoleIsGivenByMappingAndNeverByWish fails when who signs in becomes more than the pool's roles say.
func TestARoleIsGivenByMappingAndNeverByWish(t *testing.T) {
	t.Parallel()
	byRole := func(m *types.RoleMapping) map[string]types.RoleMapping {
		if m == nil {
			return nil
		}
		return map[string]types.RoleMapping{provider + ":" + client: *m}
	}
	tokens := func(ambiguous types.AmbiguousRoleResolutionType) *types.RoleMapping {
		return &types.RoleMapping{Type: "Token", AmbiguousRoleResolution: ambiguous}
	}
	rules := func(match types.MappingRuleMatchType, claim, value string, ambiguous types.AmbiguousRoleResolutionType) *types.RoleMapping {
		return &types.RoleMapping{Type: "Rules", AmbiguousRoleResolution: ambiguous, RulesConfiguration: &types.RulesConfigurationType{
			Rules: []types.MappingRule{{Claim: &claim, MatchType: match, Value: &value, RoleARN: new(adminRole)}}}}
	}
	w := newWorld(t, withRoles, func(o *options) {
		o.roles = append(o.roles, trusting("arn:aws:iam::123456789012:role/elsewhere", "authenticated", "eu-west-1:00000000-0000-0000-0000-000000000000"))
	})
	w.person(w.pool, "bob")
	w.group("admins", adminRole, 1, "bob")
	const denied, broken = "NotAuthorizedException", "InvalidIdentityPoolConfigurationException"
	for _, c := range []struct {
		what    string
		mapping *types.RoleMapping
		who     string
		wish    string
		want    string // the role, or the exception
	}{
		{"no mapping", nil, "alice", "", memberRole},
		{"no mapping, another role by wish", nil, "alice", adminRole, denied},
		{"no mapping, its own role by wish", nil, "alice", memberRole, memberRole},
		{"no mapping, whatever the token says", nil, "bob", "", memberRole},
		{"by token", tokens("Deny"), "bob", "", adminRole},
		{"by token, by wish", tokens("Deny"), "bob", adminRole, adminRole},
		{"by token, a role that is not in it", tokens("AuthenticatedRole"), "bob", guestRole, denied},
		{"by token, nothing in it", tokens("AuthenticatedRole"), "alice", "", memberRole},
		{"by token, nothing in it, deny", tokens("Deny"), "alice", "", denied},
		{"by token, nothing in it, by wish", tokens("AuthenticatedRole"), "alice", adminRole, denied},
		{"by rule", rules("Equals", "cognito:username", "bob", "Deny"), "bob", "", adminRole},
		{"by rule, another person", rules("Equals", "cognito:username", "bob", "AuthenticatedRole"), "alice", "", memberRole},
		{"by rule, another person, deny", rules("Equals", "cognito:username", "bob", "Deny"), "alice", "", denied},
		{"by rule, another person, by wish", rules("Equals", "cognito:username", "bob", "AuthenticatedRole"), "alice", adminRole, denied},
		{"by rule, a claim that is not there", rules("NotEqual", "custom:team", "red", "Deny"), "alice", "", denied},
		{"by rule, not equal", rules("NotEqual", "cognito:username", "alice", "Deny"), "bob", "", adminRole},
		{"by rule, a start", rules("StartsWith", "cognito:username", "bo", "Deny"), "bob", "", adminRole},
		{"by rule, a part of a list", rules("Contains", "cognito:groups", "admin", "Deny"), "bob", "", adminRole},
	} {
		pool := w.identityPool()
		w.setRoles(pool, byRole(c.mapping))
		id := w.id(pool, w.logins(c.who))
		in := &sdk.GetCredentialsForIdentityInput{IdentityId: id, Logins: w.logins(c.who)}
		if c.wish != "" {
			in.CustomRoleArn = &c.wish
		}
		out, err := w.GetCredentialsForIdentity(t.Context(), in)
		if strings.HasSuffix(c.want, "Exception") {
			w.refused(c.what, err, c.want, "")
			continue
		}
		w.check(err)
		who, err := w.authority.Session(*out.Credentials.AccessKeyId, *out.Credentials.SessionToken)
		w.check(err)
		if who.Role != c.want {
			t.Errorf("%s: %s, want %s", c.what, who.Role, c.want)
		}
	}
	pool := w.identityPool()
	w.setRoles(pool, byRole(tokens("Deny")))
	_, err := w.GetCredentialsForIdentity(t.Context(), &sdk.GetCredentialsForIdentityInput{IdentityId: w.id(pool, w.logins("alice")), Logins: w.logins("alice")})
	w.refused("the words of a mapping that denies", err, denied, "The ambiguous role mapping rules for: "+provider+":"+client+" denied this request.")
	for what, role := range map[string]string{"no role": "", "a role that nobody has made": "arn:aws:iam::123456789012:role/nobody", "a role that trusts another pool": "arn:aws:iam::123456789012:role/elsewhere", "a role for guests": guestRole} {
		pool := w.identityPool()
		if role != "" {
			_, err := w.SetIdentityPoolRoles(t.Context(), &sdk.SetIdentityPoolRolesInput{IdentityPoolId: pool, Roles: map[string]string{"authenticated": role}})
			w.check(err)
		}
		_, err := w.GetCredentialsForIdentity(t.Context(), &sdk.GetCredentialsForIdentityInput{IdentityId: w.id(pool, w.logins("alice")), Logins: w.logins("alice")})
		w.refused(what, err, broken, "Invalid identity pool configuration. Check assigned IAM roles for this pool.")
	}
}

// TestTemporaryCredentialsAdministerNothing sends every signed operation with temporary credentials: whatever their role says,
// they open none that administers.
func TestTemporaryCredentialsAdministerNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, withRoles, func(o *options) {
		o.roles[0].Policy = `{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`
	})
	pool := w.identityPool(guests)
	w.setRoles(pool, nil)
	c := w.credentials(w.id(pool, w.logins("alice")), w.logins("alice"))
	as := sdk.New(w.options(c))
	_, err := as.ListIdentityPools(t.Context(), &sdk.ListIdentityPoolsInput{MaxResults: new(int32(1))})
	w.refused("by the SDK", err, "AccessDeniedException", "User: arn:aws:sts::123456789012:assumed-role/member/CognitoIdentityCredentials is not authorized to "+
		"perform: cognito-identity:ListIdentityPools on resource: * because no identity-based policy allows the cognito-identity:ListIdentityPools action")
	sent := 0
	for _, row := range aws.NewTable().Rows() {
		if row.Auth != awsjson.SigV4 {
			continue
		}
		sent++
		name := w.post(row.Key(), row.Service, c)
		if name != "AccessDeniedException" && !strings.HasPrefix(row.Name, "IsAuthorized") && !strings.HasPrefix(row.Name, "BatchIsAuthorized") {
			t.Errorf("%s with temporary credentials answers %s", row.Key(), name)
		}
	}
	if sent < 100 {
		t.Errorf("only %d operations were tried", sent)
	}
	guest := w.credentials(w.id(pool, nil), nil)
	if name := w.post("VerifiedPermissions.IsAuthorized", "verifiedpermissions", guest); name != "AccessDeniedException" {
		t.Errorf("a guest, whose role says nothing, asks for decisions: %s", name)
	}
}

// post sends an operation with an empty input, and gives the exception; empty: it was done.
func (w *world) post(target, service string, c awssdk.Credentials) string {
	w.t.Helper()
	const body = "{}"
	req, err := http.NewRequestWithContext(w.t.Context(), http.MethodPost, w.url, strings.NewReader(body))
	w.check(err)
	req.Header.Set("Content-Type", "application/x-amz-json-1.1")
	req.Header.Set("X-Amz-Target", target)
	sum := sha256.Sum256([]byte(body))
	w.check(v4.NewSigner().SignHTTP(w.t.Context(), c, req, hex.EncodeToString(sum[:]), service, region, time.Now()))
	res, err := http.DefaultClient.Do(req)
	w.check(err)
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	w.check(err)
	var e struct {
		Type string `json:"__type"`
	}
	_ = json.Unmarshal(raw, &e)
	return e.Type
}

func TestAnAddressThatTriesBadTokensIsStopped(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(o *options) { o.rates = limit.Config{Failures: 10} })
	pool := w.identityPool()
	for range 40 {
		_, err := w.GetId(context.WithoutCancel(t.Context()), &sdk.GetIdInput{IdentityPoolId: pool, Logins: map[string]string{provider: "x"}})
		var many *types.TooManyRequestsException
		if errors.As(err, &many) {
			return
		}
		w.now.Advance(100 * time.Millisecond)
	}
	t.Error("forty bad tokens of one address were looked at")
}
