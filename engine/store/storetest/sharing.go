package storetest

import (
	"fmt"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/store"
)

var sharingChecks = []check{
	{"SharedTimers", sharedTimers},
	{"RunLeases", runLeases},
	{"RunLeasesOfSeveral", runLeasesOfSeveral},
}

// sharing is the store as processes see it that divide the work.
func (f *fixture) sharing() store.Sharing {
	f.Helper()
	s, ok := f.store.(store.Sharing)
	if !ok {
		f.Skip("only one process uses this store")
	}
	return s
}

func sharedTimers(f *fixture) {
	s := f.sharing()
	timer := func(id string, due core.Instant, bucket int) store.Outbox {
		return f.entry(store.PutTimer, id, store.Timer{ID: id, RunID: "r1", Wait: core.WaitID(id), DueAt: due, Bucket: bucket})
	}
	f.copy("r1", timer("a", 10, 3), timer("b", 20, 4), timer("c", 30, 3), timer("d", 40, 0), timer("e", 50, 4), timer("closed", 10, 3))
	f.copy("r1", f.end(store.EndTimer, "closed", "", 15))
	due := func(buckets []int, before, overdue core.Instant, limit int) []string {
		f.Helper()
		list, err := s.SharedTimers(f.Context(), buckets, before, overdue, limit)
		f.ok(err)
		return ids(list, func(t store.Timer) string { return t.ID })
	}
	require.Equal(f, []string{"a", "c"}, due([]int{3, 9}, 50, 0, 10), "of its buckets")
	require.Equal(f, []string{"a"}, due([]int{3, 9}, 29, 0, 10), "and due")
	require.Equal(f, []string{"a", "b", "c"}, due([]int{3}, 50, 20, 10), "and what is overdue whosever it is")
	require.Equal(f, []string{"a", "b"}, due([]int{3}, 50, 20, 2), "the earliest first")
	require.Equal(f, []string{"d"}, due([]int{0}, 50, 0, 10))
	require.Equal(f, []string{"a"}, due(nil, 50, 10, 10), "without a share only what is overdue")
	require.Empty(f, due(nil, 50, 9, 10))
}

func runLeases(f *fixture) {
	s, ctx := f.sharing(), f.Context()
	accept := func(id core.RunID, owner string, now, until core.Instant, events ...core.Event) (store.Run, error) {
		return s.AcceptLeased(ctx, id, store.RunLease{Owner: owner, Until: until}, now, events...)
	}
	held := func(run store.Run, err error) string {
		f.Helper()
		f.ok(err)
		f.equal(f.load(run.ID).Lease, run.Lease, "as stored")
		return run.Lease.Owner
	}
	run := f.start("r1")
	require.Zero(f, run.Lease)
	require.Equal(f, "a", held(accept("r1", "a", 2000, 2100, event("r1", "e1", 2000))), "free")
	require.Equal(f, "a", held(accept("r1", "b", 2050, 2150, event("r1", "e2", 2050))), "the event is kept, the lease is not taken")
	require.Equal(f, "a", held(accept("r1", "b", 2099, 2199)))
	require.Equal(f, "a", held(accept("r1", "a", 2060, 2160)), "its own")
	require.Equal(f, "b", held(accept("r1", "b", 2160, 2260)), "over")
	require.Len(f, f.load("r1").Inbox, 3)
	_, err := accept("r1", "b", 2160, 2260, event("r1", "e1", 2000))
	f.is(err, store.ErrDuplicate)
	_, err = accept("none", "b", 1, 2, event("none", "e1", 1))
	f.is(err, store.ErrNotFound)
	_, err = accept("none", "b", 1, 2)
	f.is(err, store.ErrNotFound)

	// It outlives a commit that leaves something to do, extended or not.
	run = f.load("r1")
	half := stepOf(run)
	half.Consumed, half.Seen, half.ReadyAt = half.Consumed[:1], len(run.Inbox), 2000
	half.Lease = store.RunLease{Owner: "b", Until: 2400}
	run, err = f.store.Commit(ctx, half)
	f.ok(err)
	require.Equal(f, half.Lease, run.Lease)
	require.Equal(f, half.Lease, f.load("r1").Lease)
	// An event that comes behind the holder's back is left to it.
	late, err := accept("r1", "a", 2200, 2300, event("r1", "e3", 2200))
	f.ok(err)
	require.Equal(f, half.Lease, late.Lease)
	run, err = f.store.Commit(ctx, stepOf(run))
	f.ok(err)
	require.Len(f, run.Inbox, 1, "the holder sees it with its commit")
	require.Equal(f, "b", run.Lease.Owner, "and goes on")
	run, err = f.store.Commit(ctx, stepOf(run))
	f.ok(err)
	require.Zero(f, run.ReadyAt)
	require.Zero(f, run.Lease, "nothing to do, no lease")
	require.Zero(f, f.load("r1").Lease)
	require.Empty(f, held(accept("r1", "a", 3000, 3100)), "a run with nothing to do has none to take")

	run.Status, run.EndedAt = core.Completed, 3000
	_, err = f.store.Commit(ctx, stepOf(run))
	f.ok(err)
	_, err = accept("r1", "a", 3000, 3100, event("r1", "e9", 3000))
	f.is(err, store.ErrFinished)
}

// runLeasesOfSeveral: of many who come at once one gets the lease, all see the
// same holder, and no event is lost.
func runLeasesOfSeveral(f *fixture) {
	s, ctx := f.sharing(), f.Context()
	f.step(f.start("r1"))
	n := f.scaled(16, 4)
	holders := make([]string, n)
	f.together(n, func(i int) (bool, error) {
		run, err := s.AcceptLeased(ctx, "r1", store.RunLease{Owner: fmt.Sprint("o", i), Until: 200}, 100, event("r1", fmt.Sprint("e", i), 100))
		holders[i] = run.Lease.Owner
		return true, err
	})
	run := f.load("r1")
	require.Len(f, run.Inbox, n)
	for _, holder := range holders {
		require.Equal(f, run.Lease.Owner, holder)
	}
}
