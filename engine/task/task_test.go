package task_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/engine/clock"
	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/store"
	"github.com/fluxo-app/fluxo/engine/store/memstore"
	"github.com/fluxo-app/fluxo/engine/task"
)

var start = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// desk is the service over a real store, with runs that only note what arrives.
type desk struct {
	t       *testing.T
	ctx     context.Context
	clock   *clock.Fake
	store   *memstore.Store
	service *task.Service

	mu      sync.Mutex
	arrived map[string]core.TaskBody // by event id
	away    bool
}

func newDesk(t *testing.T, tasks ...store.Task) *desk {
	t.Helper()
	f := clock.NewFake(start)
	d := &desk{t: t, ctx: context.Background(), clock: f, arrived: map[string]core.TaskBody{}}
	d.store = memstore.New(memstore.Options{Now: func() core.Instant { return clock.Now(f) }})
	d.service = task.New(task.Options{Store: d.store, Acceptor: d, Clock: f})
	for i, doc := range tasks {
		doc.RunID, doc.Node = "r1", "n"
		if doc.Config == nil {
			doc.Config = json.RawMessage("{}")
		}
		body, err := json.Marshal(doc)
		require.NoError(t, err)
		require.NoError(t, d.store.Copy(d.ctx, "r1", []store.Outbox{{Seq: int64(i + 1), Kind: store.PutTask, ID: doc.ID, Body: body}}))
	}
	return d
}

// Deliver notes a decision and, as the relay would, closes the task.
func (d *desk) Deliver(ctx context.Context, run core.RunID, events ...core.Event) (store.Run, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	e := events[0]
	if d.away {
		return store.Run{}, errors.New("store is away")
	}
	if _, again := d.arrived[e.ID]; again {
		return store.Run{}, store.ErrDuplicate
	}
	var body core.TaskBody
	if err := json.Unmarshal(e.Body, &body); err != nil {
		return store.Run{}, err
	}
	d.arrived[e.ID] = body
	return store.Run{ID: run}, d.store.Copy(ctx, run, []store.Outbox{{Seq: 100, Kind: store.EndTask, ID: string(e.Wait), Reason: "completed"}})
}

func (d *desk) task(id string) store.Task {
	d.t.Helper()
	t, err := d.service.Get(d.ctx, id)
	require.NoError(d.t, err)
	return t
}

func user(name string, groups ...string) task.Actor { return task.Actor{User: name, Groups: groups} }

func TestCompletionByTheAssigneeIsDeliveredAtOnce(t *testing.T) {
	d := newDesk(t, store.Task{ID: "t1", Kind: "userTask", Users: []string{"ann"}})
	got, err := d.service.Complete(d.ctx, "t1", user("ann"), task.Answer{Comment: "done", Result: core.Values{"price": json.Number("7")}})
	require.NoError(t, err)
	require.NotNil(t, got.Run)
	require.Equal(t, core.Values{"price": float64(7), "comment": "done"}, d.arrived["task:t1"].Result)
	closed := d.task("t1")
	require.Equal(t, store.TaskCompleted, closed.Status)
	require.Equal(t, "ann", closed.Decision.By)
}

func TestCompletionOfSomeoneElsesTaskIsRefused(t *testing.T) {
	d := newDesk(t, store.Task{ID: "t1", Kind: "userTask", Users: []string{"ann"}, Groups: []string{"accounting"}})
	_, err := d.service.Complete(d.ctx, "t1", user("bob", "sales"), task.Answer{})
	var refused *task.NotAllowedError
	require.ErrorAs(t, err, &refused)
	require.Equal(t, "task t1 belongs to ann or members of accounting, not to bob", refused.Error())
	require.Empty(t, d.arrived)
	_, err = d.service.Complete(d.ctx, "t1", user("eve", "accounting"), task.Answer{})
	require.NoError(t, err)
}

func TestSecondCompletionLearnsTheRecordedOutcome(t *testing.T) {
	d := newDesk(t, store.Task{ID: "t1", Kind: "userTask", Groups: []string{"g"}})
	var won, lost int
	var all sync.WaitGroup
	var mu sync.Mutex
	for i := range 20 {
		all.Go(func() {
			_, err := d.service.Complete(d.ctx, "t1", user(fmt.Sprintf("u%d", i), "g"), task.Answer{})
			var decided *task.DecidedError
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				won++
			case errors.As(err, &decided):
				lost++
				require.NotEmpty(t, decided.Task.Decision.By)
			default:
				t.Error(err)
			}
		})
	}
	all.Wait()
	require.Equal(t, 1, won)
	require.Equal(t, 19, lost)
	require.Len(t, d.arrived, 1)
}

