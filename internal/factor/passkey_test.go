package factor_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"sync"
	"testing"
	"time"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/factor"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/kit/softkey"
)

const site = "https://app.example.com"

// passkeyWorld is a pool whose relying party is example.com.
func passkeyWorld(t *testing.T, change ...func(*directory.WebAuthn)) *world {
	t.Helper()
	w := newWorld(t, directory.MFAConfig{})
	config := &directory.WebAuthn{RelyingPartyID: "example.com"}
	for _, c := range change {
		c(config)
	}
	w.settings([]string{"PASSWORD", "WEB_AUTHN"}, config)
	return w
}

func (w *world) settings(factors []string, config *directory.WebAuthn) {
	w.t.Helper()
	w.check(w.store.UpdatePool(w.t.Context(), w.pool.ID, func(p *directory.Pool) error {
		p.FirstAuthFactors, p.MFA.WebAuthn = factors, config
		return nil
	}))
	var err error
	w.pool, err = w.store.Pool(w.t.Context(), w.pool.ID)
	w.check(err)
}

var app = &directory.Client{ID: "client1"}

func (w *world) options() []byte {
	w.t.Helper()
	o, err := w.StartPasskey(w.t.Context(), w.pool, app, w.alice)
	w.check(err)
	raw, err := json.Marshal(o)
	w.check(err)
	return raw
}

// enrol gives alice a passkey.
func (w *world) enrol(k *softkey.Key) {
	w.t.Helper()
	w.check(w.complete(k, w.options()))
}

func (w *world) complete(k *softkey.Key, options []byte) error {
	w.t.Helper()
	credential, err := k.Create(options)
	w.check(err)
	return w.CompletePasskey(w.t.Context(), w.pool, app, w.alice, credential)
}

// use answers a question with a passkey.
func (w *world) use(k *softkey.Key, verify bool) (factor.Shown, error) {
	w.t.Helper()
	q, err := w.AskPasskey(w.t.Context(), w.pool, w.alice.ID, verify)
	w.check(err)
	answer, err := k.Get(q.Options)
	w.check(err)
	return w.CheckPasskey(w.t.Context(), w.pool, w.alice, q.State, string(answer))
}

func TestAPasskeyIsMadeAndUsed(t *testing.T) {
	t.Parallel()
	w := passkeyWorld(t)
	k := softkey.New(site)
	w.enrol(k)
	list, err := w.Passkeys(t.Context(), w.pool.ID, w.alice.ID)
	w.check(err)
	if len(list) != 1 || list[0].RelyingPartyID != "example.com" || list[0].Attachment != "platform" || list[0].Transports[0] != "internal" ||
		list[0].Name == "" || !list[0].CreatedAt.Equal(w.clock.Now()) {
		t.Errorf("got %+v", list)
	}
	for range 2 {
		shown, err := w.use(k, false)
		w.check(err)
		if !shown.Verified || shown.Roaming {
			t.Error("the person was verified, and it does not show")
		}
	}
	k.Verified = false
	if shown, err := w.use(k, false); err != nil || shown.Verified {
		t.Errorf("got %+v, %v", shown, err)
	}
}

func TestTheOptionsAreWhatBrowsersTake(t *testing.T) {
	t.Parallel()
	w := passkeyWorld(t)
	k := softkey.New(site)
	w.enrol(k)
	var o struct {
		RP   struct{ ID, Name string }
		User struct{ ID, Name, DisplayName string }
		Alg  []struct {
			Type string
			Alg  int
		} `json:"pubKeyCredParams"`
		Timeout   int
		Exclude   []struct{ ID, Type string } `json:"excludeCredentials"`
		Selection struct {
			RequireResidentKey            bool
			ResidentKey, UserVerification string
		} `json:"authenticatorSelection"`
	}
	w.check(json.Unmarshal(w.options(), &o))
	if o.RP.ID != "example.com" || o.User.Name != "alice" || o.User.DisplayName != "alice" || len(o.Alg) != 2 || o.Alg[0].Alg != -7 ||
		o.Alg[1].Alg != -257 || o.Timeout != 60000 || len(o.Exclude) != 1 || o.Exclude[0].Type != "public-key" ||
		!o.Selection.RequireResidentKey || o.Selection.ResidentKey != "required" || o.Selection.UserVerification != "preferred" {
		t.Errorf("got %+v", o)
	}
	q, err := w.AskPasskey(t.Context(), w.pool, w.alice.ID, false)
	w.check(err)
	for _, part := range []string{`"timeout":180000`, `"rpId":"example.com"`, `"userVerification":"preferred"`, `"transports":["internal"]`} {
		if !strings.Contains(string(q.Options), part) {
			t.Errorf("%s is missing in %s", part, q.Options)
		}
	}
}

func TestARegistrationIsRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		setup   func(*world, *softkey.Key)
		kind    fault.Kind
		subject fault.Subject
	}{
		"from another site":             {func(_ *world, k *softkey.Key) { k.Origin = "https://example.org" }, fault.Denied, fault.PasskeyOrigin},
		"from a site that sounds alike": {func(_ *world, k *softkey.Key) { k.Origin = "https://notexample.com" }, fault.Denied, fault.PasskeyOrigin},
		"without TLS":                   {func(_ *world, k *softkey.Key) { k.Origin = "http://app.example.com" }, fault.Denied, fault.PasskeyOrigin},
		"for another relying party":     {func(_ *world, k *softkey.Key) { k.RPID = "example.org" }, fault.Denied, fault.PasskeyParty},
		"too late":                      {func(w *world, _ *softkey.Key) { w.clock.Advance(5 * time.Minute) }, fault.Missing, fault.Passkey},
		"of another user":               {func(w *world, _ *softkey.Key) { w.alice = w.user("bob") }, fault.Missing, fault.Passkey},
		"switched off meanwhile": {func(w *world, _ *softkey.Key) {
			w.settings([]string{"PASSWORD"}, nil)
		}, fault.Unsupported, fault.Passkey},
		"renamed meanwhile": {func(w *world, k *softkey.Key) {
			k.Origin = "https://example.net"
			w.settings([]string{"PASSWORD", "WEB_AUTHN"}, &directory.WebAuthn{RelyingPartyID: "example.net"})
		}, fault.Denied, fault.PasskeyParty},
	} {
		w := passkeyWorld(t)
		k := softkey.New(site)
		options := w.options()
		c.setup(w, k)
		if err := w.complete(k, options); !fault.Is(err, c.kind, c.subject) {
			t.Errorf("%s: got %v, want %s/%s", name, err, c.kind, c.subject)
		}
	}
}

func TestARegistrationIsBoundToItsClientAndWorksOnce(t *testing.T) {
	t.Parallel()
	w := passkeyWorld(t)
	k := softkey.New(site)
	credential, err := k.Create(w.options())
	w.check(err)
	err = w.CompletePasskey(t.Context(), w.pool, &directory.Client{ID: "client2"}, w.alice, credential)
	if !fault.Is(err, fault.Denied, fault.PasskeyClient) {
		t.Errorf("got %v", err)
	}
	w.check(w.CompletePasskey(t.Context(), w.pool, app, w.alice, credential))
	err = w.CompletePasskey(t.Context(), w.pool, app, w.alice, credential)
	if !fault.Is(err, fault.Missing, fault.Passkey) {
		t.Errorf("got %v", err)
	}
	made := bytes.ReplaceAll(credential, []byte("platform"), []byte("whatever"))
	if err := w.CompletePasskey(t.Context(), w.pool, app, w.alice, made[:40]); !fault.Is(err, fault.Invalid, "") {
		t.Errorf("got %v", err)
	}
}

func TestUserVerificationIsRequired(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*directory.WebAuthn){
		"by the pool":    func(c *directory.WebAuthn) { c.UserVerification = "required" },
		"as both factor": func(c *directory.WebAuthn) { c.FactorConfig = "MULTI_FACTOR_WITH_USER_VERIFICATION" },
	} {
		w := passkeyWorld(t, change)
		k := softkey.New(site)
		k.Verified = false
		if err := w.complete(k, w.options()); !fault.Is(err, fault.Invalid, fault.Passkey) {
			t.Errorf("%s: got %v", name, err)
		}
		k.Verified = true
		w.enrol(k)
		k.Verified = false
		_, err := w.use(k, false)
		refused(t, err, fault.Denied, "", "Incorrect username or password.")
	}
	w := passkeyWorld(t)
	k := softkey.New(site)
	w.enrol(k)
	k.Verified = false
	_, err := w.use(k, true)
	refused(t, err, fault.Denied, "", "Incorrect username or password.")
}

