package mailbox

import (
	"bytes"
	"embed"
	"html/template"
	"net/http"
	"strings"
	"time"

	"cognate.dev/cognate/internal/message"
	"cognate.dev/cognate/internal/message/mailbox"
	"cognate.dev/cognate/internal/telemetry"
)

//go:embed mailbox.html mailbox.css mailbox.js
var files embed.FS

var pageTemplate = template.Must(template.ParseFS(files, "mailbox.html"))

// maxShown is how many messages the page shows at once; the search reaches the others.
const maxShown = 100

// policy lets the page load its own style and script and talk to its own server, and nothing else.
const policy = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src data:; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

type view struct {
	Path, Search string
	Last         string // id of the newest message, whether it is shown or not
	Shown        []shown
	More         bool
}

type shown struct {
	mailbox.Entry
	Title string // what the message is about
	Text  string
	Clock string
	Sent  string // RFC 3339
}

func (h *handler) page(w http.ResponseWriter, r *http.Request) {
	telemetry.Operation(r.Context(), "page")
	telemetry.Quiet(r.Context()) // an open page asks for itself again and again
	v := view{Path: Path, Search: strings.TrimSpace(r.URL.Query().Get("to"))}
	found := h.box.List(mailbox.Query{Search: v.Search, Limit: maxShown + 1})
	if v.More = len(found) > maxShown; v.More {
		found = found[:maxShown]
	}
	if newest := h.box.List(mailbox.Query{Limit: 1}); len(newest) == 1 {
		v.Last = newest[0].ID
	}
	for _, e := range found {
		at := e.SentAt.Local()
		v.Shown = append(v.Shown, shown{e, title(e.Message), text(e.Message), at.Format("2 Jan 15:04:05"), at.Format(time.RFC3339)})
	}
	var buffer bytes.Buffer // so that a template that fails leaves no half page
	if err := pageTemplate.Execute(&buffer, v); err != nil {
		telemetry.Fail(r.Context(), err)
		http.Error(w, "Internal server error", http.StatusInternalServerError)
		return
	}
	headers(w, "text/html; charset=utf-8", "no-store")
	w.Header().Set("Content-Security-Policy", policy)
	w.Header().Set("Referrer-Policy", "no-referrer")
	_, _ = buffer.WriteTo(w)
}

// title is the subject, or for a text message what it is for.
func title(m message.Message) string {
	if m.Subject != "" {
		return m.Subject
	}
	switch m.Purpose {
	case message.Invitation:
		return "Invitation"
	case message.Authentication:
		return "Sign-in code"
	}
	return "Verification code"
}

func text(m message.Message) string {
	if m.Medium == message.Email {
		return message.PlainText(m.Body)
	}
	return strings.TrimSpace(m.Body)
}

func asset(name, contentType string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		telemetry.Operation(r.Context(), "asset")
		telemetry.Quiet(r.Context())
		headers(w, contentType, "no-cache")
		http.ServeFileFS(w, r, files, name)
	}
}

func headers(w http.ResponseWriter, contentType, cache string) {
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Cache-Control", cache)
	w.Header().Set("X-Content-Type-Options", "nosniff")
}
