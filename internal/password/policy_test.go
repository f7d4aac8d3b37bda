package password_test

import (
	"encoding/json"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/password"
)

func strict() password.Policy {
	return password.Policy{MinimumLength: 8, RequireUppercase: true, RequireLowercase: true, RequireNumbers: true, RequireSymbols: true}
}

func TestAPasswordThatBreaksThePolicyIsToldTheFirstReason(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ password, reason string }{
		{"", "Password not long enough"},
		{"aB3$", "Password not long enough"},
		{"äB3$äöü", "Password not long enough"}, // seven characters in eleven bytes
		{strings.Repeat("aB3$", 65), "Password too long"},
		{" aB3$aB3$", "Password must not begin or end with a space"},
		{"aB3$aB3$ ", "Password must not begin or end with a space"},
		{"aB3$aB3$\u00a0", "Password must not begin or end with a space"},
		{"abc3$abc3$", "Password must have uppercase characters"},
		{"ABC3$ABC3$", "Password must have lowercase characters"},
		{"Äbc3$abc3$", "Password must have uppercase characters"}, // basic Latin only
		{"aBcd$aBcd$", "Password must have numeric characters"},
		{"aBc3aBc3a", "Password must have symbol characters"},
		{"aBc3€aBc3a", "Password must have symbol characters"},
		{"aBc3$aBc", ""},
		{"aBc3 aBc3", ""}, // a space inside is a symbol
		{"äöüaB3$ä", ""},
	} {
		err := strict().Check(c.password)
		if c.reason == "" {
			if err != nil {
				t.Errorf("%q: %v", c.password, err)
			}
			continue
		}
		want := "Password does not conform to policy: " + c.reason
		if !fault.Is(err, fault.Invalid, fault.Password) || fault.As(err).Text != want {
			t.Errorf("%q: got %v, want %s", c.password, err, want)
		}
	}
}

func TestEverySymbolOfCognitoSatisfiesTheSymbolRule(t *testing.T) {
	t.Parallel()
	for _, symbol := range strings.Fields("^ $ * . [ ] { } ( ) ? \" ! @ # % & / \\ , > < ' : ; | _ ~ ` = + -") {
		if err := (password.Policy{RequireSymbols: true}).Check("abc" + symbol + "def"); err != nil {
			t.Errorf("%s: %v", symbol, err)
		}
	}
	for _, other := range []string{"€", "§", "é", "a", "1"} {
		if err := (password.Policy{RequireSymbols: true}).Check("abc" + other + "def"); err == nil {
			t.Errorf("%s counts as a symbol", other)
		}
	}
}

func TestAPolicyThatRequiresNothingAcceptsAnyCharacters(t *testing.T) {
	t.Parallel()
	if err := (password.Policy{MinimumLength: 6}).Check("aaaaaa"); err != nil {
		t.Error(err)
	}
}

func TestGeneratedPasswordsSatisfyAnyPolicy(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := password.Policy{
			MinimumLength:    rapid.IntRange(0, 99).Draw(t, "length"),
			RequireUppercase: rapid.Bool().Draw(t, "upper"), RequireLowercase: rapid.Bool().Draw(t, "lower"),
			RequireNumbers: rapid.Bool().Draw(t, "numbers"), RequireSymbols: rapid.Bool().Draw(t, "symbols"),
		}
		one, two := password.Generate(p), password.Generate(p)
		if err := p.Check(one); err != nil {
			t.Fatalf("%q: %v", one, err)
		}
		if one == two || len(one) < 14 || strings.ContainsAny(one, "O0Il1<>&\"' ") {
			t.Fatalf("%q, %q", one, two)
		}
	})
}

func TestAFormerPasswordIsRefusedAsLongAsTheHistoryGoes(t *testing.T) {
	t.Parallel()
	h := password.NewHasher(cheap(), 1)
	former := []string{hash(t, h, "third"), hash(t, h, "second"), hash(t, h, "first")}
	for _, c := range []struct {
		size    int
		pw      string
		refused bool
	}{{0, "third", false}, {2, "third", true}, {2, "second", true}, {2, "first", false}, {24, "first", true}, {24, "new", false}} {
		err := password.Policy{HistorySize: c.size}.CheckHistory(t.Context(), h, c.pw, former)
		if fault.Is(err, fault.Invalid, fault.PasswordHistory) != c.refused || (err != nil) != c.refused {
			t.Errorf("history of %d, %s: %v", c.size, c.pw, err)
		}
	}
	if err := (password.Policy{HistorySize: 1}).CheckHistory(t.Context(), h, "x", []string{"damaged"}); err == nil {
		t.Error("a damaged hash passed as unused")
	}
}

func TestThePolicySurvivesStorage(t *testing.T) {
	t.Parallel()
	want := password.Policy{
		MinimumLength: 12, RequireUppercase: true, RequireLowercase: true, RequireNumbers: true, RequireSymbols: true,
		HistorySize: 5, TemporaryDays: 30,
	}
	raw, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	var got password.Policy
	if err := json.Unmarshal(raw, &got); err != nil || got != want {
		t.Errorf("%+v, %v", got, err)
	}
}
