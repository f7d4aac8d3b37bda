package secret

import "testing"

func FuzzParse(f *testing.F) {
	f.Add([]byte(line(freshKey()) + "mac AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n"))
	f.Add([]byte("# only a comment"))
	f.Fuzz(func(t *testing.T, data []byte) {
		keys, err := parse(data)
		if err != nil {
			return
		}
		if ring, err := NewKeyring(keys[0], keys[1:]...); err == nil {
			if _, err := ring.Open("p", ring.Seal("p", data, nil), nil); err != nil {
				t.Error(err)
			}
		}
	})
}
