package cognitoidentity_test

import (
	"context"
	"crypto/tls"
	"encoding/base64"
	"strings"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/service/cognitoidentity"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentity/types"
	stssdk "github.com/aws/aws-sdk-go-v2/service/sts"
	ststypes "github.com/aws/aws-sdk-go-v2/service/sts/types"
	"github.com/beevik/etree"
	dsig "github.com/russellhaering/goxmldsig"

	"cognate.dev/cognate/internal/federation"
	"cognate.dev/cognate/internal/federation/metadata"
	"cognate.dev/cognate/internal/federation/saml"
	"cognate.dev/cognate/internal/identitypool"
	"cognate.dev/cognate/internal/kit/selfsigned"
	"cognate.dev/cognate/internal/sts"
)

// assertions are SAML providers by name.
type assertions struct {
	*saml.Connector
	logins map[string]saml.Login
}

func (a assertions) providers() (list []identitypool.SAMLProvider) {
	for name := range a.logins {
		list = append(list, identitypool.SAMLProvider{Name: name, Recipient: acs})
	}
	return list
}

func (a assertions) VerifyAssertion(ctx context.Context, provider, response string) (*identitypool.Asserted, error) {
	said, err := a.Connector.VerifyAssertion(ctx, a.logins[provider], response)
	if err != nil {
		return nil, err
	}
	return new(identitypool.Asserted(*said)), nil
}

const (
	entity = "https://idp.example.com/saml"
	acs    = "https://app.example.com/acs"
	saml1  = "arn:aws:iam::123456789012:saml-provider/staff"
	saml2  = "arn:aws:iam::123456789012:saml-provider/customers"
)

// withSAML adds two providers, which have one key between them and are for different audiences.
func withSAML(t *testing.T) func(*options) {
	t.Helper()
	der, err := selfsigned.Certificate(pair(), "idp.example.com", born.Add(-time.Hour), 10)
	if err != nil {
		t.Fatal(err)
	}
	provider := func(name string) saml.Login {
		return saml.Login{Audience: "urn:" + name, Recipient: acs, Provider: &federation.Provider{Name: name, Type: federation.SAML, Metadata: &metadata.Metadata{
			EntityID: entity, SSORedirect: "https://idp.example.com/sso", Certificates: []string{base64.StdEncoding.EncodeToString(der)}}}}
	}
	return func(o *options) {
		o.saml = map[string]saml.Login{"staff": provider("staff"), "customers": provider("customers")}
	}
}

// awsAttribute is an attribute of an assertion for the security token service.
func awsAttribute(name string, values ...string) string {
	out := `<saml:Attribute Name="https://aws.amazon.com/SAML/Attributes/` + name + `">`
	for _, v := range values {
		out += `<saml:AttributeValue>` + v + `</saml:AttributeValue>`
	}
	return out + `</saml:Attribute>`
}

// asserts is a response of the provider about somebody, for an audience; attributes are more of them.
func (w *world) asserts(name, audience string, attributes ...string) string {
	w.t.Helper()
	now, end := w.now.Now().UTC().Format(time.RFC3339), w.now.Now().Add(5*time.Minute).UTC().Format(time.RFC3339)
	format := "persistent"
	if strings.HasPrefix(name, "_") {
		format = "transient"
	}
	doc := etree.NewDocument()
	w.check(doc.ReadFromString(`<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="_r" Version="2.0" IssueInstant="` + now +
		`" Destination="` + acs + `"><saml:Issuer>` + entity + `</saml:Issuer><samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status>` +
		`<saml:Assertion ID="_a" Version="2.0" IssueInstant="` + now + `"><saml:Issuer>` + entity + `</saml:Issuer><saml:Subject><saml:NameID Format="urn:oasis:names:tc:SAML:2.0:nameid-format:` + format + `">` + name + `</saml:NameID>` +
		`<saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><saml:SubjectConfirmationData Recipient="` + acs + `" NotOnOrAfter="` + end + `"/></saml:SubjectConfirmation></saml:Subject>` +
		`<saml:Conditions NotOnOrAfter="` + end + `"><saml:AudienceRestriction><saml:Audience>` + audience + `</saml:Audience></saml:AudienceRestriction></saml:Conditions>` +
		`<saml:AuthnStatement AuthnInstant="` + now + `"><saml:AuthnContext><saml:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:Password</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement>` +
		`<saml:AttributeStatement><saml:Attribute Name="groups"><saml:AttributeValue>a</saml:AttributeValue><saml:AttributeValue>admins</saml:AttributeValue></saml:Attribute>` +
		`<saml:Attribute Name="team"><saml:AttributeValue>blue</saml:AttributeValue></saml:Attribute>` + strings.Join(attributes, "") + `</saml:AttributeStatement></saml:Assertion></samlp:Response>`))
	der, err := selfsigned.Certificate(pair(), "idp.example.com", born.Add(-time.Hour), 10)
	w.check(err)
	c := dsig.NewDefaultSigningContext(dsig.TLSCertKeyStore(tls.Certificate{Certificate: [][]byte{der}, PrivateKey: pair()}))
	c.Canonicalizer = dsig.MakeC14N10ExclusiveCanonicalizerWithPrefixList("")
	w.check(c.SetSignatureMethod(dsig.RSASHA256SignatureMethod))
	signed, err := c.SignEnveloped(doc.Root())
	w.check(err)
	doc.SetRoot(signed)
	raw, err := doc.WriteToBytes()
	w.check(err)
	return base64.StdEncoding.EncodeToString(raw)
}

