// Package policy decides: a request in, an effect per action and its reasons out. It owns the set of policies, from
// wherever they come, which is compiled in the background and swapped as a whole, and how to tell whether the newest are
// in use. It leaves the language to its engine (cerbos/), the wire to front/pdp, and who the principal is to enrich.
package policy

import (
	"context"
	"io/fs"
	"time"

	enginev1 "github.com/cerbos/cerbos/api/genpb/cerbos/engine/v1"
)

// Decider answers authorization questions. Inputs must be valid by Cerbos' own rules: an id, a kind, at least one
// role. Neither the inputs nor the outputs are shared afterwards.
type Decider interface {
	// Check gives one output per input, in order: for each action the effect, and as its reason the policy and
	// scope that decided. Anything that no policy allows is denied.
	Check(ctx context.Context, inputs []*enginev1.CheckInput) ([]*enginev1.CheckOutput, error)
	// Plan gives the condition under which the actions are allowed on a kind of resource. A fault of kind
	// Precondition says that the engine is known to plan wrongly for these policies.
	Plan(ctx context.Context, input *enginev1.PlanResourcesInput) (*enginev1.PlanResourcesOutput, error)
}

// Lister is a Decider that knows which actions its policies name for a kind of resource, sorted. Policies that allow
// actions by a pattern may allow more than these.
type Lister interface {
	Actions(kind string) []string
}

// Compiler makes a Decider of the policies in a file system, or explains what is wrong with them.
type Compiler interface {
	Compile(ctx context.Context, fsys fs.FS) (Decider, error)
}

// Dangling is an error of a Compiler that knows whether it says no more than that policies need others which are not
// there.
type Dangling interface {
	error
	Dangling() bool
}

// Status says which policies decide now, and why the newest files do not when they do not.
type Status struct {
	Version  string    // hash of the files in use; empty when none ever compiled
	Files    int       // how many they are
	LoadedAt time.Time // when they came into use
	Err      error     // why the files in the folder are not in use; nil when they are
	FailedAt time.Time // when Err came up
}

// Ready reports whether there is a table to decide with, perhaps an older one.
func (s Status) Ready() bool { return s.Version != "" }

// Config says where the policies are and how the engine reads them.
type Config struct {
	Dir            string         `yaml:"dir" doc:"folder or archive (zip, tar, tar.gz) of the policies; empty, with none of git, blob and stored: no policies, everything is denied"`
	Watch          bool           `yaml:"watch" doc:"take changes of the folder into use at once"`
	Poll           time.Duration  `yaml:"poll" doc:"how often a watched folder is also compared by name, size and time, for file systems that send no events; 0 means 5s"`
	Git            GitConfig      `yaml:"git"`
	Blob           BlobConfig     `yaml:"blob"`
	Stored         bool           `yaml:"stored" doc:"keep the policies in the database; the Admin API (policy.admin) changes them, and every node takes a change into use"`
	Admin          AdminConfig    `yaml:"admin"`
	DefaultVersion string         `yaml:"default_version" doc:"policy version of a request that names none; empty means default"`
	DefaultScope   string         `yaml:"default_scope" doc:"scope of a request that names none"`
	LenientScope   bool           `yaml:"lenient_scope" doc:"use the nearest parent scope that has a policy when the requested scope has none"`
	Strict         bool           `yaml:"strict" doc:"deny an action when a condition that concerns it fails to evaluate"`
	Schemas        string         `yaml:"schemas" doc:"what becomes of a request that breaks a schema: none (not checked), warn or reject; empty means none"`
	Globals        map[string]any `yaml:"globals" doc:"values that policies read as globals (G)"`
}

// AdminConfig opens Cerbos' Admin API.
type AdminConfig struct {
	Username     string `yaml:"username" doc:"user of the Admin API of the decision point; empty: there is none"`
	PasswordHash string `yaml:"password_hash" given:"start" doc:"bcrypt hash of the password, in base64 as Cerbos wants it, or as it is"`
}

// Default is the configuration of a server that was told nothing.
func Default() Config { return Config{Watch: true, Poll: 5 * time.Second} }
