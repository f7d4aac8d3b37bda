package policy_test

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	effectv1 "github.com/cerbos/cerbos/api/genpb/cerbos/effect/v1"
	enginev1 "github.com/cerbos/cerbos/api/genpb/cerbos/engine/v1"
	"go.uber.org/goleak"

	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/kit/clock"
	"cognate.dev/cognate/internal/policy"
	"cognate.dev/cognate/internal/policy/cerbos"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// counting counts what reaches the real compiler, and lets a test act at that moment.
type counting struct {
	policy.Compiler
	calls  atomic.Int64
	during func()
}

func (c *counting) Compile(ctx context.Context, fsys fs.FS) (policy.Decider, error) {
	c.calls.Add(1)
	if c.during != nil {
		c.during()
	}
	return c.Compiler.Compile(ctx, fsys)
}

type world struct {
	dir      string
	set      *policy.Set
	compiler *counting
	reports  chan policy.Status
	clock    *clock.Fake
}

func newWorld(t *testing.T, cfg policy.Config) *world {
	t.Helper()
	engine, err := cerbos.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	w := &world{
		dir: t.TempDir(), compiler: &counting{Compiler: engine}, reports: make(chan policy.Status, 100),
		clock: clock.NewFake(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)),
	}
	cfg.Dir = w.dir
	w.set = policy.New(policy.Local(cfg), w.compiler, func(s policy.Status) { w.reports <- s }, w.clock.Now)
	return w
}

// allow writes a policy that allows exactly these actions on a doc, as an editor does: beside, then renamed.
func (w *world) allow(t *testing.T, actions ...string) {
	t.Helper()
	w.write(t, "doc.yaml", fmt.Sprintf("apiVersion: api.cerbos.dev/v1\nresourcePolicy: {resource: doc, version: default, rules: [{actions: [%s], effect: EFFECT_ALLOW, roles: [user]}]}\n", strings.Join(actions, ", ")))
}

func (w *world) write(t *testing.T, name, text string) {
	t.Helper()
	name = filepath.Join(w.dir, name)
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name+".new", []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(name+".new", name); err != nil {
		t.Fatal(err)
	}
}

