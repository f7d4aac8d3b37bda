package config

import (
	"errors"
	"fmt"
	"time"

	"cognate.dev/cognate/internal/app/command"
)

// BackupConfig is about copies that the server makes of its SQLite file by itself.
type BackupConfig struct {
	Every time.Duration `yaml:"every" doc:"how often the server copies its SQLite file by itself, as in 15m; 0 means never. PostgreSQL has its own tools"`
	Dir   string        `yaml:"dir" doc:"folder of these copies; better on another disk"`
	Keep  int           `yaml:"keep" doc:"how many of them are kept; 0 means all"`
}

// leastEvery keeps copies from following one another without a pause.
const leastEvery = time.Minute

// checkBackup refuses what cannot work.
func (c Config) checkBackup() error {
	b := c.Backup
	switch {
	case b.Every == 0:
		return nil
	case b.Every < leastEvery:
		return fmt.Errorf("backup.every must be at least %s", leastEvery)
	case b.Dir == "":
		return errors.New("backup.dir must say where the copies go")
	case b.Keep < 0:
		return errors.New("backup.keep must not be negative")
	}
	if _, err := c.DatabaseFile(); err != nil {
		return fmt.Errorf("backup.every: %w", err)
	}
	return nil
}

// DatabaseFile is the SQLite file of the installation. A database that is none is an error that says so.
func (c Config) DatabaseFile() (string, error) {
	return command.Installation{Database: c.DatabaseURL()}.DatabaseFile()
}