func TestCrashBetweenDecisionAndDeliveryIsMended(t *testing.T) {
	d := newDesk(t, store.Task{ID: "t1", Kind: "userTask", Users: []string{"ann"}})
	d.away = true
	got, err := d.service.Complete(d.ctx, "t1", user("ann"), task.Answer{})
	require.NoError(t, err, "recorded is decided")
	require.Nil(t, got.Run)
	n, err := d.service.Tick(d.ctx)
	require.NoError(t, err)
	require.Zero(t, n)
	d.away = false
	n, err = d.service.Tick(d.ctx)
	require.NoError(t, err)
	require.Equal(t, 1, n)
	require.Equal(t, store.TaskCompleted, d.task("t1").Status)
	n, err = d.service.Tick(d.ctx)
	require.NoError(t, err)
	require.Zero(t, n)
}

func TestDecisionCanBeTakenBackUntilItIsInForce(t *testing.T) {
	d := newDesk(t, store.Task{ID: "t1", Kind: "userTask", Users: []string{"ann", "bob"}})
	answer := task.Answer{UndoFor: 6 * time.Second}
	_, err := d.service.Complete(d.ctx, "t1", user("ann"), answer)
	require.NoError(t, err)
	_, err = d.service.TakeBack(d.ctx, "t1", user("bob"))
	var refused *task.NotAllowedError
	require.ErrorAs(t, err, &refused)
	d.clock.Advance(5999 * time.Millisecond)
	n, err := d.service.Tick(d.ctx)
	require.NoError(t, err)
	require.Zero(t, n)
	back, err := d.service.TakeBack(d.ctx, "t1", user("ann"))
	require.NoError(t, err)
	require.Equal(t, store.TaskOpen, back.Status)

	_, err = d.service.Complete(d.ctx, "t1", user("ann"), answer)
	require.NoError(t, err)
	d.clock.Advance(6 * time.Second)
	_, err = d.service.TakeBack(d.ctx, "t1", user("ann"))
	var late *task.TooLateError
	require.ErrorAs(t, err, &late)
	n, err = d.service.Tick(d.ctx)
	require.NoError(t, err)
	require.Equal(t, 1, n)
	require.Len(t, d.arrived, 1)
}

func approvalOf(id, rule string, users ...string) store.Task {
	return store.Task{ID: id, Kind: "approval", Users: users, Config: json.RawMessage(`{"rule":"` + rule + `","threshold":50,"commentRequired":"negative",
		"outcomes":[{"name":"approve","positive":true},{"name":"rework"},{"name":"reject"}]}`)}
}

func TestApprovalIsDecidedByItsRule(t *testing.T) {
	d := newDesk(t, approvalOf("t1", "all", "ann", "bob", "eve"))
	for _, name := range []string{"ann", "bob"} {
		got, err := d.service.Complete(d.ctx, "t1", user(name), task.Answer{Outcome: "approve"})
		require.NoError(t, err)
		require.Nil(t, got.Task.Decision)
	}
	_, err := d.service.Complete(d.ctx, "t1", user("ann"), task.Answer{Outcome: "approve"})
	var voted *task.VotedError
	require.ErrorAs(t, err, &voted)
	_, err = d.service.Complete(d.ctx, "t1", user("eve"), task.Answer{Outcome: "maybe"})
	var outcome *task.OutcomeError
	require.ErrorAs(t, err, &outcome)
	require.Equal(t, []string{"approve", "rework", "reject"}, outcome.Allowed)
	_, err = d.service.Complete(d.ctx, "t1", user("eve"), task.Answer{Outcome: "rework"})
	var comment *task.CommentError
	require.ErrorAs(t, err, &comment)

	got, err := d.service.Complete(d.ctx, "t1", user("eve"), task.Answer{Outcome: "rework", Comment: "the price"})
	require.NoError(t, err)
	require.Equal(t, "rework", got.Task.Decision.Outcome)
	body := d.arrived["task:t1"]
	require.Equal(t, "rework", body.Outcome)
	require.Equal(t, "the price", body.Result["comment"])
	require.Len(t, body.Result["votes"], 3)
}

