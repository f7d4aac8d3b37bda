package account

import (
	"context"
	"fmt"
	"net/url"
	"time"

	"cognate.dev/cognate/internal/directory"
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
	life    time.Duration // how long the code lives
	login   string        // the name that the person signs in with; empty: the username
	// metadata is the ClientMetadata of the request.
	metadata map[string]string
}

// issueIn makes a code for a letter and stores both, in the transaction of ctx if there is one, so that there is no code
// without the message that carries it.
func (a *Accounts) issueIn(ctx context.Context, l letter, p Purpose) (k message.Kept, err error) {
	err = a.tx.InTx(ctx, func(ctx context.Context) (err error) {
		if l.code, err = a.issue(ctx, l.user, p, l.to, l.life); err != nil {
			return err
		}
		k, err = a.keep(ctx, l)
		return err
	})
	return k, err
}

// keep words a message in the pool's texts and stores it, in the transaction of ctx if there is one.
func (a *Accounts) keep(ctx context.Context, l letter) (message.Kept, error) {
	link, err := a.link(ctx, l)
	if err != nil {
		return message.Kept{}, err
	}
	return a.post.Keep(ctx, a.word(l, link))
}

// keepAll stores messages, in the transaction of ctx.
func (a *Accounts) keepAll(ctx context.Context, letters []letter) (kept []message.Kept, err error) {
	for _, l := range letters {
		k, err := a.keep(ctx, l)
		if err != nil {
			return nil, err
		}
		kept = append(kept, k)
	}
	return kept, nil
}

// sendAll sends what was kept, after the commit; those after one that was refused are sent later.
func (a *Accounts) sendAll(ctx context.Context, kept []message.Kept) error {
	for _, k := range kept {
		if err := a.post.Send(ctx, k); err != nil {
			return err
		}
	}
	return nil
}

// deliver sends a kept message, in the way that the client's hiding of users asks for: how long a mail server takes, and
// whether it refuses, would tell. It runs after the commit, so that a failure leaves everything in place for another try.
func (a *Accounts) deliver(ctx context.Context, client *directory.Client, k message.Kept) error {
	if client != nil && client.HidesExistence() {
		a.post.SendBehind(ctx, k)
		return nil
	}
	return a.post.Send(ctx, k)
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
	now := a.moment()
	m := message.Message{
		PoolID: l.pool.ID, PoolName: l.pool.Name, UserID: l.user.ID, Username: l.user.Username,
		Login: name, Purpose: l.purpose, Medium: medium, Attribute: l.to.attribute, To: l.to.value,
		ClientMetadata: l.metadata, From: l.pool.Email.From, ReplyTo: l.pool.Email.ReplyTo,
		Subject: subject, Body: body, Code: l.code, Link: link, SentAt: now, ExpiresAt: now.Add(l.life),
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
