package domain_test

import (
	"strings"
	"testing"
	"time"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/domain"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/kit/clock"
	"cognate.dev/cognate/internal/store/storetest"
)

const (
	poolID  = "eu-west-1_Abcdefghi"
	otherID = "us-east-1_Abcdefghi"
)

type world struct {
	*domain.Domains
	t   testing.TB
	now *clock.Fake
}

// newWorld is a server with two pools, known by a URL.
func newWorld(t testing.TB, public string) *world {
	t.Helper()
	w := &world{t: t, now: clock.NewFake(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC))}
	s := storetest.Memory(t)
	var err error
	w.Domains, err = domain.New(domain.Parts{Store: s, OnCommit: s.OnCommit, Public: public, Now: w.now.Now})
	w.check(err)
	for _, id := range []string{poolID, otherID} {
		w.check(s.InsertPool(t.Context(), &directory.Pool{ID: id, CreatedAt: w.now.Now(), ModifiedAt: w.now.Now()}))
	}
	return w
}

func (w *world) check(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) create(poolID, name string, custom bool) error {
	_, err := w.Create(w.t.Context(), domain.Spec{PoolID: poolID, Name: name, Settings: domain.Settings{Custom: custom, CertificateARN: "arn"}})
	return err
}

func refused(t testing.TB, what string, err error, text string) {
	t.Helper()
	if !fault.Is(err, fault.Invalid, "") && !fault.Is(err, fault.Exists, "") || !strings.Contains(fault.As(err).Text, text) {
		t.Errorf("%s: got %v, want a fault with %q", what, err, text)
	}
}

// TestHostsLeadToTheirPool fails when a name of a pool does not lead to it, or a name that somebody else controls does.
func TestHostsLeadToTheirPool(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "https://id.example.com:8443")
	w.check(w.create(poolID, "people", false))
	w.check(w.create(poolID, "login.example.org", true))
	for host, want := range map[string]string{
		"people.auth.localhost":                            "people",
		"people.auth.localhost:9229":                       "people",
		"PEOPLE.auth.LOCALHOST.":                           "people",
		"people.auth.id.example.com:8443":                  "people",
		"people.auth.eu-west-1.amazoncognito.com":          "people",
		"login.example.org":                                "login.example.org",
		"Login.Example.org:443":                            "login.example.org",
		"people.auth.us-east-1.amazoncognito.com":          "", // another region's
		"people.auth.evil.example":                         "", // anybody can own that
		"people.auth.localhost.evil.example":               "",
		"people.auth.eu-west-1.amazoncognito.com.evil.com": "",
		"x.people.auth.localhost":                          "",
		"login.example.org.auth.localhost":                 "", // a custom name is no prefix
		"people":                                           "", // a prefix is no host
		"evil.login.example.org":                           "",
		"id.example.com":                                   "",
		"localhost:9229":                                   "",
		"":                                                 "",
		"[::1]:9229":                                       "",
		strings.Repeat("a.", 200) + "org":                  "",
	} {
		got, err := w.ByHost(t.Context(), host)
		w.check(err)
		name := ""
		if got != nil {
			name = got.Name
		}
		if name != want {
			t.Errorf("%s leads to %q, want %q", host, name, want)
		}
	}
}

// TestHomeIsTheCustomDomain fails when discovery would name another place than the pool's own domain, or one where
// this server does not answer.
func TestHomeIsTheCustomDomain(t *testing.T) {
	t.Parallel()
	for public, want := range map[string][3]string{
		"https://id.example.com": {"", "https://people.auth.id.example.com", "https://login.example.org"},
		"http://127.0.0.1:9229":  {"", "http://people.auth.localhost:9229", "http://login.example.org:9229"},
		"http://[::]:80":         {"", "http://people.auth.localhost:80", "http://login.example.org:80"},
	} {
		w := newWorld(t, public)
		for i, step := range []func(){
			func() {},
			func() { w.check(w.create(poolID, "people", false)) },
			func() { w.check(w.create(poolID, "login.example.org", true)) },
		} {
			step()
			got, err := w.Home(t.Context(), poolID)
			w.check(err)
			if got != want[i] {
				t.Errorf("%s, step %d: %q, want %q", public, i, got, want[i])
			}
		}
	}
	if _, err := domain.New(domain.Parts{Public: "people"}); err == nil {
		t.Error("a server without a host name has domains")
	}
}

