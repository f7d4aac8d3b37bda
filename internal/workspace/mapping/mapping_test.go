package mapping_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/workspace/mapping"
)

// object reads JSON as providers' answers are read.
func object(t *testing.T, text string) map[string]any {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var out map[string]any
	if err := d.Decode(&out); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestPathsReachWhatTheyName(t *testing.T) {
	t.Parallel()
	claims := object(t, `{"address":{"country":"DE","lines":["a","b"]},"https://example.com/groups":["x"],"a.b":1,"a":{"b":2},"list":[{"id":7}],"odd[0]":"o","back\\slash":"s"}`)
	for path, want := range map[string]string{
		`address.country`: `"DE"`, `address.lines[1]`: `"b"`, `https://example\.com/groups`: `["x"]`, `https://example\.com/groups[0]`: `"x"`,
		`a\.b`: `1`, `a.b`: `2`, `list[0].id`: `7`, `odd\[0\]`: `"o"`, `back\\slash`: `"s"`,
		`https://example.com/groups`: ``, `address.city`: ``, `address.lines[2]`: ``, `list.id`: ``, `address[0]`: ``, `a.b.c`: ``,
	} {
		p, err := mapping.Parse(path)
		if err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		got := ""
		if value, ok := p.Get(any(claims)); ok {
			raw, _ := json.Marshal(value)
			got = string(raw)
		}
		if got != want {
			t.Errorf("%s is %s, want %s", path, got, want)
		}
		if p.String() != path {
			t.Errorf("%s is written %s", path, p)
		}
	}
}

func TestBadPathsAreRefused(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"", "a.", ".a", "a..b", "a[", "a[]", "a[x]", "a[-1]", "a[01]", "a[0]b", "[0]", `a\`, `a\b`, "a]", "a\x00", strings.Repeat("a", 1025), strings.Repeat("a.", 40) + "a", "a[99999]"} {
		if p, err := mapping.Parse(path); err == nil {
			t.Errorf("%q was read as %s", path, p)
		}
	}
}

// FuzzParse fails when a path is written in another way than it is read, or when one makes the reader fall.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{".", `a\.b[0].c`, `\\`, "a[1][2]", "ä.ö"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, err := mapping.Parse(text)
		if err != nil {
			return
		}
		again, err := mapping.Parse(p.String())
		if err != nil || again.String() != p.String() {
			t.Errorf("%q is written %q and read as %q, %v", text, p, again, err)
		}
		p.Get(map[string]any{p.Root(): []any{map[string]any{}}})
	})
}

func TestDecodingFollowsItsTable(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		value        string
		want         mapping.Type
		strict, weak string // empty: refused
	}{
		{`"x"`, mapping.Text, `"x"`, `"x"`}, {`1`, mapping.Number, `1`, `1`}, {`true`, mapping.Bool, `true`, `true`}, {`{"a":1}`, mapping.Object, `{"a":1}`, `{"a":1}`},
		{`"x"`, mapping.Any, `"x"`, `"x"`}, {`["x"]`, mapping.Texts, `["x"]`, `["x"]`}, {`[]`, mapping.Texts, `[]`, `[]`},
		{`"true"`, mapping.Bool, ``, `true`}, {`"0"`, mapping.Bool, ``, `false`}, {`"yes"`, mapping.Bool, ``, ``}, {`1`, mapping.Bool, ``, `true`}, {`0.0`, mapping.Bool, ``, `false`},
		{`true`, mapping.Text, ``, `"1"`}, {`12345678901234567890`, mapping.Text, ``, `"12345678901234567890"`}, {`"17"`, mapping.Number, ``, `17`}, {`"0x10"`, mapping.Number, ``, `16`},
		{`"1.5"`, mapping.Number, ``, `1.5`}, {`"a"`, mapping.Number, ``, ``}, {`false`, mapping.Number, ``, `0`},
		{`"x"`, mapping.Texts, ``, `["x"]`}, {`[1,"x"]`, mapping.Texts, ``, `["1","x"]`}, {`[1,{}]`, mapping.Texts, ``, ``}, {`[[]]`, mapping.Objects, ``, `[{}]`},
		{`[{"a":1},{"b":2,"a":3}]`, mapping.Object, ``, `{"a":3,"b":2}`}, {`[]`, mapping.Object, ``, `{}`}, {`{}`, mapping.Texts, ``, `[]`}, {`[1]`, mapping.Object, ``, ``}, {`{"a":1}`, mapping.Text, ``, ``},
		{`null`, mapping.Any, ``, ``},
	} {
		value := object(t, `{"v":`+c.value+`}`)["v"]
		for weak, want := range map[bool]string{false: c.strict, true: c.weak} {
			got, err := mapping.Decode(value, c.want, weak)
			text := ""
			if err == nil {
				raw, _ := json.Marshal(got)
				text = string(raw)
			}
			if text != want {
				t.Errorf("%s as %s (weak: %v) is %s (%v), want %s", c.value, c.want, weak, text, err, want)
			}
		}
	}
}

var schema = []mapping.Attribute{
	{Name: "email", Type: mapping.Text}, {Name: "email_verified", Type: mapping.Bool}, {Name: "tiers", Type: mapping.Texts},
	{Name: "address", Type: mapping.Object}, {Name: "n", Type: mapping.Number},
}

func TestEachSourceIsPickedByItself(t *testing.T) {
	t.Parallel()
	raw := mapping.Raw{
		mapping.IDToken: object(t, `{"v":"id","hidden":"x"}`), mapping.AccessToken: object(t, `{"v":"access","only":"a"}`), mapping.UserInfo: object(t, `{"v":"info","both":"u"}`),
	}
	attribute := func(s mapping.Source, name string) mapping.Attribute {
		return mapping.Attribute{Name: name, Type: mapping.Text, Source: s}
	}
	known, _ := mapping.Extract(raw, []mapping.Attribute{
		attribute(mapping.IDToken, "v"), attribute(mapping.AccessToken, "v"), attribute(mapping.UserInfo, "v"), attribute(mapping.AccessToken, "only"), attribute(mapping.UserInfo, "both"),
	})
	for source, want := range map[string]any{
		"id_token.v": "id", "access_token.v": "access", "userinfo.v": "info", "v": "id", "only": "a", "both": "u", "hidden": nil, "saml.v": nil, "userinfo.only": nil,
	} {
		got, _ := mapping.Apply(known, []mapping.Mapping{{Source: source, Target: "email"}}, schema)
		if got["email"] != want {
			t.Errorf("%s is %v, want %v", source, got["email"], want)
		}
	}
}

func TestMappingsWriteWhatTheSchemaHas(t *testing.T) {
	t.Parallel()
	known := mapping.Raw{mapping.IDToken: object(t, `{"email":"a@example.com","email_verified":"true","tiers":"gold","address":{"country":"DE"},"sub":"1","cognito:groups":["admins"],"bag":{"n":5,"tiers":["x"],"zz":1}}`)}
	for name, c := range map[string]struct {
		mappings []mapping.Mapping
		want     string
	}{
		"as it is":              {[]mapping.Mapping{{Source: "email", Target: "email"}}, `{"email":"a@example.com"}`},
		"another type":          {[]mapping.Mapping{{Source: "email_verified", Target: "email_verified"}, {Source: "tiers", Target: "tiers"}}, `{}`},
		"weakly":                {[]mapping.Mapping{{Source: "email_verified", Target: "email_verified", Weak: true}, {Source: "tiers", Target: "tiers", Weak: true}}, `{"email_verified":true,"tiers":["gold"]}`},
		"everything to the top": {[]mapping.Mapping{{Source: ".", Target: "."}}, `{"address":{"country":"DE"},"email":"a@example.com"}`},
		"an object to the top":  {[]mapping.Mapping{{Source: "bag", Target: "."}}, `{"n":5,"tiers":["x"]}`},
		"nested":                {[]mapping.Mapping{{Source: "address.country", Target: "address.state"}}, `{"address":{"state":"DE"}}`},
		"into what is there":    {[]mapping.Mapping{{Source: "address", Target: "address"}, {Target: "address.x", Mode: "static", Static: 1}, {Source: "address.x", Target: "n"}}, `{"address":{"country":"DE","x":1}}`},
		"below a text":          {[]mapping.Mapping{{Source: "email", Target: "email.x"}}, `{}`},
		"fixed":                 {[]mapping.Mapping{{Target: "tiers", Mode: "static", Static: []any{"a"}}}, `{"tiers":["a"]}`},
		"the later one wins":    {[]mapping.Mapping{{Source: "email", Target: "email"}, {Target: "email", Mode: "static", Static: "b"}}, `{"email":"b"}`},
		"nothing is known":      {[]mapping.Mapping{{Source: "nickname", Target: "email"}, {Source: "userinfo", Target: "."}}, `{}`},
	} {
		got, lines := mapping.Apply(known, c.mappings, schema)
		raw, _ := json.Marshal(got)
		if string(raw) != c.want || len(lines) != len(c.mappings) {
			t.Errorf("%s: %s, want %s (%+v)", name, raw, c.want, lines)
		}
		for _, l := range lines {
			if l.Outcome == "" || l.Outcome == mapping.LeftOut && l.Reason == "" {
				t.Errorf("%s: the line says too little: %+v", name, l)
			}
		}
	}
}

func TestMappingsThatCannotWorkAreRefused(t *testing.T) {
	t.Parallel()
	for name, m := range map[string]mapping.Mapping{
		"no target": {Source: "a"}, "unknown target": {Source: "a", Target: "identities"}, "a place in a list": {Source: "a", Target: "tiers[0]"}, "no source": {Target: "email"},
		"static with a source": {Source: "a", Target: "email", Mode: "static", Static: "x"}, "static without a value": {Target: "email", Mode: "static"},
		"static of another type": {Target: "n", Mode: "static", Static: "x"}, "unknown mode": {Source: "a", Target: "email", Mode: "magic"},
		"unknown type": {Source: "a", Target: "email", Type: "text"}, "bad source": {Source: "a..b", Target: "email"}, "dynamic with a value": {Source: "a", Target: "email", Static: "x"},
	} {
		if err := mapping.CheckMappings([]mapping.Mapping{m}, schema); !fault.Is(err, fault.Invalid, "") {
			t.Errorf("%s: %v", name, err)
		}
	}
	good := []mapping.Mapping{{Source: ".", Target: "."}, {Source: "access_token", Target: "address"}, {Target: "n", Mode: "static", Static: "7", Weak: true}}
	if err := mapping.CheckMappings(good, schema); err != nil {
		t.Error(err)
	}
}

func TestAScriptCannotMakeAttributes(t *testing.T) {
	t.Parallel()
	before := map[string]any{"email": "a"}
	got, lines := mapping.Keep("script", before, map[string]any{"email": "b", "new": 1, "n": "text"}, schema)
	if diff := cmp.Diff(map[string]any{"email": "b"}, got); diff != "" || len(lines) != 3 || before["email"] != "a" {
		t.Errorf("(-want +got):\n%s\n%+v, before %v", diff, lines, before)
	}
}
