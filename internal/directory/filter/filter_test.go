package filter_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"cognate.dev/cognate/internal/directory/filter"
	"cognate.dev/cognate/internal/fault"
)

func TestFiltersAreReadAsTheGrammarSays(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]filter.Filter{
		"":                              {},
		"  ":                            {},
		`email = "alice@example.com"`:   {Attribute: "email", Value: "alice@example.com"},
		`email="a"`:                     {Attribute: "email", Value: "a"},
		`given_name ^= "Al"`:            {Attribute: "given_name", Prefix: true, Value: "Al"},
		`given_name^="Al"`:              {Attribute: "given_name", Prefix: true, Value: "Al"},
		` "family_name" =  "O'Neil" `:   {Attribute: "family_name", Value: "O'Neil"},
		`name = "say \"hi\" \\ there"`:  {Attribute: "name", Value: `say "hi" \ there`},
		`name = "a = b"`:                {Attribute: "name", Value: "a = b"},
		`cognito:user_status = ""`:      {Attribute: "cognito:user_status"},
		`status ^= "Dis"`:               {Attribute: "status", Prefix: true, Value: "Dis"},
		`preferred_username = "50%_*?"`: {Attribute: "preferred_username", Value: "50%_*?"},
	} {
		got, err := filter.Parse(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
		} else if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", text, diff)
		}
	}
}

func TestBrokenFiltersAreRefused(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`email`:                               "Error while parsing filter",
		`email = alice`:                       "Error while parsing filter",
		`email = "alice`:                      "Error while parsing filter",
		`email = "alice" and name = "x"`:      "Error while parsing filter",
		`= "alice"`:                           "Error while parsing filter",
		`email name = "alice"`:                "Error while parsing filter",
		`email ~= "x`:                         "Error while parsing filter",
		`email = "x\"`:                        "Error while parsing filter",
		`custom:x = "1"`:                      "Invalid search attribute: custom:x",
		`Email = "1"`:                         "Invalid search attribute: Email",
		`name = "` + strings.Repeat("x", 250): "Error while parsing filter",
	} {
		_, err := filter.Parse(text)
		if f := fault.As(err); f == nil || f.Kind != fault.Invalid || f.Text != want {
			t.Errorf("%s: got %v, want %s", text, err, want)
		}
	}
}

func TestAnyValueSurvivesBeingWrittenAndRead(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		want := filter.Filter{
			Attribute: rapid.SampledFrom([]string{"username", "email", "sub", "status"}).Draw(t, "attribute"),
			Prefix:    rapid.Bool().Draw(t, "prefix"),
			Value:     rapid.StringN(0, 60, -1).Draw(t, "value"),
		}
		got, err := filter.Parse(want.String())
		if err != nil || got != want {
			t.Fatalf("%s: got %+v, %v", want, got, err)
		}
	})
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{``, `email = "a"`, `"name"^="\\\""`, `x = "`, `status="Enabled" `} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := filter.Parse(text)
		if err != nil {
			if fault.As(err).Kind != fault.Invalid {
				t.Errorf("%q: %v", text, err)
			}
			return
		}
		if again, err := filter.Parse(got.String()); len([]rune(got.String())) <= 256 && (err != nil || again != got) {
			t.Errorf("%q means %+v, written %q means %+v, %v", text, got, got.String(), again, err)
		}
	})
}
