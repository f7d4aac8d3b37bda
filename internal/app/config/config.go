// Package config is everything that can be set: the settings of all rooms, their defaults, where they are read from, and what of them
// cannot work together. What a setting does is its room's.
package config

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"cognate.dev/cognate/internal/account"
	"cognate.dev/cognate/internal/app/door"
	"cognate.dev/cognate/internal/app/way"
	"cognate.dev/cognate/internal/audit"
	"cognate.dev/cognate/internal/authorize"
	"cognate.dev/cognate/internal/decision"
	"cognate.dev/cognate/internal/enrich"
	"cognate.dev/cognate/internal/extension"
	"cognate.dev/cognate/internal/federation"
	"cognate.dev/cognate/internal/front/console"
	"cognate.dev/cognate/internal/front/pdp"
	"cognate.dev/cognate/internal/gateway"
	"cognate.dev/cognate/internal/identitypool"
	"cognate.dev/cognate/internal/kit/clock"
	"cognate.dev/cognate/internal/kit/forwarded"
	"cognate.dev/cognate/internal/kit/given"
	"cognate.dev/cognate/internal/kit/keywrap"
	"cognate.dev/cognate/internal/limit"
	"cognate.dev/cognate/internal/message/outbox"
	"cognate.dev/cognate/internal/message/sms"
	"cognate.dev/cognate/internal/message/smtp"
	"cognate.dev/cognate/internal/password"
	"cognate.dev/cognate/internal/permission"
	"cognate.dev/cognate/internal/policy"
	"cognate.dev/cognate/internal/risk"
	"cognate.dev/cognate/internal/store/postgres"
	"cognate.dev/cognate/internal/sts"
	"cognate.dev/cognate/internal/telemetry"
	"cognate.dev/cognate/internal/transfer/job"
	"cognate.dev/cognate/internal/trigger/envelope"
	"cognate.dev/cognate/internal/upkeep/delivery"
	"cognate.dev/cognate/internal/workspace"
)

// Config is everything that can be set. The zero value of a nested room means that room's defaults.
type Config struct {
	Listen        string           `yaml:"listen" doc:"address for everything of Cognito"`
	PDPListen     string           `yaml:"pdp_listen" doc:"address of the policy decision point: HOST:PORT or unix:PATH"`
	PDPGRPCListen string           `yaml:"pdp_grpc_listen" doc:"its address for gRPC, likewise; empty or off: none, and gRPC on pdp_listen only"`
	Data          string           `yaml:"data" doc:"folder for the database and the master key"`
	Database      string           `yaml:"database" given:"use" doc:"postgres://… or sqlite:FILE; empty: cognate.db in the data folder"`
	MasterKey     string           `yaml:"master_key" doc:"file of the master key; empty: master.key in the data folder; env:NAME: its lines are in the environment. Nodes that share a database share them"`
	MasterKeyWrap keywrap.Config   `yaml:"master_key_wrap"`
	PublicURL     string           `yaml:"public_url" doc:"URL under which clients reach this server; empty: http:// (https:// with tls) and the listen address"`
	Issuer        string           `yaml:"issuer" doc:"issuer of tokens: public (PUBLIC_URL/POOL) or aws (https://cognito-idp.REGION.amazonaws.com/POOL, for verifiers that accept nothing else)"`
	TLS           TLSFiles         `yaml:"tls"`
	DevTLS        bool             `yaml:"-"` // development: show a certificate of this machine's own authority
	Serving       bool             `yaml:"-"` // a server, and no command beside one
	Account       string           `yaml:"account" doc:"AWS account id in ARNs, 12 digits"`
	Region        string           `yaml:"region" doc:"region of calls that carry no signature"`
	Drain         time.Duration    `yaml:"drain" doc:"how long the server goes on as before, but not ready, when it is told to end: the time that load balancers need to notice"`
	Shutdown      time.Duration    `yaml:"shutdown" doc:"how long running requests may take to finish after that"`
	MaxBody       int              `yaml:"max_body" doc:"largest request body of the AWS protocol, in bytes"`
	Patience      time.Duration    `yaml:"patience" doc:"how long a sign-in may have to wait for a processor; one that would wait longer is turned away at once (429, Retry-After)"`
	Clients       door.Config      `yaml:"clients"`
	Postgres      postgres.Config  `yaml:"postgres"`
	Log           telemetry.Log    `yaml:"log"`
	Tracing       telemetry.Traces `yaml:"tracing"`
	Password      password.Params  `yaml:"password"`
	Limits        account.Limits   `yaml:"limits"`
	Rates         limit.Config     `yaml:"rates"`
	Risk          risk.Config      `yaml:"risk"`
	// TrustedProxies is a list.
	TrustedProxies []string        `yaml:"trusted_proxies" doc:"addresses and networks (CIDR) of proxies in front of this server, whose X-Forwarded-For is believed; none: nobody's is"`
	Message        MessageConfig   `yaml:"message"`
	Policy         policy.Config   `yaml:"policy"`
	Enrich         enrich.Config   `yaml:"enrich"`
	Decisions      pdp.Config      `yaml:"decisions"`
	Import         job.Config      `yaml:"import"`
	Audit          audit.Config    `yaml:"audit"`
	DecisionLog    decision.Config `yaml:"decision_log"`
	Backup         BackupConfig    `yaml:"backup"`
	// Triggers and CodeKeys are lists: what is called, and what codes are encrypted with.
	Triggers  []way.Config         `yaml:"triggers" doc:"where the functions of LambdaConfig run; a function that no entry matches fails what it belongs to"`
	CodeKeys  []envelope.KeyConfig `yaml:"code_keys" doc:"keys under which custom senders receive codes"`
	Clock     clock.Clock          `yaml:"-"` // tests set it; nil: the machine's
	Statement func(string)         `yaml:"-"` // tests set it: is told of the statements of the store
	// LogDelivery is a list, too.
	LogDelivery []delivery.Config `yaml:"log_delivery" doc:"where logs go that SetLogDeliveryConfiguration sends to AWS; without a matching entry to standard output"`
	// OpenID is what Cognito does not have.
	OpenID authorize.OpenIDConfig `yaml:"openid"`
	// Federation is how identity providers are reached.
	Federation federation.Config `yaml:"federation"`
	// Gateway is the door in front of backends.
	Gateway gateway.Config `yaml:"gateway"`
	// Console is for people who look rather than read.
	Console console.Config `yaml:"console"`
	// Permissions are the policy stores of Verified Permissions.
	Permissions permission.Config `yaml:"permissions"`
	// Workspaces are issuers with connections of their own.
	Workspaces workspace.Config `yaml:"workspaces"`
	// Extensions are what workspaces add to a sign-in.
	Extensions extension.Config `yaml:"extensions"`
	// Roles and the providers are lists.
	Roles         []sts.RoleConfig            `yaml:"roles" doc:"roles of which identity pools and web identities get temporary credentials; none: nobody gets any"`
	OIDCProviders []identitypool.Provider     `yaml:"oidc_providers" doc:"OpenID Connect providers, besides the user pools of this server, whose ID tokens identity pools and roles may trust"`
	SAMLProviders []identitypool.SAMLProvider `yaml:"saml_providers" doc:"SAML providers whose assertions identity pools may take"`
}

