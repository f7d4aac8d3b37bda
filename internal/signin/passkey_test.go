package signin_test

import (
	"encoding/json"
	"slices"
	"testing"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/kit/softkey"
	"cognate.dev/cognate/internal/signin"
	"cognate.dev/cognate/internal/signin/challenge/choice"
	"cognate.dev/cognate/internal/signin/challenge/otp"
	"cognate.dev/cognate/internal/signin/challenge/passkey"
)

// passkeyWorld is a pool of passkeys; alice has one.
func passkeyWorld(t *testing.T, mfa directory.MFAConfig, options ...option) (*world, *softkey.Key) {
	t.Helper()
	w, box := choiceWorld(t, everyFirst, options...)
	w.build(signin.Hooks{}, choice.Select(), choice.SRP(), otp.SMS(box, w.keys, w.dir.Users), passkey.New(w.factors))
	if mfa.WebAuthn == nil {
		mfa.WebAuthn = &directory.WebAuthn{}
	}
	mfa.WebAuthn.RelyingPartyID = "example.com"
	w.setMFA(mfa)
	alice, k := w.person("alice"), softkey.New("https://example.com")
	made, err := w.factors.StartPasskey(t.Context(), w.pool, w.client, alice)
	w.check(err)
	raw, err := json.Marshal(made)
	w.check(err)
	credential, err := k.Create(raw)
	w.check(err)
	w.check(w.factors.CompletePasskey(t.Context(), w.pool, w.client, alice, credential))
	return w, k
}

// touch begins with a passkey and answers.
func (w *world) touch(k *softkey.Key) (*signin.Answer, error) {
	w.t.Helper()
	a, err := w.choose("alice", "PREFERRED_CHALLENGE", "WEB_AUTHN")
	w.check(err)
	if a.Challenge != signin.WebAuthn {
		w.t.Fatalf("asked for %s", a.Challenge)
	}
	credential, err := k.Get([]byte(a.Params["CREDENTIAL_REQUEST_OPTIONS"]))
	w.check(err)
	return w.reply(signin.WebAuthn, a.Session, map[string]string{"USERNAME": "alice", "CREDENTIAL": string(credential)})
}

func TestAPasskeyLetsIn(t *testing.T) {
	t.Parallel()
	w, k := passkeyWorld(t, directory.MFAConfig{Mode: "OFF"})
	a, err := w.choose("alice")
	w.check(err)
	if !slices.Contains(a.Available, "WEB_AUTHN") {
		t.Errorf("a passkey is not among %v", a.Available)
	}
	b, err := w.touch(k)
	signedIn(t, b, err)
	a, err = w.reply(signin.SelectChallenge, a.Session, map[string]string{"USERNAME": "alice", "ANSWER": "WEB_AUTHN"})
	outcome{challenge: signin.WebAuthn}.check(t, a, err)
	credential, err := k.Get([]byte(a.Params["CREDENTIAL_REQUEST_OPTIONS"]))
	w.check(err)
	answers := map[string]string{"USERNAME": "alice", "CREDENTIAL": string(credential)}
	b, err = w.reply(signin.WebAuthn, a.Session, answers)
	signedIn(t, b, err)
	_, err = w.reply(signin.WebAuthn, a.Session, answers)
	refused(t, err, fault.Denied, "Invalid session for the user, session can only be used once.")
}

func TestAWrongSignatureUsesTheQuestionUp(t *testing.T) {
	t.Parallel()
	w, k := passkeyWorld(t, directory.MFAConfig{Mode: "OFF"})
	a, err := w.choose("alice", "PREFERRED_CHALLENGE", "WEB_AUTHN")
	w.check(err)
	options := []byte(a.Params["CREDENTIAL_REQUEST_OPTIONS"])
	k.RPID = "example.org"
	forged, err := k.Get(options)
	w.check(err)
	b, err := w.reply(signin.WebAuthn, a.Session, map[string]string{"USERNAME": "alice", "CREDENTIAL": string(forged)})
	badPassword.check(t, b, err)
	k.RPID = ""
	good, err := k.Get(options)
	w.check(err)
	_, err = w.reply(signin.WebAuthn, a.Session, map[string]string{"USERNAME": "alice", "CREDENTIAL": string(good)})
	refused(t, err, fault.Denied, "Invalid session for the user, session can only be used once.")
}

