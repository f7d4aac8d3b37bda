package cognitoidentity_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/cognitoidentity"
	stssdk "github.com/aws/aws-sdk-go-v2/service/sts"
	coreos "github.com/coreos/go-oidc/v3/oidc"

	"cognate.dev/cognate/internal/sts"
)

// pairs are RSA keys that all worlds of the package share: finding primes takes longer than the tests.
var pairs = func() (all [4]func() *rsa.PrivateKey) {
	for i := range all {
		all[i] = sync.OnceValue(func() *rsa.PrivateKey {
			k, err := rsa.GenerateKey(rand.Reader, 2048)
			if err != nil {
				panic(err)
			}
			return k
		})
	}
	return all
}()

// lender gives a world each of the pairs once, and then pairs of its own.
func lender() func() (*rsa.PrivateKey, error) {
	var mu sync.Mutex
	taken := 0
	return func() (*rsa.PrivateKey, error) {
		mu.Lock()
		defer mu.Unlock()
		if taken++; taken <= len(pairs)-1 {
			return pairs[taken-1](), nil
		}
		return rsa.GenerateKey(rand.Reader, 2048)
	}
}

// pair is a key that no pool has.
func pair() *rsa.PrivateKey { return pairs[len(pairs)-1]() }

// verifyByDiscovery verifies a token as somebody else's library does who knows the issuer and nothing else.
func (w *world) verifyByDiscovery(issuer, audience, raw string) map[string]any {
	w.t.Helper()
	provider, err := coreos.NewProvider(w.t.Context(), issuer)
	w.check(err)
	got, err := provider.Verifier(&coreos.Config{ClientID: audience, SupportedSigningAlgs: []string{"RS512"}, Now: w.now.Now}).Verify(w.t.Context(), raw)
	w.check(err)
	var out map[string]any
	w.check(got.Claims(&out))
	return out
}

// anonymous is a client of the security token service that signs nothing.
func (w *world) anonymous() *stssdk.Client {
	return stssdk.New(stssdk.Options{Region: region, BaseEndpoint: &w.url, RetryMaxAttempts: 1, Credentials: awssdk.AnonymousCredentials{}})
}

// assume exchanges a token for credentials of a role.
func (w *world) assume(role, token string, change ...func(*stssdk.AssumeRoleWithWebIdentityInput)) (*stssdk.AssumeRoleWithWebIdentityOutput, error) {
	in := &stssdk.AssumeRoleWithWebIdentityInput{RoleArn: &role, RoleSessionName: new("app"), WebIdentityToken: &token}
	for _, c := range change {
		c(in)
	}
	return w.anonymous().AssumeRoleWithWebIdentity(w.t.Context(), in)
}

func TestCredentialsOfAnIdentityTellWhoItIs(t *testing.T) {
	t.Parallel()
	w := newWorld(t, withRoles)
	pool := w.identityPool()
	w.setRoles(pool, nil)
	c := w.credentials(w.id(pool, w.logins("alice")), w.logins("alice"))
	if !c.Expires.Equal(born.Truncate(time.Second).Add(time.Hour)) {
		t.Errorf("they end at %s", c.Expires)
	}
	who, err := w.whoami(c)
	w.check(err)
	same(t, "account and ARN", []string{*who.Account, *who.Arn}, []string{accountID, "arn:aws:sts::123456789012:assumed-role/member/CognitoIdentityCredentials"})
	if !strings.HasSuffix(*who.UserId, ":CognitoIdentityCredentials") || !strings.HasPrefix(*who.UserId, "AROA") {
		t.Errorf("the user id is %s", *who.UserId)
	}
	root, err := w.whoami(w.root)
	w.check(err)
	same(t, "the root key", []string{*root.Account, *root.Arn, *root.UserId}, []string{accountID, "arn:aws:iam::123456789012:root", accountID})

	worse := c
	worse.SessionToken = c.SessionToken[:len(c.SessionToken)-2] + "AA"
	_, err = w.whoami(worse)
	w.refused("a changed token", err, "InvalidClientTokenId", "The security token included in the request is invalid.")
	worse = c
	worse.SecretAccessKey = strings.Repeat("a", 40)
	_, err = w.whoami(worse)
	w.refused("another secret", err, "SignatureDoesNotMatch", "")
	_, err = w.anonymous().GetCallerIdentity(t.Context(), &stssdk.GetCallerIdentityInput{})
	w.refused("no signature", err, "MissingAuthenticationToken", "Missing Authentication Token")
	w.now.Advance(time.Hour)
	_, err = w.whoami(c)
	w.refused("after its end", err, "ExpiredToken", "The security token included in the request is expired")
}

