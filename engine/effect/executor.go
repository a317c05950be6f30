package effect

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	"github.com/fluxo-app/fluxo/engine/clock"
	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/robot"
	"github.com/fluxo-app/fluxo/engine/store"
)

// Acceptor takes the events of settled effects.
type Acceptor interface {
	Deliver(ctx context.Context, run core.RunID, events ...core.Event) (store.Run, error)
}

// Settler is an Acceptor that can settle an effect and fold its event into the
// run in one transaction (embedded stores). It returns errors.ErrUnsupported
// when it cannot, and then nothing happened.
type Settler interface {
	DeliverSettled(ctx context.Context, settled store.Effect, event core.Event) (store.Run, error)
}

// Performers finds the performer of a robot.
type Performers interface {
	Performer(key string) (robot.Performer, bool)
}

// Store is the part of the store the executor uses.
type Store interface {
	store.Effects
	Now(ctx context.Context) (core.Instant, error)
}

// Options of an Executor; zero values take the defaults of docs/execution.md.
type Options struct {
	Store      Store
	Acceptor   Acceptor
	Performers Performers
	Clock      clock.Clock
	Logger     *slog.Logger
	Owner      string        // of the claims; unique per process
	Slots      int           // attempts at a time: 32
	Lease      time.Duration // 30 s
	Margin     time.Duration // the worker stops this long before its lease ends: 3 s
	Poll       time.Duration // how often the store is asked without a hint: 1 s
	Drain      time.Duration // how long attempts may go on after Run is told to end: 10 s
	Policy     Policy        // for what nodes leave open; zero = DefaultPolicy
	Alone      bool          // no other process performs effects of this store
}

// Executor claims and performs effects. Safe for concurrent use.
type Executor struct {
	o     Options
	now   *clock.Sampled
	slots chan struct{} // taken while an effect is claimed and performed
	ends  chan struct{} // taken while its end is written and delivered
	wake  chan struct{} // capacity 1
	busy  sync.WaitGroup

	mu      sync.Mutex
	closed  bool           // Run is ending: nothing more is reserved
	look    bool           // the store may have ready effects: ask it
	more    bool           // it had more than there were slots
	offered []store.Effect // claimed in reserved slots, to be performed
}

// New makes an executor.
func New(o Options) *Executor {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Owner == "" {
		o.Owner = "local"
	}
	if o.Slots <= 0 {
		o.Slots = 32
	}
	if o.Lease <= 0 {
		o.Lease = 30 * time.Second
	}
	if o.Margin <= 0 {
		o.Margin = min(3*time.Second, o.Lease/4)
	}
	if o.Poll <= 0 {
		o.Poll = time.Second
	}
	if o.Drain <= 0 {
		o.Drain = 10 * time.Second
	}
	if o.Policy == (Policy{}) {
		o.Policy = DefaultPolicy
	}
	return &Executor{
		o:     o,
		now:   clock.NewSampled(o.Clock, o.Store.Now, 30*time.Second),
		slots: make(chan struct{}, o.Slots),
		ends:  make(chan struct{}, o.Slots),
		look:  true,
		wake:  make(chan struct{}, 1),
	}
}

// Wake tells that the store may have ready effects. It is a hint: the poll finds
// them too.
func (x *Executor) Wake() {
	x.mu.Lock()
	x.look = true
	x.mu.Unlock()
	x.signal()
}

func (x *Executor) signal() {
	select {
	case x.wake <- struct{}{}:
	default:
	}
}

// Reserve takes up to n free slots for effects that the caller commits as
// already claimed by Owner until the returned instant. It must hand them over
// with Offer, or give the slots back with Release.
func (x *Executor) Reserve(ctx context.Context, n int) (granted int, owner string, lease core.Instant) {
	x.mu.Lock()
	closed := x.closed
	x.mu.Unlock()
	now, err := x.now.Now(ctx)
	if err != nil || closed {
		return 0, "", 0
	}
	for granted < n {
		select {
		case x.slots <- struct{}{}:
			granted++
		default:
			return granted, x.o.Owner, now + x.lease()
		}
	}
	return granted, x.o.Owner, now + x.lease()
}

