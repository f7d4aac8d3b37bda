package story

import (
	"context"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/rogpeppe/go-internal/testscript"
)

// claims checks a token as a relying party would: discovery, key set, signature, issuer, expiry.
func claims(ctx context.Context, issuer, raw string) (map[string]any, error) {
	provider, err := oidc.NewProvider(ctx, issuer)
	if err != nil {
		return nil, err
	}
	// An access token of Cognito has no aud; who verifies one checks client_id instead.
	token, err := provider.VerifierContext(ctx, &oidc.Config{SkipClientIDCheck: true}).Verify(ctx, raw)
	if err != nil {
		return nil, err
	}
	out := map[string]any{}
	return out, token.Claims(&out)
}

func verify(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 1 {
		ts.Fatalf("usage: verify TOKEN")
	}
	got, err := claims(patience(ts), of(ts).server.cognito+"/"+ts.Getenv("POOL"), args[0])
	if (err != nil) != neg {
		ts.Fatalf("verify: %v", err)
	}
	if err == nil && got["token_use"] != "id" && got["token_use"] != "access" {
		ts.Fatalf("token_use is %v", got["token_use"])
	}
}
