// Package cerbos is the policy engine: Cerbos' own rule table, embedded behind policy.Decider. It owns the way in and
// out of that engine, turns its panics into errors, and refuses policies that the pinned version decides wrongly. It
// leaves folders, reloading and status to policy.
package cerbos

import (
	"context"
	"fmt"
	"io/fs"
	"runtime/debug"

	enginev1 "github.com/cerbos/cerbos/api/genpb/cerbos/engine/v1"
	runtimev1 "github.com/cerbos/cerbos/api/genpb/cerbos/runtime/v1"
	"github.com/cerbos/cerbos/private/ruletable"
	"github.com/cerbos/cerbos/private/ruletable/compile"
	epdpv2 "github.com/cerbos/cloud-api/genpb/cerbos/cloud/epdp/v2"
	"google.golang.org/protobuf/types/known/structpb"

	"cognate.dev/cognate/internal/policy"
)

// Version is the release of Cerbos whose engine this is.
const Version = "0.55.0"

// Compiler makes rule tables. Safe for concurrent use.
type Compiler struct{ conf *epdpv2.Config }

// New reads the engine's settings. An unknown schema mode or a global that no policy could read is an error.
func New(cfg policy.Config) (*Compiler, error) {
	modes := map[string]epdpv2.Config_Schema_Enforcement{
		"":       epdpv2.Config_Schema_ENFORCEMENT_NONE,
		"none":   epdpv2.Config_Schema_ENFORCEMENT_NONE,
		"warn":   epdpv2.Config_Schema_ENFORCEMENT_WARN,
		"reject": epdpv2.Config_Schema_ENFORCEMENT_REJECT,
	}
	mode, ok := modes[cfg.Schemas]
	if !ok {
		return nil, fmt.Errorf("schemas: %q is none of none, warn, reject", cfg.Schemas)
	}
	globals, err := globalsOf(cfg.Globals)
	if err != nil {
		return nil, err
	}
	return &Compiler{conf: &epdpv2.Config{
		Evaluator: &epdpv2.Config_Evaluator{
			Globals:              globals,
			DefaultPolicyVersion: cfg.DefaultVersion,
			DefaultScope:         cfg.DefaultScope,
			LenientScopeSearch:   cfg.LenientScope,
			StrictEvaluation:     cfg.Strict,
		},
		Schema: &epdpv2.Config_Schema{Enforcement: mode},
	}}, nil
}

func globalsOf(from map[string]any) (map[string]*structpb.Value, error) {
	globals := make(map[string]*structpb.Value, len(from))
	for name, value := range from {
		v, err := structpb.NewValue(value)
		if err != nil {
			return nil, fmt.Errorf("globals: %s: %w", name, err)
		}
		globals[name] = v
	}
	return globals, nil
}

// Compile is policy.Compiler's. The error says file, line and what is wrong, one finding per line.
func (c *Compiler) Compile(ctx context.Context, fsys fs.FS) (policy.Decider, error) {
	t := &table{}
	err := guard("compile", func() error {
		rules, err := compile.Compile(ctx, fsys)
		if err != nil {
			return readable(ctx, fsys, err)
		}
		if err := lint(rules.GetRules()); err != nil {
			return err
		}
		// Before the table is built: building it drops the rules.
		t.doubts, t.actions = unplannable(rules, true), actionsOf(rules.GetRules())
		t.engine, err = c.build(rules)
		return err
	})
	if err != nil {
		return nil, err
	}
	return t, nil
}

func (c *Compiler) build(rules *runtimev1.RuleTable) (ruletable.Evaluator, error) {
	return ruletable.NewRuleTableFromProto(rules, c.conf)
}

// enforces says whether requests are validated by schemas, and refused by them.
func (c *Compiler) enforces() (validates, rejects bool) {
	mode := c.conf.GetSchema().GetEnforcement()
	return mode != epdpv2.Config_Schema_ENFORCEMENT_NONE, mode == epdpv2.Config_Schema_ENFORCEMENT_REJECT
}

// table decides with one compiled set of policies.
type table struct {
	engine  ruletable.Evaluator
	doubts  doubts
	actions actions
}

// Check is policy.Decider's.
func (t *table) Check(ctx context.Context, inputs []*enginev1.CheckInput) (outputs []*enginev1.CheckOutput, err error) {
	err = guard("check", func() error {
		outputs, _, err = t.engine.Check(ctx, inputs)
		return err
	})
	return outputs, err
}

// Plan is policy.Decider's.
func (t *table) Plan(ctx context.Context, input *enginev1.PlanResourcesInput) (output *enginev1.PlanResourcesOutput, err error) {
	if err := t.doubts.about(input); err != nil {
		return nil, err
	}
	err = guard("plan", func() error {
		output, _, err = t.engine.Plan(ctx, input)
		return err
	})
	return output, err
}

// guard turns a panic of the engine into an error: policies and requests come from outside, and one loader of the
// pinned version is known to follow a nil pointer.
func guard(what string, do func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("the policy engine panicked in %s: %v\n%s", what, r, debug.Stack())
		}
	}()
	return do()
}

var (
	_ policy.Compiler = (*Compiler)(nil)
	_ policy.Lister   = (*table)(nil)
)
