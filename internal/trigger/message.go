package trigger

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf8"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/message"
	"cognate.dev/cognate/internal/trigger/event"
)

// Word runs CustomMessage on a message that is about to be sent. Where a custom sender will send it, the code must be one
// that can be encrypted for it, and nobody waits for the function.
func (t *Triggers) Word(ctx context.Context, m message.Message) (message.Message, error) {
	pool, err := t.Directory.Pools.Get(ctx, m.PoolID)
	if err != nil {
		return m, fmt.Errorf("find pool of message: %w", err)
	}
	words, post := pool.Lambda.ARNs["CustomMessage"], pool.Lambda.Versioned[senderOf(m.Medium)]
	if m.Purpose == message.Takeover { // its words are those of the pool's risk configuration
		words = ""
	}
	if words == "" && post.ARN == "" {
		return m, nil
	}
	l := letter{Message: m, pool: pool}
	if l.attributes, err = t.addressee(ctx, pool, m); err != nil {
		return m, err
	}
	if words != "" {
		if m, err = t.reword(ctx, l, words); err != nil {
			return m, err
		}
	}
	if post.ARN != "" {
		m.Unheard = true
		_, err = t.seal(ctx, l)
	}
	return m, err
}

// Sender sends by the functions of the pools that have custom senders, and else by next.
func (t *Triggers) Sender(next message.Sender) message.Sender { return sender{t, next} }

type sender struct {
	*Triggers
	next message.Sender
}

// Send calls the custom sender of the medium or, where the pool has none, the next sender.
func (s sender) Send(ctx context.Context, m message.Message) error {
	pool, err := s.Directory.Pools.Get(ctx, m.PoolID)
	if err != nil {
		return fmt.Errorf("find pool of message: %w", err)
	}
	post := pool.Lambda.Versioned[senderOf(m.Medium)]
	if post.ARN == "" {
		return s.next.Send(ctx, m)
	}
	l := letter{Message: m, pool: pool}
	if l.attributes, err = s.addressee(ctx, pool, m); err != nil {
		return err
	}
	return s.post(ctx, l, post.ARN)
}

// letter is a message with what functions want to know of it.
type letter struct {
	message.Message
	pool       *directory.Pool
	attributes map[string]string
}

func (l letter) call(kind, arn string) call {
	c := call{source: event.Source(kind + "_" + purposes()[l.Purpose]), arn: arn, pool: l.pool, userName: l.Username}
	if l.ClientID != "" {
		c.client = &directory.Client{ID: l.ClientID}
	}
	return c
}

// purposes are the ends of trigger sources.
func purposes() map[message.Purpose]string {
	return map[message.Purpose]string{
		message.SignUp: "SignUp", message.ResendCode: "ResendCode", message.ForgotPassword: "ForgotPassword",
		message.VerifyAttribute: "VerifyUserAttribute", message.UpdateAttribute: "UpdateUserAttribute",
		message.Invitation: "AdminCreateUser", message.Authentication: "Authentication",
		message.Takeover: "AccountTakeOverNotification",
	}
}

// addressee are the attributes of the person, with the address that the message goes to even where it is a new one that
// waits for its verification.
func (t *Triggers) addressee(ctx context.Context, pool *directory.Pool, m message.Message) (map[string]string, error) {
	x, err := t.Directory.Users.Get(ctx, m.PoolID, m.UserID)
	if err != nil {
		return nil, fmt.Errorf("find addressee of message: %w", err)
	}
	out := attributes(pool, x)
	if m.Attribute != "" && out[m.Attribute] != m.To {
		out[m.Attribute], out[m.Attribute+"_verified"] = m.To, "false"
	}
	return out, nil
}

// reword runs CustomMessage and renders what it wrote.
func (t *Triggers) reword(ctx context.Context, l letter, arn string) (message.Message, error) {
	request := event.MessageRequest{UserAttributes: l.attributes, CodeParameter: event.CodeParameter, ClientMetadata: l.ClientMetadata}
	if l.Link != "" {
		request.LinkParameter = given(event.LinkParameter)
	}
	if l.Purpose == message.Invitation {
		request.UsernameParameter = given(event.UsernameParameter)
	}
	c, m := l.call("CustomMessage", arn), l.Message
	says, err := fire(ctx, t, c, request, event.MessageResponse{})
	if err != nil {
		return m, err
	}
	subject, body := deref(says.EmailSubject), deref(says.EmailMessage)
	limit := maxEmail
	if m.Medium == message.SMS {
		subject, body, limit = "", deref(says.SMSMessage), maxSMS
	}
	if err := c.checkText(l, subject, body, limit); err != nil {
		return m, err
	}
	// One of the two may be left to the pool: the rendered text then stays.
	newSubject, newBody := message.Render(message.Template{Medium: m.Medium, Subject: subject, Body: body},
		message.Values{Code: m.Code, Username: m.Login, Link: m.Link})
	if subject != "" {
		m.Subject = newSubject
	}
	if body != "" {
		m.Body = newBody
	}
	return m, nil
}

// How long texts may be, in characters.
// https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-custom-message.html
const (
	maxSMS     = 140
	maxEmail   = 20000
	maxSubject = 140
)

// checkText refuses a text without which the person could not go on, and one that is too long.
func (c call) checkText(l letter, subject, body string, limit int) error {
	if body != "" {
		link := l.Link != "" && strings.Contains(body, "{##")
		switch {
		case !strings.Contains(body, event.CodeParameter) && !link:
			return c.refuse("CustomMessage left out the code parameter %s.", event.CodeParameter)
		case l.Purpose == message.Invitation && !strings.Contains(body, event.UsernameParameter):
			return c.refuse("CustomMessage left out the username parameter %s.", event.UsernameParameter)
		case utf8.RuneCountInString(body) > limit:
			return c.refuse("CustomMessage wrote more than %d characters.", limit)
		}
	}
	if utf8.RuneCountInString(subject) > maxSubject {
		return c.refuse("CustomMessage wrote a subject of more than %d characters.", maxSubject)
	}
	return nil
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
