package pdp

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	enginev1 "github.com/cerbos/cerbos/api/genpb/cerbos/engine/v1"
	requestv1 "github.com/cerbos/cerbos/api/genpb/cerbos/request/v1"
	"google.golang.org/protobuf/types/known/structpb"

	"cognate.dev/cognate/internal/policy"
	"cognate.dev/cognate/internal/policy/cerbos"
	"cognate.dev/cognate/internal/policy/explain"
)

// ExplainPath answers a CheckResources request with the reasons of its decision in the place of the decision. It tells
// what enrichment knows and what policies say, so whoever mounts it decides who may ask.
const ExplainPath = "/_cognate/explain"

const methodExplain = "Explain"

// Tracer decides step by step.
type Tracer interface {
	Trace(ctx context.Context, inputs []*enginev1.CheckInput) ([]cerbos.Traced, error)
}

// Explain serves ExplainPath.
func (s *Server) Explain(t Tracer) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := &call{ask: ask{server: s, ctx: r.Context(), began: s.parts.Now()}, w: w, r: r}
		c.serve(methodExplain, http.MethodPost, func() error {
			req := &requestv1.CheckResourcesRequest{}
			if err := c.decode(req); err != nil {
				return err
			}
			e, err := c.explain(t, req)
			if err != nil {
				return err
			}
			body, err := json.Marshal(e)
			if err != nil {
				return refuse(internal, "Internal error").because(err)
			}
			w.Header().Set("Cache-Control", "no-store")
			return c.write(http.StatusOK, body)
		})
	})
}

// ExplainWith answers a request with the reasons, deciding with other policies than those in use, which the tracer knows
// too. Nothing is logged or counted. The error's text is for a developer.
func (s *Server) ExplainWith(ctx context.Context, d policy.Decider, t Tracer, req *requestv1.CheckResourcesRequest) (explain.Explanation, error) {
	other := *s
	other.parts.Decider, other.parts.Record, other.parts.Observe = d, nil, nil
	a := &ask{server: &other, ctx: ctx, began: s.parts.Now()}
	return a.explain(t, req)
}

func (a *ask) explain(t Tracer, req *requestv1.CheckResourcesRequest) (explain.Explanation, error) {
	sent := sentBy(req.GetPrincipal())
	inputs, outputs, err := check(a, req, req.GetResources())
	if err != nil {
		return explain.Explanation{}, err
	}
	origins := sent.origins(a)
	traced := make([]cerbos.Traced, len(outputs))
	if !a.event.Trace.Denied() { // else no policy was asked
		if traced, err = t.Trace(a.ctx, inputs); err != nil {
			return explain.Explanation{}, engineError("Policy check failed", err)
		}
	}
	for i, out := range outputs {
		traced[i].Output = out // what decides is what is in use, and enrichment may have settled it
		if settled(out) {
			traced[i].Steps = nil
		}
	}
	return explain.New(a.masked(inputs), traced, origins), nil
}

// settled reports whether enrichment denied everything, without asking the policies.
func settled(out *enginev1.CheckOutput) bool {
	for _, a := range out.GetActions() {
		if p := a.GetPolicy(); p == missingUser || p == missingResource {
			return true
		}
	}
	return false
}

// sent is what a request said about its principal.
type sent struct {
	roles map[string]bool
	attr  map[string]*structpb.Value
}

func sentBy(p *enginev1.Principal) sent {
	s := sent{map[string]bool{}, map[string]*structpb.Value{}}
	for _, r := range p.GetRoles() {
		s.roles[r] = true
	}
	for name, v := range p.GetAttr() {
		s.attr[name] = v
	}
	return s
}

// origins compares the principal with what was sent: the rest is enrichment's.
func (s sent) origins(a *ask) explain.Origins {
	o := explain.Origins{Roles: map[string]string{}, Attributes: map[string]string{}}
	var found []string
	for _, step := range a.event.Trace {
		if step.Resources > 0 {
			continue
		}
		text := fmt.Sprintf("enrichment source %s (%s, %s old)", step.Source, step.Outcome, step.Age.Round(time.Millisecond))
		for _, role := range step.Roles {
			if !s.roles[role] {
				o.Roles[role] = text
			}
		}
		if step.Found {
			found = append(found, text)
		}
	}
	for name, v := range a.principal.GetAttr() {
		if was, ok := s.attr[name]; !ok || was != v {
			o.Attributes[name] = strings.Join(found, " or ")
		}
	}
	return o
}
