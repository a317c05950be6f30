package share_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/engine/clock"
	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/share"
	"github.com/fluxo-app/fluxo/engine/store"
	"github.com/fluxo-app/fluxo/engine/store/memstore"
)

var start = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// rig is a store with a clock and members whose own clocks are off.
type rig struct {
	*testing.T
	clock *clock.Fake
	store *memstore.Store
}

func newRig(t *testing.T) *rig {
	f := clock.NewFake(start)
	return &rig{T: t, clock: f, store: memstore.New(memstore.Options{Now: func() core.Instant { return clock.Now(f) }})}
}

func (r *rig) member(name string) *share.Members {
	return share.New(share.Options{Store: r.store, Clock: r.clock, Owner: name, Lease: 5 * time.Second})
}

func (r *rig) beat(members ...*share.Members) {
	r.Helper()
	for _, m := range members {
		require.NoError(r, m.Tick(r.Context()))
	}
}

func buckets(m *share.Members) []int {
	list, _ := m.Share()
	return list
}

func TestAloneHasEverything(t *testing.T) {
	var nobody *share.Members
	require.Len(t, buckets(nobody), share.Buckets)
	require.True(t, nobody.Mine(share.Buckets-1))
	r := newRig(t)
	m := r.member("a")
	require.Empty(t, buckets(m), "before its first beat")
	r.beat(m)
	require.Len(t, buckets(m), share.Buckets)
}

func TestMembersShareAllBuckets(t *testing.T) {
	r := newRig(t)
	var members []*share.Members
	for i := range 5 {
		members = append(members, r.member(fmt.Sprintf("server-%d", i)))
	}
	r.beat(members...)
	r.beat(members...) // the first have seen the last
	var all []int
	for _, m := range members {
		require.Equal(t, []string{"server-0", "server-1", "server-2", "server-3", "server-4"}, m.Alive())
		require.GreaterOrEqual(t, len(buckets(m)), 4, "nobody is left without work")
		require.LessOrEqual(t, len(buckets(m)), 26)
		all = append(all, buckets(m)...)
		for _, b := range buckets(m) {
			require.True(t, m.Mine(b))
		}
	}
	slices.Sort(all)
	require.Len(t, all, share.Buckets)
	require.Len(t, slices.Compact(all), share.Buckets, "each has one")

	// When one goes, only what it had changes hands.
	before := buckets(members[0])
	r.clock.Advance(3 * time.Second)
	r.beat(members[:4]...)
	r.clock.Advance(3 * time.Second)
	r.beat(members[:4]...)
	require.Len(t, members[0].Alive(), 4)
	require.Subset(t, buckets(members[0]), before)
	taken := 0
	for _, m := range members[:4] {
		taken += len(buckets(m))
	}
	require.Equal(t, share.Buckets, taken)
}

func TestStoppedMemberHasNothingUntilItsNextBeat(t *testing.T) {
	r := newRig(t)
	a, b := r.member("a"), r.member("b")
	r.beat(a, b, a)
	had, term := a.Share()
	require.NotEmpty(t, had)
	r.clock.Advance(4499 * time.Millisecond)
	require.Equal(t, had, buckets(a))
	r.clock.Advance(time.Millisecond)
	now, other := a.Share()
	require.Empty(t, now, "it lets go before the others may take it")
	require.NotEqual(t, term, other)
	require.False(t, a.Mine(had[0]))
	r.beat(b)
	r.clock.Advance(time.Second)
	r.beat(b)
	require.Len(t, buckets(b), share.Buckets, "b is alone now")
	r.beat(a, b)
	require.Equal(t, had, buckets(a), "and shares again")
	require.Len(t, buckets(b), share.Buckets-len(had))
}

func TestTimeIsThatOfTheStore(t *testing.T) {
	r := newRig(t)
	early := share.New(share.Options{Store: r.store, Clock: ahead{r.clock, 10 * time.Minute}, Owner: "a"})
	late := share.New(share.Options{Store: r.store, Clock: ahead{r.clock, -10 * time.Minute}, Owner: "b"})
	r.beat(early, late, early)
	require.Equal(t, []string{"a", "b"}, early.Alive())
	require.Equal(t, []string{"a", "b"}, late.Alive())
	require.Len(t, append(buckets(early), buckets(late)...), share.Buckets)
}

