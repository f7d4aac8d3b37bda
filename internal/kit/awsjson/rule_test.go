package awsjson_test

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"cognate.dev/cognate/internal/kit/awsjson"
)

// said gives the text of the violations that check records.
func said(check func(v *awsjson.Violations)) string {
	var v awsjson.Violations
	check(&v)
	var e *awsjson.ValidationError
	if errors.As(v.Err(), &e) {
		return e.Message
	}
	return ""
}

func TestViolationsAreSaidInAWSsWords(t *testing.T) {
	t.Parallel()
	id := &awsjson.Text{Min: 1, Max: 10, Pattern: awsjson.NewPattern(`[\w-]+_[0-9a-zA-Z]+`)}
	secret := &awsjson.Text{Max: 3, Secret: true}
	enum := &awsjson.Text{Enum: []string{"RESEND", "SUPPRESS"}}
	limit := &awsjson.Number{Min: awsjson.Bound(1), Max: awsjson.Bound(60)}
	const one = "1 validation error detected: "
	for want, check := range map[string]func(v *awsjson.Violations){
		"": func(v *awsjson.Violations) {
			v.Required("a", false)
			v.Text("a", nil, id)
			v.Text("a", p("eu_A1"), id)
			v.Text("a", p("abc"), secret)
			v.Text("a", p("RESEND"), enum)
			v.Int("a", p(int32(60)), limit)
			v.Int("a", nil, limit)
			v.Long("a", p(int64(1)), limit)
			v.Size("a", false, 0, awsjson.Size{Min: 1})
			v.Size("a", true, 1, awsjson.Size{Min: 1, Max: 1})
			v.Texts("a", nil, &awsjson.Texts{Size: awsjson.Size{Min: 1}})
			v.Texts("a", []string{"RESEND"}, &awsjson.Texts{Each: enum})
			v.Texted("a", map[string]string{"RESEND": "x"}, &awsjson.Texted{Key: enum})
		},
		one + "Value null at 'userPoolId' failed to satisfy constraint: Member must not be null": func(v *awsjson.Violations) {
			v.Required("userPoolId", true)
		},
		"2 validation errors detected: Value '' at 'userPoolId' failed to satisfy constraint: Member must have length greater than " +
			"or equal to 1; Value '' at 'userPoolId' failed to satisfy constraint: Member must satisfy regular expression pattern: " +
			`[\w-]+_[0-9a-zA-Z]+`: func(v *awsjson.Violations) { v.Text("userPoolId", p(""), id) },
		one + "Value at 'password' failed to satisfy constraint: Member must have length less than or equal to 3": func(v *awsjson.Violations) {
			v.Text("password", p("hunter2"), secret)
		},
		one + "Value at 'ip' failed to satisfy constraint: Member must have length less than or equal to 10": func(v *awsjson.Violations) {
			v.Text("ip", p("192.0.2.100"), (awsjson.Text{Max: 10}).Hidden())
		},
		one + "Value 'NOW' at 'messageAction' failed to satisfy constraint: Member must satisfy enum value set: [RESEND, SUPPRESS]": func(v *awsjson.Violations) {
			v.Text("messageAction", p("NOW"), enum)
		},
		one + "Value '61' at 'limit' failed to satisfy constraint: Member must have value less than or equal to 60": func(v *awsjson.Violations) {
			v.Int("limit", p(int32(61)), limit)
		},
		one + "Value '0' at 'limit' failed to satisfy constraint: Member must have value greater than or equal to 1": func(v *awsjson.Violations) {
			v.Long("limit", p(int64(0)), limit)
		},
		one + "Value at 'schema' failed to satisfy constraint: Member must have length less than or equal to 50": func(v *awsjson.Violations) {
			v.Size("schema", true, 51, awsjson.Size{Max: 50})
		},
		one + "Value '[a, b]' at 'names' failed to satisfy constraint: Member must satisfy constraint: [Member must satisfy enum value set: " +
			"[RESEND, SUPPRESS]]": func(v *awsjson.Violations) {
			v.Texts("names", []string{"a", "b"}, &awsjson.Texts{Each: enum})
		},
		one + "Value at 'logins' failed to satisfy constraint: Map value must satisfy constraint: [Member must have length less than or " +
			"equal to 3, Member must have length greater than or equal to 0]": func(v *awsjson.Violations) {
			v.Texted("logins", map[string]string{"a": "secret"}, &awsjson.Texted{Value: secret, Secret: true})
		},
		one + "Value '{a=1, b=2}' at 'tags' failed to satisfy constraint: Map keys must satisfy constraint: [Member must satisfy enum " +
			"value set: [RESEND, SUPPRESS]]": func(v *awsjson.Violations) {
			v.Texted("tags", map[string]string{"b": "2", "a": "1"}, &awsjson.Texted{Key: enum})
		},
		one + "Value null at 'config.userAttributes.2.member.name' failed to satisfy constraint: Member must not be null": func(v *awsjson.Violations) {
			v.Enter("config")
			v.Index("userAttributes", 0)
			v.Leave()
			v.Index("userAttributes", 1)
			v.Required("name", true)
		},
		one + "Value null at 'roleMappings.example.com.member.type' failed to satisfy constraint: Member must not be null": func(v *awsjson.Violations) {
			v.Key("roleMappings", "example.com")
			v.Required("type", true)
			v.Leave()
		},
	} {
		if got := said(check); got != want {
			t.Errorf("\n got %s\nwant %s", got, want)
		}
	}
}

