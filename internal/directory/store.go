package directory

import "context"

// Transactor runs fn in one transaction; nested calls join it. An error rolls everything back. fn must be quick:
// it may hold the only writer. When InTx returns nil the write is on disk.
type Transactor interface {
	InTx(ctx context.Context, fn func(context.Context) error) error
}

// PoolStore keeps pools. Unknown ids are faults (fault.NoPool).
type PoolStore interface {
	Transactor
	InsertPool(ctx context.Context, p *Pool) error // a taken id is a fault Exists
	Pool(ctx context.Context, id string) (*Pool, error)
	// UpdatePool changes a pool by a function of its old value, with no writer in between.
	UpdatePool(ctx context.Context, id string, change func(*Pool) error) error
	DeletePool(ctx context.Context, id string) error // and everything in it
	// ListPools returns up to limit pools after the given (created_at, id) position of the last page, oldest first.
	ListPools(ctx context.Context, after Position, limit int) ([]*Pool, error)
	CountUsers(ctx context.Context, poolID string) (int, error)
}

// ClientStore keeps app clients. Unknown ids are faults (fault.NoClient). Secrets are sealed by the caller's Sealer.
type ClientStore interface {
	InsertClient(ctx context.Context, c *Client) error
	Client(ctx context.Context, id string) (*Client, error)
	UpdateClient(ctx context.Context, poolID, id string, change func(*Client) error) error
	DeleteClient(ctx context.Context, poolID, id string) error
	ListClients(ctx context.Context, poolID string, after Position, limit int) ([]*Client, error)
}

// GroupStore keeps groups and memberships. Unknown names are faults (fault.NoGroup).
type GroupStore interface {
	Transactor
	InsertGroup(ctx context.Context, g *Group) error // a taken name is a fault Exists/Group
	Group(ctx context.Context, poolID, name string) (*Group, error)
	UpdateGroup(ctx context.Context, poolID, name string, change func(*Group) error) (*Group, error)
	DeleteGroup(ctx context.Context, poolID, name string) error
	ListGroups(ctx context.Context, poolID string, afterName string, limit int) ([]*Group, error) // by name
	AddMember(ctx context.Context, poolID, group, userID string) error                            // idempotent
	InsertMember(ctx context.Context, poolID, group, userID string) error                         // the same of those who are there, in one statement
	RemoveMember(ctx context.Context, poolID, group, userID string) error                         // idempotent
	// GroupsOf lists by precedence (nil last), then name. The cursor is an offset: a user has at most 100 groups.
	GroupsOf(ctx context.Context, poolID, userID string) ([]*Group, error)
	Members(ctx context.Context, poolID, group string, afterUserID string, limit int) ([]*User, error) // by sub
}

// UserStore keeps users and the names they are found by. Unknown users are faults (fault.NoUser).
type UserStore interface {
	Transactor
	InsertUser(ctx context.Context, u *User, keys Keys) error // a clash is a fault Exists with Username or Alias
	User(ctx context.Context, poolID, id string) (*User, error)
	// FindUser looks for a username (folded), then a sub, then an alias (folded).
	FindUser(ctx context.Context, poolID, login, folded string) (*User, error)
	// UpdateUser changes a user by a function of the old value and replaces its keys.
	UpdateUser(ctx context.Context, poolID, id string, change func(*User) (Keys, error)) (*User, error)
	DeleteUser(ctx context.Context, poolID, id string) error
	ListUsers(ctx context.Context, q UserQuery) ([]*User, error)
}

// CredentialStore keeps passwords. A user without one has the zero Credential.
type CredentialStore interface {
	Credential(ctx context.Context, poolID, userID string) (*Credential, error)
	UpdateCredential(ctx context.Context, poolID, userID string, change func(*Credential) error) error
	InsertCredential(ctx context.Context, poolID, userID string, c *Credential) error // of a user who has none
	// DropSRP forgets all SRP verifiers of a pool.
	DropSRP(ctx context.Context, poolID string) error
}

// Position is a place in a list ordered by creation time, then id. The zero Position is the start.
type Position struct {
	CreatedAt int64 // unix milliseconds
	ID        string
}

// UserQuery selects users of a pool. With an Attribute the order is by its value, then sub; without, by creation, then sub.
type UserQuery struct {
	PoolID    string
	Attribute string // "", username, email, phone_number, name, given_name, family_name, preferred_username, cognito:user_status, status, sub
	Prefix    bool   // ^= instead of =
	Value     string // folded for all but username (when case-sensitive) and status
	After     UserPosition
	Limit     int
}

// UserPosition is a place in a ListUsers result. The zero value is the start.
type UserPosition struct {
	Value     string // of the searched attribute
	CreatedAt int64  // without a search
	ID        string
}
