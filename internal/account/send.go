package account

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/message"
)

// letter is a message before it is worded.
type letter struct {
	pool    *directory.Pool
	client  *directory.Client // nil: an administrator's doing
	user    *directory.User
	purpose message.Purpose
	to      contact
	code    string
	login   string // the name that the person signs in with; empty: the username
	// metadata is the ClientMetadata of the request.
	metadata map[string]string
}

// send words a message in the pool's texts and hands it over. It runs after the commit that stored the code, so that
// a failure leaves everything in place for another try.
func (a *Accounts) send(ctx context.Context, l letter) error {
	link, err := a.link(ctx, l)
	if err != nil {
		return err
	}
	err = a.sender.Send(ctx, a.word(l, link))
	var f *fault.Fault
	if err == nil || errors.As(err, &f) {
		return err
	}
	return fault.New(fault.Undelivered, "", "The message could not be delivered.").Because(err)
}

// behindTimeout ends a delivery that nobody waits for.
const behindTimeout = 30 * time.Second

// sendBehind sends without making the answer wait, for clients that hide who exists: how long a mail server takes, and
// whether it refuses, would tell.
func (a *Accounts) sendBehind(ctx context.Context, l letter) error {
	select {
	case a.behind <- struct{}{}:
	default:
		return a.send(ctx, l)
	}
	ctx = context.WithoutCancel(ctx)
	a.sending.Go(func() {
		defer func() { <-a.behind }()
		ctx, cancel := context.WithTimeout(ctx, behindTimeout)
		defer cancel()
		if err := a.send(ctx, l); err != nil {
			a.failed(ctx, err)
		}
	})
	return nil
}

// deliver sends in the way that the client's hiding of users asks for.
func (a *Accounts) deliver(ctx context.Context, l letter) error {
	if l.client != nil && l.client.HidesExistence() {
		return a.sendBehind(ctx, l)
	}
	return a.send(ctx, l)
}

// link is where an email leads that confirms a sign-up by a link instead of a code (CONFIRM_WITH_LINK); else it is empty.
// The page it leads to is a form that has the code already: programs that look into mail open links, too.
// https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pool-settings-email-verification-message-customization.html
func (a *Accounts) link(ctx context.Context, l letter) (string, error) {
	confirms := l.purpose == message.SignUp || l.purpose == message.ResendCode
	if !confirms || l.to.medium() != message.Email || l.client == nil || a.home == nil ||
		l.pool.Verification.DefaultEmailOption != directory.ConfirmWithLink {
		return "", nil
	}
	home, err := a.home(ctx, l.pool)
	if err != nil {
		return "", fmt.Errorf("find the pool's pages: %w", err)
	}
	// In the order in which Cognito writes them.
	return home + "/confirmUser?client_id=" + url.QueryEscape(l.client.ID) + "&user_name=" + url.QueryEscape(l.user.Username) +
		"&confirmation_code=" + url.QueryEscape(l.code), nil
}

func (a *Accounts) word(l letter, link string) message.Message {
	medium := l.to.medium()
	subject, body := texts(l.pool, l.purpose, medium)
	if link != "" {
		subject, body = l.pool.Verification.EmailSubjectByLink, l.pool.Verification.EmailMessageByLink
	}
	template := message.Default(l.purpose, medium, link != "").With(subject, body)
	name := l.login
	if name == "" {
		name = l.user.Username
	}
	subject, body = message.Render(template, message.Values{Code: l.code, Username: name, Link: link})
	m := message.Message{
		PoolID: l.pool.ID, PoolName: l.pool.Name, UserID: l.user.ID, Username: l.user.Username,
		Login: name, Purpose: l.purpose, Medium: medium, Attribute: l.to.attribute, To: l.to.value, ClientMetadata: l.metadata, From: l.pool.Email.From, ReplyTo: l.pool.Email.ReplyTo,
		Subject: subject, Body: body, Code: l.code, Link: link, SentAt: a.moment(),
	}
	if l.client != nil {
		m.ClientID = l.client.ID
	}
	return m
}

// texts are the pool's own subject and body, empty where it has none.
func texts(pool *directory.Pool, p message.Purpose, medium message.Medium) (subject, body string) {
	switch {
	case p == message.Invitation && medium == message.SMS:
		return "", pool.AdminCreate.SMSMessage
	case p == message.Invitation:
		return pool.AdminCreate.EmailSubject, pool.AdminCreate.EmailMessage
	case medium == message.SMS:
		return "", pool.Verification.SMSMessage
	}
	return pool.Verification.EmailSubject, pool.Verification.EmailMessage
}
