package cursor_test

import (
	"errors"
	"strings"
	"testing"
	"time"
	"unicode"

	"pgregory.net/rapid"

	"cognate.dev/cognate/internal/kit/clock"
	"cognate.dev/cognate/internal/kit/cursor"
	"cognate.dev/cognate/internal/kit/secret"
)

type place struct {
	Value string
	At    int64
}

func codec(t testing.TB) (*cursor.Codec, *clock.Fake) {
	t.Helper()
	ring, err := secret.NewKeyring(secret.Key{ID: "a", Secret: [32]byte{1}})
	if err != nil {
		t.Fatal(err)
	}
	now := clock.NewFake(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC))
	return cursor.New(ring, now.Now), now
}

func TestATokenBringsItsPlaceBackOnlyInItsOwnListing(t *testing.T) {
	t.Parallel()
	c, _ := codec(t)
	rapid.Check(t, func(rt *rapid.T) {
		want := place{rapid.String().Draw(rt, "value"), rapid.Int64().Draw(rt, "at")}
		scope := rapid.SliceOfN(rapid.StringN(0, 5, 10), 1, 3).Draw(rt, "scope")
		other := rapid.SliceOfN(rapid.StringN(0, 5, 10), 1, 3).Draw(rt, "other")
		token, err := c.Encode(want, 0, scope...)
		if err != nil {
			rt.Fatal(err)
		}
		if strings.ContainsFunc(token, unicode.IsSpace) {
			rt.Fatalf("white space in %q", token)
		}
		var got place
		if err := c.Decode(token, &got, scope...); err != nil || got.At != want.At {
			rt.Fatalf("got %+v, %v; want %+v", got, err, want)
		}
		if err := c.Decode(token, &got, other...); (err == nil) != equal(scope, other) {
			rt.Fatalf("scope %q read as %q: %v", scope, other, err)
		}
	})
}

func equal(a, b []string) bool {
	return len(a) == len(b) && strings.Join(quoted(a), ",") == strings.Join(quoted(b), ",")
}

func quoted(in []string) []string {
	out := make([]string, len(in))
	for i, s := range in {
		out[i] = strings.ReplaceAll(strings.ReplaceAll(s, `\`, `\\`), ",", `\,`)
	}
	return out
}

func TestATokenDiesAfterItsLife(t *testing.T) {
	t.Parallel()
	c, now := codec(t)
	token, err := c.Encode(place{"x", 1}, time.Hour, "list")
	if err != nil {
		t.Fatal(err)
	}
	now.Advance(time.Hour - time.Millisecond)
	var got place
	if err := c.Decode(token, &got, "list"); err != nil {
		t.Errorf("within its life: %v", err)
	}
	now.Advance(time.Millisecond)
	if err := c.Decode(token, &got, "list"); !errors.Is(err, cursor.ErrBad) {
		t.Errorf("after its life: %v", err)
	}
}

func TestAChangedTokenIsRefused(t *testing.T) {
	t.Parallel()
	c, _ := codec(t)
	token, err := c.Encode(place{"x", 1}, 0, "list")
	if err != nil {
		t.Fatal(err)
	}
	for i := range token {
		for _, b := range []byte{'A', 'B', '-', ' ', 0} {
			if token[i] == b {
				continue
			}
			changed := token[:i] + string(b) + token[i+1:]
			if err := c.Decode(changed, &place{}, "list"); !errors.Is(err, cursor.ErrBad) {
				t.Fatalf("byte %d changed to %q: %v", i, b, err)
			}
		}
	}
}

func FuzzDecode(f *testing.F) {
	c, _ := codec(f)
	f.Add("")
	f.Add("AAAA")
	f.Fuzz(func(t *testing.T, token string) {
		if err := c.Decode(token, &place{}, "list"); !errors.Is(err, cursor.ErrBad) {
			t.Errorf("%q was read: %v", token, err)
		}
	})
}
