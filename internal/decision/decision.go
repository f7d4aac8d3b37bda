// Package decision remembers decisions: what was asked, as enrichment completed it, and what was answered. It owns what is
// kept and what is masked, and the ways to a file, a database and a collector. It leaves making entries to front/pdp,
// the SQL to store, and deciding anew what is remembered to its caller.
package decision

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	auditv1 "github.com/cerbos/cerbos/api/genpb/cerbos/audit/v1"
	effectv1 "github.com/cerbos/cerbos/api/genpb/cerbos/effect/v1"
	enginev1 "github.com/cerbos/cerbos/api/genpb/cerbos/engine/v1"
)

// Entry is a decision in the form of Cerbos' decision log.
type Entry = auditv1.DecisionLogEntry

// MetaPolicyStore is the name under which an entry says that Cedar's policies decided, and which policy store's.
const MetaPolicyStore = "cognate-policy-store"

// Config says where decisions are remembered, and which. Without a place there is no log.
type Config struct {
	File      FileConfig    `yaml:"file"`
	Database  bool          `yaml:"database" doc:"keep decisions in the database, where /_cognate/decisions and the Admin API find them"`
	Retention time.Duration `yaml:"retention" doc:"how long the database keeps a decision; 0 means 720h (30 days)"`
	OTLP      string        `yaml:"otlp" doc:"OpenTelemetry collector (OTLP over HTTP) that takes decisions as log records, for example http://127.0.0.1:4318"`

	Mask           []string `yaml:"mask" doc:"what is replaced by *** in each entry: paths such as principal.attr.cognito.attributes.email, resource.attr.salary, auxData.jwt.email"`
	Sample         float64  `yaml:"sample" doc:"share of the requests without a denial that is kept, above 0 and up to 1; 0 means all. Denials are always kept"`
	IgnoreAllowAll bool     `yaml:"ignore_allow_all" doc:"leave out checks that allow everything"`
	IgnorePlans    bool     `yaml:"ignore_plans" doc:"leave out plans"`
	IgnoreKinds    []string `yaml:"ignore_kinds" doc:"leave out checks and plans that are about these kinds of resources only"`
}

// FileConfig is a file that grows to a size and is then set aside.
type FileConfig struct {
	Path    string `yaml:"path" doc:"file that decisions are appended to, one JSON object a line; empty: none"`
	MaxSize int    `yaml:"max_size" doc:"MiB at which the file is set aside and a new one begun; 0 means 100"`
	Keep    int    `yaml:"keep" doc:"how many set aside are kept; 0 means 10"`
}

// On reports whether there is a log.
func (c Config) On() bool { return c.File.Path != "" || c.Database || c.OTLP != "" }

// Check refuses settings that mean nothing.
func (c Config) Check() error {
	if c.Sample < 0 || c.Sample > 1 {
		return fmt.Errorf("decision_log.sample: %v is not between 0 and 1", c.Sample)
	}
	if c.Retention < 0 || c.File.MaxSize < 0 || c.File.Keep < 0 {
		return errors.New("decision_log: retention, max_size and keep must not be negative")
	}
	if c.OTLP != "" {
		if u, err := url.Parse(c.OTLP); err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
			return fmt.Errorf("decision_log.otlp: %q is no http or https URL", c.OTLP)
		}
	}
	for _, path := range c.Mask {
		switch root, _, _ := strings.Cut(path, "."); root {
		case "principal", "resource", "auxData":
		default:
			return fmt.Errorf("decision_log.mask: %q begins with none of principal, resource, auxData", path)
		}
	}
	return nil
}

// Sink is a place where entries go, several at once.
type Sink interface {
	Write(ctx context.Context, entries []*Entry) error
	Close() error
}

// Log takes entries and writes them behind the answers. Safe for concurrent use.
type Log struct {
	cfg   Config
	sinks []Sink
	queue chan *Entry
	fail  func(error)
	done  sync.WaitGroup
}

// waiting is how many entries may wait for their sink. A request beyond waits with them: nothing is lost.
const waiting = 4096

// batch is how many are written at once.
const batch = 256

// New starts a log. Fail is told of what a sink could not take, after it was tried again. Close it when done.
func New(cfg Config, fail func(error), sinks ...Sink) *Log {
	l := &Log{cfg: cfg, sinks: sinks, queue: make(chan *Entry, waiting), fail: fail}
	l.done.Go(l.write)
	return l
}

// Record takes an entry, unless the configuration leaves it out. The log keeps it: nobody may change it any more.
func (l *Log) Record(e *Entry) {
	if l.wanted(e) {
		l.queue <- e
	}
}

// Close writes what waits. Nothing may be recorded any more.
func (l *Log) Close() error {
	close(l.queue)
	l.done.Wait()
	var errs []error
	for _, s := range l.sinks {
		errs = append(errs, s.Close())
	}
	return errors.Join(errs...)
}

func (l *Log) wanted(e *Entry) bool {
	plan := e.GetPlanResources()
	if plan != nil && l.cfg.IgnorePlans {
		return false
	}
	if len(l.cfg.IgnoreKinds) > 0 && l.ignored(e) {
		return false
	}
	if Denied(e) {
		return true
	}
	if plan == nil && l.cfg.IgnoreAllowAll {
		return false
	}
	return l.cfg.Sample == 0 || rand.Float64() < l.cfg.Sample //nolint:gosec // sampling is no secret
}

func (l *Log) ignored(e *Entry) bool {
	if p := e.GetPlanResources(); p != nil {
		return slices.Contains(l.cfg.IgnoreKinds, p.GetInput().GetResource().GetKind())
	}
	for _, in := range e.GetCheckResources().GetInputs() {
		if !slices.Contains(l.cfg.IgnoreKinds, in.GetResource().GetKind()) {
			return false
		}
	}
	return true
}

// Denied reports whether anything was denied, or failed.
func Denied(e *Entry) bool {
	if p := e.GetPlanResources(); p != nil {
		return p.GetError() != "" || p.GetOutput().GetFilter().GetKind() == enginev1.PlanResourcesFilter_KIND_ALWAYS_DENIED
	}
	c := e.GetCheckResources()
	for _, out := range c.GetOutputs() {
		for _, a := range out.GetActions() {
			if a.GetEffect() != effectv1.Effect_EFFECT_ALLOW {
				return true
			}
		}
	}
	return c.GetError() != ""
}

// write gives the sinks what came, as much at once as there is.
func (l *Log) write() {
	for first := range l.queue {
		entries := []*Entry{mask(first, l.cfg.Mask)}
	more:
		for len(entries) < batch {
			select {
			case e, ok := <-l.queue:
				if !ok {
					break more
				}
				entries = append(entries, mask(e, l.cfg.Mask))
			default:
				break more
			}
		}
		for _, s := range l.sinks {
			if err := retried(s, entries); err != nil {
				l.fail(fmt.Errorf("write %d decisions: %w", len(entries), err))
			}
		}
	}
}

// retried tries three times, so that a restart of a database or collector loses nothing.
func retried(s Sink, entries []*Entry) (err error) {
	for wait := 100 * time.Millisecond; wait < time.Second; wait *= 3 {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		err = s.Write(ctx, entries)
		cancel()
		if err == nil {
			return nil
		}
		time.Sleep(wait)
	}
	return err
}
