package policy

import (
	"context"
	"time"

	"cognate.dev/cognate/internal/kit/rows"
	"cognate.dev/cognate/internal/permission"
	"cognate.dev/cognate/internal/store/database"
)

// storeDoc is the settings of a policy store, as its row keeps them.
type storeDoc struct {
	Description string            `json:",omitempty"`
	Mode        permission.Mode   `json:",omitempty"`
	Protected   bool              `json:",omitempty"`
	Key         *permission.Key   `json:",omitempty"`
	Tags        map[string]string `json:",omitempty"`
}

const selectPolicyStore = "SELECT id, region, doc, revision, created_at, modified_at FROM policy_stores"

// InsertPolicyStore adds a policy store.
func (s *Store) InsertPolicyStore(ctx context.Context, p *permission.PolicyStore) error {
	doc, err := database.Encode(storeDoc{p.Description, p.Mode, p.Protected, p.Key, p.Tags})
	if err != nil {
		return err
	}
	_, err = s.Exec(ctx, `INSERT INTO policy_stores (id, region, doc, revision, created_at, modified_at) VALUES ($1, $2, $3, $4, $5, $6)`,
		p.ID, p.Region, doc, p.Revision, rows.Millis(p.CreatedAt), rows.Millis(p.ModifiedAt))
	return database.Failed("insert policy store", err)
}

// CountPolicyStores is how many there are.
func (s *Store) CountPolicyStores(ctx context.Context) (int, error) {
	n, _, err := rows.One(ctx, s.Conn(ctx), rows.Value[int], "SELECT count(*) FROM policy_stores")
	return n, database.Failed("count policy stores", err)
}

// PolicyStore reads a policy store; nil: there is none.
func (s *Store) PolicyStore(ctx context.Context, id string) (*permission.PolicyStore, error) {
	return s.policyStore(ctx, selectPolicyStore+" WHERE id = $1", id)
}

func (s *Store) policyStore(ctx context.Context, query, id string) (*permission.PolicyStore, error) {
	p, found, err := rows.One(ctx, s.Conn(ctx), scanPolicyStore, query, id)
	if err != nil || !found {
		return nil, database.Failed("read policy store", err)
	}
	return p, nil
}

// ChangePolicyStore changes a policy store, or what is in it, and raises its revision; nil: there is none. Others who change it
// wait until the transaction ends.
func (s *Store) ChangePolicyStore(ctx context.Context, id string, change func(*permission.PolicyStore) error) (*permission.PolicyStore, error) {
	var changed *permission.PolicyStore
	err := s.Update(ctx, "change policy store", func(ctx context.Context) error {
		p, err := s.policyStore(ctx, selectPolicyStore+" WHERE id = $1"+s.ForUpdate(), id)
		if p == nil || err != nil {
			changed = nil
			return err
		}
		if err := change(p); err != nil {
			return err
		}
		p.ID, p.Revision = id, p.Revision+1
		doc, err := database.Encode(storeDoc{p.Description, p.Mode, p.Protected, p.Key, p.Tags})
		if err != nil {
			return err
		}
		changed = p
		_, err = s.Telling(ctx, database.Change{Kind: database.PolicyStoreKind, ID: id})(s.Conn(ctx).Exec(ctx,
			`UPDATE policy_stores SET doc = $2, revision = $3, modified_at = $4 WHERE id = $1`, id, doc, p.Revision, rows.Millis(p.ModifiedAt)))
		return err
	})
	if err != nil {
		return nil, err
	}
	return changed, nil
}

// DeletePolicyStore removes a policy store, all that is in it and its aliases.
func (s *Store) DeletePolicyStore(ctx context.Context, id string) error {
	_, err := s.ExecTelling(ctx, database.Change{Kind: database.PolicyStoreKind, ID: id}, "DELETE FROM policy_stores WHERE id = $1", id)
	return database.Failed("delete policy store", err)
}

// PolicyStores lists policy stores after a place, the oldest first.
func (s *Store) PolicyStores(ctx context.Context, after permission.Place, limit int) ([]*permission.PolicyStore, error) {
	list, err := rows.All(ctx, s.Conn(ctx), scanPolicyStore,
		selectPolicyStore+" WHERE (created_at, id) > ($1, $2) ORDER BY created_at, id LIMIT $3 + 0", after.CreatedAt, after.ID, limit)
	return list, database.Failed("list policy stores", err)
}

