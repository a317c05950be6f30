package task_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/store"
	"github.com/fluxo-app/fluxo/engine/task"
)

// covers B-43
func TestEverybodyAcknowledges(t *testing.T) {
	d := newDesk(t, store.Task{ID: "t1", Kind: "acknowledge", Users: []string{"ann", "ben"}})
	got, err := d.service.Complete(d.ctx, "t1", user("ann"), task.Answer{Comment: "read"})
	require.NoError(t, err)
	require.Nil(t, got.Run, "one is left")
	require.Equal(t, "acknowledged", got.Task.Votes[0].Outcome)
	_, err = d.service.Complete(d.ctx, "t1", user("ann"), task.Answer{})
	require.ErrorAs(t, err, new(*task.VotedError))
	_, err = d.service.Complete(d.ctx, "t1", user("ben"), task.Answer{Outcome: "no"})
	require.ErrorAs(t, err, new(*task.OutcomeError))
	_, err = d.service.Complete(d.ctx, "t1", user("eve"), task.Answer{})
	require.ErrorAs(t, err, new(*task.NotAllowedError))
	got, err = d.service.Complete(d.ctx, "t1", user("ben"), task.Answer{Outcome: "acknowledged"})
	require.NoError(t, err)
	require.NotNil(t, got.Run)
	body := d.arrived["task:t1"]
	require.Empty(t, body.Outcome, "it leaves by its only exit")
	require.Len(t, body.Result["acknowledged"], 2)
	require.Empty(t, body.Result["missing"])
}

// covers B-43
func TestOneOfThemAcknowledges(t *testing.T) {
	d := newDesk(t, store.Task{ID: "t1", Kind: "acknowledge", Users: []string{"ann", "ben"}, Config: json.RawMessage(`{"rule":"any","comment":"required"}`)})
	_, err := d.service.Complete(d.ctx, "t1", user("ben"), task.Answer{})
	require.ErrorAs(t, err, new(*task.CommentError))
	got, err := d.service.Complete(d.ctx, "t1", user("ben"), task.Answer{Comment: "read"})
	require.NoError(t, err)
	require.NotNil(t, got.Run)
	require.Equal(t, []any{"ann"}, d.arrived["task:t1"].Result["missing"])
}

// A seat that is handed over is the other's to confirm.
func TestAcknowledgementIsDelegated(t *testing.T) {
	d := newDesk(t, store.Task{ID: "t1", Kind: "acknowledge", Users: []string{"ann", "ben"}})
	_, err := d.service.Delegate(d.ctx, "t1", user("ann"), "", "ben", "")
	require.ErrorAs(t, err, new(*task.DelegationError))
	_, err = d.service.Delegate(d.ctx, "t1", user("ann"), "", "cleo", "away")
	require.NoError(t, err)
	_, err = d.service.Complete(d.ctx, "t1", user("ann"), task.Answer{})
	require.ErrorAs(t, err, new(*task.NotAllowedError))
	for _, who := range []string{"cleo", "ben"} {
		_, err = d.service.Complete(d.ctx, "t1", user(who), task.Answer{})
		require.NoError(t, err)
	}
	require.Equal(t, store.TaskCompleted, d.task("t1").Status)
}

// covers B-44
func TestInformationIsGivenByTheFirst(t *testing.T) {
	d := newDesk(t, store.Task{ID: "t1", Kind: "requestInformation", Users: []string{"ann"}, Groups: []string{"sales"}})
	_, err := d.service.Complete(d.ctx, "t1", user("ann"), task.Answer{Outcome: "refused"})
	require.ErrorAs(t, err, new(*task.OutcomeError), "nobody may refuse")
	got, err := d.service.Complete(d.ctx, "t1", user("sue", "sales"), task.Answer{Result: core.Values{"weight": json.Number("3")}})
	require.NoError(t, err)
	require.NotNil(t, got.Run)
	require.EqualValues(t, 3, d.arrived["task:t1"].Result["weight"])
	_, err = d.service.Complete(d.ctx, "t1", user("ann"), task.Answer{})
	require.ErrorAs(t, err, new(*task.DecidedError))
}

// covers B-45
func TestInformationIsRefusedByAnyone(t *testing.T) {
	d := newDesk(t, store.Task{ID: "t1", Kind: "requestInformation", Users: []string{"ann", "ben"}, Config: json.RawMessage(`{"refusal":"any","refusalReason":true}`)})
	_, err := d.service.Complete(d.ctx, "t1", user("ann"), task.Answer{Outcome: "refused"})
	require.ErrorAs(t, err, new(*task.CommentError))
	got, err := d.service.Complete(d.ctx, "t1", user("ann"), task.Answer{Outcome: "refused", Comment: "unknown to me"})
	require.NoError(t, err)
	require.NotNil(t, got.Run)
	require.Equal(t, "refused", d.arrived["task:t1"].Outcome)
	require.Len(t, d.arrived["task:t1"].Result["refusals"], 1)
}

// covers B-45
func TestInformationIsRefusedByAll(t *testing.T) {
	ask := store.Task{ID: "t1", Kind: "requestInformation", Users: []string{"ann", "ben"}, Config: json.RawMessage(`{"refusal":"all"}`)}
	d := newDesk(t, ask)
	_, err := d.service.Claim(d.ctx, "t1", user("ann"))
	require.NoError(t, err)
	got, err := d.service.Complete(d.ctx, "t1", user("ann"), task.Answer{Outcome: "refused"})
	require.NoError(t, err)
	require.Nil(t, got.Run)
	require.Equal(t, store.TaskOpen, got.Task.Status, "the other one may take it now")
	require.Empty(t, got.Task.ClaimedBy)
	_, err = d.service.Complete(d.ctx, "t1", user("ann"), task.Answer{})
	require.ErrorAs(t, err, new(*task.VotedError))
	got, err = d.service.Complete(d.ctx, "t1", user("ben"), task.Answer{Outcome: "refused"})
	require.NoError(t, err)
	require.NotNil(t, got.Run)
	require.Equal(t, "refused", d.arrived["task:t1"].Outcome)

	ask.ID = "t2"
	d = newDesk(t, ask)
	_, err = d.service.Complete(d.ctx, "t2", user("ann"), task.Answer{Outcome: "refused"})
	require.NoError(t, err)
	_, err = d.service.TakeBack(d.ctx, "t2", user("ann"))
	require.NoError(t, err)
	got, err = d.service.Complete(d.ctx, "t2", user("ann"), task.Answer{Result: core.Values{"weight": json.Number("3")}})
	require.NoError(t, err, "a refusal that was taken back does not count")
	require.NotNil(t, got.Run)
	require.Empty(t, d.arrived["task:t2"].Outcome)
}
