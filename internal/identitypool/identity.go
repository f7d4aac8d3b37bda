package identitypool

import (
	"context"
	"fmt"
	"slices"

	"cognate.dev/cognate/internal/fault"
	"cognate.dev/cognate/internal/kit/clock"
	"cognate.dev/cognate/internal/kit/cursor"
	"cognate.dev/cognate/internal/sts"
)

// The sentences of Amazon Cognito.
const (
	noGuests       = "Unauthenticated access is not supported for this identity pool."
	noMatch        = "Logins don't match. Please include at least one valid login for this identity or identity pool."
	forbidden      = "Access to Identity '%s' is forbidden."
	noClassicFlow  = "Basic (classic) flow is not enabled, please use enhanced flow."
	noCognitoToken = "Invalid login token. Can't pass in a Cognito token."
)

// Identities are who has come to identity pools. Safe for concurrent use.
type Identities struct {
	store    IdentityStore
	pools    *Pools
	tokens   *Tokens
	sessions *sts.Sessions
	cursors  *cursor.Codec
	now      clock.Clock
}

// Given is what an app sends to get something for an identity.
type Given struct {
	Identity string
	Logins   map[string]string // tokens by provider; none: a guest
	Address  string            // that the app asks from
}

// ID finds the identity of logins in a pool, or makes one; without logins it makes a guest. A developer's token names its identity
// already: who has one need not ask, and is not answered.
// https://github.com/aws/aws-sdk-net/issues/420
func (i *Identities) ID(ctx context.Context, poolID string, logins map[string]string) (*Identity, error) {
	pool, err := i.pools.Get(ctx, poolID)
	if err != nil {
		return nil, err
	}
	if len(logins) == 0 {
		if !pool.Guests {
			return nil, fault.Deniedf("%s", noGuests)
		}
		guest := i.fresh(pool)
		return guest, i.store.InsertIdentity(ctx, guest)
	}
	proofs, err := i.tokens.prove(ctx, pool, logins)
	if err != nil {
		return nil, err
	}
	if _, own := logins[sts.CognitoIdentity]; own {
		return nil, fault.Deniedf("%s", noCognitoToken)
	}
	return i.resolve(ctx, pool, "", loginsOf(proofs))
}

// Token is what GetOpenIdToken gives: who the identity is, for whoever trusts this issuer.
func (i *Identities) Token(ctx context.Context, g Given) (identity, token string, err error) {
	pool, err := i.poolOf(ctx, g.Identity)
	if err != nil {
		return "", "", err
	}
	if !pool.classic() {
		return "", "", fault.Invalidf("%s", noClassicFlow)
	}
	if _, own := g.Logins[sts.CognitoIdentity]; own { // else it would renew itself for ever
		return "", "", fault.Deniedf("%s", noCognitoToken)
	}
	proofs, tags, err := i.known(ctx, pool, g)
	if err != nil {
		return "", "", err
	}
	found, err := i.become(ctx, pool, g, proofs)
	if err != nil {
		return "", "", err
	}
	token, err = i.tokens.mint(ctx, pool, found.ID, proofs, tags, openIDLife)
	return found.ID, token, err
}

// sessionName is what the enhanced flow calls its sessions, as AWS does.
const sessionName = "CognitoIdentityCredentials"

// Credentials are what GetCredentialsForIdentity gives: those of the role that the logins lead to. Role is the one that the
// caller wishes for; empty: none.
func (i *Identities) Credentials(ctx context.Context, g Given, role string) (string, sts.Credentials, error) {
	pool, err := i.poolOf(ctx, g.Identity)
	if err != nil {
		return "", sts.Credentials{}, err
	}
	proofs, tags, err := i.known(ctx, pool, g)
	if err != nil {
		return "", sts.Credentials{}, err
	}
	if role, _, err = pool.roleOf(proofs, role); err != nil {
		return "", sts.Credentials{}, err
	}
	found, err := i.become(ctx, pool, g, proofs)
	if err != nil {
		return "", sts.Credentials{}, err
	}
	c, err := i.sessions.Assume(ctx, wish(pool, role, found.ID, g.Address, proofs, tags))
	if fault.Is(err, fault.Denied, "") { // there is no such role, or it does not trust this pool
		return "", sts.Credentials{}, badConfiguration().Because(err)
	}
	return found.ID, c, err
}

// wish is for credentials of a role, in the name of an identity of a pool.
func wish(p *Pool, role, identity, address string, proofs []proof, tags map[string]string) sts.Ask {
	amr := amrOf(proofs)
	return sts.Ask{Role: role, Session: sessionName, Address: address, Web: sts.WebIdentity{
		Names: []string{sts.CognitoIdentity}, Subject: identity, Audience: p.ID, AMR: amr, Tags: tags,
		Identity: sts.Identity{ID: identity, Pool: p.ID, AMR: amr},
	}}
}

