package main

import (
	"context"
	"fmt"
	"runtime"
	"time"

	enginev1 "github.com/cerbos/cerbos/api/genpb/cerbos/engine/v1"

	"cognate.dev/cognate/internal/enrich"
	"cognate.dev/cognate/internal/enrich/rest"
	"cognate.dev/cognate/internal/kit/clock"
)

const (
	manyIDs = 10_000_000
	keptIDs = 1_000
)

// ids asks an enricher about ten million people, one after the other, of whom its source knows every other one. Its cache
// is full after the first thousands; what is measured is by how much the heap grows from then on, and how many are kept.
func ids(b *bench) ([]result, error) {
	source := func(enrich.SourceConfig) (enrich.Source, error) {
		return enrich.Outside(func(_ context.Context, q enrich.Query) (map[string]any, error) {
			if q.ID[len(q.ID)-1]%2 == 0 {
				return nil, nil
			}
			return map[string]any{"id": q.ID, "list": []any{"a", "b"}}, nil
		}, nil), nil
	}
	e, err := enrich.New(enrich.Config{Sources: []enrich.SourceConfig{{Name: "people", Type: enrich.TypeHTTP, HTTP: rest.Config{URL: "https://example.com/{id}"}, Timeout: time.Minute, Max: keptIDs, TTL: time.Hour, NegativeTTL: time.Hour}}},
		source, nil, clock.System)
	if err != nil {
		return nil, err
	}
	ask := func(from, to int) error {
		for i := from; i < to; i++ {
			if _, err := e.Enrich(context.Background(), &enginev1.Principal{Id: fmt.Sprint("somebody-with-an-id-", i), Roles: []string{"r"}}, nil); err != nil {
				return err
			}
		}
		return nil
	}
	heap := func() float64 {
		e.Wait()
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return float64(m.HeapAlloc) / (1 << 20)
	}
	if err := ask(0, 2*keptIDs); err != nil {
		return nil, err
	}
	before := heap()
	b.say("asking about %d ids", manyIDs)
	if err := ask(2*keptIDs, manyIDs); err != nil {
		return nil, err
	}
	return []result{
		ceiling(fmt.Sprintf("answers kept, %d ids", manyIDs), float64(e.Sizes()["people"]), "", keptIDs),
		ceiling(fmt.Sprintf("heap grown by %d ids", manyIDs), max(heap()-before, 0), "MiB", 4),
	}, nil
}
