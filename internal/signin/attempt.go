package signin

import (
	"slices"
	"strings"
	"time"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/factor"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/token"
)

// Attempt is one sign-in on its way. The exported fields are what challenges work with; the rest travels sealed.
type Attempt struct {
	carried
	Pool           *directory.Pool
	Client         *directory.Client
	User           *directory.User   // nil: simulated, because the client hides that the user does not exist
	Registered     factor.Registered // of the user, where the pool's settings make it matter
	Device         *factor.Device    // the device that the client says it is; nil: none that the user has confirmed
	From           token.Origin      // of this request
	Offers         []Kind            // first factors to choose from, while that is the question
	Input          map[string]string // of this request: AuthParameters or ChallengeResponses
	ClientMetadata map[string]string // of this request
	Now            time.Time

	guarded string // the user whom the guard let through in this request; empty: nobody yet
	failed  bool   // and whether it found failures
}

// carried is what an attempt remembers between requests, sealed. Names are short: the session string is limited to
// 2048 characters.
type carried struct {
	ID       string `json:"i"` // marks the string as used
	PoolID   string `json:"p"`
	ClientID string `json:"a"`
	Login    string `json:"l"`           // the name as it was typed
	Name     string `json:"n"`           // USER_ID_FOR_SRP
	UserID   string `json:"u"`           // the sub, or an invented one
	Flow     string `json:"f"`           // AuthFlow
	EventID  string `json:"e"`           //
	Pending  Kind   `json:"k"`           // the open question
	State    []byte `json:"s,omitempty"` // of the open question
	Trail    []Kind `json:"t,omitempty"` // passed, in order
	Steps    []Step `json:"z,omitempty"` // of a custom sign-in
	Chosen   Kind   `json:"c,omitempty"` // by a selection
	Both     bool   `json:"b,omitempty"` // the first factor was proof of both
	Roaming  bool   `json:"o,omitempty"` // a passkey was one of a security key
	// DeviceKey is the device that the client says it is, if the pool tracks devices.
	DeviceKey string `json:"d,omitempty"`
	Ruling    Ruling `json:"r,omitzero"`
	Vouched   bool   `json:"v,omitempty"` // by our own page: the device has nothing left to prove
	Target    int    `json:"g,omitempty"` // the level that was asked for, 1 to 4
	Credit    int    `json:"h,omitempty"` // how many of Trail an access token has shown
	// Wishes are names of levels that the client of our own pages wants reached, the first that the user can.
	Wishes   []string `json:"m,omitempty"`
	Expires  int64    `json:"x"` // unix milliseconds
	Asked    int64    `json:"q"` // when the question was put, unix milliseconds
	Password int64    `json:"w"` // when the password of that moment had been set; see passwordSet
}

// Need reads one parameter that must be there.
func (a *Attempt) Need(name string) (string, error) {
	if v := a.Input[name]; v != "" {
		return v, nil
	}
	return "", missing(name)
}

// Has reports whether a challenge was passed.
func (a *Attempt) Has(k Kind) bool { return slices.Contains(a.Trail, k) }

// hides reports whether answers must not tell an unknown user from a known one.
func (a *Attempt) hides() bool { return a.Client.HidesExistence() }

// names reports whether a username denotes the attempt's user: as typed, as the challenge gave it, or the sub.
func (a *Attempt) names(username string) bool {
	same := func(s string) bool { return s == username }
	if c := a.Pool.CaseSensitive; c != nil && !*c {
		same = func(s string) bool { return strings.EqualFold(s, username) }
	}
	return same(a.Login) || same(a.Name) || a.UserID == username
}

func missing(name string) error { return fault.Invalidf("Missing required parameter %s", name) }
