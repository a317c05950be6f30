// Package relay delivers the events that documents were written with to named
// consumers: at least once, and in order per document and consumer.
//
// A consumer that fails does not hold up the others. Its delivery is parked as
// a document of its own and retried with growing pauses; later events of the
// same document are parked behind it, so that this consumer still sees them in
// order. Nothing is ever dropped without an operator's Discard.
//
// Consumers must be idempotent: (Collection, DocumentID, Seq) names a delivery
// for ever, and a crash repeats it.
package relay

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/fluxo-app/fluxo/engine/clock"
	"github.com/fluxo-app/fluxo/server/docstore"
)

// Consumer takes events. Name is stored with parked deliveries: keep it stable.
type Consumer struct {
	Name string
	// Wants tells which events to bring, nil = all.
	Wants func(d docstore.Delivery) bool
	Take  func(ctx context.Context, d docstore.Delivery) error
}

// Options tunes a Relay; the zero value is the default.
type Options struct {
	Batch      int           // most events of one pass, default 200
	Workers    int           // documents served at once, default 32: their writes share transactions
	Period     time.Duration // pause between passes without a wake-up, default 1 s
	Timeout    time.Duration // of one Take, default 30 s
	MinBackoff time.Duration // after the first failure, doubled up to MaxBackoff; default 1 s
	MaxBackoff time.Duration // default 10 min
	// Lease, when set, lets only one of several processes on one database
	// deliver; it is the time after which another takes over. 0 = no lease, for
	// the embedded store.
	Lease time.Duration
	Owner string // names this process in the lease
	// Now is the clock that all processes share, for the lease; nil = the Relay's.
	Now func(ctx context.Context) (time.Time, error)
}

func (o Options) withDefaults() Options {
	set := func(d *time.Duration, v time.Duration) {
		if *d == 0 {
			*d = v
		}
	}
	if o.Batch == 0 {
		o.Batch = 200
	}
	if o.Workers == 0 {
		o.Workers = 32
	}
	set(&o.Period, time.Second)
	set(&o.Timeout, 30*time.Second)
	set(&o.MinBackoff, time.Second)
	set(&o.MaxBackoff, 10*time.Minute)
	return o
}

// Relay delivers. All fields are constant after New.
type Relay struct {
	store     docstore.Store
	clock     clock.Clock
	log       *slog.Logger
	consumers []Consumer
	options   Options
	parked    docstore.Typed[Parked]
	lease     docstore.Typed[lease]
}

// New makes a relay over the store's outboxes.
func New(ctx context.Context, store docstore.Store, c clock.Clock, log *slog.Logger, consumers []Consumer, options Options) (*Relay, error) {
	r := &Relay{store: store, clock: c, log: log, consumers: consumers, options: options.withDefaults()}
	if options.Lease > 0 && options.Owner == "" {
		return nil, errors.New("relay: a lease needs an owner")
	}
	seen := map[string]bool{}
	for _, consumer := range consumers {
		if consumer.Name == "" || seen[consumer.Name] {
			return nil, fmt.Errorf("relay: consumer name %q is empty or used twice", consumer.Name)
		}
		seen[consumer.Name] = true
	}
	var err error
	if r.parked, err = docstore.NewTyped[Parked](ctx, store, parkedSpec); err != nil {
		return nil, err
	}
	if r.lease, err = docstore.NewTyped[lease](ctx, store, docstore.Spec{Name: "relayLeases"}); err != nil {
		return nil, err
	}
	return r, nil
}

// Run delivers until ctx ends, and returns ctx's error.
func (r *Relay) Run(ctx context.Context) error {
	for {
		n, err := r.Tick(ctx)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			r.log.ErrorContext(ctx, "relay pass", "error", err)
		}
		if err == nil && n >= r.options.Batch {
			continue // there is more
		}
		pause, cancel := r.clock.WithTimeout(ctx, r.options.Period)
		select {
		case <-r.store.Wake():
		case <-pause.Done():
		}
		cancel()
	}
}

// Tick makes one pass: due retries, then pending events. It reports how many
// pending events it took off the outboxes.
func (r *Relay) Tick(ctx context.Context) (int, error) {
	if held, err := r.hold(ctx); err != nil || !held {
		return 0, err
	}
	if err := r.retry(ctx); err != nil {
		return 0, err
	}
	pending, err := r.store.Pending(ctx, r.options.Batch)
	if err != nil || len(pending) == 0 {
		return 0, err
	}
	anyParked, err := r.parked.Count(ctx)
	if err != nil {
		return 0, err
	}
	var (
		mu   sync.Mutex
		done []docstore.Delivery // guarded by mu
	)
	g, ctx2 := errgroup.WithContext(ctx)
	g.SetLimit(r.options.Workers)
	for _, document := range byDocument(pending) {
		g.Go(func() error {
			blocked := map[string]bool{}
			for _, d := range document {
				if err := r.deliver(ctx2, d, blocked, anyParked > 0); err != nil {
					return err
				}
				mu.Lock()
				done = append(done, d)
				mu.Unlock()
			}
			return nil
		})
	}
	failure := g.Wait()
	// What was delivered is marked even when another document's pass broke off.
	if err := r.store.Delivered(ctx, done); err != nil {
		return 0, errors.Join(failure, err)
	}
	return len(done), failure
}

// byDocument groups deliveries and keeps their order within a document.
func byDocument(ds []docstore.Delivery) [][]docstore.Delivery {
	at := map[[2]string]int{}
	var out [][]docstore.Delivery
	for _, d := range ds {
		key := [2]string{d.Collection, d.DocumentID}
		i, ok := at[key]
		if !ok {
			i = len(out)
			at[key] = i
			out = append(out, nil)
		}
		out[i] = append(out[i], d)
	}
	return out
}

// deliver brings one event to every consumer; it fails only when a failure
// cannot be parked. blocked holds the consumers that already wait for an earlier
// event of this document.
func (r *Relay) deliver(ctx context.Context, d docstore.Delivery, blocked map[string]bool, anyParked bool) error {
	for _, c := range r.consumers {
		if c.Wants != nil && !c.Wants(d) {
			continue
		}
		if !blocked[c.Name] && anyParked {
			_, found, err := r.first(ctx, key(c.Name, d))
			if err != nil {
				return err
			}
			blocked[c.Name] = found
		}
		if blocked[c.Name] {
			if err := r.park(ctx, c.Name, d, nil); err != nil {
				return err
			}
			continue
		}
		if failure := r.take(ctx, c, d); failure != nil {
			if ctx.Err() != nil {
				return ctx.Err() // we are being stopped: not the consumer's fault
			}
			blocked[c.Name] = true
			if err := r.park(ctx, c.Name, d, failure); err != nil {
				return err
			}
		}
	}
	return nil
}

// take calls a consumer within the time limit and turns a panic into an error.
func (r *Relay) take(ctx context.Context, c Consumer, d docstore.Delivery) (err error) {
	ctx, cancel := r.clock.WithTimeout(ctx, r.options.Timeout)
	defer cancel()
	defer func() {
		if value := recover(); value != nil {
			err = fmt.Errorf("consumer panicked: %v", value)
		}
	}()
	return c.Take(ctx, d)
}

// Lag is the age of the oldest event not delivered yet, 0 when there is none.
func (r *Relay) Lag(ctx context.Context) (time.Duration, error) {
	oldest, err := r.store.Pending(ctx, 1)
	if err != nil || len(oldest) == 0 {
		return 0, err
	}
	return r.clock.Now().Sub(oldest[0].At), nil
}
