package app

import (
	"context"
	"log/slog"
	"time"

	"cognate.dev/cognate/internal/app/post"
	"cognate.dev/cognate/internal/message"
	"cognate.dev/cognate/internal/message/outbox"
)

// deliver chooses how messages leave.
func (h *house) deliver(dev bool) (err error) {
	ways, err := post.Open(h.cfg.Message.SMTP, h.cfg.Message.SMS, dev, h.told.Metrics)
	h.lines, h.box = append(h.lines, ways.Lines...), ways.Box
	if err != nil {
		return err
	}
	h.post(ways.Out)
	return nil
}

// post opens the outbox in front of a sender.
func (h *house) post(out message.Sender) {
	h.outbox = outbox.New(outbox.Parts{
		Config: h.cfg.Message.Outbox, Store: h.store, Keys: h.keys, Now: h.clock.Now, Failed: h.unsent,
		Away: seldom(func(err error) {
			h.told.Log.Error("the outbox cannot use the database; messages wait, or are sent once more", "error", err)
		}),
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

// senderFunc is a sender that is one function.
type senderFunc func(context.Context, message.Message) error

func (f senderFunc) Send(ctx context.Context, m message.Message) error { return f(ctx, m) }
