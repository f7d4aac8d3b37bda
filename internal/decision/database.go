package decision

import (
	"context"
	"slices"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
)

// Record is an entry as the store keeps it. The ids of records sort by time, and are not those of calls.
type Record struct {
	ID, CallID string
	At         time.Time
	Principal  string
	Kinds      []string // of the resources
	Denied     bool     // something was
	Doc        string   // protobuf JSON
}

// Query chooses records; what is empty chooses all.
type Query struct {
	CallID, Principal, Kind string
	Denied                  *bool
	Since, Until            time.Time // from, and before
	After                   string    // an id: only records that are older
	Limit                   int
}

// Store keeps records.
type Store interface {
	InsertDecisions(ctx context.Context, records []Record) error
	Decisions(ctx context.Context, q Query) ([]Record, error) // newest first
	DropDecisions(ctx context.Context, before time.Time) error
}

// database is a sink and can be asked.
type database struct {
	store Store
	id    func(time.Time) string
}

// NewDatabase writes to a store. The id makes one for a time; later ones must sort later.
func NewDatabase(store Store, id func(time.Time) string) Sink { return &database{store, id} }

// Write is Sink's, as Close.
func (d *database) Write(ctx context.Context, entries []*Entry) error {
	records := make([]Record, len(entries))
	for i, e := range entries {
		raw, err := protojson.Marshal(e)
		if err != nil {
			return err
		}
		at := e.GetTimestamp().AsTime()
		records[i] = Record{ID: d.id(at), CallID: e.GetCallId(), At: at, Principal: principalOf(e), Kinds: kindsOf(e), Denied: Denied(e), Doc: string(raw)}
	}
	return d.store.InsertDecisions(ctx, records)
}

func (d *database) Close() error { return nil }

func principalOf(e *Entry) string {
	if p := e.GetPlanResources(); p != nil {
		return p.GetInput().GetPrincipal().GetId()
	}
	for _, in := range e.GetCheckResources().GetInputs() {
		return in.GetPrincipal().GetId()
	}
	return ""
}

func kindsOf(e *Entry) (kinds []string) {
	if p := e.GetPlanResources(); p != nil {
		return []string{p.GetInput().GetResource().GetKind()}
	}
	for _, in := range e.GetCheckResources().GetInputs() {
		kinds = append(kinds, in.GetResource().GetKind())
	}
	slices.Sort(kinds)
	return slices.Compact(kinds)
}

// Parse reads the entry of a record.
func (r Record) Parse() (*Entry, error) {
	e := &Entry{}
	return e, (protojson.UnmarshalOptions{DiscardUnknown: true}).Unmarshal([]byte(r.Doc), e)
}
