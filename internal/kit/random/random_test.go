package random_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"cognate.dev/cognate/internal/kit/random"
)

func TestEachAlphabetKeepsToItsCharacters(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, value, pattern string
	}{
		{"digits", random.Digits(500), `^[0-9]{500}$`},
		{"alnum", random.Alnum(500), `^[0-9A-Za-z]{500}$`},
		{"lower alnum", random.LowerAlnum(500), `^[0-9a-z]{500}$`},
		{"uuid", random.UUID(), `^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`},
		{"nothing", random.Digits(0), `^$`},
	} {
		if !regexp.MustCompile(c.pattern).MatchString(c.value) {
			t.Errorf("%s: %q does not match %s", c.name, c.value, c.pattern)
		}
	}
}

func TestOrderedUUIDsSortByTheirTime(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	last := ""
	for i := range 1000 {
		id := random.OrderedUUID(at.Add(time.Duration(i) * time.Millisecond))
		if !regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`).MatchString(id) {
			t.Fatalf("%s is no UUID of version 7", id)
		}
		if id <= last {
			t.Fatalf("%s comes after %s", id, last)
		}
		last = id
	}
	if a, b := random.OrderedUUID(at), random.OrderedUUID(at); a == b || a[:13] != b[:13] || a[:13] != "019ca945-0a00" {
		t.Errorf("%s and %s of one moment", a, b)
	}
}

// A byte taken modulo ten makes 0 to 5 appear 4% more often than 6 to 9: 26 against 25 chances of 256.
func TestDigitsAreUnbiased(t *testing.T) {
	t.Parallel()
	const n = 400_000
	s := random.Digits(n)
	low := 0
	for d := '0'; d <= '5'; d++ {
		low += strings.Count(s, string(d))
	}
	// Expected 0.6; biased 0.609; six standard deviations are 0.0047.
	if share := float64(low) / n; share < 0.5953 || share > 0.6047 {
		t.Errorf("digits 0 to 5 have a share of %.4f, want 0.6", share)
	}
}

func TestBelowReachesEveryNumber(t *testing.T) {
	t.Parallel()
	for _, n := range []int{1, 2, 7, 255, 256} {
		seen := map[int]bool{}
		for range 40 * n {
			seen[random.Below(n)] = true
		}
		// The chance to miss one of 256 numbers in 40 rounds of 256 draws is below 2^-49.
		if len(seen) != n {
			t.Errorf("Below(%d) gave %d different numbers", n, len(seen))
		}
	}
}

func TestShuffleKeepsTheBytesAndMovesThem(t *testing.T) {
	t.Parallel()
	in := []byte(strings.Repeat("ab", 64))
	random.Shuffle(in)
	if strings.Count(string(in), "a") != 64 || string(in) == strings.Repeat("ab", 64) {
		t.Errorf("not a shuffle: %s", in)
	}
}

func TestValuesDoNotRepeat(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for range 2000 {
		id := random.UUID()
		if seen[id] {
			t.Fatalf("%s came twice", id)
		}
		seen[id] = true
	}
	if one, two := random.Bytes(32), random.Bytes(32); string(one) == string(two) {
		t.Error("Bytes repeated itself")
	}
}

func BenchmarkUUID(b *testing.B) {
	for b.Loop() {
		random.UUID()
	}
}

func BenchmarkAlnum26(b *testing.B) {
	for b.Loop() {
		random.Alnum(26)
	}
}
