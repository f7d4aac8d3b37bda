package cursor_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"cognate.dev/cognate/internal/kit/cursor"
	"cognate.dev/cognate/internal/kit/secret"
)

// TestPagesHoldEachRowOnce fails when a page repeats or forgets a row, or a full last page leads to an empty one.
func TestPagesHoldEachRowOnce(t *testing.T) {
	t.Parallel()
	ring, err := secret.NewKeyring(secret.Key{ID: "a", Secret: [32]byte{1}})
	if err != nil {
		t.Fatal(err)
	}
	c := cursor.New(ring, time.Now)
	all := []int{1, 2, 3, 4, 5, 6}
	list := cursor.List[int, int]{
		Fetch: func(_ context.Context, after, limit int) ([]int, error) {
			return all[after:min(after+limit, len(all))], nil
		},
		Place: func(x int) int { return x },
		Scope: []string{"numbers"},
	}
	for limit := 1; limit <= len(all)+1; limit++ {
		var got []int
		pages := 0
		for token := ""; pages == 0 || token != ""; pages++ {
			rows, next, err := list.Page(t.Context(), c, limit, token)
			if err != nil {
				t.Fatal(err)
			}
			got, token = append(got, rows...), next
		}
		if want := (len(all) + limit - 1) / limit; !slices.Equal(got, all) || pages != want {
			t.Errorf("limit %d: %v in %d pages, want %v in %d", limit, got, pages, all, want)
		}
	}
	if _, _, err := list.Page(t.Context(), c, 1, "made-up"); !errors.Is(err, cursor.ErrBad) {
		t.Errorf("a made-up token: %v, want ErrBad", err)
	}
}