// poolOf finds the pool of an identity, which is the one that it was made in.
func (i *Identities) poolOf(ctx context.Context, identity string) (*Pool, error) {
	found, err := i.store.Identity(ctx, identity)
	if err != nil {
		return nil, err
	}
	return i.pools.Get(ctx, found.PoolID)
}

// known verifies what an app sends for an identity of a pool, and gives the session tags of it. Nothing is written.
func (i *Identities) known(ctx context.Context, pool *Pool, g Given) ([]proof, map[string]string, error) {
	if len(g.Logins) == 0 {
		if !pool.Guests {
			return nil, nil, fault.Deniedf("%s", noGuests)
		}
		return nil, nil, nil
	}
	proofs, err := i.tokens.prove(ctx, pool, g.Logins)
	if err != nil {
		return nil, nil, err
	}
	for _, one := range proofs {
		if one.identity != "" && one.identity != g.Identity {
			return nil, nil, fault.Deniedf("%s", noMatch)
		}
	}
	tags, err := pool.tagsOf(proofs)
	return proofs, tags, err
}

// become finds the identity of who comes as one. It may be another: guests become who they sign in as.
func (i *Identities) become(ctx context.Context, pool *Pool, g Given, proofs []proof) (*Identity, error) {
	if len(proofs) > 0 {
		return i.resolve(ctx, pool, g.Identity, loginsOf(proofs))
	}
	found, err := i.store.Identity(ctx, g.Identity)
	if err == nil && (len(found.Logins) > 0 || found.Disabled) {
		return nil, fault.Deniedf(forbidden, g.Identity)
	}
	return found, err
}

func loginsOf(proofs []proof) []Login {
	list := make([]Login, 0, len(proofs))
	for _, one := range proofs {
		list = append(list, one.Login)
	}
	return list
}

// Describe reads an identity.
func (i *Identities) Describe(ctx context.Context, id string) (*Identity, error) {
	return i.store.Identity(ctx, id)
}

// List gives a page of the identities of a pool by id, and a token for the next one.
func (i *Identities) List(ctx context.Context, poolID string, limit int, token string, hideDisabled bool) ([]*Identity, string, error) {
	if _, err := i.pools.Get(ctx, poolID); err != nil {
		return nil, "", err
	}
	list := cursor.List[*Identity, string]{
		Fetch: func(ctx context.Context, after string, limit int) ([]*Identity, error) {
			return i.store.ListIdentities(ctx, poolID, after, limit, hideDisabled)
		},
		Place: func(one *Identity) string { return one.ID }, Scope: []string{"ListIdentities", poolID, fmt.Sprint(hideDisabled)},
	}
	return paged(list.Page(ctx, i.cursors, min(limit, maxPage), token))
}

// Delete removes an identity. One that is gone is fine.
func (i *Identities) Delete(ctx context.Context, id string) error {
	err := i.store.DeleteIdentity(ctx, id)
	if fault.Is(err, fault.Missing, "") {
		return nil
	}
	return err
}

// Unlink takes logins away from an identity, for somebody who proves one of its logins. With its last one, nobody reaches it any
// more.
func (i *Identities) Unlink(ctx context.Context, g Given, remove []string) error {
	pool, err := i.poolOf(ctx, g.Identity)
	if err != nil {
		return err
	}
	proofs, err := i.tokens.prove(ctx, pool, g.Logins)
	if err != nil {
		return err
	}
	mine := loginsOf(proofs)
	for _, one := range proofs {
		if slices.Contains(remove, one.called) {
			remove = append(remove, one.Provider)
		}
	}
	return i.take(ctx, g.Identity, func(one *Identity, l Login) (bool, error) {
		if !slices.ContainsFunc(mine, func(m Login) bool { return slices.Contains(one.Logins, m) }) {
			return false, fault.Deniedf("%s", noMatch)
		}
		return slices.Contains(remove, l.Provider), nil
	})
}

// take removes the logins of an identity that which chooses. An identity without any is nobody's.
func (i *Identities) take(ctx context.Context, id string, which func(*Identity, Login) (bool, error)) error {
	_, err := i.store.ChangeIdentity(ctx, id, func(one *Identity) error {
		if len(one.Logins) == 0 {
			return fault.Deniedf("%s", noMatch)
		}
		was := *one
		one.Logins = nil
		for _, l := range was.Logins {
			gone, err := which(&was, l)
			if err != nil {
				return err
			}
			if !gone {
				one.Logins = append(one.Logins, l)
			}
		}
		one.Disabled = one.Disabled || len(one.Logins) == 0
		one.Modified = moment(i.now)
		return nil
	})
	return err
}