func TestATokenOfAnIdentityIsExchangedForCredentials(t *testing.T) {
	t.Parallel()
	w := newWorld(t, withRoles)
	pool := w.identityPool(guests, classic)
	alice := w.id(pool, w.logins("alice"))
	out, err := w.GetOpenIdToken(t.Context(), &sdk.GetOpenIdTokenInput{IdentityId: alice, Logins: w.logins("alice")})
	w.check(err)
	got, err := w.assume(memberRole, *out.Token, func(in *stssdk.AssumeRoleWithWebIdentityInput) { in.DurationSeconds = new(int32(900)) })
	w.check(err)
	same(t, "answer", []string{*got.SubjectFromWebIdentityToken, *got.Audience, *got.Provider, *got.AssumedRoleUser.Arn},
		[]string{*alice, *pool, sts.CognitoIdentity, "arn:aws:sts::123456789012:assumed-role/member/app"})
	if !got.Credentials.Expiration.Equal(born.Truncate(time.Second).Add(15 * time.Minute)) {
		t.Errorf("they end at %s", got.Credentials.Expiration)
	}
	c := awssdk.Credentials{AccessKeyID: *got.Credentials.AccessKeyId, SecretAccessKey: *got.Credentials.SecretAccessKey, SessionToken: *got.Credentials.SessionToken}
	who, err := w.whoami(c)
	w.check(err)
	same(t, "ARN", *who.Arn, *got.AssumedRoleUser.Arn)
	p, err := w.authority.Session(c.AccessKeyID, c.SessionToken)
	w.check(err)
	same(t, "identity", p.Identity.ID, *alice)

	const refused, bad, wrong = "AccessDenied", "InvalidIdentityToken", "ValidationError"
	const notAuthorized = "Not authorized to perform sts:AssumeRoleWithWebIdentity"
	_, err = w.assume(guestRole, *out.Token)
	w.refused("a role for guests", err, refused, notAuthorized)
	_, err = w.assume("arn:aws:iam::123456789012:role/nobody", *out.Token)
	w.refused("a role that nobody has made", err, refused, notAuthorized)
	_, err = w.assume(memberRole, *out.Token, func(in *stssdk.AssumeRoleWithWebIdentityInput) { in.DurationSeconds = new(int32(7200)) })
	w.refused("longer than the role allows", err, wrong, "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
	_, err = w.assume(memberRole, *out.Token, func(in *stssdk.AssumeRoleWithWebIdentityInput) { in.Policy = new("{") })
	w.refused("a broken policy", err, "MalformedPolicyDocument", "")
	_, err = w.assume(memberRole, *out.Token, func(in *stssdk.AssumeRoleWithWebIdentityInput) { in.ProviderId = new("graph.facebook.com") })
	w.refused("an access token of a provider", err, wrong, "")
	_, err = w.assume(memberRole, *out.Token, func(in *stssdk.AssumeRoleWithWebIdentityInput) { in.RoleSessionName = new("a/b") })
	w.refused("a bad session name", err, wrong, `1 validation error detected: Value 'a/b' at 'roleSessionName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\w+=,.@-]*`)
	_, err = w.assume("arn:aws:iam::123456789012:user/nobody", *out.Token)
	w.refused("what is no role", err, wrong, "Request ARN is invalid")
	for seconds, bound := range map[int32]string{899: "greater than or equal to 900", 43_201: "less than or equal to 43200"} {
		_, err = w.assume(memberRole, *out.Token, func(in *stssdk.AssumeRoleWithWebIdentityInput) { in.DurationSeconds = &seconds })
		w.refused("a duration out of bounds", err, wrong, fmt.Sprintf("1 validation error detected: Value '%d' at 'durationSeconds' failed to satisfy constraint: Member must have value %s", seconds, bound))
	}
	_, err = w.assume(memberRole, *out.Token, func(in *stssdk.AssumeRoleWithWebIdentityInput) { in.RoleSessionName = new("a") })
	w.refused("a short session name", err, wrong, "1 validation error detected: Value 'a' at 'roleSessionName' failed to satisfy constraint: Member must have length greater than or equal to 2")
	parts := strings.Split(*out.Token, ".")
	_, err = w.assume(memberRole, parts[0]+"."+parts[1]+"."+parts[2][:10]+"AAAA"+parts[2][14:])
	w.refused("another signature", err, bad, "Couldn't verify signed token.")
	_, err = w.assume(memberRole, "x.y.z")
	w.refused("no token", err, bad, "")
	_, err = w.DeleteIdentities(t.Context(), &sdk.DeleteIdentitiesInput{IdentityIdsToDelete: []string{*alice}})
	w.check(err)
	_, err = w.assume(memberRole, *out.Token)
	w.refused("an identity that is gone", err, bad, "Token is inactive")
	w.now.Advance(10 * time.Minute)
	_, err = w.assume(memberRole, *out.Token)
	end := born.Add(10 * time.Minute).Unix()
	w.refused("after its end", err, "ExpiredTokenException", fmt.Sprintf("Token expired: current date/time %d must be before the expiration date/time %d", end, end))
}

// TestTokensOfUserPoolsAreExchangedWhereARoleTrustsThem fails when a token for one app opens what is for another, or when one that
// was taken back still opens something.
func TestTokensOfUserPoolsAreExchangedWhereARoleTrustsThem(t *testing.T) {
	t.Parallel()
	const byAWS, byUs, key = "arn:aws:iam::123456789012:role/aws", "arn:aws:iam::123456789012:role/us", provider + ":aud"
	trust := func(principal, key, client string) string {
		return `{"Statement":{"Effect":"Allow","Principal":{"Federated":"arn:aws:iam::123456789012:oidc-provider/` + principal + `"},
			"Action":"sts:AssumeRoleWithWebIdentity","Condition":{"StringEquals":{"` + key + `":"` + client + `"}}}}`
	}
	w := newWorld(t, func(o *options) {
		o.roles = append(o.roles, sts.RoleConfig{ARN: byAWS, Trust: trust(provider, key, client)},
			sts.RoleConfig{ARN: byUs, Trust: trust(provider, key, "another")})
	})
	set := w.signIn("alice")
	got, err := w.assume(byAWS, set.ID)
	w.check(err)
	same(t, "answer", []string{*got.SubjectFromWebIdentityToken, *got.Audience, *got.Provider}, []string{subOf("alice"), client, "arn:aws:iam::123456789012:oidc-provider/" + provider})
	_, err = w.assume(byUs, set.ID)
	w.refused("a role for another client", err, "AccessDenied", "")
	_, err = w.assume(byAWS, set.Access)
	w.refused("an access token", err, "InvalidIdentityToken", "Missing a required claim: aud")
	w.check(w.sessions.Revoke(t.Context(), w.client, set.Refresh))
	_, err = w.assume(byAWS, set.ID)
	w.refused("a revoked token", err, "InvalidIdentityToken", "Token is inactive")
}

// TestTheQueryProtocolIsReadStrictly sends what no SDK sends.
func TestTheQueryProtocolIsReadStrictly(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, c := range []struct {
		what, method, query, body string
		status                    int
		code                      string
	}{
		{"no action", http.MethodPost, "", "Version=2011-06-15", 400, "MissingAction"},
		{"an unknown action", http.MethodPost, "", "Action=AssumeRole&Version=2011-06-15", 400, "InvalidAction"},
		{"another version", http.MethodPost, "", "Action=GetCallerIdentity&Version=2010-01-01", 400, "InvalidAction"},
		{"an action twice", http.MethodPost, "?Action=GetCallerIdentity", "Action=AssumeRoleWithWebIdentity", 400, "ValidationError"},
		{"a role twice", http.MethodPost, "", "Action=AssumeRoleWithWebIdentity&RoleArn=a&RoleArn=b", 400, "ValidationError"},
		{"nothing of what it needs", http.MethodGet, "?Action=AssumeRoleWithWebIdentity", "", 400, "ValidationError"},
		{"a broken form", http.MethodPost, "", "Action=%zz", 400, "ValidationError"},
		{"a huge form", http.MethodPost, "", "Action=GetCallerIdentity&x=" + strings.Repeat("a", 200_000), 400, "ValidationError"},
		{"managed policies", http.MethodPost, "", "Action=AssumeRoleWithWebIdentity&RoleArn=" + memberRole + "&RoleSessionName=abc&WebIdentityToken=abcd&PolicyArns.member.1.arn=x", 400, "ValidationError"},
	} {
		req, err := http.NewRequestWithContext(context.WithoutCancel(t.Context()), c.method, w.url+"/"+c.query, strings.NewReader(c.body))
		w.check(err)
		if c.method == http.MethodPost {
			req.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
		}
		res, err := http.DefaultClient.Do(req)
		w.check(err)
		raw, err := io.ReadAll(res.Body)
		w.check(err)
		res.Body.Close()
		if res.StatusCode != c.status || !strings.Contains(string(raw), "<Code>"+c.code+"</Code>") || res.Header.Get("Content-Type") != "text/xml" {
			t.Errorf("%s: %d %s, want %d %s", c.what, res.StatusCode, raw, c.status, c.code)
		}
	}
}

// TestDiscoveryNamesTheKeys reads what verifiers read.
func TestDiscoveryNamesTheKeys(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	read := func(path string) (out map[string]any) {
		res, err := http.Get(w.url + path)
		w.check(err)
		defer res.Body.Close()
		w.check(json.NewDecoder(res.Body).Decode(&out))
		return out
	}
	document := read("/identity/.well-known/openid-configuration")
	same(t, "document", []any{document["issuer"], document["jwks_uri"]}, []any{w.url + "/identity", w.url + "/identity/.well-known/jwks_uri"})
	keys, _ := read("/identity/.well-known/jwks_uri")["keys"].([]any)
	if len(keys) != 1 || keys[0].(map[string]any)["alg"] != "RS512" {
		t.Errorf("the keys are %v", keys)
	}
}
