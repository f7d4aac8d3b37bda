package policy

import (
	"context"

	"cognate.dev/cognate/internal/kit/rows"
	"cognate.dev/cognate/internal/policy/stored"
	"cognate.dev/cognate/internal/store/database"
)

// NextPolicyRevision raises the revision of the policies. Others who do wait until the transaction ends.
func (s *Store) NextPolicyRevision(ctx context.Context) error {
	_, err := s.Exec(ctx, `INSERT INTO policy_revision (id, revision) VALUES (1, 1)
		ON CONFLICT (id) DO UPDATE SET revision = policy_revision.revision + 1`)
	return database.Failed("raise policy revision", err)
}

// PolicyRevision is how many changes there were.
func (s *Store) PolicyRevision(ctx context.Context) (int64, error) {
	n, _, err := rows.One(ctx, s.Conn(ctx), rows.Value[int64], "SELECT revision FROM policy_revision WHERE id = 1")
	return n, database.Failed("read policy revision", err)
}

// Policies gives all policies by id.
func (s *Store) Policies(ctx context.Context) ([]stored.Record, error) {
	list, err := rows.All(ctx, s.Conn(ctx), func(row rows.Scanner) (r stored.Record, err error) {
		var modified int64
		err = row.Scan(&r.ID, &r.Doc, &modified)
		r.ModifiedAt = rows.Time(modified)
		return r, err
	}, "SELECT id, doc, modified_at FROM policies ORDER BY id")
	return list, database.Failed("list policies", err)
}

// PutPolicy adds a policy or replaces the one of its id.
func (s *Store) PutPolicy(ctx context.Context, r stored.Record) error {
	_, err := s.Exec(ctx, `INSERT INTO policies (id, doc, modified_at) VALUES ($1, $2, $3)
		ON CONFLICT (id) DO UPDATE SET doc = excluded.doc, modified_at = excluded.modified_at`, r.ID, r.Doc, rows.Millis(r.ModifiedAt))
	return database.Failed("put policy", err)
}

// DeletePolicy removes a policy and reports whether there was one.
func (s *Store) DeletePolicy(ctx context.Context, id string) (bool, error) {
	n, err := s.Exec(ctx, "DELETE FROM policies WHERE id = $1", id)
	return n > 0, database.Failed("delete policy", err)
}

// PolicySchemas gives all schemas by id.
func (s *Store) PolicySchemas(ctx context.Context) ([]stored.Schema, error) {
	list, err := rows.All(ctx, s.Conn(ctx), func(row rows.Scanner) (out stored.Schema, err error) {
		var definition string
		err = row.Scan(&out.ID, &definition)
		out.Definition = []byte(definition)
		return out, err
	}, "SELECT id, definition FROM policy_schemas ORDER BY id")
	return list, database.Failed("list policy schemas", err)
}

// PutPolicySchema adds a schema or replaces the one of its id.
func (s *Store) PutPolicySchema(ctx context.Context, schema stored.Schema) error {
	_, err := s.Exec(ctx, `INSERT INTO policy_schemas (id, definition) VALUES ($1, $2)
		ON CONFLICT (id) DO UPDATE SET definition = excluded.definition`, schema.ID, string(schema.Definition))
	return database.Failed("put policy schema", err)
}

// DeletePolicySchema removes a schema and reports whether there was one.
func (s *Store) DeletePolicySchema(ctx context.Context, id string) (bool, error) {
	n, err := s.Exec(ctx, "DELETE FROM policy_schemas WHERE id = $1", id)
	return n > 0, database.Failed("delete policy schema", err)
}

var _ stored.Store = (*Store)(nil)
