package app

import (
	"context"
	"log/slog"
	"net/http"

	"cognate.dev/cognate/internal/authorize"
	"cognate.dev/cognate/internal/branding"
	"cognate.dev/cognate/internal/front/asset"
	"cognate.dev/cognate/internal/front/aws"
	"cognate.dev/cognate/internal/front/aws/cognitoidentity"
	"cognate.dev/cognate/internal/front/aws/cognitoidp"
	"cognate.dev/cognate/internal/front/aws/verifiedpermissions"
	"cognate.dev/cognate/internal/front/mailbox"
	"cognate.dev/cognate/internal/front/pdp"
	workspacefront "cognate.dev/cognate/internal/front/workspace"
	"cognate.dev/cognate/internal/policy"
	"cognate.dev/cognate/internal/telemetry"
	"cognate.dev/cognate/internal/transfer/job"
)

// cognito is the handler of the main port: the AWS protocol, key sets and discovery, and our own endpoints.
func (h *house) cognito(r *rooms) (http.Handler, error) {
	pages, err := h.pages(r)
	if err != nil {
		return nil, err
	}
	table := aws.NewTable()
	cognitoidp.Register(table, &cognitoidp.Service{
		Account: h.cfg.Account, PoolParts: r.poolParts(), Directory: r.directory, Accounts: r.accounts, SignIn: r.signin,
		Factors: r.factors, Tokens: r.verifier, SignedIn: &authorize.Sessions{Tokens: r.sessions, Browsers: r.authorizer.Browser},
		Machine: authorize.Machine{Tokens: r.minter, Scopes: r.authorizer.Scopes},
	})
	verifiedpermissions.Register(table, h.permissionService(r))
	cognitoidentity.Register(table, &cognitoidentity.Service{Account: h.cfg.Account, Room: r.identities})
	front := aws.New(aws.Config{
		Auth: h.auth, Decide: h.authority.Decide, PolicyStore: r.permissions.Resolve, Observe: observe, Admit: h.admission.Operation, Region: h.cfg.Region, MaxBody: int64(h.cfg.MaxBody), Gate: r.gate, Now: h.clock.Now,
	}, table)
	mux := http.NewServeMux()
	mux.Handle("/{$}", h.byProtocol(r, h.told.Watch("aws", h.audit.Watch("aws", front))))
	mux.Handle(identityPath+"/", h.told.Watch("identity", cognitoidentity.Documents(r.identities.Tokens, identityPath, h.public+identityPath)))
	admin := h.told.Watch("workspace", h.audit.Watch("workspace", h.workspaceAPI(r)))
	for _, path := range []string{workspacefront.AdminPath, workspacefront.SystemPath, workspacefront.HubPath} {
		mux.Handle(path, admin)
	}
	mux.Handle("/", h.told.Watch("ops", http.HandlerFunc(nothing)))
	mux.Handle(branding.Images, h.told.Watch("asset", asset.Handler(r.branding.Looks, telemetry.Fail)))
	mux.Handle(job.Path+"/", h.told.Watch("import", h.audit.Watch("import", h.importFiles(r))))
	h.operate(mux)
	if err := h.console(mux, r, pages); err != nil {
		return nil, err
	}
	if h.box != nil {
		mux.Handle("/_cognate/mailbox", h.told.Watch("mailbox", mailbox.Handler(h.box)))
		mux.Handle("/_cognate/mailbox/", h.told.Watch("mailbox", mailbox.Handler(h.box)))
		mux.Handle("/_cognate/reset", h.told.Watch("ops", http.HandlerFunc(h.reset)))
		if err := h.storybook(mux, pages); err != nil {
			return nil, err
		}
	}
	return h.sites(r, pages, mux), nil
}

// observe puts what the AWS front knows on the request's log event.
func observe(ctx context.Context, e aws.Event) {
	telemetry.Operation(ctx, e.Operation)
	telemetry.Add(ctx,
		slog.String("service", e.Service), slog.String("exception", e.Exception), slog.String("request_id", e.RequestID),
		slog.String("region", e.Region), slog.String("access_key_id", e.AccessKeyID))
	if e.Cause != nil {
		telemetry.Fail(ctx, e.Cause)
	}
}

// observeDecision does the same for the decision point, and counts.
func (h *house) observeDecision(ctx context.Context, e pdp.Event) {
	telemetry.Operation(ctx, e.Method)
	telemetry.Add(ctx,
		slog.String("call_id", e.CallID), slog.String("principal", e.Principal), slog.String("enrichment", e.Trace.String()),
		slog.Int("resources", e.Resources), slog.Int("allowed", e.Allowed), slog.Int("denied", e.Denied))
	h.told.Metrics.Decided("cerbos", e.Allowed, e.Denied)
	if err := e.Trace.Err(); err != nil && e.Err == nil {
		telemetry.Add(ctx, slog.String("enrichment_error", err.Error())) // a decision was made all the same
	}
	if e.Err != nil {
		telemetry.Fail(ctx, e.Err)
	}
}

// loaded tells of each attempt to take policies into use.
func (h *house) loaded(s policy.Status) {
	h.told.Metrics.PoliciesLoaded(s.LoadedAt, s.Err)
	if s.Err != nil {
		h.told.Log.Error("the policies in the folder are not in use", "error", s.Err, "in_use", s.Version)
		return
	}
	h.told.Log.Info("policies in use", "version", s.Version, "files", s.Files)
}
