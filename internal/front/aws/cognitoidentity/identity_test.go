package cognitoidentity_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/service/cognitoidentity"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentity/types"
)

func TestSomebodyWhoHasSignedInIsOneIdentity(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.identityPool()
	w.person(w.pool, "bob")
	alice := w.id(pool, w.logins("alice"))
	w.now.Advance(time.Second)
	if again := w.id(pool, w.logins("alice")); *again != *alice {
		t.Errorf("alice is %s, and then %s", *alice, *again)
	}
	if bob := w.id(pool, w.logins("bob")); *bob == *alice {
		t.Error("two people are one identity")
	}
	if other := w.id(w.identityPool(), w.logins("alice")); *other == *alice {
		t.Error("two pools share an identity")
	}
	byIssuer := map[string]string{strings.TrimPrefix(w.url, "http://") + "/" + userPool: w.signIn("alice").ID} // as Amplify does
	if again := w.id(pool, byIssuer); *again != *alice {
		t.Errorf("by the name of the issuer alice is %s, not %s", *again, *alice)
	}
	byIssuer[provider] = w.signIn("alice").ID
	if again := w.id(pool, byIssuer); *again != *alice {
		t.Errorf("by both names alice is %s, not %s", *again, *alice)
	}
	got, err := w.DescribeIdentity(t.Context(), &sdk.DescribeIdentityInput{IdentityId: alice})
	w.check(err)
	same(t, "logins", got.Logins, []string{provider})
	if !got.CreationDate.Equal(born) || !got.LastModifiedDate.Equal(born) {
		t.Errorf("created %s, modified %s", got.CreationDate, got.LastModifiedDate)
	}
}

// TestManyWhoComeAtOnceAreOne fails when sign-ins that race each other make several identities of one person.
func TestManyWhoComeAtOnceAreOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool, logins := w.identityPool(), w.logins("alice")
	var ids sync.Map
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			out, err := w.GetId(t.Context(), &sdk.GetIdInput{IdentityPoolId: pool, Logins: logins})
			if err != nil {
				t.Error(err)
				return
			}
			ids.Store(*out.IdentityId, true)
		})
	}
	all.Wait()
	n := 0
	ids.Range(func(any, any) bool { n++; return true })
	if n != 1 {
		t.Errorf("alice is %d identities", n)
	}
}

func TestGuestsBecomeWhoTheySignInAs(t *testing.T) {
	t.Parallel()
	w := newWorld(t, withRoles)
	pool := w.identityPool(guests)
	w.setRoles(pool, nil)
	guest := w.id(pool, nil)
	if c := w.credentials(guest, nil); c.SessionToken == "" {
		t.Error("a guest got no credentials")
	}
	out, err := w.GetCredentialsForIdentity(t.Context(), &sdk.GetCredentialsForIdentityInput{IdentityId: guest, Logins: w.logins("alice")})
	w.check(err)
	if *out.IdentityId != *guest {
		t.Errorf("the guest %s signed in and is %s", *guest, *out.IdentityId)
	}
	_, err = w.GetCredentialsForIdentity(t.Context(), &sdk.GetCredentialsForIdentityInput{IdentityId: guest})
	w.refused("without the login, from now on", err, "NotAuthorizedException", "Access to Identity '"+*guest+"' is forbidden.")

	second := w.id(pool, nil) // another device, on which alice signs in
	out, err = w.GetCredentialsForIdentity(t.Context(), &sdk.GetCredentialsForIdentityInput{IdentityId: second, Logins: w.logins("alice")})
	w.check(err)
	if *out.IdentityId != *guest {
		t.Errorf("the second guest became %s, alice is %s", *out.IdentityId, *guest)
	}
	_, err = w.GetCredentialsForIdentity(t.Context(), &sdk.GetCredentialsForIdentityInput{IdentityId: second})
	w.refused("the merged guest", err, "NotAuthorizedException", "Access to Identity '"+*second+"' is forbidden.")
	list, err := w.ListIdentities(t.Context(), &sdk.ListIdentitiesInput{IdentityPoolId: pool, MaxResults: new(int32(60)), HideDisabled: true})
	w.check(err)
	all, err := w.ListIdentities(t.Context(), &sdk.ListIdentitiesInput{IdentityPoolId: pool, MaxResults: new(int32(60))})
	w.check(err)
	if len(list.Identities) != 1 || len(all.Identities) != 2 {
		t.Errorf("%d identities are in use, of %d", len(list.Identities), len(all.Identities))
	}
}

