package directory

import "time"

// Group is a group of users in a pool. A nil Precedence is the lowest; 0 the highest.
type Group struct {
	PoolID      string    `json:"pool_id"`
	Name        string    `json:"name"`
	Description string    `json:"description,omitempty"`
	RoleARN     string    `json:"role_arn,omitempty"`
	Precedence  *int      `json:"precedence,omitempty"`
	CreatedAt   time.Time `json:"created_at"`
	ModifiedAt  time.Time `json:"modified_at"`
}
