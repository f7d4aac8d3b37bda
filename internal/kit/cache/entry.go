package cache

import "time"

// entry is one stored answer, a link of the recency list.
type entry[K comparable, V any] struct {
	key        K
	value      V
	found      bool
	tags       []string
	read       time.Time // when its load began
	life       time.Duration
	retryAt    time.Time // no refresh before this
	order      uint64
	prev, next *entry[K, V]
}

func (e *entry[K, V]) result(age time.Duration, outcome Outcome) Result[V] {
	if !e.found {
		outcome = Negative
	}
	return Result[V]{Value: e.value, Found: e.found, Outcome: outcome, Age: age}
}

// store keeps a finished load, if its kind of answer is kept at all, and evicts the least recently used entry.
func (c *Cache[K, V]) store(f *flight[K, V]) {
	if old := c.entries[f.key]; old != nil {
		c.remove(old)
	}
	life := c.life(f.loaded.Found)
	if life <= 0 {
		return
	}
	e := &entry[K, V]{
		key: f.key, value: f.loaded.Value, found: f.loaded.Found, tags: f.loaded.Tags,
		read: f.begun, life: life, order: f.order,
	}
	if len(c.entries) >= c.cfg.Max {
		c.remove(c.recent.oldest())
	}
	c.entries[e.key] = e
	c.recent.push(e)
	for _, tag := range e.tags {
		if c.tagged[tag] == nil {
			c.tagged[tag] = map[*entry[K, V]]struct{}{}
		}
		c.tagged[tag][e] = struct{}{}
	}
}

func (c *Cache[K, V]) remove(e *entry[K, V]) {
	delete(c.entries, e.key)
	c.recent.cut(e)
	for _, tag := range e.tags {
		delete(c.tagged[tag], e)
		if len(c.tagged[tag]) == 0 {
			delete(c.tagged, tag)
		}
	}
}

func (c *Cache[K, V]) clear() {
	c.entries = map[K]*entry[K, V]{}
	c.tagged = map[string]map[*entry[K, V]]struct{}{}
	c.recent.init()
}

// lru is a ring around a root: root.next is the most recently used entry, root.prev the least.
type lru[K comparable, V any] struct{ root entry[K, V] }

func (l *lru[K, V]) init() { l.root.prev, l.root.next = &l.root, &l.root }

func (l *lru[K, V]) oldest() *entry[K, V] { return l.root.prev }

func (l *lru[K, V]) push(e *entry[K, V]) {
	e.prev, e.next = &l.root, l.root.next
	e.prev.next, e.next.prev = e, e
}

func (l *lru[K, V]) cut(e *entry[K, V]) {
	e.prev.next, e.next.prev = e.next, e.prev
	e.prev, e.next = nil, nil
}

func (l *lru[K, V]) touch(e *entry[K, V]) {
	if l.root.next != e {
		l.cut(e)
		l.push(e)
	}
}
