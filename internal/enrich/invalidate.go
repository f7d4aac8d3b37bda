package enrich

import (
	"cmp"
	"maps"
	"slices"
)

// Invalidate forgets what was known about a user under every id, and every "nobody of that id" that the change may
// have made untrue. When it returns, no later Enrich uses anything read before. An empty userID means InvalidatePool.
func (e *Enricher) Invalidate(poolID, userID string) {
	for _, s := range e.principals { // resources are nothing of ours
		if tags := s.source.Affected(poolID, userID); len(tags) > 0 {
			s.cache.InvalidateTag(tags...)
		}
	}
}

// InvalidatePool forgets everybody of a pool, with the same promise as Invalidate.
func (e *Enricher) InvalidatePool(poolID string) { e.Invalidate(poolID, "") }

// InvalidateAll forgets everything that sources of this server said, with the same promise as Invalidate, and what others
// said, too.
func (e *Enricher) InvalidateAll() {
	for _, s := range slices.Concat(e.principals, e.resources) {
		s.cache.InvalidateAll()
	}
}

// Forget forgets what a source said about an id, "nobody" included, with the same promise as Invalidate; an empty id is all
// that it said.
func (e *Enricher) Forget(source, id string) {
	for _, s := range slices.Concat(e.principals, e.resources) {
		switch {
		case s.Name != source:
		case id == "":
			s.cache.InvalidateAll()
		default:
			s.cache.InvalidateTag(idTag(id))
		}
	}
}

// idTag is on every answer: what it was asked by.
func idTag(id string) string { return "id/" + id }

// Wait returns when no look-up is under way.
func (e *Enricher) Wait() {
	for _, s := range slices.Concat(e.principals, e.resources) {
		s.cache.Wait()
	}
}

// Sizes are the numbers of answers kept, by source, for metrics.
func (e *Enricher) Sizes() map[string]int {
	sizes := map[string]int{}
	for _, s := range slices.Concat(e.principals, e.resources) {
		sizes[s.Name] = s.cache.Len()
	}
	return sizes
}

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }
