package app

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"

	"cognate.dev/cognate/internal/audit"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/front/pdp"
	"cognate.dev/cognate/internal/kit/sigv4"
	"cognate.dev/cognate/internal/telemetry"
)

// The credential scope of what operators sign. The region is not checked; it has to be one.
const (
	operatorService = "cognate"
	operatorRegion  = "us-east-1"
)

// insider refuses whoever must not be told more than a decision: in development mode other machines and the pages of
// other sites; else who neither signs with an access key of the house, for the service cognate, nor shows the password of
// the Admin API, where there is one. What pages of other sites make a browser send is refused even with it: browsers remember a password
// and send it along.
func (h *house) insider() func(*http.Request) error {
	if h.access == nil {
		return func(r *http.Request) error {
			if !fromThisMachine(r) || !askedAsThisMachine(r) {
				return fault.Deniedf("Only programs and pages of this machine may ask a development server.")
			}
			return nil
		}
	}
	v := &sigv4.Verifier{Now: h.clock.Now, Services: []string{operatorService}, Keys: secrets(h.access)}
	most := h.cfg.Decisions.MaxBody
	if most <= 0 {
		most = 4 << 20
	}
	pages := http.NewCrossOriginProtection()
	return func(r *http.Request) error {
		if err := pages.Check(r); err != nil {
			return fault.Deniedf("Pages of other sites may not ask this.").Because(err)
		}
		if h.admin != nil && !strings.HasPrefix(r.Header.Get("Authorization"), "AWS4-") {
			err := h.admin.Admit(r)
			if err == nil {
				audit.NoteActor(r.Context(), audit.Operator, h.cfg.Policy.Admin.Username)
			}
			return err
		}
		body, err := signedBody(r, most)
		if err != nil {
			return err
		}
		who, err := v.Verify(r, body)
		if err != nil {
			return fault.Deniedf("Sign the request with an access key of this server, for the service cognate.").Because(err)
		}
		if id, ok := who.Principal.(string); ok {
			telemetry.Add(r.Context(), slog.String("access_key_id", id))
			audit.NoteActor(r.Context(), audit.Key, id)
		}
		return nil
	}
}

// signedBody reads the body that a signature is about, and puts it back for the handler. Nothing is read for a stranger
// who claims no signature.
func signedBody(r *http.Request, most int64) ([]byte, error) {
	if r.Header.Get("Authorization") == "" || r.Body == nil {
		return nil, nil
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, most+1))
	switch {
	case err != nil:
		return nil, fault.Deniedf("The body could not be read.").Because(err)
	case int64(len(body)) > most:
		return nil, fault.Deniedf("The body is too large to be signed.").Because(errors.New("larger than max_body"))
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	return body, nil
}

// guarded lets only insiders pass.
func (h *house) guarded(operation string, next http.Handler) http.Handler {
	admit := h.insider()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		err := admit(r)
		if err == nil {
			next.ServeHTTP(w, r)
			return
		}
		telemetry.Operation(r.Context(), operation)
		telemetry.Fail(r.Context(), err)
		f, status := fault.As(err), http.StatusForbidden
		if f.Subject == fault.Password {
			status = http.StatusUnauthorized
			w.Header().Set("WWW-Authenticate", pdp.Challenge)
		}
		say(w, status, map[string]string{"message": f.Text})
	})
}

// noForeignPages refuses what pages of other sites make a browser send: it may remember the password of the Admin API and
// send it along.
func noForeignPages(next http.Handler) http.Handler {
	pages := http.NewCrossOriginProtection()
	pages.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		say(w, http.StatusForbidden, map[string]string{"message": "Pages of other sites may not ask this."})
	}))
	return pages.Handler(next)
}
