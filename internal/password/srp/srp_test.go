package srp

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"math/big"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"cognate.dev/cognate/internal/fault"
)

func vectorInstant() time.Time { return time.Date(2025, 5, 7, 0, 9, 40, 0, time.UTC) }

func TestTheRightPasswordIsAcceptedAndAWrongOneNever(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		given, typed := rapid.String().Draw(t, "given"), rapid.String().Draw(t, "typed")
		salt := rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "salt")
		client := NewClient()
		exchange, err := Begin(Verifier("EXAMPLE01", "alice", given, salt), client.PublicA())
		if err != nil {
			t.Fatal(err)
		}
		challenge := Challenge{PoolName: "EXAMPLE01", UserID: "alice", Salt: hex.EncodeToString(salt), PublicB: exchange.PublicB, SecretBlock: "c2VhbGVk"}
		for _, pw := range []string{given, typed} {
			claim, err := client.Sign(challenge, pw, vectorInstant())
			if err != nil || Check(exchange.Key, claim) != (pw == given) {
				t.Fatalf("the password is %q, %q gets the wrong answer (%v)", given, pw, err)
			}
		}
	})
}

func TestAClaimIsBoundToAllThatItCovers(t *testing.T) {
	t.Parallel()
	client := NewClient()
	exchange, err := Begin(vectorVerifier(t), client.PublicA())
	if err != nil {
		t.Fatal(err)
	}
	good, err := client.Sign(Challenge{vectorPool, vectorUser, vectorSalt, exchange.PublicB, "c2VhbGVk"}, vectorPassword, vectorInstant())
	if err != nil || !Check(exchange.Key, good) {
		t.Fatalf("the unchanged claim is refused: %v", err)
	}
	other, err := Begin(vectorVerifier(t), client.PublicA())
	if err != nil {
		t.Fatal(err)
	}
	if Check(other.Key, good) {
		t.Error("accepted in another exchange with the same A")
	}
	for name, change := range map[string]func(*Claim){
		"pool":            func(c *Claim) { c.PoolName = "EXAMPLE02" },
		"user":            func(c *Claim) { c.UserID = "bob" },
		"block":           func(c *Claim) { c.SecretBlock = []byte("sealed!") },
		"timestamp":       func(c *Claim) { c.Timestamp = strings.Replace(c.Timestamp, "May", "Jun", 1) },
		"no signature":    func(c *Claim) { c.Signature = "" },
		"not base64":      func(c *Claim) { c.Signature = "?" },
		"short signature": func(c *Claim) { c.Signature = "AAAA" },
		"zero signature":  func(c *Claim) { c.Signature = base64.StdEncoding.EncodeToString(make([]byte, 32)) },
	} {
		changed := good
		change(&changed)
		if Check(exchange.Key, changed) {
			t.Errorf("%s changed: accepted", name)
		}
	}
	for _, key := range [][]byte{nil, {}, exchange.Key[:16], make([]byte, 32)} {
		if Check(key, good) {
			t.Errorf("accepted with the key %x", key)
		}
	}
}

// With A = 0, N or 2N the shared secret would be zero, whatever the password is.
func TestPublicValuesThatWouldLetAnyoneInAreRefused(t *testing.T) {
	t.Parallel()
	v := vectorVerifier(t)
	for name, a := range map[string]string{
		"empty": "", "zero": "0", "padded zero": strings.Repeat("0", 768), "N": prime.Text(16),
		"2N": new(big.Int).Lsh(prime, 1).Text(16), "N+1": new(big.Int).Add(prime, big.NewInt(1)).Text(16),
		"negative": "-5", "sign": "+5", "prefix": "0x5", "blank": " 5", "underscore": "5_5", "not hex": "g", "oversize": strings.Repeat("0", 2000) + "5",
	} {
		if _, err := Begin(v, a); !fault.Is(err, fault.Invalid, "") {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, a := range []string{"5", "05", "00ABCDEF", new(big.Int).Sub(prime, big.NewInt(1)).Text(16)} {
		if _, err := Begin(v, a); err != nil {
			t.Errorf("%s: %v", a, err)
		}
	}
}

func TestAnUnusableVerifierIsRefused(t *testing.T) {
	t.Parallel()
	for name, v := range map[string][]byte{
		"nil": nil, "zero": make([]byte, 384), "one": {1}, "N": prime.Bytes(),
		"N-1": new(big.Int).Sub(prime, big.NewInt(1)).Bytes(), "long": bytes.Repeat([]byte{1}, 386),
	} {
		if CheckVerifier(v) == nil {
			t.Errorf("%s is accepted", name)
		}
		if _, err := Begin(v, "5"); err == nil {
			t.Errorf("Begin takes %s", name)
		}
	}
	v := vectorVerifier(t)
	if err := CheckVerifier(append([]byte{0}, v...)); err != nil {
		t.Errorf("a padded verifier: %v", err)
	}
}

func TestAClientRefusesAServerThatAsksForItsPassword(t *testing.T) {
	t.Parallel()
	for _, b := range []string{"0", "", prime.Text(16)} {
		if _, err := NewClient().Sign(Challenge{Salt: "1", PublicB: b}, "x", vectorInstant()); err == nil {
			t.Errorf("signed for B = %q", b)
		}
	}
}

func TestFakeUsersLookLikeRealOnes(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		seed := rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "seed")
		salt := FakeSalt(seed)
		v, err := FakeVerifier(seed)
		if err != nil || len(v) != 384 || CheckVerifier(v) != nil {
			t.Fatalf("verifier %x: %v", v, err)
		}
		if len(salt) != 16 || salt[0] == 0 {
			t.Fatalf("salt %x", salt)
		}
		again, _ := FakeVerifier(seed)
		if !bytes.Equal(FakeSalt(seed), salt) || !bytes.Equal(again, v) {
			t.Fatal("asked twice, two answers")
		}
	})
}

