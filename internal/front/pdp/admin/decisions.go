package admin

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"time"

	requestv1 "github.com/cerbos/cerbos/api/genpb/cerbos/request/v1"
	responsev1 "github.com/cerbos/cerbos/api/genpb/cerbos/response/v1"
	svcv1 "github.com/cerbos/cerbos/api/genpb/cerbos/svc/v1"
	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"github.com/grpc-ecosystem/grpc-gateway/v2/utilities"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"

	"cognate.dev/cognate/internal/decision"
	"cognate.dev/cognate/internal/telemetry"
)

// Decisions finds what the decision log keeps. decision.Store is one.
type Decisions interface {
	Decisions(ctx context.Context, q decision.Query) ([]decision.Record, error)
}

// DecisionsPath lists decisions, newest first. Query: call, principal, kind, denied (true, false), since and until (RFC
// 3339, or a duration back from now), limit (up to 1000) and after (the next of an answer before).
const DecisionsPath = "/_cognate/decisions"

// most is how many decisions one answer holds.
const most = 1000

// List serves DecisionsPath. It tells what everybody asked and what is known of them: guard it.
func List(d Decisions, now func() time.Time) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		telemetry.Operation(r.Context(), "ListDecisions")
		if r.Method != http.MethodGet {
			w.Header().Set("Allow", http.MethodGet)
			tell(w, http.StatusMethodNotAllowed, map[string]string{"message": "Use GET."})
			return
		}
		q, problem := queryOf(r.URL.Query(), now())
		if problem != "" {
			tell(w, http.StatusBadRequest, map[string]string{"message": problem})
			return
		}
		q.Limit++ // one more says whether there is more
		found, err := d.Decisions(r.Context(), q)
		if err != nil {
			telemetry.Fail(r.Context(), err)
			tell(w, http.StatusInternalServerError, map[string]string{"message": "The decisions could not be read; see the log."})
			return
		}
		answer := struct {
			Decisions []json.RawMessage `json:"decisions"`
			Next      string            `json:"next,omitempty"`
		}{Decisions: []json.RawMessage{}}
		if len(found) == q.Limit {
			found = found[:len(found)-1]
			answer.Next = found[len(found)-1].ID
		}
		for _, one := range found {
			answer.Decisions = append(answer.Decisions, json.RawMessage(one.Doc))
		}
		tell(w, http.StatusOK, answer)
	})
}

func tell(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the asker may be gone
}

// queryOf reads a query; the problem is empty when it is good. An unknown parameter is one: a misspelt filter would
// show what it was to leave out.
func queryOf(values url.Values, now time.Time) (q decision.Query, problem string) {
	q.Limit = 100
	for name := range values {
		text, err := values.Get(name), error(nil)
		switch name {
		case "call":
			q.CallID = text
		case "principal":
			q.Principal = text
		case "kind":
			q.Kind = text
		case "after":
			q.After = text
		case "denied":
			var denied bool
			denied, err = strconv.ParseBool(text)
			q.Denied = &denied
		case "since":
			q.Since, err = moment(text, now)
		case "until":
			q.Until, err = moment(text, now)
		case "limit":
			q.Limit, err = strconv.Atoi(text)
			if err == nil && (q.Limit < 1 || q.Limit > most) {
				return q, "limit must be from 1 to 1000."
			}
		default:
			return q, "There is no parameter " + strconv.Quote(name) + "."
		}
		if err != nil {
			return q, "The value of " + name + " is not understood."
		}
	}
	return q, ""
}

func moment(text string, now time.Time) (time.Time, error) {
	if back, err := time.ParseDuration(text); err == nil {
		return now.Add(-back), nil
	}
	return time.Parse(time.RFC3339, text)
}

