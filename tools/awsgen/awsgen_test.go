package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const (
	api = "../../api"
	gen = "../../internal/gen"
)

func TestGeneratedCodeIsUnchanged(t *testing.T) {
	t.Parallel()
	if err := run(api, gen, true); err != nil {
		t.Errorf("run go -C tools run ./awsgen\n%v", err)
	}
}

func TestCheckNamesEveryFileThatDiffers(t *testing.T) {
	t.Parallel()
	out := t.TempDir()
	if err := run(api, out, false); err != nil {
		t.Fatal(err)
	}
	if err := run(api, out, true); err != nil {
		t.Fatalf("what was just written differs: %v", err)
	}
	at := func(name string) string { return filepath.Join(out, "cognitoidp", name) }
	for name, spoil := range map[string]error{
		"enums.go":   os.WriteFile(at("enums.go"), []byte("package cognitoidp\n"), 0o600),
		"rules.go":   os.Remove(at("rules.go")),
		"old.go":     os.WriteFile(at("old.go"), []byte("package cognitoidp\n"), 0o600),
		"my_test.go": os.WriteFile(at("my_test.go"), []byte("package cognitoidp\n"), 0o600),
	} {
		if spoil != nil {
			t.Fatalf("%s: %v", name, spoil)
		}
	}
	err := run(api, out, true)
	if err == nil {
		t.Fatal("no difference was seen")
	}
	for name, want := range map[string]bool{"enums.go differs": true, "rules.go is missing": true,
		"old.go is not generated any more": true, "my_test.go": false, "shapes.go": false} {
		if strings.Contains(err.Error(), name) != want {
			t.Errorf("%q in the report: want %v\n%v", name, want, err)
		}
	}
	if err := run(api, out, false); err != nil {
		t.Fatal(err)
	}
	if err := run(api, out, true); err != nil {
		t.Errorf("writing did not mend it: %v", err)
	}
	if _, err := os.Stat(at("my_test.go")); err != nil {
		t.Error("a test beside the generated code was removed")
	}
}

// facts writes a service of one operation with the given shapes and generates it.
func facts(t *testing.T, shapes, patches string) (string, error) {
	t.Helper()
	dir := t.TempDir()
	model := `{"service":"s","version":"1","protocol":"json-1.1","target":"T","operations":{"Do":{"input":"In","output":null,` +
		`"errors":["B","A","A"],"auth":"none"}},"shapes":{` + shapes + `}}`
	for name, text := range map[string]string{"s.json": model, "patches.json": patches} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	all, err := readPatches(filepath.Join(dir, "patches.json"))
	if err != nil {
		return "", err
	}
	files, err := generate(filepath.Join(dir, "s.json"), "s", all["s"])
	var b strings.Builder
	for _, name := range []string{"operations.go", "requests.go", "shapes.go", "enums.go", "rules.go"} {
		b.Write(files[name])
	}
	return b.String(), err
}

func TestShapesBecomeGo(t *testing.T) {
	t.Parallel()
	got, err := facts(t, `
		"In": {"type":"structure","required":["Zeta"],"members":{"Zeta":"Id","alpha":"Kinds","Secret":"Hidden","Doc":"Free","When":"Moment","N":"Few"}},
		"Id": {"type":"string","min":1,"max":9,"pattern":"[a-z]+(?<!x)"},
		"Kinds": {"type":"list","member":"Kind","max":2},
		"Kind": {"type":"string","enum":["FIRST_ONE","second"]},
		"Hidden": {"type":"structure","sensitive":true,"members":{"Text":"Id"}},
		"Free": {"type":"structure","document":true,"members":{}},
		"Moment": {"type":"timestamp"},
		"Few": {"type":"integer","min":0},
		"Unused": {"type":"structure","members":{"Zeta":"Id"}}`,
		`{"s":{"shapes":{"Id":{"reason":"no lookbehind","re2":"[a-w]+"},"Moment":{"reason":"as sent","timestampFormat":"iso8601"}}}}`)
	if err != nil {
		t.Fatal(err)
	}
	squeezed := strings.Join(strings.Fields(got), " ")
	for _, want := range []string{
		"awsjson.Operation[In, awsjson.Empty]", "Auth: awsjson.Unsigned", `Errors: []string{ "A", "B", }`,
		"Zeta *string `json:\"Zeta,omitzero\"` Alpha []string `json:\"alpha,omitzero\"`", "Doc json.RawMessage", "When *awsjson.DateTime",
		`v.Required("zeta", r.Zeta == nil) v.Text("zeta", r.Zeta, &ruleId) v.Texts("alpha", r.Alpha, &ruleKinds)`,
		`v.Text("text", r.Text, ruleId.Hidden())`, "Pattern: awsjson.NewPattern(`[a-w]+`).Shown(`[a-z]+(?<!x)`)",
		`KindFirstOne = "FIRST_ONE"`, `KindSecond = "second"`, "var ruleFew = awsjson.Number{Min: awsjson.Bound(0)}",
		"awsjson.Texts{Size: awsjson.Size{Max: 2}, Each: &ruleKind}",
	} {
		if !strings.Contains(squeezed, want) {
			t.Errorf("no %s in\n%s", want, got)
		}
	}
	if strings.Contains(got, "Unused") {
		t.Error("a shape that no operation reaches was generated")
	}
}

func TestMistakesInTheFactsAreNamed(t *testing.T) {
	t.Parallel()
	const in = `"In": {"type":"structure","members":{"A":"A"}}`
	for want, c := range map[string][2]string{
		`no shape "A"`:                         {in, `{}`},
		"give its re2":                         {in + `,"A":{"type":"string","pattern":"(?<!x)"}`, `{}`},
		"wants the name AOne":                  {in + `,"A":{"type":"string","enum":["one","ONE"]}`, `{}`},
		"a list of integer has no Go form yet": {in + `,"A":{"type":"list","member":"B"},"B":{"type":"integer"}`, `{}`},
		"repeat a part of a secret": {in + `,"A":{"type":"structure","sensitive":true,"members":{"B":"B"}},"B":{"type":"integer","max":1}`,
			`{}`},
		"patch of Z: no such shape": {in + `,"A":{"type":"string"}`, `{"s":{"shapes":{"Z":{"reason":"x"}}}}`},
		"patch of A: no reason":     {in + `,"A":{"type":"string"}`, `{"s":{"shapes":{"A":{"re2":"x"}}}}`},
		"unknown field":             {in + `,"A":{"type":"string"}`, `{"s":{"shapes":{"A":{"regex":"x"}}}}`},
	} {
		if _, err := facts(t, c[0], c[1]); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", want, err)
		}
	}
}
