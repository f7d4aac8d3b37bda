package door

import (
	"net/http"
	"sync/atomic"
)

// Swap is a handler that can be replaced while requests run. One must hang there before the first request comes.
type Swap struct {
	handler atomic.Pointer[http.Handler]
}

// Hang puts a handler in the place of the one before.
func (s *Swap) Hang(h http.Handler) { s.handler.Store(&h) }

func (s *Swap) ServeHTTP(w http.ResponseWriter, r *http.Request) { (*s.handler.Load()).ServeHTTP(w, r) }
