// Package extension is what workspaces add in JavaScript: scripts, their secrets, and the points of a sign-in at which they run.
// It owns what a script is told and what its answer may change; sandbox/ is the process that it runs in. It leaves when a point
// is reached to workspace/journey and token. The names on the wire are those of Cloudentity's administration API.
package extension

import (
	"context"
	"regexp"
	"strings"
	"time"

	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/kit/secret"
)

// Script is a function that somebody wrote: module.exports = async function(context) {…}.
type Script struct {
	ID          string    `json:"id"` // never changes
	WorkspaceID string    `json:"authorization_server_id"`
	Name        string    `json:"name"`
	Body        string    `json:"body"`
	EnvVersion  string    `json:"env_version"`          // Environment
	TestInput   string    `json:"test_input,omitempty"` // JSON: what the editor tries it with
	DebugUntil  time.Time `json:"-"`                    // until when runs are kept for who debugs it
	CreatedAt   time.Time `json:"created_at"`
	ModifiedAt  time.Time `json:"updated_at"`
}

// Environment is the one that scripts run in.
const Environment = "v1"

// Secret is a value that scripts read as context.secrets.ID, and that nobody is shown.
type Secret struct {
	ID          string    `json:"id"`
	WorkspaceID string    `json:"authorization_server_id"`
	Value       string    `json:"-"`
	ModifiedAt  time.Time `json:"updated_at"`
}

// Type is where a script runs.
type Type string

// The types of points.
const (
	PostAuthn          Type = "post_authn_ctx"       // after somebody came through a connection, the target
	AllowedConnections Type = "allowed_idp_ids"      // before a page shows connections; the target is the workspace
	TokenMinting       Type = "token_minting"        // before tokens of people are signed; the target is the workspace
	ClientTokens       Type = "client_token_minting" // before tokens of clients that act for themselves are signed; likewise
)

// Types lists them all.
func Types() []Type { return []Type{PostAuthn, AllowedConnections, TokenMinting, ClientTokens} }

// Point is the script that runs at a place.
type Point struct {
	Type     Type   `json:"type"`
	Target   string `json:"target_fk"` // a connection for PostAuthn, empty for all that have none of their own; else empty
	ScriptID string `json:"script_id"`
	// Failure says what becomes of a sign-in whose script fails: fail (also when empty), or continue without it.
	Failure     string `json:"on_failure,omitempty"`
	WorkspaceID string `json:"authorization_server_id"`
}

// What becomes of a sign-in whose script fails.
const (
	Fail     = "fail"
	Continue = "continue"
)

// Store keeps all of it, secrets sealed. What is not there is a fault Missing, a workspace that is not there, too.
type Store interface {
	// SaveScript puts a script in the place of the one of its id. A name that another of the workspace has is a fault Exists, a
	// new one beyond max a fault Limited.
	SaveScript(ctx context.Context, s *Script, max int) error
	Script(ctx context.Context, workspaceID, id string) (*Script, error)
	Scripts(ctx context.Context, workspaceID string) ([]*Script, error) // by name
	// DeleteScript removes a script, and the points at which it runs.
	DeleteScript(ctx context.Context, workspaceID, id string) error

	SaveSecret(ctx context.Context, s *Secret, max int) error
	Secrets(ctx context.Context, workspaceID string) ([]*Secret, error) // by id, with their values
	DeleteSecret(ctx context.Context, workspaceID, id string) error

	// SavePoint puts a script at a place, in the stead of the one that was there.
	SavePoint(ctx context.Context, p *Point) error
	Points(ctx context.Context, workspaceID string) ([]*Point, error)
	DeletePoint(ctx context.Context, workspaceID string, t Type, target string) error
}

// RunStore keeps runs for who debugs a script, sealed.
type RunStore interface {
	InsertScriptRun(ctx context.Context, id, workspaceID, scriptID, sealed string, at, until time.Time) error
	// ScriptRuns lists those that have not ended, the newest first.
	ScriptRuns(ctx context.Context, workspaceID, scriptID string, now time.Time, limit int) ([]string, error)
}

// None is the answer for something that is not there, such as a script.
func None(kind string) *fault.Fault {
	return fault.Newf(fault.Missing, "", "There is no such %s.", kind)
}

// SecretPurpose is what secrets are sealed for.
const SecretPurpose = "extension-secret"

// SealedSecret says how secrets are sealed, for who changes the master key.
func SealedSecret() secret.Kind {
	return secret.Kind{Purpose: SecretPurpose, Bound: func(row []string) []byte { return []byte(strings.Join(row, "\x00")) }}
}

// What a workspace can have at most.
const (
	maxScripts = 200
	maxSecrets = 200
	maxBody    = 64 << 10 // bytes of a script
	maxInput   = 64 << 10 // bytes of a test's input
	maxSecret  = 4 << 10
)

// secretForm lets secrets be written as context.secrets.NAME.
var secretForm = regexp.MustCompile(`^[A-Za-z_$][A-Za-z0-9_$]{0,63}$`)
