package suite

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	runtimev1 "github.com/cerbos/cerbos/api/genpb/cerbos/runtime/v1"
	sourcev1 "github.com/cerbos/cerbos/api/genpb/cerbos/source/v1"
)

// printer writes for a terminal or for a file.
type printer struct {
	out   io.Writer
	color bool
}

// The colours of a terminal. https://en.wikipedia.org/wiki/ANSI_escape_code#Select_Graphic_Rendition_parameters
const (
	bold, red, green, blue, cyan, gray = "1", "31", "32", "34", "36", "90"
)

func (p printer) paint(color, text string) string {
	if !p.color {
		return text
	}
	return "\x1b[" + color + "m" + text + "\x1b[0m"
}

// line writes one line. A reader that went away need not be told.
func (p printer) line(parts ...string) { _, _ = fmt.Fprintln(p.out, strings.Join(parts, " ")) }

func (p printer) place(file string, at *sourcev1.Position) string {
	if at == nil {
		return p.paint(blue, file)
	}
	return fmt.Sprintf("%s:%d:%d", p.paint(blue, file), at.GetLine(), at.GetColumn())
}

// findings writes what keeps policies from compiling, in the words and forms of Cerbos.
func (p printer) findings(found *runtimev1.Errors, asJSON bool) error {
	if asJSON {
		if e := found.GetCompileErrors(); e != nil {
			return p.json("compileErrors", e)
		}
		return p.json("lintErrors", found.GetIndexBuildErrors())
	}
	if e := found.GetCompileErrors(); e != nil {
		p.line(p.paint(bold, "Compilation errors"))
		for _, one := range e.GetErrors() {
			p.line(p.place(one.GetFile(), one.GetPosition()), p.paint(red, one.GetDescription()), "<"+one.GetError()+">")
			p.context(one.GetContext(), false)
			p.line()
		}
		return nil
	}
	p.lint(found.GetIndexBuildErrors())
	return nil
}

func (p printer) context(text string, gap bool) {
	if text == "" {
		return
	}
	p.line(text)
	if gap {
		p.line()
	}
}

func (p printer) lint(e *runtimev1.IndexBuildErrors) {
	section := func(title string, lines int, write func()) {
		if lines > 0 {
			p.line(p.paint(bold, title))
			write()
			p.line()
		}
	}
	section("Disabled policies", len(e.GetDisabledDefs()), func() {
		for _, d := range e.GetDisabledDefs() {
			p.line(p.place(d.GetFile(), d.GetPosition()), p.paint(cyan, d.GetPolicy()))
		}
	})
	section("Missing scopes", len(e.GetMissingScopeDetails()), func() {
		for _, s := range e.GetMissingScopeDetails() {
			p.line("scoped policy", p.paint(red, s.GetMissingPolicy()), "is not found but is required by descendant policies", p.paint(cyan, strings.Join(s.GetDescendants(), ", ")))
		}
	})
	section("Duplicate definitions", len(e.GetDuplicateDefs()), func() {
		for _, d := range e.GetDuplicateDefs() {
			p.line(p.place(d.GetFile(), d.GetPosition()), "duplicate definition of", p.paint(cyan, d.GetPolicy()), "(previous definition in "+d.GetOtherFile()+")")
		}
	})
	section("Missing imports", len(e.GetMissingImports()), func() {
		for _, m := range e.GetMissingImports() {
			p.line(p.place(m.GetImportingFile(), m.GetPosition()), "cannot find", m.GetImportKind(), fmt.Sprintf("%q", m.GetImportName()), "imported by", p.paint(cyan, m.GetImportingPolicy()))
			p.context(m.GetContext(), true)
		}
	})
	section("Load failures", len(e.GetLoadFailures()), func() {
		for _, f := range e.GetLoadFailures() {
			d := f.GetErrorDetails()
			p.line(p.place(f.GetFile(), d.GetPosition()), p.paint(red, d.GetMessage()))
			p.context(d.GetContext(), true)
		}
	})
	section("Scope permission conflicts", len(e.GetScopePermissionsConflicts()), func() {
		for _, c := range e.GetScopePermissionsConflicts() {
			p.line("policies sharing scope", c.GetScope(), "have conflicting scopePermissions")
		}
	})
}

// refused writes why policies that compile are not loaded, a kind of finding that Cerbos does not have.
func (p printer) refused(err error, asJSON bool) error {
	if asJSON {
		return p.json("refused", strings.Split(err.Error(), "\n"))
	}
	p.line(p.paint(bold, "Refused, since the engine decides wrongly here"))
	p.line(p.paint(red, err.Error()))
	p.line()
	return nil
}

func (p printer) json(name string, value any) error {
	enc := json.NewEncoder(p.out)
	enc.SetIndent("", "  ")
	return enc.Encode(map[string]any{name: value})
}
