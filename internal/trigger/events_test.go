package trigger_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/go-cmp/cmp"

	"cognate.dev/cognate/internal/account"
	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/message"
	"cognate.dev/cognate/internal/signin"
	"cognate.dev/cognate/internal/token"
)

var update = flag.Bool("update", false, "write the golden events anew")

var uuid = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}`)

// golden compares the events that were fired with the files of testdata, one for each source and variant.
func (w *world) golden(variant string) {
	w.t.Helper()
	w.outbox.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, body := range w.events {
		var e struct{ TriggerSource string }
		w.check(json.Unmarshal(body, &e))
		name := e.TriggerSource + variant
		var pretty bytes.Buffer
		w.check(json.Indent(&pretty, uuid.ReplaceAll(body, []byte("5f2b1c9e-1111-4222-8333-444455556666")), "", "  "))
		pretty.WriteByte('\n')
		path := filepath.Join("testdata", "events", name+".json")
		if *update {
			w.check(os.MkdirAll(filepath.Dir(path), 0o755))
			w.check(os.WriteFile(path, pretty.Bytes(), 0o644))
			continue
		}
		want, err := os.ReadFile(path)
		w.check(err)
		if diff := cmp.Diff(string(want), pretty.String()); diff != "" {
			w.t.Errorf("%s is no longer the event that handlers know:\n%s", name, diff)
		}
	}
	if len(w.events) == 0 {
		w.t.Error("nothing was fired")
	}
	w.events = nil
}

var metadata = map[string]string{"purpose": "test"}

// The events of every source and version, as a handler receives them.
func TestEventsAreTheGoldenOnes(t *testing.T) {
	t.Parallel()
	t.Run("tokens", goldenTokens)
	t.Run("accounts", goldenAccounts)
	t.Run("sign-ins", goldenSignIns)
	t.Run("messages", goldenMessages)
	t.Run("inbound", goldenInbound)
}

func goldenInbound(t *testing.T) {
	w := newWorld(t, federated)
	_, err := w.triggers.Inbound(t.Context(), arrival(w))
	w.check(err)
	w.golden("")
}

func goldenTokens(t *testing.T) {
	for _, v := range []string{"V1_0", "V2_0", "V3_0"} {
		w := newWorld(t, version(v), func(p *directory.PoolSpec, _ *directory.ClientSpec) { p.AliasAttributes = []string{"email"} })
		x := w.user("alice", directory.Confirmed)
		for _, via := range []token.Via{token.BySignIn, token.ByNewPassword, token.ByDevice, token.ByRefresh, token.ByHostedPage} {
			e := token.Event{Via: via, Pool: w.pool, Client: w.client, User: x, ClientMetadata: metadata, Scopes: []string{token.AdminScope}}
			if via == token.ByHostedPage {
				e.Scopes, e.Groups = []string{"openid", "email"}, []string{"admins"}
				e.Roles, e.PreferredRole = []string{"arn:aws:iam::123456789012:role/admin"}, "arn:aws:iam::123456789012:role/admin"
			}
			_, err := w.triggers.BeforeTokens(t.Context(), e)
			w.check(err)
		}
		_, err := w.triggers.BeforeTokens(t.Context(), token.Event{Via: token.ByClient, Pool: w.pool, Client: w.client, Scopes: []string{"orders/read"}})
		w.check(err)
		w.golden("." + v)
	}
}

func goldenAccounts(t *testing.T) {
	w := newWorld(t)
	hooks, x := w.triggers.Account(), w.user("alice", directory.Confirmed)
	draft := &directory.User{Username: "alice", Attributes: map[string]string{"email": "alice@example.com", "email_verified": "false"}}
	own := account.Event{Pool: w.pool, Client: w.client, User: draft, Login: "alice", ClientMetadata: metadata, ValidationData: map[string]string{"captcha": "passed"}}
	admins := account.Event{Pool: w.pool, User: draft, Login: "alice"}
	for _, e := range []account.Event{own, admins} {
		_, err := hooks.PreSignUp(t.Context(), e)
		w.check(err)
	}
	own.User = x
	w.check(hooks.PostConfirmation(t.Context(), own))
	own.Reset = true
	w.check(hooks.PostConfirmation(t.Context(), own))
	_, err := hooks.Migrate(t.Context(), own)
	w.check(err)
	w.golden("")
}

func goldenSignIns(t *testing.T) {
	w := newWorld(t)
	e := signin.Event{Pool: w.pool, Client: w.client, User: w.user("alice", directory.Confirmed), Login: "alice", ClientMetadata: metadata}
	hooks := w.triggers.SignIn()
	w.check(hooks.PreAuthentication(t.Context(), e))
	w.check(hooks.PostAuthentication(t.Context(), e))
	c := signin.CustomEvent{Event: e}
	_, err := hooks.Custom.Create(t.Context(), c)
	w.check(err)
	c.Steps = []signin.Step{{Challenge: "SRP_A", Passed: true}, {Challenge: signin.CustomChallenge, Metadata: "CAPTCHA"}}
	_, err = hooks.Custom.Define(t.Context(), c)
	w.check(err)
	_, err = hooks.Custom.Verify(t.Context(), c, map[string]string{"answer": "5"}, "4")
	w.check(err)
	_, err = hooks.Migrate(t.Context(), signin.Event{Pool: w.pool, Client: w.client, Login: "old"}, right)
	w.check(err)
	w.golden("")
	w = newWorld(t, hides)
	nobody := signin.Event{Pool: w.pool, Client: w.client, Login: "nobody"}
	w.check(w.triggers.SignIn().PreAuthentication(t.Context(), nobody))
	_, err = w.triggers.SignIn().Custom.Define(t.Context(), signin.CustomEvent{Event: nobody})
	w.check(err)
	w.golden(".hidden")
}

func goldenMessages(t *testing.T) {
	for _, options := range [][]option{nil, {sends}} {
		w := newWorld(t, options...)
		x := w.user("alice", directory.Confirmed)
		for _, p := range []message.Purpose{message.SignUp, message.ResendCode, message.ForgotPassword, message.VerifyAttribute,
			message.UpdateAttribute, message.Invitation, message.Authentication, message.Takeover} {
			m := message.Message{
				PoolID: poolID, ClientID: clientID, UserID: x.ID, Username: "alice", Login: "alice", Purpose: p, Code: "123456",
				Medium: message.Email, Attribute: "email", To: "alice@example.com", ClientMetadata: metadata,
			}
			switch p {
			case message.Invitation:
				m.ClientID, m.ClientMetadata = "", nil
			case message.UpdateAttribute:
				m.To = "alice2@example.com"
			case message.SignUp:
				m.Link = "https://auth.example.com/confirmuser"
			case message.Takeover:
				m.Code, m.Body = "", "<p>Was it you?</p>"
			}
			w.check(w.outbox.Sender().Send(t.Context(), m))
			if options == nil || p == message.Takeover {
				continue
			}
			m.Medium, m.Attribute, m.To, m.Link = message.SMS, "phone_number", "+15555550100", ""
			w.check(w.outbox.Sender().Send(t.Context(), m))
			w.outbox.Wait()
		}
		w.outbox.Wait()
		if options != nil { // those of custom messages are the first world's
			w.without("CustomMessage_")
		}
		w.golden("")
	}
}

// without forgets the events of some sources.
func (w *world) without(prefix string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	kept := w.events[:0]
	for _, body := range w.events {
		if !bytes.Contains(body, []byte(`"triggerSource":"`+prefix)) {
			kept = append(kept, body)
		}
	}
	w.events = kept
}

