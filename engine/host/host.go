package host

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"github.com/fluxo-app/fluxo/engine/clock"
	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/core/codec"
	"github.com/fluxo-app/fluxo/engine/relay"
	"github.com/fluxo-app/fluxo/engine/share"
	"github.com/fluxo-app/fluxo/engine/store"
)

// Store is the part of the store the host uses. store.FirstStep and
// store.Settling are used when the store has them.
type Store interface {
	store.Runs
	store.Relay
	Now(ctx context.Context) (core.Instant, error)
}

// Options of a Host; zero values take the defaults of docs/execution.md.
type Options struct {
	Store    Store
	Graphs   Graphs
	Resolver Resolver
	Facts    Facts
	Clock    clock.Clock
	Logger   *slog.Logger

	Observers []Observer
	Effects   Claimer   // optional: performs committed effects without a search
	Awaiting  Completer // optional: effects that await child runs
	Messages  Messages  // optional: looks for buffered messages

	// Held tells whether a definition, or everything, is suspended: no run of it
	// starts, and events are kept until they are stepped after it. nil = never.
	Held func(definitionKey string) bool
	// RunEnded and TaskEnded are optional. They are told of the end of every run
	// about a record and of every task, after its copy, by whichever process
	// relays it: at least once, and again until they return nil.
	RunEnded  func(ctx context.Context, run store.Run) error
	TaskEnded func(ctx context.Context, task string) error

	// Background runs a job that must not hold up the step that asked for it; nil =
	// a pool of the host's own. Whoever gives one also sees to it that jobs end.
	Background func(job func())

	// On a store that several processes share: Owner is this one in the leases of
	// runs, Members tells which runs to look after. "" and nil = it is alone.
	Owner   string
	Members *share.Members

	Immediate bool          // the store copies the outbox in the commit (embedded)
	Steps     int           // steps at a time: 256
	Budget    int           // node entries per step: core.StepBudget, 300 without Immediate
	Cache     int           // idle runs kept in memory: 512
	Sweep     time.Duration // 2 s, plus or minus half
	Grace     time.Duration // how long a ready run is left to whoever accepted its event: 5 s, 0 with Immediate
	Backoff   time.Duration // pause after a step that broke down: 1 s, doubling
	Retention time.Duration // how long closed derived documents are kept: 30 days
	Tries     int           // of a step that breaks down, before the quarantine: 3
	NewID     func() string // of runs and operator events that come without one: random
}

// Host steps runs. Safe for concurrent use.
type Host struct {
	o        Options
	relay    *relay.Relay
	now      *clock.Sampled
	gate     *gate
	actors   *actors
	warm     *warm
	versions *versions
	shared   store.Sharing // nil = nobody else steps runs of this store

	background *background
	sweeps     atomic.Int64
	purgedAt   atomic.Int64 // instant of the last purge
}

const (
	maxBatch    = 100 // events of one step
	maxConflict = 8   // lost races of one step before its events go to the inbox
)

// New makes a host.
func New(o Options) *Host {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Steps <= 0 {
		o.Steps = 256
	}
	if o.Budget <= 0 {
		o.Budget = core.StepBudget
		if !o.Immediate {
			// The outbox has to fit the run document beside the state.
			o.Budget = 300
		}
	}
	if o.Cache == 0 {
		o.Cache = 512
	}
	if o.Sweep <= 0 {
		o.Sweep = 2 * time.Second
	}
	if o.Grace <= 0 && !o.Immediate {
		o.Grace = 5 * time.Second
	}
	if o.Backoff <= 0 {
		o.Backoff = time.Second
	}
	if o.Retention <= 0 {
		o.Retention = 30 * 24 * time.Hour
	}
	if o.Tries <= 0 {
		o.Tries = 3
	}
	if o.NewID == nil {
		o.NewID = func() string { return uuid.Must(uuid.NewV7()).String() }
	}
	h := &Host{
		o:        o,
		now:      clock.NewSampled(o.Clock, o.Store.Now, 30*time.Second),
		gate:     newGate(o.Steps),
		actors:   newActors(o.Cache),
		warm:     newWarm(),
		versions: newVersions(o.Graphs),

		background: newBackground(64),
	}
	acts := map[store.OutboxKind]relay.Act{
		store.StartChildRun:    h.startChild,
		store.CancelChildRun:   h.cancelChild,
		store.NotifyParentDone: h.notifyParent,
	}
	if o.Messages != nil {
		acts[store.PutSubscription] = h.lookForMessages
		acts[store.SendMessage] = h.carry
	}
	if o.RunEnded != nil {
		acts[store.TellRunEnded] = h.runEnded
	}
	if o.TaskEnded != nil {
		acts[store.EndTask] = h.taskEnded
	}
	if o.Owner != "" && !o.Immediate {
		h.shared, _ = o.Store.(store.Sharing)
	}
	h.relay = relay.New(o.Store, acts)
	if h.o.Background == nil {
		h.o.Background = h.background.do
	}
	return h
}

