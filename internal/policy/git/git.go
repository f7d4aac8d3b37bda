// Package git is the policy.Source that takes policies from a branch of a git repository, without a program named git
// for https and ssh, and without a working copy that could get stuck. It owns looking, downloading and credentials. It
// leaves what the files mean to policy.
package git

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"
	"sync"
	"testing/fstest"
	"time"

	"github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/config"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/object"
	"github.com/go-git/go-git/v5/plumbing/transport"
	"github.com/go-git/go-git/v5/plumbing/transport/http"
	"github.com/go-git/go-git/v5/plumbing/transport/ssh"
	"github.com/go-git/go-git/v5/storage/memory"

	"cognate.dev/cognate/internal/kit/often"
	"cognate.dev/cognate/internal/policy"
)

// maxFile and maxTotal bound what a repository can make the server hold.
const (
	maxFile  = 16 << 20
	maxTotal = 256 << 20
)

// Source is a branch of a repository. Safe for concurrent use.
type Source struct {
	cfg  policy.GitConfig
	auth transport.AuthMethod

	mu    sync.Mutex
	head  plumbing.Hash // of the files below
	files fs.FS
}

// New reads the credentials; it does not reach out.
func New(cfg policy.GitConfig) (*Source, error) {
	s := &Source{cfg: cfg}
	endpoint, err := transport.NewEndpoint(cfg.URL)
	if err != nil {
		return nil, errors.New("policy.git.url: this is no URL of a repository") // it may hold a password: not repeated
	}
	if endpoint.Password != "" {
		return nil, errors.New("policy.git.url: it must hold no password; use password_file")
	}
	switch {
	case cfg.KeyFile != "":
		user := endpoint.User
		if user == "" {
			user = "git"
		}
		keys, err := ssh.NewPublicKeysFromFile(user, cfg.KeyFile, "")
		if err != nil {
			return nil, fmt.Errorf("policy.git.key_file: %w", err)
		}
		var hosts []string // none: those that ssh itself trusts
		if cfg.KnownHosts != "" {
			hosts = []string{cfg.KnownHosts}
		}
		if keys.HostKeyCallback, err = ssh.NewKnownHostsCallback(hosts...); err != nil {
			return nil, fmt.Errorf("policy.git.known_hosts: %w", err)
		}
		s.auth = keys
	case cfg.PasswordFile != "":
		if endpoint.Protocol != "https" && endpoint.Host != "127.0.0.1" && endpoint.Host != "localhost" {
			return nil, errors.New("policy.git.url: a password is sent by https only")
		}
		raw, err := os.ReadFile(cfg.PasswordFile)
		if err != nil {
			return nil, fmt.Errorf("policy.git.password_file: %w", err)
		}
		user := cfg.Username
		if user == "" {
			user = "git"
		}
		s.auth = &http.BasicAuth{Username: user, Password: strings.TrimSpace(string(raw))}
	}
	return s, nil
}

// String is policy.Source's, as the methods below.
func (s *Source) String() string {
	name := s.cfg.URL
	if s.cfg.Branch != "" {
		name += ", branch " + s.cfg.Branch
	}
	if s.cfg.Path != "" {
		name += ", folder " + s.cfg.Path
	}
	return name
}

// Files gives the files of the branch as it is now. It downloads nothing when the branch has not moved.
func (s *Source) Files(ctx context.Context) (fs.FS, error) {
	ctx, cancel := context.WithTimeout(ctx, cmp.Or(s.cfg.Timeout, time.Minute))
	defer cancel()
	s.mu.Lock()
	defer s.mu.Unlock()
	name, head, err := s.look(ctx)
	if err != nil {
		return nil, err
	}
	if s.files != nil && head == s.head {
		return s.files, nil
	}
	files, head, err := s.download(ctx, name)
	if err != nil {
		return nil, err
	}
	s.head, s.files = head, files
	return files, nil
}

// look asks the remote where the branch is.
func (s *Source) look(ctx context.Context) (plumbing.ReferenceName, plumbing.Hash, error) {
	remote := git.NewRemote(memory.NewStorage(), &config.RemoteConfig{Name: "origin", URLs: []string{s.cfg.URL}})
	refs, err := remote.ListContext(ctx, &git.ListOptions{Auth: s.auth})
	if err != nil {
		return "", plumbing.ZeroHash, fmt.Errorf("look at the branch: %w", err)
	}
	at := map[plumbing.ReferenceName]*plumbing.Reference{}
	for _, r := range refs {
		at[r.Name()] = r
	}
	name := plumbing.NewBranchReferenceName(s.cfg.Branch)
	if s.cfg.Branch == "" {
		name = plumbing.HEAD
	}
	ref := at[name]
	if ref != nil && ref.Type() == plumbing.SymbolicReference {
		name = ref.Target()
		ref = at[name]
	}
	if ref == nil {
		return "", plumbing.ZeroHash, fmt.Errorf("the repository has no branch %q", s.cfg.Branch)
	}
	return name, ref.Hash(), nil
}

// download fetches the newest commit of a branch, without its history, into memory.
func (s *Source) download(ctx context.Context, name plumbing.ReferenceName) (fs.FS, plumbing.Hash, error) {
	repo, err := git.CloneContext(ctx, memory.NewStorage(), nil, &git.CloneOptions{
		URL: s.cfg.URL, Auth: s.auth, ReferenceName: name, SingleBranch: true, Depth: 1, NoCheckout: true, Tags: git.NoTags,
	})
	if err != nil {
		return nil, plumbing.ZeroHash, fmt.Errorf("download the branch: %w", err)
	}
	ref, err := repo.Reference(plumbing.HEAD, true)
	if err != nil {
		return nil, plumbing.ZeroHash, fmt.Errorf("read the branch: %w", err)
	}
	commit, err := repo.CommitObject(ref.Hash())
	if err != nil {
		return nil, plumbing.ZeroHash, fmt.Errorf("read the commit: %w", err)
	}
	tree, err := commit.Tree()
	if err == nil {
		if folder := strings.Trim(path.Clean("/"+s.cfg.Path), "/"); folder != "" {
			tree, err = tree.Tree(folder)
		}
	}
	if err != nil {
		return nil, plumbing.ZeroHash, fmt.Errorf("find the folder %q in the commit: %w", s.cfg.Path, err)
	}
	files, err := unpack(tree)
	return files, ref.Hash(), err
}

// unpack reads the files of a tree. Links are not followed: they could lead anywhere.
func unpack(tree *object.Tree) (fs.FS, error) {
	files, total := fstest.MapFS{}, int64(0)
	err := tree.Files().ForEach(func(f *object.File) error {
		if f.Mode != filemode.Regular && f.Mode != filemode.Executable && f.Mode != filemode.Deprecated {
			return nil
		}
		if total += f.Size; f.Size > maxFile || total > maxTotal {
			return fmt.Errorf("%s makes it too large: a file may have 16 MiB, all together 256 MiB", f.Name)
		}
		if !fs.ValidPath(f.Name) {
			return fmt.Errorf("%q is no name of a file", f.Name)
		}
		r, err := f.Reader()
		if err != nil {
			return err
		}
		raw, err := io.ReadAll(r)
		files[f.Name] = &fstest.MapFile{Data: raw, Mode: 0o444}
		return errors.Join(err, r.Close())
	})
	return files, err
}

// Watch looks at the branch now and then. Each look is a reload, which compiles nothing when the files are the same.
func (s *Source) Watch(ctx context.Context, changed func()) {
	changed()
	often.Every(ctx, cmp.Or(s.cfg.Poll, time.Minute), func(context.Context) { changed() })
}

var _ policy.Source = (*Source)(nil)
