package app

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"cognate.dev/cognate/internal/app/caller"
	"cognate.dev/cognate/internal/app/config"
	"cognate.dev/cognate/internal/audit"
	"cognate.dev/cognate/internal/kit/iampolicy"
	"cognate.dev/cognate/internal/sts"
)

// TestTheGatewayKnowsWhoHasTemporaryCredentials fails when a route with the authorizer AWS_IAM takes who has signed in to an app
// for an administrator, or does not ask the role.
func TestTheGatewayKnowsWhoHasTemporaryCredentials(t *testing.T) {
	t.Parallel()
	const role, pool, identity = "arn:aws:iam::000000000000:role/member", "us-east-1:11111111-2222-4333-8444-555555555555", "us-east-1:99999999-2222-4333-8444-555555555555"
	cfg := config.Default()
	cfg.Data, cfg.Audit.Mode = t.TempDir(), "off"
	cfg.Roles = []sts.RoleConfig{{
		ARN: role,
		Trust: `{"Statement":{"Effect":"Allow","Principal":{"Federated":"cognito-identity.amazonaws.com"},"Action":"sts:AssumeRoleWithWebIdentity",
			"Condition":{"StringEquals":{"cognito-identity.amazonaws.com:aud":"` + pool + `"}}}}`,
		Policy: `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"execute-api:Invoke","Resource":"*/people/${cognito-identity.amazonaws.com:sub}"}}`,
	}}
	h, err := build(t.Context(), cfg, "http://127.0.0.1", io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.store.Close() })
	h.auth = caller.Signatures(h.authority, h.clock.Now)
	amr := []string{"authenticated", "p", "p:CognitoSignIn:s"}
	c, err := h.sessions.Assume(t.Context(), sts.Ask{Role: role, Session: "CognitoIdentityCredentials", Web: sts.WebIdentity{
		Names: []string{sts.CognitoIdentity}, Subject: identity, Audience: pool, AMR: amr, Identity: sts.Identity{ID: identity, Pool: pool, AMR: amr},
	}})
	if err != nil {
		t.Fatal(err)
	}
	signed := func(secret string) *http.Request {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "https://api.example.com/prod/people/x", http.NoBody)
		sum := sha256.Sum256(nil)
		if err := v4.NewSigner().SignHTTP(t.Context(), awssdk.Credentials{AccessKeyID: c.AccessKeyID, SecretAccessKey: secret, SessionToken: c.Token},
			r, hex.EncodeToString(sum[:]), "execute-api", "us-east-1", time.Now()); err != nil {
			t.Fatal(err)
		}
		return r
	}
	s := caller.Signers{Authority: h.authority, Auth: h.auth}
	who, err := s.Signer(signed(c.Secret), nil)
	if err != nil {
		t.Fatal(err)
	}
	if who.ARN != "arn:aws:sts::000000000000:assumed-role/member/CognitoIdentityCredentials" || who.Identity == nil || who.Identity.ID != identity ||
		who.Identity.PoolID != pool || who.Identity.Type != "authenticated" || who.Identity.Provider != "p,p:CognitoSignIn:s" {
		t.Errorf("the signer is %+v, %+v", who, who.Identity)
	}
	if got := who.Keys["aws:principalarn"]; len(got) != 1 || got[0] != role || who.Keys["cognito-identity.amazonaws.com:sub"][0] != identity {
		t.Errorf("policies of APIs are told %v", who.Keys)
	}
	for resource, want := range map[string]iampolicy.Effect{"a/people/" + identity: iampolicy.Allow, "a/people/x": iampolicy.Silent} {
		if got := who.May(iampolicy.Request{Action: "execute-api:Invoke", Resource: resource}); got != want {
			t.Errorf("%s: %v, want %v", resource, got, want)
		}
	}
	if _, err := s.Signer(signed("another"), nil); err == nil {
		t.Error("another secret signs")
	}
}