func TestWithoutGuestsNobodyComesWithoutALogin(t *testing.T) {
	t.Parallel()
	w := newWorld(t, withRoles)
	pool := w.identityPool()
	w.setRoles(pool, nil)
	const text = "Unauthenticated access is not supported for this identity pool."
	_, err := w.GetId(t.Context(), &sdk.GetIdInput{IdentityPoolId: pool})
	w.refused("GetId", err, "NotAuthorizedException", text)
	alice := w.id(pool, w.logins("alice"))
	_, err = w.GetCredentialsForIdentity(t.Context(), &sdk.GetCredentialsForIdentityInput{IdentityId: alice})
	w.refused("GetCredentialsForIdentity", err, "NotAuthorizedException", text)
	_, err = w.GetId(t.Context(), &sdk.GetIdInput{IdentityPoolId: pool, AccountId: new("999999999999"), Logins: w.logins("alice")})
	w.refused("another account", err, "ResourceNotFoundException", "IdentityPool '"+*pool+"' not found.")
}

func TestATokenOfAnIdentitySaysWhoItIs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.identityPool(guests, classic)
	alice := w.id(pool, w.logins("alice"))
	out, err := w.GetOpenIdToken(t.Context(), &sdk.GetOpenIdTokenInput{IdentityId: alice, Logins: w.logins("alice")})
	w.check(err)
	same(t, "claims", claims(t, *out.Token), map[string]any{
		"sub": *alice, "aud": *pool, "iss": w.url + "/identity",
		"amr": []any{"authenticated", provider, provider + ":CognitoSignIn:" + subOf("alice")},
		"exp": float64(born.Unix() + 600), "iat": float64(born.Unix()),
		"https://cognito-identity.amazonaws.com/identity-pool-arn": "arn:aws:cognito-identity:eu-west-1:123456789012:identitypool/" + *pool,
	})
	guest := w.id(pool, nil)
	out, err = w.GetOpenIdToken(t.Context(), &sdk.GetOpenIdTokenInput{IdentityId: guest})
	w.check(err)
	same(t, "a guest's amr", claims(t, *out.Token)["amr"], []any{"unauthenticated"})
	modern := w.identityPool(guests)
	_, err = w.GetOpenIdToken(t.Context(), &sdk.GetOpenIdTokenInput{IdentityId: w.id(modern, nil)})
	w.refused("without the classic flow", err, "InvalidParameterException", "Basic (classic) flow is not enabled, please use enhanced flow.")
}

// TestAnybodyCanVerifyTheTokensOfIdentities fails when the key set that discovery names does not verify them.
func TestAnybodyCanVerifyTheTokensOfIdentities(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.identityPool(guests, classic)
	out, err := w.GetOpenIdToken(t.Context(), &sdk.GetOpenIdTokenInput{IdentityId: w.id(pool, nil)})
	w.check(err)
	verified := w.verifyByDiscovery(w.url+"/identity", *pool, *out.Token)
	if verified["sub"] == nil {
		t.Errorf("the token says %v", verified)
	}
}

