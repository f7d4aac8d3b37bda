package trigger

import (
	"context"
	"encoding/base64"
	"fmt"
	"html"
	"time"

	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/message"
	"cognate.dev/cognate/internal/trigger/event"
)

// senderOf is the member of LambdaConfig that sends a medium's messages.
func senderOf(m message.Medium) string {
	if m == message.SMS {
		return "CustomSMSSender"
	}
	return "CustomEmailSender"
}

// post hands an encrypted code to a custom sender. As at Cognito nobody waits for the function, so what it throws is not
// the answer of the request; it is tried again, and then told to Failed.
// https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-custom-sender-triggers.html
func (s sender) post(ctx context.Context, l letter, arn string) error {
	plain := l.Code
	if l.Purpose == message.Invitation {
		plain = html.EscapeString(plain)
	}
	c := l.call(senderOf(l.Medium), arn)
	sealed, err := s.seal(ctx, l, plain)
	if err != nil {
		return fault.Newf(fault.Misconfigured, "", "The code for %s could not be encrypted.", c.source.Trigger()).Because(err)
	}
	request := event.SenderRequest{
		Type: event.EmailSenderRequest, Code: base64.StdEncoding.EncodeToString(sealed),
		ClientMetadata: l.ClientMetadata, UserAttributes: l.attributes,
	}
	if l.Medium == message.SMS {
		request.Type = event.SMSSenderRequest
	}
	s.afterAnswer(ctx, func(ctx context.Context) error { return s.insist(ctx, c, request) })
	return nil
}

func (s sender) seal(ctx context.Context, l letter, plain string) ([]byte, error) {
	if s.Codes == nil {
		return nil, fmt.Errorf("no entry of code_keys matches %q", l.pool.Lambda.KMSKeyID)
	}
	return s.Codes.Encrypt(ctx, l.pool.Lambda.KMSKeyID, []byte(plain), map[string]string{"userpool-id": l.pool.ID})
}

// pauses are the waits between the tries of a custom sender.
func pauses() []time.Duration { return []time.Duration{0, time.Second, 5 * time.Second} }

func (s sender) insist(ctx context.Context, c call, request event.SenderRequest) (err error) {
	for _, pause := range pauses() {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
		if err = tell(ctx, s.Triggers, c, request); err == nil {
			return nil
		}
	}
	return err
}

// behindTimeout ends a function that nobody waits for, with all its tries.
const behindTimeout = 30 * time.Second

// afterAnswer runs work behind the answer of a request, or before it when too much runs behind already.
func (t *Triggers) afterAnswer(ctx context.Context, work func(context.Context) error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), behindTimeout)
	run := func() {
		defer cancel()
		if err := work(ctx); err != nil {
			t.Failed(ctx, err)
		}
	}
	select {
	case t.behind <- struct{}{}:
	default:
		run()
		return
	}
	t.busy.Go(func() {
		defer func() { <-t.behind }()
		run()
	})
}
