package host

import (
	"context"
	"slices"
	"sync"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/store"
)

const (
	maxWarm      = 16_384    // runs read ahead of their time
	maxWarmBytes = 16 << 20  // of their encoded states
	warmPage     = 500       // runs of one query
	warmFor      = 60 * 1000 // milliseconds until one that nobody asked for is dropped
)

// warm holds runs that were read before they are needed. It is no cache: whoever
// loads a run takes it out, and what another process has done meanwhile shows as
// a lost revision when the step commits.
type warm struct {
	mu    sync.Mutex
	by    map[core.RunID]*warmed
	bytes int
}

// warmed is a run read ahead, or, until it is ready, the intention to read it.
// Taking the intention away is how a step that is faster makes the read void.
type warmed struct {
	run   store.Run
	state *core.State
	at    core.Instant
	ready bool
}

func newWarm() *warm { return &warm{by: map[core.RunID]*warmed{}} }

// take removes a run and returns it when it was read already.
func (w *warm) take(id core.RunID) (store.Run, *core.State, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	e := w.by[id]
	if e == nil {
		return store.Run{}, nil, false
	}
	w.drop(id, e)
	return e.run, e.state, e.ready
}

// drop removes an entry; w.mu is held.
func (w *warm) drop(id core.RunID, e *warmed) {
	delete(w.by, id)
	w.bytes -= len(e.run.State)
}

// reserve notes the intention to read runs and returns those there is room for.
func (w *warm) reserve(ids []core.RunID, at core.Instant) map[core.RunID]*warmed {
	w.mu.Lock()
	defer w.mu.Unlock()
	mine := make(map[core.RunID]*warmed, len(ids))
	for _, id := range ids {
		if w.by[id] == nil && len(w.by) < maxWarm && w.bytes < maxWarmBytes {
			e := &warmed{at: at}
			w.by[id], mine[id] = e, e
		}
	}
	return mine
}

// fill puts a run where it was reserved, unless somebody has taken the place.
func (w *warm) fill(e *warmed, run store.Run, state *core.State) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.by[run.ID] == e {
		e.run, e.state, e.ready = run, state, true
		w.bytes += len(run.State)
	}
}

// release gives up what was reserved and not filled.
func (w *warm) release(mine map[core.RunID]*warmed) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for id, e := range mine {
		if w.by[id] == e && !e.ready {
			w.drop(id, e)
		}
	}
}

// expire drops what nobody has asked for.
func (w *warm) expire(now core.Instant) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for id, e := range w.by {
		if e.at+warmFor < now {
			w.drop(id, e)
		}
	}
}

// Warm reads runs of which events are expected soon, many with one query, so
// that the steps find them in memory. It is a hint: runs that are in memory,
// do not move or find no room are left out, and the store may not offer it.
func (h *Host) Warm(ctx context.Context, ids []core.RunID) {
	several, ok := h.o.Store.(store.Foresight)
	if !ok {
		return
	}
	now, err := h.now.Now(ctx)
	if err != nil {
		return // the steps will say so
	}
	for page := range slices.Chunk(ids, warmPage) {
		if err := h.warmPage(ctx, several, page, now); err != nil {
			if ctx.Err() == nil {
				h.o.Logger.WarnContext(ctx, "read runs ahead", "error", err)
			}
			return
		}
	}
}

func (h *Host) warmPage(ctx context.Context, several store.Foresight, ids []core.RunID, now core.Instant) error {
	mine := h.warm.reserve(ids, now)
	defer h.warm.release(mine)
	// Reserved first, asked for actors second: a step that begins in between
	// takes the reservation away, so that what it changes is not read too early.
	cold := h.actors.unknown(mine)
	if len(cold) == 0 {
		return nil
	}
	runs, err := several.LoadSeveral(ctx, cold)
	if err != nil {
		return err
	}
	for _, run := range runs {
		if run.Status != core.Active || run.Suspended || len(run.Inbox) > 0 || len(run.Outbox) > 0 {
			continue
		}
		state, err := decode(run)
		if err != nil {
			continue // the step deals with it
		}
		h.warm.fill(mine[run.ID], run, state)
	}
	return nil
}

// unknown lists the runs that have no actor.
func (as *actors) unknown(runs map[core.RunID]*warmed) []core.RunID {
	as.mu.Lock()
	defer as.mu.Unlock()
	ids := make([]core.RunID, 0, len(runs))
	for id := range runs {
		if as.by[id] == nil {
			ids = append(ids, id)
		}
	}
	return ids
}
