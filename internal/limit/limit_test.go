package limit_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/kit/clock"
	"cognate.dev/cognate/internal/limit"
	"cognate.dev/cognate/internal/store"
)

// shared is a database that several nodes use.
type shared struct {
	*store.Store
	t     testing.TB
	clock *clock.Fake
	asked atomic.Int64 // leases, each of which is a write
}

func (s *shared) LeaseTokens(ctx context.Context, key string, r limit.Rule, want int, now time.Time) (int, error) {
	s.asked.Add(1)
	return s.Store.LeaseTokens(ctx, key, r, want, now)
}

func newShared(t testing.TB) *shared {
	t.Helper()
	db, err := store.Open(t.Context(), "sqlite::memory:", store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return &shared{Store: db, t: t, clock: clock.NewFake(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))}
}

// node is one server on the database.
func (s *shared) node(c limit.Config) (*limit.Gate, *limit.Rates) {
	s.t.Helper()
	gate, rates, err := limit.New(limit.Parts{Store: s, Now: s.clock.Now, Config: c})
	if err != nil {
		s.t.Fatal(err)
	}
	return gate, rates
}

// passed counts how many of n calls of fn are let through; every other must be refused as too many.
func passed(t testing.TB, n int, fn func(i int) error) int {
	t.Helper()
	ok := 0
	for i := range n {
		switch err := fn(i); {
		case err == nil:
			ok++
		case !fault.Is(err, fault.Throttled, ""):
			t.Fatal(err)
		}
	}
	return ok
}

// TestNodesShareTheBudgetOfACategory fails when two nodes let more through than one may, refuse what is left, or ask the
// store at every request.
func TestNodesShareTheBudgetOfACategory(t *testing.T) {
	t.Parallel()
	s := newShared(t)
	a, _ := s.node(limit.Config{})
	b, _ := s.node(limit.Config{})
	nodes := []*limit.Gate{a, b}
	burst := func(n int) int {
		return passed(t, n, func(i int) error { return nodes[i%2].Operation(t.Context(), "cognito-idp", "InitiateAuth") })
	}
	if got := burst(400); got != 120 {
		t.Errorf("%d of 400 sign-ins at once were let through, want 120", got)
	}
	if n := s.asked.Load(); n > 24 {
		t.Errorf("the store was asked %d times for 120 sign-ins", n)
	}
	s.clock.Advance(500 * time.Millisecond)
	if got := burst(400); got < 58 || got > 60 {
		t.Errorf("%d were let through half a second later, want 60", got)
	}
	s.clock.Advance(time.Hour)
	if got := burst(400); got != 120 {
		t.Errorf("%d were let through an hour later, want 120", got)
	}
}

// TestManyRequestsAtOnceGetNoMore fails when requests that race each other on one node are let through together.
func TestManyRequestsAtOnceGetNoMore(t *testing.T) {
	t.Parallel()
	s := newShared(t)
	gate, _ := s.node(limit.Config{})
	var ok atomic.Int64
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			ok.Add(int64(passed(t, 30, func(int) error { return gate.Category(t.Context(), limit.UserList) })))
		})
	}
	all.Wait()
	if ok.Load() != 30 {
		t.Errorf("%d of 240 were let through, want 30", ok.Load())
	}
}

// TestLimitsOfCategoriesObeyWhoSetsThem fails when a raised limit has no effect here or on another node, or when the
// configuration has none.
func TestLimitsOfCategoriesObeyWhoSetsThem(t *testing.T) {
	t.Parallel()
	s := newShared(t)
	c := limit.Config{Categories: map[string]int{limit.UserRead: 200}}
	gate, rates := s.node(c)
	other, _ := s.node(c)
	count := func(g *limit.Gate) int {
		s.clock.Advance(time.Minute)
		return passed(t, 1000, func(int) error { return g.Category(t.Context(), limit.UserRead) })
	}
	if got := count(gate); got != 200 {
		t.Errorf("%d as configured, want 200", got)
	}
	if _, err := rates.Set(t.Context(), limit.UserRead, 320); err != nil {
		t.Fatal(err)
	}
	if got := count(gate); got != 320 {
		t.Errorf("%d here, want 320", got)
	}
	if got := count(other); got != 320 {
		t.Errorf("%d on another node, want 320", got)
	}
	if l, err := rates.Get(t.Context(), limit.UserRead); err != nil || l.Free != 200 || l.Provisioned != 320 {
		t.Errorf("%+v %v", l, err)
	}
}

