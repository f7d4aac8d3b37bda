package delivery

import (
	"bytes"
	"context"
	"fmt"
	"net/http"

	"cognate.dev/cognate/internal/kit/outbound"
)

// collector posts lines to an HTTP endpoint.
type collector struct {
	url, token string
	client     *http.Client
}

func newCollector(c HTTPConfig) (*collector, error) {
	token, err := outbound.Secret(c.Token, c.TokenFile)
	if err != nil {
		return nil, fmt.Errorf("read token_file: %w", err)
	}
	return &collector{url: c.URL, token: token, client: outbound.NewClient()}, nil
}

// maxAnswer is how much of an answer is read; nobody looks at it.
const maxAnswer = 64 << 10

func (c *collector) write(ctx context.Context, lines []byte) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url, bytes.NewReader(lines))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/x-ndjson")
	request.Header.Set("User-Agent", "cognate")
	if c.token != "" {
		request.Header.Set("Authorization", "Bearer "+c.token)
	}
	answer, err := outbound.Do(c.client, request, maxAnswer)
	if err == nil && (answer.Status < 200 || answer.Status > 299) {
		err = fmt.Errorf("the collector answered %d", answer.Status)
	}
	return err
}

// Close lets idle connections go.
func (c *collector) Close() error {
	c.client.CloseIdleConnections()
	return nil
}
