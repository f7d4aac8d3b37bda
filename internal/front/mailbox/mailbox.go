// Package mailbox shows what development mode sent instead of delivering it: a page for people, and JSON for tests,
// which may wait for a message instead of asking again and again. It must not be mounted where others can reach it:
// whoever sees it sees every code. Keeping the messages is message/mailbox's.
package mailbox

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"cognate.dev/cognate/internal/message/mailbox"
	"cognate.dev/cognate/internal/telemetry"
)

// Path is where the page is; everything else of this package is below it.
const Path = "/_cognate/mailbox"

// maxWait bounds how long one request may wait for a message.
const maxWait = time.Minute

// Handler serves Path and what is below it. Closing the box answers the requests that wait for a message, so that
// they do not hold up the server's shutdown.
func Handler(box *mailbox.Box) http.Handler {
	h := &handler{box}
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+Path, h.page)
	mux.HandleFunc("GET "+Path+"/messages", h.messages)
	mux.HandleFunc("GET "+Path+"/mailbox.css", asset("mailbox.css", "text/css; charset=utf-8"))
	mux.HandleFunc("GET "+Path+"/mailbox.js", asset("mailbox.js", "text/javascript; charset=utf-8"))
	return mux
}

type handler struct{ box *mailbox.Box }

// wireMessage is a message as tests read it.
type wireMessage struct {
	ID       string    `json:"id"`
	To       string    `json:"to"`
	Medium   string    `json:"medium"` // EMAIL, SMS
	Subject  string    `json:"subject"`
	Body     string    `json:"body"` // HTML for EMAIL
	Code     string    `json:"code"`
	Link     string    `json:"link"`
	Purpose  string    `json:"purpose"`
	PoolID   string    `json:"pool_id"`
	Username string    `json:"username"`
	SentAt   time.Time `json:"sent_at"`
}

// messages answers GET …/messages: newest first. Query: to (exact recipient), after (an id: only newer messages),
// limit, and wait (a duration such as 5s: how long to wait for a first message; none by then is an empty list).
func (h *handler) messages(w http.ResponseWriter, r *http.Request) {
	telemetry.Operation(r.Context(), "messages")
	telemetry.Quiet(r.Context())
	query := r.URL.Query()
	q := mailbox.Query{To: query.Get("to"), After: query.Get("after")}
	var wait time.Duration
	var err error
	if text := query.Get("limit"); text != "" {
		if q.Limit, err = strconv.Atoi(text); err != nil || q.Limit < 1 {
			refuse(w, "limit must be a number from 1 on")
			return
		}
	}
	if text := query.Get("wait"); text != "" {
		if wait, err = time.ParseDuration(text); err != nil || wait < 0 || wait > maxWait {
			refuse(w, "wait must be a duration from 0s to "+maxWait.String())
			return
		}
	}
	found := h.box.List(q)
	if len(found) == 0 && wait > 0 {
		ctx, cancel := context.WithTimeout(r.Context(), wait)
		defer cancel()
		found = h.box.Wait(ctx, q)
	}
	out := struct {
		Messages []wireMessage `json:"messages"`
	}{make([]wireMessage, len(found))}
	for i, e := range found {
		out.Messages[i] = wireMessage{e.ID, e.To, string(e.Medium), e.Subject, e.Body, e.Code, e.Link, string(e.Purpose), e.PoolID, e.Username, e.SentAt}
	}
	write(w, http.StatusOK, out)
}

func refuse(w http.ResponseWriter, text string) {
	write(w, http.StatusBadRequest, map[string]string{"error": text})
}

func write(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false) // nosniff keeps it from being taken for HTML; people read it with curl
	_ = encoder.Encode(body)     // the client may be gone
}
