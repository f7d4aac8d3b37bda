package trigger

import (
	"context"
	"encoding/base64"
	"fmt"
	"html"

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

// maxTries is how often a custom sender is called for one message. As at Cognito nobody waits for the function, so what it
// throws is nobody's answer; after three tries the message is given up.
// https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-custom-sender-triggers.html
const maxTries = 3

// post hands an encrypted code to a custom sender.
func (s sender) post(ctx context.Context, l letter, arn string) error {
	code, err := s.seal(ctx, l)
	if err != nil {
		return err
	}
	request := event.SenderRequest{
		Type: event.EmailSenderRequest, Code: code, ClientMetadata: l.ClientMetadata, UserAttributes: l.attributes,
	}
	if l.Medium == message.SMS {
		request.Type = event.SMSSenderRequest
	}
	err = tell(ctx, s.Triggers, l.call(senderOf(l.Medium), arn), request)
	if err != nil {
		return message.Undelivered(err, l.Try >= maxTries)
	}
	return nil
}

// seal encrypts the code of a message for its custom sender, and writes it in base64. What warns of a takeover carries no
// code; in its place stands the whole text, with the links by which the person says whether it was them.
func (t *Triggers) seal(ctx context.Context, l letter) (string, error) {
	plain, err := l.Code, fmt.Errorf("no entry of code_keys matches %q", l.pool.Lambda.KMSKeyID)
	switch l.Purpose {
	case message.Invitation:
		plain = html.EscapeString(plain)
	case message.Takeover:
		plain = l.PlainText()
	}
	var sealed []byte
	if t.Codes != nil {
		sealed, err = t.Codes.Encrypt(ctx, l.pool.Lambda.KMSKeyID, []byte(plain), map[string]string{"userpool-id": l.pool.ID})
	}
	if err != nil {
		return "", fault.Newf(fault.Misconfigured, "", "The code for %s could not be encrypted.", senderOf(l.Medium)).Because(err)
	}
	return base64.StdEncoding.EncodeToString(sealed), nil
}
