package risk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"cognate.dev/cognate/internal/account"
	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/kit/clock"
	"cognate.dev/cognate/internal/kit/cursor"
)

// SignIn is the EventType of sign-ins; the others are account's deeds.
const SignIn = "SignIn"

// What was decided about an event (RiskDecisionType).
const (
	NoRisk  = "NoRisk"
	AtRisk  = "AccountTakeover"
	Blocked = "Block"
)

// Event is something that a user did or tried, as AdminListUserAuthEvents tells it.
type Event struct {
	PoolID    string    `json:"-"`
	UserID    string    `json:"-"`
	ID        string    `json:"-"`
	CreatedAt time.Time `json:"-"`
	Facts
	Feedback *Feedback `json:"-"`
}

// Facts are what is known of an event. Names are short, because there are many events.
type Facts struct {
	Type       string     `json:"t"`
	Response   string     `json:"r"` // Pass, Fail, InProgress
	Decision   string     `json:"d"`
	Level      string     `json:"l,omitempty"` // Low, Medium, High
	Stolen     *bool      `json:"s,omitempty"` // nil: no password was compared
	Challenges []Answered `json:"c,omitempty"`
	ClientID   string     `json:"a,omitempty"`
	Username   string     `json:"u,omitempty"`
	Address    string     `json:"ip,omitempty"`
	Device     string     `json:"n,omitempty"` // a name for people
	Print      string     `json:"p,omitempty"` // tells devices apart
	Timezone   string     `json:"z,omitempty"`
	Place      Place      `json:"g,omitzero"`
	RequestID  string     `json:"q,omitempty"`
	Provider   string     `json:"i,omitempty"` // the outside one that vouched for the user
}

// Answered is a challenge that was answered.
type Answered struct {
	Name     string `json:"n"` // Password, Mfa
	Response string `json:"r"` // Success, Failure
}

// Place is where an address is. The zero value is unknown.
type Place struct {
	City      string  `json:"c,omitempty"`
	Country   string  `json:"l,omitempty"`
	Latitude  float64 `json:"y,omitempty"`
	Longitude float64 `json:"x,omitempty"`
	Located   bool    `json:"o,omitempty"` // the numbers mean something
}

// Feedback is what somebody says about an event.
type Feedback struct {
	Value    string    `json:"v"` // Valid, Invalid
	Provider string    `json:"p"` // who says it: Admin, User
	At       time.Time `json:"t"`
}

// Outcome is what an event means for those that come later.
type Outcome int

// The outcomes.
const (
	Neutral Outcome = 0
	Good    Outcome = 1 // the user, as far as anybody knows
	Wrong   Outcome = 2 // a failed sign-in
)

// Outcome of an event: feedback counts more than what it looked like.
func (e *Event) Outcome() Outcome {
	switch {
	case e.Type != SignIn:
		return Neutral
	case e.Feedback != nil && e.Feedback.Value == "Invalid":
		return Wrong
	case e.Response == string(account.Passed), e.Feedback != nil && e.Feedback.Value == "Valid":
		return Good
	case e.Response == string(account.Failed):
		return Wrong
	}
	return Neutral
}

// Mark is a place in a user's history.
type Mark struct {
	At int64  `json:"t"` // unix milliseconds; 0: before the first
	ID string `json:"i"`
}

// Events keeps what users did.
type Events interface {
	// SaveEvent keeps an event, or what is new of one that is kept already: its facts, but neither its time nor its
	// feedback. An unknown user is a fault Missing/User.
	SaveEvent(ctx context.Context, e *Event) error
	// ListEvents gives a user's events after a mark, newest first.
	ListEvents(ctx context.Context, poolID, userID string, after Mark, limit int) ([]*Event, error)
	// EventsOf gives those of an outcome since a time, newest first.
	EventsOf(ctx context.Context, poolID, userID string, o Outcome, since time.Time, limit int) ([]*Event, error)
	// UpdateEvent changes an event by a function of its old value; an unknown one is a fault Missing.
	UpdateEvent(ctx context.Context, poolID, userID, id string, change func(*Event) error) error
	DropOldEvents(ctx context.Context, before time.Time) error
	// CountAttempt costs what keeping an event does, for nobody.
	CountAttempt(ctx context.Context, poolID, userID, operation string, now time.Time, window time.Duration) (int, error)
}

// Memory is how long events are kept.
const Memory = 2 * 365 * 24 * time.Hour

// Sealer makes tokens that nobody else can; *secret.Keyring does.
type Sealer interface {
	SealString(purpose string, plain, aad []byte) string
	OpenString(purpose, sealed string, aad []byte) ([]byte, error)
}

// History tells what users did, and takes what people say about it.
type History struct {
	events Events
	keys   Sealer
	marks  *cursor.Codec
	now    clock.Clock
	// Said is told of each event that somebody has said something about. It may be nil.
	Said func(ctx context.Context, e *Event)
}

