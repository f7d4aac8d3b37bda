package telemetry

import "time"

// Audited counts records of the audit log that were written together.
func (m *Metrics) Audited(records int, took time.Duration) {
	m.audited.WithLabelValues("written").Add(float64(records))
	m.auditing.Observe(took.Seconds())
}

// AuditLost counts a record that could not be written.
func (m *Metrics) AuditLost() { m.audited.WithLabelValues("lost").Inc() }
