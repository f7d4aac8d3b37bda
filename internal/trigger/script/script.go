// Package script runs functions that are one JavaScript file, without Node.js: in child processes of our own binary, each
// with an interpreter that knows no files, no network and no other event than its own. It leaves the processes to lambda.
package script

import (
	"errors"
	"path/filepath"
	"time"

	"cognate.dev/cognate/internal/trigger/lambda"
)

// Config says which file is run. Without a file there is none.
type Config struct {
	File        string        `yaml:"file" doc:"a JavaScript file that exports handler; ECMAScript, no modules, no input and output but console"`
	MemoryMiB   int           `yaml:"memory_mib" doc:"memory that one process may take (on Linux); 0 means 256"`
	Concurrency int           `yaml:"concurrency" doc:"processes at once; more calls wait; 0 means 10"`
	Warm        int           `yaml:"warm" doc:"processes that are kept ready; 0 means 1, below zero none"`
	Idle        time.Duration `yaml:"idle" doc:"how long a process beyond the warm ones waits for work; 0 means 5m"`
}

// Subcommand is the argument with which our binary becomes the process of a script.
const Subcommand = "run-script"

// Configured reports whether there is a file.
func (c Config) Configured() bool { return c.File != "" }

// Check refuses a configuration that cannot work.
func (c Config) Check() error {
	if c.File == "" {
		return errors.New("script: file is missing")
	}
	return c.lambda("").Check()
}

// Function makes the function of a script; self is the path of our own binary.
func Function(h *lambda.Host, name, self string, c Config) (*lambda.Function, error) {
	if err := c.Check(); err != nil {
		return nil, err
	}
	return h.Function(name, c.lambda(self))
}

func (c Config) lambda(self string) lambda.Config {
	return lambda.Config{
		Command: []string{self, Subcommand}, Private: true, Folder: filepath.Dir(c.File), Handler: filepath.Base(c.File),
		MemoryMiB: c.MemoryMiB, Concurrency: c.Concurrency, Warm: c.Warm, Idle: c.Idle,
	}
}
