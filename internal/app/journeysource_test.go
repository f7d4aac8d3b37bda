package app

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// sourced is a broker whose context has an attribute for each thing that a test maps, and a claim for each in ID tokens.
func sourced(t *testing.T, attributes ...string) *broker {
	t.Helper()
	b := newBroker(t)
	server := b.must(200, "GET", adminAPI+"/servers/work", nil)
	settings := server["authentication_context_settings"].(map[string]any)
	list := settings["attributes"].([]any)
	for _, a := range attributes {
		name, kind, _ := strings.Cut(a, ":")
		list = append(list, map[string]any{"name": name, "type": kind})
	}
	settings["attributes"] = list
	b.must(200, "PUT", adminAPI+"/servers/work", server)
	for _, a := range attributes {
		name, _, _ := strings.Cut(a, ":")
		b.must(201, "POST", adminAPI+"/claims", map[string]any{
			"authorization_server_id": "work", "name": name, "type": "id_token", "source_type": "authnCtx", "source_path": name,
		})
	}
	return b
}

func attribute(source, name, kind string) map[string]any {
	return map[string]any{"source": source, "name": name, "type": kind}
}

func mapTo(source, target string, more ...any) map[string]any {
	out := map[string]any{"source": source, "target": target}
	for i := 0; i+1 < len(more); i += 2 {
		out[more[i].(string)] = more[i+1]
	}
	return out
}

