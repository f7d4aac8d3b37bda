package workspace

import "errors"

// Config is what can be set for workspaces.
type Config struct {
	Tenant string `yaml:"tenant" doc:"first segment of the paths of workspaces, which are PUBLIC_URL/TENANT/WORKSPACE; empty: default. It is a part of their issuers: choose it once"`
}

// Check refuses what cannot work.
func (c Config) Check() error {
	if c.Tenant != "" && !IsID(c.Tenant) {
		return errors.New("workspaces.tenant: it has 1 to 63 small letters, digits and hyphens")
	}
	return nil
}
