package limit

// Remembered is how many keys a gate has in memory.
func Remembered(g *Gate) int {
	g.leases.mu.Lock()
	defer g.leases.mu.Unlock()
	return len(g.leases.young) + len(g.leases.old)
}
