package signin

import (
	"context"
	"fmt"
	"slices"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/token"
)

// Ascend goes on from what the session of a browser has shown (amr), on our own pages, for a client that asks for levels:
// it asks for the one proof that is missing to the first of them that the user can reach. Enough: the session has that
// level already. Neither an answer nor enough: only a sign-in from the start leads there. Nobody can reach any is a fault
// Level. The caller has made sure that the session is alive, the user's and of this browser.
func (m *Machine) Ascend(ctx context.Context, e Entry, userID string, amr []string) (next *Answer, enough bool, err error) {
	user, err := m.Users.Get(ctx, e.Pool.ID, userID)
	if err != nil {
		return nil, false, fmt.Errorf("find user who is signed in: %w", err)
	}
	a := m.newAttempt(e.start(map[string]string{}), e.Login)
	a.User, a.UserID, a.Name, a.Wishes = user, user.ID, user.Username, e.Levels
	a.show(amr)
	if err := m.takeStock(ctx, a); err != nil {
		return nil, false, err
	}
	var anew bool
	if a.Target, anew, err = m.summit(ctx, a); err != nil || anew {
		return nil, false, err
	}
	if a.meets(a.Target) {
		return nil, true, nil
	}
	if err := m.recognise(ctx, a, e); err != nil {
		return nil, false, err
	}
	if err := m.receive(ctx, a); err != nil {
		return nil, false, err
	}
	next, err = m.proceed(ctx, a)
	return next, false, err
}

// summit is the first level that is wished for and that the user can reach: from what is shown with at most one more
// proof, or else anew.
func (m *Machine) summit(ctx context.Context, a *Attempt) (to int, anew bool, err error) {
	for _, name := range a.Wishes {
		to := token.Demand(a.Pool, name)
		if to == 0 {
			continue
		}
		if a.meets(to) || len(a.Trail) > 0 && a.near(to) {
			return to, false, nil
		}
		if anew, err := m.reachable(ctx, a, to); err != nil || anew {
			return to, anew, err
		}
	}
	return 0, false, unreachable()
}

// reachable tells whether the user could reach a level by a sign-in from the start.
func (m *Machine) reachable(ctx context.Context, a *Attempt, to int) (bool, error) {
	anew := *a
	anew.Trail, anew.Credit = nil, 0
	offers, err := m.offers(ctx, &anew)
	if fault.Is(err, fault.Denied, "") { // there is no way to sign in at all
		return false, nil
	}
	return slices.ContainsFunc(offers, func(k Kind) bool {
		return (k == Password || a.Client.Allows(directory.FlowChoice)) && anew.leads(k, to)
	}), err
}

func unreachable() error {
	return fault.New(fault.Denied, fault.Level, "The user cannot reach any of the requested authentication context class references.")
}
