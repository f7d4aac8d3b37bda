package archtest

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "cognate.dev/cognate/"

// root is the folder of go.mod, seen from this package.
const root = "../.."

// file is one Go file of the project: its folder, its imports of ours, its package comment and length.
type file struct {
	path, dir string
	imports   []string
	doc       string
	lines     int
}

// TestImportsFollowTheMap fails when a package imports a room that the house keeps from it.
func TestImportsFollowTheMap(t *testing.T) {
	for _, f := range files(t) {
		if strings.HasSuffix(f.path, "_test.go") {
			continue // tests may open any door; what ships may not
		}
		for _, imp := range f.imports {
			if why := forbidden(f.dir, imp); why != "" {
				t.Errorf("%s imports %s: %s", f.path, imp, why)
			}
		}
	}
}

// TestEveryPackageSaysWhatItOwns fails when a package has no package comment.
func TestEveryPackageSaysWhatItOwns(t *testing.T) {
	said, dirs := map[string]bool{}, map[string]bool{}
	for _, f := range files(t) {
		if strings.HasSuffix(f.path, "_test.go") {
			continue
		}
		dirs[f.dir] = true
		if f.doc != "" {
			said[f.dir] = true
		}
	}
	for dir := range dirs {
		if !said[dir] {
			t.Errorf("package %s has no package comment: say what it owns and what it leaves to others", dir)
		}
	}
}

// TestFilesStayReadable fails when a hand-written file grows past 400 lines.
func TestFilesStayReadable(t *testing.T) {
	for _, f := range files(t) {
		if f.lines > 400 && !strings.HasPrefix(f.dir, "internal/gen/") && !slices.Contains(longFiles, f.path) {
			t.Errorf("%s has %d lines; 400 is the ceiling: build a wall", f.path, f.lines)
		}
	}
}

// TestPackagesStayReadable fails when a package grows past 3,000 lines without its tests.
func TestPackagesStayReadable(t *testing.T) {
	lines := map[string]int{}
	for _, f := range files(t) {
		if !strings.HasSuffix(f.path, "_test.go") && !strings.HasPrefix(f.dir, "internal/gen/") {
			lines[f.dir] += f.lines
		}
	}
	for dir, n := range lines {
		if large := slices.Contains(largePackages, dir); n > 3000 && !large {
			t.Errorf("package %s has %d lines; 3,000 is the ceiling: move out what stands apart", dir, n)
		} else if n <= 3000 && large {
			t.Errorf("package %s has %d lines by now: take it from the list of large ones", dir, n)
		}
	}
}

// TestNoRoomIsCalledMisc fails when a folder gets a name that says nothing.
func TestNoRoomIsCalledMisc(t *testing.T) {
	for _, f := range files(t) {
		for _, part := range strings.Split(f.dir, "/") {
			if slices.Contains([]string{"pkg", "util", "utils", "common", "models", "services", "handlers", "core", "types", "helpers", "misc"}, part) {
				t.Errorf("%s: a folder called %q says nothing about what is inside", f.path, part)
			}
		}
	}
}

// TestInitIsNotUsedToRegister fails when a package hides work in init: what the house consists of is a visible list.
func TestInitIsNotUsedToRegister(t *testing.T) {
	for _, f := range files(t) {
		if strings.HasPrefix(f.dir, "internal/gen/") {
			continue
		}
		src, err := os.ReadFile(filepath.Join(root, f.path))
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(src), "\nfunc init()") {
			t.Errorf("%s has an init function; register in a visible list instead", f.path)
		}
	}
}

func files(t *testing.T) []file {
	t.Helper()
	var out []file
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		if d.IsDir() {
			if skip(rel, d.Name()) {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(path, ".go") {
			return nil
		}
		f, err := read(path, filepath.ToSlash(rel))
		out = append(out, f)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(out) < 20 {
		t.Fatalf("found only %d Go files: the walk looks at the wrong place", len(out))
	}
	return out
}

// skip leaves out what is not the product's Go: hidden folders, data, node modules and modules of their own.
func skip(rel, name string) bool {
	if rel == "." {
		return false
	}
	if strings.HasPrefix(name, ".") || name == "node_modules" || name == "testdata" || rel == "data" || rel == "bin" {
		return true
	}
	_, err := os.Stat(filepath.Join(root, rel, "go.mod"))
	return err == nil
}

func read(path, rel string) (file, error) {
	src, err := os.ReadFile(path)
	if err != nil {
		return file{}, err
	}
	parsed, err := parser.ParseFile(token.NewFileSet(), path, src, parser.ImportsOnly|parser.ParseComments)
	if err != nil {
		return file{}, err
	}
	f := file{path: rel, dir: filepath.ToSlash(filepath.Dir(rel)), lines: strings.Count(string(src), "\n")}
	if parsed.Doc != nil {
		f.doc = parsed.Doc.Text()
	}
	for _, imp := range parsed.Imports {
		if ours, ok := strings.CutPrefix(strings.Trim(imp.Path.Value, `"`), module); ok {
			f.imports = append(f.imports, ours)
		}
	}
	return f, nil
}
