package sts

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"cognate.dev/cognate/internal/kit/clock"
	"cognate.dev/cognate/internal/kit/iampolicy"
	"cognate.dev/cognate/internal/kit/sigv4"
)

var errExpired = errors.New("sts: the session has expired")

// Authority knows who signed a request, and what they may do. Safe for concurrent use.
type Authority struct {
	account  string
	keys     *Keys // nil: there are no access keys of the house
	sessions *Sessions
	now      clock.Clock
}

// NewAuthority makes the authority of an account, which is the one in the ARN of access keys of the house.
func NewAuthority(account string, keys *Keys, sessions *Sessions, now clock.Clock) *Authority {
	return &Authority{account: account, keys: keys, sessions: sessions, now: now}
}

// Lookup is what sigv4.Verifier asks: the secret of an access key, and its Principal. Temporary credentials need the session
// token that was given out with them, and access keys of the house must come without one.
func (a *Authority) Lookup(ctx context.Context, accessKeyID, token string) (sigv4.Key, error) {
	if token != "" {
		p, err := a.Session(accessKeyID, token)
		if err != nil {
			return sigv4.Key{}, err
		}
		return sigv4.Key{Secret: string(a.sessions.secret(accessKeyID)), Principal: p}, nil
	}
	if a.keys == nil {
		return sigv4.Key{}, sigv4.ErrUnknownKey
	}
	secret, err := a.keys.Secret(ctx, accessKeyID)
	if errors.Is(err, ErrUnknownKey) {
		return sigv4.Key{}, sigv4.ErrUnknownKey
	}
	return sigv4.Key{Secret: string(secret), Principal: house(a.account, accessKeyID)}, err
}

// Session is who has the temporary credentials of an access key and a token, whose secret is still to be proven.
// sigv4.ErrUnknownKey: nobody. sigv4.ErrExpiredToken: nobody any more.
func (a *Authority) Session(accessKeyID, token string) (Principal, error) {
	s, r, err := a.sessions.open(accessKeyID, token)
	switch {
	case errors.Is(err, ErrUnknownKey):
		return Principal{}, sigv4.ErrUnknownKey
	case errors.Is(err, errExpired):
		return Principal{}, sigv4.ErrExpiredToken
	case err != nil:
		return Principal{}, err
	}
	return Principal{
		AccessKeyID: accessKeyID, Account: r.account, ARN: r.assumed(s.Name), UserID: r.id + ":" + s.Name, Role: s.Role,
		Identity: s.Identity, Tags: s.Tags, Expires: time.Unix(s.Expires, 0).UTC(), session: s,
	}, nil
}

// House is the principal of an access key of the house, for servers that believe whoever names one.
func (a *Authority) House(accessKeyID string) Principal { return house(a.account, accessKeyID) }

// Verify finds out who signed r, whose whole body is body, for a service such as execute-api. Refusals are *sigv4.Error, made
// for the caller to see; any other error is internal.
func (a *Authority) Verify(r *http.Request, body []byte, service string) (Principal, error) {
	v := sigv4.Verifier{Keys: a.Lookup, Now: a.now, Services: []string{service}}
	id, err := v.Verify(r, body)
	if err != nil {
		return Principal{}, err
	}
	p, _ := id.Principal.(Principal)
	return p, nil
}

// Decide says whether a principal may do something, by the policy of its role and that of its session. An access key of the
// house may do everything. Keys are condition keys that only the caller knows, such as aws:sourceip, in lower case; those of
// the principal are filled in. What is not iampolicy.Allow is a no.
func (a *Authority) Decide(p Principal, action, resource string, keys map[string][]string) iampolicy.Effect {
	if !p.Temporary() {
		return iampolicy.Allow
	}
	if p.session == nil {
		return iampolicy.Silent
	}
	r := a.sessions.roles.byARN[p.Role]
	if r == nil || r.policy == nil {
		return iampolicy.Silent
	}
	ask := iampolicy.Request{Action: action, Resource: resource, Keys: map[string][]string{}}
	maps.Copy(ask.Keys, keys)
	maps.DeleteFunc(ask.Keys, aboutWho)
	maps.Copy(ask.Keys, a.Keys(p))
	decision := r.policy.Evaluate(ask)
	if p.session.policy == nil || decision != iampolicy.Allow {
		return decision
	}
	return p.session.policy.Evaluate(ask)
}

// aboutWho tells whether a condition key says who somebody is: the session says that, and nobody else.
func aboutWho(key string, _ []string) bool {
	return strings.HasPrefix(key, "aws:principal") || strings.HasPrefix(key, "saml:") || slices.ContainsFunc(identityKeys, func(s string) bool { return strings.HasSuffix(key, s) })
}

// Keys are the condition keys of a principal, and of the time: for policies that are not the principal's own.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
func (a *Authority) Keys(p Principal) map[string][]string {
	keys := timeKeys(a.now())
	arn, kind := p.ARN, "Account"
	if p.session != nil {
		arn, kind = p.Role, "AssumedRole"
		keys["aws:federatedprovider"] = []string{p.session.Provider}
		maps.Copy(keys, p.session.keys())
	}
	maps.Copy(keys, map[string][]string{
		"aws:principalarn": {arn}, "aws:principalaccount": {p.Account}, "aws:principaltype": {kind}, "aws:userid": {p.UserID},
	})
	return keys
}
