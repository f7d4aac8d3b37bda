package token_test

import (
	"crypto"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"strings"
	"testing"
	"time"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/key"
	"cognate.dev/cognate/internal/token"
)

var b64 = base64.RawURLEncoding

func segment(s string) string { return b64.EncodeToString([]byte(s)) }

// forge signs a header and claims with any key.
func forge(t *testing.T, header string, claims any, k *rsa.PrivateKey) string {
	t.Helper()
	body, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	input := segment(header) + "." + b64.EncodeToString(body)
	digest := sha256.Sum256([]byte(input))
	sig, err := rsa.SignPKCS1v15(rand.Reader, k, crypto.SHA256, digest[:])
	if err != nil {
		t.Fatal(err)
	}
	return input + "." + b64.EncodeToString(sig)
}

func TestAGoodAccessTokenTellsWhoItIs(t *testing.T) {
	t.Parallel()
	for name, revocation := range map[string]bool{"with origin_jti": true, "without origin_jti": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, func(s *directory.ClientSettings) { s.TokenRevocation = revocation })
			got, err := w.verifier.Access(t.Context(), w.signIn().Access, token.AdminScope)
			w.check(err)
			if got.User.Username != "alice" || got.Pool.ID != w.pool.ID || got.Client.ID != w.client.ID || got.Claims.Subject != sub {
				t.Errorf("the token speaks for %q of %q at %q", got.User.Username, got.Pool.ID, got.Client.ID)
			}
		})
	}
}

func TestForgedAccessTokensAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	other := w.newPool("eu-west-1_Pool00002")
	set := w.signIn()
	claims := claimsOf(t, set.Access)
	header := string(decode(t, set.Access, 0))
	parts := strings.Split(set.Access, ".")
	access, err := w.ring.Signer(t.Context(), w.pool.ID, key.ForAccess)
	w.check(err)
	id, err := w.ring.Signer(t.Context(), w.pool.ID, key.ForID)
	w.check(err)
	foreign, err := w.ring.Signer(t.Context(), other.ID, key.ForAccess)
	w.check(err)
	attacker, err := rsa.GenerateKey(rand.Reader, 2048)
	w.check(err)
	with := func(name string, value any) map[string]any {
		changed := map[string]any{}
		for k, v := range claims {
			changed[k] = v
		}
		changed[name] = value
		return changed
	}
	headerOf := func(kid string) string { return `{"kid":"` + kid + `","alg":"RS256"}` }
	hs256 := func(secret []byte) string {
		input := segment(`{"kid":"`+access.KID+`","alg":"HS256"}`) + "." + parts[1]
		mac := hmac.New(sha256.New, secret)
		mac.Write([]byte(input))
		return input + "." + b64.EncodeToString(mac.Sum(nil))
	}
	der, err := x509.MarshalPKIXPublicKey(&access.Key.PublicKey)
	w.check(err)
	flipped := []byte(parts[2])
	flipped[10] ^= 1
	lastBits := parts[2][:len(parts[2])-1] + string(parts[2][len(parts[2])-1]+1)
	_, err = w.verifier.Access(t.Context(), set.Access)
	w.check(err) // the verifier remembers good signatures: none of the following may profit from it

	for name, forged := range map[string]string{
		"empty":                                  "",
		"one dot":                                parts[0] + "." + parts[1],
		"four parts":                             set.Access + ".x",
		"ID token":                               set.ID,
		"refresh token":                          set.Refresh,
		"no algorithm, no signature":             segment(`{"kid":"`+access.KID+`","alg":"none"}`) + "." + parts[1] + ".",
		"no algorithm, old signature":            segment(`{"kid":"`+access.KID+`","alg":"none"}`) + "." + parts[1] + "." + parts[2],
		"HS256 with the public key":              hs256(der),
		"HS256 with the public key as PEM":       hs256(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})),
		"HS256 with nothing":                     hs256(nil),
		"another key under our kid":              forge(t, header, claims, attacker),
		"another key that brings itself":         forge(t, `{"kid":"`+access.KID+`","alg":"RS256","jwk":{}}`, claims, attacker),
		"a header of another order":              forge(t, `{"alg":"RS256","kid":"`+access.KID+`"}`, claims, access.Key),
		"a header with typ":                      forge(t, `{"kid":"`+access.KID+`","alg":"RS256","typ":"JWT"}`, claims, access.Key),
		"a critical header":                      forge(t, `{"kid":"`+access.KID+`","alg":"RS256","crit":["x"]}`, claims, access.Key),
		"the ID key with an access token's form": forge(t, headerOf(id.KID), claims, id.Key),
		"the ID key under the access kid":        forge(t, header, claims, id.Key),
		"an ID token's use":                      forge(t, header, with("token_use", "id"), access.Key),
		"another pool's key":                     forge(t, headerOf(foreign.KID), claims, foreign.Key),
		"another pool's name":                    forge(t, header, with("iss", "https://issuer.example.com/"+other.ID), access.Key),
		"another issuer of the same pool":        forge(t, header, with("iss", "https://evil.example.com/"+w.pool.ID), access.Key),
		"an unknown pool":                        forge(t, header, with("iss", "https://issuer.example.com/eu-west-1_Nobody000"), access.Key),
		"no issuer":                              forge(t, header, with("iss", ""), access.Key),
		"an issuer that is no text":              forge(t, header, with("iss", 7), access.Key),
		"another pool's client":                  forge(t, header, with("client_id", w.newClient(other.ID, "client9").ID), access.Key),
		"changed claims":                         parts[0] + "." + segment(strings.Replace(string(decode(t, set.Access, 1)), "alice", "admin", 1)) + "." + parts[2],
		"a changed signature":                    parts[0] + "." + parts[1] + "." + string(flipped),
		"stray bits behind the signature":        parts[0] + "." + parts[1] + "." + lastBits,
		"padding":                                set.Access + "=",
		"a line break":                           parts[0] + "." + parts[1] + "\n." + parts[2],
		"no signature":                           parts[0] + "." + parts[1] + ".",
		"far too long":                           strings.Repeat("a", 1<<17),
	} {
		text := "Invalid Access Token"
		switch name { // what would be one of ours, were it signed by us
		case "another key under our kid", "the ID key under the access kid", "changed claims", "a changed signature", "no signature":
			text = "Could not verify signature for Access Token"
		}
		t.Run(name, func(t *testing.T) {
			for range 2 { // a bad signature may not be remembered, either
				_, err := w.verifier.Access(t.Context(), forged)
				refused(t, err, fault.Denied, text)
			}
		})
	}
	if _, err := w.verifier.Access(t.Context(), set.Access); err != nil {
		t.Errorf("the real token was refused: %v", err)
	}
}

