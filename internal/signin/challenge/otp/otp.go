// Package otp is the challenges SMS_MFA, SMS_OTP and EMAIL_OTP: a code that is sent and typed back. It makes, sends and
// compares codes; how often one may guess or ask is the machine's, delivery is message's.
package otp

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/kit/random"
	"cognate.dev/cognate/internal/message"
	"cognate.dev/cognate/internal/signin"
)

// A code that comes first is all that stands between a name and tokens, so it is longer.
const (
	digits      = 6
	firstDigits = 8
)

// Digests derives a digest that never changes; *secret.Keyring does.
type Digests interface {
	MAC(purpose string, parts ...[]byte) []byte
}

// Users changes people; *directory.Users does.
type Users interface {
	Change(ctx context.Context, pool *directory.Pool, id string, change func(*directory.User) error) (*directory.User, error)
}

// Challenge is one of the three kinds.
type Challenge struct {
	kind      signin.Kind
	medium    message.Medium
	attribute string   // where the code goes
	answers   []string // the names that clients send it back under
	wrong     string
	texts     func(*directory.Pool) (subject, body string)

	sender  message.Sender
	behind  message.Sender // does not make the answer wait; a message to nobody costs as much
	digests Digests
	users   Users
}

// SMS makes SMS_MFA.
func SMS(s message.Sender, d Digests, u Users) *Challenge {
	return &Challenge{
		kind: signin.SMSMFA, medium: message.SMS, attribute: "phone_number", answers: []string{"SMS_MFA_CODE"},
		wrong:  "Invalid code received for user",
		texts:  func(p *directory.Pool) (string, string) { return "", p.SMSAuthMessage },
		sender: s, behind: s, digests: d, users: u,
	}
}

// FirstSMS makes SMS_OTP, a first factor. Behind sends where the time of an answer must not tell who exists.
func FirstSMS(s, behind message.Sender, d Digests, u Users) *Challenge {
	c := SMS(s, d, u)
	c.kind, c.answers, c.wrong, c.behind = signin.SMSOTP, []string{"SMS_OTP_CODE"}, wrongCode, behind
	return c
}

const wrongCode = "Invalid code or auth state for the user."

// Email makes EMAIL_OTP, a first or a second factor. Newer documentation calls its answer EMAIL_MFA_CODE.
func Email(s, behind message.Sender, d Digests, u Users) *Challenge {
	return &Challenge{
		kind: signin.EmailOTP, medium: message.Email, attribute: "email", answers: []string{"EMAIL_OTP_CODE", "EMAIL_MFA_CODE"},
		wrong: wrongCode,
		texts: func(p *directory.Pool) (string, string) {
			if p.MFA.Email == nil {
				return "", ""
			}
			return p.MFA.Email.Subject, p.MFA.Email.Message
		},
		sender: s, behind: behind, digests: d, users: u,
	}
}

// Kind is SMS_MFA, SMS_OTP or EMAIL_OTP.
func (c *Challenge) Kind() signin.Kind { return c.kind }

// sent is what Check needs to know: the digest of the code and where it went.
type sent struct {
	Nonce []byte `json:"n"`
	MAC   []byte `json:"m"`
	To    string `json:"t"`
}

// Begin sends a code to the user. For nobody, and where a hiding client asks for a code that the user cannot get, it
// looks the same and nothing is sent.
func (c *Challenge) Begin(ctx context.Context, a *signin.Attempt) (signin.Prompt, error) {
	first := len(a.Trail) == 0
	n := digits
	if first {
		n = firstDigits
	}
	code, sender := random.Digits(n), c.sender
	if first && a.Client.HidesExistence() {
		sender = c.behind
	}
	to, known := c.address(a, first)
	switch {
	case known:
		if err := sender.Send(ctx, c.word(a, to, code)); err != nil {
			return signin.Prompt{}, err
		}
	case !first || a.User != nil && !a.Client.HidesExistence():
		return signin.Prompt{}, fault.Invalidf("User does not have delivery config set to turn on %s", c.kind)
	default:
		to = c.invent(a)
		if err := sender.Send(ctx, c.toNobody(a, code)); err != nil { // it goes nowhere, at the same cost
			return signin.Prompt{}, err
		}
	}
	s := sent{Nonce: random.Bytes(16), To: to}
	s.MAC = c.digest(a, s.Nonce, code)
	state, err := json.Marshal(s)
	if err != nil {
		return signin.Prompt{}, fmt.Errorf("encode sent code: %w", err)
	}
	return signin.Prompt{State: state, Params: map[string]string{
		"CODE_DELIVERY_DELIVERY_MEDIUM": string(c.medium),
		"CODE_DELIVERY_DESTINATION":     message.Mask(c.medium, to),
		"USER_ID_FOR_SRP":               a.Name,
	}}, nil
}

