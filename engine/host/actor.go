package host

import (
	"container/list"
	"context"
	"sync"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/store"
)

// actor is what a process knows of one run: the deliveries that wait for it and,
// while it is cached, its document and decoded state.
type actor struct {
	id core.RunID

	refs int           // guarded by actors.mu
	idle *list.Element // in actors.idle while nobody refers to it; guarded by actors.mu

	mu      sync.Mutex
	queue   []*delivery
	running bool // somebody steps the run

	// Owned by whoever runs.
	loaded  bool
	run     store.Run
	state   *core.State
	version Version
	single  bool         // one event per step: some event breaks the step
	tried   int          // events of the step under way
	hot     core.Instant // until then another process is expected to step the run too
	relayed []int64      // outbox entries that were copied and may go with the next commit
}

// delivery is one caller's wish, answered through done (capacity 1).
type delivery struct {
	start   *StartRequest
	events  []core.Event
	settled *store.Effect
	act     func(ctx context.Context, a *actor) outcome // an operator's act, alone
	fresh   bool                                        // the store knows something that what is cached here may not
	done    chan outcome
}

type outcome struct {
	run     store.Run
	created bool
	err     error
}

func (d *delivery) answer(o outcome) {
	select {
	case d.done <- o:
	default: // answered before
	}
}

// push adds a delivery and tells whether the caller has to run the actor.
func (a *actor) push(d *delivery) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.queue = append(a.queue, d)
	if a.running {
		return false
	}
	a.running = true
	return true
}

// take removes the next deliveries that one step can serve: a start or an act
// alone, else events together. Nothing left means that the caller stops running.
func (a *actor) take(most int) []*delivery {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.queue) == 0 {
		a.running = false
		return nil
	}
	n, events := 0, 0
	for n < len(a.queue) {
		d := a.queue[n]
		if d.start != nil || d.act != nil {
			if n == 0 {
				n = 1
			}
			break
		}
		if n > 0 && events+len(d.events) > most {
			break
		}
		events += len(d.events)
		n++
	}
	batch := a.queue[:n:n]
	a.queue = a.queue[n:]
	if len(a.queue) == 0 {
		a.queue = nil
	}
	return batch
}

// forget drops what is cached; the next step reads the store.
func (a *actor) forget() {
	a.loaded, a.run, a.state, a.relayed = false, store.Run{}, nil, nil
}

// actors keeps the runs in use and a bounded number of idle ones.
type actors struct {
	mu   sync.Mutex
	by   map[core.RunID]*actor
	idle *list.List // of *actor, most recently used first
	most int
}

func newActors(most int) *actors {
	return &actors{by: map[core.RunID]*actor{}, idle: list.New(), most: most}
}

// get finds or makes the actor of a run; put must follow.
func (as *actors) get(id core.RunID) *actor {
	as.mu.Lock()
	defer as.mu.Unlock()
	a := as.by[id]
	if a == nil {
		a = &actor{id: id}
		as.by[id] = a
	}
	if a.idle != nil {
		as.idle.Remove(a.idle)
		a.idle = nil
	}
	a.refs++
	return a
}

// put gives an actor back. Only runs that are cached and alive are kept.
func (as *actors) put(a *actor) {
	as.mu.Lock()
	defer as.mu.Unlock()
	a.refs--
	if a.refs > 0 {
		return
	}
	if !a.loaded || a.run.Status != core.Active || as.most <= 0 {
		delete(as.by, a.id)
		return
	}
	a.idle = as.idle.PushFront(a)
	for as.idle.Len() > as.most {
		oldest := as.idle.Remove(as.idle.Back()).(*actor)
		delete(as.by, oldest.id)
	}
}
