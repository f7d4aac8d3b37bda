package signin

import (
	"context"
	"fmt"
	"slices"

	"cognate.dev/cognate/internal/directory"
)

// Judge is threat protection: it turns visitors away, weighs sign-ins and remembers how they went. The machine asks it,
// so that no flow can go around it; its faults are the answer. Who visits, it finds in the context.
// https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pool-settings-threat-protection.html
type Judge interface {
	// Admit is asked in each request, before anything is tried.
	Admit(ctx context.Context, c Case) error
	// Password is asked before a password is chosen in a challenge.
	Password(ctx context.Context, c Case, password string) error
	// Weigh is asked once in each sign-in, when the first factor has been proven.
	Weigh(ctx context.Context, c Case, e Evidence) (Ruling, error)
	// Note is told of each answer that was judged, and of the end.
	Note(ctx context.Context, c Case, n Note) error
}

// Case is the sign-in that a Judge is asked about.
type Case struct {
	Pool    *directory.Pool
	Client  *directory.Client
	User    *directory.User // nil: nobody, because the client hides that there is no such user
	UserID  string          // an invented one for nobody
	EventID string
	Device  string // the key of a device that the user has confirmed and the client names; empty: none
	Custom  bool   // CUSTOM_AUTH
	// Provider is the outside identity provider that vouches for the user; empty: none does.
	Provider string
	Ruling   Ruling // the zero one before Weigh
}

// Evidence is what is known when the first factor has been proven.
type Evidence struct {
	Password string // as it was typed; empty: it was not seen, as with SRP
	Proven   bool   // a second factor has been proven along with it
	CanProve bool   // the user can be asked for another factor
}

// Ruling is what a Judge has found. It travels with the sign-in.
type Ruling struct {
	Weighed bool   `json:"w,omitempty"`
	Factor  bool   `json:"f,omitempty"` // another factor must be proven, whatever the pool's settings say
	Level   string `json:"l,omitempty"` // Low, Medium, High; empty: no risk
	Stolen  *bool  `json:"s,omitempty"` // whether the password is known to be stolen; nil: it was not looked for
}

// Note is how far a sign-in has come.
type Note struct {
	Passed []Kind // challenges, in order
	Failed Kind   // the challenge that was answered wrong; empty: none
	Done   bool   // all is proven
}

// allow is the Judge of a server that has none.
type allow struct{}

func (allow) Admit(context.Context, Case) error                     { return nil }
func (allow) Password(context.Context, Case, string) error          { return nil }
func (allow) Note(context.Context, Case, Note) error                { return nil }
func (allow) Weigh(context.Context, Case, Evidence) (Ruling, error) { return Ruling{}, nil }

// asCase is what the Judge sees of an attempt.
func (a *Attempt) asCase() Case {
	c := Case{
		Pool: a.Pool, Client: a.Client, User: a.User, UserID: a.UserID, EventID: a.EventID, Custom: a.Flow == flowCustom, Ruling: a.Ruling,
	}
	if a.Device != nil {
		c.Device = a.Device.Key
	}
	return c
}

// weigh has an attempt judged, once, when its first factor is proven. Every way to tokens leads through here.
func (m *Machine) weigh(ctx context.Context, a *Attempt) error {
	if a.Ruling.Weighed {
		return nil
	}
	e := Evidence{Proven: factorProven(a), CanProve: a.Flow != flowCustom && len(a.demandable()) > 0}
	if a.Has(Password) {
		e.Password = a.Input["PASSWORD"]
	}
	r, err := m.Judge.Weigh(ctx, a.asCase(), e)
	if err != nil {
		return err
	}
	if r.Factor && !e.Proven && !e.CanProve {
		return fmt.Errorf("a factor is asked for that the user does not have")
	}
	r.Weighed = true
	a.Ruling = r
	return nil
}

// demandable lists the factors that a user can be asked for because a sign-in looks dangerous: all that are registered,
// switched on or not, but for the one that came first.
func (a *Attempt) demandable() []Kind {
	if a.User == nil || !asksForMFA(a.Pool) {
		return nil
	}
	return slices.DeleteFunc(registered(a.Pool, a.User, a.Registered), func(k Kind) bool {
		return len(a.Trail) > 0 && sameFactor(a.Trail[0], k)
	})
}

// sameFactor tells whether a second factor would only prove the first one again.
func sameFactor(first, second Kind) bool {
	return first == second || first == SMSOTP && second == SMSMFA
}

// failed tells the Judge of a wrong answer.
func (m *Machine) failed(ctx context.Context, a *Attempt, k Kind) error {
	return m.Judge.Note(ctx, a.asCase(), Note{Passed: a.Trail, Failed: k})
}