// address is where a code goes. A code that comes first goes to a verified address only.
func (c *Challenge) address(a *signin.Attempt, first bool) (to string, known bool) {
	if a.User == nil || first && a.User.Attributes[c.attribute+"_verified"] != "true" {
		return "", false
	}
	to = a.User.Attributes[c.attribute]
	return to, to != ""
}

// invent is the address of nobody, the same each time: the typed name if it is one, else one as people have them.
func (c *Challenge) invent(a *signin.Attempt) string {
	seed := c.digests.MAC("signin-otp-address", []byte(c.kind), []byte(a.PoolID), []byte(a.UserID))
	letter := func(b byte) string { return string(rune('a' + b%26)) }
	switch {
	case c.medium == message.SMS && directory.IsPhone(a.Login), c.medium == message.Email && directory.IsEmail(a.Login):
		return a.Login
	case c.medium == message.SMS:
		return fmt.Sprintf("+1555555%04d", (int(seed[0])<<8+int(seed[1]))%10000)
	}
	return letter(seed[0]) + strings.Repeat("a", 4+int(seed[1]%8)) + "@" + letter(seed[2]) + strings.Repeat("a", 3+int(seed[3]%6)) + ".com"
}

func (c *Challenge) word(a *signin.Attempt, to, code string) message.Message {
	template := message.Default(message.Authentication, c.medium, false).With(c.texts(a.Pool))
	subject, body := message.Render(template, message.Values{Code: code, Username: a.User.Username})
	return message.Message{
		PoolID: a.Pool.ID, PoolName: a.Pool.Name, ClientID: a.Client.ID, UserID: a.User.ID, Username: a.User.Username,
		Login: a.User.Username, Purpose: message.Authentication, Medium: c.medium, Attribute: c.attribute, To: to,
		ClientMetadata: a.ClientMetadata, From: a.Pool.Email.From, ReplyTo: a.Pool.Email.ReplyTo,
		Subject: subject, Body: body, Code: code, SentAt: a.Now, ExpiresAt: a.Now.Add(codeLife),
	}
}

// codeLife is longer than any session that a code belongs to: who asks at all asks again by then.
const codeLife = 15 * time.Minute

// toNobody is a message that nobody gets.
func (c *Challenge) toNobody(a *signin.Attempt, code string) message.Message {
	somebody := *a
	somebody.User = &directory.User{ID: a.UserID, Username: a.Login}
	m := c.word(&somebody, "", code)
	m.UserID = ""
	return m
}

func (c *Challenge) digest(a *signin.Attempt, nonce []byte, code string) []byte {
	return c.digests.MAC("signin-otp", []byte(c.kind), []byte(a.PoolID), []byte(a.UserID), nonce, []byte(code))
}

// Check compares the code. Who could read it has the contact, which is verified by that.
func (c *Challenge) Check(ctx context.Context, a *signin.Attempt) (signin.Verdict, error) {
	var code string
	for _, name := range c.answers {
		if code == "" {
			code = a.Input[name]
		}
	}
	if code == "" {
		_, err := a.Need(c.answers[0])
		return signin.Verdict{}, err
	}
	var s sent
	if err := json.Unmarshal(a.State, &s); err != nil {
		return signin.Verdict{}, fmt.Errorf("read sent code: %w", err)
	}
	if subtle.ConstantTimeCompare(s.MAC, c.digest(a, s.Nonce, code)) != 1 {
		return signin.Wrong(fault.New(fault.Mismatch, "", c.wrong)), nil
	}
	return signin.Passed(), c.verify(ctx, a, s.To)
}

func (c *Challenge) verify(ctx context.Context, a *signin.Attempt, to string) error {
	if a.User == nil || a.User.Attributes[c.attribute+"_verified"] == "true" {
		return nil
	}
	_, err := c.users.Change(ctx, a.Pool, a.UserID, func(u *directory.User) error {
		u.Verify(c.attribute, to)
		return nil
	})
	if fault.Is(err, fault.Exists, fault.Alias) {
		return nil // somebody else signs in with it; that is no reason to turn this user away
	}
	return err
}

var _ signin.Challenge = (*Challenge)(nil)
