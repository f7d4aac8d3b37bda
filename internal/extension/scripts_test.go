package extension_test

import (
	"encoding/json"
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cognate.dev/cognate/internal/authorize"
	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/extension"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/token"
	"cognate.dev/cognate/internal/workspace"
	"cognate.dev/cognate/internal/workspace/journey"
	"cognate.dev/cognate/internal/workspace/mapping"
)

// come is somebody who has come through the connection.
func come() *journey.Login {
	return &journey.Login{
		WorkspaceID: "demo", ConnectionID: "corp", IDPSubject: "up", Context: map[string]any{"name": "alice", "level": json.Number("1")},
		AMR: []string{"pwd"}, ACR: "1", ClientID: "app", TraceID: "t1", Client: journey.About{Name: "App"}, Query: url.Values{"state": {"s"}},
	}
}

func TestAScriptChangesWhatIsKnown(t *testing.T) {
	t.Parallel()
	w := newWorld(t, extension.ScriptConfig{})
	_, err := w.scripts.SetSecret(t.Context(), "demo", "KEY", "sesame!")
	must(t, err)
	_, err = w.scripts.SetSecret(t.Context(), "other", "THEIRS", "not yours")
	must(t, err)
	for name, c := range map[string]struct {
		body string
		want *journey.Login
	}{
		"nothing":   {``, come()},
		"overwrite": {`return {authn_ctx: {name: context.authn_ctx.name.toUpperCase()}}`, &journey.Login{Context: map[string]any{"name": "ALICE", "level": json.Number("1")}, AMR: []string{"pwd"}, ACR: "1", IDPSubject: "up"}},
		"the long name": {`return {authn_context: {name: context.authn_context.name + context.secrets.KEY.length + typeof context.secrets.THEIRS}}`,
			&journey.Login{Context: map[string]any{"name": "alice7undefined", "level": json.Number("1")}, AMR: []string{"pwd"}, ACR: "1", IDPSubject: "up"}},
		"what the schema does not have, or of another type": {`return {authn_ctx: {admin: true, __proto__: {a: 1}, level: '9', roles: 'boss', name: 5}}`, come()},
		"the rest": {`return {amr: ['hwk', 'mfa'], acr: '3', idp_sub: context.idp_sub + '!', authn_ctx: {roles: ['a'], level: null}}`,
			&journey.Login{Context: map[string]any{"name": "alice", "roles": []any{"a"}}, AMR: []string{"hwk", "mfa"}, ACR: "3", IDPSubject: "up!"}},
		"what it sees": {`return {authn_ctx: {name: [context.client.client_id, context.request.query_params.state[0], context.amr.join(), context.acr, context.idp_id].join(' ')}}`,
			&journey.Login{Context: map[string]any{"name": "app s pwd 1 corp", "level": json.Number("1")}, AMR: []string{"pwd"}, ACR: "1", IDPSubject: "up"}},
	} {
		w.put(extension.Point{Type: extension.PostAuthn, Target: "corp"}, c.body)
		l := come()
		detour, err := extension.Step{Scripts: w.scripts}.Take(t.Context(), l)
		if err != nil || detour != "" {
			t.Fatalf("%s: %q, %v", name, detour, err)
		}
		got := []any{l.Context, l.AMR, l.ACR, l.IDPSubject}
		if diff := cmp.Diff([]any{c.want.Context, c.want.AMR, c.want.ACR, c.want.IDPSubject}, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if strings.HasPrefix(name, "what the schema") {
			left := 0
			for _, line := range l.Lines {
				if line.Outcome == mapping.LeftOut && line.Reason != "" {
					left++
				}
			}
			if left != 4 {
				t.Errorf("the trace does not tell what was left out: %+v", l.Lines)
			}
		}
	}
}

func TestAScriptThatFailsEndsTheSignInUnlessItsPointSaysOtherwise(t *testing.T) {
	t.Parallel()
	w := newWorld(t, extension.ScriptConfig{Timeout: 3 * time.Second})
	for _, body := range []string{`throw new Error('no')`, `for (;;);`, `let s = 'x'; for (;;) s += s`, `return 'x'`, `return {amr: 'mfa'}`, `return {acr: 3}`} {
		w.put(extension.Point{Type: extension.PostAuthn, Target: "corp"}, body)
		l := come()
		_, err := extension.Step{Scripts: w.scripts}.Take(t.Context(), l)
		if refusal := (*journey.Refusal)(nil); !errors.As(err, &refusal) || refusal.Code != "access_denied" {
			t.Errorf("%s: %v", body, err)
		}
		w.put(extension.Point{Type: extension.PostAuthn, Target: "corp", Failure: extension.Continue}, body)
		before := come()
		if _, err := (extension.Step{Scripts: w.scripts}).Take(t.Context(), l); err != nil || !cmp.Equal(l.Context, before.Context) || !cmp.Equal(l.AMR, before.AMR) {
			t.Errorf("%s, continue: %+v, %v", body, l, err)
		}
		if last := l.Lines[len(l.Lines)-1]; last.Outcome != mapping.LeftOut || last.Reason == "" {
			t.Errorf("%s: the trace says %+v", body, last)
		}
	}
}

// TestTheScriptOfTheWorkspaceServesConnectionsWithoutOneOfTheirOwn fails when points of another workspace or type count.
func TestTheScriptOfTheWorkspaceServesConnectionsWithoutOneOfTheirOwn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, extension.ScriptConfig{})
	name := func() any {
		l := come()
		if _, err := (extension.Step{Scripts: w.scripts}).Take(t.Context(), l); err != nil {
			t.Fatal(err)
		}
		return l.Context["name"]
	}
	w.put(extension.Point{Type: extension.AllowedConnections}, `return {authn_ctx: {name: 'wrong'}}`)
	if got := name(); got != "alice" {
		t.Errorf("got %v", got)
	}
	all := w.put(extension.Point{Type: extension.PostAuthn}, `return {authn_ctx: {name: 'all'}}`)
	if got := name(); got != "all" {
		t.Errorf("got %v", got)
	}
	own := w.put(extension.Point{Type: extension.PostAuthn, Target: "corp"}, `return {authn_ctx: {name: 'own'}}`)
	if got := name(); got != "own" {
		t.Errorf("got %v", got)
	}
	own.Name = "renamed"
	_, err := w.scripts.Save(t.Context(), own, nil)
	must(t, err)
	if got := name(); got != "own" {
		t.Errorf("a new name ends the assignment: %v", got)
	}
	must(t, w.scripts.Delete(t.Context(), "demo", own.ID, nil))
	if got := name(); got != "all" {
		t.Errorf("got %v", got)
	}
	must(t, w.scripts.Assign(t.Context(), "demo", []*extension.Point{{Type: extension.PostAuthn}}, nil))
	if got := name(); got != "alice" {
		t.Errorf("got %v", got)
	}
	_, err = w.scripts.Get(t.Context(), "other", all.ID)
	refused(t, "a script of another workspace", err, fault.Missing)
	refused(t, "assigned there", w.scripts.Assign(t.Context(), "other", []*extension.Point{{Type: extension.PostAuthn, ScriptID: all.ID}}, nil), fault.Missing)
}

func TestWhatCannotBeIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t, extension.ScriptConfig{})
	ok := w.put(extension.Point{Type: extension.TokenMinting}, `return {}`)
	for name, x := range map[string]*extension.Script{
		"no name": {Body: "1"}, "a long name": {Name: strings.Repeat("n", 129)}, "a syntax error": {Name: "a", Body: "module.exports = ("},
		"a long body": {Name: "a", Body: strings.Repeat(" ", 65<<10)}, "another environment": {Name: "a", EnvVersion: "v9"}, "an input that is none": {Name: "a", TestInput: "{"},
	} {
		x.WorkspaceID = "demo"
		_, err := w.scripts.Save(t.Context(), x, nil)
		refused(t, name, err, fault.Invalid)
	}
	_, err := w.scripts.Save(t.Context(), &extension.Script{WorkspaceID: "demo", Name: ok.Name}, nil)
	refused(t, "a name that another has", err, fault.Exists)
	_, err = w.scripts.Save(t.Context(), &extension.Script{WorkspaceID: "none", Name: "a"}, nil)
	refused(t, "no workspace", err, fault.Missing)
	_, err = w.scripts.Save(t.Context(), &extension.Script{WorkspaceID: "demo", ID: "none", Name: "a"}, nil)
	refused(t, "no script", err, fault.Missing)
	for _, id := range []string{"", "1a", "a-b", "a.b", "__proto__", strings.Repeat("a", 65)} {
		_, err := w.scripts.SetSecret(t.Context(), "demo", id, "value")
		refused(t, "a secret called "+id, err, fault.Invalid)
	}
	for name, p := range map[string]*extension.Point{
		"no type": {ScriptID: ok.ID}, "a target of a type that has none": {Type: extension.TokenMinting, Target: "corp", ScriptID: ok.ID},
		"another failure": {Type: extension.TokenMinting, Failure: "ignore", ScriptID: ok.ID},
	} {
		refused(t, name, w.scripts.Assign(t.Context(), "demo", []*extension.Point{p}, nil), fault.Invalid)
	}
	both := []*extension.Point{{Type: extension.PostAuthn, ScriptID: ok.ID}, {Type: extension.PostAuthn, Target: "none", ScriptID: ok.ID}}
	refused(t, "no connection", w.scripts.Assign(t.Context(), "demo", both, nil), fault.Missing)
	if list, err := w.scripts.Points(t.Context(), "demo"); err != nil || len(list) != 1 {
		t.Errorf("a refused assignment has changed something: %v, %v", list, err)
	}
}

