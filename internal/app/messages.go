package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"cognate.dev/cognate/internal/message"
	"cognate.dev/cognate/internal/message/mailbox"
	"cognate.dev/cognate/internal/message/outbox"
	"cognate.dev/cognate/internal/message/sms"
	"cognate.dev/cognate/internal/message/smtp"
	"cognate.dev/cognate/internal/telemetry"
)

// MessageConfig says how messages leave the house.
type MessageConfig struct {
	SMTP   smtp.Config   `yaml:"smtp"`
	SMS    sms.Config    `yaml:"sms"`
	Outbox outbox.Config `yaml:"outbox"`
}

func (c MessageConfig) check() error {
	return errors.Join(c.SMTP.Check(), c.SMS.Check(), c.Outbox.Check())
}

// silent are the media that a server which was told nothing else cannot send by.
func (c MessageConfig) silent() (notes []string) {
	if !c.SMTP.Configured() {
		notes = append(notes, "no mail server is configured (message.smtp): codes cannot be delivered by email")
	}
	if !c.SMS.Configured() {
		notes = append(notes, "no SMS gateway is configured (message.sms): codes cannot be delivered by SMS")
	}
	return notes
}

// deliver chooses how messages leave: a mail server and an SMS gateway where they are configured, and the mailbox page in
// development.
func (h *house) deliver(dev bool) error {
	var email, text message.Sender
	if h.cfg.Message.SMTP.Configured() {
		sender, err := smtp.New(h.cfg.Message.SMTP)
		if err != nil {
			return fmt.Errorf("message.smtp: %w", err)
		}
		h.lines = append(h.lines, sender)
		email = sender
	}
	if h.cfg.Message.SMS.Configured() {
		sender, err := sms.New(h.cfg.Message.SMS, now)
		if err != nil {
			return fmt.Errorf("message.sms: %w", err)
		}
		h.lines = append(h.lines, sender)
		text = sender
	}
	if dev {
		h.box = mailbox.New(0)
		email, text = boxed(h.box, email), boxed(h.box, text)
	}
	h.post(counted{message.ByMedium(email, text), h.told.Metrics})
	return nil
}

// post opens the outbox in front of a sender.
func (h *house) post(out message.Sender) {
	h.outbox = outbox.New(outbox.Parts{
		Config: h.cfg.Message.Outbox, Store: h.store, Keys: h.keys, Now: h.clock.Now, Failed: h.unsent,
		Word: func(ctx context.Context, m message.Message) (message.Message, error) {
			return h.wording.Load().Word(ctx, m)
		},
		Delivery: senderFunc(func(ctx context.Context, m message.Message) error {
			return h.wording.Load().Sender(out).Send(ctx, m)
		}),
	})
}

// unsent tells the operator of a message that could not be sent: not yet, or not at all.
func (h *house) unsent(ctx context.Context, m message.Message, err error, givenUp bool) {
	attrs := []slog.Attr{
		slog.Any("error", err), slog.String("message", m.ID), slog.String("medium", string(m.Medium)), slog.String("purpose", string(m.Purpose)),
		slog.String("pool", m.PoolID), slog.Int("try", m.Try),
	}
	level, text := slog.LevelWarn, "a message could not be sent yet and will be tried again"
	if givenUp {
		level, text = slog.LevelError, "a message could not be sent and is given up"
	}
	h.told.Log.LogAttrs(ctx, level, text, attrs...)
	if m.UserID != "" {
		h.undelivered(m, err, givenUp)
	}
}

// unsentMessages counts what the outbox keeps, for a scrape, which does not wait long for it.
func (h *house) unsentMessages() (int, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	return h.store.WaitingMessages(ctx)
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

// senderFunc is a sender that is one function.
type senderFunc func(context.Context, message.Message) error

func (f senderFunc) Send(ctx context.Context, m message.Message) error { return f(ctx, m) }

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
