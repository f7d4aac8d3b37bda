package upkeep

import (
	"context"
	"regexp"
	"time"

	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/kit/clock"
)

// The states of a replica that can be asked for.
const (
	Active   = "ACTIVE"
	Inactive = "INACTIVE"
)

// maxReplicas bounds the list of a pool.
const maxReplicas = 20

// Replicas keeps the list of a pool's replicas.
type Replicas struct {
	store Store
	now   clock.Clock
}

var regionForm = regexp.MustCompile(`^[a-z]{2,}(-[a-z]+)+-[0-9]{1,2}$`)

// Create adds a replica, which is not active yet. Home is the pool's own Region.
func (r *Replicas) Create(ctx context.Context, poolID, home, region string, tags map[string]string) (*Replica, error) {
	switch {
	case len(region) < 5 || len(region) > 32 || !regionForm.MatchString(region):
		return nil, fault.Invalidf("Invalid Region %s.", region)
	case region == home:
		return nil, fault.Invalidf("The user pool is in the Region %s: a replica must be in another one.", region)
	}
	x := &Replica{PoolID: poolID, Region: region, Status: Inactive, Tags: tags, CreatedAt: r.now().UTC().Truncate(time.Millisecond)}
	return x, r.store.InsertReplica(ctx, x, maxReplicas)
}

// List gives all replicas of a pool by Region.
func (r *Replicas) List(ctx context.Context, poolID string) ([]*Replica, error) {
	return r.store.Replicas(ctx, poolID)
}

// Set makes a replica active or inactive.
func (r *Replicas) Set(ctx context.Context, poolID, region, status string) (*Replica, error) {
	if status != Active && status != Inactive {
		return nil, fault.Invalidf("Status must be %s or %s.", Active, Inactive)
	}
	return r.store.UpdateReplica(ctx, poolID, region, func(x *Replica) error {
		x.Status = status
		return nil
	})
}

// Delete removes a replica and gives what it was.
func (r *Replicas) Delete(ctx context.Context, poolID, region string) (*Replica, error) {
	x, err := r.store.DeleteReplica(ctx, poolID, region)
	if err != nil {
		return nil, err
	}
	x.Status = "DELETING"
	return x, nil
}
