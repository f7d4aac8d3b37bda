package cerbos

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"path"
	"strings"
	"sync"

	enginev1 "github.com/cerbos/cerbos/api/genpb/cerbos/engine/v1"
	policyv1 "github.com/cerbos/cerbos/api/genpb/cerbos/policy/v1"
	runtimev1 "github.com/cerbos/cerbos/api/genpb/cerbos/runtime/v1"
	"github.com/cerbos/cerbos/private/compile"
	"github.com/cerbos/cerbos/private/parser"
	"github.com/cerbos/cerbos/private/verify"
	"google.golang.org/protobuf/proto"

	"cognate.dev/cognate/internal/policy"
)

// Index is a set of policies that loads.
type Index = compile.Index

// Examine looks for everything that is wrong with the policies of a file system: first with single files and what
// they import, then with what they say. Found is nil when nothing is; the index then is not.
func Examine(ctx context.Context, fsys fs.FS) (idx Index, found *runtimev1.Errors, err error) {
	err = guard("compile", func() error {
		var artefacts <-chan compile.Artefact
		idx, artefacts, err = compile.Files(ctx, fsys, resolver)
		var broken *compile.Errors
		if errors.As(err, &broken) {
			found = broken.Errors
			return nil
		}
		if err != nil {
			return err
		}
		var all []*runtimev1.CompileErrors_Err
		for a := range artefacts { // to the end, or its sender would wait for ever
			switch {
			case errors.As(a.Error, &broken):
				all = append(all, broken.GetCompileErrors().GetErrors()...)
			case a.Error != nil && err == nil:
				err = a.Error
			}
		}
		if len(all) > 0 {
			found = &runtimev1.Errors{Kind: &runtimev1.Errors_CompileErrors{CompileErrors: &runtimev1.CompileErrors{Errors: all}}}
		}
		return err
	})
	return idx, found, err
}

// resolver finds schemas beside the policies, as rule tables do. Those of other places are not fetched to decide.
func resolver(l compile.SchemaLoader) compile.SchemaResolver {
	return func(ctx context.Context, ref string) (io.ReadCloser, error) {
		u, err := url.Parse(ref)
		if err != nil {
			return nil, err
		}
		if u.Scheme != "" && u.Scheme != "cerbos" {
			return nil, fmt.Errorf("a schema must be of the form cerbos:///NAME, in the folder %s", strings.TrimSuffix(schemaFolder, "/"))
		}
		return l.LoadSchema(ctx, strings.TrimPrefix(u.Path, "/"))
	}
}

// TestFiles runs the suites of a file system against its policies, with its schemas enforced, as `cerbos compile` does.
func TestFiles(ctx context.Context, fsys fs.FS, idx Index, trace bool) (results *policyv1.TestResults, err error) {
	err = guard("test", func() error {
		results, err = verify.Files(ctx, fsys, idx, trace)
		return err
	})
	return results, err
}

// TestWith runs the suites of one file system against the policies of another, which the compiler reads its own way.
// A suite that stops the clock is an error, since the engine cannot be told the time here.
func (c *Compiler) TestWith(ctx context.Context, suites, policies fs.FS) (results *policyv1.TestResults, err error) {
	err = guard("test", func() error {
		if err := noClocks(suites); err != nil {
			return err
		}
		results, err = verify.WithCustomChecker(ctx, suites, &checker{Compiler: c, policies: policies, tables: map[string]policy.Decider{}})
		return err
	})
	return results, err
}

func noClocks(suites fs.FS) error {
	return fs.WalkDir(suites, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(strings.TrimSuffix(name, path.Ext(name)), "_test") {
			return err
		}
		raw, err := fs.ReadFile(suites, name)
		if err != nil {
			return err
		}
		parsed, err := parser.Unmarshal[policyv1.TestSuite](raw)
		if err != nil {
			return nil //nolint:nilerr // running it says what is wrong with it
		}
		for _, suite := range parsed {
			clock := suite.GetOptions().GetNow() != nil
			for _, t := range suite.GetTests() {
				clock = clock || t.GetOptions().GetNow() != nil
			}
			if clock {
				return fmt.Errorf("%s: the option now does not go together with these flags", name)
			}
		}
		return nil
	})
}

// checker decides for suites that bring settings of their own.
type checker struct {
	*Compiler
	policies fs.FS

	mu     sync.Mutex
	tables map[string]policy.Decider // by the settings
}

// Check is verify.Checker's.
func (c *checker) Check(ctx context.Context, inputs []*enginev1.CheckInput, opts verify.CheckOptions) ([]*enginev1.CheckOutput, error) {
	table, err := c.table(ctx, opts)
	if err != nil {
		return nil, err
	}
	return table.Check(ctx, inputs)
}

func (c *checker) table(ctx context.Context, opts verify.CheckOptions) (policy.Decider, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	globals, err := globalsOf(opts.Globals())
	if err != nil {
		return nil, err
	}
	conf := proto.CloneOf(c.conf)
	conf.Evaluator.Globals, conf.Evaluator.LenientScopeSearch = globals, opts.LenientScopeSearch()
	if v := opts.DefaultPolicyVersion(); v != "" {
		conf.Evaluator.DefaultPolicyVersion = v
	}
	key, err := proto.MarshalOptions{Deterministic: true}.Marshal(conf)
	if err != nil {
		return nil, err
	}
	if c.tables[string(key)] == nil {
		table, err := (&Compiler{conf: conf}).Compile(ctx, c.policies)
		if err != nil {
			return nil, err
		}
		c.tables[string(key)] = table
	}
	return c.tables[string(key)], nil
}

var _ verify.Checker = (*checker)(nil)
