package message_test

import (
	"context"
	"errors"
	"testing"

	"cognate.dev/cognate/internal/message"
)

// held is a sender that waits for the test.
type held struct {
	let  chan struct{}
	sent chan message.Message
	err  error
}

func (h held) Send(ctx context.Context, m message.Message) error {
	<-h.let
	h.sent <- m
	return errors.Join(h.err, ctx.Err())
}

// TestBehindDoesNotWait fails when an answer waits for a mail server, or a message is lost because its request ended.
func TestBehindDoesNotWait(t *testing.T) {
	t.Parallel()
	h := held{let: make(chan struct{}), sent: make(chan message.Message, 1)}
	b := message.NewBehind(h, func(_ context.Context, err error) { t.Error(err) })
	ctx, cancel := context.WithCancel(t.Context())
	if err := b.Send(ctx, message.Message{To: "alice@example.com"}); err != nil {
		t.Fatal(err)
	}
	cancel()
	h.let <- struct{}{}
	b.Wait()
	if m := <-h.sent; m.To != "alice@example.com" {
		t.Errorf("sent %+v", m)
	}
}

func TestBehindTellsOfFailures(t *testing.T) {
	t.Parallel()
	h := held{let: make(chan struct{}, 1), sent: make(chan message.Message, 1), err: errors.New("down")}
	var told error
	b := message.NewBehind(h, func(_ context.Context, err error) { told = err })
	if err := b.Send(t.Context(), message.Message{}); err != nil {
		t.Fatal(err)
	}
	h.let <- struct{}{}
	b.Wait()
	if !errors.Is(told, h.err) {
		t.Errorf("told %v", told)
	}
}