func scanPolicyStore(row rows.Scanner) (*permission.PolicyStore, error) {
	p := &permission.PolicyStore{}
	var doc string
	var created, modified int64
	if err := row.Scan(&p.ID, &p.Region, &doc, &p.Revision, &created, &modified); err != nil {
		return nil, err
	}
	var settings storeDoc
	if err := database.Decode(doc, &settings); err != nil {
		return nil, err
	}
	p.Description, p.Mode, p.Protected, p.Key, p.Tags = settings.Description, settings.Mode, settings.Protected, settings.Key, settings.Tags
	p.CreatedAt, p.ModifiedAt = rows.Time(created), rows.Time(modified)
	return p, nil
}

// PolicyStoreSchema reads the schema of a policy store; nil: it has none.
func (s *Store) PolicyStoreSchema(ctx context.Context, id string) (*permission.Schema, error) {
	out, found, err := rows.One(ctx, s.Conn(ctx), func(row rows.Scanner) (*permission.Schema, error) {
		schema := &permission.Schema{StoreID: id}
		var namespaces string
		var created, modified int64
		if err := row.Scan(&schema.Text, &namespaces, &created, &modified); err != nil {
			return nil, err
		}
		schema.CreatedAt, schema.ModifiedAt = rows.Time(created), rows.Time(modified)
		return schema, database.Decode(namespaces, &schema.Namespaces)
	}, "SELECT definition, namespaces, created_at, modified_at FROM policy_store_schemas WHERE store_id = $1", id)
	if err != nil || !found {
		return nil, database.Failed("read schema of policy store", err)
	}
	return out, nil
}

// PutPolicyStoreSchema writes the schema of a policy store; an empty text removes it.
func (s *Store) PutPolicyStoreSchema(ctx context.Context, schema *permission.Schema) error {
	if schema.Text == "" {
		_, err := s.Exec(ctx, "DELETE FROM policy_store_schemas WHERE store_id = $1", schema.StoreID)
		return database.Failed("delete schema of policy store", err)
	}
	namespaces, err := database.Encode(schema.Namespaces)
	if err != nil {
		return err
	}
	_, err = s.Exec(ctx, `INSERT INTO policy_store_schemas (store_id, definition, namespaces, created_at, modified_at) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (store_id) DO UPDATE SET definition = excluded.definition, namespaces = excluded.namespaces, modified_at = excluded.modified_at`,
		schema.StoreID, schema.Text, namespaces, rows.Millis(schema.CreatedAt), rows.Millis(schema.ModifiedAt))
	return database.Failed("write schema of policy store", err)
}

// KeepRepeat writes down what a client token was used for, unless that is known since a time, and then gives that.
func (s *Store) KeepRepeat(ctx context.Context, r permission.Repeat, since time.Time) (*permission.Repeat, error) {
	var before *permission.Repeat
	err := s.Update(ctx, "keep client token", func(ctx context.Context) error {
		before = nil
		n, err := s.Conn(ctx).Exec(ctx, `INSERT INTO policy_store_repeats (token, digest, answer, made_at) VALUES ($1, $2, $3, $4)
			ON CONFLICT (token) DO UPDATE SET digest = excluded.digest, answer = excluded.answer, made_at = excluded.made_at
			WHERE policy_store_repeats.made_at < $5`, r.Token, r.Digest, r.Answer, rows.Millis(r.At), rows.Millis(since))
		if err != nil || n > 0 {
			return err
		}
		found := permission.Repeat{Token: r.Token}
		_, _, err = rows.One(ctx, s.Conn(ctx), func(row rows.Scanner) (int, error) {
			var at int64
			err := row.Scan(&found.Digest, &found.Answer, &at)
			found.At = rows.Time(at)
			return 0, err
		}, "SELECT digest, answer, made_at FROM policy_store_repeats WHERE token = $1"+s.ForUpdate(), r.Token)
		before = &found
		return err
	})
	return before, err
}

// DropRepeats removes client tokens that are forgotten, and aliases whose names are free again.
func (s *Store) DropRepeats(ctx context.Context, now time.Time) error {
	err := s.Drop(ctx, "DELETE FROM policy_store_repeats WHERE token IN (SELECT token FROM policy_store_repeats WHERE made_at < $1 LIMIT $2 + 0)",
		now.Add(-permission.RepeatMemory))
	if err == nil {
		err = s.Drop(ctx, "DELETE FROM policy_store_aliases WHERE name IN (SELECT name FROM policy_store_aliases WHERE deleted_at > 0 AND deleted_at < $1 LIMIT $2 + 0)",
			now.Add(-permission.AliasRest))
	}
	return database.Failed("drop client tokens", err)
}

var (
	_ permission.StoreStore  = (*Store)(nil)
	_ permission.RepeatStore = (*Store)(nil)
)
