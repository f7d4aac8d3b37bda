package blob_test

import (
	"encoding/xml"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"cognate.dev/cognate/internal/policy"
	"cognate.dev/cognate/internal/policy/blob"
)

func read(t *testing.T, s *blob.Source, name string) string {
	t.Helper()
	files, err := s.Files(t.Context())
	if err != nil {
		return err.Error()
	}
	raw, err := fs.ReadFile(files, name)
	if err != nil {
		return err.Error()
	}
	return string(raw)
}

func TestAFolderStandsForABucket(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("policies/a.yaml", "one")
	write("other/b.yaml", "no")
	s, err := blob.New(policy.BlobConfig{URL: "file://" + dir, Prefix: "policies/"})
	if err != nil {
		t.Fatal(err)
	}
	if got := read(t, s, "a.yaml"); got != "one" {
		t.Error(got)
	}
	write("policies/a.yaml", "second")
	write("policies/sub/c.yaml", "three")
	if got := read(t, s, "a.yaml") + read(t, s, "sub/c.yaml"); got != "secondthree" {
		t.Error(got)
	}
	if err := os.Remove(filepath.Join(dir, "policies/a.yaml")); err != nil {
		t.Fatal(err)
	}
	if got := read(t, s, "a.yaml"); !strings.Contains(got, "not exist") {
		t.Error(got)
	}
	if _, err := blob.New(policy.BlobConfig{URL: "gs://bucket"}); err == nil {
		t.Error("a scheme that no driver knows was taken")
	}
}

// bucket speaks as much of S3 as reading takes, and counts the downloads.
type bucket struct {
	mu        sync.Mutex
	objects   map[string]string
	downloads int
}

func (b *bucket) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !strings.HasPrefix(r.Header.Get("Authorization"), "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/") {
		w.WriteHeader(http.StatusForbidden)
		return
	}
	key := strings.TrimPrefix(strings.TrimPrefix(r.URL.Path, "/shop"), "/")
	if key != "" {
		b.downloads++
		w.Header().Set("Last-Modified", "Mon, 02 Jan 2026 15:04:05 GMT")
		fmt.Fprint(w, b.objects[key])
		return
	}
	type object struct {
		Key, LastModified, ETag string
		Size                    int
	}
	list := struct {
		XMLName  xml.Name `xml:"ListBucketResult"`
		Contents []object
	}{}
	for key, text := range b.objects {
		if strings.HasPrefix(key, r.URL.Query().Get("prefix")) {
			list.Contents = append(list.Contents, object{key, "2026-01-02T15:04:05.000Z", fmt.Sprintf("%q", fmt.Sprintf("%032x", len(text))), len(text)})
		}
	}
	w.Header().Set("Content-Type", "application/xml")
	_ = xml.NewEncoder(w).Encode(list)
}

func TestABucketOfS3IsReadAndOnlyChangesAreFetched(t *testing.T) { // no t.Parallel: the credentials are the environment's
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	b := &bucket{objects: map[string]string{"p/": "", "p/a.yaml": "one", "p/b.yaml": "two", "q.yaml": "no"}}
	server := httptest.NewServer(b)
	defer server.Close()
	s, err := blob.New(policy.BlobConfig{URL: "s3://shop?region=eu-central-1&use_path_style=true&disable_https=true&endpoint=" + server.URL, Prefix: "p/"})
	if err != nil {
		t.Fatal(err)
	}
	if got := read(t, s, "a.yaml"); got != "one" {
		t.Error(got)
	}
	b.mu.Lock()
	b.objects["p/a.yaml"] = "another"
	b.mu.Unlock()
	if got := read(t, s, "a.yaml") + read(t, s, "b.yaml"); got != "anothertwo" || b.downloads != 3 {
		t.Errorf("%s, %d downloads", got, b.downloads)
	}
	server.Close()
	if _, err := s.Files(t.Context()); err == nil {
		t.Error("a bucket that does not answer must be an error, or all policies would be gone")
	}
	if name := s.String(); strings.Contains(name, "endpoint") {
		t.Error(name)
	}
}
