// Package often does something again and again until it is told to end. What is due is up to those who call it.
package often

import (
	"context"
	"time"
)

// Every calls do after each interval until ctx ends, never twice at once: what takes longer than the interval is not made up for.
func Every(ctx context.Context, interval time.Duration, do func(context.Context)) {
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			do(ctx)
		}
	}
}
