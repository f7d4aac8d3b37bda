package lambda

import (
	_ "embed" // the bootstraps
	"fmt"
	"os"
	"path/filepath"
)

// The programs that run a handler of a script language: they load it, and speak the Runtime API for it.
var (
	//go:embed bootstrap/node.cjs
	nodeBootstrap string
	//go:embed bootstrap/python.py
	pythonBootstrap string
)

func languages() []language {
	return []language{
		{"nodejs", func(c Config) []string {
			// The heap grows until it meets a limit of its own: better an error of the language than a refused page.
			heap := fmt.Sprintf("--max-old-space-size=%d", max(c.MemoryMiB*3/4, 32))
			return []string{or(c.Interpreter, "node"), heap, "-e", nodeBootstrap}
		}},
		{"python", func(c Config) []string { return []string{or(c.Interpreter, "python3"), "-c", pythonBootstrap} }},
		{"go provided", func(c Config) []string { return []string{"./" + c.Handler} }},
	}
}

// command is what starts the function's process.
func (f *Function) command() ([]string, error) {
	if len(f.Command) > 0 {
		return f.Command, nil
	}
	l, err := languageOf(f.Runtime)
	if err != nil {
		return nil, err
	}
	return l.args(f.Config), nil
}

// root is the function's folder, by its full name.
func (f *Function) root() string {
	full, err := filepath.Abs(f.Folder)
	if err != nil {
		return f.Folder
	}
	return full
}

// present refuses a folder that is not there, in words better than those of a failed start.
func (f *Function) present() error {
	info, err := os.Stat(f.root())
	switch {
	case err != nil:
		return err
	case !info.IsDir():
		return fmt.Errorf("%s is not a folder", f.root())
	}
	return nil
}

func or(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}
