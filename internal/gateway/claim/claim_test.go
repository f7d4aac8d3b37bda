package claim_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cognate.dev/cognate/internal/gateway/claim"
)

const payload = `{"sub":"s","cognito:groups":["group-a","group-b"],"email_verified":true,"auth_time":1680629979,"exp":1680633579,"iat":1680629979,
"big":12345678901234567890,"ratio":1.50,"nothing":null,"address":{"formatted":"a & b"},"identities":[{"userId":"1","primary":"true"},{"userId":"2"}],
"empty":[],"scope":"openid orders/read"}`

func parsed(t *testing.T, text string) claim.Set {
	t.Helper()
	s, err := claim.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestRESTClaimsAreText(t *testing.T) {
	t.Parallel()
	want := map[string]string{
		"sub": "s", "cognito:groups": "group-a,group-b", "email_verified": "true", "auth_time": "1680629979",
		"exp": "Tue Apr 04 18:39:39 UTC 2023", "iat": "Tue Apr 04 17:39:39 UTC 2023", "big": "12345678901234567890", "ratio": "1.50",
		"address": `{"formatted":"a & b"}`, "identities": `{"primary":"true","userId":"1"},{"userId":"2"}`, "empty": "", "scope": "openid orders/read",
	}
	if d := cmp.Diff(want, parsed(t, payload).REST()); d != "" {
		t.Error(d)
	}
}

func TestHTTPClaimsAreTextOfAnotherKind(t *testing.T) {
	t.Parallel()
	want := map[string]string{
		"sub": "s", "cognito:groups": "[group-a group-b]", "email_verified": "true", "auth_time": "1680629979", "exp": "1680633579", "iat": "1680629979",
		"big": "12345678901234567890", "ratio": "1.50", "address": `{"formatted":"a & b"}`,
		"identities": `[{"primary":"true","userId":"1"} {"userId":"2"}]`, "empty": "[]", "scope": "openid orders/read",
	}
	if d := cmp.Diff(want, parsed(t, payload).HTTP()); d != "" {
		t.Error(d)
	}
}

func TestScopesStandInEitherClaim(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		`{"scope":"a b"}`:           {"a", "b"},
		`{"scp":["a","b c"]}`:       {"a", "b", "c"},
		`{"scp":"a b"}`:             {"a", "b"},
		`{"scope":["a"],"scp":"b"}`: {},
		`{"scope":"","scp":["b"]}`:  {},
		`{}`:                        nil,
	} {
		if d := cmp.Diff(want, parsed(t, text).Scopes()); d != "" {
			t.Errorf("%s: %s", text, d)
		}
	}
}

func TestTimesAreNumbers(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int64{`{"exp":1}`: 1, `{"exp":1.9}`: 1, `{"exp":"1"}`: 0, `{"exp":-1}`: 0, `{"exp":1e300}`: 0, `{}`: 0} {
		at, ok := parsed(t, text).Time("exp")
		if ok != (want != 0) || ok && !at.Equal(time.Unix(want, 0)) {
			t.Errorf("%s: %v %v", text, at, ok)
		}
	}
	for _, text := range []string{``, `null`, `[]`, `"x"`} {
		if _, err := claim.Parse([]byte(text)); err == nil {
			t.Errorf("%s are claims", text)
		}
	}
}
