package signin

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
)

// CustomAuth is the three triggers that define a sign-in of their own. Their faults are the answer.
// https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-challenge.html
type CustomAuth interface {
	// Configured tells whether a pool has them.
	Configured(p *directory.Pool) bool
	// Define decides what comes next from the steps taken.
	Define(ctx context.Context, e CustomEvent) (Decision, error)
	// Create makes a question of the trigger's own.
	Create(ctx context.Context, e CustomEvent) (CustomQuestion, error)
	// Verify judges the answer to it.
	Verify(ctx context.Context, e CustomEvent, private map[string]string, answer string) (right bool, err error)
}

// CustomEvent is what the triggers see. User is nil for an unknown user of a client that hides who exists: they run all
// the same, but never get tokens.
type CustomEvent struct {
	Event
	Steps []Step
}

// Step is one step of a custom sign-in that has been taken.
type Step struct {
	Challenge Kind   `json:"c"`
	Passed    bool   `json:"p,omitempty"`
	Metadata  string `json:"m,omitempty"` // as Create gave it
}

// Decision says what comes next: the end, tokens, or a challenge.
type Decision struct {
	Fail      bool
	Tokens    bool
	Challenge Kind
}

// CustomQuestion is what the client sees, what only Verify sees, and a note for the steps.
type CustomQuestion struct {
	Public, Private map[string]string
	Metadata        string
}

func (a *Attempt) customEvent() CustomEvent {
	return CustomEvent{Event: a.event(), Steps: slices.Clone(a.Steps)}
}

// customConfigured refuses CUSTOM_AUTH where nobody could define it.
func (m *Machine) customConfigured(p *directory.Pool) error {
	if m.Hooks.Custom == nil || !m.Hooks.Custom.Configured(p) {
		return fault.Invalidf("Custom auth lambda trigger is not configured for the user pool.")
	}
	return nil
}

// startCustom begins CUSTOM_AUTH, with SRP first if the client wants that.
func (m *Machine) startCustom(ctx context.Context, a *Attempt) (*Answer, error) {
	if a.User != nil && !a.hides() {
		if err := state(a.User); err != nil {
			return nil, err
		}
	}
	switch a.Input["CHALLENGE_NAME"] {
	case "":
	case string(srpStart):
		if _, err := a.Need("SRP_A"); err != nil {
			return nil, err
		}
		a.Steps = []Step{{Challenge: srpStart, Passed: true}}
	default:
		return nil, fault.Invalidf("CHALLENGE_NAME must be %s.", srpStart)
	}
	return m.decide(ctx, a)
}

// customStep notes a step and has the trigger decide. Only a wrong answer to a challenge of its own is a step; any other
// wrong answer is what it is elsewhere.
func (m *Machine) customStep(ctx context.Context, a *Attempt, k Kind, t traits, v Verdict) (*Answer, error) {
	if k != CustomChallenge && (!v.Passed || a.User == nil) {
		return nil, m.refuse(ctx, a, k, v)
	}
	if t.guesses {
		if err := m.guard(ctx, a); err != nil {
			return nil, err
		}
	}
	if a.ID != "" && !t.once {
		if err := m.spend(ctx, a); err != nil {
			return nil, err
		}
	}
	if v.Passed {
		a.Trail = append(slices.Clip(a.Trail), k)
	}
	if !v.Passed {
		if err := m.failed(ctx, a, k); err != nil {
			return nil, err
		}
	}
	a.Steps = append(slices.Clip(a.Steps), Step{Challenge: k, Passed: v.Passed, Metadata: v.Note})
	return m.decide(ctx, a)
}

// decide asks the trigger what comes next and does it.
func (m *Machine) decide(ctx context.Context, a *Attempt) (*Answer, error) {
	if err := m.customConfigured(a.Pool); err != nil { // the triggers may have gone in between
		return nil, err
	}
	d, err := m.Hooks.Custom.Define(ctx, a.customEvent())
	switch {
	case err != nil:
		return nil, err
	case d.Fail, a.User == nil && (d.Tokens || d.Challenge != CustomChallenge && d.Challenge != PasswordVerifier):
		return nil, fault.BadPassword()
	case d.Tokens:
		return m.conclude(ctx, a)
	}
	switch d.Challenge {
	case NewPassword:
		if err := m.unexpired(ctx, a); err != nil {
			return nil, err
		}
		return m.ask(ctx, a, NewPassword)
	case CustomChallenge, SMSMFA, EmailOTP, SoftwareTokenMFA:
		return m.ask(ctx, a, d.Challenge)
	case PasswordVerifier:
		if a.Input["SRP_A"] != "" {
			return m.ask(ctx, a, PasswordVerifier)
		}
	case DeviceSRP:
		if a.Device != nil {
			return m.ask(ctx, a, DeviceSRP)
		}
	}
	return nil, fault.Newf(fault.Invalid, fault.LambdaResponse, "Unrecognizable lambda output: the challenge %q cannot come here.", d.Challenge)
}

// conclude gives out the tokens that the trigger wants. Somebody who has proven a temporary password chooses their own
// first, whatever the trigger says.
func (m *Machine) conclude(ctx context.Context, a *Attempt) (*Answer, error) {
	user, err := m.Users.Get(ctx, a.PoolID, a.UserID)
	if err != nil {
		return nil, fmt.Errorf("read user after challenge: %w", err)
	}
	a.User = user
	if err := m.admit(ctx, a); err != nil {
		return nil, err
	}
	if err := m.takeStock(ctx, a); err != nil {
		return nil, err
	}
	if err := m.weigh(ctx, a); err != nil {
		return nil, err
	}
	if k, due := newPasswordTurn(a); due && a.Has(PasswordVerifier) {
		return m.ask(ctx, a, k)
	}
	return m.finish(ctx, a)
}

// customChallenge is CUSTOM_CHALLENGE: the question and its answer are the triggers'.
type customChallenge struct{ triggers CustomAuth }

// customState is what of a question travels sealed.
type customState struct {
	Private  map[string]string `json:"p,omitempty"`
	Metadata string            `json:"m,omitempty"`
}

// Kind is CUSTOM_CHALLENGE.
func (c customChallenge) Kind() Kind { return CustomChallenge }

// Begin has the trigger make the question.
func (c customChallenge) Begin(ctx context.Context, a *Attempt) (Prompt, error) {
	q, err := c.triggers.Create(ctx, a.customEvent())
	if err != nil {
		return Prompt{}, err
	}
	state, err := json.Marshal(customState{q.Private, q.Metadata})
	if err != nil {
		return Prompt{}, fmt.Errorf("encode custom challenge: %w", err)
	}
	params := map[string]string{"USERNAME": a.Name}
	maps.Copy(params, q.Public)
	return Prompt{Params: params, State: state}, nil
}

// Check has the trigger judge ANSWER.
func (c customChallenge) Check(ctx context.Context, a *Attempt) (Verdict, error) {
	answer, err := a.Need("ANSWER")
	if err != nil {
		return Verdict{}, err
	}
	var s customState
	if err := json.Unmarshal(a.State, &s); err != nil {
		return Verdict{}, fmt.Errorf("read custom challenge: %w", err)
	}
	right, err := c.triggers.Verify(ctx, a.customEvent(), s.Private, answer)
	return Verdict{Passed: right, Note: s.Metadata}, err
}

var _ Challenge = customChallenge{}
