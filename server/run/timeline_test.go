package run

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/engine/core"
)

func folding(records ...core.Record) *stays {
	f := newStays()
	for i, r := range records {
		r.Seq = int64(i + 1)
		f.add(r)
	}
	return f
}

func TestTimelineTellsWorkFromWaiting(t *testing.T) {
	on := func(kind core.RecordKind, at core.Instant, wait core.WaitID, body core.Values) core.Record {
		return core.Record{Kind: kind, At: at, Node: "n", Token: "t1", Wait: wait, Body: body}
	}
	f := folding(
		on(core.RecordNodeEntered, 10, "", nil),
		on(core.RecordTaskOpened, 10, "w1", nil),
		on(core.RecordTimerScheduled, 10, "w2", nil), // its time limit
		core.Record{Kind: core.RecordTimerFired, At: 30, Node: "n", Wait: "w2"},
		core.Record{Kind: core.RecordTaskCompleted, At: 40, Node: "n", Wait: "w1", Actor: "anna", Body: core.Values{"outcome": "yes"}},
		on(core.RecordEffectStarted, 40, "w3", nil),
		on(core.RecordIncidentRaised, 50, "", core.Values{"incident": "i1"}),
		core.Record{Kind: core.RecordIncidentResolved, At: 60, Node: "n", Actor: "oscar", Body: core.Values{"incident": "i1", "by": "retry"}},
		on(core.RecordNodeLeft, 75, "", nil),
		on(core.RecordNodeEntered, 80, "", nil),
	)
	require.Len(t, f.all, 2)
	first, second := f.all[0], f.all[1]
	require.Equal(t, []stretch{{PartPerson, 10, 40}, {PartRunning, 40, 50}, {PartIncident, 50, 60}, {PartRunning, 60, 75}}, first.parts)
	require.Equal(t, "anna", first.actor)
	require.Equal(t, "yes", first.outcome)
	require.True(t, first.failed)
	require.Equal(t, BarDone, first.end)
	require.Equal(t, 2, second.attempt)
	require.Equal(t, []stretch{{PartRunning, 80, 0}}, second.parts, "it goes on")
	require.Len(t, f.hand, 1, "the retry")
}

func TestTimelineShowsJoinsMovesAndTheEnd(t *testing.T) {
	f := folding(
		core.Record{Kind: core.RecordTokenParked, At: 10, Node: "j", Token: "a"},
		core.Record{Kind: core.RecordTokenParked, At: 20, Node: "j", Token: "b"},
		core.Record{Kind: core.RecordTokenConsumed, At: 20, Node: "j", Token: "a"},
		core.Record{Kind: core.RecordNodeEntered, At: 20, Node: "j", Token: "b"},
		core.Record{Kind: core.RecordNodeLeft, At: 20, Node: "j", Token: "b"},
		core.Record{Kind: core.RecordNodeEntered, At: 20, Node: "x", Token: "b"},
		core.Record{Kind: core.RecordTokenMoved, At: 50, Node: "x", Token: "b", Actor: "oscar", Body: core.Values{"to": "y"}},
		core.Record{Kind: core.RecordNodeCanceled, At: 50, Node: "x", Token: "b"},
		core.Record{Kind: core.RecordNodeEntered, At: 50, Node: "y", Token: "b"},
		core.Record{Kind: core.RecordRunMigrated, At: 60, Body: core.Values{"nodes": map[string]any{"y": "z"}}},
		core.Record{Kind: core.RecordTokenPlaced, At: 65, Node: "p", Token: "c", Actor: "oscar"},
		core.Record{Kind: core.RecordNodeEntered, At: 65, Node: "p", Token: "c"},
		core.Record{Kind: core.RecordRunCanceled, At: 70, Actor: "oscar"},
	)
	require.Len(t, f.all, 5)
	require.Equal(t, []stretch{{PartJoin, 10, 20}}, f.all[0].parts)
	require.True(t, f.all[2].byHand, "taken away")
	require.Equal(t, BarCanceled, f.all[2].end)
	require.True(t, f.all[3].byHand, "put there")
	require.Equal(t, "z", f.all[3].node)
	require.Equal(t, core.Instant(70), f.all[3].to)
	require.True(t, f.all[4].byHand, "begun there")
	require.Len(t, f.hand, 4, "move, migration, new token, end")
}

func TestQuantileIsTheNearestRank(t *testing.T) {
	require.Zero(t, quantile(nil, 95))
	require.EqualValues(t, 7, quantile([]int64{7}, 50))
	require.EqualValues(t, 2, quantile([]int64{1, 2, 3, 4}, 50))
	require.EqualValues(t, 4, quantile([]int64{1, 2, 3, 4}, 95))
}
