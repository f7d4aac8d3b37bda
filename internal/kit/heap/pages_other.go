//go:build !linux

package heap

// Elsewhere nobody is told anything about pages.
const hugePages, smallPages = 0, 0

func advise(uintptr) {}
