package oauth

import (
	"context"
	"errors"
	"net/http"

	"cognate.dev/cognate/internal/audit"
	"cognate.dev/cognate/internal/authorize"
	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
)

// note puts a request that is to be recorded on its act. Codes that the authorization endpoint gives out are noted where
// they are made.
func note(r *http.Request, to route, site authorize.Site, request string) {
	audit.Note(r.Context(), func(rec *audit.Record) {
		rec.Pool, rec.Request = site.Pool.ID, request
		if to.changes {
			rec.Operation = to.name
		}
	})
}

// noteClient notes the client that a request has proven to come from; a public one proves nothing.
func noteClient(ctx context.Context, c *directory.Client) {
	audit.Note(ctx, func(rec *audit.Record) {
		rec.Client = c.ID
		if len(c.Secrets) > 0 {
			rec.Actor = audit.Actor{Kind: audit.Client, ID: c.ID}
		}
	})
}

// noteGrant notes the way to tokens, by its name.
func noteGrant(ctx context.Context, kind string) {
	audit.Note(ctx, func(rec *audit.Record) {
		rec.Detail = map[string]string{"grant": kind}
		rec.Refresh = kind == "refresh_token"
	})
}

// noteRefusal notes why not. What was turned away because there is too much of it was not tried.
func noteRefusal(ctx context.Context, err error) {
	if err == nil {
		return
	}
	audit.Note(ctx, func(rec *audit.Record) {
		refusal := (*authorize.Refusal)(nil)
		switch {
		case fault.Is(err, fault.Throttled, ""):
			rec.Operation = ""
		case errors.As(err, &refusal):
			rec.Outcome = refusal.Code
		default:
			rec.Outcome = authorize.ServerError
		}
	})
}
