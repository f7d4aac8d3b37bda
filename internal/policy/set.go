package policy

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	enginev1 "github.com/cerbos/cerbos/api/genpb/cerbos/engine/v1"

	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/kit/clock"
)

// Set decides with the policies of a source. A change compiles beside the table in use and replaces it as a whole;
// a broken change leaves the last good table deciding and stands in Status. Safe for concurrent use.
type Set struct {
	source   Source
	compiler Compiler
	report   func(Status)
	now      clock.Clock

	inUse  atomic.Pointer[Decider]
	status atomic.Pointer[Status]

	mu     sync.Mutex // one reload at a time
	failed string     // version that did not compile, so that it is not tried again
	last   *snapshot  // of what was read last
}

// New makes a set that has loaded nothing: call Reload. The report, which may be nil, is told of each change of
// status, for the log and the metrics; it must not block.
func New(source Source, compiler Compiler, report func(Status), now clock.Clock) *Set {
	if report == nil {
		report = func(Status) {}
	}
	s := &Set{source: source, compiler: compiler, report: report, now: now}
	s.status.Store(&Status{})
	return s
}

// Source names the place of the policies.
func (s *Set) Source() string { return s.source.String() }

// Status is what decides now.
func (s *Set) Status() Status { return *s.status.Load() }

// Check is Decider's.
func (s *Set) Check(ctx context.Context, inputs []*enginev1.CheckInput) ([]*enginev1.CheckOutput, error) {
	d, err := s.current()
	if err != nil {
		return nil, err
	}
	return d.Check(ctx, inputs)
}

// Plan is Decider's.
func (s *Set) Plan(ctx context.Context, input *enginev1.PlanResourcesInput) (*enginev1.PlanResourcesOutput, error) {
	d, err := s.current()
	if err != nil {
		return nil, err
	}
	return d.Plan(ctx, input)
}

// Actions is Lister's. Without policies there are none.
func (s *Set) Actions(kind string) []string {
	if d := s.inUse.Load(); d != nil {
		if l, ok := (*d).(Lister); ok {
			return l.Actions(kind)
		}
	}
	return nil
}

func (s *Set) current() (Decider, error) {
	d := s.inUse.Load()
	if d == nil {
		return nil, fault.New(fault.Unavailable, "", "No policies are loaded.").Because(s.Status().Err)
	}
	return *d, nil
}

// Watch reloads when the source changes, until ctx is done. What goes wrong stands in Status.
func (s *Set) Watch(ctx context.Context) {
	s.source.Watch(ctx, func() { _ = s.Reload(ctx) })
}

// Reload takes the files of the source into use. When it returns nil they decide; on an error the table of before
// does, and Status says why. Files that are in use already, or that failed already, are not compiled again. Files that
// change meanwhile are read again, a few times: half of a checkout is no set of policies.
func (s *Set) Reload(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for range 3 {
		if settled, err := s.reload(ctx); settled || err != nil {
			return err
		}
	}
	return s.fail(ctx, "", errors.New("the policy folder keeps changing while it is read"))
}

// reload is one attempt: it is not settled when the files changed meanwhile.
func (s *Set) reload(ctx context.Context) (settled bool, err error) {
	fsys, err := s.source.Files(ctx)
	if err != nil {
		return false, s.fail(ctx, "", err)
	}
	now, err := look(ctx, fsys, s.last)
	if err != nil {
		return false, s.fail(ctx, "", fmt.Errorf("read the policy folder: %w", err))
	}
	s.last = now
	defer now.rest()
	sum := now.version()
	if known, err := s.knows(sum); known {
		return true, s.take(ctx, nil, sum, len(now.names), err)
	}
	table, err := s.compiler.Compile(ctx, now)
	if rests, gone := now.rests(ctx); gone != nil {
		return false, s.fail(ctx, "", fmt.Errorf("read the policy folder: %w", gone))
	} else if !rests {
		return false, nil
	}
	return true, s.take(ctx, table, sum, len(now.names), err)
}

// knows reports whether a version is in use, or failed before, and why.
func (s *Set) knows(sum string) (known bool, err error) {
	switch was := s.Status(); {
	case sum == was.Version:
		return true, nil
	case sum == s.failed && was.Err != nil:
		return true, was.Err
	}
	return false, nil
}

// take settles what came of a compilation; no table is the one in use.
func (s *Set) take(ctx context.Context, table Decider, sum string, files int, err error) error {
	was := s.Status()
	switch {
	case err != nil && sum == s.failed && was.Err != nil:
		return err
	case err != nil:
		return s.fail(ctx, sum, err)
	}
	s.failed = ""
	if table == nil {
		if was.Err != nil { // the broken change was taken back
			was.Err, was.FailedAt = nil, was.LoadedAt
			s.set(was)
		}
		return nil
	}
	s.inUse.Store(&table)
	s.set(Status{Version: sum, Files: files, LoadedAt: s.now()})
	return nil
}

func (s *Set) fail(ctx context.Context, sum string, err error) error {
	if ctx.Err() != nil {
		return err // the caller gave up; that says nothing about the policies
	}
	err = fmt.Errorf("policies in %s: %w", s.source, err)
	status := s.Status()
	repeated := status.Err != nil && status.Err.Error() == err.Error()
	s.failed = sum
	status.Err, status.FailedAt = err, s.now()
	if repeated {
		s.status.Store(&status)
		return err
	}
	s.set(status)
	return err
}

func (s *Set) set(status Status) {
	s.status.Store(&status)
	s.report(status)
}

var (
	_ Decider = (*Set)(nil)
	_ Lister  = (*Set)(nil)
)