// TestWhoGotTemporaryCredentialsIsRecordedAndNoSecretIs plays an administrator and a guest of an identity pool, and reads the log.
func TestWhoGotTemporaryCredentialsIsRecordedAndNoSecretIs(t *testing.T) {
	t.Parallel()
	const role = "arn:aws:iam::000000000000:role/guest"
	l := newLedger(t, func(c *Config) {
		c.Roles = []sts.RoleConfig{{ARN: role, Trust: `{"Statement":{"Effect":"Allow","Principal":{"Federated":"cognito-identity.amazonaws.com"},
			"Action":"sts:AssumeRoleWithWebIdentity","Condition":{"StringLike":{"cognito-identity.amazonaws.com:aud":"eu-west-1:*"}}}}`}}
	})
	call := func(signed bool, operation, body string) string {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, l.server.URL+"/", strings.NewReader(body))
		l.check(err)
		req.Header.Set("Content-Type", "application/x-amz-json-1.1")
		req.Header.Set("X-Amz-Target", "AWSCognitoIdentityService."+operation)
		if signed {
			req.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential="+auditKey+"/20260101/eu-west-1/cognito-identity/aws4_request, SignedHeaders=host, Signature=00")
			req.Header.Set("X-Amz-Date", "20260101T000000Z")
		}
		return l.read(l.server.Client().Do(req))
	}
	pool := text(call(true, "CreateIdentityPool", `{"IdentityPoolName":"app","AllowUnauthenticatedIdentities":true,"AllowClassicFlow":true}`), "IdentityPoolId")
	call(true, "SetIdentityPoolRoles", `{"IdentityPoolId":"`+pool+`","Roles":{"unauthenticated":"`+role+`"}}`)
	guest := text(call(false, "GetId", `{"IdentityPoolId":"`+pool+`"}`), "IdentityId")
	given := call(false, "GetCredentialsForIdentity", `{"IdentityId":"`+guest+`"}`)
	token := text(call(false, "GetOpenIdToken", `{"IdentityId":"`+guest+`"}`), "Token")
	assumed := l.post("/", url.Values{"Action": {"AssumeRoleWithWebIdentity"}, "RoleArn": {role}, "RoleSessionName": {"app"}, "WebIdentityToken": {token}})
	l.post("/", url.Values{"Action": {"AssumeRoleWithWebIdentity"}, "RoleArn": {role + "2"}, "RoleSessionName": {"app"}, "WebIdentityToken": {token}})
	call(true, "DeleteIdentities", `{"IdentityIdsToDelete":["`+guest+`"]}`)

	admin, anyone := audit.Actor{Kind: audit.Key, ID: auditKey}, audit.Actor{Kind: audit.Anyone}
	for _, c := range []struct {
		operation, resource, detail, value string
		actor                              audit.Actor
	}{
		{"CreateIdentityPool", "IdentityPoolId/" + pool, "", "", admin},
		{"SetIdentityPoolRoles", "IdentityPoolId/" + pool, "", "", admin},
		{"GetId", "IdentityPoolId/" + pool, "IdentityId", guest, anyone},
		{"GetCredentialsForIdentity", "IdentityId/" + guest, "AccessKeyId", text(given, "AccessKeyId"), anyone},
		{"GetOpenIdToken", "IdentityId/" + guest, "IdentityId", guest, anyone},
		{"DeleteIdentities", "", "IdentityIds", guest, admin},
	} {
		list := l.records(c.operation)
		if len(list) != 1 {
			t.Errorf("%s has %d records", c.operation, len(list))
			continue
		}
		if r := list[0]; r.Outcome != audit.OK || r.Actor != c.actor || r.Resource != c.resource || r.Detail[c.detail] != c.value {
			t.Errorf("%s: %+v", c.operation, r)
		}
	}
	list := l.records("AssumeRoleWithWebIdentity") // newest first
	if len(list) != 2 || list[0].Outcome != "AccessDenied" || list[1].Outcome != audit.OK || list[1].Resource != "RoleArn/"+role || list[1].Detail["Subject"] != guest ||
		!strings.Contains(assumed, list[1].Detail["AccessKeyId"]) || list[1].Front != "sts" {
		t.Errorf("AssumeRoleWithWebIdentity: %+v", list)
	}
	rows, err := l.h.store.FindAudit(t.Context(), audit.Query{Limit: 100})
	l.check(err)
	_, secret, _ := strings.Cut(assumed, "<SecretAccessKey>")
	for _, row := range rows {
		for _, hidden := range []string{text(given, "SecretKey"), text(given, "SessionToken"), token, secret[:40]} {
			if len(hidden) < 40 || strings.Contains(row.Doc, hidden) {
				t.Errorf("%s holds a secret, or there is none", row.Operation)
			}
		}
	}
}
