package password_test

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"pgregory.net/rapid"

	"cognate.dev/cognate/internal/password"
)

// cheap keeps the tests fast; nothing here depends on the cost.
func cheap() password.Params { return password.Params{MemoryKiB: 64, Time: 1, Threads: 1} }

func hash(t testing.TB, h *password.Hasher, pw string) string {
	t.Helper()
	phc, err := h.Hash(t.Context(), pw)
	if err != nil {
		t.Fatal(err)
	}
	return phc
}

func TestOnlyTheRightPasswordIsAccepted(t *testing.T) {
	t.Parallel()
	h := password.NewHasher(password.Params{MemoryKiB: 8, Time: 1, Threads: 1}, 2)
	rapid.Check(t, func(rt *rapid.T) {
		right, other := rapid.String().Draw(rt, "right"), rapid.String().Draw(rt, "other")
		phc := hash(t, h, right)
		if ok, rehash, err := h.Verify(t.Context(), phc, right); !ok || rehash || err != nil {
			rt.Fatalf("right password: %v, %v, %v", ok, rehash, err)
		}
		if ok, _, err := h.Verify(t.Context(), phc, other); ok != (right == other) || err != nil {
			rt.Fatalf("other password: %v, %v", ok, err)
		}
	})
}

// A test vector of the reference implementation (github.com/P-H-C/phc-winner-argon2); it proves that others read our hashes and we theirs.
func TestAHashOfTheReferenceImplementationIsUnderstood(t *testing.T) {
	t.Parallel()
	const phc = "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4"
	h := password.NewHasher(cheap(), 1)
	ok, rehash, err := h.Verify(t.Context(), phc, "password")
	if !ok || !rehash || err != nil {
		t.Errorf("got %v, rehash %v, %v; want true, true, nil", ok, rehash, err)
	}
}

func TestRehashIsAskedOnlyForTheRightPasswordWithOldParameters(t *testing.T) {
	t.Parallel()
	old := password.NewHasher(password.Params{MemoryKiB: 32, Time: 1, Threads: 1}, 1)
	h := password.NewHasher(cheap(), 1)
	phc := hash(t, old, "right")
	if ok, rehash, _ := h.Verify(t.Context(), phc, "right"); !ok || !rehash {
		t.Errorf("right password: ok %v, rehash %v", ok, rehash)
	}
	if ok, rehash, _ := h.Verify(t.Context(), phc, "wrong"); ok || rehash {
		t.Errorf("wrong password: ok %v, rehash %v", ok, rehash)
	}
}

func TestTwoHashesOfOnePasswordDiffer(t *testing.T) {
	t.Parallel()
	h := password.NewHasher(cheap(), 1)
	if one, two := hash(t, h, "same"), hash(t, h, "same"); one == two {
		t.Error("the salt repeats")
	}
}

func TestTheZeroParametersAreTheDefaultOnes(t *testing.T) {
	t.Parallel()
	phc := hash(t, password.NewHasher(password.Params{}, 0), "x")
	if !strings.HasPrefix(phc, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Error(phc)
	}
	if _, _, slots := password.NewHasher(password.Params{}, 0).Load(); slots != runtime.GOMAXPROCS(0) {
		t.Errorf("%d slots", slots)
	}
}

func TestUnusableParametersAreRefused(t *testing.T) {
	t.Parallel()
	for _, p := range []password.Params{{MemoryKiB: 7}, {MemoryKiB: 31, Threads: 4}, {MemoryKiB: 1 << 30}, {Time: 5000}} {
		if p.Check() == nil {
			t.Errorf("%+v was accepted", p)
		}
	}
	for _, p := range []password.Params{{}, cheap(), {MemoryKiB: 47104, Time: 1}} {
		if err := p.Check(); err != nil {
			t.Errorf("%+v: %v", p, err)
		}
	}
}

func TestADamagedHashIsAnErrorAndIsNotShown(t *testing.T) {
	t.Parallel()
	h := password.NewHasher(cheap(), 1)
	good := hash(t, h, "x")
	for _, phc := range []string{
		"", "x", strings.Replace(good, "argon2id", "argon2d", 1), strings.Replace(good, "v=19", "v=16", 1),
		strings.Replace(good, "m=64", "m=0", 1), strings.Replace(good, "m=64", "m=4294967295", 1),
		strings.Replace(good, "t=1", "t=-1", 1), strings.Replace(good, "t=1", "t=4000000", 1),
		strings.Replace(good, "p=1", "p=256", 1), strings.Replace(good, "p=1", "p=9", 1), good + "=", good + "$x", good[:40],
		"$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQ$", "$argon2id$v=19$m=64,t=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8",
	} {
		ok, _, err := h.Verify(t.Context(), phc, "x")
		if ok || err == nil {
			t.Errorf("%q: ok %v, err %v", phc, ok, err)
		} else if len(phc) > 20 && strings.Contains(err.Error(), phc[20:]) {
			t.Errorf("the error shows the hash: %v", err)
		}
	}
}

func TestNoMoreHashesRunThanThereAreSlots(t *testing.T) {
	t.Parallel()
	h := password.NewHasher(cheap(), 2)
	var group sync.WaitGroup
	for range 16 {
		group.Go(func() {
			if _, err := h.Hash(context.Background(), "x"); err != nil {
				t.Error(err)
			}
			if running, waiting, slots := h.Load(); running > slots || slots != 2 || waiting < 0 {
				t.Errorf("running %d, waiting %d, slots %d", running, waiting, slots)
			}
		})
	}
	group.Wait()
	if running, waiting, _ := h.Load(); running != 0 || waiting != 0 {
		t.Errorf("afterwards running %d, waiting %d", running, waiting)
	}
}

func TestACallerWhoGaveUpTakesNoSlot(t *testing.T) {
	t.Parallel()
	h := password.NewHasher(cheap(), 1)
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := h.Hash(gone, "x"); !errors.Is(err, context.Canceled) {
		t.Errorf("Hash: %v", err)
	}
	if err := h.Burn(gone, "x"); !errors.Is(err, context.Canceled) {
		t.Errorf("Burn: %v", err)
	}
	if err := h.Burn(t.Context(), "x"); err != nil {
		t.Errorf("the slot is lost: %v", err)
	}
}

func TestWaitingForASlotEndsWithTheContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := password.NewHasher(cheap(), 1)
		release := password.Occupy(h)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- h.Burn(ctx, "x") }()
		synctest.Wait()
		if _, waiting, _ := h.Load(); waiting != 1 {
			t.Errorf("%d callers wait, want 1", waiting)
		}
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
		release()
		if err := h.Burn(t.Context(), "x"); err != nil {
			t.Error(err)
		}
	})
}

func FuzzVerifyHash(f *testing.F) {
	h := password.NewHasher(cheap(), 1)
	f.Add("$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc")
	f.Add("$argon2id$v=19$m=8,t=1,p=1$$")
	f.Fuzz(func(t *testing.T, phc string) {
		if err := password.Parse(phc); err == nil && len(phc) < 60 {
			t.Errorf("%q is too short to be a hash", phc)
		} else if err != nil {
			if _, _, err := h.Verify(t.Context(), phc, "x"); err == nil {
				t.Errorf("%q verified", phc)
			}
		}
	})
}
