// Package audit is the audit log: who did what to whom, from where, and how it ended. It owns the form of a record, the
// chain that makes tampering evident, checking it, and how long records live. It leaves finding out who and what to
// fronts and rooms, which note it on the act in their context, and the SQL to store.
package audit

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Config says whether there is an audit log, and how long it lives.
type Config struct {
	Mode      string        `yaml:"mode" doc:"on or off; empty: on, but off in development"`
	Retention time.Duration `yaml:"retention" doc:"how long records are kept; 0 means 8760h (a year)"`
	Refreshes bool          `yaml:"refreshes" doc:"record tokens that were refreshed, too. Refused refreshes are always recorded"`
	Copy      CopyConfig    `yaml:"copy"`
	Anchor    string        `yaml:"anchor" doc:"file that remembers the end of each chain, so that records cut off at the end are missed; empty: audit.anchor in the data folder; off: none"`
}

// CopyConfig is a file that every record of this process is written to as well, in the form of an export. It grows to a size and is
// then set aside.
type CopyConfig struct {
	Path    string `yaml:"path" doc:"file that every record of this server is appended to as well, before its answer, for a collector of logs to carry away; empty: none. Each node has one of its own"`
	MaxSize int    `yaml:"max_size" doc:"MiB at which the file is set aside and a new one begun; 0 means 100"`
	Keep    int    `yaml:"keep" doc:"how many set aside are kept; 0 means 10"`
}

// Off is what Mode and Anchor say for no.
const Off = "off"

// DefaultRetention is how long records live when nobody says.
const DefaultRetention = 365 * 24 * time.Hour

// Check refuses settings that mean nothing.
func (c Config) Check() error {
	if c.Mode != "" && c.Mode != Off && c.Mode != "on" {
		return fmt.Errorf("audit.mode: %q is neither on nor off", c.Mode)
	}
	if c.Copy.MaxSize < 0 || c.Copy.Keep < 0 {
		return errors.New("audit.copy: max_size and keep must not be negative")
	}
	if c.Retention < 0 || c.Retention > 0 && c.Retention < time.Hour {
		return errors.New("audit.retention: it must be at least 1h")
	}
	return nil
}

// Record is one thing that was done or tried. It never holds a secret, a password, a code or a token.
type Record struct {
	Chain string    `json:"chain"` // of one process, from its start to its end
	Seq   int64     `json:"seq"`   // counts from 1 in the chain
	Prev  string    `json:"prev"`  // hash of the record before, in hex; empty for the first
	Time  time.Time `json:"time"`  // UTC, milliseconds
	Node  string    `json:"node"`

	Front     string `json:"front"` // aws, sts, oauth, login, admin, import, ops, cli, job
	Operation string `json:"operation"`
	Actor     Actor  `json:"actor"`
	Source    string `json:"source,omitempty"`  // address of the caller
	Request   string `json:"request,omitempty"` // id of the request, as the caller was told it
	Outcome   string `json:"outcome"`           // ok, or the name of the error

	Pool     string            `json:"pool,omitempty"`
	Client   string            `json:"client,omitempty"`
	User     string            `json:"user,omitempty"` // sub, or the name that an administrator used
	Group    string            `json:"group,omitempty"`
	Resource string            `json:"resource,omitempty"` // KIND/NAME of anything else
	Detail   map[string]string `json:"detail,omitempty"`

	// Login is a name that somebody typed who has not proven to be anybody. People type passwords into the wrong field,
	// so only a digest of it is written (detail "login"), and only while User is empty.
	Login string `json:"-"`
	// Refresh says that tokens were refreshed: that is recorded where the configuration wants it, or when it fails.
	Refresh bool `json:"-"`
}

// Actor is who did it: Kind is access_key, user, client, operator, system, or anyone (nobody has proven who it was).
type Actor struct {
	Kind string `json:"kind"`
	ID   string `json:"id,omitempty"`
}

// The kinds of actors.
const (
	Key      = "access_key" // ID is the access key id
	User     = "user"       // the sub
	Client   = "client"     // the client id
	Operator = "operator"   // who runs commands or knows the password of the Admin API
	System   = "system"     // a job of the server
	Anyone   = "anyone"
)

// String is KIND:ID, as filters write it.
func (a Actor) String() string {
	if a.ID == "" {
		return a.Kind
	}
	return a.Kind + ":" + a.ID
}

// OK is the outcome of what was done.
const OK = "ok"

// What the log itself records.
const (
	Start      = "AuditStart"      // a process begins its chain
	Checkpoint = "AuditCheckpoint" // the ends of all chains, in detail: CHAIN = "SEQ HASH"
	Cut        = "AuditCut"        // old records were removed, in detail: CHAIN = last removed SEQ
	Stop       = "AuditStop"       // a process ended its chain
)

// Row is a record as the store keeps it: what it is found by, the record itself (JSON), and what proves it.
type Row struct {
	Chain                                           string
	Seq                                             int64
	At                                              time.Time
	Operation, Actor, Pool, Client, Person, Outcome string
	Doc                                             string
	Hash, MAC                                       string // hex
}

// Head is the end of a chain.
type Head struct {
	Chain string
	Seq   int64
	Hash  string
	Busy  time.Time // when something other than the log's own records was written last
}

// Query chooses records; what is empty chooses all.
type Query struct {
	Operation, Actor, Pool, Client, User, Outcome string
	Login                                         string    // the digest of a typed name
	Failed                                        bool      // only what did not end well
	Since, Until                                  time.Time // from, and before
	Before                                        Row       // only older records than this; its At, Chain and Seq count
	Limit                                         int
}

// Store keeps rows.
type Store interface {
	// InsertAudit adds rows and moves the head of their chain, in one transaction.
	InsertAudit(ctx context.Context, rows []Row, head Head) error
	// AuditHeads gives the heads of chains that were busy since.
	AuditHeads(ctx context.Context, since time.Time) ([]Head, error)
	// AuditChains lists every chain that has rows.
	AuditChains(ctx context.Context) ([]string, error)
	// AuditRows gives rows of a chain after a place, in order.
	AuditRows(ctx context.Context, chain string, after int64, limit int) ([]Row, error)
	// FindAudit gives what a query chooses, newest first.
	FindAudit(ctx context.Context, q Query) ([]Row, error)
	// AuditBeginnings gives, for each chain, the last place that is older than a time (0: none), and the first that is there.
	AuditBeginnings(ctx context.Context, before time.Time) ([]Beginning, error)
	// CutAudit removes the rows of a chain up to a place, and its head when nothing is left.
	CutAudit(ctx context.Context, chain string, upTo int64) error
}

// Beginning is where a chain begins, and how much of it is old.
type Beginning struct {
	Chain      string
	First, Old int64
}

// Keys are what proves records; *secret.Keyring is one. A key must stay the same for as long as records live.
type Keys interface {
	MAC(purpose string, parts ...[]byte) []byte
}
