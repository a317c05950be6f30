package task_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/engine/store"
	"github.com/fluxo-app/fluxo/engine/task"
)

// covers U-17, U-52
func TestStandInTakesWhatIsOpen(t *testing.T) {
	away := store.AbsenceOf{From: "2026-03-02", To: "2026-03-06"}
	open := func(kind string, more ...func(*store.Task)) store.Task {
		t := store.Task{ID: kind, Kind: kind, Users: []string{"ann"}, StartedBy: "olga"}
		for _, change := range more {
			change(&t)
		}
		return t
	}
	two := func(t *store.Task) { t.Users = []string{"ann", "ben"} }
	d := newDesk(t, open("userTask"), open("approval", two), open("acknowledge", two),
		store.Task{ID: "group", Kind: "userTask", Groups: []string{"sales"}})
	hand := func(id, from, to string) bool {
		t.Helper()
		_, handed, err := d.service.StandIn(d.ctx, id, from, to, away)
		require.NoError(t, err)
		return handed
	}
	require.True(t, hand("userTask", "ann", "carl"))
	require.False(t, hand("userTask", "ann", "carl"), "once")
	got := d.task("userTask")
	require.Equal(t, []string{"carl"}, got.People())
	require.Equal(t, "ann", got.Delegated[0].From)
	require.Equal(t, &away, got.Delegated[0].Absence, "both names and why are in the trail")
	_, err := d.service.Complete(d.ctx, "userTask", user("carl"), task.Answer{})
	require.NoError(t, err)
	require.False(t, hand("userTask", "carl", "ann"), "what is done stays done")

	require.False(t, hand("approval", "ann", "olga"), "who asked does not decide")
	require.False(t, hand("approval", "ann", "ben"), "nobody has two seats")
	require.False(t, hand("approval", "carl", "dora"), "who is not asked has nothing to hand over")
	_, err = d.service.Complete(d.ctx, "acknowledge", user("ann"), task.Answer{})
	require.NoError(t, err)
	require.False(t, hand("acknowledge", "ann", "carl"), "an answer is not taken away")

	require.False(t, hand("group", "ann", "carl"), "a group has it")
	_, err = d.service.Claim(d.ctx, "group", user("ann", "sales"))
	require.NoError(t, err)
	require.True(t, hand("group", "ann", "carl"))
	require.Equal(t, "carl", d.task("group").ClaimedBy)
	_, err = d.service.Complete(d.ctx, "group", user("carl"), task.Answer{})
	require.NoError(t, err)
}