// Release gives back n reserved slots.
func (x *Executor) Release(n int) {
	for range n {
		x.free()
	}
}

// free gives one slot back. The store is asked again only if it is known to
// have more, and for several at a time: asking is a write there.
func (x *Executor) free() {
	<-x.slots
	x.mu.Lock()
	again := x.more && cap(x.slots)-len(x.slots) >= (cap(x.slots)+3)/4
	x.look = x.look || again
	x.mu.Unlock()
	if again {
		x.signal()
	}
}

// Offer hands over effects that were committed as claimed in reserved slots.
// Run or Tick performs them; should neither come, their leases end.
func (x *Executor) Offer(effects ...store.Effect) {
	x.mu.Lock()
	x.offered = append(x.offered, effects...)
	x.mu.Unlock()
	x.signal()
}

// startOffered starts what was offered and returns how many.
func (x *Executor) startOffered(ctx context.Context) int {
	x.mu.Lock()
	taken := x.offered
	x.offered = nil
	x.mu.Unlock()
	for _, e := range taken {
		x.start(ctx, e)
	}
	return len(taken)
}

// Run claims and performs effects until ctx ends, then lets the attempts under
// way finish for the drain time and stops the rest, which are tried again later.
func (x *Executor) Run(ctx context.Context) error {
	// Attempts outlive ctx by the drain time.
	work, stop := context.WithCancelCause(context.WithoutCancel(ctx))
	defer stop(nil)
	if x.o.Alone {
		if err := x.adopt(ctx); err != nil && ctx.Err() == nil {
			x.o.Logger.ErrorContext(ctx, "adopt effects", "error", err) // their leases end in time
		}
	}
	var sweptAt, lookedAt time.Time
	for ctx.Err() == nil {
		offered := x.startOffered(work)
		if now := x.o.Clock.Now(); now.Sub(lookedAt) >= x.o.Poll {
			// Also while offers keep the loop awake: what waits for its next try is
			// announced by nobody.
			lookedAt = now
			x.mu.Lock()
			x.look = true
			x.mu.Unlock()
		}
		claimed, err := x.claim(work)
		if err == nil && x.o.Clock.Now().Sub(sweptAt) >= x.o.Lease/3 {
			sweptAt = x.o.Clock.Now()
			err = x.sweep(ctx)
		}
		if err != nil && ctx.Err() == nil {
			x.o.Logger.ErrorContext(ctx, "effect pass", "error", err)
		}
		if offered+claimed > 0 {
			continue
		}
		waiting, cancel := x.o.Clock.WithTimeout(ctx, clock.Spread(x.o.Clock, x.o.Poll*5/4, 0.2))
		select {
		case <-waiting.Done():
		case <-x.wake:
		}
		cancel()
	}
	x.mu.Lock()
	x.closed = true
	x.mu.Unlock()
	x.handBack(work)
	drained := make(chan struct{})
	go func() { x.busy.Wait(); close(drained) }()
	waiting, cancel := x.o.Clock.WithTimeout(work, x.o.Drain)
	defer cancel()
	select {
	case <-drained:
	case <-waiting.Done():
		stop(errShutdown)
		<-drained
	}
	return ctx.Err()
}

// handBack makes effects that were offered too late ready for others.
func (x *Executor) handBack(ctx context.Context) {
	x.mu.Lock()
	late := x.offered
	x.offered = nil
	x.mu.Unlock()
	for _, e := range late {
		x.finish(ctx, x.failed(ctx, e, x.o.Policy, &robot.Failure{Kind: robot.Temporary, Code: "shutdown", Message: errShutdown.Error()}))
		x.free()
	}
}

