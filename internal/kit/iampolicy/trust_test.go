package iampolicy_test

import (
	"testing"

	"cognate.dev/cognate/internal/kit/iampolicy"
)

const (
	cognito = "cognito-identity.amazonaws.com"
	aud     = cognito + ":aud"
	assume  = "sts:AssumeRoleWithWebIdentity"
)

func trust(t *testing.T, statement string) *iampolicy.Trust {
	t.Helper()
	got, err := iampolicy.ParseTrust([]byte(`{"Version":"2012-10-17","Statement":` + statement + `}`))
	if err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
	return got
}

func audienceOf(principal string) string { return principal + ":aud" }

func TestATrustPolicyLetsInWhomItNamesUnderItsConditions(t *testing.T) {
	t.Parallel()
	one := trust(t, `{"Effect":"Allow","Principal":{"Federated":"`+cognito+`"},"Action":"`+assume+`",
		"Condition":{"StringEquals":{"`+aud+`":"pool"},"ForAnyValue:StringLike":{"`+cognito+`:amr":"authenticated"}}}`)
	for _, c := range []struct {
		what, kind, name, action, pool string
		amr                            []string
		want                           iampolicy.Effect
	}{
		{"whom it names", "Federated", cognito, assume, "pool", []string{"authenticated", "x"}, iampolicy.Allow},
		{"another pool", "Federated", cognito, assume, "other", []string{"authenticated"}, iampolicy.Silent},
		{"a guest", "Federated", cognito, assume, "pool", []string{"unauthenticated"}, iampolicy.Silent},
		{"nothing known of how", "Federated", cognito, assume, "pool", nil, iampolicy.Silent},
		{"another provider", "Federated", "accounts.google.com", assume, "pool", []string{"authenticated"}, iampolicy.Silent},
		{"another type of principal", "AWS", cognito, assume, "pool", []string{"authenticated"}, iampolicy.Silent},
		{"another action", "Federated", cognito, "sts:TagSession", "pool", []string{"authenticated"}, iampolicy.Silent},
	} {
		got := one.Evaluate(map[string][]string{c.kind: {c.name}}, iampolicy.Request{
			Action: c.action, Keys: map[string][]string{aud: {c.pool}, cognito + ":amr": c.amr},
		})
		if got != c.want {
			t.Errorf("%s: %v, want %v", c.what, got, c.want)
		}
	}
	two := trust(t, `[{"Effect":"Allow","Principal":"*","Action":"*"},
		{"Effect":"Deny","Principal":{"Federated":["`+cognito+`"]},"Action":"*"}]`)
	for name, want := range map[string]iampolicy.Effect{cognito: iampolicy.Deny, "accounts.google.com": iampolicy.Allow} {
		if got := two.Evaluate(map[string][]string{"Federated": {name}}, iampolicy.Request{Action: assume}); got != want {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
	if got := one.Unconditioned("Federated", audienceOf); got != "" {
		t.Errorf("the condition on the audience of %s is not seen", got)
	}
}

// TestATrustPolicyThatAsksForNoAudienceIsFound fails when a role could be taken on with tokens that are for somebody else.
func TestATrustPolicyThatAsksForNoAudienceIsFound(t *testing.T) {
	t.Parallel()
	for _, open := range []string{
		`{"Effect":"Allow","Principal":"*","Action":"` + assume + `"}`,
		`{"Effect":"Allow","Principal":{"Federated":"*"},"Action":"*","Condition":{"StringEquals":{"` + aud + `":"x"}}}`,
		`{"Effect":"Allow","Principal":{"Federated":"` + cognito + `"},"Action":"*"}`,
		`{"Effect":"Allow","Principal":{"Federated":"` + cognito + `"},"Action":"*","Condition":{"StringEquals":{"` + cognito + `:sub":"x"}}}`,
		`{"Effect":"Allow","Principal":{"Federated":"` + cognito + `"},"Action":"*","Condition":{"StringNotEquals":{"` + aud + `":"x"}}}`,
		`{"Effect":"Allow","Principal":{"Federated":"` + cognito + `"},"Action":"*","Condition":{"StringEqualsIfExists":{"` + aud + `":"x"}}}`,
		`{"Effect":"Allow","Principal":{"Federated":"` + cognito + `"},"Action":"*","Condition":{"ForAllValues:StringEquals":{"` + aud + `":"x"}}}`,
		`{"Effect":"Allow","Principal":{"Federated":"` + cognito + `"},"Action":"*","Condition":{"Null":{"` + aud + `":"false"}}}`,
		`{"Effect":"Allow","Principal":{"Federated":"` + cognito + `"},"Action":"*","Condition":{"StringLike":{"` + aud + `":"*"}}}`,
		`{"Effect":"Allow","Principal":{"Federated":"` + cognito + `"},"Action":"*","Condition":{"StringLike":{"` + aud + `":["x","*:?*-*"]}}}`,
		`{"Effect":"Allow","Principal":{"Federated":"` + cognito + `"},"Action":"*","Condition":{"StringEquals":{"` + aud + `":"${` + aud + `}"}}}`,
		`{"Effect":"Allow","Principal":{"Federated":"` + cognito + `"},"Action":"*","Condition":{"ArnLike":{"` + aud + `":"*x*"}}}`,
	} {
		if trust(t, open).Unconditioned("Federated", audienceOf) == "" {
			t.Errorf("%s asks for no audience", open)
		}
	}
}

func TestATrustPolicyThatIsNotUnderstoodIsRefused(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		``, `null`, `{}`, `{"Statement":[]}`, `{"Version":"2020-01-01","Statement":{"Effect":"Allow","Action":"*","Principal":"*"}}`,
		`{"Statement":{"Effect":"Allow","Action":"*"}}`,
		`{"Statement":{"Effect":"Allow","Action":"*","Principal":"root"}}`,
		`{"Statement":{"Effect":"Allow","Action":"*","Principal":{}}}`,
		`{"Statement":{"Effect":"Allow","Action":"*","Principal":{"Aws":"1"}}}`,
		`{"Statement":{"Effect":"Allow","Action":"*","Principal":{"Federated":7}}}`,
		`{"Statement":{"Effect":"Allow","Action":"*","NotPrincipal":"*","Principal":"*"}}`,
		`{"Statement":{"Effect":"Allow","Action":"*","Principal":"*","Resource":"*"}}`,
		`{"Statement":{"Effect":"allow","Action":"*","Principal":"*"}}`,
		`{"Statement":{"Effect":"Allow","Action":"*","Principal":"*","Conditions":{}}}`,
	} {
		if _, err := iampolicy.ParseTrust([]byte(text)); err == nil {
			t.Errorf("%s was taken", text)
		}
	}
}
