package app

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"cognate.dev/cognate/internal/app/config"
	"cognate.dev/cognate/internal/audit"
	"cognate.dev/cognate/internal/front/aws"
	"cognate.dev/cognate/internal/password"
)

// BenchmarkAudit shows what the audit log costs a read, which it does not record, and a sign-in by many at once, on SQLite
// on a disk, with passwords that cost next to nothing: compare on with off.
func BenchmarkAudit(b *testing.B) {
	for _, mode := range []string{audit.Off, "on"} {
		cfg := config.Default()
		cfg.Data, cfg.Password, cfg.Audit.Mode = b.TempDir(), password.Params{MemoryKiB: 8, Time: 1, Threads: 1}, mode
		cfg.Rates.Mode = "off"
		h, err := build(b.Context(), cfg, "http://127.0.0.1", io.Discard)
		if err != nil {
			b.Fatal(err)
		}
		h.auth = aws.AcceptAny()
		if err := h.open(b.Context()); err != nil {
			b.Fatal(err)
		}
		call := func(operation, body string) string {
			r := httptest.NewRequestWithContext(b.Context(), http.MethodPost, "/", strings.NewReader(body))
			r.Header.Set("Content-Type", "application/x-amz-json-1.1")
			r.Header.Set("X-Amz-Target", "AWSCognitoIdentityProviderService."+operation)
			r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE/20260101/eu-west-1/cognito-idp/aws4_request, SignedHeaders=host, Signature=00")
			r.Header.Set("X-Amz-Date", "20260101T000000Z")
			w := httptest.NewRecorder()
			h.main.ServeHTTP(w, r)
			if w.Code != http.StatusOK {
				b.Fatalf("%s: %s", operation, w.Body)
			}
			return w.Body.String()
		}
		pool := text(call("CreateUserPool", `{"PoolName":"shop"}`), "Id")
		client := text(call("CreateUserPoolClient", `{"UserPoolId":"`+pool+`","ClientName":"web","ExplicitAuthFlows":["ALLOW_USER_PASSWORD_AUTH","ALLOW_REFRESH_TOKEN_AUTH"]}`), "ClientId")
		call("AdminCreateUser", `{"UserPoolId":"`+pool+`","Username":"dana","MessageAction":"SUPPRESS"}`)
		call("AdminSetUserPassword", `{"UserPoolId":"`+pool+`","Username":"dana","Password":"Correct-Horse1","Permanent":true}`)
		signIn := func() string {
			return call("InitiateAuth", `{"ClientId":"`+client+`","AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"USERNAME":"dana","PASSWORD":"Correct-Horse1"}}`)
		}
		access := text(signIn(), "AccessToken")
		b.Run("GetUser/"+mode, func(b *testing.B) {
			for b.Loop() {
				call("GetUser", `{"AccessToken":"`+access+`"}`)
			}
		})
		b.Run("SignInAlone/"+mode, func(b *testing.B) {
			for b.Loop() {
				signIn()
			}
		})
		b.Run("SignInOfMany/"+mode, func(b *testing.B) {
			b.SetParallelism(16)
			b.RunParallel(func(p *testing.PB) {
				for p.Next() {
					signIn()
				}
			})
		})
		if err := h.close(context.Background()); err != nil {
			b.Fatal(err)
		}
	}
}
