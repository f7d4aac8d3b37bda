package policy

import (
	"context"
	"fmt"
	"math"
	"strings"

	"cognate.dev/cognate/internal/kit/rows"
	"cognate.dev/cognate/internal/permission"
	"cognate.dev/cognate/internal/store/database"
)

const selectPermissionRow = `SELECT store_id, kind, id, coalesce(name, ''), template, principal, resource, doc, created_at, modified_at
	FROM policy_store_rows WHERE store_id = $1 AND kind = $2`

// PermissionRow reads a row by its id; nil: there is none.
func (s *Store) PermissionRow(ctx context.Context, storeID string, kind permission.RowKind, id string) (*permission.Row, error) {
	return s.permissionRow(ctx, selectPermissionRow+" AND id = $3", storeID, kind, id)
}

// PermissionRowNamed reads a row by its name; nil: there is none.
func (s *Store) PermissionRowNamed(ctx context.Context, storeID string, kind permission.RowKind, name string) (*permission.Row, error) {
	return s.permissionRow(ctx, selectPermissionRow+" AND name = $3", storeID, kind, name)
}

func (s *Store) permissionRow(ctx context.Context, query, storeID string, kind permission.RowKind, value string) (*permission.Row, error) {
	r, found, err := rows.One(ctx, s.Conn(ctx), scanPermissionRow, query, storeID, string(kind), value)
	if err != nil || !found {
		return nil, database.Failed("read "+string(kind), err)
	}
	return r, nil
}

// PutPermissionRow adds a row or replaces the one of its id. It belongs to the transaction of ChangePolicyStore, which tells.
func (s *Store) PutPermissionRow(ctx context.Context, r *permission.Row) error {
	var name *string
	if r.Name != "" {
		name = &r.Name
	}
	_, err := s.Exec(ctx, `INSERT INTO policy_store_rows (store_id, kind, id, name, template, principal, resource, doc, created_at, modified_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
		ON CONFLICT (store_id, kind, id) DO UPDATE SET name = excluded.name, template = excluded.template, principal = excluded.principal,
			resource = excluded.resource, doc = excluded.doc, modified_at = excluded.modified_at`,
		r.StoreID, string(r.Kind), r.ID, name, r.Template, r.Principal, r.Resource, r.Doc, rows.Millis(r.CreatedAt), rows.Millis(r.ModifiedAt))
	return database.Failed("write "+string(r.Kind), err)
}

// DeletePermissionRows removes a row by its id, or all rows of a template.
func (s *Store) DeletePermissionRows(ctx context.Context, storeID string, kind permission.RowKind, id, template string) error {
	statement, value := "DELETE FROM policy_store_rows WHERE store_id = $1 AND kind = $2 AND id = $3", id
	if template != "" {
		statement, value = "DELETE FROM policy_store_rows WHERE store_id = $1 AND kind = $2 AND template = $3", template
	}
	_, err := s.Exec(ctx, statement, storeID, string(kind), value)
	return database.Failed("delete "+string(kind), err)
}

// CountPermissionRows is how many rows of a kind a policy store has.
func (s *Store) CountPermissionRows(ctx context.Context, storeID string, kind permission.RowKind) (int, error) {
	n, _, err := rows.One(ctx, s.Conn(ctx), rows.Value[int], "SELECT count(*) FROM policy_store_rows WHERE store_id = $1 AND kind = $2", storeID, string(kind))
	return n, database.Failed("count "+string(kind), err)
}

// PermissionRows lists rows, the oldest first.
func (s *Store) PermissionRows(ctx context.Context, q permission.RowQuery) ([]*permission.Row, error) {
	var where strings.Builder
	args := []any{q.StoreID, string(q.Kind), q.After.CreatedAt, q.After.ID}
	for _, c := range []struct {
		column string
		is     *string
	}{{"template", q.Template}, {"principal", q.Principal}, {"resource", q.Resource}} {
		if c.is != nil {
			args = append(args, *c.is)
			fmt.Fprintf(&where, " AND %s = $%d", c.column, len(args))
		}
	}
	switch {
	case q.Linked == nil:
	case *q.Linked:
		where.WriteString(" AND template > ''")
	default:
		where.WriteString(" AND template = ''")
	}
	limit := q.Limit
	if limit == 0 {
		limit = math.MaxInt32
	}
	args = append(args, limit)
	list, err := rows.All(ctx, s.Conn(ctx), scanPermissionRow,
		fmt.Sprintf("%s AND (created_at, id) > ($3, $4)%s ORDER BY created_at, id LIMIT $%d + 0", selectPermissionRow, where.String(), len(args)), args...)
	return list, database.Failed("list "+string(q.Kind), err)
}

