package pdp

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	enginev1 "github.com/cerbos/cerbos/api/genpb/cerbos/engine/v1"
	"golang.org/x/sync/errgroup"

	"cognate.dev/cognate/internal/kit/cursor"
	"cognate.dev/cognate/internal/policy"
)

// People lists the users among whom a subject search searches.
type People interface {
	// Users gives up to limit users, in a stable order, and where to go on; an empty place is the beginning and, as
	// an answer, the end. Fewer than limit is not the end.
	Users(ctx context.Context, place string, limit int) (users []Person, next string, err error)
}

// Person is a user, by the sub and by the username.
type Person struct{ ID, Username string }

// The words of search_ids.
const (
	bySub      = "sub"
	byUsername = "username"
)

const (
	pageUsual   = 50
	pageMost    = 500
	searchedPer = 1000 // users that one request looks at, at most; the next page goes on
	pageLife    = time.Hour
	// lookedUpAtOnce is how many users of a page are looked up at the same time: each takes a few questions to the database,
	// which would add up.
	lookedUpAtOnce = 8
)

// found is the answer to a search (section 8.3).
type found struct {
	Page    *nextPage `json:"page,omitempty"`
	Results []any     `json:"results"`
}

type nextPage struct {
	NextToken string `json:"next_token"`
	Count     int    `json:"count"`
}

// stop is where a page ended.
type stop struct {
	Place string `json:"p"`
	Limit int    `json:"l"`
}

// searchSubject finds the users who may do an action on a resource (section 8.4). Each is asked about as an evaluation
// of its id would be, so what is found here is what is allowed there. An evaluation tells a caller who knows an id what
// it may do; a search tells the ids, so it is for insiders.
func (c *call) searchSubject() error {
	if admit := c.server.parts.Insider; admit != nil && !c.server.cfg.AuthZEN.OpenSearch {
		if err := admit(c.r); err != nil {
			return err
		}
	}
	var q struct {
		evaluation
		Page page `json:"page"`
	}
	if err := c.question(&q); err != nil {
		return err
	}
	if err := errors.Join(q.Subject.check("subject", "type"), q.Action.check("action", "name"), q.Resource.check("resource", "type", "id")); err != nil {
		return err
	}
	if c.server.parts.People == nil || c.server.parts.Cursors == nil {
		return refuse(unimplemented, "This server knows no subjects to search.")
	}
	if q.Subject.Type != c.server.cfg.AuthZEN.SubjectType {
		return c.told(found{Results: []any{}})
	}
	scope, err := searchScope(q.evaluation)
	if err != nil {
		return err
	}
	at, err := c.start(q.Page, scope)
	if err != nil {
		return err
	}
	carried, err := tokensIn(q.Context)
	if err != nil {
		return err
	}
	aux, err := c.tokens(carried)
	if err != nil {
		return err
	}
	results := []any{}
	for looked := 0; len(results) < at.Limit && looked < searchedPer; {
		// As many as there is room for, so that a page always ends where a list of users does.
		users, next, err := c.server.parts.People.Users(c.ctx, at.Place, min(at.Limit-len(results), searchedPer-looked))
		if err != nil {
			return err
		}
		may, err := c.among(q.evaluation, users, aux)
		if err != nil {
			return err
		}
		results, looked = append(results, may...), looked+max(len(users), 1)
		if at.Place = next; next == "" {
			break
		}
	}
	answer := found{Results: results, Page: &nextPage{Count: len(results)}}
	if at.Place != "" {
		if answer.Page.NextToken, err = c.server.parts.Cursors.Encode(at, pageLife, scope...); err != nil {
			return refuse(internal, "Internal error").because(err)
		}
	}
	c.event.CallID = callID(c.began)
	return c.told(answer)
}

// searchScope binds a token to its search.
func searchScope(x evaluation) ([]string, error) {
	subject := *x.Subject
	subject.ID = "" // ignored
	x.Subject = &subject
	raw, err := json.Marshal(x)
	if err != nil {
		return nil, refuse(internal, "Internal error").because(err)
	}
	return []string{"SearchSubject", string(raw)}, nil
}

// start is where a page begins. A token keeps the limit of the request that began the search.
func (c *call) start(p page, scope []string) (stop, error) {
	at := stop{Limit: pageUsual}
	if p.Token != "" {
		err := c.server.parts.Cursors.Decode(p.Token, &at, scope...)
		if errors.Is(err, cursor.ErrBad) {
			return at, refuse(invalidArgument, "page.token does not belong to this search, or is too old.")
		}
		return at, err
	}
	switch {
	case p.Limit == nil || *p.Limit == 0:
	case *p.Limit < 0:
		return at, refuse(invalidArgument, "page.limit must not be negative.")
	default:
		at.Limit = min(*p.Limit, pageMost)
	}
	return at, nil
}