// TestEachSourceIsPickedRightly has the same claim in three sources, each with a value of its own, and names that need care.
func TestEachSourceIsPickedRightly(t *testing.T) {
	t.Parallel()
	b := sourced(t, "fromid:string", "fromaccess:string", "frominfo:string", "groups:string_array", "wrong:any", "country:string", "dept:string", "number:number", "strict:number", "fixed:string")
	b.peer.set(func(p *upstream) {
		p.id = map[string]any{"tier": "id", "https://example.com/groups": []string{"a", "b"}, "address": map[string]any{"country": "DE"}, "custom:dept": "sales", "n": "17", "undeclared": "x"}
		p.access = map[string]any{"tier": "access", "client_id": "broker"}
		p.info = map[string]any{"sub": "up-1", "tier": "info"}
	})
	b.change(func(c map[string]any) {
		c["settings"].(map[string]any)["get_user_info"] = true
		c["attributes"] = append(c["attributes"].([]any),
			attribute("id_token", "tier", "string"), attribute("access_token", "tier", "string"), attribute("userinfo", "tier", "string"),
			attribute("id_token", `https://example\.com/groups`, "string_array"), attribute("id_token", "address.country", "string"),
			attribute("id_token", "custom:dept", "string"), attribute("id_token", "n", "string"), attribute("id_token", "https://example.com/groups", "any"))
		c["mappings"] = append(c["mappings"].([]any),
			mapTo("id_token.tier", "fromid"), mapTo("access_token.tier", "fromaccess"), mapTo("userinfo.tier", "frominfo"),
			mapTo(`https://example\.com/groups`, "groups"), mapTo("https://example.com/groups", "wrong"), mapTo("address.country", "country"),
			mapTo("custom:dept", "dept"), mapTo("n", "number", "allow_weak_decoding", true), mapTo("n", "strict"),
			map[string]any{"target": "fixed", "mode": "static", "static": "always"}, mapTo("undeclared", "wrong"))
	})
	_, id, _ := b.signIn(b.newBrowser())
	want := map[string]any{
		"fromid": "id", "fromaccess": "access", "frominfo": "info", "groups": []any{"a", "b"}, "wrong": nil, "country": "DE", "dept": "sales", "number": 17.0, "strict": nil,
		"fixed": "always", "undeclared": nil, "n": nil,
	}
	for name, value := range want {
		if diff := cmp.Diff(value, id[name]); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	b.peer.set(func(p *upstream) { p.access = nil })
	if _, id, _ = b.signIn(b.newBrowser()); id["fromaccess"] != nil || id["fromid"] != "id" {
		t.Errorf("of an opaque access token: %v", id)
	}
}

// TestAnAccessTokenSpeaksOnlyForThisPerson fails when a token of another person, client or issuer is read.
func TestAnAccessTokenSpeaksOnlyForThisPerson(t *testing.T) {
	t.Parallel()
	b := sourced(t, "tier:string")
	b.change(func(c map[string]any) {
		c["attributes"] = append(c["attributes"].([]any), attribute("access_token", "tier", "string"))
		c["mappings"] = append(c["mappings"].([]any), mapTo("access_token.tier", "tier"))
	})
	for name, access := range map[string]map[string]any{
		"another person": {"sub": "up-2"}, "another client": {"client_id": "other"}, "another party": {"azp": "other"}, "another issuer": {"iss": "https://evil.example.com"}, "expired": {"exp": 1_700_000_000},
	} {
		access["tier"] = "gold"
		b.peer.set(func(p *upstream) { p.access = access })
		if _, id, _ := b.signIn(b.newBrowser()); id["tier"] != nil || id["email"] != "up@example.com" {
			t.Errorf("%s: %v", name, id)
		}
	}
	b.peer.set(func(p *upstream) { p.access = map[string]any{"tier": "gold"} })
	if _, id, _ := b.signIn(b.newBrowser()); id["tier"] != "gold" {
		t.Errorf("a good one: %v", id)
	}
}

// TestUserInformationIsASetting asks for it, or not, and has it fail.
func TestUserInformationIsASetting(t *testing.T) {
	t.Parallel()
	b := sourced(t, "tier:string")
	b.peer.set(func(p *upstream) { p.info = map[string]any{"sub": "up-1", "tier": "info"} })
	b.change(func(c map[string]any) {
		c["attributes"] = append(c["attributes"].([]any), attribute("userinfo", "tier", "string"))
		c["mappings"] = append(c["mappings"].([]any), mapTo("userinfo.tier", "tier"))
	})
	if _, id, _ := b.signIn(b.newBrowser()); id["tier"] != nil || b.peer.called("userinfo") != 0 {
		t.Errorf("it was asked for: %v", id)
	}
	b.change(func(c map[string]any) { c["settings"].(map[string]any)["get_user_info"] = true })
	if _, id, _ := b.signIn(b.newBrowser()); id["tier"] != "info" || b.peer.called("userinfo") != 1 {
		t.Errorf("with userinfo: %v", id)
	}
	refused := func(why string) {
		t.Helper()
		code, page := b.follow(b.newBrowser(), b.ask())
		if code.Get("code") != "" || !strings.Contains(code.Get("error_description"), why) {
			t.Errorf("%s: %v %.200s", why, code, page)
		}
	}
	b.peer.set(func(p *upstream) { p.status = http.StatusUnauthorized })
	refused("401")
	b.change(func(c map[string]any) { c["config"] = map[string]any{"user_info_failure": "continue"} })
	if _, id, _ := b.signIn(b.newBrowser()); id["tier"] != nil || id["email"] != "up@example.com" {
		t.Errorf("without it: %v", id)
	}
	b.peer.set(func(p *upstream) { p.status, p.info = 0, map[string]any{"sub": "up-2", "tier": "stolen"} })
	refused("somebody else")
}

// TestMethodsAreReplaced sets amr where there is none, and in the place of what is there.
func TestMethodsAreReplaced(t *testing.T) {
	t.Parallel()
	b := newBroker(t)
	amr := func(said any, static ...string) any {
		t.Helper()
		b.peer.set(func(p *upstream) { p.id = map[string]any{"amr": said} })
		b.change(func(c map[string]any) { c["static_amr"] = static })
		_, id, access := b.signIn(b.newBrowser())
		if diff := cmp.Diff(id["amr"], access["amr"]); diff != "" {
			t.Errorf("the tokens differ:\n%s", diff)
		}
		return id["amr"]
	}
	for _, c := range []struct {
		upstream any
		static   []string
		want     any
	}{
		{nil, nil, nil}, {[]string{"pwd"}, nil, []any{"pwd"}}, {nil, []string{"hwk"}, []any{"hwk"}}, {[]string{"pwd"}, []string{"mfa", "otp"}, []any{"mfa", "otp"}},
	} {
		if diff := cmp.Diff(c.want, amr(c.upstream, c.static...)); diff != "" {
			t.Errorf("%v with %v (-want +got):\n%s", c.upstream, c.static, diff)
		}
	}
}

// TestClaimsGoOutByScopeAndWherePeopleLook has an opaque claim, one behind a scope, and one that is not mapped.
func TestClaimsGoOutByScopeAndWherePeopleLook(t *testing.T) {
	t.Parallel()
	b := sourced(t)
	service := b.must(201, "POST", adminAPI+"/services", map[string]any{"authorization_server_id": "work", "name": "API", "type": "oauth2", "scopes": []any{map[string]any{"scope_name": "tier.read"}}})
	server := b.must(200, "GET", adminAPI+"/servers/work", nil)
	settings := server["authentication_context_settings"].(map[string]any)
	settings["attributes"] = append(settings["attributes"].([]any), map[string]any{"name": "tier", "type": "string"})
	b.must(200, "PUT", adminAPI+"/servers/work", server)
	for _, c := range []map[string]any{
		{"name": "tier", "type": "access_token", "scopes": []string{"tier.read"}}, {"name": "hidden", "type": "access_token", "opaque": true}, {"name": "quiet", "type": "id_token", "opaque": true},
	} {
		c["authorization_server_id"], c["source_type"], c["source_path"] = "work", "authnCtx", "tier"
		b.must(201, "POST", adminAPI+"/claims", c)
	}
	b.must(201, "POST", adminAPI+"/claims", map[string]any{"authorization_server_id": "work", "name": "app", "type": "access_token", "source_type": "client", "source_path": "client_name"})
	b.peer.set(func(p *upstream) { p.id = map[string]any{"tier": "gold"} })
	b.client = b.app("Second")
	if _, id, access := b.signIn(b.newBrowser(), "scope", "openid tier.read"); access["tier"] != nil || id["tier"] != nil || access["app"] != "Second" {
		t.Errorf("an attribute that is not mapped went out: %v %v", id, access)
	}
	b.change(func(c map[string]any) {
		c["attributes"] = append(c["attributes"].([]any), attribute("id_token", "tier", "string"))
		c["mappings"] = append(c["mappings"].([]any), mapTo("tier", "tier"))
	})
	answer, id, access := b.signIn(b.newBrowser(), "scope", "openid tier.read")
	if access["tier"] != "gold" || access["hidden"] != nil || id["quiet"] != nil || answer["scope"] != "openid tier.read" {
		t.Errorf("tokens %v %v", id, access)
	}
	if info := b.userInfo(answer); info["quiet"] != "gold" || info["hidden"] != nil {
		t.Errorf("userInfo %v", info)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, b.server.URL+"/default/work/oauth2/introspect", strings.NewReader("token="+answer["access_token"].(string)))
	b.check(err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.SetBasicAuth(b.client["client_id"].(string), b.client["client_secret"].(string))
	got, err := http.DefaultClient.Do(r)
	b.check(err)
	defer got.Body.Close()
	var told map[string]any
	b.check(json.NewDecoder(got.Body).Decode(&told))
	if told["active"] != true || told["hidden"] != "gold" || told["quiet"] != nil || told["iss"] != b.server.URL+"/default/work" {
		t.Errorf("introspection %v", told)
	}
	b.must(201, "POST", adminAPI+"/servers/work/services/"+service["id"].(string)+"/scopes", map[string]any{"scope_name": "basic", "implicit": true})
	b.client = b.app("Third")
	if got, _ := b.follow(b.newBrowser(), b.ask("scope", "")); got.Get("code") == "" {
		t.Errorf("without a scope: %v", got)
	} else if answer, _, _ := b.tokens(url.Values{"grant_type": {"authorization_code"}, "code": {got.Get("code")}, "redirect_uri": {appCallback}}); answer["scope"] != "basic" {
		t.Errorf("without a scope the client gets %v", answer["scope"])
	}
	if _, _, access := b.signIn(b.newBrowser(), "scope", "openid"); access["tier"] != nil {
		t.Errorf("without its scope: %v", access)
	}
}
