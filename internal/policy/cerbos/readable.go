package cerbos

import (
	"context"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	runtimev1 "github.com/cerbos/cerbos/api/genpb/cerbos/runtime/v1"
	sourcev1 "github.com/cerbos/cerbos/api/genpb/cerbos/source/v1"

	"cognate.dev/cognate/internal/policy"
)

// readable spells out what is wrong: file, line, column, what. The engine's own error says it less well.
func readable(ctx context.Context, fsys fs.FS, err error) error {
	_, found, examined := Examine(ctx, fsys)
	if examined != nil || found == nil {
		return err
	}
	var lines []string
	dangling := false
	say := func(file string, at *sourcev1.Position, format string, args ...any) {
		place := file
		if at.GetLine() > 0 {
			place = fmt.Sprintf("%s:%d:%d", file, at.GetLine(), at.GetColumn())
		}
		lines = append(lines, place+": "+fmt.Sprintf(format, args...))
	}
	switch kind := found.GetKind().(type) {
	case *runtimev1.Errors_IndexBuildErrors:
		e := kind.IndexBuildErrors
		dangling = len(e.GetLoadFailures())+len(e.GetDuplicateDefs())+len(e.GetScopePermissionsConflicts()) == 0
		for _, f := range e.GetLoadFailures() {
			say(f.GetFile(), f.GetErrorDetails().GetPosition(), "%s", f.GetErrorDetails().GetMessage())
		}
		for _, d := range e.GetDuplicateDefs() {
			say(d.GetFile(), d.GetPosition(), "%s is also defined in %s", d.GetPolicy(), d.GetOtherFile())
		}
		for _, i := range e.GetMissingImports() {
			say(i.GetImportingFile(), i.GetPosition(), "%s", i.GetDesc())
		}
		for _, s := range e.GetMissingScopeDetails() {
			say(s.GetMissingPolicy(), nil, "no such policy, but %s inherit from it", strings.Join(s.GetDescendants(), ", "))
		}
		for _, s := range e.GetScopePermissionsConflicts() {
			say("scope "+s.GetScope(), nil, "its policies do not agree on scopePermissions")
		}
	case *runtimev1.Errors_CompileErrors:
		for _, c := range kind.CompileErrors.GetErrors() {
			say(c.GetFile(), c.GetPosition(), "%s: %s", c.GetDescription(), c.GetError())
		}
	}
	if len(lines) == 0 {
		return err
	}
	slices.Sort(lines)
	return findings{strings.Join(lines, "\n"), dangling}
}

// findings are what is wrong with a set of policies, one a line.
type findings struct {
	lines    string
	dangling bool
}

func (f findings) Error() string  { return f.lines }
func (f findings) Dangling() bool { return f.dangling }

var _ policy.Dangling = findings{}