// among gives those of the users who may.
func (c *call) among(x evaluation, users []Person, aux *enginev1.AuxData) (may []any, err error) {
	questions := make([]*enginev1.CheckInput, len(users)) // nil: may nothing
	names := make([]string, len(users))
	work, ctx := errgroup.WithContext(c.ctx)
	work.SetLimit(lookedUpAtOnce)
	for i, u := range users {
		work.Go(func() error {
			subject, asked, one := *x.Subject, x, ask{server: c.server, ctx: ctx, began: c.began}
			one.event.RequestID = c.event.RequestID
			if subject.ID = u.ID; c.server.cfg.AuthZEN.SearchIDs == byUsername {
				subject.ID = u.Username
			}
			asked.Subject, names[i] = &subject, subject.ID
			who, err := one.subject(&subject, nil) // the tokens are not theirs
			if err != nil {
				return err
			}
			in, err := one.input(asked, who, aux, x.Action.Name)
			if who != nil {
				questions[i] = in
			}
			return err
		})
	}
	if err := work.Wait(); err != nil {
		return nil, err
	}
	var inputs []*enginev1.CheckInput
	var ids []string
	for i, in := range questions {
		if in != nil {
			inputs, ids = append(inputs, in), append(ids, names[i])
		}
	}
	if len(inputs) == 0 {
		return nil, nil
	}
	outputs, err := c.effects(inputs)
	if err != nil {
		return nil, err
	}
	for i, out := range outputs {
		if allowed(out, x.Action.Name) {
			may = append(may, map[string]string{"type": x.Subject.Type, "id": ids[i]})
		}
	}
	return may, nil
}

// searchAction finds what a subject may do on a resource (section 8.6), among the actions that policies name.
func (c *call) searchAction() error {
	var q evaluation
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
	carried, err := tokensIn(q.Context)
	if err != nil {
		return err
	}
	aux, err := c.tokens(carried)
	if err != nil {
		return err
	}
	who, err := c.subject(q.Subject, carried)
	if err != nil {
		return err
	}
	results := []any{}
	for names := range slices.Chunk(lister.Actions(q.Resource.Type), c.server.cfg.MaxActions) {
		in, err := c.input(q, who, aux, names...)
		if err != nil {
			return err
		}
		if who == nil {
			continue
		}
		outputs, err := c.effects([]*enginev1.CheckInput{in})
		if err != nil {
			return err
		}
		for _, name := range names {
			if allowed(outputs[0], name) {
				results = append(results, map[string]string{"name": name})
			}
		}
	}
	c.event.CallID = callID(c.began)
	return c.told(found{Results: results})
}

// searchResource finds those of the resources that the context names, as cognate.resources, on which a subject may do
// an action (section 8.5). Others are not known here: without such a list there is nothing to search.
func (c *call) searchResource() error {
	var q evaluation
	if err := c.question(&q); err != nil {
		return err
	}
	if err := errors.Join(q.Subject.check("subject", "type", "id"), q.Action.check("action", "name"), q.Resource.check("resource", "type")); err != nil {
		return err
	}
	const candidates = "cognate.resources"
	list, ok := q.Context[candidates].([]any)
	if !ok {
		return refuse(unimplemented, "This server knows no resources. Name those to search among in context[\""+candidates+"\"]: objects with id and properties.")
	}
	delete(q.Context, candidates)
	if n, most := len(list), c.server.cfg.MaxResources*c.server.cfg.MaxActions; n > most {
		return refuse(invalidArgument, fmt.Sprintf("number of resources (%d) exceeds configured limit (%d)", n, most))
	}
	carried, err := tokensIn(q.Context)
	if err != nil {
		return err
	}
	aux, err := c.tokens(carried)
	if err != nil {
		return err
	}
	who, err := c.subject(q.Subject, carried)
	if err != nil {
		return err
	}
	inputs := make([]*enginev1.CheckInput, len(list))
	for i, one := range list {
		r, ok := one.(map[string]any)
		x := q
		x.Resource = &entity{Type: q.Resource.Type}
		x.Resource.ID, _ = r["id"].(string)
		x.Resource.Properties, _ = r["properties"].(map[string]any)
		if !ok || x.Resource.ID == "" {
			return refuse(invalidArgument, fmt.Sprintf("context[%q][%d].id is missing.", candidates, i))
		}
		if inputs[i], err = c.input(x, who, aux, q.Action.Name); err != nil {
			return err
		}
	}
	results := []any{}
	if who != nil && len(inputs) > 0 {
		outputs, err := c.effects(inputs)
		if err != nil {
			return err
		}
		for i, out := range outputs {
			if allowed(out, q.Action.Name) {
				results = append(results, map[string]string{"type": q.Resource.Type, "id": inputs[i].GetResource().GetId()})
			}
		}
	}
	c.event.Resources, c.event.CallID = len(inputs), callID(c.began)
	return c.told(found{Results: results})
}
