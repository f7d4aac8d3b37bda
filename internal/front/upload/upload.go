// Package upload takes the files of import jobs at pre-signed URLs and gives the logs of jobs to whoever signs with an
// access key: what S3 and CloudWatch Logs are for Cognito. Errors are XML, as S3 writes them. It leaves the life of jobs to
// transfer/job.
package upload

import (
	"context"
	"encoding/xml"
	"io"
	"net/http"
	"time"

	"cognate.dev/cognate/internal/audit"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/transfer/job"
)

// Config is what the front needs. All of it must be set.
type Config struct {
	Imports *job.Jobs
	// Authenticate refuses a request without the signature of an access key.
	Authenticate func(r *http.Request) error
	// Fail puts the private side of an error on the request's log event, Observe what was asked.
	Fail    func(ctx context.Context, err error)
	Observe func(ctx context.Context, operation string)
}

// Handler answers below job.Path.
func Handler(c Config) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("PUT "+job.Path+"/{pool}/{job}", c.put)
	mux.HandleFunc("GET "+job.Path+"/{pool}/{job}/log", c.log)
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		problem(w, http.StatusNotFound, "NoSuchKey", "There is nothing here. PUT a file at the PreSignedUrl of an import job, or GET …/log.")
	})
	return mux
}

// patience is how long a client may take for so much of a file: a slow line is fine, a stalled one is not.
const (
	patience = 30 * time.Second
	stretch  = 64 << 10
)

func (c Config) put(w http.ResponseWriter, r *http.Request) {
	c.Observe(r.Context(), "PutImportFile")
	pool, id, q := r.PathValue("pool"), r.PathValue("job"), r.URL.Query()
	if err := c.Imports.CheckURL(pool, id, q.Get("expires"), q.Get("signature")); err != nil {
		c.refuse(w, r, err)
		return
	}
	audit.Note(r.Context(), func(rec *audit.Record) {
		rec.Operation, rec.Pool, rec.Resource, rec.Detail = "PutImportFile", pool, "JobId/"+id, map[string]string{"by": "presigned URL"}
	})
	body := &patient{from: r.Body, control: http.NewResponseController(w)}
	if err := c.Imports.Receive(r.Context(), pool, id, body); err != nil {
		w.Header().Set("Connection", "close") // what is left of the file is not read
		c.refuse(w, r, err)
		return
	}
	w.WriteHeader(http.StatusOK)
}

// patient reads a body for as long as something comes.
type patient struct {
	from    io.Reader
	control *http.ResponseController
	left    int
}

func (p *patient) Read(b []byte) (int, error) {
	if p.left <= 0 {
		p.left = stretch
		if err := p.control.SetReadDeadline(time.Now().Add(patience)); err != nil {
			return 0, err
		}
	}
	n, err := p.from.Read(b)
	p.left -= n
	return n, err
}

func (c Config) log(w http.ResponseWriter, r *http.Request) {
	c.Observe(r.Context(), "GetImportLog")
	if err := c.Authenticate(r); err != nil {
		c.Fail(r.Context(), err)
		problem(w, http.StatusForbidden, "AccessDenied", "Sign the request with an access key, for the service cognito-idp.")
		return
	}
	pool, id := r.PathValue("pool"), r.PathValue("job")
	text, line, err := c.Imports.Log(r.Context(), pool, id, 0)
	if err != nil {
		c.refuse(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	for text != "" {
		if _, err := io.WriteString(w, text); err != nil { //nolint:gosec // plain text, and said to be
			return // the reader is gone
		}
		if text, line, err = c.Imports.Log(r.Context(), pool, id, line); err != nil {
			c.Fail(r.Context(), err)
			panic(http.ErrAbortHandler) // half a log must not look like a whole one
		}
	}
}

// refuse translates a fault.
func (c Config) refuse(w http.ResponseWriter, r *http.Request, err error) {
	f := fault.As(err)
	c.Fail(r.Context(), err)
	audit.Note(r.Context(), func(rec *audit.Record) { rec.Outcome = string(f.Kind) })
	switch f.Kind {
	case fault.Denied:
		problem(w, http.StatusForbidden, "AccessDenied", f.Text)
	case fault.Missing:
		problem(w, http.StatusNotFound, "NoSuchKey", f.Text)
	case fault.Limited:
		problem(w, http.StatusBadRequest, "EntityTooLarge", f.Text)
	case fault.Invalid:
		problem(w, http.StatusBadRequest, "IncompleteBody", f.Text)
	case fault.Precondition:
		problem(w, http.StatusConflict, "InvalidObjectState", f.Text)
	default:
		problem(w, http.StatusInternalServerError, "InternalError", "Something went wrong on our side. Please try again later.")
	}
}

// problem writes an error as S3 does. https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
func problem(w http.ResponseWriter, status int, code, message string) {
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, xml.Header) // the asker may be gone; there is nobody to tell
	_ = xml.NewEncoder(w).Encode(struct {
		XMLName xml.Name `xml:"Error"`
		Code    string
		Message string
	}{Code: code, Message: message})
}