// Tick sweeps once, performs everything that is ready and waits for it. It
// returns how many attempts were made.
func (x *Executor) Tick(ctx context.Context) (int, error) {
	attempts := 0
	if err := x.sweep(ctx); err != nil {
		return 0, err
	}
	for {
		n, err := x.startOffered(ctx), error(nil)
		if n == 0 {
			x.Wake()
			n, err = x.claim(ctx)
		}
		x.busy.Wait()
		attempts += n
		if err != nil || n == 0 {
			return attempts, err
		}
	}
}

// claim starts ready effects of the store when it was asked to look for them. It
// leaves half of the slots to effects that are offered meanwhile.
func (x *Executor) claim(ctx context.Context) (int, error) {
	x.mu.Lock()
	look := x.look
	x.look = false
	x.mu.Unlock()
	if !look {
		return 0, nil
	}
	free, _, lease := x.Reserve(ctx, max(1, x.o.Slots/2))
	if free == 0 {
		x.mu.Lock()
		x.more = true // perhaps; the next free slot will tell
		x.mu.Unlock()
		return 0, nil
	}
	effects, err := x.o.Store.ClaimEffects(ctx, x.o.Owner, lease-x.lease(), lease, free)
	for range free - len(effects) {
		<-x.slots
	}
	x.mu.Lock()
	x.more = err == nil && len(effects) == free
	x.look = x.look || x.more
	x.mu.Unlock()
	if err != nil {
		return 0, fmt.Errorf("claim effects: %w", err)
	}
	for _, e := range effects {
		x.start(ctx, e)
	}
	return len(effects), nil
}

// start performs a claimed effect in its own goroutine; its slot is taken.
func (x *Executor) start(ctx context.Context, e store.Effect) {
	x.busy.Add(1)
	go func() {
		defer x.busy.Done()
		x.attempt(ctx, e)
	}()
}

func (x *Executor) lease() core.Instant { return core.Instant(x.o.Lease.Milliseconds()) }

var (
	errLost     = errors.New("the claim was lost")
	errTimeout  = errors.New("the attempt took too long")
	errShutdown = errors.New("the process is shutting down")
)

// attempt performs one claimed effect, settles and delivers it. The slot is free
// again before the delivery, because that is what leads to the next effect; the
// places for deliveries are bounded too, so a slow store holds up the performers.
func (x *Executor) attempt(ctx context.Context, e store.Effect) {
	policy, policyErr := ParsePolicy(e.Policy, x.o.Policy)
	trying, stop := context.WithCancelCause(ctx)
	guarded := make(chan struct{})
	go func() {
		defer close(guarded)
		x.guard(trying, stop, &e, policy.Timeout)
	}()
	result, err := x.perform(trying, e, policyErr)
	cause := context.Cause(trying)
	stop(nil)
	<-guarded
	x.ends <- struct{}{}
	defer func() { <-x.ends }()
	x.free()
	// What has been done must be written down even while the process stops.
	ctx = context.WithoutCancel(ctx)
	switch {
	case errors.Is(cause, errLost):
		x.o.Logger.WarnContext(ctx, "effect claim lost", "effect", e.ID, "attempt", e.Attempt)
		return
	case err != nil && errors.Is(cause, errTimeout):
		err = &robot.Failure{Kind: robot.Temporary, Code: "timeout", Message: "the attempt took longer than " + policy.Timeout.String(), Cause: err}
	case err != nil && errors.Is(cause, errShutdown):
		err = &robot.Failure{Kind: robot.Temporary, Code: "shutdown", Message: errShutdown.Error(), Cause: err}
	}
	x.finish(ctx, x.settled(ctx, e, policy, result, err))
}

