package telemetry

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// keeping are the numbers of what the server does for its own keeping.
type keeping struct {
	walSize, checkpointed prometheus.Gauge
	checkpoints           prometheus.Histogram
	keyWaits, foreign     prometheus.Gauge
	resealed              prometheus.Counter
}

func newKeeping() keeping {
	gauge := func(name, help string) prometheus.Gauge {
		return prometheus.NewGauge(prometheus.GaugeOpts{Namespace: namespace, Name: name, Help: help})
	}
	return keeping{
		walSize:      gauge("store_wal_bytes", "Size of SQLite's write-ahead log."),
		checkpointed: gauge("store_checkpoint_timestamp_seconds", "When SQLite's write-ahead log was last copied into the database; 0: not since the start."),
		checkpoints: prometheus.NewHistogram(prometheus.HistogramOpts{Namespace: namespace, Name: "store_checkpoint_duration_seconds",
			Help: "Time of one such copy.", Buckets: prometheus.ExponentialBuckets(0.0001, 2.5, 11)}),
		keyWaits: gauge("master_key_waits", "1 while a new master key waits for nodes that do not know it, or cannot be read."),
		foreign:  gauge("master_key_unopened_values", "Values in the database that the last search for what is to be sealed anew could not open."),
		resealed: prometheus.NewCounter(prometheus.CounterOpts{Namespace: namespace, Name: "master_key_resealed_total",
			Help: "Values in the database that were sealed anew because an older master key had sealed them."}),
	}
}

func (k keeping) all() []prometheus.Collector {
	return []prometheus.Collector{k.walSize, k.checkpointed, k.checkpoints, k.keyWaits, k.foreign, k.resealed}
}

// Checkpoint notes the size of SQLite's write-ahead log, and the time of a checkpoint if there was one.
func (k keeping) Checkpoint(size int64, took time.Duration) {
	k.walSize.Set(float64(size))
	if took > 0 {
		k.checkpoints.Observe(took.Seconds())
		k.checkpointed.SetToCurrentTime()
	}
}

// MasterKeyWaits shows whether a new master key waits.
func (k keeping) MasterKeyWaits(waits bool) {
	k.keyWaits.Set(0)
	if waits {
		k.keyWaits.Set(1)
	}
}

// Resealed counts values that were sealed anew.
func (k keeping) Resealed(n int) { k.resealed.Add(float64(n)) }

// SealedByOthers shows how many values could not be opened.
func (k keeping) SealedByOthers(n int) { k.foreign.Set(float64(n)) }
