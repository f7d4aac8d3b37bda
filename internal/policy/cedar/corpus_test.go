package cedar

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	cedargo "github.com/cedar-policy/cedar-go"
)

// corpus is what cedar-go ships of Cedar's own corpus tests, whose answers Rust Cedar gave.
func corpus(t *testing.T, names ...string) map[string][]byte {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Dir}}", "github.com/cedar-policy/cedar-go").Output()
	if err != nil {
		t.Skipf("where is cedar-go? %v", err)
	}
	files := map[string][]byte{}
	for _, name := range names {
		f, err := os.Open(filepath.Join(strings.TrimSpace(string(out)), name+".tar.gz"))
		if err != nil {
			t.Skipf("cedar-go comes without its corpus: %v", err)
		}
		defer f.Close()
		zipped, err := gzip.NewReader(f)
		if err != nil {
			t.Fatal(err)
		}
		for archive := tar.NewReader(zipped); ; {
			h, err := archive.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			if files[h.Name], err = io.ReadAll(archive); err != nil {
				t.Fatal(err)
			}
		}
	}
	return files
}

// corpusCase is one test of the corpus.
type corpusCase struct {
	Schema, Policies, Entities string
	ShouldValidate             bool
	Requests                   []struct {
		Principal, Action, Resource map[string]string
		Context                     json.RawMessage
		Decision                    string
		Reason, Errors              []string
	}
}

// TestTheCorpusIsDecidedAsByRustCedar sends every request of the corpus through all that is ours: the rewriting of policies, the
// reading of entities and contexts by the schema, and the index.
func TestTheCorpusIsDecidedAsByRustCedar(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("thousands of cases")
	}
	files := corpus(t, "corpus-tests", "corpus-tests-json-schemas")
	cases, requests, refused := 0, 0, 0
	for name, raw := range files {
		if !strings.HasPrefix(name, "corpus-tests/") || !strings.HasSuffix(name, ".json") || strings.HasSuffix(name, ".entities.json") || strings.Contains(name, "/._") {
			continue
		}
		var c corpusCase
		if err := json.Unmarshal(raw, &c); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		cases++
		hash := strings.TrimSuffix(strings.TrimPrefix(c.Schema, "corpus-tests/"), ".cedarschema")
		schema, err := ParseSchema(string(files["corpus-tests-json-schemas/"+hash+".cedarschema.json"]))
		if err != nil {
			t.Errorf("%s: schema: %v", name, err)
			continue
		}
		policies, err := split(files[c.Policies])
		if err != nil {
			t.Errorf("%s: policies: %v", name, err)
			continue
		}
		if valid := !slices.ContainsFunc(slices.Collect(maps.Values(policies)), func(p *Policy) bool { return len(schema.Check(p)) > 0 }); valid != c.ShouldValidate {
			t.Errorf("%s: the policies are valid: %v, want %v", name, valid, c.ShouldValidate)
		}
		set := NewSet(policies, schema)
		entities, err := ParseEntities(string(files[c.Entities]), schema)
		if err != nil {
			refused++ // what we refuse to guess at, see extensionOf
			if !bytes.Contains(files[c.Entities], []byte("__extn")) {
				t.Errorf("%s: entities: %v", name, err)
			}
			continue
		}
		for i, q := range c.Requests {
			requests++
			uid := func(m map[string]string) UID { return NewUID(m["type"], m["id"]) }
			r := Request{Principal: uid(q.Principal), Action: uid(q.Action), Resource: uid(q.Resource), Entities: entities}
			if r.Context, err = ParseContext(string(q.Context), schema, r.Action); err != nil {
				refused++
				if !bytes.Contains(q.Context, []byte("__extn")) {
					t.Errorf("%s: request %d: context: %v", name, i, err)
				}
				continue
			}
			got := set.Decide(r)
			failed := []string{}
			for _, e := range got.Errors {
				failed = append(failed, e.Policy)
			}
			slices.Sort(q.Reason)
			slices.Sort(q.Errors)
			if got.Allowed != (q.Decision == "allow") || !slices.Equal(got.Policies, q.Reason) || !slices.Equal(failed, q.Errors) {
				t.Errorf("%s: request %d: %v by %q, errors %q; want %s by %q, errors %q", name, i, got.Allowed, got.Policies, failed, q.Decision, q.Reason, q.Errors)
			}
		}
	}
	t.Logf("%d cases, %d requests; %d were refused", cases, requests, refused)
	if cases < 1000 || refused > requests/100 {
		t.Errorf("%d cases, %d of %d requests were refused", cases, refused, requests)
	}
}

// split reads a document of many policies, each as a text of its own.
func split(document []byte) (map[string]*Policy, error) {
	list, err := cedargo.NewPolicyListFromBytes("", document)
	if err != nil {
		return nil, err
	}
	out := map[string]*Policy{}
	for i, p := range list {
		one, err := ParsePolicy(string(p.MarshalCedar()))
		if err != nil {
			return nil, err
		}
		out["policy"+strconv.Itoa(i)] = one
	}
	return out, nil
}
