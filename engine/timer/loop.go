package timer

import (
	"cmp"
	"container/heap"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/fluxo-app/fluxo/engine/clock"
	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/share"
	"github.com/fluxo-app/fluxo/engine/store"
)

// Acceptor takes the events of due timers.
type Acceptor interface {
	Deliver(ctx context.Context, run core.RunID, events ...core.Event) (store.Run, error)
}

// Store is the part of the store the loop reads.
type Store interface {
	store.Timers
	Now(ctx context.Context) (core.Instant, error)
}

// Options of a Loop; zero values take the defaults of docs/execution.md.
type Options struct {
	Store    Store
	Acceptor Acceptor
	Clock    clock.Clock
	Logger   *slog.Logger
	Horizon  time.Duration                             // how far ahead timers are held in memory: 30 s
	Poll     time.Duration                             // how often the store is read: 1 s
	Window   int                                       // timers read at a time: 1,000
	Workers  int                                       // firings at a time: 256, as many as the writer joins in one transaction
	Lateness func(definition string, by time.Duration) // told of every firing

	// Members, on a store that several processes share, tells which timers to look
	// after. nil = all of them.
	Members *share.Members

	// Warm is told, at most once for each timer, of runs whose timers fall due
	// within seconds. Optional.
	Warm func(ctx context.Context, runs []core.RunID)
}

const (
	// windows are held in memory when the store reads ahead, one otherwise.
	windows = 16
	// warmAhead is how long before its timer a run is asked for, in milliseconds.
	warmAhead = 5000
)

// Loop fires due timers. Safe for concurrent use.
type Loop struct {
	o     Options
	now   *clock.Sampled
	slots chan struct{}
	wake  chan struct{} // capacity 1: something became due earlier than planned
	busy  sync.WaitGroup

	shared store.Sharing   // nil = nobody else fires timers of this store
	term   int             // of the share that was last read; only the loop's own
	ahead  store.Foresight // nil = the store does not read ahead
	most   int             // timers in memory
	seen   store.Position  // read ahead up to here; only the loop's own

	mu     sync.Mutex
	queue  queue
	known  map[string]*entry // in the queue or firing
	readAt time.Time         // when the store is read next
	full   bool              // there is more than fits into memory
	heats  bool              // Warm is running
}

type entry struct {
	store.Timer
	index  int // in the queue; -1 = not there
	firing bool
	warmed bool
	ours   bool // to be fired here whoever looks after it
}

// New makes a loop.
func New(o Options) *Loop {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Horizon <= 0 {
		o.Horizon = 30 * time.Second
	}
	if o.Poll <= 0 {
		o.Poll = time.Second
	}
	if o.Window <= 0 || o.Window > store.MaxLimit {
		o.Window = store.MaxLimit
	}
	if o.Workers <= 0 {
		o.Workers = 256
	}
	if o.Lateness == nil {
		o.Lateness = func(string, time.Duration) {}
	}
	most := o.Window
	var shared store.Sharing
	var ahead store.Foresight
	if o.Members != nil {
		shared, _ = o.Store.(store.Sharing)
	}
	if shared == nil {
		if ahead, _ = o.Store.(store.Foresight); ahead != nil {
			most *= windows
		}
	}
	return &Loop{
		shared: shared,
		ahead:  ahead,
		most:   most,
		o:      o,
		now:    clock.NewSampled(o.Clock, o.Store.Now, 30*time.Second),
		slots:  make(chan struct{}, o.Workers),
		wake:   make(chan struct{}, 1),
		known:  map[string]*entry{},
	}
}

// Armed tells the loop of a timer that was just stored, so that a short one
// need not wait for the next poll. It is a hint: the poll finds every timer.
func (l *Loop) Armed(t store.Timer) {
	in := time.Duration(t.DueAt-clock.Now(l.o.Clock)) * time.Millisecond
	// Whoever looks after a timer finds it with its next poll but one at the latest;
	// a shorter one is fired here.
	ours := !l.mine(t)
	if in > l.o.Horizon || ours && in > 2*l.o.Poll {
		return
	}
	l.mu.Lock()
	first := l.add(t, ours)
	l.mu.Unlock()
	if first {
		select {
		case l.wake <- struct{}{}:
		default:
		}
	}
}

// Disarmed tells the loop that a timer was closed. It is a hint too: firing a
// closed timer is ignored by the run.
func (l *Loop) Disarmed(id string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if e := l.known[id]; e != nil && e.index >= 0 {
		heap.Remove(&l.queue, e.index)
		delete(l.known, id)
	}
}

// Moved tells the loop that a timer has another instant.
func (l *Loop) Moved(t store.Timer) {
	l.Disarmed(t.ID)
	l.Armed(t)
}

