package secret_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"cognate.dev/cognate/internal/kit/secret"
)

func key(id string, fill byte) secret.Key {
	return secret.Key{ID: id, Secret: [32]byte(bytes.Repeat([]byte{fill}, 32))}
}

func ring(t testing.TB, active secret.Key, older ...secret.Key) *secret.Keyring {
	t.Helper()
	r, err := secret.NewKeyring(active, older...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestWhatIsSealedOpensAgain(t *testing.T) {
	t.Parallel()
	r := ring(t, key("k1", 1))
	rapid.Check(t, func(t *rapid.T) {
		plain := rapid.SliceOf(rapid.Byte()).Draw(t, "plain")
		aad := rapid.SliceOf(rapid.Byte()).Draw(t, "aad")
		purpose := rapid.String().Draw(t, "purpose")
		got, err := r.OpenString(purpose, r.SealString(purpose, plain, aad), aad)
		if err != nil || !bytes.Equal(got, plain) {
			t.Fatalf("got %x, %v; want %x", got, err, plain)
		}
	})
}

func TestAnyChangedByteIsRefused(t *testing.T) {
	t.Parallel()
	r := ring(t, key("k1", 1))
	sealed := r.Seal("p", []byte("verifier"), []byte("user"))
	for i := range sealed {
		damaged := bytes.Clone(sealed)
		damaged[i] ^= 0x40
		if _, err := r.Open("p", damaged, []byte("user")); !errors.Is(err, secret.ErrOpen) {
			t.Errorf("byte %d changed: %v", i, err)
		}
		if _, err := r.Open("p", sealed[:i], []byte("user")); !errors.Is(err, secret.ErrOpen) {
			t.Errorf("cut to %d bytes: %v", i, err)
		}
	}
	if _, err := r.Open("p", append(sealed, 0), []byte("user")); !errors.Is(err, secret.ErrOpen) {
		t.Errorf("with a byte more: %v", err)
	}
}

func TestAValueMovedToAnotherPlaceIsRefused(t *testing.T) {
	t.Parallel()
	r := ring(t, key("k1", 1))
	sealed := r.Seal("session", []byte("x"), []byte("alice"))
	for _, c := range []struct {
		name, purpose, aad string
		ring               *secret.Keyring
	}{
		{"another purpose", "verifier", "alice", r},
		{"another user", "session", "bob", r},
		{"another key with the same id", "session", "alice", ring(t, key("k1", 2))},
		{"a ring without the key", "session", "alice", ring(t, key("k2", 1))},
	} {
		if _, err := c.ring.Open(c.purpose, sealed, []byte(c.aad)); !errors.Is(err, secret.ErrOpen) {
			t.Errorf("%s: opened, err %v", c.name, err)
		}
	}
}

// Base64 has many spellings of the same bytes. If two opened, a session marked as used could be used again.
func TestAnotherSpellingOfTheSameSealedStringIsRefused(t *testing.T) {
	t.Parallel()
	r := ring(t, key("k1", 1))
	for n := range 3 { // the three lengths modulo three leave different stray bits
		s := r.SealString("p", make([]byte, n), nil)
		spellings := []string{s + "\n", s[:9] + "\r\n" + s[9:], s + "=", s + "==", " " + s}
		last := strings.IndexByte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", s[len(s)-1])
		if len(s)%4 != 0 {
			spellings = append(spellings, s[:len(s)-1]+string(base64.RawURLEncoding.EncodeToString([]byte{byte(last+1) << 2})[0]))
		}
		for _, other := range spellings {
			if _, err := r.OpenString("p", other, nil); !errors.Is(err, secret.ErrOpen) {
				t.Errorf("%q opened as %q does", other, s)
			}
		}
	}
}

func TestSealingTwiceShowsNothingAlike(t *testing.T) {
	t.Parallel()
	r := ring(t, key("k1", 1))
	a, b := r.Seal("p", []byte("same"), nil), r.Seal("p", []byte("same"), nil)
	if bytes.Equal(a[5:37], b[5:37]) || bytes.Equal(a[37:], b[37:]) {
		t.Error("salt, nonce or ciphertext repeated")
	}
}

func TestRotationKeepsOldValuesAndDigests(t *testing.T) {
	t.Parallel()
	before := ring(t, key("k1", 1), key(secret.MACKeyID, 9))
	after := ring(t, key("k2", 2), key("k1", 1), key(secret.MACKeyID, 9))
	retired := ring(t, key("k2", 2), key(secret.MACKeyID, 9))
	sealed := before.Seal("p", []byte("x"), nil)
	if _, err := after.Open("p", sealed, nil); err != nil {
		t.Errorf("an older key no longer opens: %v", err)
	}
	if _, err := retired.Open("p", sealed, nil); err == nil {
		t.Error("a retired key still opens")
	}
	if _, err := before.Open("p", after.Seal("p", nil, nil), nil); err == nil {
		t.Error("the new key does not seal")
	}
	want := before.MAC("salt", []byte("alice"))
	for name, r := range map[string]*secret.Keyring{"after": after, "retired": retired} {
		if !bytes.Equal(r.MAC("salt", []byte("alice")), want) {
			t.Errorf("%s: MAC changed with the rotation", name)
		}
	}
	two := ring(t, key("k2", 2), key("k1", 1))
	if !bytes.Equal(two.MAC("salt"), ring(t, key("k1", 1)).MAC("salt")) {
		t.Error("without a MAC key, MAC does not follow the oldest key")
	}
}

func TestMACTellsPartsAndPurposesApart(t *testing.T) {
	t.Parallel()
	r := ring(t, key("k1", 1))
	seen := map[string]string{}
	for name, mac := range map[string][]byte{
		"ab,c":          r.MAC("p", []byte("ab"), []byte("c")),
		"a,bc":          r.MAC("p", []byte("a"), []byte("bc")),
		"abc":           r.MAC("p", []byte("abc")),
		"abc,":          r.MAC("p", []byte("abc"), nil),
		"none":          r.MAC("p"),
		"purpose":       r.MAC("q", []byte("abc")),
		"other key":     ring(t, key("k1", 2)).MAC("p", []byte("abc")),
		"purpose, part": r.MAC("pa", []byte("bc")),
	} {
		if len(mac) != 32 {
			t.Errorf("%s: %d bytes", name, len(mac))
		}
		if other, ok := seen[string(mac)]; ok {
			t.Errorf("%s and %s have the same MAC", name, other)
		}
		seen[string(mac)] = name
	}
}

func TestBadRingsAreRefused(t *testing.T) {
	t.Parallel()
	for name, keys := range map[string][]secret.Key{
		"no id":         {key("", 1)},
		"space in id":   {key("a b", 1)},
		"long id":       {key(strings.Repeat("a", 33), 1)},
		"same id twice": {key("k1", 1), key("k1", 2)},
		"zero key":      {key("k1", 0)},
		"mac as active": {key(secret.MACKeyID, 1), key("k1", 2)},
	} {
		if _, err := secret.NewKeyring(keys[0], keys[1:]...); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestAKeyPrintsNoSecret(t *testing.T) {
	t.Parallel()
	k := key("k1", 0xab)
	encoded, err := json.Marshal(map[string]any{"key": k})
	if err != nil {
		t.Fatal(err)
	}
	for _, out := range []string{
		fmt.Sprintf("%v %+v %#v %s %x %d", k, k, k, k, k, k), fmt.Sprintf("%v", &k), string(encoded),
	} {
		if strings.Contains(strings.ToLower(out), "ab") || strings.Contains(out, "171") || !strings.Contains(out, "k1") {
			t.Errorf("printed %q", out)
		}
	}
}

func FuzzOpenString(f *testing.F) {
	r := ring(f, key("k1", 1))
	f.Add(r.SealString("p", []byte("x"), nil))
	f.Add("")
	f.Add("AQAA\n")
	f.Fuzz(func(t *testing.T, s string) {
		if plain, err := r.OpenString("p", s, nil); err == nil && string(plain) != "x" {
			t.Errorf("opened a value that was never sealed: %q", s)
		} else if err != nil && !errors.Is(err, secret.ErrOpen) {
			t.Errorf("%v is not ErrOpen", err)
		}
	})
}

func BenchmarkSealAndOpen(b *testing.B) {
	r := ring(b, key("k1", 1))
	plain := make([]byte, 384)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := r.Open("p", r.Seal("p", plain, plain[:36]), plain[:36]); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkMAC(b *testing.B) {
	r := ring(b, key("k1", 1))
	b.ReportAllocs()
	for b.Loop() {
		r.MAC("p", []byte("us-east-1_EXAMPLE01"), []byte("alice"))
	}
}
