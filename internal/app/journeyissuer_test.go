package app

import (
	"net/url"
	"regexp"
	"strings"
	"testing"

	"cognate.dev/cognate/internal/directory/outside"
)

// move has the connection be that of another peer, which has another issuer.
func (b *broker) move(to *upstream, former ...string) {
	b.t.Helper()
	b.change(func(c map[string]any) {
		c["settings"].(map[string]any)["issuer_url"] = to.server.URL
		c["credentials"] = map[string]any{"client_secret": "hush"}
		c["config"] = map[string]any{"enable_stateful_ctx": false, "stateful_ctx_duration": "0s", "former_issuers": former}
	})
}

// forget takes from somebody whose issuer they are, as for who came before that was kept.
func (b *broker) forget(userID string) {
	b.t.Helper()
	r := b.h.rooms.Load()
	pool, err := r.directory.Pools.Get(b.t.Context(), testPool)
	b.check(err)
	b.check(outside.Of(r.directory, pool).ChangeIdentities(b.t.Context(), userID, func(old string) string {
		return regexp.MustCompile(`"issuer":"[^"]*"`).ReplaceAllString(old, `"issuer":null`)
	}))
}

// TestASubjectOfAnotherIssuerIsSomebodyElse gives a connection to another provider, whose people have the subjects of those who came before.
// Fails when that makes them those people, also where their issuer was not kept when they came, or when their sign-ins last; or when a
// provider that has only another name cannot go on with its people.
func TestASubjectOfAnotherIssuerIsSomebodyElse(t *testing.T) {
	t.Parallel()
	for name, legacy := range map[string]bool{"kept": false, "not kept": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, other := newBroker(t), newUpstream(t)
			answer, first, _ := b.signIn(b.newBrowser())
			person := first["sub"].(string)
			if legacy {
				b.forget(person)
			}
			b.move(other)
			b.refused("the same subject of another issuer", b.newBrowser(), b.ask(), "invalid_request")
			if got, _, _ := b.tokens(url.Values{"grant_type": {"refresh_token"}, "refresh_token": {answer["refresh_token"].(string)}}); got["error"] != "invalid_grant" {
				t.Errorf("whom the other issuer has vouched for goes on: %v", got)
			}
			other.set(func(p *upstream) { p.id = map[string]any{"sub": "up-2"} })
			if _, id, _ := b.signIn(b.newBrowser()); id["sub"] == person {
				t.Error("another subject is the same person")
			}
			other.set(func(p *upstream) { p.id = map[string]any{} })
			b.move(b.peer)
			if _, id, _ := b.signIn(b.newBrowser()); id["sub"] != person {
				t.Errorf("after the change was taken back they are %v", id["sub"])
			}
			b.move(other, b.peer.server.URL)
			if _, id, _ := b.signIn(b.newBrowser()); id["sub"] != person {
				t.Errorf("at an issuer that goes on they are %v", id["sub"])
			}
			b.move(other)
			if _, id, _ := b.signIn(b.newBrowser()); id["sub"] != person {
				t.Errorf("after they came there they are %v", id["sub"])
			}
			b.move(b.peer)
			b.refused("the subject of the first issuer", b.newBrowser(), b.ask(), "invalid_request")
		})
	}
}

// TestAConnectionThatIsMadeAnewIsAnothers deletes a connection and makes another of its name. Fails when its people are those of before
// without its being the same issuer's.
func TestAConnectionThatIsMadeAnewIsAnothers(t *testing.T) {
	t.Parallel()
	b, other := newBroker(t), newUpstream(t)
	remake := func(to *upstream) {
		t.Helper()
		b.must(204, "DELETE", adminAPI+"/servers/work/idps/oidc/"+b.idp["id"].(string), nil)
		b.idp = b.connect("Corp", func(c map[string]any) {
			c["id"], c["settings"] = "corp", map[string]any{"client_id": "broker", "issuer_url": to.server.URL}
		})
	}
	remake(b.peer)
	_, id, _ := b.signIn(b.newBrowser())
	remake(other)
	b.refused("of another issuer", b.newBrowser(), b.ask(), "invalid_request")
	remake(b.peer)
	if _, again, _ := b.signIn(b.newBrowser()); again["sub"] != id["sub"] {
		t.Errorf("of the same issuer they are %v", again["sub"])
	}
	b.forget(id["sub"].(string))
	remake(b.peer)
	b.refused("of an issuer that nobody knows", b.newBrowser(), b.ask(), "invalid_request")
}

// TestWhoComesIsKnownWithTheirIssuer fails when a person of a connection is kept without the issuer, or when what is no issuer can be named.
func TestWhoComesIsKnownWithTheirIssuer(t *testing.T) {
	t.Parallel()
	b := newBroker(t)
	_, id, _ := b.signIn(b.newBrowser())
	x, err := b.h.rooms.Load().directory.Users.Get(t.Context(), testPool, id["sub"].(string))
	b.check(err)
	if !strings.Contains(x.Attributes["identities"], `"issuer":"`+b.peer.server.URL+`"`) {
		t.Errorf("they are %s", x.Attributes["identities"])
	}
	b.must(422, "PUT", adminAPI+"/servers/work/idps/oidc/"+b.idp["id"].(string), map[string]any{
		"name": "Corp", "settings": b.idp["settings"], "config": map[string]any{"former_issuers": []string{"a b"}},
	})
}