// TestACopiedKeyIsRefused: a counter that does not grow means that somebody else has signed with this key.
func TestACopiedKeyIsRefused(t *testing.T) {
	t.Parallel()
	w := passkeyWorld(t)
	k := softkey.New(site)
	w.enrol(k)
	_, err := w.use(k, false)
	w.check(err)
	k.Static = true
	_, err = w.use(k, false)
	refused(t, err, fault.Denied, "", "Incorrect username or password.")
	k.Counter = 0
	_, err = w.use(k, false)
	refused(t, err, fault.Denied, "", "Incorrect username or password.")
	k.Counter = 9
	_, err = w.use(k, false)
	w.check(err)

	plain := passkeyWorld(t) // many passkeys have no counter at all
	k = softkey.New(site)
	k.Static = true
	plain.enrol(k)
	for range 2 {
		_, err = plain.use(k, false)
		plain.check(err)
	}
}

func TestOfTwoSignaturesWithOneCounterOneCounts(t *testing.T) {
	t.Parallel()
	w := passkeyWorld(t)
	k := softkey.New(site)
	w.enrol(k)
	k.Counter, k.Static = 7, true
	q, err := w.AskPasskey(t.Context(), w.pool, w.alice.ID, false)
	w.check(err)
	answer, err := k.Get(q.Options)
	w.check(err)
	won := make(chan bool, 4)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			_, err := w.CheckPasskey(t.Context(), w.pool, w.alice, q.State, string(answer))
			won <- err == nil
		})
	}
	wg.Wait()
	n := 0
	for range 4 {
		if <-won {
			n++
		}
	}
	if n != 1 {
		t.Errorf("%d signatures counted", n)
	}
}

func TestAnAnswerIsRefused(t *testing.T) {
	t.Parallel()
	w := passkeyWorld(t)
	k, stranger := softkey.New(site), softkey.New(site)
	w.enrol(k)
	_, err := stranger.Create(w.options()) // never registered
	w.check(err)
	q, err := w.AskPasskey(t.Context(), w.pool, w.alice.ID, false)
	w.check(err)
	other, err := w.AskPasskey(t.Context(), w.pool, w.alice.ID, false)
	w.check(err)
	for name, c := range map[string]struct {
		key     *softkey.Key
		options []byte
		change  func(*softkey.Key)
	}{
		"another key":              {stranger, q.Options, func(*softkey.Key) {}},
		"another challenge":        {k, other.Options, func(*softkey.Key) {}},
		"another site":             {k, q.Options, func(k *softkey.Key) { k.Origin = "https://example.com.example.org" }},
		"another relying party":    {k, q.Options, func(k *softkey.Key) { k.RPID = "example.org" }},
		"a site without TLS":       {k, q.Options, func(k *softkey.Key) { k.Origin = "http://example.com" }},
		"an origin with user info": {k, q.Options, func(k *softkey.Key) { k.Origin = "https://a@example.com" }},
	} {
		key := *c.key
		c.change(&key)
		answer, err := key.Get(c.options)
		w.check(err)
		_, err = w.CheckPasskey(t.Context(), w.pool, w.alice, q.State, string(answer))
		t.Run(name, func(t *testing.T) { refused(t, err, fault.Denied, "", "Incorrect username or password.") })
	}
	_, err = w.CheckPasskey(t.Context(), w.pool, w.alice, q.State, "{}")
	refused(t, err, fault.Invalid, "", "CREDENTIAL is not an authentication response.")
	bob := w.user("bob")
	answer, err := k.Get(q.Options)
	w.check(err)
	_, err = w.CheckPasskey(t.Context(), w.pool, bob, q.State, string(answer))
	refused(t, err, fault.Denied, "", "Incorrect username or password.")
}

