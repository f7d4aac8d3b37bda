package permission

import (
	"context"
	"time"
)

// Place is where a list goes on: after a time of creation, in milliseconds, and an id.
type Place struct {
	CreatedAt int64
	ID        string
}

// StoreStore keeps policy stores and their schemas. What is not there is nil. Every write tells other nodes.
type StoreStore interface {
	InTx(ctx context.Context, fn func(context.Context) error) error
	OnCommit(ctx context.Context, fn func())
	InsertPolicyStore(ctx context.Context, s *PolicyStore) error
	CountPolicyStores(ctx context.Context) (int, error)
	PolicyStore(ctx context.Context, id string) (*PolicyStore, error)
	// ChangePolicyStore reads a store, with its next revision, for a change of it or of what is in it. Others who do wait until
	// the transaction ends. It is written by change's word alone: nil writes it.
	ChangePolicyStore(ctx context.Context, id string, change func(*PolicyStore) error) (*PolicyStore, error)
	DeletePolicyStore(ctx context.Context, id string) error // with all that is in it, and its aliases
	PolicyStores(ctx context.Context, after Place, limit int) ([]*PolicyStore, error)
	PolicyStoreSchema(ctx context.Context, id string) (*Schema, error)
	PutPolicyStoreSchema(ctx context.Context, s *Schema) error // an empty text removes it
}

// RowKind is what a row is.
type RowKind string

// The kinds of rows.
const (
	PolicyRow   RowKind = "policy"
	TemplateRow RowKind = "template"
	SourceRow   RowKind = "source"
)

// Row is a policy, a template or an identity source, as it is kept. Names are unique among those of a kind in a store; Template,
// Principal and Resource are what lists are narrowed by, and Doc is the rest.
type Row struct {
	StoreID               string
	Kind                  RowKind
	ID, Name              string
	Template              string
	Principal, Resource   string
	Doc                   string
	CreatedAt, ModifiedAt time.Time
}

// RowQuery chooses rows of a kind, oldest first; nil chooses all.
type RowQuery struct {
	StoreID             string
	Kind                RowKind
	Template            *string
	Linked              *bool // whether there is a template
	Principal, Resource *string
	After               Place
	Limit               int
}

// RowStore keeps rows. It is used within the transaction of ChangePolicyStore, which tells other nodes.
type RowStore interface {
	PermissionRow(ctx context.Context, storeID string, kind RowKind, id string) (*Row, error)        // nil: none
	PermissionRowNamed(ctx context.Context, storeID string, kind RowKind, name string) (*Row, error) // nil: none
	PutPermissionRow(ctx context.Context, r *Row) error
	DeletePermissionRows(ctx context.Context, storeID string, kind RowKind, id, template string) error // by id, or by template
	PermissionRows(ctx context.Context, q RowQuery) ([]*Row, error)
	CountPermissionRows(ctx context.Context, storeID string, kind RowKind) (int, error)
}

// AliasStore keeps aliases. What is not there is nil. Every write tells other nodes.
type AliasStore interface {
	PolicyStoreAlias(ctx context.Context, name string) (*Alias, error)
	PutPolicyStoreAlias(ctx context.Context, a *Alias) error
	DeletePolicyStoreAlias(ctx context.Context, name string) error
	CountPolicyStoreAliases(ctx context.Context, storeID string) (int, error)
	PolicyStoreAliases(ctx context.Context, storeID string, after Place, limit int) ([]*Alias, error) // of all stores when the id is empty
}

// Repeat is what a client token was used for: a digest of the request, and what was answered.
type Repeat struct {
	Token          string
	Digest, Answer string
	At             time.Time
}

// RepeatStore remembers client tokens.
type RepeatStore interface {
	// KeepRepeat writes a repeat unless there is one of its token that is not older than since, which it then gives. Two who do
	// so at once do it one after the other.
	KeepRepeat(ctx context.Context, r Repeat, since time.Time) (*Repeat, error)
}
