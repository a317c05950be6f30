package schedule_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/engine/clock"
	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/schedule"
	"github.com/fluxo-app/fluxo/engine/share"
	"github.com/fluxo-app/fluxo/engine/store/memstore"
)

// Of several processes one starts the occurrences; when it is gone another does.
func TestOneOfSeveralProcessesStartsOccurrences(t *testing.T) {
	f := clock.NewFake(start)
	leases := memstore.New(memstore.Options{Now: func() core.Instant { return clock.Now(f) }})
	s, err := schedule.New("hourly", "report", "begin", "0 * * * *", "UTC", clock.Now(f))
	require.NoError(t, err)
	b := &book{clock: f, s: s, starts: map[core.RunID]core.Instant{}}
	var members []*share.Members
	var loops []*schedule.Loop
	for _, name := range []string{"a", "b", "c"} {
		m := share.New(share.Options{Store: leases, Clock: f, Owner: name})
		members = append(members, m)
		loops = append(loops, schedule.NewLoop(schedule.Options{Store: b, Starter: b, Clock: f, Members: m}))
	}
	hour := func() (starters []int) {
		for range 12 {
			f.Advance(5 * time.Minute)
			for range 2 {
				for _, m := range members {
					require.NoError(t, m.Tick(t.Context()))
				}
			}
			for i, l := range loops {
				if tick(t, l) > 0 {
					starters = append(starters, i)
				}
			}
		}
		return starters
	}
	first := hour()
	require.Len(t, first, 1)
	require.Equal(t, first, hour(), "the same one again")
	require.Len(t, b.starts, 2)
	gone := first[0]
	members = append(members[:gone], members[gone+1:]...)
	loops = append(loops[:gone], loops[gone+1:]...)
	require.Len(t, hour(), 1)
	require.Len(t, b.starts, 3)
	require.Equal(t, 3, b.asked, "nobody asked twice")
}