// Default is the configuration of a server that was told nothing.
func Default() Config {
	return Config{
		Listen:        "127.0.0.1:9229",
		PDPListen:     "127.0.0.1:3592",
		PDPGRPCListen: "127.0.0.1:3593",
		Data:          "./data",
		Issuer:        "public",
		Account:       "000000000000",
		Region:        "us-east-1",
		Shutdown:      10 * time.Second,
		Patience:      2 * time.Second,
		MaxBody:       4 << 20, // 2 MiB of branding, written in base64
		Log:           telemetry.DefaultLog(),
		Password:      password.DefaultParams(),
		Message:       MessageConfig{SMTP: smtp.DefaultConfig()},
		Policy:        policy.Default(),
		Enrich:        enrich.Config{},
	}
}

// Flags are the settings that the command line may override; empty ones do not.
type Flags struct{ Listen, PDPListen, PDPGRPCListen, Data, Database, PublicURL, Policies string }

// Override applies the command line and checks the result.
func (c *Config) Override(f Flags) error {
	for _, o := range []struct {
		to   *string
		with string
	}{
		{&c.Listen, f.Listen}, {&c.PDPListen, f.PDPListen}, {&c.PDPGRPCListen, f.PDPGRPCListen}, {&c.Data, f.Data}, {&c.Database, f.Database},
		{&c.PublicURL, f.PublicURL}, {&c.Policy.Dir, f.Policies},
	} {
		if o.with != "" {
			*o.to = o.with
		}
	}
	return c.Check()
}

var (
	accountForm = regexp.MustCompile(`^[0-9]{12}$`)
	regionForm  = regexp.MustCompile(`^[a-z]{2,}(-[a-z]+)+-[0-9]+$`)
)

