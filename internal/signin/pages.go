package signin

import (
	"context"
	"fmt"
	"slices"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
)

// flowPages is the flow of our own pages. It is none of Cognito's, so no client can ask for it: it needs no flow of the
// client, and it ends with the person who has been proven instead of tokens.
const flowPages = "PAGES"

// Entry begins a sign-in on our own pages.
type Entry struct {
	Pool           *directory.Pool
	Client         *directory.Client
	Login          string // the name as it was typed
	Password       string
	ClientMetadata map[string]string
	Levels         []string // names of levels of the pool, of which the first that the user can reach is to be reached; none: any
	// Device gives the device that the browser is of a user, which the page has made sure of; empty: none. Nil: browsers are
	// not known again.
	Device func(userID string) string
}

// Proven is who has passed every challenge, and which ones, in order.
type Proven struct {
	User   *directory.User
	Trail  []Kind
	AMR    []string // how, in the words of RFC 8176
	Second bool     // a second factor was passed, and not just a known device
	Device string   // the device that the browser is, still known to the user's account; empty: none
	Upon   bool     // a part of Trail is what the browser's session had shown before
}

// Enter begins a sign-in on our own pages with a password, whatever flows the client allows to its own callers. Replies
// to its challenges have Pages set; the last answer has Proven instead of Tokens.
func (m *Machine) Enter(ctx context.Context, e Entry) (*Answer, error) {
	input := map[string]string{"USERNAME": e.Login, "PASSWORD": e.Password}
	for _, name := range []string{"USERNAME", "PASSWORD"} {
		if input[name] == "" {
			return nil, missing(name)
		}
	}
	a, err := m.begin(ctx, e.start(input), e.Login)
	if err != nil {
		return nil, err
	}
	a.Wishes = e.Levels
	if err := m.recognise(ctx, a, e); err != nil {
		return nil, err
	}
	if err := m.receive(ctx, a); err != nil {
		return nil, err
	}
	return m.judge(ctx, a, Password)
}

// EnterByName begins a choice-based sign-in on our own pages, for a client that allows it: the answer is a choice among
// Available, or the one challenge that there is to choose.
func (m *Machine) EnterByName(ctx context.Context, e Entry) (*Answer, error) {
	if !e.Client.Allows(directory.FlowChoice) {
		return nil, fault.Invalidf("%s flow not enabled for this client", flowChoice)
	}
	if e.Login == "" {
		return nil, missing("USERNAME")
	}
	a, err := m.begin(ctx, e.start(map[string]string{}), e.Login)
	if err != nil {
		return nil, err
	}
	a.Wishes = e.Levels
	if err := m.recognise(ctx, a, e); err != nil {
		return nil, err
	}
	if err := m.receive(ctx, a); err != nil {
		return nil, err
	}
	if err := m.takeStock(ctx, a); err != nil {
		return nil, err
	}
	if a.Offers, err = m.offers(ctx, a); err != nil {
		return nil, err
	}
	a.Offers = a.narrow(slices.DeleteFunc(a.Offers, func(k Kind) bool { return k == PasswordSRP })) // a page has the password itself
	first := SelectChallenge
	if len(a.Offers) == 1 {
		first = a.Offers[0]
	}
	answer, err := m.follow(ctx, a, first)
	if err != nil {
		return nil, err
	}
	for _, k := range a.Offers {
		answer.Available = append(answer.Available, string(k))
	}
	return answer, nil
}

// EnterConfirmed begins a sign-in on our own pages for a user who has just chosen a password and confirmed the account
// in this browser; the caller has made sure of that. Everything after the password is asked as usual.
func (m *Machine) EnterConfirmed(ctx context.Context, e Entry, userID string) (*Answer, error) {
	user, err := m.Users.Get(ctx, e.Pool.ID, userID)
	if err != nil {
		return nil, fmt.Errorf("find user who has signed up: %w", err)
	}
	if user.Status != directory.Confirmed {
		return nil, fault.BadPassword()
	}
	a := m.newAttempt(e.start(map[string]string{}), e.Login)
	a.User, a.UserID, a.Name, a.Wishes = user, user.ID, user.Username, e.Levels
	if err := m.receive(ctx, a); err != nil {
		return nil, err
	}
	a.Trail = []Kind{Password}
	return m.proceed(ctx, a)
}

func (e Entry) start(input map[string]string) Start {
	return Start{Pool: e.Pool, Client: e.Client, Flow: flowPages, Params: input, ClientMetadata: e.ClientMetadata}
}
