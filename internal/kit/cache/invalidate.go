package cache

// Invalidate forgets one key. When it returns, no Get that begins later can see an answer read before the call:
// the stored one is gone, and a load in flight is neither stored nor joined.
func (c *Cache[K, V]) Invalidate(key K) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e := c.entries[key]; e != nil {
		c.remove(e)
	}
	for f := range c.running {
		if f.key == key {
			f.void = true
			c.detach(f)
		}
	}
}

// InvalidateTag forgets every answer that carries one of the tags, with the same promise as Invalidate. What a load
// in flight will be made of is not known yet, so no newcomer joins any load that is running now; each is still
// stored if it turns out to carry none of the tags.
func (c *Cache[K, V]) InvalidateTag(tags ...string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, tag := range tags {
		for e := range c.tagged[tag] {
			c.remove(e)
		}
	}
	for f := range c.running {
		if f.dirty == nil {
			f.dirty = make(map[string]struct{}, len(tags))
		}
		for _, tag := range tags {
			f.dirty[tag] = struct{}{}
		}
		c.detach(f)
	}
}

// InvalidateAll forgets everything, with the same promise as Invalidate.
func (c *Cache[K, V]) InvalidateAll() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.clear()
	for f := range c.running {
		f.void = true
		c.detach(f)
	}
}
