package storetest

import (
	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/store"
)

var scheduleChecks = []check{
	{"Schedules", schedules},
	{"Leases", leases},
	{"HeldLeases", heldLeases},
	{"Now", now},
}

func schedules(f *fixture) {
	ctx := f.Context()
	want := store.Schedule{ID: "s1", DefinitionKey: "contract", Node: "start", Rule: "0 9 * * 1", Zone: "Europe/Prague", NextAt: 50}
	f.ok(f.store.PutSchedule(ctx, want))
	f.ok(f.store.PutSchedule(ctx, store.Schedule{ID: "s0", DefinitionKey: "contract", NextAt: 60}))
	f.ok(f.store.PutSchedule(ctx, store.Schedule{ID: "s2", DefinitionKey: "other", NextAt: 40}))
	f.ok(f.store.PutSchedule(ctx, store.Schedule{ID: "never", DefinitionKey: "other"}))
	f.ok(f.store.PutSchedule(ctx, store.Schedule{ID: "off", DefinitionKey: "other", NextAt: 1, Disabled: true}))
	names := func(list []store.Schedule) []string {
		return ids(list, func(s store.Schedule) string { return s.ID })
	}
	list, err := f.store.ListSchedules(ctx, "contract")
	f.ok(err)
	require.Equal(f, []string{"s0", "s1"}, names(list))
	want.Rev = 1
	f.equal(want, list[1], "everything is stored")
	list, err = f.store.ListSchedules(ctx, "")
	f.ok(err)
	require.Equal(f, []string{"never", "off", "s0", "s1", "s2"}, names(list))
	due, err := f.store.DueSchedules(ctx, 50, 10)
	f.ok(err)
	require.Equal(f, []string{"s2", "s1"}, names(due))
	due, err = f.store.DueSchedules(ctx, 50, 1)
	f.ok(err)
	require.Equal(f, []string{"s2"}, names(due))

	want.NextAt = 90
	f.ok(f.store.AdvanceSchedule(ctx, want))
	f.is(f.store.AdvanceSchedule(ctx, want), store.ErrConflict)
	f.is(f.store.AdvanceSchedule(ctx, store.Schedule{ID: "nobody"}), store.ErrNotFound)
	want.Rule = "0 10 * * 1" // replaced whatever the rev
	f.ok(f.store.PutSchedule(ctx, want))
	list, err = f.store.ListSchedules(ctx, "contract")
	f.ok(err)
	want.Rev = 3
	f.equal(want, list[1], "advanced, then replaced")
	f.ok(f.store.DeleteSchedule(ctx, "s1"))
	f.ok(f.store.DeleteSchedule(ctx, "s1"))
	list, err = f.store.ListSchedules(ctx, "contract")
	f.ok(err)
	require.Equal(f, []string{"s0"}, names(list))
}

func leases(f *fixture) {
	acquire := func(name, owner string, now, until core.Instant) bool {
		got, err := f.store.AcquireLease(f.Context(), name, owner, now, until)
		f.ok(err)
		return got
	}
	require.True(f, acquire("sweep", "a", 10, 20))
	require.False(f, acquire("sweep", "b", 19, 30), "held")
	require.True(f, acquire("other", "b", 19, 30), "another lease")
	require.True(f, acquire("sweep", "a", 19, 25), "extended")
	require.False(f, acquire("sweep", "b", 24, 30), "held longer")
	require.True(f, acquire("sweep", "b", 25, 30), "taken over when it has ended")
	require.False(f, acquire("sweep", "a", 26, 40))
	require.True(f, acquire("sweep", "b", 26, 26), "given back")
	require.True(f, acquire("sweep", "a", 26, 40))
}

func heldLeases(f *fixture) {
	held := func(prefix string, now core.Instant) []store.Lease {
		f.Helper()
		list, err := f.store.HeldLeases(f.Context(), prefix, now)
		f.ok(err)
		return list
	}
	lease := func(name, owner string, until core.Instant) store.Lease {
		return store.Lease{Name: name, Owner: owner, Until: until}
	}
	require.Empty(f, held("", 0))
	for _, l := range []store.Lease{lease("member/b", "b", 30), lease("member/a", "a", 20), lease("member", "x", 90), lease("members/z", "z", 90), lease("other", "o", 15)} {
		got, err := f.store.AcquireLease(f.Context(), l.Name, l.Owner, 10, l.Until)
		f.ok(err)
		require.True(f, got)
	}
	require.Equal(f, []store.Lease{lease("member/a", "a", 20), lease("member/b", "b", 30)}, held("member/", 19), "by name, and of this prefix only")
	require.Equal(f, []store.Lease{lease("member/b", "b", 30)}, held("member/", 20), "a lease is over at its instant")
	require.Len(f, held("", 0), 5)
	f.ok(f.store.DropLeases(f.Context(), 20))
	f.ok(f.store.DropLeases(f.Context(), 20))
	require.Len(f, held("", 0), 3)
	got, err := f.store.AcquireLease(f.Context(), "member/a", "c", 21, 30)
	f.ok(err)
	require.True(f, got, "what was dropped is free")
}

func now(f *fixture) {
	first, err := f.store.Now(f.Context())
	f.ok(err)
	second, err := f.store.Now(f.Context())
	f.ok(err)
	require.Positive(f, first)
	require.GreaterOrEqual(f, second, first)
}
