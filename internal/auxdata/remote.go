package auxdata

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"cognate.dev/cognate/internal/kit/clock"
)

const (
	refreshDefault = time.Hour
	refetchEvery   = 30 * time.Second // when a key id is missing, or the last fetch failed
	fetchTimeout   = 5 * time.Second
	maxKeySet      = 1 << 20
)

// remote is a key set that is fetched. What was fetched once stays in use until a newer one is there.
type remote struct {
	KeySet
	issuer string // of an OpenID provider, whose discovery document says where its keys are; empty: URL does
	client *http.Client
	now    clock.Clock

	mu      sync.Mutex
	set     *keys
	err     error // of the last fetch
	fetched time.Time
	tried   time.Time
	running chan struct{} // closed when the running fetch ends; nil: none runs
}

func newRemote(c KeySet, client *http.Client, now clock.Clock) *remote {
	if c.RefreshInterval == 0 {
		c.RefreshInterval = refreshDefault
	}
	return &remote{KeySet: c, client: client, now: now}
}

// verify is keySet's. A token with a key ID that nobody has seen may be signed with a key that is newer than the set.
func (r *remote) verify(ctx context.Context, token string) ([]byte, error) {
	set, err := r.current(ctx, false)
	if err != nil {
		return nil, err
	}
	payload, err := set.verify(ctx, token)
	if !errors.Is(err, errUnknownKey) {
		return payload, err
	}
	newer, failed := r.current(ctx, true)
	if failed != nil || newer == set {
		return nil, err
	}
	return newer.verify(ctx, token)
}

// current gives the set, and fetches it first when there is none or a newer one is wanted. A set that is merely old is
// used while it is fetched anew.
func (r *remote) current(ctx context.Context, newer bool) (*keys, error) {
	r.mu.Lock()
	now := r.now()
	may := r.tried.IsZero() || now.Sub(r.tried) >= refetchEvery
	if r.running == nil && may && (r.set == nil || newer || now.Sub(r.fetched) >= r.RefreshInterval) {
		r.running, r.tried = make(chan struct{}), now
		go r.fetch(context.WithoutCancel(ctx))
	}
	set, err, running := r.set, r.err, r.running
	r.mu.Unlock()
	if running == nil || (set != nil && !newer) {
		if set == nil && err == nil {
			err = errors.New("the key set is not there")
		}
		if set != nil {
			err = nil
		}
		return set, err
	}
	select {
	case <-running:
		r.mu.Lock()
		defer r.mu.Unlock()
		if r.set == nil {
			return nil, r.err
		}
		return r.set, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (r *remote) fetch(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	set, err := r.get(ctx)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err = err; err == nil {
		r.set, r.fetched = set, r.now()
	}
	close(r.running)
	r.running = nil
}

func (r *remote) get(ctx context.Context) (*keys, error) {
	from := r.URL
	if r.issuer != "" {
		var err error
		if from, err = r.discover(ctx); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrDiscovery, err)
		}
	}
	body, err := r.read(ctx, from)
	if err != nil {
		return nil, fmt.Errorf("fetch the key set: %w", err)
	}
	return r.parse(body)
}

// read fetches a document.
func (r *remote) read(ctx context.Context, from string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, from, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept", "application/jwk-set+json, application/json")
	res, err := r.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return nil, errors.New(res.Status)
	}
	body, err := io.ReadAll(io.LimitReader(res.Body, maxKeySet+1))
	if err != nil {
		return nil, err
	}
	if len(body) > maxKeySet {
		return nil, errors.New("it is too large")
	}
	return body, nil
}
