// Package auxdata reads the tokens that accompany a question to the policies: it verifies them against configured key
// sets or the keys of our own user pools, and gives their claims in the form that policies see. It leaves deciding to
// policy and minting to token.
package auxdata

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	enginev1 "github.com/cerbos/cerbos/api/genpb/cerbos/engine/v1"
	requestv1 "github.com/cerbos/cerbos/api/genpb/cerbos/request/v1"
	"google.golang.org/protobuf/types/known/structpb"

	"cognate.dev/cognate/internal/kit/clock"
)

// Config says which tokens are believed. Tokens of our own pools always are.
// https://docs.cerbos.dev/cerbos/latest/configuration/auxdata
type Config struct {
	KeySets     []KeySet
	Skew        time.Duration // by which clocks may differ when a token's times are checked
	RequireLive bool          // a token must be of our own pools, not revoked, and its session alive
	TellLive    bool          // policies are told whether it is, by the claim LiveClaim
}

// Issuers verifies the tokens of our own user pools. *Pools is one.
type Issuers interface {
	// Verify checks the signature of a token that names one of our pools as its issuer, and with live that it is
	// not revoked and its session and user are alive: ErrDead, with the payload, says that it is not. It gives the
	// payload, JSON. Ours is false for any other token.
	// A fault of kind Unavailable says that it could not tell.
	Verify(ctx context.Context, token string, live bool) (payload []byte, ours bool, err error)
}

// Reader reads tokens. Safe for concurrent use.
type Reader struct {
	issuers Issuers
	sets    map[string]keySet
	skew    time.Duration
	live    bool
	tell    bool
	now     clock.Clock
}

// PoolKeySet is the id under which a request can ask for the keys of our own pools, and for no others.
const PoolKeySet = "cognate"

// LiveKeySet is PoolKeySet for a token that must be alive, too: not revoked, its session, user and client there.
const LiveKeySet = "cognate-live"

// LiveClaim is the claim that only this server makes: {"live": bool}. What a token says under this name is thrown away.
const LiveClaim = "cognate"

// ErrDead is the error of a token that was good and counts no more.
var ErrDead = errors.New("the token is revoked, or its session, user or client is gone")

// keySet verifies tokens and gives their payload.
type keySet interface {
	verify(ctx context.Context, token string) (payload []byte, err error)
}

// New makes a reader. Key sets from files are read now, remote ones when they are first needed. Issuers may be nil;
// the client fetches remote key sets.
func New(cfg Config, issuers Issuers, client *http.Client, now clock.Clock) (*Reader, error) {
	r := &Reader{issuers: issuers, sets: map[string]keySet{}, skew: cfg.Skew, live: cfg.RequireLive, tell: cfg.TellLive, now: now}
	if cfg.Skew < 0 {
		return nil, errors.New("token_skew must not be negative")
	}
	for i, c := range cfg.KeySets {
		set, err := c.open(client, now)
		switch {
		case err != nil:
			return nil, fmt.Errorf("key_sets[%d] (%s): %w", i, c.ID, err)
		case r.sets[c.ID] != nil:
			return nil, fmt.Errorf("key_sets[%d]: another key set has the id %q", i, c.ID)
		}
		r.sets[c.ID] = set
	}
	return r, nil
}

// Read verifies the tokens of a request and gives their claims: those of jwt, or else those of jwts by name. Nothing
// there is nil. Any error means that the request must not be decided; a fault of kind Unavailable, that nobody could
// tell whether the token is good.
func (r *Reader) Read(ctx context.Context, aux *requestv1.AuxData) (*enginev1.AuxData, error) {
	if one := aux.GetJwt(); one != nil {
		claims, err := r.claims(ctx, one)
		if err != nil {
			return nil, fmt.Errorf("read the token: %w", err)
		}
		return &enginev1.AuxData{Jwt: claims}, nil
	}
	if len(aux.GetJwts()) == 0 {
		return nil, nil
	}
	out := &enginev1.AuxData{Jwts: make(map[string]*enginev1.AuxData_JWT, len(aux.GetJwts()))}
	for name, one := range aux.GetJwts() {
		claims, err := r.claims(ctx, one)
		if err != nil {
			return nil, fmt.Errorf("read the token %q: %w", name, err)
		}
		out.Jwts[name] = &enginev1.AuxData_JWT{Claims: claims}
	}
	return out, nil
}

func (r *Reader) claims(ctx context.Context, t *requestv1.AuxData_JWT) (map[string]*structpb.Value, error) {
	if t.GetToken() == "" {
		return nil, nil
	}
	payload, live, err := r.verified(ctx, t)
	if err != nil {
		return nil, err
	}
	claims, err := read(payload, r.now(), r.skew)
	if err != nil {
		return nil, err
	}
	delete(claims, LiveClaim)
	if r.tell {
		claims[LiveClaim] = structpb.NewStructValue(&structpb.Struct{Fields: map[string]*structpb.Value{"live": structpb.NewBoolValue(live)}})
	}
	return claims, nil
}

// verified chooses the keys: the set that the request names; without a name our own pool's, when the token is one of
// theirs, or else the only set that is configured. Live says that the token is known to be alive.
func (r *Reader) verified(ctx context.Context, t *requestv1.AuxData_JWT) (payload []byte, live bool, err error) {
	id := t.GetKeySetId()
	must := r.live || id == LiveKeySet
	if (id == "" || id == PoolKeySet || id == LiveKeySet) && r.issuers != nil {
		payload, ours, err := r.issuers.Verify(ctx, t.GetToken(), must || r.tell)
		if errors.Is(err, ErrDead) && !must {
			return payload, false, nil // policies are told
		}
		if err != nil || ours {
			return payload, err == nil && (must || r.tell), err
		}
	}
	set := r.sets[id]
	if id == "" && len(r.sets) == 1 {
		for _, only := range r.sets {
			set = only
		}
	}
	switch {
	case set == nil:
		return nil, false, fmt.Errorf("no key set to verify the token with (asked for: %q)", id)
	case must:
		return nil, false, errors.New("only a token of our own pools can be shown to be alive")
	}
	payload, err = set.verify(ctx, t.GetToken())
	return payload, false, err
}