// published gives the type that AWS publishes for an event; nil where it publishes none.
func published(name string) any {
	trigger, _, _ := strings.Cut(name, "_")
	switch {
	case strings.HasSuffix(name, ".V2_0"), strings.HasSuffix(name, ".V3_0"):
		return events.CognitoEventUserPoolsPreTokenGenV2_0{}
	case trigger == "TokenGeneration":
		return events.CognitoEventUserPoolsPreTokenGen{}
	}
	return map[string]any{
		"PreSignUp": events.CognitoEventUserPoolsPreSignup{}, "PostConfirmation": events.CognitoEventUserPoolsPostConfirmation{},
		"PreAuthentication": events.CognitoEventUserPoolsPreAuthentication{}, "PostAuthentication": events.CognitoEventUserPoolsPostAuthentication{},
		"UserMigration": events.CognitoEventUserPoolsMigrateUser{}, "CustomMessage": events.CognitoEventUserPoolsCustomMessage{},
		"DefineAuthChallenge": events.CognitoEventUserPoolsDefineAuthChallenge{}, "CreateAuthChallenge": events.CognitoEventUserPoolsCreateAuthChallenge{},
		"VerifyAuthChallengeResponse": events.CognitoEventUserPoolsVerifyAuthChallenge{}, "InboundFederation": events.CognitoEventUserPoolsInboundFederation{},
	}[trigger]
}

// Nothing of an event may be lost on a handler that uses the types that AWS publishes, and what such a handler returns
// untouched must count as an event that says nothing.
func TestEventsSurviveTheTypesThatAWSPublishes(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/events/*.json")
	if err != nil || len(files) < 45 {
		t.Fatalf("%d golden events, %v", len(files), err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".json")
		plain := published(name)
		if plain == nil {
			continue
		}
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		typed := reflect.New(reflect.TypeOf(plain))
		if err := json.Unmarshal(raw, typed.Interface()); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		back, err := json.Marshal(typed.Interface())
		if err != nil {
			t.Fatal(err)
		}
		var sent, kept map[string]any
		if json.Unmarshal(raw, &sent) != nil || json.Unmarshal(back, &kept) != nil {
			t.Fatal("not JSON")
		}
		lost(t, name, sent, kept)
	}
}

// lost reports members of sent that kept does not have. Null may become a zero value, as Go writes it.
func lost(t *testing.T, path string, sent, kept map[string]any) {
	t.Helper()
	for name, value := range sent {
		at := path + "/" + name
		got, ok := kept[name]
		if value == nil || name == "linkParameter" || name == "enableSMSMFA" { // members that aws-lambda-go does not know
			continue
		}
		inner, isObject := value.(map[string]any)
		if innerGot, both := got.(map[string]any); isObject && both {
			lost(t, at, inner, innerGot)
			continue
		}
		list, isList := value.([]any)
		if gotList, both := got.([]any); isList && both && len(list) == len(gotList) {
			for i := range list {
				lost(t, at, map[string]any{"": list[i]}, map[string]any{"": gotList[i]})
			}
			continue
		}
		if !ok || !cmp.Equal(value, got) {
			t.Errorf("%s: sent %v, kept %v", at, value, got)
		}
	}
}