// TestAnswersToChallengesCountLess fails when answers to challenges use up what sign-ins need, or have no bound.
func TestAnswersToChallengesCountLess(t *testing.T) {
	t.Parallel()
	s := newShared(t)
	gate, _ := s.node(limit.Config{})
	respond := func(int) error { return gate.Operation(t.Context(), "cognito-idp", "RespondToAuthChallenge") }
	if got := passed(t, 360, respond); got != 360 {
		t.Errorf("%d answers, want 360", got)
	}
	if got := passed(t, 60, func(int) error { return gate.Category(t.Context(), limit.UserAuthentication) }); got != 60 {
		t.Errorf("%d sign-ins beside them, want 60", got)
	}
	if got := passed(t, 200, respond); got != 60 {
		t.Errorf("%d more answers, want 60: what sign-ins left", got)
	}
}

// TestGuessingFromOneAddress is the attacks: parallel guesses, spraying over many users, many addresses of one network.
func TestGuessingFromOneAddress(t *testing.T) {
	t.Parallel()
	bad := fault.BadPassword()
	try := func(g *limit.Gate, address string, err error) error {
		ctx, x, refused := g.Enter(t.Context(), address)
		if refused == nil {
			x.End(ctx, err)
		}
		return refused
	}
	t.Run("one after the other", func(t *testing.T) {
		t.Parallel()
		s := newShared(t)
		gate, _ := s.node(limit.Config{Failures: 50})
		if got := passed(t, 500, func(int) error { return try(gate, "192.0.2.1", bad) }); got != 55 {
			t.Errorf("%d guesses, want 50 and the node's own 5", got)
		}
		if got := passed(t, 10, func(int) error { return try(gate, "192.0.2.2", bad) }); got != 10 {
			t.Errorf("a neighbour has %d guesses, want 10", got)
		}
		s.clock.Advance(10 * time.Minute)
		if got := passed(t, 500, func(int) error { return try(gate, "192.0.2.1", bad) }); got < 50 || got > 55 {
			t.Errorf("%d guesses when all are back, want 50 to 55", got)
		}
	})
	t.Run("all at once", func(t *testing.T) {
		t.Parallel()
		s := newShared(t)
		gate, _ := s.node(limit.Config{Failures: 50})
		var entered int
		for range 500 { // none has been judged yet
			if _, _, err := gate.Enter(t.Context(), "192.0.2.1"); err == nil {
				entered++
			}
		}
		if entered != 55 {
			t.Errorf("%d guesses are being judged at once, want 55", entered)
		}
	})
	t.Run("on every node", func(t *testing.T) {
		t.Parallel()
		s := newShared(t)
		nodes := make([]*limit.Gate, 4)
		for i := range nodes {
			nodes[i], _ = s.node(limit.Config{Failures: 50})
		}
		if got := passed(t, 2000, func(i int) error { return try(nodes[i%4], "192.0.2.1", bad) }); got != 50+4*5 {
			t.Errorf("%d guesses on four nodes, want 50 and 5 for each", got)
		}
	})
	t.Run("from a network of IPv6", func(t *testing.T) {
		t.Parallel()
		s := newShared(t)
		gate, _ := s.node(limit.Config{Failures: 50})
		if got := passed(t, 500, func(i int) error { return try(gate, fmt.Sprintf("2001:db8::%x", i), bad) }); got != 55 {
			t.Errorf("%d guesses, want 55", got)
		}
	})
	t.Run("IPv4 written as IPv6", func(t *testing.T) {
		t.Parallel()
		s := newShared(t)
		gate, _ := s.node(limit.Config{Failures: 50})
		got := passed(t, 500, func(i int) error { return try(gate, []string{"192.0.2.1", "::ffff:192.0.2.1"}[i%2], bad) })
		if got != 55 {
			t.Errorf("%d guesses, want 55", got)
		}
	})
}

