package pdp

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	enginev1 "github.com/cerbos/cerbos/api/genpb/cerbos/engine/v1"
	"golang.org/x/sync/errgroup"

	"cognate.dev/cognate/internal/kit/cursor"
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
	batch       = 60   // users that are decided about at once: a page of a directory
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

// stop is where a page ended: in a list of users, perhaps in the middle of a page of it, or at a number of candidates.
type stop struct {
	Place string `json:"p,omitempty"`
	After string `json:"a,omitempty"` // user of that page who was the last
	Seen  int    `json:"n,omitempty"`
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
	for looked := 0; looked < searchedPer && len(results) < at.Limit; {
		users, next, err := c.server.parts.People.Users(c.ctx, at.Place, min(batch, searchedPer-looked))
		if err != nil {
			return err
		}
		looked += max(len(users), 1)
		may, err := c.among(q.evaluation, behind(users, at.After), aux)
		if err != nil {
			return err
		}
		if room := at.Limit - len(results); len(may) > room {
			may, at.After = may[:room], may[room-1].of
		} else if at.Place, at.After = next, ""; next == "" {
			looked = searchedPer
		}
		for _, one := range may {
			results = append(results, map[string]string{"type": q.Subject.Type, "id": one.name})
		}
	}
	answer := found{Results: results, Page: &nextPage{Count: len(results)}}
	if at.Place != "" || at.After != "" {
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

// behind are the users who come after one of them; all of them, if that one is gone.
func behind(users []Person, id string) []Person {
	return users[1+slices.IndexFunc(users, func(u Person) bool { return u.ID == id }):]
}

// hit is a user who may: the id, and the name under which searches tell of it.
type hit struct{ of, name string }

// among gives those of the users who may, in their order. It decides about all of them at once.
func (c *call) among(x evaluation, users []Person, aux *enginev1.AuxData) (may []hit, err error) {
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
	var asked []hit
	for i, in := range questions {
		if in != nil {
			inputs, asked = append(inputs, in), append(asked, hit{users[i].ID, names[i]})
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
			may = append(may, asked[i])
		}
	}
	return may, nil
}
