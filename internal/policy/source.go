package policy

import (
	"context"
	"errors"
	"io/fs"
	"time"
)

// Source is where policies are kept. Folder, Bundle and Nowhere are sources; git/, blob/ and stored/ have others.
type Source interface {
	// String names the place in messages; it holds no secret.
	String() string
	// Files gives the files as they are now, in Cerbos' layout. Those of a folder may change while they are read.
	Files(ctx context.Context) (fs.FS, error)
	// Watch calls changed for each change that it notices, one call at a time, until ctx is done; the first time at
	// once, for what changed before anybody watched. A source that is not watched returns without a call.
	Watch(ctx context.Context, changed func())
}

// GitConfig says which branch of which repository holds the policies.
type GitConfig struct {
	URL          string        `yaml:"url" doc:"https, ssh or file URL, or path, of a git repository with the policies; instead of dir"`
	Branch       string        `yaml:"branch" doc:"its branch; empty means the repository's default"`
	Path         string        `yaml:"path" doc:"folder of the policies in the repository; empty means its root"`
	Poll         time.Duration `yaml:"poll" doc:"how often the branch is looked at; 0 means 1m"`
	Timeout      time.Duration `yaml:"timeout" doc:"of one look or download; 0 means 1m"`
	Username     string        `yaml:"username" doc:"user name for https; empty means git, which hosts take with a token for password"`
	PasswordFile string        `yaml:"password_file" doc:"file with the password or token for https"`
	KeyFile      string        `yaml:"key_file" doc:"file of the private key for ssh"`
	KnownHosts   string        `yaml:"known_hosts" doc:"file of the hosts that ssh trusts; empty means ~/.ssh/known_hosts"`
}

// BlobConfig says which bucket holds the policies.
type BlobConfig struct {
	URL     string        `yaml:"url" doc:"bucket with the policies, instead of dir: s3://NAME?region=… (with &endpoint=… for S3 elsewhere, as Google's and MinIO's), or file:///FOLDER. Credentials come from where AWS SDKs find them"`
	Prefix  string        `yaml:"prefix" doc:"what the keys of the policies start with; it is cut off"`
	Poll    time.Duration `yaml:"poll" doc:"how often the bucket is listed; 0 means 1m"`
	Timeout time.Duration `yaml:"timeout" doc:"of one listing with its downloads; 0 means 1m"`
}

// Check refuses settings that mean nothing: more than one place, or a place without its parts.
func (c Config) Check() error {
	places := 0
	for _, set := range []bool{c.Dir != "", c.Git.URL != "", c.Blob.URL != "", c.Stored} {
		if set {
			places++
		}
	}
	switch {
	case places > 1:
		return errors.New("policy: dir, git.url, blob.url and stored exclude each other")
	case c.Git.URL == "" && c.Git != (GitConfig{}):
		return errors.New("policy.git: there are settings, but no url")
	case c.Blob.URL == "" && c.Blob != (BlobConfig{}):
		return errors.New("policy.blob: there are settings, but no url")
	case min(c.Poll, c.Git.Poll, c.Git.Timeout, c.Blob.Poll, c.Blob.Timeout) < 0:
		return errors.New("policy: poll and timeout must not be negative")
	case (c.Admin.Username == "") != (c.Admin.PasswordHash == ""):
		return errors.New("policy.admin: username and password_hash belong together")
	}
	return nil
}

// Local gives the source of dir: a folder, an archive, or nothing.
func Local(cfg Config) Source {
	switch {
	case cfg.Dir == "":
		return Nowhere{}
	case isArchive(cfg.Dir):
		return &bundle{path: cfg.Dir, watch: cfg.Watch, poll: cfg.Poll}
	}
	return &folder{dir: cfg.Dir, watch: cfg.Watch, poll: cfg.Poll}
}

// Nowhere is the source without policies: everything is denied.
type Nowhere struct{}

// String is Source's, as the methods below.
func (Nowhere) String() string                          { return "none: everything is denied" }
func (Nowhere) Files(context.Context) (fs.FS, error)    { return nothing{}, nil }
func (Nowhere) Watch(_ context.Context, changed func()) { changed() }

// nothing is the folder without policies.
type nothing struct{}

func (nothing) Open(name string) (fs.File, error) {
	return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
}
func (nothing) Stat(string) (fs.FileInfo, error)      { return emptyDir{}, nil }
func (nothing) ReadDir(string) ([]fs.DirEntry, error) { return nil, nil }

var (
	_ Source = Nowhere{}
	_ Source = (*folder)(nil)
	_ Source = (*bundle)(nil)
)