func TestSaltsReadTheSameToEveryClient(t *testing.T) {
	t.Parallel()
	for range 2000 {
		if salt := NewSalt(); len(salt) != 16 || salt[0] == 0 {
			t.Fatalf("%x", salt)
		}
	}
}

func TestTimestamps(t *testing.T) {
	t.Parallel()
	if got := FormatTimestamp(vectorInstant().In(time.FixedZone("", 7200))); got != "Wed May 7 00:09:40 UTC 2025" {
		t.Error(got)
	}
	for _, text := range []string{"Wed May 7 00:09:40 UTC 2025", "Wed May 07 00:09:40 UTC 2025", "Wed May  7 00:09:40 UTC 2025", vectorTime} {
		if got, err := ParseTimestamp(text); err != nil || !got.Equal(vectorInstant()) {
			t.Errorf("%s: %v, %v", text, got, err)
		}
	}
	for _, text := range []string{
		"", "Wed May 32 00:09:40 UTC 2025", "Wed May 7 00:09:40 CET 2025", "Wed May 7 00:09:40 2025",
		"Wed May 7 00:09:40.5 UTC 2025", "Wed May 7 00:09:40,5 UTC 2025", "2025-05-07T00:09:40Z", "Mi Mai 7 00:09:40 UTC 2025",
	} {
		if _, err := ParseTimestamp(text); err == nil {
			t.Errorf("%q is accepted", text)
		}
	}
}

func FuzzSRPInputs(f *testing.F) {
	v := vectorVerifier(f)
	client := NewClient()
	f.Add(client.PublicA(), "YGshKSsBE5qjq1gRlwIlw6mq3H4fKp+P6aI/WUyalaQ=", vectorTime, []byte("x"))
	f.Add("0", "", "", []byte{})
	f.Fuzz(func(t *testing.T, a, signature, timestamp string, block []byte) {
		if at, err := ParseTimestamp(timestamp); err == nil {
			if again, err := ParseTimestamp(FormatTimestamp(at)); err != nil || !again.Equal(at) {
				t.Errorf("%q reads as %v and does not come back", timestamp, at)
			}
		}
		_ = CheckVerifier(block)
		exchange, err := Begin(v, a)
		if err != nil {
			return
		}
		if Check(exchange.Key, Claim{vectorPool, vectorUser, block, timestamp, signature}) {
			t.Error("a claim without the password is accepted")
		}
	})
}

func BenchmarkVerifier(b *testing.B) {
	for b.Loop() {
		vectorVerifier(b)
	}
}

func BenchmarkBegin(b *testing.B) {
	v, a := vectorVerifier(b), NewClient().PublicA()
	for b.Loop() {
		if _, err := Begin(v, a); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkBeginFake must show the same as BenchmarkBegin.
func BenchmarkBeginFake(b *testing.B) {
	a := NewClient().PublicA()
	for b.Loop() {
		v, err := FakeVerifier(make([]byte, 32))
		if err != nil {
			b.Fatal(err)
		}
		if _, err := Begin(v, a); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCheck(b *testing.B) {
	key := make([]byte, 32)
	claim := Claim{vectorPool, vectorUser, make([]byte, 300), vectorTime, base64.StdEncoding.EncodeToString(make([]byte, 32))}
	for b.Loop() {
		Check(key, claim)
	}
}
