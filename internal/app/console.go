package app

import (
	"net/http"

	"cognate.dev/cognate/internal/front/console"
	"cognate.dev/cognate/internal/front/enrichment"
	"cognate.dev/cognate/internal/front/login"
	"cognate.dev/cognate/internal/front/mailbox"
	"cognate.dev/cognate/internal/front/pdp/admin"
)

// console mounts the console, where there is one.
func (h *house) console(mux *http.ServeMux, r *rooms, pages *login.Pages) error {
	if h.cfg.Console.Mode != console.On {
		return nil
	}
	p := console.Parts{
		Door: console.Door{Mode: "serve", Region: h.cfg.Region}, About: h.about, Guard: h.insiders().Guard,
		Explain: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { // the decision point is hung later
			h.decisions.Load().Explain(h.tracer).ServeHTTP(w, r)
		}),
		Preview: at(enrichment.Prefix+"preview", enrichment.Handler(enrichment.Parts{Enricher: r.enricher, Forget: h.forgetSource})),
		Sample:  pages.Sample(),
		Tokens:  h.poolTokens(r), Identities: r.identities.Identities, Now: h.clock.Now,
	}
	if h.dev {
		p.Door.Mode = "dev"
	}
	if h.cfg.DecisionLog.Database {
		p.Decisions = admin.List(h.store, h.clock.Now)
	}
	if h.audit != nil {
		p.Records = h.store
	}
	handler, err := console.Handler(p)
	if err != nil {
		return err
	}
	mux.Handle(console.Path, h.told.Watch("console", handler))
	return nil
}

// about is what the console tells of this server.
func (h *house) about() console.About {
	a := console.About{
		Version: Version(), Account: h.cfg.Account, Issuer: h.cfg.IssuerOf(h.cfg.Region, "POOL", h.public, false),
		Policies: h.policies.Source(), Tenant: h.cfg.Tenant(), Email: h.box != nil || h.cfg.Message.SMTP.Configured(), SMS: h.box != nil || h.cfg.Message.SMS.Configured(),
	}
	if h.box != nil {
		a.Mailbox = mailbox.Path
	}
	return a
}

// at lets a handler answer as if a request had come to its own path.
func at(path string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		there := r.Clone(r.Context())
		there.URL.Path, there.URL.RawPath = path, ""
		next.ServeHTTP(w, there)
	})
}
