package cognitoidp_test

import (
	"crypto/rand"
	"crypto/rsa"
	"sync"
	"sync/atomic"
)

// lent are key pairs that are made once for all worlds: finding primes takes longer than most tests.
var lent = [4]func() (*rsa.PrivateKey, error){sync.OnceValues(pair), sync.OnceValues(pair), sync.OnceValues(pair), sync.OnceValues(pair)}

func pair() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) }

// lentPairs gives a world each of the lent pairs once, and then pairs of its own.
func lentPairs() func() (*rsa.PrivateKey, error) {
	var taken atomic.Int64
	return func() (*rsa.PrivateKey, error) {
		if i := int(taken.Add(1)) - 1; i < len(lent) {
			return lent[i]()
		}
		return pair()
	}
}