// ListAuditLogEntries is svcv1.CerbosAdminServiceServer's: decisions only, since there is no log of accesses.
func (s *Server) ListAuditLogEntries(req *requestv1.ListAuditLogEntriesRequest, stream svcv1.CerbosAdminService_ListAuditLogEntriesServer) error {
	return s.entries(stream.Context(), req, stream.Send)
}

func (s *Server) entries(ctx context.Context, req *requestv1.ListAuditLogEntriesRequest, send func(*responsev1.ListAuditLogEntriesResponse) error) error {
	if err := s.admit(ctx, req); err != nil {
		return err
	}
	switch {
	case s.parts.Decisions == nil:
		return status.Error(codes.Unimplemented, "Audit logs are not enabled")
	case req.GetKind() == requestv1.ListAuditLogEntriesRequest_KIND_ACCESS:
		return status.Error(codes.Unimplemented, "Audit log backend does not support querying")
	case req.GetKind() != requestv1.ListAuditLogEntriesRequest_KIND_DECISION:
		return status.Error(codes.InvalidArgument, "Unknown log stream kind")
	}
	q, left := decision.Query{Limit: most}, -1 // all
	switch f := req.GetFilter().(type) {
	case *requestv1.ListAuditLogEntriesRequest_Tail:
		left = int(f.Tail)
	case *requestv1.ListAuditLogEntriesRequest_Between:
		q.Since, q.Until = f.Between.GetStart().AsTime(), f.Between.GetEnd().AsTime()
	case *requestv1.ListAuditLogEntriesRequest_Since:
		q.Since = time.Now().Add(-f.Since.AsDuration())
	case *requestv1.ListAuditLogEntriesRequest_Lookup:
		q.CallID = f.Lookup
	}
	for {
		if left >= 0 {
			q.Limit = min(left, most)
		}
		found, err := s.parts.Decisions.Decisions(ctx, q)
		if err != nil {
			return s.failed(ctx, err, "Iterator failure")
		}
		for _, one := range found {
			e, err := one.Parse()
			if err != nil {
				return s.failed(ctx, err, "Iterator failure")
			}
			if err := send(&responsev1.ListAuditLogEntriesResponse{Entry: &responsev1.ListAuditLogEntriesResponse_DecisionLogEntry{DecisionLogEntry: e}}); err != nil {
				return err
			}
			q.After = one.ID
		}
		if left >= 0 {
			left -= len(found)
		}
		if left == 0 || len(found) < q.Limit {
			return nil
		}
	}
}

// auditLog serves the stream by HTTP: the in-process gateway has no streams. Each line is an object, as Cerbos' is.
func (s *Server) auditLog(w http.ResponseWriter, r *http.Request) {
	ctx := metadata.NewIncomingContext(r.Context(), metadata.Pairs("authorization", r.Header.Get("Authorization")))
	req := &requestv1.ListAuditLogEntriesRequest{}
	kind := r.PathValue("kind")
	req.Kind = requestv1.ListAuditLogEntriesRequest_Kind(requestv1.ListAuditLogEntriesRequest_Kind_value[kind])
	w.Header().Set("Content-Type", "application/json")
	began := false
	line := func(name string, body []byte) error {
		began = true
		return json.NewEncoder(w).Encode(map[string]json.RawMessage{name: body})
	}
	err := runtime.PopulateQueryParameters(req, r.URL.Query(), &utilities.DoubleArray{})
	if err != nil {
		err = status.Error(codes.InvalidArgument, err.Error())
	} else {
		err = s.entries(ctx, req, func(e *responsev1.ListAuditLogEntriesResponse) error {
			raw, err := protojson.Marshal(e)
			if err != nil {
				return err
			}
			return line("result", raw)
		})
	}
	if err == nil {
		return
	}
	st := status.Convert(err)
	if !began {
		w.WriteHeader(runtime.HTTPStatusFromCode(st.Code()))
	}
	if raw, err := protojson.Marshal(st.Proto()); err == nil {
		_ = line("error", raw) // the asker may be gone
	}
}
