package leaked_test

import (
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"cognate.dev/cognate/internal/risk/leaked"
)

func sum(password string) string {
	s := sha1.Sum([]byte(password))
	return strings.ToUpper(hex.EncodeToString(s[:]))
}

func write(t *testing.T, path, text string) string {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestBothFormatsAreRead fails when a listed password is not found, or one is found that is not listed: in a file of any
// length, first, last and between, and in a folder however its files are named.
func TestBothFormatsAreRead(t *testing.T) {
	t.Parallel()
	var passwords []string
	for i := range 500 {
		passwords = append(passwords, fmt.Sprintf("password-%d", i))
	}
	for _, n := range []int{1, 2, 3, 10, 499, 500} {
		for _, end := range []string{"\n", "\r\n"} {
			listed := passwords[:n]
			lines := make([]string, 0, n)
			for i, p := range listed {
				lines = append(lines, fmt.Sprintf("%s:%d", sum(p), 1+i*1000))
			}
			slices.Sort(lines)
			for _, last := range []string{"", end} {
				l, err := leaked.Open(write(t, filepath.Join(t.TempDir(), "list.txt"), strings.Join(lines, end)+last), 0)
				if err != nil {
					t.Fatal(err)
				}
				expect(t, l, listed, append([]string{"", "Correct-Horse1"}, passwords[n:]...))
				if err := l.Close(); err != nil {
					t.Error(err)
				}
			}
		}
	}
	for i, spell := range []func(string) string{
		strings.ToUpper, strings.ToLower, func(s string) string { return s + ".txt" }, func(s string) string { return strings.ToLower(s) + ".txt" },
	} {
		dir := t.TempDir()
		write(t, filepath.Join(dir, spell("00000")), "")
		ranges := map[string]string{}
		for _, p := range passwords[:50] {
			h := sum(p)
			ranges[h[:5]] += "0000000000000000000000000000000000A:1\r\n" + h[5:] + ":7\r\n"
			ranges[sum("other" + p)[:5]] += ""
		}
		for name, text := range ranges {
			write(t, filepath.Join(dir, spell(name)), text)
		}
		l, err := leaked.Open(dir, 0)
		if err != nil {
			t.Fatalf("spelling %d: %v", i, err)
		}
		expect(t, l, passwords[:50], nil)
		for _, p := range passwords[:50] {
			if found, err := l.Has("other" + p); found || err != nil {
				t.Errorf("other%s: %v %v", p, found, err)
			}
		}
		if _, err := l.Has("not a range of this folder"); err == nil {
			t.Error("a range that is missing is taken for one without the password")
		}
	}
}

func expect(t *testing.T, l *leaked.List, listed, others []string) {
	t.Helper()
	for want, list := range map[bool][]string{true: listed, false: others} {
		for _, p := range list {
			if found, err := l.Has(p); err != nil || found != want {
				t.Errorf("%q of a list of %d: %v %v, want %v", p, len(listed), found, err, want)
			}
		}
	}
}

// TestRarePasswordsCanBeLeftOut fails when the least count does not count.
func TestRarePasswordsCanBeLeftOut(t *testing.T) {
	t.Parallel()
	path := write(t, filepath.Join(t.TempDir(), "list"), sum("often")+":5\n")
	for least, want := range map[int]bool{0: true, 5: true, 6: false} {
		l, err := leaked.Open(path, least)
		if err != nil {
			t.Fatal(err)
		}
		if found, err := l.Has("often"); found != want || err != nil {
			t.Errorf("seen 5 times, %d wanted: %v %v", least, found, err)
		}
	}
}

// TestWhatIsNoListIsRefused fails when a server starts with a list in which nothing will ever be found.
func TestWhatIsNoListIsRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, path := range map[string]string{
		"nothing": filepath.Join(dir, "none"), "an empty folder": t.TempDir(), "an empty file": write(t, filepath.Join(dir, "empty"), ""),
		"passwords": write(t, filepath.Join(dir, "plain"), "123456\npassword\n"), "NTLM": write(t, filepath.Join(dir, "ntlm"), strings.Repeat("A", 32)+":1\n"),
		"a long line": write(t, filepath.Join(dir, "long"), strings.Repeat("A", 5000)),
	} {
		if _, err := leaked.Open(path, 0); err == nil {
			t.Errorf("%s is taken for a list", name)
		}
	}
}

// FuzzFile fails when a damaged file makes a search crash or go on for ever.
func FuzzFile(f *testing.F) {
	f.Add(sum("a")+":1\n"+sum("b")+":2\n", "a")
	f.Add(strings.Repeat("0", 40)+":1\n\n\n\n:::\n", "x")
	f.Fuzz(func(t *testing.T, text, password string) {
		l, err := leaked.Open(write(t, filepath.Join(t.TempDir(), "list"), text), 0)
		if err != nil {
			return
		}
		defer l.Close()
		_, _ = l.Has(password)
	})
}
