// Package message is what the house sends to people: its parts, its templates with their default texts, and how a
// destination is masked. It leaves delivery to mailbox and smtp, and to its callers who gets what and why.
package message

import (
	"context"
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

// Message is one message to one person, ready to send.
type Message struct {
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
	ClientMetadata   map[string]string // of the request that led to it; for custom senders
}

// Sender takes a message for delivery. An error is a fault (Undelivered) whose text names no address.
type Sender interface {
	Send(ctx context.Context, m Message) error
}

// ByMedium sends email and text messages by different senders. Without a sender for a medium, its messages are refused.
func ByMedium(email, sms Sender) Sender { return byMedium{Email: email, SMS: sms} }

type byMedium map[Medium]Sender

func (b byMedium) Send(ctx context.Context, m Message) error {
	if s := b[m.Medium]; s != nil {
		return s.Send(ctx, m)
	}
	return fault.Newf(fault.Undelivered, "", "No sender is configured for %s messages.", m.Medium)
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
