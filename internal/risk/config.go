package risk

import "errors"

// Config names what threat protection looks things up in. The zero value has neither.
type Config struct {
	Passwords string `yaml:"leaked_passwords" doc:"stolen passwords in the format of Have I Been Pwned: a folder of ranges, or one file of SHA-1:COUNT in ascending order; empty: none is known"`
	Least     int    `yaml:"leaked_at_least" doc:"how often a password must have been seen to count as stolen; 0 means 1"`
	Places    string `yaml:"geoip" doc:"file in MaxMind's format (.mmdb) that says where addresses are; empty: nobody knows"`
}

// Check refuses what cannot work.
func (c Config) Check() error {
	if c.Least < 0 {
		return errors.New("risk.leaked_at_least must not be negative")
	}
	return nil
}
