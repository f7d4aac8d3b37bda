// Package usage counts what is asked with API keys, and refuses what a plan does not allow. Counts are this process's: like
// AWS's, they are a best effort, and no way to tell who somebody is.
package usage

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"sync"
	"time"

	"cognate.dev/cognate/internal/gateway/spec"
	"cognate.dev/cognate/internal/kit/clock"
	"cognate.dev/cognate/internal/kit/given"
)

// Why a key does not work.
var (
	ErrUnknown   = errors.New("usage: no such key, or it is in no plan")
	ErrThrottled = errors.New("usage: too many requests at once")
	ErrQuota     = errors.New("usage: the quota is used up")
)

// Plans are the keys and plans of one API.
type Plans struct {
	api    string
	keys   map[[sha256.Size]byte]planned
	counts *Counts
	now    clock.Clock
}

type planned struct {
	id   string
	plan spec.Plan
}

// Counts are what was asked with each key of each API. The zero value is none yet. Safe for concurrent use.
type Counts struct {
	mu   sync.Mutex
	keys map[string]*count
}

type count struct {
	tokens  float64
	at      time.Time
	period  time.Time // when it began
	used    int
	limited bool // the tokens have been filled once
}

// New reads the keys, which may stand elsewhere. A key is 20 to 128 characters long.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-api-usage-plans.html
func New(api string, keys []spec.Key, plans []spec.Plan, counts *Counts, now clock.Clock) (*Plans, error) {
	p := &Plans{api: api, keys: map[[sha256.Size]byte]planned{}, counts: counts, now: now}
	values := map[string]string{}
	for _, k := range keys {
		value, err := given.Read(k.Value)
		if err != nil {
			return nil, fmt.Errorf("key %s: %w", k.ID, err)
		}
		if len(value) < 20 || len(value) > 128 {
			return nil, fmt.Errorf("key %s: a key is 20 to 128 characters long", k.ID)
		}
		if !k.Off {
			values[k.ID] = value
		}
	}
	for _, plan := range plans {
		for _, id := range plan.Keys {
			value, on := values[id]
			if !on {
				continue
			}
			digest := sha256.Sum256([]byte(value))
			if _, twice := p.keys[digest]; twice {
				return nil, fmt.Errorf("key %s: another has the same value", id)
			}
			p.keys[digest] = planned{id, plan}
		}
	}
	return p, nil
}

// Take counts a request with a key, and gives the key's id. Keys are found by their digests, so that how long it takes
// tells nothing of them.
func (p *Plans) Take(value string) (id string, err error) {
	k, ok := p.keys[sha256.Sum256([]byte(value))]
	if !ok {
		return "", ErrUnknown
	}
	return k.id, p.counts.take(p.api+"/"+k.id, k.plan, p.now().UTC())
}

func (c *Counts) take(key string, plan spec.Plan, now time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.keys == nil {
		c.keys = map[string]*count{}
	}
	n := c.keys[key]
	if n == nil {
		n = &count{}
		c.keys[key] = n
	}
	if began := begin(plan.Period, now); !began.Equal(n.period) {
		n.period, n.used = began, 0
	}
	if plan.Quota > 0 && n.used >= plan.Quota {
		return ErrQuota
	}
	if plan.Rate > 0 {
		if !n.limited {
			n.limited, n.tokens = true, float64(plan.Burst)
		} else {
			n.tokens = min(float64(plan.Burst), n.tokens+now.Sub(n.at).Seconds()*plan.Rate)
		}
		n.at = now
		if n.tokens < 1 {
			return ErrThrottled
		}
		n.tokens--
	}
	n.used++
	return nil
}

// begin is when the period of a moment began. Weeks begin on Sunday.
func begin(period string, now time.Time) time.Time {
	y, m, d := now.Date()
	day := time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	switch period {
	case "WEEK":
		return day.AddDate(0, 0, -int(day.Weekday()))
	case "MONTH":
		return time.Date(y, m, 1, 0, 0, 0, 0, time.UTC)
	}
	return day
}
