package password_test

import (
	"runtime"
	"testing"

	"cognate.dev/cognate/internal/password"
)

// BenchmarkVerify shows the price of one sign-in and what its memory costs the collector.
func BenchmarkVerify(b *testing.B) {
	h := password.NewHasher(password.Params{}, 0)
	phc := hash(b, h, "Correct-Horse1")
	measure(b, func() error {
		_, _, err := h.Verify(b.Context(), phc, "Correct-Horse1")
		return err
	})
}

// BenchmarkBurn must show the same as BenchmarkVerify.
func BenchmarkBurn(b *testing.B) {
	h := password.NewHasher(password.Params{}, 0)
	measure(b, func() error { return h.Burn(b.Context(), "Correct-Horse1") })
}

func measure(b *testing.B, run func() error) {
	b.ReportAllocs()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if err := run(); err != nil {
				b.Error(err)
			}
		}
	})
	runtime.ReadMemStats(&after)
	b.ReportMetric(float64(after.NumGC-before.NumGC)/float64(b.N), "gc/op")
	b.ReportMetric(float64(after.PauseTotalNs-before.PauseTotalNs)/float64(b.N), "pause-ns/op")
	b.ReportMetric(float64(after.HeapSys-after.HeapReleased)/(1<<20), "heap-MiB")
}