// Check refuses what cannot work, before anything is opened.
func (c Config) Check() error {
	if _, _, err := net.SplitHostPort(c.Listen); err != nil {
		return fmt.Errorf("listen: %q is no HOST:PORT", c.Listen)
	}
	if err := door.CheckAddress("pdp_listen", c.PDPListen); err != nil {
		return err
	}
	if c.PDPGRPCListen != "" && c.PDPGRPCListen != door.Off {
		if err := door.CheckAddress("pdp_grpc_listen", c.PDPGRPCListen); err != nil {
			return err
		}
	}
	if c.Gateway.On() {
		if err := door.CheckAddress("gateway.listen", c.Gateway.Listen); err != nil {
			return err
		}
	}
	if c.PublicURL != "" {
		u, err := url.Parse(c.PublicURL)
		if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.RawQuery != "" || u.Fragment != "" {
			return fmt.Errorf("public_url: %q is no http or https URL", c.PublicURL)
		}
	}
	if err := errors.Join(c.OpenID.Check(), c.Clients.Check()); err != nil {
		return err
	}
	if (c.TLS.Cert == "") != (c.TLS.Key == "") {
		return errors.New("tls: cert and key go together")
	}
	if c.Issuer != "public" && c.Issuer != "aws" {
		return fmt.Errorf("issuer: %q is neither public nor aws", c.Issuer)
	}
	if !accountForm.MatchString(c.Account) {
		return fmt.Errorf("account: %q is not 12 digits", c.Account)
	}
	if !regionForm.MatchString(c.Region) {
		return fmt.Errorf("region: %q is no region such as us-east-1", c.Region)
	}
	if _, err := given.Read(c.Database); err != nil { // the flag comes after what Load has looked at
		return fmt.Errorf("database: %w", err)
	}
	if c.Patience < 0 || c.Drain < 0 {
		return errors.New("patience and drain must not be negative")
	}
	if err := c.Postgres.Check(); err != nil {
		return err
	}
	if c.Shutdown < 0 || c.MaxBody < 1024 {
		return errors.New("shutdown must not be negative, and max_body at least 1024")
	}
	if c.Decisions.MaxResources < 0 || c.Decisions.MaxActions < 0 || c.Decisions.MaxBody < 0 {
		return errors.New("decisions: max_resources, max_actions and max_body must not be negative")
	}
	for _, t := range c.Triggers {
		if err := t.Check(); err != nil {
			return err
		}
	}
	if err := errors.Join(c.Risk.Check(), c.Federation.Check(), c.Permissions.Check(), c.Workspaces.Check(), c.Extensions.Check(), c.checkIdentities()); err != nil {
		return err
	}
	if _, err := forwarded.Parse(c.TrustedProxies); err != nil {
		return fmt.Errorf("trusted_proxies: %w", err)
	}
	return errors.Join(c.Rates.Check(), c.Password.Check(), c.Log.Check(), c.Tracing.Check(), c.Message.check(), c.Policy.Check(), c.KeyPlace().Check(), c.Audit.Check(), c.DecisionLog.Check(), c.Decisions.Check(), c.checkBackup(), delivery.Check(c.LogDelivery), c.Gateway.Check(), c.Console.Check())
}

// Scheme is what the main port speaks.
func (c Config) Scheme() string {
	if c.DevTLS || c.TLS.Cert != "" {
		return "https"
	}
	return "http"
}

// LoopbackOnly refuses addresses that other machines can reach: development mode accepts any caller.
func (c Config) LoopbackOnly() error {
	for _, addr := range []string{c.Listen, c.PDPListen, c.PDPGRPCListen, c.Gateway.Listen} {
		if !door.IsLoopback(addr) {
			return fmt.Errorf("development mode accepts any access key, so it listens on loopback only; %s is not: use `cognate serve`", addr)
		}
	}
	return nil
}

// DatabaseURL may stand elsewhere (kit/given): the store reads it.
func (c Config) DatabaseURL() string {
	if c.Database != "" {
		return c.Database
	}
	return "sqlite:" + filepath.Join(c.Data, "cognate.db")
}

// IssuerOf gives the issuer of a pool's tokens; public is the URL under which this server is reached. Updated is what
// IssuerConfiguration says: it makes a difference only to the form that AWS has.
func (c Config) IssuerOf(region, poolID, public string, updated bool) string {
	switch {
	case c.Issuer == "aws" && updated:
		return "https://issuer-cognito-idp." + region + ".amazonaws.com/" + poolID
	case c.Issuer == "aws":
		return "https://cognito-idp." + region + ".amazonaws.com/" + poolID
	}
	return strings.TrimRight(public, "/") + "/" + poolID
}

// TLSFiles names the files of a certificate (PEM).
type TLSFiles struct {
	Cert string `yaml:"cert" doc:"file of the certificate and those that vouch for it (PEM); empty: plain HTTP. Changed files are taken into use without a restart"`
	Key  string `yaml:"key" doc:"file of its private key (PEM)"`
}

// MessageConfig says how messages leave the house.
type MessageConfig struct {
	SMTP   smtp.Config   `yaml:"smtp"`
	SMS    sms.Config    `yaml:"sms"`
	Outbox outbox.Config `yaml:"outbox"`
}

func (c MessageConfig) check() error {
	return errors.Join(c.SMTP.Check(), c.SMS.Check(), c.Outbox.Check())
}

// Silent are the media that a server which was told nothing else cannot send by.
func (c MessageConfig) Silent() (notes []string) {
	if !c.SMTP.Configured() {
		notes = append(notes, "no mail server is configured (message.smtp): codes cannot be delivered by email")
	}
	if !c.SMS.Configured() {
		notes = append(notes, "no SMS gateway is configured (message.sms): codes cannot be delivered by SMS")
	}
	return notes
}