func TestAnAccessTokenEndsWithItsTime(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	set := w.signIn()
	w.clock.Advance(time.Hour - time.Second)
	_, err := w.verifier.Access(t.Context(), set.Access)
	w.check(err)
	w.clock.Advance(time.Second) // its exp is reached: there is no leeway
	_, err = w.verifier.Access(t.Context(), set.Access)
	refused(t, err, fault.Denied, "Access Token has expired")
}

func TestScopesThatAreAskedForMustBeThere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	set := w.signIn(func(g *token.Grant) { g.Scopes = []string{"openid", "aws.cognito.signin.user.administrator"} })
	_, err := w.verifier.Access(t.Context(), set.Access, "openid")
	w.check(err)
	_, err = w.verifier.Access(t.Context(), set.Access, token.AdminScope)
	refused(t, err, fault.Denied, "Access Token does not have required scopes")
}

func TestAnAccessTokenDiesWith(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		end  func(*world, *token.Set) error
		kind fault.Kind
		text string
	}{
		"its session": {
			func(w *world, s *token.Set) error { return w.sessions.Revoke(w.t.Context(), w.client, s.Refresh) },
			fault.Denied, "Access Token has been revoked",
		},
		"all sessions of its user": {
			func(w *world, _ *token.Set) error {
				return w.store.RevokeSessions(w.t.Context(), w.pool.ID, sub, w.clock.Now())
			},
			fault.Denied, "Access Token has been revoked",
		},
		"a global sign-out": {
			func(w *world, _ *token.Set) error {
				w.clock.Advance(time.Millisecond)
				_, err := w.dir.Users.SignOut(w.t.Context(), w.pool, sub, w.clock.Now())
				return err
			},
			fault.Denied, "Access Token has been revoked",
		},
		"its user's account disabled": {
			func(w *world, _ *token.Set) error {
				_, err := w.dir.Users.SetEnabled(w.t.Context(), w.pool, sub, false)
				return err
			},
			fault.Denied, "User is disabled.",
		},
		"its user's password declared lost": {
			func(w *world, _ *token.Set) error {
				_, err := w.dir.Users.SetStatus(w.t.Context(), w.pool, sub, directory.ResetRequired)
				return err
			},
			fault.ResetRequired, "Password reset required for the user",
		},
		"its user": {
			func(w *world, _ *token.Set) error { return w.dir.Users.Delete(w.t.Context(), w.pool.ID, sub) },
			fault.Missing, "User does not exist.",
		},
		"its client": {
			func(w *world, _ *token.Set) error {
				return w.dir.Clients.Delete(w.t.Context(), w.pool.ID, w.client.ID)
			},
			fault.Missing, "User pool client client1 does not exist.",
		},
		"its pool": {
			func(w *world, _ *token.Set) error { return w.dir.Pools.Delete(w.t.Context(), w.pool.ID) },
			fault.Denied, "Invalid Access Token",
		},
		"its key": {
			func(w *world, _ *token.Set) error { return w.ring.Rotate(w.t.Context(), w.pool.ID, 0) },
			fault.Denied, "Invalid Access Token",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			set := w.signIn()
			_, err := w.verifier.Access(t.Context(), set.Access)
			w.check(err)
			w.check(c.end(w, set))
			_, err = w.verifier.Access(t.Context(), set.Access)
			refused(t, err, c.kind, c.text)
		})
	}
}

func TestTokensOfARotatedKeyStayGood(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	set := w.signIn()
	w.check(w.ring.Rotate(t.Context(), w.pool.ID, 24*time.Hour))
	_, err := w.verifier.Access(t.Context(), set.Access)
	w.check(err)
}

func TestSigningInAgainAfterAGlobalSignOutWorks(t *testing.T) {
	t.Parallel()
	for _, revocation := range []bool{true, false} {
		w := newWorld(t, func(s *directory.ClientSettings) { s.TokenRevocation = revocation })
		old := w.signIn()
		w.check(w.store.RevokeSessions(t.Context(), w.pool.ID, sub, w.clock.Now()))
		_, err := w.dir.Users.SignOut(t.Context(), w.pool, sub, w.clock.Now())
		w.check(err)
		fresh := w.signIn() // in the very same millisecond
		_, err = w.verifier.Access(t.Context(), fresh.Access)
		w.check(err)
		_, err = w.verifier.Access(t.Context(), old.Access)
		refused(t, err, fault.Denied, "Access Token has been revoked")
	}
}