// TestPeopleComeWithAssertions fails when an assertion that is for another provider of the same company counts, or says nothing about
// roles and tags.
func TestPeopleComeWithAssertions(t *testing.T) {
	t.Parallel()
	w := newWorld(t, withRoles, withSAML(t))
	pool := w.identityPool(func(in *sdk.CreateIdentityPoolInput) { in.SamlProviderARNs = []string{saml1, saml2} }, classic)
	got, err := w.DescribeIdentityPool(t.Context(), &sdk.DescribeIdentityPoolInput{IdentityPoolId: pool})
	w.check(err)
	same(t, "SAML providers", got.SamlProviderARNs, []string{saml1, saml2})
	w.setRoles(pool, map[string]types.RoleMapping{saml1: rule("groups", "admins")})
	_, err = w.SetPrincipalTagAttributeMap(t.Context(), &sdk.SetPrincipalTagAttributeMapInput{IdentityPoolId: pool, IdentityProviderName: new(saml1), PrincipalTags: map[string]string{"team": "team"}})
	w.check(err)
	logins := map[string]string{saml1: w.asserts("ann", "urn:staff")}
	ann := w.id(pool, logins)
	c := w.credentials(ann, logins)
	who, err := w.authority.Session(c.AccessKeyID, c.SessionToken)
	w.check(err)
	same(t, "role, tags and amr", []any{who.Role, who.Tags, who.Identity.AMR}, []any{adminRole, map[string]string{"team": "blue"}, []string{"authenticated", saml1, saml1 + ":ann"}})
	if other := w.id(pool, map[string]string{saml2: w.asserts("ann", "urn:customers")}); *other == *ann {
		t.Error("ann of another provider is ann")
	}
	out, err := w.GetOpenIdToken(t.Context(), &sdk.GetOpenIdTokenInput{IdentityId: ann, Logins: logins})
	w.check(err)
	if _, err := w.assume(memberRole, *out.Token); err != nil {
		t.Errorf("the classic flow: %v", err)
	}
	const denied, bad = "NotAuthorizedException", "Invalid login token. Invalid SAML response received: Audience restriction does not match"
	for what, l := range map[string]map[string]string{
		"for another provider": {saml2: logins[saml1]}, "for AWS": {saml1: w.asserts("ann", "urn:amazon:webservices")},
	} {
		_, err := w.GetId(t.Context(), &sdk.GetIdInput{IdentityPoolId: pool, Logins: l})
		w.refused(what, err, denied, bad)
	}
	_, err = w.GetId(t.Context(), &sdk.GetIdInput{IdentityPoolId: pool, Logins: map[string]string{saml1: w.asserts("_once", "urn:staff")}})
	w.refused("a name for once", err, denied, "Invalid login token. The NameID is transient, and says nothing about who it is.")
	_, err = w.GetId(t.Context(), &sdk.GetIdInput{IdentityPoolId: w.identityPool(), Logins: logins})
	w.refused("a pool that does not take it", err, denied, "Token is not from a supported provider of this identity pool.")
	w.now.Advance(10 * time.Minute)
	_, err = w.GetId(t.Context(), &sdk.GetIdInput{IdentityPoolId: pool, Logins: logins})
	w.refused("after its end", err, denied, "")
}

// samlRole is a role that trusts a SAML provider, under conditions.
func samlRole(name, conditions string) sts.RoleConfig {
	return sts.RoleConfig{ARN: "arn:aws:iam::123456789012:role/" + name, MaxSession: 2 * time.Hour, Trust: `{"Statement":{"Effect":"Allow","Principal":{"Federated":"` + saml1 + `"},
		"Action":["sts:AssumeRoleWithSAML","sts:TagSession"],"Condition":{` + conditions + `}}}`}
}

