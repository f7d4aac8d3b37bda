package app

import (
	"context"
	"net/http"
	"time"

	"cognate.dev/cognate/internal/app/caller"
	"cognate.dev/cognate/internal/front/upload"
	"cognate.dev/cognate/internal/telemetry"
	"cognate.dev/cognate/internal/transfer"
	"cognate.dev/cognate/internal/transfer/job"
)

// door takes people in who come in numbers.
func (g *ground) door(r *rooms) *transfer.Door {
	d := r.directory
	return &transfer.Door{Users: d.Users, Passwords: d.Passwords, Groups: d.Groups, Tokens: r.factors, Tx: g.store}
}

// furnishImports builds what runs import jobs. The directory and factors are there.
func (g *ground) furnishImports(r *rooms) {
	r.imports = job.New(job.Parts{
		Config: g.cfg.Import, Store: g.store, Files: g.store, Pools: r.directory.Pools, Door: g.door(r), Cursors: g.keys,
		Digests: g.keys, Public: g.public, Now: g.clock.Now,
		Rouse: func() {
			select {
			case g.importsDue <- struct{}{}:
			default: // somebody is about to look
			}
		},
		Failed: func(ctx context.Context, j *job.Job, err error) {
			id := ""
			if j != nil {
				id = j.ID
			}
			g.told.Log.ErrorContext(ctx, "an import job stands still and is tried again", "job", id, "error", err)
		},
	})
}

// lookForImports is how often a node looks for import jobs that another one left behind.
const lookForImports = 5 * time.Second

// importUsers works on import jobs until ctx ends. It asks for the rooms each time: a development server that starts over
// has new ones.
func (h *house) importUsers(ctx context.Context) error {
	tick := time.NewTicker(lookForImports)
	defer tick.Stop()
	for {
		h.rooms.Load().imports.Work(ctx)
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		case <-h.importsDue:
		}
	}
}

// importFiles takes the files of import jobs and gives their logs.
func (h *house) importFiles(r *rooms) http.Handler {
	return upload.Handler(upload.Config{
		Imports: r.imports, Fail: telemetry.Fail, Observe: telemetry.Operation,
		Authenticate: func(req *http.Request) error {
			_, err := caller.Administrator(h.auth, req, nil, "cognito-idp")
			return err
		},
	})
}
