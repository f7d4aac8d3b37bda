package extension

import (
	"context"
	"sync"
)

// turns share the slots for runs among workspaces: however long the scripts of some take, those of others run. A workspace that has none
// takes any that is free; one that has some takes another only where it has fewer than are free. So one alone has half of them, two have a
// third each, and a slot is free for who comes next until there are as many workspaces as slots.
type turns struct {
	slots int

	mu      sync.Mutex
	held    int
	of      map[string]int
	changed chan struct{} // closed when somebody leaves; nil: nobody waits
}

// enter waits for the turn of a workspace.
func (t *turns) enter(ctx context.Context, workspace string) (leave func(), err error) {
	for {
		changed := t.take(workspace)
		if changed == nil {
			return sync.OnceFunc(func() { t.leave(workspace) }), nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, busy()
		}
	}
}

// take takes a slot, or gives what is closed when it is worth another try.
func (t *turns) take(workspace string) (changed <-chan struct{}) {
	t.mu.Lock()
	defer t.mu.Unlock()
	free, mine := t.slots-t.held, t.of[workspace]
	if free > 0 && (mine == 0 || mine < free) {
		if t.of == nil {
			t.of = map[string]int{}
		}
		t.held++
		t.of[workspace]++
		return nil
	}
	if t.changed == nil {
		t.changed = make(chan struct{})
	}
	return t.changed
}

func (t *turns) leave(workspace string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.held--
	if t.of[workspace]--; t.of[workspace] == 0 {
		delete(t.of, workspace)
	}
	if t.changed != nil {
		close(t.changed)
		t.changed = nil
	}
}
