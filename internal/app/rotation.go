package app

import (
	"context"
	"crypto/rand"
	"errors"
	"time"

	"cognate.dev/cognate/internal/kit/secret"
	"cognate.dev/cognate/internal/masterkey"
	"cognate.dev/cognate/internal/store"
	"cognate.dev/cognate/internal/telemetry"
)

const (
	// lookAtKeys is how often a node looks whether its key file was changed, and which key seals.
	lookAtKeys = 2 * time.Second
	// resealEvery is how often values are sought that an old key has sealed, while there may be some, and resealRest when there
	// were none the last time.
	resealEvery = time.Minute
	resealRest  = 6 * time.Hour
)

// masterKeys takes part, for one node, in the agreement of all nodes about the key that seals.
type masterKeys struct {
	cfg   Config
	keys  *secret.Keyring
	store *store.Store
	node  string

	told *telemetry.Telemetry

	text   string        // of the key file, as it was last taken into use
	agreed time.Time     // the last sign of life
	due    chan struct{} // another key seals: there is something to seal anew
	stop   func()        // ends keep
}

// joinKeys agrees for the first time, and goes on until leave. A node without the key that seals does not start: it could open
// nothing.
func (h *house) joinKeys(ctx context.Context) (*masterKeys, error) {
	m := &masterKeys{cfg: h.cfg, keys: h.keys, store: h.store, told: h.told, node: rand.Text(), due: make(chan struct{}, 1)}
	if !h.cfg.keysInEnvironment() {
		var err error
		if m.text, err = h.cfg.keptKeys(); err != nil {
			return nil, err
		}
	}
	if _, err := m.agree(ctx); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	ended := make(chan struct{})
	go func() { defer close(ended); m.keep(ctx) }()
	m.stop = func() { cancel(); <-ended }
	return m, nil
}

// agree gives a sign of life and seals with the key that all nodes can open.
func (m *masterKeys) agree(ctx context.Context) (masterkey.State, error) {
	me := masterkey.Holder{Node: m.node, Host: hostname(), Keys: m.keys.IDs(), Seals: m.keys.Active()}
	state, err := m.store.AgreeOnKey(ctx, me, func(s masterkey.State) (string, error) { return masterkey.Decide(me, s) })
	if err != nil {
		return state, err
	}
	m.agreed = now()
	return state, m.keys.Activate(state.Sealing())
}

// look reads the key file again if its text is another one, and agrees when there is a reason to.
func (m *masterKeys) look(ctx context.Context) (changed bool, state masterkey.State, err error) {
	changed, err = m.reread(ctx)
	state, e := m.store.KeyState(ctx)
	if e != nil {
		return changed, state, errors.Join(err, e)
	}
	if !changed && state.Sealing() == m.keys.Active() && m.keys.IDs()[0] == m.keys.Active() && now().Sub(m.agreed) < masterkey.Beat {
		return changed, state, err
	}
	state, e = m.agree(ctx)
	return changed, state, errors.Join(err, e)
}

// reread takes the keys of the file into use when it was changed. One that cannot be read leaves the keys as they are.
func (m *masterKeys) reread(ctx context.Context) (changed bool, err error) {
	if m.cfg.keysInEnvironment() {
		return false, nil
	}
	text, err := m.cfg.keptKeys()
	if err != nil || text == m.text {
		return false, err
	}
	next, err := m.cfg.readKeys(ctx)
	if err != nil {
		return false, err // and again: a service that unwraps may be away
	}
	if err := m.keys.Replace(next); err != nil {
		return false, err
	}
	m.text = text
	return true, nil
}

// leave says that this node needs no key any more.
func (m *masterKeys) leave(ctx context.Context) error {
	m.stop()
	return m.store.LeaveKeys(ctx, m.node)
}

// keep follows the key file and the other nodes until ctx ends.
func (m *masterKeys) keep(ctx context.Context) {
	tick := time.NewTicker(lookAtKeys)
	defer tick.Stop()
	var told time.Time
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		before := m.keys.Active()
		changed, state, err := m.look(ctx)
		if err != nil && ctx.Err() == nil && time.Since(told) > complainEvery {
			told = time.Now()
			m.told.Log.Error("following the master key; the keys that were loaded go on being used", "error", err)
		}
		waits := masterkey.Waiting(m.keys.IDs()[0], state)
		m.told.Metrics.MasterKeyWaits(err != nil || len(waits) > 0)
		if changed {
			m.told.Log.Info("the key file was read again", "keys", m.keys.IDs(), "waits_for", hosts(waits))
		}
		if active := m.keys.Active(); active != before {
			m.told.Log.Info("another master key seals from now on", "key", active, "before", before)
			select {
			case m.due <- struct{}{}:
			default:
			}
		}
	}
}

func hosts(list []masterkey.Holder) []string {
	names := []string{}
	for _, h := range list {
		names = append(names, h.Host)
	}
	return names
}

// reseal seals anew what old keys of this node's ring have sealed, on one node for all, until ctx ends.
func (m *masterKeys) reseal(ctx context.Context) {
	tick := time.NewTicker(resealEvery)
	defer tick.Stop()
	for every := resealEvery; ; {
		if len(m.keys.IDs()) > 1 {
			every = m.resealOnce(ctx, every)
		}
		select {
		case <-ctx.Done():
			return
		case <-m.due:
			every = resealEvery
		case <-tick.C:
		}
	}
}

// resealOnce runs the job if it is due, and says how soon it is due again. The job bears the name of the key, so that the next
// rotation need not wait for it.
func (m *masterKeys) resealOnce(ctx context.Context, every time.Duration) time.Duration {
	total := 0
	ran, err := m.store.Once(ctx, "reseal/"+m.keys.Active(), every, func(ctx context.Context) error {
		left, err := m.store.Reseal(ctx, m.keys, func(n int) {
			total += n
			m.told.Metrics.Resealed(n)
		})
		m.told.Metrics.SealedByOthers(left)
		if left > 0 {
			m.told.Log.Error("values in the database are sealed under a key that is not here, or damaged", "values", left)
		}
		return err
	})
	switch {
	case err != nil && ctx.Err() == nil:
		m.told.Log.Error("sealing anew what old master keys have sealed; it goes on later", "error", err, "resealed", total)
		return resealEvery
	case ran && total > 0: // and once more, for what other nodes sealed meanwhile
		m.told.Log.Info("sealed anew what old master keys had sealed", "values", total, "key", m.keys.Active())
		return resealEvery
	case ran:
		return resealRest
	}
	return every
}