// Start starts a run and drives it to its first waits. created is false when
// the run was started before, and then it is returned as it is.
func (h *Host) Start(ctx context.Context, req StartRequest) (run store.Run, created bool, err error) {
	if req.ID == "" {
		req.ID = core.RunID(h.o.NewID())
	}
	o := h.ask(ctx, req.ID, &delivery{start: &req})
	if o.err != nil {
		return store.Run{}, false, fmt.Errorf("start run %s of %s: %w", req.ID, req.DefinitionKey, o.err)
	}
	return o.run, o.created, nil
}

// Deliver gives events to a run. When it returns nil they are durable, and
// normally applied: the run that comes back shows their consequences. Errors:
// store.ErrDuplicate when all of them were delivered before, ErrFinished,
// ErrNotFound, ErrFull.
func (h *Host) Deliver(ctx context.Context, id core.RunID, events ...core.Event) (store.Run, error) {
	if len(events) == 0 {
		return store.Run{}, fmt.Errorf("deliver to run %s: no events", id)
	}
	o := h.ask(ctx, id, &delivery{events: events})
	if o.err != nil {
		return o.run, fmt.Errorf("deliver %s to run %s: %w", events[0].Kind, id, o.err)
	}
	return o.run, nil
}

// DeliverSettled settles a claimed effect and gives its event to the run in one
// transaction. errors.ErrUnsupported when that cannot be, and then nothing
// happened.
func (h *Host) DeliverSettled(ctx context.Context, settled store.Effect, event core.Event) (store.Run, error) {
	if _, ok := h.o.Store.(store.Settling); !ok || !h.o.Immediate {
		return store.Run{}, errors.ErrUnsupported
	}
	o := h.ask(ctx, settled.RunID, &delivery{events: []core.Event{event}, settled: &settled})
	if o.err != nil {
		return o.run, fmt.Errorf("settle effect %s: %w", settled.ID, o.err)
	}
	return o.run, nil
}

// Cancel ends a run as canceled. eventID makes it idempotent; "" is a random one.
func (h *Host) Cancel(ctx context.Context, id core.RunID, eventID, actor, reason string) (store.Run, error) {
	return h.operate(ctx, id, core.CancelRequested, eventID, actor, core.ReasonBody{Reason: reason})
}

// Retry tries the node of an incident again.
func (h *Host) Retry(ctx context.Context, id core.RunID, eventID, actor string, body core.RetryBody) (store.Run, error) {
	return h.operate(ctx, id, core.RetryRequested, eventID, actor, body)
}

// Skip leaves the node of an incident by its normal exit or by the given port.
func (h *Host) Skip(ctx context.Context, id core.RunID, eventID, actor string, body core.SkipBody) (store.Run, error) {
	return h.operate(ctx, id, core.SkipRequested, eventID, actor, body)
}

// SetVariables changes variables by hand.
func (h *Host) SetVariables(ctx context.Context, id core.RunID, eventID, actor string, body core.VariablesBody) (store.Run, error) {
	return h.operate(ctx, id, core.VariablesChanged, eventID, actor, body)
}