// NewHistory builds the service.
func NewHistory(e Events, keys Sealer, now clock.Clock) *History {
	return &History{events: e, keys: keys, marks: cursor.New(keys, now), now: now}
}

// maxPage is how many events a page has at most, and when nobody says how many.
const maxPage = 60

// List gives a page of a user's events, newest first.
func (h *History) List(ctx context.Context, pool *directory.Pool, userID string, limit int, token string) ([]*Event, string, error) {
	if err := enabled(pool); err != nil {
		return nil, "", err
	}
	if limit == 0 {
		limit = maxPage
	}
	list, next, err := cursor.List[*Event, Mark]{
		Fetch: func(ctx context.Context, after Mark, n int) ([]*Event, error) {
			return h.events.ListEvents(ctx, pool.ID, userID, after, n)
		},
		Place: func(e *Event) Mark { return Mark{e.CreatedAt.UnixMilli(), e.ID} },
		Scope: []string{"AdminListUserAuthEvents", pool.ID, userID},
	}.Page(ctx, h.marks, min(limit, maxPage), token)
	if errors.Is(err, cursor.ErrBad) {
		return nil, "", fault.Invalidf("Invalid pagination token.")
	}
	return list, next, err
}

// Say takes what an administrator says about an event.
func (h *History) Say(ctx context.Context, pool *directory.Pool, userID, eventID, value string) error {
	if err := enabled(pool); err != nil {
		return err
	}
	return h.say(ctx, ticket{PoolID: pool.ID, UserID: userID, EventID: eventID}, value, "Admin")
}

// SayByToken takes what the user says, by the token of a notification. User and event must be those of the token.
func (h *History) SayByToken(ctx context.Context, pool *directory.Pool, user func() (id string, err error), eventID, token, value string) error {
	if err := enabled(pool); err != nil {
		return err
	}
	t, err := h.open(token)
	if err != nil {
		return err
	}
	userID, err := user() // asked only now: without a token nobody learns who exists
	if err != nil {
		return err
	}
	if t.PoolID != pool.ID || t.UserID != userID || t.EventID != eventID {
		return badToken()
	}
	return h.say(ctx, t, value, "User")
}

// SayByLink is SayByToken for the link in a notification, whose token says everything.
func (h *History) SayByLink(ctx context.Context, pool *directory.Pool, token, value string) error {
	if err := enabled(pool); err != nil {
		return err
	}
	t, err := h.open(token)
	if err != nil {
		return err
	}
	if t.PoolID != pool.ID {
		return badToken()
	}
	return h.say(ctx, t, value, "User")
}

func (h *History) say(ctx context.Context, t ticket, value, who string) error {
	if value != "Valid" && value != "Invalid" {
		return fault.Invalidf("FeedbackValue must be Valid or Invalid.")
	}
	var about *Event
	err := h.events.UpdateEvent(ctx, t.PoolID, t.UserID, t.EventID, func(e *Event) error {
		e.Feedback = &Feedback{Value: value, Provider: who, At: moment(h.now)}
		about = e
		return nil
	})
	if err == nil && h.Said != nil {
		h.Said(ctx, about)
	}
	return err
}

// ticket is what a feedback token holds.
type ticket struct {
	PoolID  string `json:"p"`
	UserID  string `json:"u"`
	EventID string `json:"e"`
	Until   int64  `json:"x"` // unix milliseconds
}

const (
	ticketPurpose = "auth-event-feedback"
	ticketLife    = 7 * 24 * time.Hour
)

// Token lets who has it say something about one event.
func (h *History) Token(poolID, userID, eventID string) (string, error) {
	plain, err := json.Marshal(ticket{poolID, userID, eventID, h.now().Add(ticketLife).UnixMilli()})
	if err != nil {
		return "", fmt.Errorf("encode feedback token: %w", err)
	}
	return h.keys.SealString(ticketPurpose, plain, nil), nil
}

func (h *History) open(token string) (t ticket, err error) {
	plain, err := h.keys.OpenString(ticketPurpose, token, nil)
	if err != nil || json.Unmarshal(plain, &t) != nil || h.now().UnixMilli() >= t.Until {
		return ticket{}, badToken()
	}
	return t, nil
}

func badToken() error { return fault.Deniedf("Invalid feedback token.") }

// enabled refuses where threat protection is off.
func enabled(pool *directory.Pool) error {
	if modeOf(pool) == off {
		return notEnabled()
	}
	return nil
}

func notEnabled() error {
	return fault.New(fault.Unsupported, fault.AddOn, "Threat protection is not enabled for this user pool.")
}

func moment(now clock.Clock) time.Time { return now().UTC().Truncate(time.Millisecond) }
