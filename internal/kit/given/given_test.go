package given_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cognate.dev/cognate/internal/kit/given"
)

func TestAValueIsReadFromWhereItStands(t *testing.T) {
	t.Setenv("GIVEN_TEST", "from the environment")
	dir := t.TempDir()
	file := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return "file:" + path
	}
	for value, want := range map[string]string{
		"plain": "plain", "": "", "a:b": "a:b", "text:file:x": "file:x", "postgres://a@b/c": "postgres://a@b/c", "sqlite:x.db": "sqlite:x.db",
		"env:GIVEN_TEST": "from the environment", file("good", " kept \r\n"): " kept ",
	} {
		if got, err := given.Read(value); err != nil || got != want {
			t.Errorf("%q is %q, %v", value, got, err)
		}
	}
	for _, value := range []string{"env:GIVEN_NONE", "env:", "file:", "file:" + dir + "/none", file("empty", "\n"), file("long", strings.Repeat("x", 70<<10))} {
		if got, err := given.Read(value); err == nil {
			t.Errorf("%q is %q", value, got)
		}
	}
}
