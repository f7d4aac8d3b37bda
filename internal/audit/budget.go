package audit

import (
	"sync"

	"cognate.dev/cognate/internal/kit/clock"
)

// budget is how many failures of nobody are recorded: so many a second, on this node.
type budget struct {
	now clock.Clock

	mu     sync.Mutex
	second int64
	used   int
	left   int
}

const perSecond = 100

func (b *budget) take() (left int, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if s := b.now().Unix(); s != b.second {
		b.second, b.used = s, 0
	}
	if b.used++; b.used > perSecond {
		b.left++
		return 0, false
	}
	left, b.left = b.left, 0
	return left, true
}
