package authorize

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"cognate.dev/cognate/internal/directory"
	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/kit/clock"
	"cognate.dev/cognate/internal/kit/often"
	"cognate.dev/cognate/internal/kit/outbound"
	"cognate.dev/cognate/internal/kit/random"
	"cognate.dev/cognate/internal/token"
)

// Notice is something that a client has to be told: that a user signed out. It is kept until the client has heard it.
type Notice struct {
	ID       string    `json:"-"`
	PoolID   string    `json:"-"`
	ClientID string    `json:"-"`
	Issuer   string    `json:"iss"`
	UserID   string    `json:"sub"`
	Browser  string    `json:"sid"` // the session that ended
	MadeAt   time.Time `json:"made_at"`
	Tries    int       `json:"-"` // how often it was taken to be told
	DueAt    time.Time `json:"-"`
}

func newNotice(s *token.Session, browserID string, now time.Time) *Notice {
	return &Notice{
		ID: random.UUID(), PoolID: s.PoolID, ClientID: s.ClientID, Issuer: s.OpenID.Issuer, UserID: s.UserID, Browser: browserID,
		MadeAt: now, DueAt: now,
	}
}

// Teller tells clients of strict sites that somebody signed out (OpenID Connect Back-Channel Logout 1.0), on any node, and
// again until they have heard it.
type Teller struct {
	Store   StrictStore
	Clients Clients
	OpenID  func(*directory.Client) directory.OpenID
	Tokens  LogoutTokens
	Now     clock.Clock
	// Near lets clients that registered themselves be within reach of this machine alone: for development.
	Near   bool
	Failed func(ctx context.Context, n *Notice, err error) // told of each failure
}

// LogoutTokens mints what clients are told; *token.Minter does.
type LogoutTokens interface {
	Logout(ctx context.Context, l token.Logout) (string, error)
}

const (
	// tellEvery is how often notices are looked for, tellAtOnce how many are told in one go.
	tellEvery  = time.Second
	tellAtOnce = 50
	// noticeLife is for how long a client that does not answer is told again.
	noticeLife = 24 * time.Hour
	tellWithin = 10 * time.Second
)

// Run tells, until ctx ends.
func (t *Teller) Run(ctx context.Context) error {
	often.Every(ctx, tellEvery, func(ctx context.Context) {
		if err := t.Tell(ctx); err != nil && ctx.Err() == nil {
			t.Failed(ctx, nil, err)
		}
	})
	return nil
}

// Tell tells what is due now. The error is that of the store; clients that fail are told again later.
func (t *Teller) Tell(ctx context.Context) error {
	now := moment(t.Now)
	due, err := t.Store.TakeNotices(ctx, now, now.Add(2*tellWithin), tellAtOnce)
	if err != nil {
		return fmt.Errorf("take notices: %w", err)
	}
	done := make(chan error, len(due))
	for _, n := range due {
		go func() { done <- t.tell(ctx, n) }()
	}
	for range due {
		err = errors.Join(err, <-done)
	}
	return err
}

// tell tells one client and forgets the notice, unless it has to be told again.
func (t *Teller) tell(ctx context.Context, n *Notice) error {
	client, err := t.Clients.Get(ctx, n.PoolID, n.ClientID)
	if fault.Is(err, fault.Missing, "") {
		return t.Store.DeleteNotice(ctx, n.ID)
	}
	if err != nil {
		return err
	}
	uri := t.OpenID(client).BackchannelURI
	if uri == "" {
		return t.Store.DeleteNotice(ctx, n.ID)
	}
	if err := t.post(ctx, n, uri, client.Registered && !t.Near); err != nil {
		t.Failed(ctx, n, err)
		again := moment(t.Now).Add(pause(n.Tries))
		if again.Sub(n.MadeAt) < noticeLife {
			return t.later(ctx, n, again)
		}
	}
	return t.Store.DeleteNotice(ctx, n.ID)
}

// later puts a notice back.
func (t *Teller) later(ctx context.Context, n *Notice, again time.Time) error {
	return t.Store.InTx(ctx, func(ctx context.Context) error {
		if err := t.Store.DeleteNotice(ctx, n.ID); err != nil {
			return err
		}
		n.DueAt = again
		return t.Store.InsertNotice(ctx, n)
	})
}

// pause is how long to wait after so many tries: 2 s, 4 s, 8 s … an hour.
func pause(tries int) time.Duration {
	return min(time.Second<<min(max(tries, 1), 12), time.Hour)
}

// post sends a logout token. 200 and 204 mean that the client has heard it: section 2.8.
func (t *Teller) post(ctx context.Context, n *Notice, uri string, guarded bool) error {
	signed, err := t.Tokens.Logout(ctx, token.Logout{PoolID: n.PoolID, Issuer: n.Issuer, ClientID: n.ClientID, UserID: n.UserID, SessionID: n.Browser})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, tellWithin)
	defer cancel()
	body := url.Values{"logout_token": {signed}}.Encode()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, uri, strings.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Cache-Control", "no-store")
	res, err := messenger(guarded).Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	_, _ = io.CopyN(io.Discard, res.Body, 4<<10) // it says nothing that we act on
	if res.StatusCode != http.StatusOK && res.StatusCode != http.StatusNoContent {
		return fmt.Errorf("the client answered %s", res.Status)
	}
	return nil
}

// messenger follows no redirects. A guarded one connects to public addresses only: what strangers registered must not
// become requests within our own network.
func messenger(guarded bool) *http.Client {
	dialer := &net.Dialer{Timeout: tellWithin}
	if guarded {
		dialer.Control = outbound.Guard()
	}
	return &http.Client{
		Transport:     &http.Transport{DialContext: dialer.DialContext, DisableKeepAlives: true, TLSHandshakeTimeout: tellWithin},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}
