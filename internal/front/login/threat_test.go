package login_test

import (
	"html"
	"net/http"
	"net/url"
	"regexp"
	"testing"
	"time"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/message/mailbox"
	"cognate.dev/cognate/internal/risk"
)

func guarded(mode string) option {
	return func(p *directory.PoolSpec, _ *directory.ClientSettings) {
		p.AddOns = &directory.AddOns{AdvancedSecurityMode: mode}
	}
}

// as makes a browser say what it is.
func (b *browser) as(agent string) *browser {
	next := b.client.Transport
	if next == nil {
		next = http.DefaultTransport
	}
	b.client.Transport = transport(func(r *http.Request) (*http.Response, error) {
		r.Header.Set("User-Agent", agent)
		return next.RoundTrip(r)
	})
	return b
}

type transport func(*http.Request) (*http.Response, error)

func (t transport) RoundTrip(r *http.Request) (*http.Response, error) { return t(r) }

const (
	firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
	safari  = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1 Version/18.0 Mobile/15E148 Safari/604.1"
)

// TestPagesAreJudgedToo fails when a dangerous sign-in gets in by the pages, when its user is not told, or when the links
// in that mail do nothing, or do something before a person says so.
func TestPagesAreJudgedToo(t *testing.T) {
	t.Parallel()
	w := newWorld(t, guarded("ENFORCED"))
	alice := w.user("alice", directory.Confirmed)
	_, err := w.risks.Set(t.Context(), risk.Target{Pool: w.pool}, risk.Parts{Takeover: &risk.Takeover{
		Low: &risk.Action{Event: "BLOCK", Notify: true}, Notify: &risk.Notify{},
	}})
	w.check(err)
	w.browser().as(firefox).signIn("alice", right)
	w.clock.Advance(time.Minute)
	b := w.browser().as(safari)
	b.signIn("alice", right)
	b.shows("Sign in", "This sign-in was refused for security reasons.")
	newest := func() *risk.Event {
		t.Helper()
		list, _, err := w.history.List(t.Context(), w.pool, alice.ID, 1, "")
		w.check(err)
		return list[0]
	}
	if e := newest(); e.Decision != risk.Blocked || e.Device != "Safari on iOS" || e.Address != "127.0.0.1" {
		t.Errorf("remembered as %+v", e)
	}
	mails := w.box.List(mailbox.Query{To: "alice@example.com", Limit: 1})
	if len(mails) == 0 {
		t.Fatal("nobody was told")
	}
	links := regexp.MustCompile(`href="([^"]*)"`).FindAllStringSubmatch(mails[0].Body, -1)
	link, err := url.Parse(html.UnescapeString(links[1][1]))
	w.check(err)
	reader := w.browser()
	reader.open("/feedback", link.Query())
	reader.shows("Was this you?", "was not yours")
	if newest().Feedback != nil {
		t.Error("opening the link, as programs do, already says something")
	}
	reader.submit()
	reader.shows("Thank you", "it was not you")
	if f := newest().Feedback; f == nil || f.Value != "Invalid" || f.Provider != "User" {
		t.Errorf("remembered %+v", f)
	}
	w.clock.Advance(8 * 24 * time.Hour)
	reader.open("/feedback", link.Query())
	reader.submit()
	reader.shows("Was this you?", "This link no longer works.")
	query := link.Query()
	query.Set("token", "made-up")
	query.Set("value", "Perhaps")
	reader.open("/feedback", query)
	reader.shows("Was this you?", "This link no longer works.")
}
