package often_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"cognate.dev/cognate/internal/kit/often"
)

func TestItIsDoneAfterEachIntervalUntilTheEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		began := time.Now()
		var at []time.Duration
		often.Every(ctx, time.Minute, func(context.Context) {
			at = append(at, time.Since(began))
			switch len(at) {
			case 1:
				time.Sleep(150 * time.Second) // two are missed, and one of them waits
			case 3:
				stop()
			}
		})
		if len(at) != 3 || at[0] != time.Minute || at[1] != 210*time.Second || at[2] != 240*time.Second {
			t.Errorf("it was done at %v", at)
		}
	})
}
