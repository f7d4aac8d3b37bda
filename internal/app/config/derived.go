package config

import (
	"cmp"
	"path/filepath"
	"time"

	"cognate.dev/cognate/internal/app/keyfile"
	"cognate.dev/cognate/internal/audit"
	"cognate.dev/cognate/internal/kit/clock"
)

// AnchorFile is where ends of chains are remembered; empty: nowhere.
func (c Config) AnchorFile() string {
	if c.Audit.Anchor == audit.Off {
		return ""
	}
	return cmp.Or(c.Audit.Anchor, filepath.Join(c.Data, "audit.anchor"))
}

// KeyPlace is where the master key is.
func (c Config) KeyPlace() keyfile.Place {
	return keyfile.Place{Setting: c.MasterKey, Folder: c.Data, Wrap: c.MasterKeyWrap}
}

// OwnClock is the clock of what is decided here: this machine's, but in tests.
func (c Config) OwnClock() clock.Clock {
	if c.Clock != nil {
		return c.Clock
	}
	return now
}

// Tenant is the first segment of the paths of workspaces.
func (c Config) Tenant() string { return cmp.Or(c.Workspaces.Tenant, "default") }

// now is the clock of this machine.
func now() time.Time { return time.Now() }