// mine tells whether this process looks after a timer.
func (l *Loop) mine(t store.Timer) bool { return l.shared == nil || l.o.Members.Mine(t.Bucket) }

// add queues a timer and tells whether it is the next one due.
func (l *Loop) add(t store.Timer, ours bool) bool {
	if _, known := l.known[t.ID]; known {
		return false
	}
	if len(l.known) >= l.most {
		l.full = true
		return false
	}
	e := &entry{Timer: t, ours: ours}
	l.known[t.ID] = e
	heap.Push(&l.queue, e)
	return e.index == 0
}

// Run fires timers until ctx ends and then waits for the firings under way.
func (l *Loop) Run(ctx context.Context) error {
	defer l.busy.Wait()
	for ctx.Err() == nil {
		if err := l.pass(ctx); err != nil && ctx.Err() == nil {
			l.o.Logger.ErrorContext(ctx, "timer pass", "error", err)
		}
		l.rest(ctx)
	}
	return ctx.Err()
}

// Tick reads the store, fires what is due and waits until it is delivered. It
// returns how many timers were due.
func (l *Loop) Tick(ctx context.Context) (int, error) {
	fired := 0
	for {
		l.mu.Lock()
		l.readAt = time.Time{}
		l.mu.Unlock()
		n, err := l.fire(ctx)
		l.busy.Wait()
		fired += n
		if err != nil || n == 0 {
			return fired, err
		}
	}
}

func (l *Loop) pass(ctx context.Context) error {
	_, err := l.fire(ctx)
	return err
}

// rest waits until the next timer is due, the next poll, or a hint.
func (l *Loop) rest(ctx context.Context) {
	now, err := l.now.Now(ctx)
	l.mu.Lock()
	pause := l.readAt.Sub(l.o.Clock.Now())
	if err == nil && len(l.queue) > 0 {
		pause = min(pause, time.Duration(l.queue[0].DueAt-now)*time.Millisecond)
	}
	l.mu.Unlock()
	if pause <= 0 {
		return
	}
	waiting, cancel := l.o.Clock.WithTimeout(ctx, pause)
	defer cancel()
	select {
	case <-waiting.Done():
	case <-l.wake:
	}
}

// fire refills the queue when it is time and starts the delivery of every due
// timer, oldest first.
func (l *Loop) fire(ctx context.Context) (int, error) {
	now, err := l.now.Now(ctx)
	if err != nil {
		return 0, fmt.Errorf("read the time of the store: %w", err)
	}
	if err := l.refill(ctx, now); err != nil {
		return 0, err
	}
	l.warm(ctx, now)
	n := 0
	for {
		l.mu.Lock()
		if len(l.queue) == 0 || l.queue[0].DueAt > now {
			l.mu.Unlock()
			return n, nil
		}
		e := heap.Pop(&l.queue).(*entry)
		e.firing = true
		l.mu.Unlock()
		if !e.ours && !l.mine(e.Timer) {
			l.forget(e) // it has changed hands
			continue
		}
		select {
		case <-ctx.Done():
			l.forget(e)
			return n, ctx.Err()
		case l.slots <- struct{}{}:
		}
		n++
		l.busy.Add(1)
		go func() {
			defer l.busy.Done()
			defer func() { <-l.slots }()
			defer l.forget(e)
			l.deliver(ctx, e.Timer)
		}()
	}
}

func (l *Loop) refill(ctx context.Context, now core.Instant) error {
	l.mu.Lock()
	due := !l.o.Clock.Now().Before(l.readAt) || l.hungry()
	if due {
		l.readAt = l.o.Clock.Now().Add(clock.Spread(l.o.Clock, l.o.Poll, 0.2))
	}
	l.mu.Unlock()
	if !due {
		return nil
	}
	before := now + core.Instant(l.o.Horizon.Milliseconds())
	timers, err := l.read(ctx, now, before)
	if err != nil {
		return fmt.Errorf("read due timers: %w", err)
	}
	l.mu.Lock()
	l.full = len(timers) == l.o.Window
	for _, t := range timers {
		l.add(t, !l.mine(t)) // one that nobody has looked after
	}
	l.mu.Unlock()
	if len(timers) < l.o.Window || l.ahead == nil {
		return nil
	}
	if end := position(timers[len(timers)-1]); l.seen.Key < end.Key || l.seen.Key == end.Key && l.seen.ID < end.ID {
		l.seen = end
	}
	return l.readAhead(ctx, before)
}

// read asks the store for the earliest timers: all, or those of the own share and
// what has been lying about.
func (l *Loop) read(ctx context.Context, now, before core.Instant) ([]store.Timer, error) {
	if l.shared == nil {
		return l.o.Store.DueTimers(ctx, before, l.o.Window)
	}
	buckets, term := l.o.Members.Share()
	if term != l.term {
		l.term = term
		l.letGo()
	}
	return l.shared.SharedTimers(ctx, buckets, before, now-l.o.Members.Overdue(), l.o.Window)
}

