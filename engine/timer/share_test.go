package timer_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/engine/clock"
	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/share"
	"github.com/fluxo-app/fluxo/engine/store"
	"github.com/fluxo-app/fluxo/engine/store/memstore"
	"github.com/fluxo-app/fluxo/engine/timer"
)

// common is a shelf that several processes share; it counts what is handed out.
type common struct {
	*shelf
	handed int
}

func (s *common) SharedTimers(_ context.Context, buckets []int, before, overdue core.Instant, limit int) ([]store.Timer, error) {
	list, err := s.DueTimers(context.Background(), before, store.MaxLimit)
	list = slices.DeleteFunc(list, func(t store.Timer) bool { return t.DueAt > overdue && !slices.Contains(buckets, t.Bucket) })
	list = list[:min(limit, len(list))]
	s.handed += len(list)
	return list, err
}

func (s *common) AcceptLeased(context.Context, core.RunID, store.RunLease, core.Instant, ...core.Event) (store.Run, error) {
	panic("timers lease nothing")
}

func TestLoopLooksAfterItsShare(t *testing.T) {
	f := clock.NewFake(start)
	s := &common{shelf: newShelf(f)}
	leases := memstore.New(memstore.Options{Now: func() core.Instant { return clock.Now(f) }})
	var members []*share.Members
	var loops []*timer.Loop
	for i := range 2 {
		m := share.New(share.Options{Store: leases, Clock: f, Owner: fmt.Sprint("m", i)})
		members = append(members, m)
		loops = append(loops, timer.New(timer.Options{Store: s, Acceptor: s, Clock: f, Members: m}))
	}
	beat := func() {
		for _, m := range append(members, members...) {
			require.NoError(t, m.Tick(t.Context()))
		}
	}
	at := func(bucket int, due time.Duration) store.Timer {
		a := armed(fmt.Sprintf("%d at %s", bucket, due), start.Add(due))
		a.Bucket = bucket
		s.timers[a.ID] = a
		return a
	}
	beat()
	for bucket := range share.Buckets {
		at(bucket, 20*time.Second)
	}
	first, _ := members[0].Share()
	second, _ := members[1].Share()
	require.Zero(t, tick(t, loops[0])+tick(t, loops[1]))
	require.Equal(t, share.Buckets, s.handed, "each timer is held by one")

	// One that is armed too late for its keeper to see it in time is fired where it
	// was armed; one that is not is left to its keeper.
	loops[0].Armed(at(second[0], 1500*time.Millisecond))
	loops[0].Armed(at(second[0], 2500*time.Millisecond))
	f.Advance(1500 * time.Millisecond)
	require.Equal(t, 1, tick(t, loops[0]))
	f.Advance(time.Second)
	require.Zero(t, tick(t, loops[0]))
	require.Equal(t, 1, tick(t, loops[1]))

	// The second stops. Until it is missed the first fires its own only.
	f.Advance(17500 * time.Millisecond)
	require.NoError(t, members[0].Tick(t.Context()))
	require.Equal(t, share.Buckets, tick(t, loops[0]), "alone since the second is missed")
	require.Len(t, first, share.Buckets-len(second))
	require.Zero(t, tick(t, loops[1]), "what it has in memory is not its own any more")

	// A new list of members has the keeper of a timer changed while it is in memory.
	later := at(second[0], 40*time.Second)
	require.Zero(t, tick(t, loops[0]))
	beat()
	f.Advance(time.Second)
	require.Zero(t, tick(t, loops[0]))
	require.Zero(t, tick(t, loops[1]))
	for range 5 {
		f.Advance(3800 * time.Millisecond)
		beat()
	}
	require.Zero(t, tick(t, loops[0]))
	require.Equal(t, 1, tick(t, loops[1]))
	require.Equal(t, clock.Instant(start.Add(40*time.Second)), s.at[later.ID])
}
