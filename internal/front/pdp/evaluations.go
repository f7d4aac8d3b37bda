package pdp

import (
	"fmt"
	"net/http"
)

// evaluations are several questions (section 7.1). What stands at the top is the default for each.
type evaluations struct {
	evaluation
	Evaluations []evaluation `json:"evaluations"`
	Options     struct {
		Semantic string `json:"evaluations_semantic"`
	} `json:"options"`
}

// The semantics (section 7.1.2.1). With the latter two, nothing is evaluated after what they stop on.
const (
	executeAll           = "execute_all"
	denyOnFirstDeny      = "deny_on_first_deny"
	permitOnFirstPermit  = "permit_on_first_permit"
	unknownSemanticWords = "options.evaluations_semantic must be one of execute_all, deny_on_first_deny, permit_on_first_permit."
)

// accessEvaluations answers several questions; without any it is accessEvaluation.
func (c *call) accessEvaluations() error {
	var all evaluations
	if err := c.question(&all); err != nil {
		return err
	}
	if len(all.Evaluations) == 0 && all.known() {
		d, err := c.evaluate(all.evaluation)
		if err != nil {
			return err
		}
		return c.told(d)
	}
	answers, err := c.evaluateAll(all)
	if err != nil {
		return err
	}
	return c.told(map[string]any{"evaluations": answers})
}

// known reports whether the semantic is one that there is.
func (all evaluations) known() bool {
	switch all.Options.Semantic {
	case "", executeAll, denyOnFirstDeny, permitOnFirstPermit:
		return true
	}
	return false
}

// evaluateAll answers several questions. An error in one of them is a denial that says why (section 7.2.1).
func (a *ask) evaluateAll(all evaluations) ([]decision, error) {
	if !all.known() {
		return nil, refuse(invalidArgument, unknownSemanticWords)
	}
	if n, most := len(all.Evaluations), a.server.cfg.MaxResources*a.server.cfg.MaxActions; n > most {
		return nil, refuse(invalidArgument, fmt.Sprintf("number of evaluations (%d) exceeds configured limit (%d)", n, most))
	}
	answers := make([]decision, 0, len(all.Evaluations))
	for _, one := range all.Evaluations {
		d, err := a.evaluate(one.or(all.evaluation))
		if a.ctx.Err() != nil {
			return nil, a.ctx.Err()
		}
		if err != nil {
			r := translate(err)
			if r.code == internal && a.event.Err == nil {
				a.event.Err = err // the answer is good, the log should know
			}
			d = decision{Context: map[string]any{"error": map[string]any{"status": r.code.authzen(), "message": r.text}}}
		}
		answers = append(answers, d)
		if all.Options.Semantic == denyOnFirstDeny && !d.Decision || all.Options.Semantic == permitOnFirstPermit && d.Decision {
			break
		}
	}
	return answers, nil
}

// or fills in defaults. An entity replaces its default as a whole, but for a type or id that it lacks.
func (x evaluation) or(defaults evaluation) evaluation {
	x.Subject, x.Action, x.Resource = x.Subject.or(defaults.Subject), x.Action.or(defaults.Action), x.Resource.or(defaults.Resource)
	if x.Context == nil {
		x.Context = defaults.Context
	}
	return x
}

func (e *entity) or(d *entity) *entity {
	if e == nil || d == nil {
		if e == nil {
			return d
		}
		return e
	}
	filled := *e
	for _, m := range []struct {
		to   *string
		from string
	}{{&filled.Type, d.Type}, {&filled.ID, d.ID}, {&filled.Name, d.Name}} {
		if *m.to == "" {
			*m.to = m.from
		}
	}
	return &filled
}

// authzen is the code as an HTTP status of AuthZEN (section 10.1.2), which knows fewer.
func (c code) authzen() int {
	switch status := c.http(); c {
	case resourceExhausted, failedPrecondition:
		return http.StatusBadRequest
	default:
		return status
	}
}