// guard extends the lease while the attempt goes on and ends the attempt when
// the lease cannot be kept or the time limit is reached.
func (x *Executor) guard(ctx context.Context, stop context.CancelCauseFunc, e *store.Effect, limit time.Duration) {
	began := x.o.Clock.Now()
	trusted := began.Add(x.o.Lease - x.o.Margin)
	for {
		pause := min(x.o.Lease/3, trusted.Sub(x.o.Clock.Now()), limit-x.o.Clock.Now().Sub(began))
		if x.o.Clock.Sleep(ctx, pause) != nil {
			return
		}
		if x.o.Clock.Now().Sub(began) >= limit {
			stop(errTimeout)
			return
		}
		asked := x.o.Clock.Now()
		now, err := x.now.Now(ctx)
		if err == nil {
			err = x.o.Store.ExtendEffect(ctx, e.ID, e.Attempt, now+x.lease())
		}
		switch {
		case err == nil:
			trusted = asked.Add(x.o.Lease - x.o.Margin)
		case ctx.Err() != nil:
			return
		case errors.Is(err, store.ErrConflict), errors.Is(err, store.ErrNotFound), !x.o.Clock.Now().Before(trusted):
			stop(errLost)
			return
		}
	}
}

// perform calls the performer; a panic is a failure of the attempt.
func (x *Executor) perform(ctx context.Context, e store.Effect, policyErr error) (result robot.Result, err error) {
	defer func() {
		if r := recover(); r != nil {
			x.o.Logger.ErrorContext(ctx, "performer panic", "effect", e.ID, "robot", e.Robot, "panic", r, "stack", string(debug.Stack()))
			err = &robot.Failure{Kind: robot.Temporary, Code: "panic", Message: fmt.Sprintf("the robot %s broke down: %v", e.Robot, r)}
		}
	}()
	if policyErr != nil {
		return robot.Result{}, &robot.Failure{Kind: robot.Permanent, Code: "bad_policy", Message: policyErr.Error(), Remedy: "Correct the policy of the step and publish the process again."}
	}
	p, ok := x.o.Performers.Performer(e.Robot)
	if !ok {
		return robot.Result{}, &robot.Failure{Kind: robot.Permanent, Code: "robot_unknown", Message: fmt.Sprintf("there is no robot %q in this installation", e.Robot), Remedy: "Install the extension that brings it, or replace the step."}
	}
	config, err := object(e.Config)
	if err != nil {
		return robot.Result{}, &robot.Failure{Kind: robot.Permanent, Code: "bad_config", Message: err.Error()}
	}
	scope, err := object(e.Scope)
	if err != nil {
		return robot.Result{}, &robot.Failure{Kind: robot.Permanent, Code: "bad_config", Message: err.Error()}
	}
	now, err := x.now.Now(ctx)
	if err != nil {
		return robot.Result{}, err
	}
	return p.Perform(ctx, robot.Request{
		EffectID: e.ID,
		Attempt:  e.Attempt,
		Node:     string(e.Node),
		NodeName: e.NodeName,
		Run: robot.Run{
			ID: string(e.RunID), DefinitionKey: e.DefinitionKey, Version: e.Version,
			RecordType: e.RecordType, RecordID: e.RecordID, StartedBy: e.StartedBy, CauseDepth: e.CauseDepth, Actor: actorOf(e.Policy),
		},
		Config:   config,
		Scope:    scope,
		Now:      clock.Time(now),
		OpenedAt: clock.Time(e.CreatedAt),
		Sending: func(ctx context.Context) error {
			return x.o.Store.SendingEffect(ctx, e.ID, e.Attempt)
		},
	})
}

// actorOf is the user on whose behalf an effect works, "" for nobody's.
func actorOf(policy json.RawMessage) string {
	var p struct {
		As string `json:"as"`
	}
	if len(policy) == 0 || json.Unmarshal(policy, &p) != nil { // a policy that cannot be read has failed the attempt before
		return ""
	}
	return p.As
}

// object reads a JSON object, keeping numbers exact.
func object(raw json.RawMessage) (map[string]any, error) {
	out := map[string]any{}
	if len(raw) == 0 {
		return out, nil
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	err := dec.Decode(&out)
	return out, err
}
