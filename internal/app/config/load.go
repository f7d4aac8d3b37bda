package config

import (
	"fmt"
	"os"

	"cognate.dev/cognate/internal/kit/settings"
)

// EnvPrefix starts the environment variable of every setting: password.memory_kib is COGNATE_PASSWORD_MEMORY_KIB.
const EnvPrefix = "COGNATE"

// Load gives the configuration: defaults, then the file (none when path is empty), then the environment. A key that
// no setting has is an error, since a misspelt setting would silently mean its default.
func Load(path string, env func(string) (string, bool)) (Config, error) {
	cfg := Default()
	if path != "" {
		raw, err := os.ReadFile(path)
		if err != nil {
			return cfg, fmt.Errorf("read the configuration: %w", err)
		}
		if err := settings.Decode(raw, &cfg); err != nil {
			return cfg, fmt.Errorf("%s: %w", path, err)
		}
	}
	if err := settings.Override(&cfg, EnvPrefix, env); err != nil {
		return cfg, err
	}
	if err := settings.ReadGiven(&cfg); err != nil {
		return cfg, err
	}
	return cfg, cfg.Check()
}
