// Package message is what the house sends to people: its parts, its templates with their default texts, and how a
// destination is masked. It leaves keeping messages until they are sent to outbox, delivery to mailbox, smtp and sms, and
// to its callers who gets what and why.
package message

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"cognate.dev/cognate/internal/fault"
)

// Purpose says why a message is sent.
type Purpose string

// The purposes.
const (
	SignUp          Purpose = "SignUp"
	ResendCode      Purpose = "ResendCode"
	ForgotPassword  Purpose = "ForgotPassword"
	VerifyAttribute Purpose = "VerifyAttribute" // asked for by GetUserAttributeVerificationCode
	UpdateAttribute Purpose = "UpdateAttribute"
	Invitation      Purpose = "Invitation"
	Authentication  Purpose = "Authentication"
	Takeover        Purpose = "AccountTakeOverNotification"
)

// Medium is the way a message takes, under the API's DeliveryMedium names.
type Medium string

// The media.
const (
	Email Medium = "EMAIL"
	SMS   Medium = "SMS"
)

// Message is one message to one person, ready to send. Without To it is to nobody: senders drop it.
type Message struct {
	ID               string // the same for each try to send it; the outbox gives it
	PoolID, PoolName string
	ClientID         string // empty: nobody's app client took part
	UserID, Username string
	Login            string // what the message calls the person: the name that they sign in with
	Purpose          Purpose
	Medium           Medium
	Attribute        string // the user's attribute that it goes to: email, phone_number
	To               string // one email address, or a phone number (E.164)
	From, ReplyTo    string // the pool's own email addresses; empty: the sender's
	Subject          string // empty for SMS
	Body             string // HTML for email, plain text for SMS
	Text             string // an email's plain text; empty: made from the body
	Code             string // the code or temporary password in the body; secret
	Link             string // the link in the body, if it has one; secret
	SentAt           time.Time
	ExpiresAt        time.Time         // when it says nothing any more; zero: after an hour
	ClientMetadata   map[string]string // of the request that led to it; for custom senders
	Try              int               // which try this is, from 1 on
	Unheard          bool              // nobody waits for its delivery or hears that it failed
}

// Topic is what a newer message of the same user makes an older one useless by; empty: nothing does.
func (m Message) Topic() string {
	switch m.Purpose {
	case SignUp, ResendCode:
		return "sign-up"
	case ForgotPassword:
		return "reset"
	case VerifyAttribute, UpdateAttribute:
		return "attribute:" + m.Attribute
	case Invitation:
		return "invitation:" + string(m.Medium)
	}
	return ""
}

// Sender takes a message for delivery. An error is a fault (Undelivered) whose text names no address; one that is
// ErrRefused besides will not go away by trying again, any other may.
type Sender interface {
	Send(ctx context.Context, m Message) error
}

// ErrRefused marks the error of a message that will never be taken: its address does not exist, or nobody sends its medium.
var ErrRefused = errors.New("refused for good")

// Post takes messages and does not lose them: outbox.Outbox is the one there is.
type Post interface {
	// Keep stores a message, in the transaction of ctx if there is one, so that what it carries and the message are
	// stored together. It leaves when Send or SendBehind is told, or later if neither is.
	Keep(ctx context.Context, m Message) (Kept, error)
	// Send sends what was kept and committed. An error is the caller's answer, and the message is given up: it was
	// refused for good. A message that could not be sent yet is no error: it is tried again.
	Send(ctx context.Context, k Kept) error
	// SendBehind is Send for answers whose time must not tell whether there was somebody to send to.
	SendBehind(ctx context.Context, k Kept)
}

// Kept is a message that is stored until it is sent, and the lease under which its keeper may send it.
type Kept struct {
	Message
	Lease string
}

// ByMedium sends email and text messages by different senders. Without a sender for a medium, its messages are refused.
func ByMedium(email, sms Sender) Sender { return byMedium{Email: email, SMS: sms} }

type byMedium map[Medium]Sender

func (b byMedium) Send(ctx context.Context, m Message) error {
	if s := b[m.Medium]; s != nil {
		return s.Send(ctx, m)
	}
	return NoSender(m.Medium)
}

// NoSender is the error of a medium that nobody sends.
func NoSender(medium Medium) error {
	return fault.Newf(fault.Undelivered, "", "No sender is configured for %s messages.", medium).Because(ErrRefused)
}

// Undelivered is the error of a message that was not taken: for now, or for good.
func Undelivered(cause error, forGood bool) error {
	if forGood {
		cause = fmt.Errorf("%w: %w", ErrRefused, cause)
	}
	return fault.New(fault.Undelivered, "", "The message could not be delivered.").Because(cause)
}

// MaskEmail shows the first character of both halves: t***@t***. Other text shows its first character.
func MaskEmail(address string) string {
	at := strings.LastIndexByte(address, '@')
	if at < 0 {
		return initial(address) + "***"
	}
	return initial(address[:at]) + "***@" + initial(address[at+1:]) + "***"
}

// MaskPhone shows the last four digits: +*******1234. The stars do not tell the length; a number too short to hide
// anything behind four digits shows none.
func MaskPhone(number string) string {
	if len(number) < 8 {
		return "+***********"
	}
	return "+*******" + number[len(number)-4:]
}

// Mask masks a destination as its medium wants.
func Mask(medium Medium, to string) string {
	if medium == SMS {
		return MaskPhone(to)
	}
	return MaskEmail(to)
}

func initial(s string) string {
	_, size := utf8.DecodeRuneInString(s)
	return s[:size]
}

// OneLine makes text fit for a header: control characters and line separators become blanks, blanks at the ends go.
func OneLine(text string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' || r == utf8.RuneError {
			return ' '
		}
		return r
	}, text))
}
