package secret

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
)

// IDs are the ids of the keys that seal and open, the first of the key file first.
func (r *Keyring) IDs() []string {
	var ids []string
	for _, k := range r.keys.Load().order {
		ids = append(ids, k.id)
	}
	return ids
}

// Active is the id of the key that seals.
func (r *Keyring) Active() string { return r.keys.Load().active.id }

// Activate makes a key of the ring the one that seals.
func (r *Keyring) Activate(id string) error {
	for {
		now := r.keys.Load()
		key := now.byTag[tagOf(id)]
		if key == nil || key.id != id {
			return fmt.Errorf("secret: the ring has no key %s", id)
		}
		if now.active == key || r.keys.CompareAndSwap(now, &keyset{active: key, order: now.order, byTag: now.byTag}) {
			return nil
		}
	}
}

// Replace takes over the keys of another ring. The key that seals goes on sealing: a ring without it is refused, and so is
// one with another key of MAC, under which stored digests would be lost.
func (r *Keyring) Replace(next *Keyring) error {
	if r.mac != next.mac {
		return fmt.Errorf("secret: the key %s is another one", MACKeyID)
	}
	for {
		now, other := r.keys.Load(), next.keys.Load()
		active := other.byTag[now.active.tag]
		if active == nil || active.master != now.active.master {
			return fmt.Errorf("secret: the key %s, which seals, is missing", now.active.id)
		}
		if r.keys.CompareAndSwap(now, &keyset{active: active, order: other.order, byTag: other.byTag}) {
			return nil
		}
	}
}

// Kind is a kind of value that is stored sealed.
type Kind struct {
	Purpose string
	Bound   func(row []string) []byte // the associated data, from what identifies its row
	Prefix  string                    // it is stored as a text that begins so, as SealString writes it; empty: as bytes
}

// Renew gives a stored value as the active key seals it. Fresh says that it is sealed so already, or is no value of the kind.
func (r *Keyring) Renew(kind Kind, row []string, stored []byte) (next []byte, fresh bool, err error) {
	sealed := stored
	if kind.Prefix != "" {
		text, ok := strings.CutPrefix(string(stored), kind.Prefix)
		if !ok {
			return nil, true, nil
		}
		if sealed, err = base64.RawURLEncoding.Strict().DecodeString(text); err != nil {
			return nil, false, ErrOpen
		}
	}
	if TagOf(sealed) == r.keys.Load().active.tag {
		return nil, true, nil
	}
	plain, err := r.Open(kind.Purpose, sealed, kind.Bound(row))
	if err != nil {
		return nil, false, err
	}
	next = r.Seal(kind.Purpose, plain, kind.Bound(row))
	if kind.Prefix != "" {
		next = []byte(kind.Prefix + base64.RawURLEncoding.EncodeToString(next))
	}
	return next, false, nil
}

// SealedBy is the id of the key that sealed a stored value; empty when it is none of the ring's, and of what is no value of the
// kind.
func (r *Keyring) SealedBy(kind Kind, stored []byte) (id string, sealed bool) {
	if kind.Prefix != "" {
		text, ok := strings.CutPrefix(string(stored), kind.Prefix)
		if !ok {
			return "", false
		}
		stored, _ = base64.RawURLEncoding.DecodeString(text) // what is damaged is nobody's
	}
	if key := r.keys.Load().byTag[TagOf(stored)]; key != nil {
		return key.id, true
	}
	return "", true
}

// TagOf is what a sealed value says of the key that sealed it.
func TagOf(sealed []byte) (tag [tagSize]byte) {
	if len(sealed) > tagSize {
		copy(tag[:], sealed[1:])
	}
	return tag
}

// Without gives the text of a key file without one of its keys. The first cannot be taken out, nor the key of MAC.
func Without(text []byte, id string) ([]byte, error) {
	keys, err := parse(text)
	if err != nil {
		return nil, fmt.Errorf("read keys: %w", err)
	}
	at := slices.IndexFunc(keys, func(k Key) bool { return k.ID == id })
	switch {
	case at < 0:
		return nil, fmt.Errorf("there is no key %s", id)
	case at == 0 || id == MACKeyID:
		return nil, fmt.Errorf("the key %s is in use", id)
	}
	var kept [][]byte
	for line := range bytes.Lines(text) {
		if fields := bytes.Fields(line); len(fields) == 0 || string(fields[0]) != id {
			kept = append(kept, line)
		}
	}
	return bytes.Join(kept, nil), nil
}

// Rotate puts a fresh key in front of the key file's lines and returns its id. Processes that run read it when they look.
func Rotate(path string) (id string, err error) {
	err = rewrite(path, func(text []byte) (next []byte, err error) {
		id, next, err = Prepend(text)
		return next, err
	})
	return id, err
}

// Retire takes a key out of the key file.
func Retire(path, id string) error {
	return rewrite(path, func(text []byte) ([]byte, error) { return Without(text, id) })
}