func (h *Host) operate(ctx context.Context, id core.RunID, kind core.EventKind, eventID, actor string, body any) (store.Run, error) {
	if eventID == "" {
		eventID = h.o.NewID()
	}
	raw, err := json.Marshal(body)
	if err != nil {
		return store.Run{}, fmt.Errorf("%s of run %s: %w", kind, id, err)
	}
	return h.Deliver(ctx, id, core.Event{ID: "op:" + eventID, Kind: kind, Actor: actor, Body: raw})
}

// Step applies what is in a run's inbox.
func (h *Host) Step(ctx context.Context, id core.RunID) (store.Run, error) {
	o := h.ask(ctx, id, &delivery{})
	if o.err != nil {
		return o.run, fmt.Errorf("step run %s: %w", id, o.err)
	}
	return o.run, nil
}

// View is a run with its decoded state.
type View struct {
	Run     store.Run
	State   *core.State
	Version Version
}

// Inspect reads a run with its state: open waits, variables, incidents.
func (h *Host) Inspect(ctx context.Context, id core.RunID) (View, error) {
	run, err := h.o.Store.Load(ctx, id)
	if err != nil {
		return View{}, fmt.Errorf("inspect run %s: %w", id, err)
	}
	v := View{Run: run}
	if v.Version, err = h.versions.get(ctx, run.DefinitionKey, run.Version); err != nil {
		return v, fmt.Errorf("inspect run %s: %w", id, err)
	}
	v.State, err = decode(run)
	return v, err
}

func decode(run store.Run) (*core.State, error) {
	if len(run.State) == 0 {
		return core.NewState(run.ID), nil
	}
	state, err := codec.Decode(run.State)
	if err != nil {
		return nil, fmt.Errorf("decode the state of run %s: %w", run.ID, err)
	}
	return state, nil
}

// ask queues a delivery and waits for the answer. The caller that finds the run
// idle steps it in its own goroutine, also for those who come meanwhile; once
// its own wish is answered, a new goroutine takes over.
func (h *Host) ask(ctx context.Context, id core.RunID, d *delivery) outcome {
	d.done = make(chan outcome, 1)
	a := h.actors.get(id)
	if a.push(d) {
		h.drive(context.WithoutCancel(ctx), a, d)
	} else {
		defer h.actors.put(a)
	}
	select {
	case o := <-d.done:
		return o
	case <-ctx.Done():
		// The wish stands; only the answer is not waited for.
		return outcome{err: ctx.Err()}
	}
}

// drive steps an actor until nothing is queued. It owns one reference.
func (h *Host) drive(ctx context.Context, a *actor, own *delivery) {
	for {
		batch := a.take(maxBatch)
		if batch == nil {
			h.actors.put(a)
			return
		}
		h.serve(ctx, a, batch)
		if own != nil && len(own.done) > 0 {
			a.mu.Lock()
			more := len(a.queue) > 0
			a.mu.Unlock()
			if more {
				h.background.spawn(func() { h.drive(ctx, a, nil) })
				return
			}
		}
	}
}

// serve answers one batch, whatever happens.
func (h *Host) serve(ctx context.Context, a *actor, batch []*delivery) {
	defer func() {
		if r := recover(); r != nil {
			// A panic outside the fold is a defect of the host or the store.
			a.forget()
			h.o.Logger.ErrorContext(ctx, "host panic", "run", a.id, "panic", r, "stack", stack())
			for _, d := range batch {
				d.answer(outcome{err: fmt.Errorf("panic: %v", r)})
			}
		}
	}()
	key := a.run.DefinitionKey // "" for a run that is not cached: those share a turn
	if d := batch[0]; d.start != nil {
		key = d.start.DefinitionKey
	}
	if err := h.gate.enter(ctx, key); err != nil {
		for _, d := range batch {
			d.answer(outcome{err: err})
		}
		return
	}
	defer h.gate.leave()
	switch {
	case batch[0].start != nil:
		batch[0].answer(h.start(ctx, a, *batch[0].start))
	case batch[0].act != nil:
		batch[0].answer(batch[0].act(ctx, a))
	default:
		h.step(ctx, a, batch)
	}
}
