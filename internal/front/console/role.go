package console

import (
	"context"
	"encoding/json"
	"net"
	"net/http"

	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/identitypool"
	"cognate.dev/cognate/internal/telemetry"
)

// Identities tells which role somebody would come to. *identitypool.Identities does.
type Identities interface {
	Explain(ctx context.Context, q identitypool.Question) (*identitypool.Why, error)
}

// toRole is the way to a role, as the app draws it.
type toRole struct {
	Identity string            `json:"identity,omitempty"`
	Mapping  string            `json:"mapping,omitempty"`
	Type     string            `json:"type,omitempty"`
	Rules    []judged          `json:"rules"`
	Offered  []string          `json:"offered"`
	Way      string            `json:"way,omitempty"`
	Role     string            `json:"role,omitempty"`
	Known    bool              `json:"known"`
	Trusts   bool              `json:"trusts"`
	Tags     map[string]string `json:"tags"`
	Refused  string            `json:"refused,omitempty"`
}

type judged struct {
	Claim string   `json:"claim"`
	Match string   `json:"match"`
	Value string   `json:"value"`
	Role  string   `json:"role"`
	Said  []string `json:"said"`
	Holds bool     `json:"holds"`
}

// role answers POST …/role with {"pool": …, "provider": …, "claims": {…}, "role": …}: which role of an identity pool somebody would come to
// whose token says so, and why. Without a provider it is a guest. Claims are of people, so they stay in the body: addresses are logged.
func (p Parts) role(w http.ResponseWriter, r *http.Request) {
	var q struct {
		Pool     string          `json:"pool"`
		Provider string          `json:"provider"`
		Claims   json.RawMessage `json:"claims"`
		Role     string          `json:"role"`
	}
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxToken)).Decode(&q); err != nil {
		say(w, http.StatusBadRequest, message("This is no JSON with a question, or more than 64 KiB."))
		return
	}
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	why, err := p.Identities.Explain(r.Context(), identitypool.Question{Pool: q.Pool, Provider: q.Provider, Claims: q.Claims, Role: q.Role, Address: host})
	switch f := fault.As(err); {
	case f == nil:
		say(w, http.StatusOK, drawn(why))
	case f.Kind == fault.Missing:
		say(w, http.StatusNotFound, message(f.Text))
	case f.Kind == fault.Invalid:
		say(w, http.StatusBadRequest, message(f.Text))
	default:
		telemetry.Fail(r.Context(), err)
		say(w, http.StatusInternalServerError, message("It could not be found out; see the log."))
	}
}

func drawn(w *identitypool.Why) toRole {
	out := toRole{
		Identity: w.Identity, Mapping: w.Mapping, Type: w.Type, Rules: []judged{}, Offered: list(w.Offered), Way: w.Way, Role: w.Role,
		Known: w.Known, Trusts: w.Trusts, Tags: w.Tags,
	}
	if out.Tags == nil {
		out.Tags = map[string]string{}
	}
	if w.Refused != nil {
		out.Refused = w.Refused.Text
	}
	for _, r := range w.Rules {
		out.Rules = append(out.Rules, judged{Claim: r.Claim, Match: r.Match, Value: r.Value, Role: r.Role, Said: list(r.Said), Holds: r.Holds})
	}
	return out
}

// list is never null.
func list(values []string) []string {
	if values == nil {
		return []string{}
	}
	return values
}