func TestLoginsAreUnlinked(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.identityPool(developers)
	alice := w.id(pool, w.logins("alice"))
	_, err := w.GetOpenIdTokenForDeveloperIdentity(t.Context(), &sdk.GetOpenIdTokenForDeveloperIdentityInput{
		IdentityPoolId: pool, IdentityId: alice, Logins: map[string]string{developer: "alice"}})
	w.check(err)
	unlink := func(logins map[string]string) error {
		_, err := w.UnlinkIdentity(t.Context(), &sdk.UnlinkIdentityInput{IdentityId: alice, Logins: logins, LoginsToRemove: []string{provider}})
		return err
	}
	w.person(w.pool, "bob")
	w.refused("somebody else's login", unlink(w.logins("bob")), "NotAuthorizedException", "Logins don't match. Please include at least one valid login for this identity or identity pool.")
	w.check(unlink(w.logins("alice")))
	got, err := w.DescribeIdentity(t.Context(), &sdk.DescribeIdentityInput{IdentityId: alice})
	w.check(err)
	same(t, "logins", got.Logins, []string{developer})
	if fresh := w.id(pool, w.logins("alice")); *fresh == *alice {
		t.Error("the unlinked login leads to the old identity")
	}
	_, err = w.UnlinkDeveloperIdentity(t.Context(), &sdk.UnlinkDeveloperIdentityInput{
		IdentityId: alice, IdentityPoolId: pool, DeveloperProviderName: new(developer), DeveloperUserIdentifier: new("alice")})
	w.check(err)
	list, err := w.ListIdentities(t.Context(), &sdk.ListIdentitiesInput{IdentityPoolId: pool, MaxResults: new(int32(60)), HideDisabled: true})
	w.check(err)
	if slices.ContainsFunc(list.Identities, func(one types.IdentityDescription) bool { return *one.IdentityId == *alice }) {
		t.Error("an identity without logins is in use")
	}
}

func TestIdentitiesAreListedInPagesAndDeleted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pool := w.identityPool(guests)
	var ids []string
	for range 5 {
		ids = append(ids, *w.id(pool, nil))
	}
	var got []string
	in := &sdk.ListIdentitiesInput{IdentityPoolId: pool, MaxResults: new(int32(2))}
	for {
		page, err := w.ListIdentities(t.Context(), in)
		w.check(err)
		for _, one := range page.Identities {
			got = append(got, *one.IdentityId)
		}
		if in.NextToken = page.NextToken; in.NextToken == nil {
			break
		}
	}
	slices.Sort(ids)
	same(t, "identities", got, ids)
	out, err := w.DeleteIdentities(t.Context(), &sdk.DeleteIdentitiesInput{IdentityIdsToDelete: append(ids[:2:2], "eu-west-1:00000000-0000-0000-0000-000000000000")})
	w.check(err)
	if len(out.UnprocessedIdentityIds) != 0 {
		t.Errorf("unprocessed: %v", out.UnprocessedIdentityIds)
	}
	_, err = w.DescribeIdentity(t.Context(), &sdk.DescribeIdentityInput{IdentityId: &ids[0]})
	w.refused("a deleted one", err, "ResourceNotFoundException", "Identity '"+ids[0]+"' not found.")
	_, err = w.ListIdentities(t.Context(), &sdk.ListIdentitiesInput{IdentityPoolId: new("eu-west-1:00000000-0000-0000-0000-000000000000"), MaxResults: new(int32(2))})
	w.refused("of no pool", err, "ResourceNotFoundException", "")
}