func TestATrialTellsAllButSecrets(t *testing.T) {
	t.Parallel()
	w := newWorld(t, extension.ScriptConfig{})
	_, err := w.scripts.SetSecret(t.Context(), "demo", "KEY", "sesame!")
	must(t, err)
	tried, err := w.scripts.Test(t.Context(), "demo", extension.Trial{
		Body:  `module.exports = async (c) => { console.log('in', c.secrets.KEY); console.error('err'); return {authn_ctx: {name: c.authn_ctx.name, k: c.secrets.KEY}} }`,
		Input: json.RawMessage(`{"authn_ctx":{"name":"bob"}}`),
	})
	must(t, err)
	if string(tried.Output) != `{"authn_ctx":{"name":"bob","k":"[secret KEY]"}}` || tried.Stdout != "in [secret KEY]\n" || tried.Stderr != "err\n" || tried.Caught != "" || tried.Duration <= 0 {
		t.Errorf("got %+v", tried)
	}
	tried, err = w.scripts.Test(t.Context(), "demo", extension.Trial{Body: "module.exports = ("})
	if err != nil || !strings.HasPrefix(tried.Caught, "SyntaxError: ") || string(tried.Input) != "{}" {
		t.Errorf("got %+v, %v", tried, err)
	}
	_, err = w.scripts.Test(t.Context(), "demo", extension.Trial{Body: "1", Input: json.RawMessage(`[1]`)})
	refused(t, "an input that is no object", err, fault.Invalid)
	_, err = w.scripts.Test(t.Context(), "demo", extension.Trial{Body: "1", EnvVersion: "v9"})
	refused(t, "another environment", err, fault.Invalid)
	secrets, err := w.scripts.ListSecrets(t.Context(), "demo")
	if text, _ := json.Marshal(secrets); err != nil || len(secrets) != 1 || strings.Contains(string(text), "sesame") || secrets[0].Value != "" {
		t.Errorf("got %s, %v", text, err)
	}
}

func TestRunsAreKeptForWhoDebugsAScript(t *testing.T) {
	t.Parallel()
	w := newWorld(t, extension.ScriptConfig{})
	x := w.put(extension.Point{Type: extension.PostAuthn, Target: "corp"}, `console.log('hello'); return {acr: '2'}`)
	runs := func() []extension.Logged {
		if _, err := (extension.Step{Scripts: w.scripts}).Take(t.Context(), come()); err != nil {
			t.Fatal(err)
		}
		list, err := w.scripts.Logs(t.Context(), "demo", x.ID)
		must(t, err)
		return list
	}
	if list := runs(); len(list) != 0 {
		t.Errorf("kept without being asked: %v", list)
	}
	_, err := w.scripts.Debug(t.Context(), "demo", x.ID, 0)
	must(t, err)
	if list := runs(); len(list) != 1 || list[0].Stdout != "hello\n" || string(list[0].Output) != `{"acr":"2"}` || list[0].Point != extension.PostAuthn || list[0].TraceID != "t1" {
		t.Errorf("got %+v", list)
	}
	w.now = w.now.Add(extension.DebugWindow)
	if list := runs(); len(list) != 1 {
		t.Errorf("after the window: %v", list)
	}
	w.now = w.now.Add(time.Hour)
	if list := runs(); len(list) != 0 {
		t.Errorf("after an hour: %v", list)
	}
}

func TestKeptRunsHoldNoSecrets(t *testing.T) {
	t.Parallel()
	w := newWorld(t, extension.ScriptConfig{})
	for id, value := range map[string]string{"KEY": "sesame!", "QUOTED": `"open"`, "PIN": "4711"} {
		_, err := w.scripts.SetSecret(t.Context(), "demo", id, value)
		must(t, err)
	}
	x := w.put(extension.Point{Type: extension.PostAuthn, Target: "corp"}, `return {...context, acr: 'open', n: 4711}`)
	_, err := w.scripts.Debug(t.Context(), "demo", x.ID, 0)
	must(t, err)
	_, err = (extension.Step{Scripts: w.scripts}).Take(t.Context(), come())
	must(t, err)
	list, err := w.scripts.Logs(t.Context(), "demo", x.ID)
	must(t, err)
	if len(list) != 1 || !strings.Contains(string(list[0].Output), "[secret KEY]") {
		t.Fatalf("got %+v", list)
	}
	for _, secret := range []string{"sesame!", `\"open\"`, "4711"} {
		if strings.Contains(string(list[0].Output), secret) {
			t.Errorf("%s is in %s", secret, list[0].Output)
		}
	}
}

