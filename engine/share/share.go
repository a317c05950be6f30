package share

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/fluxo-app/fluxo/engine/clock"
	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/store"
)

// Buckets is how many parts the work is cut into. It is stored with timers and
// must not change.
const Buckets = 64

// Of is the bucket of a run.
func Of(run core.RunID) int {
	h := fnv.New32a()
	_, _ = h.Write([]byte(run)) // never fails
	return int(h.Sum32() % Buckets)
}

// Store is the part of the store that members use.
type Store interface {
	store.Leases
	Now(ctx context.Context) (core.Instant, error)
}

// Options of Members; zero values take the defaults of docs/execution.md.
type Options struct {
	Store  Store
	Clock  clock.Clock
	Logger *slog.Logger
	Owner  string        // of the membership: unique per process and start
	Lease  time.Duration // how long a process that is gone keeps its share: 5 s
}

// Members is what a process knows of the processes beside it. Safe for concurrent
// use.
type Members struct {
	o   Options
	now *clock.Sampled

	mu      sync.Mutex
	trusted time.Time // by the own clock: until then the share is its own
	alive   []string
	mine    []int // in order
	term    int   // counts changes of mine
	dropped core.Instant
}

const prefix = "member/"

// New makes a member that has no share until its first beat.
func New(o Options) *Members {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Lease <= 0 {
		o.Lease = 5 * time.Second
	}
	return &Members{o: o, now: clock.NewSampled(o.Clock, o.Store.Now, 30*time.Second)}
}

// Share is what the process looks after now, and a number that changes whenever
// that does.
func (m *Members) Share() (buckets []int, term int) {
	if m == nil {
		return everything(), 0
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.o.Clock.Now().Before(m.trusted) {
		return nil, -1 - m.term
	}
	return m.mine, m.term
}

// Mine tells whether the process looks after a bucket now.
func (m *Members) Mine(bucket int) bool {
	if m == nil {
		return true
	}
	buckets, _ := m.Share()
	_, found := slices.BinarySearch(buckets, bucket)
	return found
}

// Duty is one task of the whole installation, such as the schedules, which one
// process does and the others do when it lies about. Not safe for concurrent use.
type Duty struct {
	members *Members
	bucket  int
	looked  core.Instant
}

// Duty gives a task to whoever looks after the bucket of its name.
func (m *Members) Duty(name string) *Duty { return &Duty{members: m, bucket: Of(core.RunID(name))} }

// Due tells up to which moment what has become due is this process's work now:
// now, when the task is its own. Otherwise it looks from time to time at what
// others should have done long ago; false = not now.
func (d *Duty) Due(now core.Instant) (core.Instant, bool) {
	if d.members.Mine(d.bucket) {
		return now, true
	}
	overdue := d.members.Overdue()
	if now-d.looked < overdue {
		return 0, false
	}
	d.looked = now
	return now - overdue, true
}

// Overdue is how long work may lie about before it is anybody's: long enough for
// a member that died to be missed, and for its heirs to be at work.
func (m *Members) Overdue() core.Instant {
	if m == nil {
		return 0
	}
	return core.Instant(3 * m.o.Lease.Milliseconds())
}

// Alive lists the members of the last beat.
func (m *Members) Alive() []string {
	if m == nil {
		return nil
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.alive)
}

// Run keeps the membership until ctx ends, and then takes leave, so that the
// others need not wait for its end.
func (m *Members) Run(ctx context.Context) error {
	for {
		if err := m.Tick(ctx); err != nil && ctx.Err() == nil {
			m.o.Logger.WarnContext(ctx, "keep the membership", "error", err)
		}
		if err := m.o.Clock.Sleep(ctx, clock.Spread(m.o.Clock, m.o.Lease/3, 0.2)); err != nil {
			leaving, cancel := m.o.Clock.WithTimeout(context.WithoutCancel(ctx), m.o.Lease)
			defer cancel()
			return errors.Join(err, m.leave(leaving))
		}
	}
}

// Tick is one beat: it prolongs the membership and computes the share anew.
func (m *Members) Tick(ctx context.Context) error {
	asked := m.o.Clock.Now()
	now, err := m.now.Now(ctx)
	if err != nil {
		return fmt.Errorf("read the time of the store: %w", err)
	}
	kept, err := m.o.Store.AcquireLease(ctx, prefix+m.o.Owner, m.o.Owner, now, now+core.Instant(m.o.Lease.Milliseconds()))
	if err != nil {
		return fmt.Errorf("prolong the membership: %w", err)
	}
	if !kept {
		return fmt.Errorf("somebody else is member %s", m.o.Owner)
	}
	held, err := m.o.Store.HeldLeases(ctx, prefix, now)
	if err != nil {
		return fmt.Errorf("list the members: %w", err)
	}
	alive := make([]string, 0, len(held))
	for _, l := range held {
		alive = append(alive, l.Owner)
	}
	m.learn(ctx, alive, asked)
	return m.drop(ctx, now)
}

// learn takes a list of members as of a moment. The share is trusted for less
// than the membership lasts, so that it ends here before others take it.
func (m *Members) learn(ctx context.Context, alive []string, asked time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.trusted = asked.Add(m.o.Lease * 9 / 10)
	if slices.Equal(alive, m.alive) {
		return
	}
	m.alive = alive
	m.mine = nil
	m.term++
	for bucket := range Buckets {
		if owner(alive, bucket) == m.o.Owner {
			m.mine = append(m.mine, bucket)
		}
	}
	m.o.Logger.InfoContext(ctx, "members", "alive", len(alive), "buckets", len(m.mine))
}

// drop forgets, once an hour, members that are long gone.
func (m *Members) drop(ctx context.Context, now core.Instant) error {
	const period = core.Instant(60 * 60 * 1000)
	m.mu.Lock()
	due := now-m.dropped >= period
	if due {
		m.dropped = now
	}
	m.mu.Unlock()
	if !due {
		return nil
	}
	return m.o.Store.DropLeases(ctx, now-period)
}

// leave gives the membership back.
func (m *Members) leave(ctx context.Context) error {
	m.mu.Lock()
	m.trusted = time.Time{}
	m.mu.Unlock()
	now, err := m.now.Now(ctx)
	if err == nil {
		_, err = m.o.Store.AcquireLease(ctx, prefix+m.o.Owner, m.o.Owner, now, now)
	}
	if err != nil {
		return fmt.Errorf("give the membership back: %w", err)
	}
	return nil
}

func everything() []int {
	buckets := make([]int, Buckets)
	for i := range buckets {
		buckets[i] = i
	}
	return buckets
}

// owner is the member that a bucket scores highest with. When one comes or goes,
// only its own buckets change hands.
func owner(alive []string, bucket int) string {
	best, most := "", uint64(0)
	for _, member := range alive {
		if s := score(member, bucket); best == "" || s > most || s == most && member > best {
			best, most = member, s
		}
	}
	return best
}

// score mixes a member and a bucket to a number that is as good as random.
func score(member string, bucket int) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(member)) // never fails
	x := h.Sum64() + uint64(bucket)*0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
