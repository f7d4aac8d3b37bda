// Package domain is the names under which the endpoints and pages of a pool answer: a prefix of this server's name, a
// name of the owner's choice, or both. It leaves DNS and certificates to whoever runs the server, and what is served
// under a name to the fronts.
package domain

import (
	"context"
	"time"
)

// Domain is one name of a pool.
type Domain struct {
	Name   string // a prefix, or a whole host name; unique on this server
	PoolID string
	Settings
	CreatedAt  time.Time
	ModifiedAt time.Time
}

// Settings is what can be changed.
type Settings struct {
	ManagedLogin   int      `json:"managed_login"`             // ManagedLoginVersion: 1 the classic pages, 2 the newer ones
	Custom         bool     `json:"custom,omitempty"`          // the name is a whole host name
	CertificateARN string   `json:"certificate_arn,omitempty"` // kept and returned
	SecurityPolicy string   `json:"security_policy,omitempty"` // the versions of TLS that are spoken; see NewestTLS
	Routing        *Routing `json:"routing,omitempty"`         // kept and returned
}

// NewestTLS is the SecurityPolicy of a custom domain that speaks TLS 1.3 and nothing older.
// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CustomDomainConfigType.html
const NewestTLS = "TLS_V1_3_2025"

// Routing is the failover of AWS's multi-Region pools.
type Routing struct {
	SecondaryRegion string `json:"secondary_region"`
	HealthCheckID   string `json:"health_check_id"`
}

// Store keeps domains. Transactions nest; an error rolls back.
type Store interface {
	InTx(ctx context.Context, fn func(context.Context) error) error
	// InsertDomain refuses a name that any pool has (a fault Exists) and a second domain of the same kind in a pool
	// (a fault Limited). An unknown pool is a fault Missing.
	InsertDomain(ctx context.Context, d *Domain) error
	// Domain returns nil when nobody has the name.
	Domain(ctx context.Context, name string) (*Domain, error)
	// UpdateDomain changes a domain of a pool by a function of its old value and returns the new one; nil when the pool
	// has no such domain.
	UpdateDomain(ctx context.Context, poolID, name string, change func(*Domain) error) (*Domain, error)
	DeleteDomain(ctx context.Context, poolID, name string) (deleted bool, err error)
	DomainsOf(ctx context.Context, poolID string) ([]*Domain, error) // the prefix first
}

// Version is what AWS calls the version of a domain: the time of its last change.
func (d *Domain) Version() string { return d.ModifiedAt.UTC().Format("20060102150405") }
