package git_test

import (
	"io/fs"
	"net/http"
	"net/http/cgi"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"cognate.dev/cognate/internal/policy"
	"cognate.dev/cognate/internal/policy/git"
)

// repository is a real one, made by git itself.
type repository struct{ dir string }

func newRepository(t *testing.T) repository {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("NOT RUN: git is not installed")
	}
	r := repository{t.TempDir()}
	r.git(t, "init", "--quiet", "--initial-branch=main", ".")
	return r
}

func (r repository) git(t *testing.T, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "git", append([]string{"-c", "user.name=test", "-c", "user.email=test@example.com"}, args...)...)
	cmd.Dir = r.dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("git %v: %v\n%s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

func (r repository) commit(t *testing.T, name, text string) {
	t.Helper()
	path := filepath.Join(r.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	r.git(t, "add", ".")
	r.git(t, "commit", "--quiet", "-m", "x")
}

// serve offers the repository by http, as hosts do, to whoever knows the password.
func (r repository) serve(t *testing.T) string {
	t.Helper()
	backend := filepath.Join(r.git(t, "--exec-path"), "git-http-backend")
	if _, err := os.Stat(backend); err != nil {
		t.Skip("NOT RUN: git has no http backend here")
	}
	h := &cgi.Handler{Path: backend, Env: []string{"GIT_PROJECT_ROOT=" + r.dir, "GIT_HTTP_EXPORT_ALL=1"}}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if name, password, _ := req.BasicAuth(); name != "git" || password != "s3cret" {
			w.Header().Set("WWW-Authenticate", "Basic")
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		h.ServeHTTP(w, req)
	}))
	t.Cleanup(server.Close)
	return server.URL + "/.git"
}

func read(t *testing.T, s *git.Source, name string) string {
	t.Helper()
	files, err := s.Files(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	raw, err := fs.ReadFile(files, name)
	if err != nil {
		return err.Error()
	}
	return string(raw)
}

func TestABranchIsFollowedAlsoWhenItsHistoryIsRewritten(t *testing.T) {
	t.Parallel()
	r := newRepository(t)
	r.commit(t, "policies/a.yaml", "one")
	r.commit(t, "outside.yaml", "no")
	s, err := git.New(policy.GitConfig{URL: "file://" + r.dir, Branch: "main", Path: "policies"})
	if err != nil {
		t.Fatal(err)
	}
	if got := read(t, s, "a.yaml"); got != "one" {
		t.Errorf("at first: %s", got)
	}
	if got := read(t, s, "outside.yaml"); !strings.Contains(got, "not exist") {
		t.Errorf("a file outside of the folder: %s", got)
	}
	r.commit(t, "policies/a.yaml", "two")
	if got := read(t, s, "a.yaml"); got != "two" {
		t.Errorf("after a commit: %s", got)
	}
	r.git(t, "reset", "--quiet", "--hard", "HEAD~2")
	r.commit(t, "policies/a.yaml", "three")
	if got := read(t, s, "a.yaml"); got != "three" {
		t.Errorf("after a forced push: %s", got)
	}
	r.git(t, "checkout", "--quiet", "-b", "other")
	r.commit(t, "policies/a.yaml", "other")
	if got := read(t, s, "a.yaml"); got != "three" {
		t.Errorf("after a commit to another branch: %s", got)
	}
}

func TestAPasswordIsNeededAndNotShown(t *testing.T) {
	t.Parallel()
	r := newRepository(t)
	r.commit(t, "a.yaml", "one")
	url := r.serve(t)
	file := filepath.Join(t.TempDir(), "password")
	for password, right := range map[string]bool{"s3cret\n": true, "hunter22": false} {
		if err := os.WriteFile(file, []byte(password), 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := git.New(policy.GitConfig{URL: url, PasswordFile: file})
		if err != nil {
			t.Fatal(err)
		}
		files, err := s.Files(t.Context())
		if (err == nil) != right {
			t.Errorf("%q: %v", password, err)
		}
		if err != nil && strings.Contains(err.Error(), strings.TrimSpace(password)) {
			t.Errorf("the error tells the password: %v", err)
		}
		if right {
			if raw, err := fs.ReadFile(files, "a.yaml"); err != nil || string(raw) != "one" {
				t.Errorf("%s, %v", raw, err)
			}
		}
	}
	for _, cfg := range []policy.GitConfig{
		{URL: "https://user:s3cret@example.com/x"}, {URL: "http://example.com/x", PasswordFile: file}, {URL: "ssh://example.com/x", KeyFile: file},
	} {
		if _, err := git.New(cfg); err == nil || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%+v: %v", cfg, err)
		}
	}
}

func TestALinkLeadsNowhere(t *testing.T) {
	t.Parallel()
	r := newRepository(t)
	if err := os.Symlink("/etc/passwd", filepath.Join(r.dir, "link.yaml")); err != nil {
		t.Fatal(err)
	}
	r.commit(t, "a.yaml", "one")
	s, err := git.New(policy.GitConfig{URL: r.dir})
	if err != nil {
		t.Fatal(err)
	}
	if got := read(t, s, "link.yaml"); !strings.Contains(got, "not exist") {
		t.Errorf("the link was read: %.20s", got)
	}
}

func TestABranchThatIsNotThereIsAnError(t *testing.T) {
	t.Parallel()
	r := newRepository(t)
	r.commit(t, "a.yaml", "one")
	for _, cfg := range []policy.GitConfig{{URL: r.dir, Branch: "none"}, {URL: r.dir, Path: "none"}, {URL: filepath.Join(r.dir, "none")}} {
		s, err := git.New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Files(t.Context()); err == nil {
			t.Errorf("%+v: no error", cfg)
		}
	}
}
