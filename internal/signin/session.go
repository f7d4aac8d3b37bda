package signin

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"time"

	"cognate.dev/cognate/internal/fault"
)

const (
	sessionPurpose = "signin-session"
	blockPurpose   = "signin-secret-block"
	// blockLife is how long an SRP claim may take: Cognito's documentation says a few seconds, a slow phone needs some.
	blockLife  = time.Minute
	maxSession = 2048
)

var blockEncoding = base64.StdEncoding.Strict()

// The answers to a session that does not work.
func badSession() error { return fault.Deniedf("Invalid session for the user.") }
func usedSession() error {
	return fault.Deniedf("Invalid session for the user, session can only be used once.")
}
func oldSession() error { return fault.Deniedf("Invalid session for the user, session is expired.") }

// ask puts a question: it seals the attempt, with the challenge's state, into what the client carries back.
func (m *Machine) ask(ctx context.Context, a *Attempt, k Kind) (*Answer, error) {
	c := m.challenges[k]
	if c == nil {
		// Never past a challenge that is due, just because nobody can ask it.
		return nil, fault.Newf(fault.Misconfigured, "", "This sign-in requires the challenge %s, which this server does not serve yet.", k)
	}
	if traitsOf(k).sends {
		if err := m.limitCodes(ctx, a); err != nil {
			return nil, err
		}
	}
	prompt, err := c.Begin(ctx, a)
	if err != nil {
		return nil, err
	}
	if a.Ruling.Weighed {
		if err := m.Judge.Note(ctx, a.asCase(), Note{Passed: a.Trail}); err != nil {
			return nil, err
		}
	}
	set, err := m.passwordSet(ctx, a)
	if err != nil {
		return nil, err
	}
	a.ID, a.Pending, a.State = newID(), k, prompt.State
	a.Asked, a.Password = a.Now.UnixMilli(), set
	if a.User != nil {
		a.Asked = a.User.Since(a.Now).UnixMilli()
	}
	life := a.Client.SessionTTL()
	if traitsOf(k).block || k == DeviceSRP {
		life = min(life, blockLife)
	}
	a.Expires = a.Now.Add(life).UnixMilli()
	answer := &Answer{Challenge: k, Params: prompt.Params}
	if answer.Params == nil {
		answer.Params = map[string]string{}
	}
	if traitsOf(k).block {
		plain, err := json.Marshal(a.carried)
		if err != nil {
			return nil, fmt.Errorf("encode secret block: %w", err)
		}
		answer.Params["SECRET_BLOCK"] = blockEncoding.EncodeToString(m.Sealer.Seal(blockPurpose, plain, nil))
		return answer, nil
	}
	if answer.Session, err = m.seal(a); err != nil {
		return nil, err
	}
	if k == DeviceSRP {
		err = m.awaitDevice(ctx, a, answer.Session)
	}
	return answer, err
}

// seal writes an attempt into the string that the client carries.
func (m *Machine) seal(a *Attempt) (string, error) {
	plain, err := json.Marshal(a.carried)
	if err != nil {
		return "", fmt.Errorf("encode sign-in session: %w", err)
	}
	session := m.Sealer.SealString(sessionPurpose, plain, nil)
	if len(session) > maxSession && a.Flow == flowCustom {
		return "", fault.Newf(fault.Invalid, fault.LambdaResponse, "The challenge is too large: its session has more than %d characters.", maxSession)
	}
	if len(session) > maxSession {
		return "", fmt.Errorf("sign-in session for %s has %d characters", a.Pending, len(session))
	}
	return session, nil
}

// resume reads the attempt that a reply continues. A string that another client, challenge or server made is none.
func (m *Machine) resume(ctx context.Context, r Reply) (*Attempt, error) {
	k := Kind(r.Challenge)
	if k == DeviceSRP && r.Session == "" {
		var err error
		if r.Session, err = m.awaited(ctx, r); err != nil {
			return nil, err
		}
	}
	plain, err := m.open(r, k)
	if err != nil {
		return nil, err
	}
	a := &Attempt{Pool: r.Pool, Client: r.Client, From: r.From, Input: r.Answers, ClientMetadata: r.ClientMetadata, Now: m.now()}
	if json.Unmarshal(plain, &a.carried) != nil || a.PoolID != r.Pool.ID || a.ClientID != r.Client.ID || a.Pending != k {
		return nil, badSession()
	}
	return a, m.fresh(ctx, a)
}

// fresh refuses an attempt that has expired or was used.
func (m *Machine) fresh(ctx context.Context, a *Attempt) error {
	if a.Now.UnixMilli() >= a.Expires {
		return oldSession()
	}
	used, err := m.Store.Consumed(ctx, a.ID)
	if err != nil {
		return fmt.Errorf("look up sign-in session: %w", err)
	}
	if used {
		return usedSession()
	}
	return nil
}

func (m *Machine) open(r Reply, k Kind) ([]byte, error) {
	if !traitsOf(k).block {
		if r.Session == "" {
			return nil, missing("Session")
		}
		plain, err := m.Sealer.OpenString(sessionPurpose, r.Session, nil)
		if err != nil {
			return nil, badSession()
		}
		return plain, nil
	}
	block := r.Answers["PASSWORD_CLAIM_SECRET_BLOCK"]
	if block == "" {
		return nil, missing("PASSWORD_CLAIM_SECRET_BLOCK")
	}
	raw, err := blockEncoding.DecodeString(block)
	if err != nil {
		return nil, badSession()
	}
	plain, err := m.Sealer.Open(blockPurpose, raw, nil)
	if err != nil {
		return nil, badSession()
	}
	return plain, nil
}

// spend uses a session up; of two answers at once one is first.
func (m *Machine) spend(ctx context.Context, a *Attempt) error {
	first, err := m.Store.Consume(ctx, a.ID, time.UnixMilli(a.Expires))
	if err != nil {
		return fmt.Errorf("use up sign-in session: %w", err)
	}
	if !first {
		return usedSession()
	}
	return nil
}
