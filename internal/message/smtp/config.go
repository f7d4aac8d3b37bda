package smtp

import (
	"crypto/x509"
	"errors"
	"fmt"
	netmail "net/mail"
	"os"
	"time"

	"cognate.dev/cognate/internal/kit/given"
)

// The values of Config.StartTLS.
const (
	Mandatory     = "mandatory"
	Opportunistic = "opportunistic"
	None          = "none"
)

// Config says which server takes the mail. Without a host there is none.
type Config struct {
	Host         string        `yaml:"host" doc:"SMTP server that takes email; empty: email is not delivered"`
	Port         int           `yaml:"port" doc:"its port"`
	Username     string        `yaml:"username" doc:"user name for SMTP authentication; empty: none"`
	Password     string        `yaml:"password" given:"use" doc:"password for SMTP authentication"`
	PasswordFile string        `yaml:"password_file" doc:"file that holds the password instead"`
	StartTLS     string        `yaml:"starttls" doc:"mandatory, opportunistic (anyone on the way can strip it) or none"`
	TLS          bool          `yaml:"tls" doc:"encrypted from the first byte (port 465) instead of by STARTTLS"`
	CAFile       string        `yaml:"ca_file" doc:"PEM certificates to trust instead of the system's"`
	From         string        `yaml:"from" doc:"sender of email: an address, or Name <address>"`
	ReplyTo      string        `yaml:"reply_to" doc:"where answers go; empty: to the sender"`
	Timeout      time.Duration `yaml:"timeout" doc:"longest time for one email, from connecting to its acceptance"`
	Idle         int           `yaml:"idle" doc:"connections that are kept for the next emails, half a minute each; 0 means 4, below 0 none"`
}

// DefaultConfig has no host.
func DefaultConfig() Config { return Config{Port: 587, StartTLS: Mandatory, Timeout: 10 * time.Second} }

// Configured reports whether there is a server to send through.
func (c Config) Configured() bool { return c.Host != "" }

func (c Config) filled() Config {
	d := DefaultConfig()
	if c.Port == 0 {
		c.Port = d.Port
	}
	if c.StartTLS == "" {
		c.StartTLS = d.StartTLS
	}
	if c.Timeout == 0 {
		c.Timeout = d.Timeout
	}
	if c.Idle == 0 {
		c.Idle = 4
	}
	return c
}

// Check refuses a configuration that cannot work. One without a host is fine: it sends nothing.
func (c Config) Check() error {
	c = c.filled()
	if !c.Configured() {
		return nil
	}
	if c.Port < 1 || c.Port > 65535 {
		return fmt.Errorf("smtp port %d is not between 1 and 65535", c.Port)
	}
	if c.StartTLS != Mandatory && c.StartTLS != Opportunistic && c.StartTLS != None {
		return fmt.Errorf("smtp starttls is %q; it must be mandatory, opportunistic or none", c.StartTLS)
	}
	if c.Timeout < 0 {
		return errors.New("smtp timeout must be positive")
	}
	if c.Password != "" && c.PasswordFile != "" {
		return errors.New("smtp password and password_file exclude each other")
	}
	if (c.Username != "") != (c.Password != "" || c.PasswordFile != "") {
		return errors.New("smtp username and a password belong together")
	}
	if _, err := netmail.ParseAddress(c.From); err != nil {
		return fmt.Errorf("smtp from %q is not an email address", c.From)
	}
	if _, err := netmail.ParseAddress(c.ReplyTo); c.ReplyTo != "" && err != nil {
		return fmt.Errorf("smtp reply_to %q is not an email address", c.ReplyTo)
	}
	return nil
}

func (c *Config) readPassword() error {
	if c.PasswordFile == "" {
		return nil
	}
	c.Password = "file:" + c.PasswordFile // read for each connection, so that it may change
	if _, err := given.Read(c.Password); err != nil {
		return fmt.Errorf("read smtp password_file: %w", err)
	}
	return nil
}

// roots are the certificates of CAFile; nil means the system's.
func (c Config) roots() (*x509.CertPool, error) {
	if c.CAFile == "" {
		return nil, nil
	}
	raw, err := os.ReadFile(c.CAFile)
	if err != nil {
		return nil, fmt.Errorf("read smtp ca_file: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(raw) {
		return nil, fmt.Errorf("smtp ca_file %s has no certificates", c.CAFile)
	}
	return pool, nil
}
