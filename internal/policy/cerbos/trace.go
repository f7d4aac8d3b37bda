package cerbos

import (
	"cmp"
	"context"
	"fmt"
	"io/fs"
	"testing/fstest"

	enginev1 "github.com/cerbos/cerbos/api/genpb/cerbos/engine/v1"
	policyv1 "github.com/cerbos/cerbos/api/genpb/cerbos/policy/v1"
	oneshot "github.com/cerbos/cerbos/private/check"
	"github.com/cerbos/cerbos/private/compile"
	"github.com/cerbos/cerbos/private/engine"
	epdpv2 "github.com/cerbos/cloud-api/genpb/cerbos/cloud/epdp/v2"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/types/known/structpb"
)

// Traced is a decision with the steps that led to it.
type Traced struct {
	Output *enginev1.CheckOutput
	Steps  []*enginev1.Trace
}

// Trace decides with the policies of a file system, step by step. It compiles them anew for each call: it is for a
// person who wonders, not for a service that asks. What a rule table takes from schemas, the outputs have; their
// enforcement is the compiler's.
func (c *Compiler) Trace(ctx context.Context, fsys fs.FS, inputs []*enginev1.CheckInput) (traced []Traced, err error) {
	table, err := c.Compile(ctx, fsys)
	if err != nil {
		return nil, err
	}
	outputs, err := table.Check(ctx, inputs)
	if err != nil {
		return nil, err
	}
	err = guard("trace", func() error {
		readable, err := c.unenforced(ctx, fsys)
		if err != nil {
			return err
		}
		idx, err := compile.BuildIndex(ctx, readable)
		if err != nil {
			return err
		}
		e := c.conf.GetEvaluator()
		found, err := oneshot.CheckWithTraces(ctx, &engine.Conf{
			Globals:              (&structpb.Struct{Fields: e.GetGlobals()}).AsMap(),
			DefaultPolicyVersion: cmp.Or(e.GetDefaultPolicyVersion(), "default"),
			DefaultScope:         e.GetDefaultScope(),
			LenientScopeSearch:   e.GetLenientScopeSearch(),
			StrictEvaluation:     e.GetStrictEvaluation(),
		}, idx, inputs)
		if err != nil {
			return err
		}
		for i, f := range found {
			traced = append(traced, Traced{outputs[i], f.Traces}) // the table's answer is what a server says
		}
		return nil
	})
	return traced, err
}

// unenforced gives the policies without their schemas, unless the compiler rejects by them: the tracer always does.
func (c *Compiler) unenforced(ctx context.Context, fsys fs.FS) (fs.FS, error) {
	if c.conf.GetSchema().GetEnforcement() == epdpv2.Config_Schema_ENFORCEMENT_REJECT {
		return fsys, nil
	}
	files := fstest.MapFS{}
	err := eachPolicy(ctx, fsys, func(p *policyv1.Policy) error {
		if r := p.GetResourcePolicy(); r != nil {
			r.Schemas = nil
		}
		doc, err := protojson.Marshal(p)
		files[fmt.Sprintf("%06d.policy.json", len(files))] = &fstest.MapFile{Data: doc, Mode: 0o444}
		return err
	})
	return files, err
}
