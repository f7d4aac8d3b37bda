// Package upkeep is what an operator sets about a pool besides its people: where logs go and which replicas there are.
// It leaves request limits to limit, and carrying logs to delivery; replicas have no meaning on one installation and are
// only kept.
package upkeep

import (
	"cmp"
	"context"
	"time"

	"cognate.dev/cognate/internal/kit/clock"
)

// LogDelivery sends one kind of event somewhere. Exactly one of the targets is set.
type LogDelivery struct {
	Source   string `json:"source"` // userNotification, userAuthEvents
	Level    string `json:"level"`  // ERROR, INFO
	LogGroup string `json:"log_group,omitempty"`
	Bucket   string `json:"bucket,omitempty"`
	Stream   string `json:"stream,omitempty"`
}

// Target is the ARN that is set.
func (d LogDelivery) Target() string { return cmp.Or(d.LogGroup, d.Bucket, d.Stream) }

// Replica is a copy of a pool that AWS would keep in another Region.
type Replica struct {
	PoolID    string
	Region    string
	Status    string // ACTIVE, INACTIVE; DELETING in the answer to a deletion
	Tags      map[string]string
	CreatedAt time.Time
}

// Store keeps what is set.
type Store interface {
	LogDeliveries(ctx context.Context, poolID string) ([]LogDelivery, error)
	// SetLogDeliveries replaces all of a pool; an unknown pool is a fault Missing.
	SetLogDeliveries(ctx context.Context, poolID string, list []LogDelivery) error

	// InsertReplica refuses a taken region (a fault Exists) and more than max replicas of a pool (Limited).
	InsertReplica(ctx context.Context, r *Replica, max int) error
	Replicas(ctx context.Context, poolID string) ([]*Replica, error) // by region
	// UpdateReplica changes a replica by a function of its old value and returns the new one; unknown ones are faults Missing.
	UpdateReplica(ctx context.Context, poolID, region string, change func(*Replica) error) (*Replica, error)
	DeleteReplica(ctx context.Context, poolID, region string) (*Replica, error)
}

// Upkeep holds the room's services.
type Upkeep struct {
	Logs     *Logs
	Replicas *Replicas
}

// New builds the services.
func New(s Store, now clock.Clock) *Upkeep {
	return &Upkeep{Logs: &Logs{s}, Replicas: &Replicas{s, now}}
}
