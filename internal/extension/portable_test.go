package extension_test

import (
	"encoding/json"
	"strings"
	"testing"

	"cognate.dev/cognate/internal/extension"
	"cognate.dev/cognate/internal/fault"
)

// bring takes a part in as a document does.
func (w *world) bring(part string) error {
	w.t.Helper()
	in, err := extension.Carried{Scripts: w.scripts}.Prepare(w.t.Context(), "demo", json.RawMessage(part))
	if err != nil {
		return err
	}
	return w.store.InTx(w.t.Context(), in.Last)
}

func (w *world) carried() string {
	w.t.Helper()
	part, err := extension.Carried{Scripts: w.scripts}.Export(w.t.Context(), "demo")
	must(w.t, err)
	return string(part)
}

// TestScriptsGoAlong exports scripts and their points, changes everything, and brings it back; and does so with what a document must not
// do.
func TestScriptsGoAlong(t *testing.T) {
	t.Parallel()
	w := newWorld(t, extension.ScriptConfig{})
	w.put(extension.Point{Type: extension.PostAuthn, Target: "corp", Failure: extension.Continue}, "return {acr: '2'}")
	w.put(extension.Point{Type: extension.TokenMinting}, "return {}")
	_, err := w.scripts.SetSecret(t.Context(), "demo", "PEPPER", "a very long secret")
	must(t, err)
	first := w.carried()
	if strings.Contains(first, "a very long secret") || strings.Contains(first, "PEPPER") {
		t.Errorf("the document has the secret: %s", first)
	}
	list, err := w.scripts.List(t.Context(), "demo")
	must(t, err)
	list[0].Name, list[1].Name = "other", list[0].Name // what has its name in the document has another now
	for _, x := range list {
		x.Body = "module.exports = async () => ({amr: ['pwd']})"
		_, err := w.scripts.Save(t.Context(), x, nil)
		must(t, err)
	}
	w.put(extension.Point{Type: extension.ClientTokens}, "return {}")
	must(t, w.scripts.Assign(t.Context(), "demo", []*extension.Point{{Type: extension.TokenMinting}}, nil))
	must(t, w.bring(first))
	if again := w.carried(); again != first {
		t.Errorf("it is another after it went in:\n%s\n%s", first, again)
	}
	for name, part := range map[string]string{
		"a script that cannot be read": strings.Replace(first, "return {acr: '2'}", "return {", 1),
		"members of nothing":           strings.Replace(first, `{"scripts":[{`, `{"scripts":[{"magic":1,`, 1),
		"a connection that is not":     strings.Replace(first, `"target_fk":"corp"`, `"target_fk":"none"`, 1),
		"a script that is not":         strings.Replace(first, `"script_id":"`, `"script_id":"x`, 1),
		"two of one name":              strings.Replace(first, `"name":"script 2"`, `"name":"script 1"`, 1),
		"an environment that is not":   strings.Replace(first, `"env_version":"v1"`, `"env_version":"v9"`, 1),
		"a point that is not":          strings.Replace(first, `"token_minting"`, `"magic"`, 1),
	} {
		if part == first {
			t.Fatalf("%s: there is no such place in %s", name, first)
		}
		refused(t, name, w.bring(part), fault.Invalid)
	}
	if again := w.carried(); again != first {
		t.Errorf("what was refused has changed something:\n%s\n%s", first, again)
	}
	secrets, err := w.scripts.ListSecrets(t.Context(), "demo")
	if err != nil || len(secrets) != 1 {
		t.Errorf("the secrets are %v, %v", secrets, err)
	}
	must(t, w.bring(""))
	if left := w.carried(); left != "" {
		t.Errorf("what the document does not have is still there: %s", left)
	}
}

// TestAScriptOfOneConnectionIsNotEverybodys clones the script of a connection that does not go along: it must not run for all the others.
func TestAScriptOfOneConnectionIsNotEverybodys(t *testing.T) {
	t.Parallel()
	part := `{"scripts":[{"id":"s","name":"S","body":"return {}"}],"script_execution_points":[` +
		`{"type":"post-authn","target_fk":"kept","script_id":"s"},{"type":"post-authn","target_fk":"gone","script_id":"s"}]}`
	copied, err := extension.Carried{}.Copy(json.RawMessage(part), map[string]string{"kept": "new"})
	if err != nil {
		t.Fatal(err)
	}
	var out struct {
		Points []struct {
			Target string `json:"target_fk"`
		} `json:"script_execution_points"`
	}
	if err := json.Unmarshal(copied, &out); err != nil {
		t.Fatal(err)
	}
	if len(out.Points) != 2 || out.Points[0].Target != "new" || out.Points[1].Target != "gone" {
		t.Errorf("the points are %+v", out.Points)
	}
}