func (w *world) reload(t *testing.T) {
	t.Helper()
	if err := w.set.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// allowed says which of the actions a, b may be done.
func (w *world) allowed(t *testing.T) string {
	t.Helper()
	out, err := w.set.Check(t.Context(), []*enginev1.CheckInput{{
		Principal: &enginev1.Principal{Id: "alice", Roles: []string{"user"}},
		Resource:  &enginev1.Resource{Kind: "doc", Id: "1"},
		Actions:   []string{"a", "b"},
	}})
	if err != nil {
		return err.Error()
	}
	var may string
	for _, action := range []string{"a", "b"} {
		if out[0].GetActions()[action].GetEffect() == effectv1.Effect_EFFECT_ALLOW {
			may += action
		}
	}
	return may
}

func TestNothingIsDecidedBeforePoliciesAreLoaded(t *testing.T) {
	t.Parallel()
	w := newWorld(t, policy.Config{})
	_, err := w.set.Check(t.Context(), nil)
	if !fault.Is(err, fault.Unavailable, "") || w.set.Status().Ready() {
		t.Errorf("check: %v, ready %v", err, w.set.Status().Ready())
	}
	if _, err := w.set.Plan(t.Context(), nil); !fault.Is(err, fault.Unavailable, "") {
		t.Errorf("plan: %v", err)
	}
}

func TestABrokenChangeKeepsTheLastGoodTableAndIsReported(t *testing.T) {
	t.Parallel()
	w := newWorld(t, policy.Config{})
	w.allow(t, "a")
	w.reload(t)
	good := <-w.reports
	if !good.Ready() || good.Err != nil || good.Files != 1 || !good.LoadedAt.Equal(w.clock.Now()) {
		t.Errorf("after the first load: %+v", good)
	}

	w.clock.Advance(time.Minute)
	w.write(t, "doc.yaml", "resourcePolicy: {")
	if err := w.set.Reload(t.Context()); err == nil {
		t.Error("the broken policy was taken")
	}
	broken := <-w.reports
	if got := w.allowed(t); got != "a" || broken.Version != good.Version || broken.Err == nil || !broken.FailedAt.Equal(w.clock.Now()) {
		t.Errorf("allowed %q with status %+v", got, broken)
	}
	if err := w.set.Reload(t.Context()); err == nil || w.compiler.calls.Load() != 2 || len(w.reports) != 0 {
		t.Errorf("asked again: %v, %d compilations, %d reports; want the same error, 2 and none", err, w.compiler.calls.Load(), len(w.reports))
	}

	w.allow(t, "a")
	w.reload(t)
	if back := <-w.reports; back.Err != nil || back.Version != good.Version || w.compiler.calls.Load() != 2 {
		t.Errorf("after the change was taken back: %+v, %d compilations", back, w.compiler.calls.Load())
	}

	w.allow(t, "b")
	w.reload(t)
	if now := <-w.reports; now.Err != nil || now.Version == good.Version || w.allowed(t) != "b" {
		t.Errorf("after a good change: %+v, allowed %q", now, w.allowed(t))
	}
}

func TestARefusalOfTheEngineLintKeepsTheLastGoodTable(t *testing.T) {
	t.Parallel()
	w := newWorld(t, policy.Config{})
	w.allow(t, "a")
	w.reload(t)
	w.write(t, "role.yaml", "apiVersion: api.cerbos.dev/v1\nrolePolicy: {role: r, rules: [{resource: leave-request, allowActions: [x]}]}")
	if err := w.set.Reload(t.Context()); err == nil || w.allowed(t) != "a" {
		t.Errorf("reload: %v, allowed %q", err, w.allowed(t))
	}
}

func TestAVanishedFolderKeepsTheLastGoodTable(t *testing.T) {
	t.Parallel()
	w := newWorld(t, policy.Config{})
	w.allow(t, "a")
	w.reload(t)
	if err := os.RemoveAll(w.dir); err != nil {
		t.Fatal(err)
	}
	if err := w.set.Reload(t.Context()); err == nil || w.allowed(t) != "a" {
		t.Errorf("reload: %v, allowed %q", err, w.allowed(t))
	}
}

func TestWithoutAFolderEverythingIsDenied(t *testing.T) {
	t.Parallel()
	engine, err := cerbos.New(policy.Config{})
	if err != nil {
		t.Fatal(err)
	}
	w := &world{set: policy.New(policy.Nowhere{}, engine, nil, clock.System)}
	w.reload(t)
	if got := w.allowed(t); got != "" || !w.set.Status().Ready() {
		t.Errorf("allowed %q, ready %v", got, w.set.Status().Ready())
	}
}

func TestFilesThatChangeWhileTheyCompileAreCompiledAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, policy.Config{})
	w.allow(t, "a")
	w.compiler.during = func() {
		if w.compiler.calls.Load() == 1 {
			w.allow(t, "b")
		}
	}
	w.reload(t)
	first := w.set.Status().Version
	if got := w.allowed(t); got != "b" || w.compiler.calls.Load() != 2 {
		t.Errorf("allowed %q after %d compilations", got, w.compiler.calls.Load())
	}
	w.reload(t)
	if w.set.Status().Version != first || w.compiler.calls.Load() != 2 {
		t.Error("the version is not that of the files compiled")
	}
	w.compiler.during = func() { w.allow(t, fmt.Sprintf("x%d", w.compiler.calls.Load())) }
	w.allow(t, "c")
	if err := w.set.Reload(t.Context()); err == nil || w.allowed(t) != "b" {
		t.Errorf("a folder that never rests: %v, allowed %q", err, w.allowed(t))
	}
}

func TestWhatCannotChangeADecisionIsNotCompiled(t *testing.T) {
	t.Parallel()
	w := newWorld(t, policy.Config{})
	w.allow(t, "a")
	w.reload(t)
	for _, name := range []string{"doc_test.yaml", "testdata/p.yaml", ".git/x.yaml", ".x.yaml", "README.md"} {
		w.write(t, name, "anything: [")
	}
	w.reload(t)
	if n := w.compiler.calls.Load(); n != 1 {
		t.Errorf("%d compilations, want 1", n)
	}
	w.write(t, "_schemas/x.json", "{}")
	w.reload(t)
	if n := w.compiler.calls.Load(); n != 2 {
		t.Errorf("%d compilations after a schema came, want 2", n)
	}
}

// A decision is made by one table, even while another takes its place.
func TestADecisionNeverMixesTwoTables(t *testing.T) {
	t.Parallel()
	w := newWorld(t, policy.Config{})
	w.allow(t, "a, b")
	w.reload(t)
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if got := w.allowed(t); got != "ab" && got != "" {
					t.Errorf("allowed %q", got)
					return
				}
			}
		})
	}
	for i := range 6 {
		w.allow(t, []string{"c", "a, b"}[i%2])
		w.reload(t)
	}
	close(stop)
	wg.Wait()
}

func TestAnAbandonedReloadSaysNothingAboutThePolicies(t *testing.T) {
	t.Parallel()
	w := newWorld(t, policy.Config{})
	w.allow(t, "a")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := w.set.Reload(ctx); err == nil || w.set.Status().Err != nil || len(w.reports) != 0 {
		t.Errorf("reload: %v, status %+v", err, w.set.Status())
	}
	w.reload(t)
}
