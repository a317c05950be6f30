package host

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/fluxo-app/fluxo/engine/clock"
	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/store"
)

// background runs jobs that must not hold up the step that asked for them. The
// queue has no bound of its own: a job is a commit that has already been made,
// and a step that waited for its jobs could wait for itself.
type background struct {
	mu     sync.Mutex
	idle   *sync.Cond
	queue  []func()
	active int // workers
	most   int

	spawned int
}

func newBackground(most int) *background {
	b := &background{most: most}
	b.idle = sync.NewCond(&b.mu)
	return b
}

func (b *background) do(job func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.queue = append(b.queue, job)
	if b.active < b.most {
		b.active++
		go b.work()
	}
}

func (b *background) work() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for len(b.queue) > 0 {
		job := b.queue[0]
		b.queue[0] = nil
		b.queue = b.queue[1:]
		b.mu.Unlock()
		job()
		b.mu.Lock()
	}
	b.active--
	if b.active+b.spawned == 0 {
		b.idle.Broadcast()
	}
}

// spawn runs something at once, beside the jobs; wait waits for it too.
func (b *background) spawn(run func()) {
	b.mu.Lock()
	b.spawned++
	b.mu.Unlock()
	go func() {
		defer func() {
			b.mu.Lock()
			defer b.mu.Unlock()
			if b.spawned--; b.active+b.spawned == 0 {
				b.idle.Broadcast()
			}
		}()
		run()
	}()
}

// wait returns when nothing is queued or running.
func (b *background) wait() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for b.active+b.spawned > 0 {
		b.idle.Wait()
	}
}

// Run sweeps until ctx ends, then waits for the background work.
func (h *Host) Run(ctx context.Context) error {
	err := clock.Every(ctx, h.o.Clock, h.o.Sweep, 0.5, func(ctx context.Context) {
		if _, err := h.sweep(ctx); err != nil && ctx.Err() == nil {
			h.o.Logger.ErrorContext(ctx, "sweep", "error", err)
		}
	})
	h.background.wait()
	return err
}

// Tick sweeps once, waits for the background work, and returns how many runs
// had something to do.
func (h *Host) Tick(ctx context.Context) (int, error) {
	h.background.wait()
	n, err := h.sweep(ctx)
	h.background.wait()
	return n, err
}

// sweep steps runs that are ready and nobody steps, and relays outboxes that
// were left behind.
func (h *Host) sweep(ctx context.Context) (int, error) {
	now, err := h.now.Now(ctx)
	if err != nil {
		return 0, fmt.Errorf("read the time of the store: %w", err)
	}
	h.warm.expire(now)
	const page = 100
	ready, err := h.ready(ctx, now, page)
	if err != nil {
		return 0, fmt.Errorf("read ready runs: %w", err)
	}
	var all errgroup.Group
	all.SetLimit(h.o.Steps)
	for _, id := range ready {
		all.Go(func() error { h.goOn(ctx, id); return nil })
	}
	_ = all.Wait() // problems are logged one by one
	relayed, err := h.relay.Sweep(ctx, page, h.mine())
	return len(ready) + relayed, errors.Join(err, h.purge(ctx, now))
}

// purge deletes, once an hour, what was closed longer ago than the retention.
// Several processes doing so is a waste and no more.
func (h *Host) purge(ctx context.Context, now core.Instant) error {
	const period = core.Instant(60 * 60 * 1000)
	last := h.purgedAt.Load()
	if core.Instant(last)+period > now || !h.purgedAt.CompareAndSwap(last, int64(now)) {
		return nil
	}
	_, err := h.relay.Purge(ctx, now-core.Instant(h.o.Retention.Milliseconds()))
	return err
}

// goOn steps a run of which the store says that it is ready. What is cached here
// may be older: another process has stepped it since, accepted an event, and died.
func (h *Host) goOn(ctx context.Context, id core.RunID) {
	if o := h.ask(ctx, id, &delivery{fresh: !h.o.Immediate}); o.err != nil && ctx.Err() == nil {
		h.o.Logger.WarnContext(ctx, "step a ready run", "run", id, "error", o.err)
	}
}

// runEnded tells of the end of a run, as often as it takes.
func (h *Host) runEnded(ctx context.Context, run store.Run, _ store.Outbox) error {
	return h.o.RunEnded(ctx, run)
}

// taskEnded tells of a closed task, as often as it takes.
func (h *Host) taskEnded(ctx context.Context, _ store.Run, entry store.Outbox) error {
	return h.o.TaskEnded(ctx, entry.ID)
}

func (h *Host) lookForMessages(ctx context.Context, _ store.Run, entry store.Outbox) error {
	var sub store.Subscription
	if err := json.Unmarshal(entry.Body, &sub); err != nil {
		return fmt.Errorf("read subscription: %w", err)
	}
	return h.o.Messages.Subscribed(ctx, sub)
}

// settledErr drops the errors after which there is nothing left to do.
func settledErr(err error) error {
	if errors.Is(err, store.ErrDuplicate) || errors.Is(err, store.ErrFinished) || errors.Is(err, store.ErrNotFound) {
		return nil
	}
	return err
}

func split(parent string) (kind, id string) {
	for i := range len(parent) {
		if parent[i] == ':' {
			return parent[:i], parent[i+1:]
		}
	}
	return "", parent
}