func TestConcurrentVotesAreCountedOnceEach(t *testing.T) {
	users := make([]string, 15)
	for i := range users {
		users[i] = fmt.Sprintf("u%d", i)
	}
	d := newDesk(t, approvalOf("t1", "all", users...))
	var all sync.WaitGroup
	for _, name := range users {
		all.Go(func() {
			_, err := d.service.Complete(d.ctx, "t1", user(name), task.Answer{Outcome: "approve"})
			if err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	require.Len(t, d.task("t1").Votes, 15)
	require.Equal(t, "approve", d.arrived["task:t1"].Outcome)
}

func TestVoteIsTakenBackWhileUndecided(t *testing.T) {
	d := newDesk(t, approvalOf("t1", "all", "ann", "bob"))
	_, err := d.service.Complete(d.ctx, "t1", user("ann"), task.Answer{Outcome: "approve"})
	require.NoError(t, err)
	back, err := d.service.TakeBack(d.ctx, "t1", user("ann"))
	require.NoError(t, err)
	require.Empty(t, back.Votes)
}

func TestAdministratorDecidesForAll(t *testing.T) {
	d := newDesk(t, approvalOf("t1", "all", "ann", "bob"))
	got, err := d.service.Complete(d.ctx, "t1", task.Actor{User: "root", Override: true}, task.Answer{Outcome: "approve"})
	require.NoError(t, err)
	require.Equal(t, "approve", got.Task.Decision.Outcome)
	require.Equal(t, "root", got.Task.Decision.By)
}

func TestClaimedTaskBelongsToItsHolder(t *testing.T) {
	d := newDesk(t, store.Task{ID: "t1", Kind: "userTask", Groups: []string{"g"}})
	_, err := d.service.Claim(d.ctx, "t1", user("ann", "g"))
	require.NoError(t, err)
	_, err = d.service.Claim(d.ctx, "t1", user("ann", "g"))
	require.NoError(t, err, "again is the same")
	_, err = d.service.Complete(d.ctx, "t1", user("bob", "g"), task.Answer{})
	var refused *task.NotAllowedError
	require.ErrorAs(t, err, &refused)
	_, err = d.service.Release(d.ctx, "t1", user("ann", "g"))
	require.NoError(t, err)
	_, err = d.service.Complete(d.ctx, "t1", user("bob", "g"), task.Answer{})
	require.NoError(t, err)
}

func TestDelegation(t *testing.T) {
	d := newDesk(t, store.Task{ID: "t1", Kind: "userTask", Users: []string{"ann"}}, approvalOf("t2", "all", "ann", "bob"))
	_, err := d.service.Delegate(d.ctx, "t1", user("ann"), "", "eve", "on leave")
	require.NoError(t, err)
	page, err := d.service.List(d.ctx, store.TaskQuery{User: "eve"})
	require.NoError(t, err)
	require.Len(t, page.Tasks, 1)
	_, err = d.service.Complete(d.ctx, "t1", user("ann"), task.Answer{})
	var refused *task.NotAllowedError
	require.ErrorAs(t, err, &refused)
	_, err = d.service.Complete(d.ctx, "t1", user("eve"), task.Answer{})
	require.NoError(t, err)

	_, err = d.service.Delegate(d.ctx, "t2", user("ann"), "", "bob", "")
	var delegation *task.DelegationError
	require.ErrorAs(t, err, &delegation)
	_, err = d.service.Delegate(d.ctx, "t2", user("ann"), "bob", "eve", "")
	require.ErrorAs(t, err, &refused)
	_, err = d.service.Delegate(d.ctx, "t2", user("ann"), "", "eve", "")
	require.NoError(t, err)
	_, err = d.service.Complete(d.ctx, "t2", user("eve"), task.Answer{Outcome: "approve"})
	require.NoError(t, err)
	got, err := d.service.Complete(d.ctx, "t2", user("bob"), task.Answer{Outcome: "approve"})
	require.NoError(t, err)
	require.Equal(t, "approve", got.Task.Decision.Outcome)
}

func TestUserTaskThatNeedsAComment(t *testing.T) {
	d := newDesk(t, store.Task{ID: "t1", Kind: "userTask", Users: []string{"ann"}, Config: json.RawMessage(`{"comment":"required"}`)})
	_, err := d.service.Complete(d.ctx, "t1", user("ann"), task.Answer{})
	var comment *task.CommentError
	require.ErrorAs(t, err, &comment)
	_, err = d.service.Complete(d.ctx, "t1", user("ann"), task.Answer{Outcome: "approve", Comment: "x"})
	var outcome *task.OutcomeError
	require.ErrorAs(t, err, &outcome)
	_, err = d.service.Complete(d.ctx, "t9", user("ann"), task.Answer{})
	require.ErrorIs(t, err, store.ErrNotFound)
}
