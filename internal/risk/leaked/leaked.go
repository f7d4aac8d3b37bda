// Package leaked tells whether a password is on a list of stolen ones that lies on this machine, in the formats of Have I
// Been Pwned: a folder of ranges, or one sorted file. It leaves what follows from that to risk. No password, and no part
// of one, leaves the machine.
package leaked

import (
	"bufio"
	"bytes"
	"crypto/sha1" // #nosec G505 -- the list's own format; nothing is protected by it
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
)

// List is an opened list. Safe for concurrent use.
type List struct {
	folder string   // of ranges, or
	file   *os.File // one file of SHA-1:COUNT, sorted
	size   int64
	least  int
}

const (
	prefix = 5  // hexadecimal digits of a range's name
	digits = 40 // of SHA-1
)

// Open opens the list at a path: a folder of files named by five hexadecimal digits (with .txt or without, in either
// case) whose lines are SUFFIX:COUNT, or one file whose lines are HASH:COUNT in ascending order. Passwords that were seen
// less often than least count as not listed. https://haveibeenpwned.com/API/v3#PwnedPasswords
func Open(path string, least int) (*List, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("open list of leaked passwords: %w", err)
	}
	l := &List{least: max(least, 1)}
	if info.IsDir() {
		l.folder = path
		if _, err := l.open("00000"); err != nil {
			return nil, fmt.Errorf("open list of leaked passwords: %s has no file for the range 00000: %w", path, err)
		}
		return l, nil
	}
	if l.file, err = os.Open(path); err != nil { // #nosec G304 -- the operator names it
		return nil, fmt.Errorf("open list of leaked passwords: %w", err)
	}
	l.size = info.Size()
	if err := l.looksRight(); err != nil {
		return nil, errors.Join(fmt.Errorf("open list of leaked passwords: %s: %w", path, err), l.file.Close())
	}
	return l, nil
}

// Close closes the list; nobody may ask it any more.
func (l *List) Close() error {
	if l.file == nil {
		return nil
	}
	return l.file.Close()
}

// Has tells whether a password is listed.
func (l *List) Has(password string) (bool, error) {
	sum := sha1.Sum([]byte(password)) // #nosec G401 -- see above
	hash := bytes.ToUpper([]byte(hex.EncodeToString(sum[:])))
	if l.folder != "" {
		return l.inFolder(hash)
	}
	return l.inFile(hash)
}

// open opens the file of a range, however it is spelled.
func (l *List) open(name string) (*os.File, error) {
	lower := string(bytes.ToLower([]byte(name)))
	var err error
	for _, spelling := range []string{name, name + ".txt", lower, lower + ".txt"} {
		var f *os.File
		if f, err = os.Open(filepath.Join(l.folder, spelling)); err == nil { // #nosec G304 -- hexadecimal digits below the operator's folder
			return f, nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
	}
	return nil, err
}

func (l *List) inFolder(hash []byte) (bool, error) {
	f, err := l.open(string(hash[:prefix]))
	if err != nil {
		return false, err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		suffix, count := split(lines.Bytes())
		if len(suffix) == digits-prefix && bytes.EqualFold(suffix, hash[prefix:]) {
			return count >= l.least, nil
		}
	}
	return false, lines.Err()
}

// inFile searches the sorted file by halves.
func (l *List) inFile(hash []byte) (bool, error) {
	from, to := int64(0), l.size
	for from < to { // the line that is looked for begins in [from, to)
		middle := from + (to-from)/2
		line, begin, next, err := l.line(middle, from)
		if err != nil {
			return false, err
		}
		found, count := split(line)
		switch order := bytes.Compare(bytes.ToUpper(found), hash); {
		case order == 0:
			return count >= l.least, nil
		case order < 0:
			from = next
		default:
			to = begin
		}
	}
	return false, nil
}

// longest is how long a line may be: hash, colon, count, line end.
const longest = 64

// line reads the line in which a place lies, which begins at from or later, and says where it begins and where the next
// one does.
func (l *List) line(at, from int64) (line []byte, begin, next int64, err error) {
	start := max(from, at-longest)
	buf := make([]byte, at-start+longest)
	n, err := l.file.ReadAt(buf, start)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, 0, 0, err
	}
	buf = buf[:n]
	here := int(at - start)
	first := bytes.LastIndexByte(buf[:here], '\n') + 1
	if first == 0 && start > from {
		return nil, 0, 0, errors.New("a line is too long")
	}
	end := bytes.IndexByte(buf[first:], '\n')
	if end < 0 {
		if start+int64(n) < l.size {
			return nil, 0, 0, errors.New("a line is too long")
		}
		end = n - first
	}
	return buf[first : first+end], start + int64(first), start + int64(first+end) + 1, nil
}

// looksRight reads the first line.
func (l *List) looksRight() error {
	line, _, _, err := l.line(0, 0)
	if err != nil {
		return err
	}
	if hash, _ := split(line); len(hash) != digits {
		return errors.New("the lines are not SHA-1:COUNT")
	}
	return nil
}

// split takes a line apart; without a count it stands for one.
func split(line []byte) (hash []byte, count int) {
	line = bytes.TrimRight(line, "\r")
	hash, number, ok := bytes.Cut(line, []byte(":"))
	if !ok {
		return hash, 1
	}
	n, err := strconv.Atoi(string(bytes.TrimSpace(number)))
	if err != nil {
		return hash, 1
	}
	return hash, n
}