// letGo makes room in memory when the share has changed.
func (l *Loop) letGo() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, e := range slices.Clone(l.queue) {
		if !e.ours && !l.mine(e.Timer) {
			heap.Remove(&l.queue, e.index)
			delete(l.known, e.ID)
		}
	}
}

// readAhead goes on where it has stopped until the horizon is reached or memory
// is full. What is armed behind its back is told by Armed, or found by the
// reading of the earliest ones.
func (l *Loop) readAhead(ctx context.Context, before core.Instant) error {
	for {
		l.mu.Lock()
		room := len(l.known)+2*l.o.Window <= l.most // one is for earlier ones that come to light
		l.full = true
		l.mu.Unlock()
		if !room {
			return nil
		}
		timers, err := l.ahead.TimersAfter(ctx, l.seen, before, l.o.Window)
		if err != nil {
			return fmt.Errorf("read timers ahead: %w", err)
		}
		l.mu.Lock()
		for _, t := range timers {
			l.add(t, false)
		}
		l.full = len(timers) == l.o.Window
		more := l.full
		l.mu.Unlock()
		if len(timers) > 0 {
			l.seen = position(timers[len(timers)-1])
		}
		if !more {
			return nil
		}
	}
}

func position(t store.Timer) store.Position { return store.Position{Key: t.DueAt, ID: t.ID} }

// warm tells of the runs whose timers come next. It does not hold up what is due.
func (l *Loop) warm(ctx context.Context, now core.Instant) {
	if l.o.Warm == nil {
		return
	}
	var next []*entry
	l.mu.Lock()
	if !l.heats {
		for _, e := range l.queue {
			if !e.warmed && e.DueAt > now && e.DueAt <= now+warmAhead {
				e.warmed = true
				next = append(next, e)
			}
		}
		l.heats = len(next) > 0
	}
	l.mu.Unlock()
	if len(next) == 0 {
		return
	}
	slices.SortFunc(next, func(a, b *entry) int { return cmp.Or(cmp.Compare(a.DueAt, b.DueAt), cmp.Compare(a.ID, b.ID)) })
	runs := make([]core.RunID, len(next))
	for i, e := range next {
		runs[i] = e.RunID
	}
	l.busy.Go(func() {
		l.o.Warm(ctx, runs)
		l.mu.Lock()
		defer l.mu.Unlock()
		l.heats = false
	})
}

// hungry tells whether the store has more due timers and most of those read
// before have been delivered, so that reading again finds new ones; l.mu is held.
func (l *Loop) hungry() bool {
	return l.full && len(l.queue) == 0 && len(l.known) <= l.o.Window/4
}

func (l *Loop) forget(e *entry) {
	l.mu.Lock()
	delete(l.known, e.ID)
	hungry := l.hungry()
	l.mu.Unlock()
	if hungry {
		select {
		case l.wake <- struct{}{}:
		default:
		}
	}
}

func (l *Loop) deliver(ctx context.Context, t store.Timer) {
	_, err := l.o.Acceptor.Deliver(ctx, t.RunID, core.Event{ID: EventID(t.ID), Kind: core.TimerFired, Wait: t.Wait})
	switch {
	case err == nil:
		if now, err := l.now.Now(ctx); err == nil {
			l.o.Lateness(t.DefinitionKey, time.Duration(now-t.DueAt)*time.Millisecond)
		}
	case errors.Is(err, store.ErrDuplicate), errors.Is(err, store.ErrFinished), errors.Is(err, store.ErrNotFound), ctx.Err() != nil:
		// Fired before, no longer wanted, or left to whoever runs next.
	default:
		l.o.Logger.ErrorContext(ctx, "deliver timer", "timer", t.ID, "run", t.RunID, "error", err)
	}
}

// EventID is the id of the event that a timer's firing gives; it is the same
// whoever fires it.
func EventID(timer string) string { return "timer:" + timer }

// queue is a heap by due instant, then id.
type queue []*entry

func (q queue) Len() int { return len(q) }
func (q queue) Less(i, j int) bool {
	if q[i].DueAt != q[j].DueAt {
		return q[i].DueAt < q[j].DueAt
	}
	return q[i].ID < q[j].ID
}
func (q queue) Swap(i, j int) {
	q[i], q[j] = q[j], q[i]
	q[i].index, q[j].index = i, j
}

// Push adds an entry; for container/heap only.
func (q *queue) Push(x any) {
	e := x.(*entry)
	e.index = len(*q)
	*q = append(*q, e)
}

// Pop removes the last entry; for container/heap only.
func (q *queue) Pop() any {
	last := (*q)[len(*q)-1]
	*q = (*q)[:len(*q)-1]
	last.index = -1
	return last
}
