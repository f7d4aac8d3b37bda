package permission

import (
	"context"

	"cognate.dev/cognate/internal/policy/cedar"
)

// Question is what one decision is about. Context and entities are given as JSON of Cedar, or as values. The principal is not
// given where a token stands for it.
type Question struct {
	Principal, Action, Resource *cedar.UID
	ContextJSON                 *string
	Context                     cedar.Fields
}

// Ask is a request: one question, or several about the same entities.
type Ask struct {
	Store                string // id or alias
	EntitiesJSON         *string
	Entities             cedar.Entities
	WithToken            bool
	IDToken, AccessToken *string // with a token, at least one
	Questions            []Question
	Batch                bool
}

// Answer is what was decided, question by question, and what was asked: with what tokens and schema say.
type Answer struct {
	StoreID   string
	Principal *cedar.UID // that a token stands for
	Asked     []cedar.Request
	Decisions []cedar.Decision
}

// maxBatch is how many requests a batch may have.
const maxBatch = 30

// Decide answers. What is wrong with a request, and a token that is not good, are errors and no denials.
func (p *Permissions) Decide(ctx context.Context, ask Ask) (*Answer, error) {
	c, err := p.ready(ctx, ask.Store)
	if err != nil {
		return nil, err
	}
	if err := ask.checkBatch(); err != nil {
		return nil, err
	}
	entities := ask.Entities
	if ask.EntitiesJSON != nil {
		if entities, err = cedar.ParseEntities(*ask.EntitiesJSON, c.schema); err != nil {
			return nil, invalid("entities.cedarJson", err.Error())
		}
	}
	var who *bearer
	if ask.WithToken {
		if who, err = p.bearer(ctx, c, ask); err != nil {
			return nil, err
		}
		if entities, err = who.among(entities); err != nil {
			return nil, err
		}
	}
	out := &Answer{StoreID: c.store.ID, Asked: make([]cedar.Request, len(ask.Questions)), Decisions: make([]cedar.Decision, len(ask.Questions))}
	if who != nil {
		out.Principal = &who.principal.UID
	}
	for i, q := range ask.Questions {
		if out.Asked[i], err = p.request(c, q, entities, who); err != nil {
			return nil, err
		}
	}
	for i, r := range out.Asked {
		out.Decisions[i] = c.set.Decide(r)
	}
	return out, nil
}

// checkBatch refuses a batch that is too large, or is about several principals and several resources.
func (a Ask) checkBatch() error {
	if !a.Batch {
		return nil
	}
	if len(a.Questions) > maxBatch {
		return invalid("requests", "a batch has at most 30 requests")
	}
	principals, resources := map[cedar.UID]bool{}, map[cedar.UID]bool{}
	for _, q := range a.Questions {
		principals[valueOf(q.Principal)] = true
		resources[valueOf(q.Resource)] = true
	}
	if !a.WithToken && len(principals) > 1 && len(resources) > 1 {
		return invalid("requests", "the requests of a batch have the same principal or the same resource")
	}
	return nil
}

func valueOf(u *cedar.UID) cedar.UID {
	if u == nil {
		return cedar.UID{}
	}
	return *u
}

// request completes a question.
func (p *Permissions) request(c *compiled, q Question, entities cedar.Entities, who *bearer) (cedar.Request, error) {
	r := cedar.Request{Entities: entities}
	if who != nil {
		q.Principal = &who.principal.UID
	}
	for _, part := range []struct {
		name string
		is   *cedar.UID
		to   *cedar.UID
	}{{"principal", q.Principal, &r.Principal}, {"action", q.Action, &r.Action}, {"resource", q.Resource, &r.Resource}} {
		switch {
		case part.is == nil:
			return r, invalid(part.name, "a "+part.name+" must be given")
		case !cedar.IsType(string(part.is.Type)):
			return r, invalid(part.name, "the entity type has the wrong form")
		}
		*part.to = *part.is
	}
	fields := q.Context
	if q.ContextJSON != nil {
		read, err := cedar.ParseContext(*q.ContextJSON, c.schema, r.Action)
		if err != nil {
			return r, invalid("context.cedarJson", err.Error())
		}
		fields = read.Map()
	}
	strict := p.Config.ValidateRequests && c.schema != nil && c.store.Mode == Strict
	if who != nil {
		var err error
		if fields, err = who.context(fields, strict, c.schema, r.Action); err != nil {
			return r, err
		}
		if strict {
			r.Entities = who.declared(entities, c.schema)
		}
	}
	r.Context = cedar.NewRecord(fields)
	if strict {
		if err := c.schema.CheckRequest(r); err != nil {
			return r, invalid("request", err.Error())
		}
	}
	return r, nil
}
