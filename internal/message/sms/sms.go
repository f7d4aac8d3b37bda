// Package sms delivers text messages through an HTTP gateway: Twilio, Vonage, Amazon SNS or what speaks its API, or any
// other by a template. It owns the requests and what their answers mean. It leaves trying again to outbox.
package sms

import (
	"context"
	"fmt"
	"net/http"

	"cognate.dev/cognate/internal/kit/clock"
	"cognate.dev/cognate/internal/kit/outbound"
	"cognate.dev/cognate/internal/message"
)

// gateway is how one kind of gateway is spoken to.
type gateway interface {
	// request asks to send a text.
	request(ctx context.Context, t text) (*http.Request, error)
	// read says what an answer means: nil for a message that was taken. forGood is of an error that comes again.
	read(status int, body []byte) (forGood bool, err error)
}

// text is what a gateway is asked to send. ID is the same each time one message is tried.
type text struct{ To, From, Text, ID, Secret string }

// Sender sends text messages. Safe for concurrent use.
type Sender struct {
	config  Config
	gateway gateway
	client  *http.Client
}

// New makes a sender of a configuration that Check accepts. It reads files and does not connect.
func New(c Config, now clock.Clock) (*Sender, error) {
	if err := c.Check(); err != nil {
		return nil, err
	}
	c = c.filled()
	var err error
	if c.Secret, err = outbound.Secret(c.Secret, c.SecretFile); err != nil {
		return nil, err
	}
	g, err := newGateway(c, now)
	if err != nil {
		return nil, err
	}
	return &Sender{config: c, gateway: g, client: outbound.NewClient()}, nil
}

func newGateway(c Config, now clock.Clock) (gateway, error) {
	switch c.Gateway {
	case Twilio:
		return twilio{c}, nil
	case Vonage:
		return vonage{c}, nil
	case SNS:
		return newSNS(c, now)
	}
	return newTemplates(c)
}

// Close lets idle connections go.
func (s *Sender) Close() error {
	s.client.CloseIdleConnections()
	return nil
}

// maxAnswer bounds what is read of an answer, in bytes.
const maxAnswer = 64 << 10

// Send hands one text message to the gateway, within the configured time. Every failure is Undelivered.
func (s *Sender) Send(ctx context.Context, m message.Message) error {
	switch {
	case m.Medium != message.SMS:
		return message.NoSender(m.Medium)
	case m.To == "":
		return nil
	}
	forGood, err := s.send(ctx, text{To: m.To, From: s.config.From, Text: m.Body, ID: m.ID, Secret: s.config.Secret})
	if err != nil {
		return message.Undelivered(fmt.Errorf("send text message by %s: %w", s.config.Gateway, err), forGood)
	}
	return nil
}

func (s *Sender) send(ctx context.Context, t text) (forGood bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, s.config.Timeout)
	defer cancel()
	request, err := s.gateway.request(ctx, t)
	if err != nil {
		return false, err
	}
	request.Header.Set("User-Agent", "cognate")
	answer, err := outbound.Do(s.client, request, maxAnswer)
	if err != nil {
		return false, err
	}
	return s.gateway.read(answer.Status, answer.Body)
}

// taken reports whether a status says yes.
func taken(status int) bool { return status >= 200 && status < 300 }

var _ message.Sender = (*Sender)(nil)
