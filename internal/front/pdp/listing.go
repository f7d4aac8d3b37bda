package pdp

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"

	enginev1 "github.com/cerbos/cerbos/api/genpb/cerbos/engine/v1"

	"cognate.dev/cognate/internal/policy"
)

// listing is a search among candidates that are all known: the actions that policies name, or resources of the request.
type listing struct {
	evaluation
	Page page `json:"page"`
}

// asker reads what all decisions of a listing have in common. Who is nil for somebody who may do nothing.
func (c *call) asker(q evaluation) (who *enginev1.Principal, aux *enginev1.AuxData, err error) {
	carried, err := tokensIn(q.Context)
	if err == nil {
		aux, err = c.tokens(carried)
	}
	if err == nil {
		who, err = c.subject(q.Subject, carried)
	}
	return who, aux, err
}

// list tells which of n candidates are allowed, from where the page begins until it is full; without a page, all. Try
// decides about some of them at once, each at most, and gives for each what is told of it, or nil.
func (c *call) list(name string, q listing, n, each int, try func(from, to int) ([]any, error)) error {
	x := *q.Subject
	raw, err := json.Marshal(evaluation{Subject: &x, Action: q.Action, Resource: q.Resource, Context: q.Context})
	if err != nil {
		return refuse(internal, "Internal error").because(err)
	}
	scope := []string{name, string(raw)}
	at, err := c.start(q.Page, scope)
	if err != nil {
		return err
	}
	paged := q.Page.Limit != nil || q.Page.Token != ""
	if !paged {
		at.Limit = n
	}
	answer := found{Results: []any{}}
	for at.Seen < n && len(answer.Results) < at.Limit {
		told, err := try(at.Seen, min(at.Seen+each, n))
		if err != nil {
			return err
		}
		for _, one := range told {
			if len(answer.Results) == at.Limit {
				break
			}
			if at.Seen++; one != nil {
				answer.Results = append(answer.Results, one)
			}
		}
	}
	if paged {
		answer.Page = &nextPage{Count: len(answer.Results)}
		if at.Seen < n {
			if answer.Page.NextToken, err = c.server.parts.Cursors.Encode(at, pageLife, scope...); err != nil {
				return refuse(internal, "Internal error").because(err)
			}
		}
	}
	c.event.CallID = callID(c.began)
	return c.told(answer)
}

// searchAction finds what a subject may do on a resource (section 8.6), among the actions that policies name.
func (c *call) searchAction() error {
	var q listing
	if err := c.question(&q); err != nil {
		return err
	}
	if err := errors.Join(q.Subject.check("subject", "type", "id"), q.Resource.check("resource", "type", "id")); err != nil {
		return err
	}
	lister, ok := c.server.parts.Decider.(policy.Lister)
	if !ok {
		return refuse(unimplemented, "This server cannot list the actions of its policies.")
	}
	q.Action = nil
	who, aux, err := c.asker(q.evaluation)
	if err != nil {
		return err
	}
	names := lister.Actions(q.Resource.Type)
	return c.list("SearchAction", q, len(names), c.server.cfg.MaxActions, func(from, to int) ([]any, error) {
		told := make([]any, to-from)
		in, err := c.input(q.evaluation, who, aux, names[from:to]...)
		if err != nil || who == nil {
			return told, err
		}
		outputs, err := c.effects([]*enginev1.CheckInput{in})
		for i, name := range names[from:to] {
			if err == nil && allowed(outputs[0], name) {
				told[i] = map[string]string{"name": name}
			}
		}
		return told, err
	})
}

// candidates is where a request lists the resources to search among.
const candidates = "cognate.resources"

// searchResource finds those of the resources that the context names, as cognate.resources, on which a subject may do
// an action (section 8.5). Others are not known here: without such a list there is nothing to search.
func (c *call) searchResource() error {
	var q listing
	if err := c.question(&q); err != nil {
		return err
	}
	if err := errors.Join(q.Subject.check("subject", "type", "id"), q.Action.check("action", "name"), q.Resource.check("resource", "type")); err != nil {
		return err
	}
	list, ok := q.Context[candidates].([]any)
	if !ok {
		return refuse(unimplemented, "This server knows no resources. Name those to search among in context[\""+candidates+"\"]: objects with id and properties.")
	}
	if n, most := len(list), c.server.cfg.MaxResources*c.server.cfg.MaxActions; n > most {
		return refuse(invalidArgument, fmt.Sprintf("number of resources (%d) exceeds configured limit (%d)", n, most))
	}
	who, aux, err := c.asker(q.evaluation)
	if err != nil {
		return err
	}
	inputs, err := c.each(q.evaluation, who, aux, list)
	if err != nil {
		return err
	}
	c.event.Resources = len(inputs)
	return c.list("SearchResource", q, len(inputs), c.server.cfg.MaxResources, func(from, to int) ([]any, error) {
		told := make([]any, to-from)
		if who == nil {
			return told, nil
		}
		outputs, err := c.effects(inputs[from:to])
		for i, out := range outputs {
			if allowed(out, q.Action.Name) {
				told[i] = map[string]string{"type": q.Resource.Type, "id": inputs[from+i].GetResource().GetId()}
			}
		}
		return told, err
	})
}

// each makes an input of every candidate.
func (c *call) each(x evaluation, who *enginev1.Principal, aux *enginev1.AuxData, list []any) ([]*enginev1.CheckInput, error) {
	x.Context = maps.Clone(x.Context)
	delete(x.Context, candidates) // policies need not see them
	inputs := make([]*enginev1.CheckInput, len(list))
	for i, one := range list {
		r, ok := one.(map[string]any)
		of := x
		of.Resource = &entity{Type: x.Resource.Type}
		of.Resource.ID, _ = r["id"].(string)
		of.Resource.Properties, _ = r["properties"].(map[string]any)
		if !ok || of.Resource.ID == "" {
			return nil, refuse(invalidArgument, fmt.Sprintf("context[%q][%d].id is missing.", candidates, i))
		}
		var err error
		if inputs[i], err = c.input(of, who, aux, x.Action.Name); err != nil {
			return nil, err
		}
	}
	return inputs, nil
}
