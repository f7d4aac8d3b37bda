package app

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

// bank is what a mix-up is after: a provider that gives codes to the addresses that it knows, and does not say who it is.
func (b *broker) bank(own bool) (p *upstream, allowed string) {
	b.t.Helper()
	p = newUpstream(b.t)
	made := b.connect("Bank", func(c map[string]any) {
		c["id"], c["settings"] = "bank", map[string]any{"client_id": "broker", "issuer_url": p.server.URL, "own_redirect_url": own}
	})
	return p, made["redirect_url"].(string)
}

// mix is a provider that somebody else runs: it sends browsers on to the bank, with the state of the trip to itself, and keeps what codes it
// is sent.
func (b *broker) mix(bank *upstream, redirect func(asked string) string) (codes func() []string) {
	b.t.Helper()
	var lock sync.Mutex
	var got []string
	mux := http.NewServeMux()
	mux.HandleFunc("/authorize", func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		q.Set("redirect_uri", redirect(q.Get("redirect_uri")))
		http.Redirect(w, r, bank.server.URL+"/authorize?"+q.Encode(), http.StatusFound)
	})
	mux.HandleFunc("/token", func(w http.ResponseWriter, r *http.Request) {
		lock.Lock()
		defer lock.Unlock()
		got = append(got, r.FormValue("code"))
		w.WriteHeader(http.StatusBadRequest)
	})
	server := httptest.NewServer(mux)
	b.t.Cleanup(server.Close)
	b.connect("Evil", func(c map[string]any) {
		c["id"], c["settings"] = "evil", map[string]any{
			"client_id": "broker", "issuer_url": server.URL, "authorization_url": server.URL + "/authorize", "token_url": server.URL + "/token",
			"userinfo_url": server.URL + "/me", "jwks_url": server.URL + "/keys",
		}
	})
	return func() []string {
		lock.Lock()
		defer lock.Unlock()
		return got
	}
}

// TestOneProviderGetsNoCodeOfAnother has a provider of a workspace play another one's answers to us, at each of the addresses that the other
// one may send codes to. RFC 9700 section 4.4. Fails when it gets a code that the other has given, or when a connection with an address
// of its own lets nobody in.
func TestOneProviderGetsNoCodeOfAnother(t *testing.T) {
	t.Parallel()
	b := newBroker(t)
	bank, allowed := b.bank(true)
	if allowed != b.server.URL+"/default/work/oauth2/idpresponse/bank" {
		t.Fatalf("its address is %s", allowed)
	}
	bank.set(func(p *upstream) { p.allows = allowed })
	for name, redirect := range map[string]func(string) string{
		"at the address of all":   func(asked string) string { return asked },
		"at the bank's":           func(string) string { return allowed },
		"at the bank's, and more": func(string) string { return allowed + "/" },
	} {
		codes := b.mix(bank, redirect)
		code, page := b.follow(b.newBrowser(), b.ask("idp_hint", "evil"))
		if code.Get("code") != "" || len(codes()) != 0 {
			t.Errorf("%s: the client hears %v; stolen: %v; page %.200s", name, code, codes(), page)
		}
		b.must(204, "DELETE", adminAPI+"/servers/work/idps/oidc/evil", nil)
	}
	if code, page := b.follow(b.newBrowser(), b.ask("idp_hint", "bank")); code.Get("code") == "" {
		t.Errorf("at its own address: %v %.300s", code, page)
	}
	browser := b.newBrowser()
	back := b.halt(browser, b.ask("idp_hint", "bank"))
	b.refused("an answer to the bank's, brought to all's", browser, strings.Replace(back, "/idpresponse/bank", "/idpresponse", 1), "")
	back = b.halt(browser, b.ask("idp_hint", b.idp["id"].(string)))
	b.refused("an answer to all's, brought to the bank's", browser, strings.Replace(back, "/idpresponse", "/idpresponse/bank", 1), "")
	back = b.halt(browser, b.ask("idp_hint", "bank"))
	for what, change := range map[string][2]string{"of a pool": {"/default/work/", "/" + testPool + "/"}, "that is none": {"/idpresponse/bank", "/idpresponse/Bank"}} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, strings.Replace(back, change[0], change[1], 1), http.NoBody)
		b.check(err)
		answer, err := browser.Do(r)
		b.check(err)
		b.check(answer.Body.Close())
		if answer.StatusCode != http.StatusNotFound {
			t.Errorf("the address %s answers %d", what, answer.StatusCode)
		}
	}
	back = b.halt(browser, b.ask("idp_hint", "bank"))
	b.ahead.Store(int64(6 * time.Minute))
	b.refused("too late", browser, back, "")
}

// TestAnAnswerThatSaysWhoseItIsCannotBeMixedUp is the same at the address of all, with a provider that says who it is: RFC 9207.
func TestAnAnswerThatSaysWhoseItIsCannotBeMixedUp(t *testing.T) {
	t.Parallel()
	b := newBroker(t)
	bank, _ := b.bank(false)
	bank.set(func(p *upstream) { p.answer = func(q url.Values) { q.Set("iss", bank.server.URL) } })
	codes := b.mix(bank, func(asked string) string { return asked })
	b.refused("mixed up", b.newBrowser(), b.ask("idp_hint", "evil"), "invalid_request")
	if len(codes()) != 0 {
		t.Errorf("stolen: %v", codes())
	}
	if code, page := b.follow(b.newBrowser(), b.ask("idp_hint", "bank")); code.Get("code") == "" {
		t.Errorf("its own: %v %.300s", code, page)
	}
}

// TestACodeDoesNotGoToWhoTookAPlace gives a connection to another provider while somebody is at the first one. Fails when the code of the
// first goes to the other.
func TestACodeDoesNotGoToWhoTookAPlace(t *testing.T) {
	t.Parallel()
	b, other := newBroker(t), newUpstream(t)
	browser := b.newBrowser()
	back := b.halt(browser, b.ask())
	b.move(other)
	b.refused("given to another", browser, back, "invalid_request")
	if n := other.called("token"); n != 0 {
		t.Errorf("the other was asked for tokens %d times", n)
	}
}