// TestNamesAreRefused fails when a pool gets a name that cannot work, that misleads, or that another pool has.
func TestNamesAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "https://id.example.com")
	for name, says := range map[string]string{
		"": "domain prefix", "-a": "domain prefix", "a-": "domain prefix", "A": "domain prefix", "a.b": "domain prefix",
		strings.Repeat("a", 64): "domain prefix", "my-aws-login": "reserved word: aws", "xamazonx": "reserved word: amazon",
		"cognito": "reserved word: cognito",
	} {
		refused(t, name, w.create(poolID, name, false), says)
	}
	for name, says := range map[string]string{
		"example": "valid subdomain", "example.com": "valid subdomain", "a..example.com": "valid subdomain", "10.0.0.1": "valid subdomain",
		"-a.example.com": "valid subdomain", "x.auth.localhost": "belongs to this server", "x.auth.id.example.com": "belongs to this server",
		"id.example.com": "belongs to this server", "x.auth.eu-west-1.amazoncognito.com": "belongs to this server",
		strings.Repeat("a.", 126) + "com": "valid subdomain",
	} {
		refused(t, name, w.create(poolID, name, true), says)
	}
	w.check(w.create(poolID, "people", false))
	refused(t, "second", w.create(poolID, "others", false), "already has a domain configured")
	refused(t, "taken", w.create(otherID, "people", false), "Domain already associated with another user pool.")
}

// TestDomainsChangeAndGo fails when a change is lost or not seen at once, or a pool loses another's domain.
func TestDomainsChangeAndGo(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "https://id.example.com")
	w.check(w.create(poolID, "people", false))
	if d, err := w.ByHost(t.Context(), "people.auth.localhost"); err != nil || d == nil || d.ManagedLogin != 1 {
		t.Fatalf("made %+v (%v)", d, err)
	}
	update := func(pool string, s domain.Settings, classic bool) error {
		_, err := w.Update(t.Context(), domain.Spec{PoolID: pool, Name: "people", Settings: s, ClassicOnly: classic})
		return err
	}
	refused(t, "another pool's", update(otherID, domain.Settings{ManagedLogin: 2}, false), "No such domain or user pool exists.")
	refused(t, "prefix with certificate", update(poolID, domain.Settings{Custom: true}, false), "no CustomDomainConfig")
	refused(t, "third pages", update(poolID, domain.Settings{ManagedLogin: 3}, false), "must be 1 or 2")
	refused(t, "policy", update(poolID, domain.Settings{SecurityPolicy: "SSL_V3"}, false), "SecurityPolicy")
	if err := update(poolID, domain.Settings{ManagedLogin: 2}, true); !fault.Is(err, fault.Unsupported, fault.Tier) {
		t.Errorf("classic only: %v", err)
	}
	w.now.Advance(time.Minute)
	w.check(update(poolID, domain.Settings{ManagedLogin: 2}, false))
	d, err := w.ByHost(t.Context(), "people.auth.localhost")
	w.check(err)
	if d.ManagedLogin != 2 || d.Version() != "20260102030505" {
		t.Errorf("changed to %+v", d)
	}
	refused(t, "pool", w.KeepPool(t.Context(), poolID), "has a domain configured")
	refused(t, "another pool's", w.Delete(t.Context(), otherID, "people"), "No such domain or user pool exists.")
	w.check(w.Delete(t.Context(), poolID, "people"))
	if d, err := w.ByHost(t.Context(), "people.auth.localhost"); err != nil || d != nil {
		t.Errorf("after its deletion the domain is %+v (%v)", d, err)
	}
	w.check(w.KeepPool(t.Context(), poolID))
}

// FuzzByHost fails when a Host header crashes the lookup, or leads to the pool without one of its names in it.
func FuzzByHost(f *testing.F) {
	w := newWorld(f, "https://id.example.com")
	w.check(w.create(poolID, "people", false))
	w.check(w.create(poolID, "login.example.org", true))
	for _, host := range []string{"people.auth.localhost:1", "login.example.org", "[::1]", "a:b:c", ".auth.", "people.auth.x.amazoncognito.com"} {
		f.Add(host)
	}
	f.Fuzz(func(t *testing.T, host string) {
		d, err := w.ByHost(t.Context(), host)
		if err != nil {
			t.Fatal(err)
		}
		lower := strings.ToLower(host)
		if d != nil && !strings.HasPrefix(lower, "people.auth.") && !strings.HasPrefix(lower, "login.example.org") {
			t.Errorf("%q leads to %s", host, d.Name)
		}
	})
}
