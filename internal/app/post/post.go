// Package post is how messages leave the house: by a mail server and an SMS gateway where they are configured, and onto the mailbox page
// in development. When they leave, and how often it is tried, is for the outbox.
package post

import (
	"context"
	"fmt"
	"io"
	"time"

	"cognate.dev/cognate/internal/message"
	"cognate.dev/cognate/internal/message/mailbox"
	"cognate.dev/cognate/internal/message/sms"
	"cognate.dev/cognate/internal/message/smtp"
	"cognate.dev/cognate/internal/telemetry"
)

// now is the clock of this machine: calls to others are signed by it.
func now() time.Time { return time.Now() }

// Ways are what messages leave by.
type Ways struct {
	Out   message.Sender
	Box   *mailbox.Box // of the mailbox page; nil outside development
	Lines []io.Closer  // to mail servers and SMS gateways
}

// Open opens the ways. What was opened before an error is in the answer, to be closed.
func Open(mail smtp.Config, texts sms.Config, dev bool, metrics *telemetry.Metrics) (w Ways, err error) {
	var email, text message.Sender
	if mail.Configured() {
		sender, err := smtp.New(mail)
		if err != nil {
			return w, fmt.Errorf("message.smtp: %w", err)
		}
		w.Lines = append(w.Lines, sender)
		email = sender
	}
	if texts.Configured() {
		sender, err := sms.New(texts, now)
		if err != nil {
			return w, fmt.Errorf("message.sms: %w", err)
		}
		w.Lines = append(w.Lines, sender)
		text = sender
	}
	if dev {
		w.Box = mailbox.New(0)
		email, text = boxed(w.Box, email), boxed(w.Box, text)
	}
	w.Out = counted{message.ByMedium(email, text), metrics}
	return w, nil
}

// boxed also shows on the mailbox page what a sender sends. The page never fails.
func boxed(box *mailbox.Box, next message.Sender) message.Sender {
	if next == nil {
		return box
	}
	return both{box, next}
}

type both struct{ box, next message.Sender }

func (b both) Send(ctx context.Context, m message.Message) error {
	if err := b.box.Send(ctx, m); err != nil {
		return err
	}
	return b.next.Send(ctx, m)
}

// counted counts what is sent.
type counted struct {
	message.Sender
	metrics *telemetry.Metrics
}

func (c counted) Send(ctx context.Context, m message.Message) error {
	err := c.Sender.Send(ctx, m)
	c.metrics.Message(string(m.Medium), string(m.Purpose), err)
	return err
}
