package secret

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// maxFile bounds what is read; a line has about 60 bytes.
const maxFile = 64 << 10

// LoadOrCreate reads the ring from a key file, or creates the file with fresh keys and mode 0600 when there is none.
// Each line is "id base64": the first is the active key, the one with the id MACKeyID is the key of MAC, the others
// only open. Empty lines and lines that start with # are skipped. A file that its group or others may access is
// refused, and so is one without a MAC key: making a new one would silently change every digest that was stored.
func LoadOrCreate(path string) (*Keyring, error) {
	keys, err := readFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		if err := create(path); err != nil {
			return nil, fmt.Errorf("create key file: %w", err)
		}
		keys, err = readFile(path)
	}
	if err != nil {
		return nil, fmt.Errorf("read key file: %w", err)
	}
	return NewKeyring(keys[0], keys[1:]...)
}

// Parse reads the ring from the text of a key file that stands elsewhere than in a file of its own.
func Parse(text []byte) (*Keyring, error) {
	keys, err := parse(text)
	if err != nil {
		return nil, fmt.Errorf("read keys: %w", err)
	}
	return NewKeyring(keys[0], keys[1:]...)
}

// Fresh is the text of a new key file.
func Fresh() string {
	mac := freshKey()
	mac.ID = MACKeyID
	return line(freshKey()) + line(mac)
}

// Prepend gives the text of a key file with a fresh key in front, and that key's id.
func Prepend(text []byte) (id string, next []byte, err error) {
	if _, err := parse(text); err != nil {
		return "", nil, fmt.Errorf("read keys: %w", err)
	}
	key := freshKey()
	return key.ID, append([]byte(line(key)), text...), nil
}

// rewrite replaces the key file whole by a function of its text.
func rewrite(path string, change func([]byte) ([]byte, error)) error {
	if _, err := readFile(path); err != nil {
		return fmt.Errorf("read key file: %w", err)
	}
	return Replace(path, func() ([]byte, error) {
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		return change(text)
	})
}

// Replace writes a key file anew, whole, with what next gives; it is on disk when Replace returns. While one change is under way
// another is refused, so next may read the file that it replaces.
func Replace(path string, next func() ([]byte, error)) error {
	part := path + ".next"
	// The fixed name is the lock: two changes that both read the old file would lose one of the new keys.
	f, err := os.OpenFile(part, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("change key file (remove %s if no other change is under way): %w", part, err)
	}
	text, err := next()
	if err == nil {
		_, err = f.Write(text)
	}
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(part, path)
	}
	if err != nil {
		return fmt.Errorf("change key file: %w", errors.Join(err, os.Remove(part)))
	}
	return syncDir(path) // a new key seals within seconds, and must outlive a power cut as what it sealed does
}

// create writes a new key file. When two processes start at once, one file wins and both read it.
func create(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*") // mode 0600
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(f.Name()) }() // the link is what stays
	_, err = f.WriteString(Fresh())
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	// A link, unlike a rename, never replaces a file that is there already.
	if err := os.Link(f.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return syncDir(path)
}

func readFile(path string) ([]Key, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a regular file", path)
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 && runtime.GOOS != "windows" {
		return nil, fmt.Errorf("%s has mode %04o: only its owner may access it (chmod 600)", path, mode)
	}
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, err
	}
	return parse(data)
}

// parse reads the lines of a key file. Errors name lines, never their content.
func parse(data []byte) ([]Key, error) {
	if len(data) > maxFile {
		return nil, fmt.Errorf("it has more than %d bytes", maxFile)
	}
	var keys []Key
	hasMAC := false
	lines := bufio.NewScanner(bytes.NewReader(data))
	for n := 1; lines.Scan(); n++ {
		text := strings.TrimSpace(lines.Text())
		if text == "" || strings.HasPrefix(text, "#") {
			continue
		}
		fields := strings.Fields(text)
		if len(fields) != 2 {
			return nil, fmt.Errorf("line %d is not of the form: id base64", n)
		}
		raw, err := base64.StdEncoding.DecodeString(fields[1])
		if err != nil || len(raw) != 32 {
			return nil, fmt.Errorf("line %d has no key of 32 bytes in base64", n)
		}
		keys = append(keys, Key{ID: fields[0], Secret: [32]byte(raw)})
		hasMAC = hasMAC || fields[0] == MACKeyID
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("it has an overlong line")
	}
	if len(keys) == 0 {
		return nil, errors.New("it has no keys")
	}
	if !hasMAC {
		return nil, fmt.Errorf("it has no line for the key %s", MACKeyID)
	}
	return keys, nil
}

func freshKey() Key {
	var key Key
	rand.Read(key.Secret[:])
	id := make([]byte, 4)
	rand.Read(id)
	key.ID = hex.EncodeToString(id)
	return key
}

func line(key Key) string {
	return key.ID + " " + base64.StdEncoding.EncodeToString(key.Secret[:]) + "\n"
}

// syncDir makes the directory entry durable, as far as the platform can.
func syncDir(path string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
