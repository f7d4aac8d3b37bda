package keyfile

import (
	"context"
	"crypto/rand"
	"errors"
	"time"

	"cognate.dev/cognate/internal/kit/secret"
	"cognate.dev/cognate/internal/masterkey"
	"cognate.dev/cognate/internal/telemetry"
)

const (
	// lookAtKeys is how often a node looks whether its key file was changed, and which key seals.
	lookAtKeys = 2 * time.Second
	// resealEvery is how often values are sought that an old key has sealed, while there may be some, and resealRest when there
	// were none the last time.
	resealEvery = time.Minute
	resealRest  = 6 * time.Hour
	// complainEvery is how often the log hears that the key file or the other nodes cannot be followed.
	complainEvery = time.Minute
)

// Store is what a Member agrees through. store.Store is one.
type Store interface {
	masterkey.Store
	// Once runs a job on one node at a time, and not more often than every so often.
	Once(ctx context.Context, job string, every time.Duration, fn func(context.Context) error) (ran bool, err error)
}

// Member takes part, for one node, in the agreement of all nodes about the key that seals.
type Member struct {
	place Place
	keys  *secret.Keyring
	store Store
	node  string
	host  string

	told *telemetry.Telemetry

	text   string        // of the key file, as it was last taken into use
	agreed time.Time     // the last sign of life
	due    chan struct{} // another key seals: there is something to seal anew
	stop   func()        // ends keep
}

// Join agrees for the first time, and goes on until Leave. A node without the key that seals does not start: it could open
// nothing. Host is what people call the node.
func Join(ctx context.Context, p Place, keys *secret.Keyring, s Store, host string, told *telemetry.Telemetry) (*Member, error) {
	m := &Member{place: p, keys: keys, store: s, told: told, host: host, node: rand.Text(), due: make(chan struct{}, 1)}
	if !p.InEnvironment() {
		var err error
		if m.text, err = p.kept(); err != nil {
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
func (m *Member) agree(ctx context.Context) (masterkey.State, error) {
	me := masterkey.Holder{Node: m.node, Host: m.host, Keys: m.keys.IDs(), Seals: m.keys.Active()}
	state, err := m.store.AgreeOnKey(ctx, me, func(s masterkey.State) (string, error) { return masterkey.Decide(me, s) })
	if err != nil {
		return state, err
	}
	m.agreed = time.Now()
	return state, m.keys.Activate(state.Sealing())
}

// look reads the key file again if its text is another one, and agrees when there is a reason to.
func (m *Member) look(ctx context.Context) (changed bool, state masterkey.State, err error) {
	changed, err = m.reread(ctx)
	state, e := m.store.KeyState(ctx)
	if e != nil {
		return changed, state, errors.Join(err, e)
	}
	if !changed && state.Sealing() == m.keys.Active() && m.keys.IDs()[0] == m.keys.Active() && time.Since(m.agreed) < masterkey.Beat {
		return changed, state, err
	}
	state, e = m.agree(ctx)
	return changed, state, errors.Join(err, e)
}

// reread takes the keys of the file into use when it was changed. One that cannot be read leaves the keys as they are.
func (m *Member) reread(ctx context.Context) (changed bool, err error) {
	if m.place.InEnvironment() {
		return false, nil
	}
	text, err := m.place.kept()
	if err != nil || text == m.text {
		return false, err
	}
	next, err := m.place.read(ctx)
	if err != nil {
		return false, err // and again: a service that unwraps may be away
	}
	if err := m.keys.Replace(next); err != nil {
		return false, err
	}
	m.text = text
	return true, nil
}

// Rest ends following the key file and the other nodes.
func (m *Member) Rest() { m.stop() }

// Leave says that this node needs no key any more.
func (m *Member) Leave(ctx context.Context) error {
	m.stop()
	return m.store.LeaveKeys(ctx, m.node)
}

// keep follows the key file and the other nodes until ctx ends.
func (m *Member) keep(ctx context.Context) {
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

// Reseal seals anew what old keys of this node's ring have sealed, on one node for all, until ctx ends.
func (m *Member) Reseal(ctx context.Context) {
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
func (m *Member) resealOnce(ctx context.Context, every time.Duration) time.Duration {
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
