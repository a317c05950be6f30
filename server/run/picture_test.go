package run

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/engine/core"
)

// folded is the state of the join "j" after records, which it numbers.
func folded(t *testing.T, records ...core.Record) *NodeState {
	t.Helper()
	f := newFold()
	for i, r := range records {
		r.Seq = int64(i + 1)
		f.add(r)
	}
	return f.picture(nil, nil, time.Unix(0, 0)).NodeStates["j"]
}

func TestPictureCountsTheTokensThatStandAtAJoin(t *testing.T) {
	park := func(token core.TokenID, scope core.ScopeID) core.Record {
		return core.Record{Kind: core.RecordTokenParked, Node: "j", Token: token, Scope: scope, Flow: core.FlowID("f-" + token)}
	}
	waiting := folded(t, park("t1", ""), park("t2", ""))
	require.Equal(t, 2, waiting.Tokens)
	require.Equal(t, NodeWaiting, waiting.Status)

	fired := []core.Record{park("t1", ""), park("t2", ""), {Kind: core.RecordTokenConsumed, Node: "j", Token: "t2"},
		{Kind: core.RecordNodeEntered, Node: "j", Token: "t1"}, {Kind: core.RecordNodeLeft, Node: "j", Token: "t1"}}
	done := folded(t, fired...)
	require.Zero(t, done.Tokens, "the one that goes on was one of them")
	require.Equal(t, NodeDone, done.Status)
	require.Equal(t, 1, folded(t, append(fired, park("t3", ""))...).Tokens, "of the next round")

	require.Zero(t, folded(t, park("t1", ""), core.Record{Kind: core.RecordTokenMoved, Node: "j", Token: "t1", Body: core.Values{"parked": true}}).Tokens)
	inner := folded(t, park("t1", "s1"), park("t2", "s2"), core.Record{Kind: core.RecordScopeCanceled, Node: "sub", Scope: "s1"})
	require.Equal(t, 1, inner.Tokens, "what stood in a canceled part is gone, the other pass stays")
	require.Zero(t, folded(t, park("t1", ""), core.Record{Kind: core.RecordRunCanceled}).Tokens)
}
