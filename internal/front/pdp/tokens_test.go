package pdp_test

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/go-jose/go-jose/v4"

	"cognate.dev/cognate/internal/auxdata"
	"cognate.dev/cognate/internal/front/pdp"
	"cognate.dev/cognate/internal/kit/clock"
	"cognate.dev/cognate/internal/policy"
	"cognate.dev/cognate/internal/policy/cerbos"
)

// compiled makes a decider of policies that a test writes.
func compiled(t testing.TB, policies ...string) policy.Decider {
	t.Helper()
	files := fstest.MapFS{}
	for i, text := range policies {
		files[fmt.Sprintf("%d.yaml", i)] = &fstest.MapFile{Data: []byte(text)}
	}
	engine, err := cerbos.New(policy.Config{})
	if err != nil {
		t.Fatal(err)
	}
	d, err := engine.Compile(t.Context(), files)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

const byTenant = `
apiVersion: api.cerbos.dev/v1
resourcePolicy:
  resource: doc
  version: default
  rules:
    - actions: [read]
      effect: EFFECT_ALLOW
      roles: ["*"]
      condition: {match: {expr: request.auxData.jwt.tenant == R.attr.tenant}}
`

func TestPoliciesSeeTheClaimsOfVerifiedTokensOnly(t *testing.T) {
	t.Parallel()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	set, err := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: public, Algorithm: "EdDSA", KeyID: "k"}}})
	if err != nil {
		t.Fatal(err)
	}
	tokens, err := auxdata.New(auxdata.Config{KeySets: []auxdata.KeySet{{ID: "a", Data: base64.StdEncoding.EncodeToString(set)}}}, nil, nil, clock.System)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.EdDSA, Key: private}, (&jose.SignerOptions{}).WithHeader("kid", "k"))
	if err != nil {
		t.Fatal(err)
	}
	signed, err := signer.Sign([]byte(`{"tenant":"t1"}`))
	if err != nil {
		t.Fatal(err)
	}
	token, err := signed.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	s := &server{Server: pdp.New(pdp.Config{}, pdp.Parts{Decider: compiled(t, byTenant), Tokens: tokens})}
	ask := func(token, tenant string) (int, string) {
		w := s.do(http.MethodPost, "/api/check/resources", fmt.Sprintf(`{"principal":{"id":"x","roles":["y"]},"auxData":{"jwt":{"token":%q}},
			"resources":[{"actions":["read"],"resource":{"kind":"doc","id":"1","attr":{"tenant":%q}}}]}`, token, tenant))
		return w.Code, w.Body.String()
	}
	if code, body := ask(token, "t1"); code != http.StatusOK || !strings.Contains(body, "EFFECT_ALLOW") {
		t.Errorf("its own tenant: %d %s", code, body)
	}
	if code, body := ask(token, "t2"); code != http.StatusOK || strings.Contains(body, "EFFECT_ALLOW") {
		t.Errorf("another tenant: %d %s", code, body)
	}
	if code, body := ask(token+"x", "t1"); code != http.StatusBadRequest || strings.ReplaceAll(body, " ", "") != `{"code":3,"message":"invalidauxData"}` {
		t.Errorf("a forged token: %d %s", code, body)
	}
	plan := s.do(http.MethodPost, "/api/plan/resources", fmt.Sprintf(`{"action":"read","principal":{"id":"x","roles":["y"]},"resource":{"kind":"doc"},"auxData":{"jwt":{"token":%q}}}`, token))
	if plan.Code != http.StatusOK || !strings.Contains(plan.Body.String(), `"t1"`) {
		t.Errorf("plan: %d %s", plan.Code, plan.Body)
	}
}
