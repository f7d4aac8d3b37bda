package frame

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"cognate.dev/cognate/internal/account"
	"cognate.dev/cognate/internal/kit/random"
	"cognate.dev/cognate/internal/signin"
)

// State is what a form carries from page to page, sealed: nobody can read it, change it, or use it in another browser,
// on another page or after the page's time.
type State struct {
	Request  string `json:"r,omitempty"` // the authorization request, sealed by authorize
	ClientID string `json:"c,omitempty"` // on pages without a request
	At       int64  `json:"t"`           // when it was sealed, unix milliseconds

	Login     string            `json:"l,omitempty"` // the name as it was typed
	UserID    string            `json:"u,omitempty"` // who chose a password in this browser and has yet to be confirmed
	Challenge signin.Kind       `json:"k,omitempty"`
	Session   string            `json:"s,omitempty"` // of the sign-in machine
	Params    map[string]string `json:"p,omitempty"` // of the challenge
	Offers    []string          `json:"o,omitempty"` // first factors to choose from
	Secret    string            `json:"e,omitempty"` // of an authenticator app that is being set up
	Feedback  *Feedback         `json:"f,omitempty"` // about a sign-in
	Notice    string            `json:"n,omitempty"` // key of what the page says first
	Then      string            `json:"h,omitempty"` // the page that follows the sign-in
	Bare      bool              `json:"b,omitempty"` // the client wants the person back and no tokens
	Sent      *Sent             `json:"d,omitempty"`
}

// Feedback is what a link in a notification says about a sign-in.
type Feedback struct {
	Token string `json:"t"`
	Value string `json:"v"` // Valid, Invalid
}

// Sent is where the last code went, and when.
type Sent struct {
	To string `json:"a,omitempty"` // masked
	By string `json:"m,omitempty"` // EMAIL, SMS
	At int64  `json:"t"`           // unix milliseconds
}

// Sealer encrypts what forms carry; *secret.Keyring does.
type Sealer interface {
	SealString(purpose string, plain, aad []byte) string
	OpenString(purpose, sealed string, aad []byte) ([]byte, error)
}

const (
	statePurpose = "login-form"
	stateField   = "state"
	cookieName   = "XSRF-TOKEN"
	maxState     = 96 << 10
	// Wait is how long somebody has to wait before another code is sent.
	Wait = 30 * time.Second
)

var (
	// errStale is a form that was not made for this browser and page.
	errStale = errors.New("the form is not this browser's or not this page's")
	// errLate is a form of this browser and page that was open for too long.
	errLate = errors.New("the form was open for too long")
)

// seal writes the state into a form of a page.
func (v *Visit) seal(page string) string {
	s := v.State
	s.At = v.Now().UnixMilli()
	plain, err := json.Marshal(s) // #nosec G117 -- it is sealed at once
	if err != nil {
		panic(err) // strings and numbers always encode
	}
	return v.desk.Sealer.SealString(statePurpose, plain, v.binding(page))
}

// open reads the state of a posted form. Of one that comes too late the state is there, too.
func (v *Visit) open(p *Page) error {
	text := v.Form.Get(stateField)
	if v.token == "" || text == "" || len(text) > maxState {
		return errStale
	}
	plain, err := v.desk.Sealer.OpenString(statePurpose, text, v.binding(p.Name))
	if err != nil || json.Unmarshal(plain, &v.State) != nil {
		return errStale
	}
	if age := v.Now().Sub(time.UnixMilli(v.State.At)); age >= cmp.Or(p.Life, otherLife) {
		return errLate
	}
	return nil
}

// binding ties a form to a pool, a page and, by its cookie, a browser: that is the protection against forged requests.
func (v *Visit) binding(page string) []byte {
	return []byte(v.Site.Pool.ID + "\x00" + page + "\x00" + v.token)
}

// readToken takes the browser's token from its cookie.
func (v *Visit) readToken() {
	if c, err := v.r.Cookie(cookieName); err == nil && len(c.Value) == tokenLength {
		v.token = c.Value
	}
}

const tokenLength = 43

// needToken gives the browser a token if it has none.
func (v *Visit) needToken() {
	if v.token != "" {
		return
	}
	v.token = base64.RawURLEncoding.EncodeToString(random.Bytes(32))
	http.SetCookie(v.w, &http.Cookie{ // #nosec G124 -- Secure where the site is; development speaks plain HTTP on loopback
		Name: cookieName, Value: v.token, Path: v.Site.Prefix + "/", HttpOnly: true, Secure: v.Site.Secure(),
		SameSite: http.SameSiteLaxMode,
	})
}

// NoteSent remembers that a code was sent. Nil: none was, but the page behaves as if.
func (v *Visit) NoteSent(d *account.Delivery) {
	v.State.Sent = &Sent{At: v.Now().UnixMilli()}
	if d != nil {
		v.State.Sent.To, v.State.Sent.By = d.Destination, string(d.Medium)
	}
}

// Cooling is how many seconds remain until another code may be asked for.
func (v *Visit) Cooling() int {
	if v.State.Sent == nil {
		return 0
	}
	left := Wait - v.Now().Sub(time.UnixMilli(v.State.Sent.At))
	if left <= 0 {
		return 0
	}
	return int((left + time.Second - 1) / time.Second)
}