func scanPermissionRow(row rows.Scanner) (*permission.Row, error) {
	r := &permission.Row{}
	var created, modified int64
	err := row.Scan(&r.StoreID, (*string)(&r.Kind), &r.ID, &r.Name, &r.Template, &r.Principal, &r.Resource, &r.Doc, &created, &modified)
	r.CreatedAt, r.ModifiedAt = rows.Time(created), rows.Time(modified)
	return r, err
}

const selectPolicyStoreAlias = "SELECT name, store_id, region, created_at, deleted_at FROM policy_store_aliases"

// PolicyStoreAlias reads an alias; nil: there is none.
func (s *Store) PolicyStoreAlias(ctx context.Context, name string) (*permission.Alias, error) {
	a, found, err := rows.One(ctx, s.Conn(ctx), scanStoreAlias, selectPolicyStoreAlias+" WHERE name = $1", name)
	if err != nil || !found {
		return nil, database.Failed("read alias of policy store", err)
	}
	return a, nil
}

// PutPolicyStoreAlias adds an alias or replaces the one of its name.
func (s *Store) PutPolicyStoreAlias(ctx context.Context, a *permission.Alias) error {
	_, err := s.ExecTelling(ctx, database.Change{Kind: database.PolicyStoreKind, ID: a.Name},
		`INSERT INTO policy_store_aliases (name, store_id, region, created_at, deleted_at) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (name) DO UPDATE SET store_id = excluded.store_id, region = excluded.region, created_at = excluded.created_at, deleted_at = excluded.deleted_at`,
		a.Name, a.StoreID, a.Region, rows.Millis(a.CreatedAt), rows.Millis(a.DeletedAt))
	return database.Failed("write alias of policy store", err)
}

// DeletePolicyStoreAlias removes an alias.
func (s *Store) DeletePolicyStoreAlias(ctx context.Context, name string) error {
	_, err := s.ExecTelling(ctx, database.Change{Kind: database.PolicyStoreKind, ID: name}, "DELETE FROM policy_store_aliases WHERE name = $1", name)
	return database.Failed("delete alias of policy store", err)
}

// CountPolicyStoreAliases is how many aliases of a policy store are in use.
func (s *Store) CountPolicyStoreAliases(ctx context.Context, storeID string) (int, error) {
	n, _, err := rows.One(ctx, s.Conn(ctx), rows.Value[int], "SELECT count(*) FROM policy_store_aliases WHERE store_id = $1 AND deleted_at = 0", storeID)
	return n, database.Failed("count aliases of policy store", err)
}

// PolicyStoreAliases lists aliases, of all policy stores when the id is empty, the oldest first.
func (s *Store) PolicyStoreAliases(ctx context.Context, storeID string, after permission.Place, limit int) ([]*permission.Alias, error) {
	list, err := rows.All(ctx, s.Conn(ctx), scanStoreAlias,
		selectPolicyStoreAlias+" WHERE ($1 = '' OR store_id = $1) AND (created_at, name) > ($2, $3) ORDER BY created_at, name LIMIT $4 + 0",
		storeID, after.CreatedAt, after.ID, limit)
	return list, database.Failed("list aliases of policy stores", err)
}

func scanStoreAlias(row rows.Scanner) (*permission.Alias, error) {
	a := &permission.Alias{}
	var created, deleted int64
	err := row.Scan(&a.Name, &a.StoreID, &a.Region, &created, &deleted)
	a.CreatedAt, a.DeletedAt = rows.Time(created), rows.Time(deleted)
	return a, err
}

var (
	_ permission.RowStore   = (*Store)(nil)
	_ permission.AliasStore = (*Store)(nil)
)
