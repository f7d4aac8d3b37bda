// Package webhook reaches functions over HTTP: the event is the body of a POST, signed as the Standard Webhooks
// specification has it (https://www.standardwebhooks.com), and the answer is the event with its response filled in. It
// leaves what events mean to trigger.
package webhook

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"cognate.dev/cognate/internal/kit/clock"
	"cognate.dev/cognate/internal/kit/given"
	"cognate.dev/cognate/internal/kit/outbound"
	"cognate.dev/cognate/internal/kit/random"
	"cognate.dev/cognate/internal/trigger/function"
)

// Config says where the webhook is. Without a URL there is none.
type Config struct {
	URL        string `yaml:"url" doc:"where events are posted; https, or http to this machine"`
	Secret     string `yaml:"secret" given:"use" doc:"signs events: whsec_ and base64, or a text of at least 24 bytes"`
	SecretFile string `yaml:"secret_file" doc:"file that holds the secret instead"`
	Plain      bool   `yaml:"plain" doc:"allow http to other machines; events carry passwords and personal data"`
}

// Configured reports whether there is a URL.
func (c Config) Configured() bool { return c.URL != "" }

// minSecret is the least length of a secret, in bytes, as the specification asks for.
const minSecret = 24

// Check refuses a configuration that cannot work or is not safe.
func (c Config) Check() error {
	if err := outbound.Check(c.URL, c.Plain); err != nil {
		return fmt.Errorf("webhook: %w", err)
	}
	if (c.Secret == "") == (c.SecretFile == "") {
		return errors.New("webhook: it needs secret or secret_file, and not both")
	}
	if c.Secret == "" {
		return nil
	}
	_, err := read(c.Secret)
	return err
}

// key reads a secret.
func key(secret string) ([]byte, error) {
	raw := []byte(secret)
	if coded, ok := strings.CutPrefix(secret, "whsec_"); ok {
		var err error
		if raw, err = base64.StdEncoding.DecodeString(coded); err != nil {
			return nil, errors.New("webhook: the secret is not base64 after whsec_")
		}
	}
	if len(raw) < minSecret {
		return nil, fmt.Errorf("webhook: the secret has less than %d bytes", minSecret)
	}
	return raw, nil
}

// read gives the key of a secret, wherever it stands.
func read(secret string) ([]byte, error) {
	text, err := given.Read(secret)
	if err != nil {
		return nil, fmt.Errorf("webhook: read the secret: %w", err)
	}
	return key(strings.TrimSpace(text))
}

// Hook is one webhook. Safe for concurrent use.
type Hook struct {
	url    string
	secret string // or where it is: it is read for each event, so that it may change
	client *http.Client
	now    clock.Clock
}

// New makes a webhook of a configuration that Check accepts.
func New(c Config, now clock.Clock) (*Hook, error) {
	if err := c.Check(); err != nil {
		return nil, err
	}
	if c.SecretFile != "" {
		c.Secret = "file:" + c.SecretFile
	}
	if _, err := read(c.Secret); err != nil {
		return nil, err
	}
	return &Hook{url: c.URL, secret: c.Secret, now: now, client: outbound.NewClient()}, nil
}

// Close lets idle connections go.
func (h *Hook) Close() error {
	h.client.CloseIdleConnections()
	return nil
}

// Invoke posts an event. Status 200 carries the answer; any other one with a JSON object that has errorMessage is what
// the function threw, as at AWS Lambda.
func (h *Hook) Invoke(ctx context.Context, arn string, event []byte) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, h.url, bytes.NewReader(event))
	if err != nil {
		return nil, err
	}
	if err := h.sign(request.Header, event); err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", "cognate")
	request.Header.Set("Cognate-Function-Arn", arn)
	answer, err := function.Post(ctx, h.client, request, "ServiceUnavailableException")
	switch {
	case err != nil:
		return nil, err
	case answer.Status == http.StatusOK:
		return answer.Body, nil
	}
	if thrown := function.ReadThrown(answer.Body); thrown != nil {
		return nil, thrown
	}
	return nil, &function.Failure{Name: "HTTP" + strconv.Itoa(answer.Status)}
}

// sign adds the headers by which the receiver knows that the event is ours, new, and not seen before.
func (h *Hook) sign(header http.Header, event []byte) error {
	key, err := read(h.secret)
	if err != nil {
		return err
	}
	id, at := "msg_"+random.Alnum(27), strconv.FormatInt(h.now().Unix(), 10)
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(id + "." + at + "."))
	mac.Write(event)
	header.Set("webhook-id", id)
	header.Set("webhook-timestamp", at)
	header.Set("webhook-signature", "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	return nil
}

var _ function.Transport = (*Hook)(nil)