func TestLengthsCountCharactersNotBytes(t *testing.T) {
	t.Parallel()
	rule := &awsjson.Text{Min: 3, Max: 3}
	for value, ok := range map[string]bool{"abc": true, "äöü": true, "😀😀😀": true, "é😀": false, "abcd": false} {
		if got := said(func(v *awsjson.Violations) { v.Text("a", &value, rule) }) == ""; got != ok {
			t.Errorf("%q passes: %v", value, got)
		}
	}
}

// An answer may not grow with the badness of a request.
func TestAnswerToABadRequestIsBounded(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("ä", 1<<20)
	got := said(func(v *awsjson.Violations) {
		for i := range 100_000 {
			if v.Full() {
				break
			}
			v.Index("list", i)
			v.Text("name", &long, &awsjson.Text{Max: 1})
			v.Leave()
		}
	})
	if len(got) > 64<<10 || !strings.HasPrefix(got, "32 validation errors detected: ") {
		t.Errorf("%d bytes: %.60s", len(got), got)
	}
}

func TestCheckThatPassesAllocatesNothing(t *testing.T) {
	rule := &awsjson.Text{Min: 1, Max: 100, Pattern: awsjson.NewPattern(`[\p{L}\p{N}]+`), Enum: []string{"alice"}}
	value := "alice"
	if n := testing.AllocsPerRun(100, func() {
		var v awsjson.Violations
		v.Required("name", false)
		v.Text("name", &value, rule)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// The quick matcher for repeated classes must agree with the regular expression that it replaces.
func TestPatternAgreesWithRegexp(t *testing.T) {
	t.Parallel()
	for _, expr := range []string{`[\S]+`, `[\w+=/]+`, `[\w\s+=,.@-]+`, `[\p{L}\p{M}\p{S}\p{N}\p{P}]+`, `[A-Za-z0-9-_=.]+`, `[0-9]+`,
		`\d+`, `[a-zA-Z0-9-]*`, `^[a-z]+$`, `.*`, `[^_\p{Z}]+`, `(un)?authenticated`, `Action$|^.+::Action`, `(?s).*`, `(?i)[k]+`,
		`a`, `[ab]`, `[\x{10000}-\x{10FFFF}]+`, `[é-ü]+`} {
		pattern, re := awsjson.NewPattern(expr), regexp.MustCompile(`\A(?:`+expr+`)\z`)
		rapid.Check(t, func(rt *rapid.T) {
			s := rapid.OneOf(rapid.StringMatching(expr), rapid.String(), rapid.StringMatching(`[ -~]{0,6}`)).Draw(rt, "s")
			if pattern.Match(s) != re.MatchString(s) {
				rt.Fatalf("%s on %q: %v", expr, s, pattern.Match(s))
			}
		})
	}
}

func TestPatternShowsTheModelsText(t *testing.T) {
	t.Parallel()
	rule := &awsjson.Text{Pattern: awsjson.NewPattern(`(.*[^.])?`).Shown(`.*(?<!\.)`)}
	if got := said(func(v *awsjson.Violations) { v.Text("s3", p("a."), rule) }); !strings.HasSuffix(got, `pattern: .*(?<!\.)`) {
		t.Error(got)
	}
}

func BenchmarkPatternOnToken(b *testing.B) {
	token := strings.Repeat("aB3-_", 220)
	pattern := awsjson.NewPattern(`[A-Za-z0-9-_=.]+`)
	b.SetBytes(int64(len(token)))
	for b.Loop() {
		if !pattern.Match(token) {
			b.Fatal("no match")
		}
	}
}

func ExampleViolations() {
	var v awsjson.Violations
	v.Required("userPoolId", true)
	fmt.Println(v.Err())
	// Output: 1 validation error detected: Value null at 'userPoolId' failed to satisfy constraint: Member must not be null
}
