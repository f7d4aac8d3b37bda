package token

import (
	"crypto/rsa"
	"crypto/sha256"
	"encoding/binary"
	"sync"
)

// proven remembers which signatures were found good, because applications send one token many times and RSA is most of
// checking it. It spares the arithmetic and nothing else: that the key is still published, the token is in time and its
// session alive is looked up each time. Only good signatures are kept, each under a hash of all that went into its
// verification, so what is found here would be found good again. Safe for concurrent use.
type proven struct {
	mu         sync.Mutex
	young, old map[[sha256.Size]byte]struct{}
}

// provenHalf bounds each half of what is remembered, about 0.5 MiB. When the young half is full it becomes the old one,
// and what nobody has asked for since is forgotten.
const provenHalf = 8192

// verify is parsed.verify with a memory.
func (m *proven) verify(p parsed, public *rsa.PublicKey) bool {
	digest := sha256.Sum256([]byte(p.input))
	name := fingerprint(digest, public, p.signature)
	if m.knows(name) {
		return true
	}
	if !p.verifyDigest(public, digest) {
		return false
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.keep(name)
	return true
}

func (m *proven) knows(name [sha256.Size]byte) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, ok := m.young[name]; ok {
		return true
	}
	_, ok := m.old[name]
	if ok {
		m.keep(name)
	}
	return ok
}

// keep remembers. The mutex is held.
func (m *proven) keep(name [sha256.Size]byte) {
	if len(m.young) >= provenHalf || m.young == nil {
		m.old, m.young = m.young, make(map[[sha256.Size]byte]struct{}, len(m.young))
	}
	m.young[name] = struct{}{}
}

// fingerprint is a hash of a verification's inputs: what was signed, by which key, and the signature, none of which can
// run into the next.
func fingerprint(digest [sha256.Size]byte, public *rsa.PublicKey, signature []byte) [sha256.Size]byte {
	modulus := public.N.Bytes()
	all := make([]byte, 0, 1024)
	all = append(all, digest[:]...)
	all = binary.BigEndian.AppendUint64(all, uint64(public.E))
	all = binary.BigEndian.AppendUint64(all, uint64(len(modulus)))
	all = append(all, modulus...)
	all = append(all, signature...)
	return sha256.Sum256(all)
}
