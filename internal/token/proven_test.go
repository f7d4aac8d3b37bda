package token

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"testing"
)

// signedBy is a parsed token with this text between its dots.
func signedBy(t *testing.T, k *rsa.PrivateKey, input string) parsed {
	t.Helper()
	digest := sha256.Sum256([]byte(input))
	signature, err := rsa.SignPKCS1v15(rand.Reader, k, crypto.SHA256, digest[:])
	if err != nil {
		t.Fatal(err)
	}
	return parsed{input: input, signature: signature}
}

func TestAGoodSignatureIsRememberedForItsKeyItsTextAndItselfAlone(t *testing.T) {
	t.Parallel()
	k, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	other, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	var m proven
	good := signedBy(t, k, "a.b")
	flipped := parsed{input: good.input, signature: append([]byte{good.signature[0] ^ 1}, good.signature[1:]...)}
	short := parsed{input: good.input, signature: good.signature[:255]}
	exponent := &rsa.PublicKey{N: k.N, E: 3}
	for range 2 { // the second time from memory, if at all
		if !m.verify(good, &k.PublicKey) {
			t.Error("a good signature was refused")
		}
		for what, c := range map[string]struct {
			p   parsed
			key *rsa.PublicKey
		}{
			"another key":            {good, &other.PublicKey},
			"another exponent":       {good, exponent},
			"another text":           {parsed{input: "a.c", signature: good.signature}, &k.PublicKey},
			"a changed signature":    {flipped, &k.PublicKey},
			"a shortened signature":  {short, &k.PublicKey},
			"a lengthened signature": {parsed{input: good.input, signature: append(good.signature[:256:256], 0)}, &k.PublicKey},
			"no signature":           {parsed{input: good.input}, &k.PublicKey},
		} {
			if m.verify(c.p, c.key) {
				t.Errorf("%s was taken for the good signature", what)
			}
		}
	}
	if len(m.young) != 1 || len(m.old) != 0 {
		t.Errorf("%d+%d signatures are remembered, want the good one alone", len(m.young), len(m.old))
	}
}

func TestTheMemoryOfSignaturesIsBoundedAndKeepsWhatIsAskedFor(t *testing.T) {
	t.Parallel()
	var m proven
	name := func(i int) [sha256.Size]byte { return sha256.Sum256([]byte{byte(i), byte(i >> 8), byte(i >> 16)}) }
	for i := range 5 * provenHalf {
		m.keep(name(i))
		if !m.knows(name(0)) {
			t.Fatalf("after %d others, what is asked for all the time was forgotten", i)
		}
		if len(m.young)+len(m.old) > 2*provenHalf {
			t.Fatalf("%d signatures are remembered", len(m.young)+len(m.old))
		}
	}
	if m.knows(name(1)) {
		t.Error("what nobody asked for is still remembered")
	}
}
