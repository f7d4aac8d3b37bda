package srp

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"math/big"
	"strings"
	"testing"
)

// The vector was computed from the published formulas; both sides of it agree.
const (
	vectorPool     = "EXAMPLE01"
	vectorUser     = "5f2b1c9e-1111-4222-8333-444455556666"
	vectorPassword = "Correct-Horse1"
	vectorSalt     = "f1e2d3c4b5a69788796a5b4c3d2e1f0" // a leading zero is dropped
	vectorTime     = "Tue May 7 00:09:40 UTC 2025"
)

func vectorVerifier(t testing.TB) []byte {
	t.Helper()
	salt, err := hex.DecodeString("0" + vectorSalt)
	if err != nil {
		t.Fatal(err)
	}
	return Verifier(vectorPool, vectorUser, vectorPassword, salt)
}

func ends(t *testing.T, name, got, first, last string) {
	t.Helper()
	if len(got) != 768 || !strings.HasPrefix(got, first) || !strings.HasSuffix(got, last) {
		t.Errorf("%s = %s, want %s…%s", name, got, first, last)
	}
}

func TestEachStepAgreesWithTheVector(t *testing.T) {
	t.Parallel()
	if got := multiplier.Text(16); got != "538282c4354742d7cbbde2359fcf67f9f5b3a6b08791e5011b43b8a5b66d9ee6" {
		t.Errorf("k = %s", got)
	}
	salt, _ := hex.DecodeString("0" + vectorSalt)
	x := privateKey(vectorPool, vectorUser, vectorPassword, salt)
	if got := x.Text(16); got != "f8bfcf05dd65b93f831c715136dc27b0c1c9051b9df464a4c296483e93b7e43a" {
		t.Errorf("x = %s", got)
	}
	v := vectorVerifier(t)
	ends(t, "v", hex.EncodeToString(v), "af8bec47e74520bbccead1441a5029bc", "b2d23185e39f4d914680d0136924de7a")

	client := newClient(bytes.Repeat([]byte{0xa1}, 32))
	ends(t, "A", client.PublicA(), "78604b754341df90d89b6b6f863685f0", "3c3b25f4c3bf323a8128a67cc4688292")
	exchange, err := begin(v, client.PublicA(), new(big.Int).SetBytes(bytes.Repeat([]byte{0xb2}, 32)), false)
	if err != nil {
		t.Fatal(err)
	}
	ends(t, "B", exchange.PublicB, "fb57b867dd8ea051eb9246950ac8809b", "446211ef75a6c60d8bed64c572938052")

	b, _ := parsePublic(exchange.PublicB)
	u := hash(pad(client.public), pad(b))
	if got := u.Text(16); got != "5345a9c9b984b1fc9cea32b585c0ee0164efd53929be14af3a70834d80d6497d" {
		t.Errorf("u = %s", got)
	}
	ends(t, "S", client.shared(b, u, x).Text(16), "f5b46983327ffa071855b5ebf4aa5219", "0604610caa7896d0cf98b3dddea837d5")
	if got := hex.EncodeToString(exchange.Key[:keySize]); got != "97673ab8480eaa3ac212d6c9a26734c9" {
		t.Errorf("K = %s", got)
	}
	claim := Claim{vectorPool, vectorUser, []byte("secret-block-bytes"), vectorTime, "YGshKSsBE5qjq1gRlwIlw6mq3H4fKp+P6aI/WUyalaQ="}
	if got := base64.StdEncoding.EncodeToString(claim.sign(exchange.Key[:keySize])); got != claim.Signature {
		t.Errorf("signature = %s", got)
	}
	if !Check(exchange.Key, claim) {
		t.Error("the vector's claim is refused")
	}
}

// The reason for the two signs in Begin: were B - k·v always a residue, each exchange would halve a dictionary offline.
func TestPublicBTellsARightGuessFromAWrongOneByNothing(t *testing.T) {
	t.Parallel()
	if big.Jacobi(generator, prime) != 1 || big.Jacobi(new(big.Int).Sub(prime, big.NewInt(1)), prime) != -1 {
		t.Fatal("the group is not the one that the reasoning is about")
	}
	v := new(big.Int).SetBytes(vectorVerifier(t))
	residues := 0
	const n = 40
	for range n {
		exchange, err := Begin(v.Bytes(), "2")
		if err != nil {
			t.Fatal(err)
		}
		b, _ := parsePublic(exchange.PublicB)
		if big.Jacobi(b.Sub(b, new(big.Int).Mul(multiplier, v)).Mod(b, prime), prime) == 1 {
			residues++
		}
	}
	// Fewer than 4 of 40 by chance: one in 10^8. None or all would be the leak.
	if residues < 4 || residues > n-4 {
		t.Errorf("%d of %d exchanges are residues", residues, n)
	}
}

func TestBothSignsLetTheRightPasswordIn(t *testing.T) {
	t.Parallel()
	v := vectorVerifier(t)
	for _, negative := range []bool{false, true} {
		for _, odd := range []byte{0, 1} {
			client := newClient(append(bytes.Repeat([]byte{0xa1}, 31), odd))
			exchange, err := begin(v, client.PublicA(), big.NewInt(1<<62+12345), negative)
			if err != nil {
				t.Fatal(err)
			}
			ch := Challenge{PoolName: vectorPool, UserID: vectorUser, Salt: vectorSalt, PublicB: exchange.PublicB}
			claim, err := client.Sign(ch, vectorPassword, vectorInstant())
			if err != nil || !Check(exchange.Key, claim) {
				t.Errorf("negative %v, last byte of a %d: refused, %v", negative, odd, err)
			}
		}
	}
}
