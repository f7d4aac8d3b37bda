package trigger_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/federation"
	"cognate.dev/cognate/internal/trigger"
	"cognate.dev/cognate/internal/trigger/event"
)

// federated lets a function see whom outside providers send.
func federated(p *directory.PoolSpec, _ *directory.ClientSpec) {
	p.Lambda.Versioned = map[string]directory.VersionedLambda{"InboundFederation": {Version: "V1_0", ARN: arn}}
}

func arrival(w *world) trigger.Arrival {
	return trigger.Arrival{
		Pool: w.pool, Client: w.client, Provider: "Corporate", Type: federation.OIDC, Username: "Corporate_123",
		Said: event.InboundAttributes{
			TokenResponse: map[string]string{"access_token": "eyJ", "token_type": "Bearer", "expires_in": "3600"},
			IDToken:       map[string]string{"sub": "123", "email": "alice@example.com"}, UserInfo: map[string]string{"given_name": "Alice"},
		},
	}
}

func TestInboundFederationReplacesWhatTheProviderSaid(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		says any
		want map[string]string
		kind fault.Subject
	}{
		"all of it":     {map[string]any{"userAttributesToMap": map[string]any{"email": "a@example.com"}}, map[string]string{"email": "a@example.com"}, ""},
		"nothing":       {map[string]any{"userAttributesToMap": map[string]any{}}, nil, ""},
		"another shape": {map[string]any{"userAttributesToMap": []any{"email"}}, nil, fault.LambdaResponse},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, federated)
			w.functions[event.InboundFromProvider] = func(e map[string]any) (any, error) {
				e["response"] = c.says
				return e, nil
			}
			got, err := w.triggers.Inbound(t.Context(), arrival(w))
			if (err != nil) != (c.kind != "") || err != nil && !fault.Is(err, fault.Invalid, c.kind) {
				t.Error(err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
	w := newWorld(t)
	if got, err := w.triggers.Inbound(t.Context(), arrival(w)); got != nil || err != nil || len(w.seen()) != 0 {
		t.Errorf("a pool without the function: %v, %v", got, err)
	}
}
