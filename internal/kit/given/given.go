// Package given reads settings that stand elsewhere than in the configuration: file:PATH is what the file holds, env:NAME
// what the environment does, text:VALUE and everything else is the value itself. It owns that form and reading it; when
// to read again is its callers'.
package given

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// max is how much of a file is read: secrets are short.
const max = 64 << 10

// Elsewhere says whether a value may change while a server runs, and so is to be read again when it is used.
func Elsewhere(value string) bool { return strings.HasPrefix(value, "file:") }

// Read gives the value. Line breaks at the end of a file are not part of it. A file or variable that is empty or not there
// is an error, which never repeats what was read.
func Read(value string) (string, error) {
	where, rest, _ := strings.Cut(value, ":")
	switch where {
	case "text":
		return rest, nil
	case "env":
		text := os.Getenv(rest)
		if text == "" {
			return "", fmt.Errorf("the environment has no %s", rest)
		}
		return text, nil
	case "file":
		return readFile(rest)
	}
	return value, nil
}

func readFile(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	raw, err := io.ReadAll(io.LimitReader(f, max+1))
	if err != nil {
		return "", err
	}
	text := strings.TrimRight(string(raw), "\r\n")
	switch {
	case text == "":
		return "", fmt.Errorf("%s is empty", path)
	case len(raw) > max:
		return "", errors.New(path + " is too long for a secret")
	}
	return text, nil
}
