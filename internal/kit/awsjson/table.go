package awsjson

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
)

// Table maps operations to handlers. Fill it with Declare and Handle before use; reading is then safe concurrently.
type Table struct{ rows map[string]*Row }

// Row is one operation of a table.
type Row struct {
	Spec
	call func(ctx context.Context, body []byte, out *bytes.Buffer) error
}

// NewTable makes an empty table.
func NewTable() *Table { return &Table{rows: map[string]*Row{}} }

// Declare makes operations known that may have no handler, so that their names are not mistaken for unknown ones.
func (t *Table) Declare(specs ...Spec) {
	for _, s := range specs {
		if _, ok := t.rows[s.Key()]; !ok {
			t.rows[s.Key()] = &Row{Spec: s}
		}
	}
}

// Lookup finds the operation that an X-Amz-Target names.
func (t *Table) Lookup(target string) (*Row, bool) {
	r, ok := t.rows[target]
	return r, ok
}

// Rows lists all operations, in no order.
func (t *Table) Rows() []*Row {
	rows := make([]*Row, 0, len(t.rows))
	for _, r := range t.rows {
		rows = append(rows, r)
	}
	return rows
}

// Served reports whether the operation has a handler.
func (r *Row) Served() bool { return r.call != nil }

// Call decodes and checks body, runs the handler and appends its answer to out. Errors are *SerializationError,
// *ValidationError or whatever the handler returned; out is untouched then. It must not be called when Served is false.
func (r *Row) Call(ctx context.Context, body []byte, out *bytes.Buffer) error {
	return r.call(ctx, body, out)
}

// Handle puts the handler of an operation into the table. Like http.ServeMux it panics when the operation has a
// handler already, or when In is no type that can be decoded: both are mistakes in the program, seen at its start.
func Handle[In, Out any](t *Table, op Operation[In, Out], fn func(context.Context, *In) (*Out, error)) {
	d, err := NewDecoder[In]()
	if err != nil {
		panic(err)
	}
	if r, ok := t.rows[op.Key()]; ok && r.Served() {
		panic(fmt.Sprintf("awsjson: %s has two handlers", op.Key()))
	}
	call := func(ctx context.Context, body []byte, out *bytes.Buffer) error {
		in, err := d.Decode(body)
		if err != nil {
			return err
		}
		if err := Validate(in); err != nil {
			return err
		}
		see, _ := ctx.Value(seeKey{}).(func(in, out any))
		if see != nil {
			see(in, nil)
		}
		answer, err := fn(ctx, in)
		if err != nil {
			return err
		}
		if see != nil && answer != nil {
			see(in, answer)
		}
		if answer == nil {
			answer = new(Out)
		}
		return Encode(out, answer)
	}
	t.rows[op.Key()] = &Row{Spec: op.Spec, call: call}
}

type seeKey struct{}

// WithSeer makes a context in which see is shown what is called: the input (a pointer to its struct) once it is decoded and
// checked, and again with the output once there is one. It must change neither.
func WithSeer(ctx context.Context, see func(in, out any)) context.Context {
	return context.WithValue(ctx, seeKey{}, see)
}

// Validate checks a request against its model when it is a Validator; the error is a *ValidationError.
func Validate(in any) error {
	checked, ok := in.(Validator)
	if !ok {
		return nil
	}
	var v Violations
	checked.Validate(&v)
	return v.Err()
}

// Encode appends v as compact JSON, without HTML escaping and without a final newline.
func Encode(out *bytes.Buffer, v any) error {
	start := out.Len()
	e := json.NewEncoder(out)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		out.Truncate(start)
		return fmt.Errorf("awsjson: encode: %w", err)
	}
	out.Truncate(out.Len() - 1)
	return nil
}