// TestWhoDoesNothingWrongIsNotLimited fails when success costs an address anything, or a write.
func TestWhoDoesNothingWrongIsNotLimited(t *testing.T) {
	t.Parallel()
	s := newShared(t)
	gate, _ := s.node(limit.Config{Exempt: []string{"10.0.0.0/8"}})
	for i := range 1000 {
		ctx, x, err := gate.Enter(t.Context(), "192.0.2.1")
		if err != nil {
			t.Fatalf("sign-in %d: %v", i, err)
		}
		x.End(ctx, []error{nil, fault.Invalidf("x"), fault.New(fault.Unconfirmed, "", "x"), fmt.Errorf("x")}[i%4])
	}
	for i := range 1000 {
		ctx, x, err := gate.Enter(t.Context(), "10.1.2.3")
		if err != nil {
			t.Fatalf("failure %d of an exempt address: %v", i, err)
		}
		x.End(ctx, fault.BadPassword())
	}
	if n := s.asked.Load(); n > 0 {
		t.Errorf("the store was asked %d times", n)
	}
	none, _ := s.node(limit.Config{Failures: -1})
	for range 1000 {
		ctx, x, err := none.Enter(t.Context(), "192.0.2.1")
		if err != nil {
			t.Fatal(err)
		}
		x.End(ctx, fault.BadPassword())
	}
}

// TestBackendsAreNotBlamedForTheirUsers fails when wrong passwords of users shut out the backend that passes them on, when
// the addresses that it tells are not counted, or when guesses at its own secret are free.
func TestBackendsAreNotBlamedForTheirUsers(t *testing.T) {
	t.Parallel()
	s := newShared(t)
	gate, _ := s.node(limit.Config{})
	try := func(user string, wrong error) error {
		ctx, x, err := gate.Enter(t.Context(), "192.0.2.1")
		if err != nil {
			return err
		}
		err = limit.Vouched(ctx, user)
		if err == nil {
			x.End(ctx, wrong)
		}
		return err
	}
	if got := passed(t, 500, func(int) error { return try("", fault.BadPassword()) }); got != 500 {
		t.Errorf("%d wrong passwords of users passed, want all", got)
	}
	if got := passed(t, 500, func(int) error { return try("198.51.100.7", fault.BadPassword()) }); got != 105 {
		t.Errorf("%d wrong passwords of the user at one address passed, want 105", got)
	}
	stolen := fault.New(fault.Denied, fault.ClientSecret, "")
	if got := passed(t, 500, func(int) error { return try("", stolen) }); got != 105 {
		t.Errorf("%d wrong secrets passed, want 105", got)
	}
}

// TestNoGateLimitsNothing fails when a server that was told to limit nothing crashes or limits.
func TestNoGateLimitsNothing(t *testing.T) {
	t.Parallel()
	gate, rates := newShared(t).node(limit.Config{Mode: limit.Off})
	if gate != nil || rates == nil {
		t.Fatal(gate, rates)
	}
	ctx, x, err := gate.Enter(t.Context(), "192.0.2.1")
	x.End(ctx, fault.BadPassword())
	for _, err := range []error{
		err, gate.Operation(ctx, "cognito-idp", "SignUp"), gate.Site(ctx, "p", "a"), gate.Client(ctx, "p", "c"), limit.Vouched(ctx, ""),
	} {
		if err != nil {
			t.Error(err)
		}
	}
}

// TestMemoryIsBounded fails when callers from many addresses make a node remember all of them.
func TestMemoryIsBounded(t *testing.T) {
	t.Parallel()
	s := newShared(t)
	gate, _ := s.node(limit.Config{})
	for i := range 200_000 {
		ctx, x, err := gate.Enter(t.Context(), fmt.Sprintf("10.%d.%d.%d", i>>16, i>>8&255, i&255))
		if err != nil {
			t.Fatal(err)
		}
		x.End(ctx, nil)
	}
	if n := limit.Remembered(gate); n > 100_000 {
		t.Errorf("%d addresses are remembered", n)
	}
}

// TestConfigurationIsChecked fails when a limit that cannot be meant is taken.
func TestConfigurationIsChecked(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]limit.Config{
		"mode": {Mode: "sometimes"}, "category": {Categories: map[string]int{"Nothing": 1}}, "zero": {Categories: map[string]int{limit.UserRead: 0}},
		"recovery": {Recovery: -1}, "exempt": {Exempt: []string{"10.0.0.0/99"}},
	} {
		if c.Check() == nil {
			t.Errorf("%s: %+v is taken", name, c)
		}
	}
	if err := (limit.Config{Mode: limit.On, Categories: map[string]int{limit.UserRead: 1}, Exempt: []string{"::1", "10.0.0.0/8"}}).Check(); err != nil {
		t.Error(err)
	}
}
