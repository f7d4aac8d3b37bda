package console

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"cognate.dev/cognate/internal/audit"
	"cognate.dev/cognate/internal/auxdata"
	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/telemetry"
)

// maxToken bounds the body of a question about a token. Tokens are headers of requests, and those are bounded too.
const maxToken = 64 << 10

// maxRecords is how many records one answer holds.
const maxRecords = 200

// Records finds records of the audit log, newest first.
type Records interface {
	FindAudit(ctx context.Context, q audit.Query) ([]audit.Row, error)
}

// Tokens verifies tokens of our own user pools. *auxdata.Pools is one.
type Tokens interface {
	VerifyOf(ctx context.Context, raw string, live bool) (payload []byte, pool *directory.Pool, err error)
}

// records answers with pages of the audit log; nil when there is none. Query: operation, actor, pool, client, user, outcome,
// failed (true), since and until (RFC 3339), limit, and after (the next of an answer before).
func (p Parts) records() http.Handler {
	if p.Records == nil {
		return nil
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		q, err := recordsOf(r.URL.Query())
		if err != nil {
			say(w, http.StatusBadRequest, message(err.Error()+"."))
			return
		}
		q.Limit++ // one more says whether there is more
		rows, err := p.Records.FindAudit(r.Context(), q)
		if err != nil {
			telemetry.Fail(r.Context(), err)
			say(w, http.StatusInternalServerError, message("The records could not be read; see the log."))
			return
		}
		answer := struct {
			Records []json.RawMessage `json:"records"`
			Next    string            `json:"next,omitempty"`
		}{Records: []json.RawMessage{}}
		if len(rows) == q.Limit {
			rows = rows[:len(rows)-1]
			last := rows[len(rows)-1]
			answer.Next = fmt.Sprintf("%d.%d.%s", last.At.UnixMilli(), last.Seq, last.Chain)
		}
		for _, row := range rows {
			answer.Records = append(answer.Records, json.RawMessage(row.Doc))
		}
		say(w, http.StatusOK, answer)
	})
}

func recordsOf(v url.Values) (q audit.Query, err error) {
	q = audit.Query{
		Operation: v.Get("operation"), Actor: v.Get("actor"), Pool: v.Get("pool"), Client: v.Get("client"), User: v.Get("user"),
		Outcome: v.Get("outcome"), Failed: v.Get("failed") == "true",
	}
	if q.Limit, err = number(v.Get("limit"), maxRecords); err != nil {
		return q, err
	}
	for name, to := range map[string]*time.Time{"since": &q.Since, "until": &q.Until} {
		if text := v.Get(name); text != "" {
			if *to, err = time.Parse(time.RFC3339, text); err != nil {
				return q, fmt.Errorf("%s is no time such as 2026-01-31T12:00:00Z", name)
			}
		}
	}
	if text := v.Get("after"); text != "" {
		var at int64
		if _, err := fmt.Sscanf(text, "%d.%d.%s", &at, &q.Before.Seq, &q.Before.Chain); err != nil {
			return q, errors.New("after is none that an answer gave")
		}
		q.Before.At = time.UnixMilli(at).UTC()
	}
	return q, nil
}

// verdict is what a token of ours is worth now.
type verdict struct {
	Verdict string `json:"verdict"` // live, ended (revoked, or what it stands on is gone), expired, forged, foreign (not of a pool here), malformed
	Pool    string `json:"pool,omitempty"`
	Name    string `json:"poolName,omitempty"`
}

// token answers POST …/token with {"token": …}. The token stays in the body: addresses are logged.
func (p Parts) token(w http.ResponseWriter, r *http.Request) {
	var q struct {
		Token string `json:"token"`
	}
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxToken)).Decode(&q); err != nil {
		say(w, http.StatusBadRequest, message("This is no JSON with a token, or more than 64 KiB."))
		return
	}
	payload, pool, err := p.Tokens.VerifyOf(r.Context(), q.Token, true)
	if fault.Is(err, fault.Unavailable, "") {
		telemetry.Fail(r.Context(), err)
		say(w, http.StatusServiceUnavailable, message(fault.As(err).Text))
		return
	}
	v := verdict{Verdict: worth(payload, pool != nil, err, p.Now())}
	if pool != nil {
		v.Pool, v.Name = pool.ID, pool.Name
	}
	say(w, http.StatusOK, v)
}

// worth says in a word what came out of verifying a token.
func worth(payload []byte, ours bool, err error, now time.Time) string {
	var c struct {
		Expires int64 `json:"exp"`
	}
	switch {
	case !ours && err != nil:
		return "malformed"
	case !ours:
		return "foreign"
	case errors.Is(err, auxdata.ErrDead):
		return "ended"
	case err != nil:
		return "forged"
	case json.Unmarshal(payload, &c) != nil || !now.Before(time.Unix(c.Expires, 0)):
		return "expired"
	}
	return "live"
}

func say(w http.ResponseWriter, status int, body any) {
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the asker may be gone; there is nobody to tell
}