// TestNoScriptOccupiesUsBeforeItRuns saves what takes a compiler ages: each level is read twice.
func TestNoScriptOccupiesUsBeforeItRuns(t *testing.T) {
	t.Parallel()
	w := newWorld(t, extension.ScriptConfig{Timeout: 3 * time.Second})
	body := strings.Repeat("(a=", 60) + "1" + strings.Repeat(")=>1", 60)
	_, err := w.scripts.Save(t.Context(), &extension.Script{WorkspaceID: "demo", Name: "a", Body: body}, nil)
	refused(t, "a script that is not read in time", err, fault.Invalid)
	tried, err := w.scripts.Test(t.Context(), "demo", extension.Trial{Body: body})
	if err != nil || !strings.HasPrefix(tried.Caught, "TimeoutError: ") {
		t.Errorf("got %+v, %v", tried, err)
	}
}

func TestAScriptChoosesConnections(t *testing.T) {
	t.Parallel()
	w := newWorld(t, extension.ScriptConfig{})
	all := []*workspace.Connection{{ID: "corp", Name: "Corp"}, {ID: "partner", Hidden: true}, {ID: "social"}}
	choose := func() (string, error) {
		list, err := w.scripts.Select(t.Context(), journey.Selection{
			WorkspaceID: "demo", From: all, Request: &authorize.Request{Client: &directory.Client{ID: "app"}},
		})
		var ids []string
		for _, c := range list {
			if !c.Hidden {
				ids = append(ids, c.ID)
			}
		}
		return strings.Join(ids, " "), err
	}
	if got, err := choose(); err != nil || got != "corp social" {
		t.Errorf("without a script: %q, %v", got, err)
	}
	w.put(extension.Point{Type: extension.AllowedConnections}, `return {idps_ids: context.client.client_id === 'app' ? ['partner', 'none'] : []}`)
	if got, err := choose(); err != nil || got != "partner" || !all[1].Hidden {
		t.Errorf("got %q, %v", got, err)
	}
	for _, body := range []string{`throw 1`, `return null`, `return {idps_ids: 'corp'}`} {
		w.put(extension.Point{Type: extension.AllowedConnections}, body)
		_, err := choose()
		refused(t, body, err, fault.Denied)
		w.put(extension.Point{Type: extension.AllowedConnections, Failure: extension.Continue}, body)
		if got, err := choose(); err != nil || got != "corp social" {
			t.Errorf("%s, continue: %q, %v", body, got, err)
		}
	}
}

func TestAScriptAddsToTokens(t *testing.T) {
	t.Parallel()
	w := newWorld(t, extension.ScriptConfig{})
	client := &directory.Client{ID: "app", Workspace: "demo"}
	mint := extension.Minting{Scripts: w.scripts}
	e := token.Event{Client: client, User: &directory.User{ID: "u"}, Scopes: []string{"openid"}, Groups: []string{"g"}}
	if ch, err := mint.BeforeTokens(t.Context(), e); err != nil || ch.Access.Set != nil {
		t.Errorf("without a script: %+v, %v", ch, err)
	}
	w.put(extension.Point{Type: extension.TokenMinting}, `return {access_token: {who: context.sub + context.scopes[0] + context.groups[0]}, id_token: {n: {a: 1}}}`)
	w.put(extension.Point{Type: extension.ClientTokens}, `return {access_token: {machine: context.client.client_id, sub: typeof context.sub}}`)
	ch, err := mint.BeforeTokens(t.Context(), e)
	if err != nil || ch.Access.Set["who"] != "uopenidg" || ch.ID.Set["n"] == nil {
		t.Errorf("got %+v, %v", ch, err)
	}
	ch, err = mint.BeforeTokens(t.Context(), token.Event{Client: client})
	if err != nil || ch.Access.Set["machine"] != "app" || ch.Access.Set["sub"] != "undefined" {
		t.Errorf("got %+v, %v", ch, err)
	}
	if ch, err := mint.BeforeTokens(t.Context(), token.Event{Client: &directory.Client{ID: "pools"}}); err != nil || ch.Access.Set != nil {
		t.Errorf("a client of no workspace: %+v, %v", ch, err)
	}
	w.put(extension.Point{Type: extension.TokenMinting}, `throw new Error('no')`)
	_, err = mint.BeforeTokens(t.Context(), e)
	refused(t, "a script that fails", err, fault.Denied)
	w.put(extension.Point{Type: extension.TokenMinting, Failure: extension.Continue}, `return {access_token: 1}`)
	if ch, err := mint.BeforeTokens(t.Context(), e); err != nil || ch.Access.Set != nil {
		t.Errorf("continue: %+v, %v", ch, err)
	}
}