func TestDevelopersVouchForTheirUsers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, withRoles)
	pool := w.identityPool(developers)
	w.setRoles(pool, nil)
	vouch := func(user string, change ...func(*sdk.GetOpenIdTokenForDeveloperIdentityInput)) (*sdk.GetOpenIdTokenForDeveloperIdentityOutput, error) {
		in := &sdk.GetOpenIdTokenForDeveloperIdentityInput{IdentityPoolId: pool, Logins: map[string]string{developer: user}}
		for _, c := range change {
			c(in)
		}
		return w.GetOpenIdTokenForDeveloperIdentity(t.Context(), in)
	}
	ann, err := vouch("ann", func(in *sdk.GetOpenIdTokenForDeveloperIdentityInput) {
		in.TokenDuration, in.PrincipalTags = new(int64(60)), map[string]string{"team": "blue"}
	})
	w.check(err)
	said := claims(t, *ann.Token)
	same(t, "amr", said["amr"], []any{"authenticated", developer, developer + ":" + *pool + ":ann"})
	same(t, "tags", said["https://aws.amazon.com/tags"], map[string]any{"principal_tags": map[string]any{"team": []any{"blue"}}})
	same(t, "life", said["exp"].(float64)-said["iat"].(float64), 60.0)
	logins := map[string]string{"cognito-identity.amazonaws.com": *ann.Token}
	c := w.credentials(ann.IdentityId, logins)
	who, err := w.authority.Session(c.AccessKeyID, c.SessionToken)
	w.check(err)
	same(t, "session tags", who.Tags, map[string]string{"team": "blue"})

	for _, tags := range []map[string]string{{"aws:x": "y"}, {"a": "b{"}, {"Team": "a", "team": "b"}, {"a": strings.Repeat("x", 240), "b": strings.Repeat("x", 240)}} {
		_, err = vouch("ann", func(in *sdk.GetOpenIdTokenForDeveloperIdentityInput) { in.PrincipalTags = tags })
		w.refused(fmt.Sprintf("the tags %.40v", tags), err, "InvalidParameterException", "")
	}
	bea, err := vouch("bea")
	w.check(err)
	_, err = vouch("bea", func(in *sdk.GetOpenIdTokenForDeveloperIdentityInput) { in.IdentityId = ann.IdentityId })
	w.refused("an identity of somebody else", err, "DeveloperUserAlreadyRegisteredException", "")
	_, err = w.GetCredentialsForIdentity(t.Context(), &sdk.GetCredentialsForIdentityInput{IdentityId: bea.IdentityId, Logins: logins})
	w.refused("another's token", err, "NotAuthorizedException", "Logins don't match. Please include at least one valid login for this identity or identity pool.")
	_, err = vouch("x", func(in *sdk.GetOpenIdTokenForDeveloperIdentityInput) { in.Logins = map[string]string{"other": "x"} })
	w.refused("another developer provider", err, "InvalidParameterException", "This identity pool does not support the specified developer provider.")

	found, err := w.LookupDeveloperIdentity(t.Context(), &sdk.LookupDeveloperIdentityInput{IdentityPoolId: pool, DeveloperUserIdentifier: new("ann")})
	w.check(err)
	same(t, "looked up", []any{*found.IdentityId, found.DeveloperUserIdentifierList}, []any{*ann.IdentityId, []string{"ann"}})
	_, err = w.LookupDeveloperIdentity(t.Context(), &sdk.LookupDeveloperIdentityInput{IdentityPoolId: pool, DeveloperUserIdentifier: new("ann"), IdentityId: bea.IdentityId})
	w.refused("two that do not belong together", err, "ResourceConflictException", "")
	_, err = w.LookupDeveloperIdentity(t.Context(), &sdk.LookupDeveloperIdentityInput{IdentityPoolId: pool, DeveloperUserIdentifier: new("nobody")})
	w.refused("nobody", err, "ResourceNotFoundException", "")

	merged, err := w.MergeDeveloperIdentities(t.Context(), &sdk.MergeDeveloperIdentitiesInput{
		IdentityPoolId: pool, DeveloperProviderName: new(developer), SourceUserIdentifier: new("bea"), DestinationUserIdentifier: new("ann")})
	w.check(err)
	same(t, "merged into", *merged.IdentityId, *ann.IdentityId)
	found, err = w.LookupDeveloperIdentity(t.Context(), &sdk.LookupDeveloperIdentityInput{IdentityPoolId: pool, IdentityId: ann.IdentityId})
	w.check(err)
	same(t, "users", found.DeveloperUserIdentifierList, []string{"ann", "bea"})
	again, err := vouch("bea")
	w.check(err)
	same(t, "bea is ann now", *again.IdentityId, *ann.IdentityId)
	_, err = w.GetCredentialsForIdentity(t.Context(), &sdk.GetCredentialsForIdentityInput{IdentityId: bea.IdentityId, Logins: map[string]string{"cognito-identity.amazonaws.com": *bea.Token}})
	w.refused("a token of the identity that was merged", err, "NotAuthorizedException", "Token is inactive")

	for n := range 30 { // at most twenty logins
		_, err = vouch(fmt.Sprint("ann", n), func(in *sdk.GetOpenIdTokenForDeveloperIdentityInput) { in.IdentityId = ann.IdentityId })
		if err != nil {
			break
		}
	}
	if err == nil || !strings.Contains(err.Error(), "at most 20 logins") {
		t.Errorf("thirty logins of one identity: %v", err)
	}
}