// TestAnAssertionIsExchangedForARoleThatItOffers fails when who has an assertion gets a role that the provider did not offer, or one that
// does not trust it.
func TestAnAssertionIsExchangedForARoleThatItOffers(t *testing.T) {
	t.Parallel()
	const own = `"StringEquals":{"saml:aud":"` + acs + `"}`
	w := newWorld(t, withRoles, withSAML(t), func(o *options) {
		o.roles = append(o.roles, samlRole("reader", own+`,"StringLike":{"saml:iss":"`+entity+`","saml:sub":"*","saml:sub_type":"*"}`),
			samlRole("elsewhere", `"StringEquals":{"saml:aud":"https://signin.aws.amazon.com/saml"}`), samlRole("persistent", own+`,"StringLike":{"saml:sub_type":"persistent"}`))
		web := samlRole("web", own)
		web.Trust = strings.Replace(web.Trust, "AssumeRoleWithSAML", "AssumeRoleWithWebIdentity", 1)
		o.roles = append(o.roles, web)
	})
	role := func(name string) string { return "arn:aws:iam::123456789012:role/" + name }
	offer := func(name, provider string) string { return role(name) + "," + provider }
	session := awsAttribute("RoleSessionName", "ann@example.com")
	exchange := func(name, response string, change ...func(*stssdk.AssumeRoleWithSAMLInput)) (*stssdk.AssumeRoleWithSAMLOutput, error) {
		in := &stssdk.AssumeRoleWithSAMLInput{RoleArn: new(role(name)), PrincipalArn: new(saml1), SAMLAssertion: &response}
		for _, c := range change {
			c(in)
		}
		return w.anonymous().AssumeRoleWithSAML(t.Context(), in)
	}
	good := w.asserts("ann", "urn:staff", session, awsAttribute("Role", offer("writer", saml1), saml1+" , "+role("reader")), awsAttribute("PrincipalTag:team", "blue"))
	got, err := exchange("reader", good)
	w.check(err)
	same(t, "answer", []string{*got.Subject, *got.SubjectType, *got.Issuer, *got.Audience, *got.AssumedRoleUser.Arn},
		[]string{"ann", "persistent", entity, acs, "arn:aws:sts::123456789012:assumed-role/reader/ann@example.com"})
	who, err := w.authority.Session(*got.Credentials.AccessKeyId, *got.Credentials.SessionToken)
	w.check(err)
	same(t, "tags", who.Tags, map[string]string{"team": "blue"})
	same(t, "keys of policies", w.authority.Keys(who)["saml:sub"], []string{"ann"})
	short, err := exchange("reader", w.asserts("_x", "urn:staff", session, awsAttribute("Role", offer("reader", saml1)), awsAttribute("SessionDuration", "900")),
		func(in *stssdk.AssumeRoleWithSAMLInput) { in.DurationSeconds = new(int32(7200)) })
	w.check(err)
	if left := short.Credentials.Expiration.Sub(w.now.Now()); left > 15*time.Minute || left < 14*time.Minute {
		t.Errorf("the provider allows 15 minutes, and it is %s", left)
	}
	const refused, bad = "AccessDenied", "InvalidIdentityToken"
	all := awsAttribute("Role", offer("reader", saml1), offer("elsewhere", saml1), offer("persistent", saml1), offer("web", saml1), offer("member", saml1))
	for what, c := range map[string]struct {
		role, response, code string
		change               func(*stssdk.AssumeRoleWithSAMLInput)
	}{
		"a role that is not offered":      {"persistent", good, bad, nil},
		"a role of another provider":      {"reader", w.asserts("ann", "urn:staff", session, awsAttribute("Role", offer("reader", saml2))), bad, nil},
		"no role":                         {"reader", w.asserts("ann", "urn:staff", session), bad, nil},
		"no session name":                 {"reader", w.asserts("ann", "urn:staff", all), bad, nil},
		"a bad session name":              {"reader", w.asserts("ann", "urn:staff", all, awsAttribute("RoleSessionName", "a b")), "ValidationError", nil},
		"a bad duration":                  {"reader", w.asserts("ann", "urn:staff", session, all, awsAttribute("SessionDuration", "1e9")), bad, nil},
		"for another audience":            {"reader", w.asserts("ann", "urn:amazon:webservices", session, all), bad, nil},
		"of another provider":             {"reader", good, bad, func(in *stssdk.AssumeRoleWithSAMLInput) { in.PrincipalArn = new(saml2) }},
		"of a provider that nobody named": {"reader", good, bad, func(in *stssdk.AssumeRoleWithSAMLInput) { in.PrincipalArn = new(saml1 + "x") }},
		"a role for another place":        {"elsewhere", w.asserts("ann", "urn:staff", session, all), refused, nil},
		"a role for names that last":      {"persistent", w.asserts("_x", "urn:staff", session, all), refused, nil},
		"a role for tokens":               {"web", w.asserts("ann", "urn:staff", session, all), refused, nil},
		"a role for identity pools":       {"member", w.asserts("ann", "urn:staff", session, all), refused, nil},
		"longer than the role":            {"reader", good, "ValidationError", func(in *stssdk.AssumeRoleWithSAMLInput) { in.DurationSeconds = new(int32(7201)) }},
		"what is no response":             {"reader", "PHg+", bad, nil},
		"policies that nobody would obey": {"reader", good, "ValidationError", func(in *stssdk.AssumeRoleWithSAMLInput) {
			in.PolicyArns = []ststypes.PolicyDescriptorType{{Arn: new("arn:aws:iam::aws:policy/ReadOnlyAccess")}}
		}},
		"an assertion in place of a token": {"reader", w.signIn("alice").ID, bad, nil},
	} {
		var change []func(*stssdk.AssumeRoleWithSAMLInput)
		if c.change != nil {
			change = append(change, c.change)
		}
		_, err := exchange(c.role, c.response, change...)
		w.refused(what, err, c.code, "")
	}
}
