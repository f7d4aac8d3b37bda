// Package masterkey decides which of the master keys seals: a new one does once every node can open what it seals, and an
// old one may go once nothing is left that only it opens. It leaves reading keys to app, sealing to kit/secret, and the rows
// that hold sealed values to the store.
package masterkey

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"cognate.dev/cognate/internal/kit/secret"
)

// Alive is how long after its last sign a node counts as one that may need a key; it gives a sign every Beat.
const (
	Alive = 45 * time.Second
	Beat  = 15 * time.Second
)

// Holder is a node, and the keys that it has loaded.
type Holder struct {
	Node, Host string
	Keys       []string // ids; it wants the first to seal
	Seals      string   // with which it seals; empty: it has not been told yet
}

func (h Holder) knows(id string) bool { return slices.Contains(h.Keys, id) }

// Use is a key that came to seal at a time.
type Use struct {
	ID    string
	Since time.Time
}

// State is what all nodes share: the keys that have sealed, the newest last, and who is alive.
type State struct {
	Uses    []Use
	Holders []Holder
	Now     time.Time // the database's clock
}

// Sealing is the key that seals; empty in a new installation.
func (s State) Sealing() string {
	if len(s.Uses) == 0 {
		return ""
	}
	return s.Uses[len(s.Uses)-1].ID
}

// LacksError says that a node cannot open what the others seal.
type LacksError struct{ ID string }

func (e *LacksError) Error() string {
	return fmt.Sprintf("the database is sealed under the master key %s, which is not among the keys here: use the key file that belongs to it, or add its line", e.ID)
}

// Decide gives the key that shall seal from now on, for a node that is among the holders. A key that has sealed before and was
// replaced does not come back, so nodes with their lines in different orders do not quarrel.
func Decide(me Holder, s State) (id string, err error) {
	now := s.Sealing()
	if now != "" && !me.knows(now) {
		return now, &LacksError{now}
	}
	wanted := me.Keys[0]
	if slices.ContainsFunc(s.Uses, func(u Use) bool { return u.ID == wanted }) || now != "" && len(Waiting(wanted, s)) > 0 {
		return now, nil
	}
	return wanted, nil
}

// Waiting are the nodes that a key waits for.
func Waiting(id string, s State) (nodes []Holder) {
	for _, h := range s.Holders {
		if !h.knows(id) {
			nodes = append(nodes, h)
		}
	}
	return nodes
}

// Store keeps what nodes share, and the sealed values.
type Store interface {
	// AgreeOnKey notes that a node is alive, and lets decide say from the state, which includes it, which key seals. Nodes
	// that ask at once do so one after another. An error of decide changes nothing.
	AgreeOnKey(ctx context.Context, me Holder, decide func(State) (string, error)) (State, error)
	// KeyState reads the state.
	KeyState(ctx context.Context) (State, error)
	// LeaveKeys forgets a node.
	LeaveKeys(ctx context.Context, node string) error
	// SealedUnder counts the stored values by the key that sealed them; "" are those that no key here opens.
	SealedUnder(ctx context.Context, keys Renewer) (map[string]int, error)
	// Reseal seals values anew under the key that seals now, and tells now and then how many it has. It may be cut short and
	// begun again, and leaves alone what is changed at the same time. Left is how many it could not open.
	Reseal(ctx context.Context, keys Renewer, tell func(n int)) (left int, err error)
	// SessionsBefore counts the sessions that live, and whose refresh token is older than a time, and says when the last of
	// them ends.
	SessionsBefore(ctx context.Context, at time.Time) (n int, until time.Time, err error)
}

// Renewer seals anew what an older key has sealed. *secret.Keyring is one.
type Renewer interface {
	IDs() []string
	Renew(kind secret.Kind, row []string, stored []byte) (next []byte, fresh bool, err error)
	SealedBy(kind secret.Kind, stored []byte) (id string, sealed bool)
}

// Margin is how long after a key was replaced something may still be carried that it sealed, beside refresh tokens: sessions of
// sign-ins under way, forms, and what a node seals that has not looked yet.
const Margin = time.Hour

// Old is a key that does not seal any more, and what still needs it.
type Old struct {
	ID       string
	Replaced time.Time // zero: it never sealed that anybody remembers
	Values   int       // in the database
	Sessions int       // whose refresh tokens it may have sealed
	Until    time.Time // the last of these sessions ends
	Nodes    []string  // seal with it still
}

// MayGo says whether nothing needs the key any more at a time.
func (o Old) MayGo(now time.Time) bool { return o.Reason(now) == "" }

// Reason says what needs the key, to people; empty when nothing does.
func (o Old) Reason(now time.Time) string {
	var why []string
	if len(o.Nodes) > 0 {
		why = append(why, "nodes that seal with it: "+strings.Join(o.Nodes, ", "))
	}
	if o.Values > 0 {
		why = append(why, fmt.Sprintf("%d values in the database", o.Values))
	}
	if o.Sessions > 0 {
		why = append(why, fmt.Sprintf("refresh tokens of %d sessions, the last until %s", o.Sessions, o.Until.Format(time.RFC3339)))
	}
	if end := o.Replaced.Add(Margin); now.Before(end) {
		why = append(why, "sign-ins under way, until "+end.Format(time.RFC3339))
	}
	return strings.Join(why, "; ")
}

// Inspect says of each of the keys but the one that seals what needs it. Candidates, which have not sealed yet, are left out.
func Inspect(ctx context.Context, s Store, keys Renewer) (state State, old []Old, err error) {
	if state, err = s.KeyState(ctx); err != nil {
		return state, nil, err
	}
	values, err := s.SealedUnder(ctx, keys)
	if err != nil {
		return state, nil, err
	}
	for i, id := range keys.IDs() {
		if id == state.Sealing() || i == 0 && !state.used(id) {
			continue
		}
		o := Old{ID: id, Values: values[id], Replaced: state.replaced(id)}
		for _, h := range state.Holders {
			if h.Seals == id {
				o.Nodes = append(o.Nodes, h.Host)
			}
		}
		if o.Sessions, o.Until, err = s.SessionsBefore(ctx, o.Replaced.Add(Margin)); err != nil {
			return state, nil, err
		}
		old = append(old, o)
	}
	return state, old, nil
}

func (s State) used(id string) bool {
	return slices.ContainsFunc(s.Uses, func(u Use) bool { return u.ID == id })
}

// replaced is when a key ceased to seal: when the next one began, or before all that is remembered.
func (s State) replaced(id string) time.Time {
	at := slices.IndexFunc(s.Uses, func(u Use) bool { return u.ID == id })
	if at+1 < len(s.Uses) {
		return s.Uses[at+1].Since
	}
	return time.Time{}
}
