package caller

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"

	"cognate.dev/cognate/internal/app/command"
	"cognate.dev/cognate/internal/app/door"
	"cognate.dev/cognate/internal/audit"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/front/pdp"
	"cognate.dev/cognate/internal/front/pdp/admin"
	"cognate.dev/cognate/internal/kit/clock"
	"cognate.dev/cognate/internal/kit/sigv4"
	"cognate.dev/cognate/internal/sts"
	"cognate.dev/cognate/internal/telemetry"
)

// Insiders are who may be told more than a decision.
type Insiders struct {
	Access    *sts.Keys // nil in development
	Now       clock.Clock
	MaxBody   int64         // of a signed request; 0: 4 MiB
	Admin     *admin.Server // nil: no Admin API
	AdminName string        // whom its password belongs to
}

// Admit gives what refuses whoever must not be told more than a decision: in development mode other machines and the pages of
// other sites; else who neither signs with an access key of the house, for the service cognate, nor shows the password of
// the Admin API, where there is one. What pages of other sites make a browser send is refused even with it: browsers remember a password
// and send it along.
func (i Insiders) Admit() func(*http.Request) error {
	if i.Access == nil {
		return func(r *http.Request) error {
			if !door.FromThisMachine(r) || !door.AskedAsThisMachine(r) {
				return fault.Deniedf("Only programs and pages of this machine may ask a development server.")
			}
			return nil
		}
	}
	v := &sigv4.Verifier{Now: i.Now, Services: []string{command.Service}, Keys: secrets(i.Access)}
	most := i.MaxBody
	if most <= 0 {
		most = 4 << 20
	}
	pages := http.NewCrossOriginProtection()
	return func(r *http.Request) error {
		if err := pages.Check(r); err != nil {
			return fault.Deniedf("Pages of other sites may not ask this.").Because(err)
		}
		if i.Admin != nil && !strings.HasPrefix(r.Header.Get("Authorization"), "AWS4-") {
			err := i.Admin.Admit(r)
			if err == nil {
				audit.NoteActor(r.Context(), audit.Operator, i.AdminName)
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

// Guard lets only them pass.
func (i Insiders) Guard(operation string, next http.Handler) http.Handler {
	admit := i.Admit()
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
		door.Say(w, status, map[string]string{"message": f.Text})
	})
}
