package token_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/google/go-cmp/cmp"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/key"
	"cognate.dev/cognate/internal/token"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestClaims compares whole tokens with files, so that no claim comes or goes unseen. Random UUIDs are numbered by
// where they first appear: equal ones stay equal.
func TestClaims(t *testing.T) {
	t.Parallel()
	withGroups := func(w *world) {
		w.group("readers", "")
		w.group("admins", "arn:aws:iam::000000000000:role/admins", 1)
		w.group("editors", "arn:aws:iam::000000000000:role/editors", 5)
	}
	noRevocation := func(s *directory.ClientSettings) { s.TokenRevocation = false }
	some := func(s *directory.ClientSettings) { s.ReadAttributes = []string{"email", "custom:level"} }
	short := func(s *directory.ClientSettings) {
		s.AccessValidity, s.IDValidity = 10, 20
		s.Units = directory.ValidityUnits{Access: "minutes", ID: "minutes"}
	}
	oauth := func(scopes ...string) func(*token.Grant) {
		return func(g *token.Grant) { g.Scopes, g.Nonce = scopes, "n-0S6_WzA2Mj" }
	}
	for name, c := range map[string]struct {
		settings []func(*directory.ClientSettings)
		before   func(*world)
		grant    []func(*token.Grant)
	}{
		"api":             {},
		"groups":          {before: withGroups},
		"no-revocation":   {settings: []func(*directory.ClientSettings){noRevocation}},
		"read-attributes": {settings: []func(*directory.ClientSettings){some}},
		"validity":        {settings: []func(*directory.ClientSettings){short}},
		"oauth-openid":    {grant: []func(*token.Grant){oauth("openid")}},
		"oauth-email":     {grant: []func(*token.Grant){oauth("openid", "email", "things/read")}},
		"oauth-profile":   {grant: []func(*token.Grant){oauth("openid", "profile")}},
		"oauth-no-openid": {grant: []func(*token.Grant){oauth("things/read"), func(g *token.Grant) { g.Resource = "https://things.example.com" }}},
		"device":          {grant: []func(*token.Grant){func(g *token.Grant) { g.DeviceKey = "eu-west-1_device" }}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, c.settings...)
			if c.before != nil {
				c.before(w)
			}
			set := w.signIn(c.grant...)
			got := render(t, set)
			file := filepath.Join("testdata", name+".golden")
			if *update {
				w.check(os.WriteFile(file, []byte(got), 0o600))
			}
			want, err := os.ReadFile(file)
			w.check(err)
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("claims changed (-want +got):\n%s", diff)
			}
		})
	}
}

var uuid = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}`)

func render(t *testing.T, set *token.Set) string {
	t.Helper()
	var out strings.Builder
	for _, part := range []struct{ title, jws string }{{"access", set.Access}, {"id", set.ID}} {
		out.WriteString(part.title + "\n")
		if part.jws == "" {
			out.WriteString("none\n")
			continue
		}
		var indented bytes.Buffer
		if err := json.Indent(&indented, decode(t, part.jws, 1), "", "  "); err != nil {
			t.Fatal(err)
		}
		out.WriteString(indented.String() + "\n")
	}
	seen := map[string]string{}
	text := uuid.ReplaceAllStringFunc(out.String(), func(id string) string {
		if id == sub {
			return id
		}
		if seen[id] == "" {
			seen[id] = "uuid-" + string(rune('1'+len(seen)))
		}
		return seen[id]
	})
	return regexp.MustCompile(`"at_hash": "[\w-]{22}"`).ReplaceAllString(text, `"at_hash": "22 characters"`)
}

func TestHeaderIsCognitos(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	set := w.signIn()
	for use, jws := range map[key.Use]string{key.ForID: set.ID, key.ForAccess: set.Access} {
		signer, err := w.ring.Signer(t.Context(), w.pool.ID, use)
		w.check(err)
		if got, want := string(decode(t, jws, 0)), `{"kid":"`+signer.KID+`","alg":"RS256"}`; got != want {
			t.Errorf("header of the %s token is %s, want %s", use, got, want)
		}
	}
	if set.ExpiresIn != 3600 {
		t.Errorf("ExpiresIn is %d", set.ExpiresIn)
	}
}

// TestTokensVerifyElsewhere verifies them with a library that is not ours, through the published keys.
func TestTokensVerifyElsewhere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	set := w.signIn()
	doc, err := w.ring.JSON(t.Context(), w.pool.ID)
	w.check(err)
	var keys jose.JSONWebKeySet
	w.check(json.Unmarshal(doc, &keys))
	for _, jws := range []string{set.ID, set.Access} {
		parsed, err := jwt.ParseSigned(jws, []jose.SignatureAlgorithm{jose.RS256})
		w.check(err)
		var claims jwt.Claims
		w.check(parsed.Claims(keys, &claims))
		expected := jwt.Expected{Issuer: "https://issuer.example.com/" + w.pool.ID, Time: w.clock.Now(), Subject: sub}
		w.check(claims.Validate(expected))
	}
}

func TestEqualPrecedenceLeavesNoPreferredRole(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.group("a", "arn:aws:iam::000000000000:role/a", 3)
	w.group("b", "arn:aws:iam::000000000000:role/b", 3)
	claims := claimsOf(t, w.signIn().ID)
	if _, there := claims["cognito:preferred_role"]; there {
		t.Error("a preferred role was picked among equals")
	}
	if diff := cmp.Diff([]any{"arn:aws:iam::000000000000:role/a", "arn:aws:iam::000000000000:role/b"}, claims["cognito:roles"]); diff != "" {
		t.Error(diff)
	}
}
