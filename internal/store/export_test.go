package store

import "time"

// SetLeaseLife shortens how long jobs stay taken.
func (s *Store) SetLeaseLife(d time.Duration) { s.leaseLife = d }