type ahead struct {
	*clock.Fake
	by time.Duration
}

func (a ahead) Now() time.Time { return a.Fake.Now().Add(a.by) }

func TestRunTakesLeave(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := memstore.New(memstore.Options{Now: func() core.Instant { return clock.Now(clock.System{}) }})
		beating, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		a := share.New(share.Options{Store: s, Clock: clock.System{}, Owner: "a"})
		b := share.New(share.Options{Store: s, Clock: clock.System{}, Owner: "b"})
		go func() { ended <- a.Run(beating) }()
		time.Sleep(time.Minute)
		require.NotEmpty(t, buckets(a), "it keeps its membership")
		require.NoError(t, b.Tick(t.Context()))
		require.Len(t, b.Alive(), 2)
		stop()
		require.ErrorIs(t, <-ended, context.Canceled)
		require.Empty(t, buckets(a))
		require.NoError(t, b.Tick(t.Context()))
		require.Equal(t, []string{"b"}, b.Alive(), "at once")
	})
}

func TestLongGoneMembersAreForgotten(t *testing.T) {
	r := newRig(t)
	r.beat(r.member("a"))
	b := r.member("b")
	r.beat(b)
	for range 3 {
		r.clock.Advance(time.Hour)
		r.beat(b)
	}
	held, err := r.store.HeldLeases(t.Context(), "", -1)
	require.NoError(t, err)
	require.Len(t, held, 1)
	require.Equal(t, "b", held[0].Owner)
}

// failing is a store whose leases cannot be written.
type failing struct{ *memstore.Store }

func (failing) AcquireLease(context.Context, string, string, core.Instant, core.Instant) (bool, error) {
	return false, errors.New("no answer")
}

func TestShareLastsWhileTheStoreIsAway(t *testing.T) {
	r := newRig(t)
	var s store.Leases = r.store
	m := share.New(share.Options{Store: switched{r.store, &s}, Clock: r.clock, Owner: "a", Lease: 5 * time.Second})
	r.beat(m)
	s = failing{r.store}
	require.Error(t, m.Tick(t.Context()))
	require.Len(t, buckets(m), share.Buckets, "for a while")
	r.clock.Advance(5 * time.Second)
	require.Error(t, m.Tick(t.Context()))
	require.Empty(t, buckets(m))
}

type switched struct {
	*memstore.Store
	leases *store.Leases
}

func (s switched) AcquireLease(ctx context.Context, name, owner string, now, until core.Instant) (bool, error) {
	return (*s.leases).AcquireLease(ctx, name, owner, now, until)
}

func TestOneMemberHasADutyAndTheOthersLookAfterIt(t *testing.T) {
	var nobody *share.Members
	until, mine := nobody.Duty("schedules").Due(7)
	require.True(t, mine)
	require.EqualValues(t, 7, until)

	r := newRig(t)
	a, b := r.member("a"), r.member("b")
	r.beat(a, b, a)
	now := clock.Now(r.clock)
	dutyA, dutyB := a.Duty("schedules"), b.Duty("schedules")
	untilA, mineA := dutyA.Due(now)
	untilB, mineB := dutyB.Due(now)
	require.True(t, mineA && mineB, "the first time everybody looks")
	require.ElementsMatch(t, []core.Instant{now, now - a.Overdue()}, []core.Instant{untilA, untilB}, "and one of them for what is due now")
	owner, other, rest := dutyA, dutyB, b
	if untilB == now {
		owner, other, rest = dutyB, dutyA, a
	}
	for range 10 {
		r.clock.Advance(time.Second)
		r.beat(a, b)
		now = clock.Now(r.clock)
		until, mine = owner.Due(now)
		require.True(t, mine)
		require.Equal(t, now, until)
		_, mine = other.Due(now)
		require.False(t, mine)
	}
	// The owner is gone.
	for range 7 {
		r.clock.Advance(time.Second)
		r.beat(rest)
	}
	now = clock.Now(r.clock)
	until, mine = other.Due(now)
	require.True(t, mine)
	require.Equal(t, now, until)
}