// TestWrongPasswordsDoNotLockPasskeys: or anybody could keep anybody out.
func TestWrongPasswordsDoNotLockPasskeys(t *testing.T) {
	t.Parallel()
	w, k := passkeyWorld(t, directory.MFAConfig{Mode: "OFF"})
	for range 6 {
		_, _ = w.withPassword("alice", wrong)
	}
	a, err := w.withPassword("alice", right)
	exceeded.check(t, a, err)
	a, err = w.touch(k)
	signedIn(t, a, err)
	a, err = w.withPassword("alice", right) // and the guesser gets no new tries
	exceeded.check(t, a, err)
}

// TestPasskeysAndSecondFactors is the table of when a passkey is enough.
func TestPasskeysAndSecondFactors(t *testing.T) {
	t.Parallel()
	both := func() *directory.WebAuthn {
		return &directory.WebAuthn{FactorConfig: "MULTI_FACTOR_WITH_USER_VERIFICATION"}
	}
	for name, c := range map[string]struct {
		mfa     directory.MFAConfig
		user    directory.UserMFA
		offered bool
		want    outcome
	}{
		"off":                         {directory.MFAConfig{Mode: "OFF"}, directory.UserMFA{}, true, tokens},
		"optional, nothing on":        {directory.MFAConfig{Mode: "OPTIONAL", SMS: true}, directory.UserMFA{}, true, tokens},
		"optional, SMS on":            {directory.MFAConfig{Mode: "OPTIONAL", SMS: true}, directory.UserMFA{Methods: []string{"SMS_MFA"}}, false, outcome{}},
		"optional, SMS on, both":      {directory.MFAConfig{Mode: "OPTIONAL", SMS: true, WebAuthn: both()}, directory.UserMFA{Methods: []string{"SMS_MFA"}}, true, tokens},
		"optional, the user's choice": {directory.MFAConfig{Mode: "OPTIONAL", SMS: true}, directory.UserMFA{Methods: []string{"SMS_MFA"}, Passkey: true}, true, tokens},
		"required":                    {directory.MFAConfig{Mode: "ON", SMS: true}, directory.UserMFA{}, false, outcome{}},
		"required, both":              {directory.MFAConfig{Mode: "ON", SMS: true, WebAuthn: both()}, directory.UserMFA{}, true, tokens},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, k := passkeyWorld(t, c.mfa)
			_, err := w.dir.Users.SetMFA(t.Context(), w.pool, w.find("alice").ID, c.user)
			w.check(err)
			a, err := w.choose("alice")
			w.check(err)
			if got := slices.Contains(a.Available, "WEB_AUTHN"); got != c.offered {
				t.Errorf("offered: %v", got)
			}
			if c.offered {
				a, err := w.touch(k)
				c.want.check(t, a, err)
			}
		})
	}
}

// TestAnUnverifiedPasskeyIsOneFactor: when the pool begins to require two while the passkey is asked for, one is not both.
func TestAnUnverifiedPasskeyIsOneFactor(t *testing.T) {
	t.Parallel()
	w, k := passkeyWorld(t, directory.MFAConfig{Mode: "OFF"})
	k.Verified = false
	a, err := w.choose("alice", "PREFERRED_CHALLENGE", "WEB_AUTHN")
	w.check(err)
	w.setMFA(directory.MFAConfig{Mode: "ON", SMS: true, WebAuthn: &directory.WebAuthn{
		RelyingPartyID: "example.com", FactorConfig: "MULTI_FACTOR_WITH_USER_VERIFICATION"}})
	credential, err := k.Get([]byte(a.Params["CREDENTIAL_REQUEST_OPTIONS"]))
	w.check(err)
	a, err = w.reply(signin.WebAuthn, a.Session, map[string]string{"USERNAME": "alice", "CREDENTIAL": string(credential)})
	outcome{challenge: signin.SMSMFA}.check(t, a, err)
}