func TestAppsAndLocalPagesMayUsePasskeys(t *testing.T) {
	t.Parallel()
	for origin, party := range map[string]string{
		"https://example.com": "example.com", "https://a.b.example.com:8443": "example.com", "http://localhost:5173": "localhost",
		"http://pool.auth.localhost:9229": "pool.auth.localhost", "android:apk-key-hash:abc": "example.com",
	} {
		w := passkeyWorld(t, func(c *directory.WebAuthn) { c.RelyingPartyID = party })
		k := softkey.New(origin)
		w.enrol(k)
		if _, err := w.use(k, false); err != nil {
			t.Errorf("%s: %v", origin, err)
		}
	}
}

func TestPasskeysNeedARelyingParty(t *testing.T) {
	t.Parallel()
	w := newWorld(t, directory.MFAConfig{})
	start := func() error {
		_, err := w.StartPasskey(t.Context(), w.pool, app, w.alice)
		return err
	}
	if err := start(); !fault.Is(err, fault.Unsupported, fault.Passkey) {
		t.Errorf("not allowed: %v", err)
	}
	w.settings([]string{"PASSWORD", "WEB_AUTHN"}, nil)
	if err := start(); !fault.Is(err, fault.Misconfigured, fault.Passkey) {
		t.Errorf("no domain: %v", err)
	}
	for id, ok := range map[string]bool{
		"example.com": true, "auth.example.co.uk": true, "localhost": true, "com": false, "co.uk": false, "https://example.com": false,
		"example.com:443": false, "127.0.0.1": false, "": false,
	} {
		if err := factor.CheckRelyingParty(id); (err == nil) != ok {
			t.Errorf("%q: %v", id, err)
		}
	}
}

func TestAUserHasTwentyPasskeysAtMost(t *testing.T) {
	t.Parallel()
	w := passkeyWorld(t)
	last := w.options()
	for range factor.MaxPasskeys {
		w.enrol(softkey.New(site))
	}
	refused(t, w.complete(softkey.New(site), last), fault.Limited, "", "A user can have at most 20 passkeys.")
	_, err := w.StartPasskey(t.Context(), w.pool, app, w.alice)
	refused(t, err, fault.Limited, "", "A user can have at most 20 passkeys.")
}

func TestADeletedPasskeyIsGone(t *testing.T) {
	t.Parallel()
	w := passkeyWorld(t)
	k := softkey.New(site)
	w.enrol(k)
	list, err := w.Passkeys(t.Context(), w.pool.ID, w.alice.ID)
	w.check(err)
	q, err := w.AskPasskey(t.Context(), w.pool, w.alice.ID, false)
	w.check(err)
	bob := w.user("bob")
	refused(t, w.DeletePasskey(t.Context(), w.pool, bob.ID, list[0].ID), fault.Missing, "", "The passkey does not exist.")
	w.check(w.DeletePasskey(t.Context(), w.pool, w.alice.ID, list[0].ID))
	answer, err := k.Get(q.Options)
	w.check(err)
	_, err = w.CheckPasskey(t.Context(), w.pool, w.alice, q.State, string(answer))
	refused(t, err, fault.Denied, "", "Incorrect username or password.")
}

// FuzzAnswers: whatever comes as a credential is a fault, never a crash, and never lets anybody in.
func FuzzAnswers(f *testing.F) {
	f.Add([]byte(`{}`))
	f.Add([]byte(`{"id":"AA","rawId":"AA","type":"public-key","response":{"clientDataJSON":"e30","authenticatorData":"AA","signature":"AA"}}`))
	f.Add([]byte(`{"id":"AA","rawId":"AA","type":"public-key","response":{"clientDataJSON":"e30","attestationObject":"oA"}}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		w := passkeyWorld(t)
		if err := w.CompletePasskey(t.Context(), w.pool, app, w.alice, raw); err == nil || fault.As(err).Kind == fault.Internal {
			t.Errorf("registration: %v", err)
		}
		if _, err := w.CheckPasskey(t.Context(), w.pool, w.alice, []byte(`{"c":"AAAA","r":"example.com"}`), string(raw)); err == nil ||
			fault.As(err).Kind == fault.Internal {
			t.Errorf("sign-in: %v", err)
		}
	})
}
