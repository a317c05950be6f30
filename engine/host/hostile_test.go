package host_test

import (
	"context"
	"fmt"
	"path/filepath"
	"runtime/metrics"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/engine/clock"
	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/host"
	"github.com/fluxo-app/fluxo/engine/host/hosttest"
	"github.com/fluxo-app/fluxo/engine/store"
	"github.com/fluxo-app/fluxo/engine/store/sqlitedb"
	"github.com/fluxo-app/fluxo/engine/store/sqlitestore"
)

// disk is a host over SQLite, driven by hand.
type disk struct {
	t     *testing.T
	clock *clock.Fake
	store *sqlitestore.Store
	world *hosttest.World
	host  *host.Host
}

func onDisk(t *testing.T, definitions ...string) *disk {
	t.Helper()
	f := clock.NewFake(start)
	db, err := sqlitedb.Open(t.Context(), filepath.Join(t.TempDir(), "fluxo.db"), sqlitedb.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	s, err := sqlitestore.New(t.Context(), db, sqlitestore.Options{Now: func() core.Instant { return clock.Now(f) }})
	require.NoError(t, err)
	d := &disk{t: t, clock: f, store: s, world: hosttest.NewWorld()}
	for _, text := range definitions {
		_, err := d.world.Define(text)
		require.NoError(t, err)
	}
	d.host = host.New(host.Options{Store: s, Graphs: d.world, Facts: d.world, Resolver: d.world, Clock: f, Immediate: true, Background: func(job func()) { job() }})
	return d
}

func (d *disk) start(key, id string, variables core.Values) store.Run {
	d.t.Helper()
	run, _, err := d.host.Start(d.t.Context(), host.StartRequest{ID: core.RunID(id), DefinitionKey: key, Variables: variables})
	require.NoError(d.t, err)
	return run
}

// tick lets some time pass and the sweep come.
func (d *disk) tick(times int) {
	d.t.Helper()
	for range times {
		d.clock.Advance(20 * time.Second)
		_, err := d.host.Tick(d.t.Context())
		require.NoError(d.t, err)
	}
}

func (d *disk) run(id string) store.Run {
	d.t.Helper()
	run, err := d.store.Load(d.t.Context(), core.RunID(id))
	require.NoError(d.t, err)
	return run
}

func (d *disk) open(id string) []store.Task {
	d.t.Helper()
	page, err := d.store.ListTasks(d.t.Context(), store.TaskQuery{RunID: core.RunID(id), Statuses: []store.TaskStatus{store.TaskOpen}, Limit: store.MaxLimit})
	require.NoError(d.t, err)
	return page.Tasks
}

func (d *disk) complete(id string) error {
	d.t.Helper()
	tasks := d.open(id)
	require.Len(d.t, tasks, 1)
	_, err := d.host.Deliver(d.t.Context(), core.RunID(id), core.Event{ID: "task:" + tasks[0].ID, Kind: core.TaskCompleted, Wait: core.WaitID(tasks[0].ID)})
	return err
}

// TestExpressionThatBurnsIsCutOff: wherever a process evaluates an expression
// that would take all the time or memory there is, the run gets an incident
// within a moment, and a changed variable lets it go on.
func TestExpressionThatBurnsIsCutOff(t *testing.T) {
	const frame = `{"format":"fluxo/process@1","key":"burn","name":"Burn","variables":[{"name":"burn","type":"any"},{"name":"v","type":"any"}],
		"nodes":[{"id":"begin","kind":"startEvent"},%s{"id":"after","kind":"userTask","config":{"assignee":"ann"}}],
		"flows":[{"id":"f1","from":"begin","to":"x"},{"id":"f2","from":"x","to":"after"%s}%s]}`
	for name, expression := range map[string]string{
		"time":   "all(1..100000, all(1..100000, true))",
		"memory": `len(reduce(1..60, #acc + #acc, "x")) > 0`,
		"list":   "len(reduce(1..60, concat(#acc, #acc), [1])) > 0",
		"power":  `len(repeat("x", 1000000000)) > 0`,
	} {
		source := "vars.burn == true ? (" + strings.ReplaceAll(expression, `"`, `'`) + ") : true"
		for where, text := range map[string]string{
			"variable":  fmt.Sprintf(frame, fmt.Sprintf(`{"id":"x","kind":"setVariables","config":{"set":[{"name":"v","value":{"expr":%q}}]}},`, source), "", ""),
			"condition": fmt.Sprintf(frame, `{"id":"x","kind":"exclusiveGateway","default":"f3"},{"id":"end","kind":"endEvent"},`, fmt.Sprintf(`,"when":%q`, source), `,{"id":"f3","from":"x","to":"end"}`),
			"config":    fmt.Sprintf(frame, fmt.Sprintf(`{"id":"x","kind":"userTask","config":{"assignee":"ann","due":{"expr":%q}}},`, source+` ? "2026-03-03" : "2026-03-04"`), "", ""),
			"items":     fmt.Sprintf(frame, fmt.Sprintf(`{"id":"x","kind":"task","each":{"items":{"expr":%q}}},`, "["+source+"]"), "", ""),
		} {
			if name != "time" && where != "variable" {
				continue // one place for each, one for each place
			}
			t.Run(name+" in "+where, func(t *testing.T) {
				d := onDisk(t, text)
				sample := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
				metrics.Read(sample)
				before, began := sample[0].Value.Uint64(), time.Now()
				run := d.start("burn", "r1", core.Values{"burn": true})
				metrics.Read(sample)
				require.Less(t, (sample[0].Value.Uint64()-before)>>20, uint64(256), "MiB")
				require.Less(t, time.Since(began), 30*time.Second)
				require.Equal(t, core.Active, run.Status)
				require.Equal(t, 1, run.Incidents)
				v, err := d.host.Inspect(t.Context(), "r1")
				require.NoError(t, err)
				incident := v.State.Incidents()[0]
				require.Equal(t, core.NodeID("x"), incident.Node)
				require.Equal(t, "expression_failed", incident.Failure.Code)
				if where == "config" {
					return // its due date is no date either way
				}
				run, err = d.host.Retry(t.Context(), "r1", "", "eve", core.RetryBody{Incident: incident.ID, Variables: core.Values{"burn": false}})
				require.NoError(t, err)
				require.Zero(t, run.Incidents)
				require.Equal(t, []core.NodeID{"after"}, run.Nodes)
			})
		}
	}
}

// twoTasks waits for a person twice.
const twoTasks = `{"format":"fluxo/process@1","key":"two","name":"Two","variables":[{"name":"a","type":"any"}],
	"nodes":[{"id":"begin","kind":"startEvent"},{"id":"first","kind":"userTask","config":{"assignee":"ann"}},
		{"id":"second","kind":"userTask","config":{"assignee":"ann"}},{"id":"end","kind":"endEvent"}],
	"flows":[{"id":"f1","from":"begin","to":"first"},{"id":"f2","from":"first","to":"second"},{"id":"f3","from":"second","to":"end"}]}`

// fill brings the state of a run to within a few bytes of the hard limit.
func (d *disk) fill(id string) {
	d.t.Helper()
	for i := 0; ; i++ {
		room := store.StateHard - len(d.run(id).State)
		size := min(room-64, store.EventHard/2)
		if size <= 0 {
			break
		}
		_, err := d.host.SetVariables(d.t.Context(), core.RunID(id), fmt.Sprint("fill", i), "eve", core.VariablesBody{Set: core.Values{fmt.Sprint("v", i): strings.Repeat("x", size)}})
		require.NoError(d.t, err)
	}
	room := store.StateHard - len(d.run(id).State)
	require.Positive(d.t, room)
	require.LessOrEqual(d.t, room, 64)
}

// covers pitfall 29: a run whose state is as large as it may be is canceled as
// any other, and what is too large is kept out and can be dropped.
func TestStateAtItsHardLimit(t *testing.T) {
	for _, suspended := range []bool{false, true} {
		d := onDisk(t, twoTasks)
		d.start("two", "r1", nil)
		d.fill("r1")
		if suspended {
			_, err := d.host.Suspend(t.Context(), "r1", "", "eve", "look")
			if err != nil { // the line in the history is a step of its own
				require.ErrorIs(t, err, store.ErrTooLarge)
			}
		}
		run, err := d.host.Cancel(t.Context(), "r1", "", "eve", "too large")
		require.NoError(t, err)
		require.Equal(t, core.Canceled, run.Status)
		require.Empty(t, d.open("r1"))
	}
}

func TestEventThatMakesTheStateTooLargeIsDropped(t *testing.T) {
	d := onDisk(t, twoTasks)
	d.start("two", "r1", nil)
	d.fill("r1")
	_, err := d.host.SetVariables(t.Context(), "r1", "more", "eve", core.VariablesBody{Set: core.Values{"a": strings.Repeat("y", 1000)}})
	require.NoError(t, err, "accepted all the same")
	_, err = d.host.DropEvent(t.Context(), "r1", "", "op:more")
	require.ErrorIs(t, err, host.ErrMoving)
	d.tick(4)
	run := d.run("r1")
	require.Equal(t, core.Quarantined, run.Status)
	require.Contains(t, run.Problem, "too large")
	require.Len(t, run.Inbox, 1)

	_, err = d.host.DropEvent(t.Context(), "r1", "", "other")
	require.ErrorIs(t, err, store.ErrNotFound)
	run, err = d.host.DropEvent(t.Context(), "r1", "d1", "op:more")
	require.NoError(t, err)
	require.Empty(t, run.Inbox)
	_, err = d.host.DropEvent(t.Context(), "r1", "d1", "op:more")
	require.ErrorIs(t, err, store.ErrDuplicate)
	_, err = d.host.Resume(t.Context(), "r1", "", "eve", "")
	require.NoError(t, err)
	_, err = d.host.SetVariables(t.Context(), "r1", "more", "eve", core.VariablesBody{Set: core.Values{"a": "y"}})
	require.ErrorIs(t, err, store.ErrDuplicate, "it does not come back")

	// Repaired: with room again, the run goes on to its end.
	_, err = d.host.SetVariables(t.Context(), "r1", "less", "eve", core.VariablesBody{Set: core.Values{"v0": "small"}})
	require.NoError(t, err)
	require.Less(t, len(d.run("r1").State), store.StateHard-store.EventHard/4)
	require.NoError(t, d.complete("r1"))
	require.NoError(t, d.complete("r1"))
	require.Equal(t, core.Completed, d.run("r1").Status)
}

// TestPoisonAmongManyRuns: one run among a hundred panics at every step. It is
// quarantined after its tries; the others end as if it were not there.
func TestPoisonAmongManyRuns(t *testing.T) {
	poison := strings.NewReplacer(`"key":"two"`, `"key":"poison"`, `"id":"second"`, `"id":"bad"`, `"to":"second"`, `"to":"bad"`, `"from":"second"`, `"from":"bad"`).Replace(twoTasks)
	d := onDisk(t, twoTasks, poison)
	d.world.Trouble = func(node core.NodeID) error {
		if node == "bad" {
			panic("a defect")
		}
		return nil
	}
	const runs, bad = 100, 42
	name := func(i int) string { return fmt.Sprint("r", i) }
	for i := range runs {
		key := "two"
		if i == bad {
			key = "poison"
		}
		d.start(key, name(i), nil)
	}
	for range 2 {
		for i := range runs {
			if i != bad || len(d.open(name(i))) == 1 && d.run(name(i)).Inbox == nil {
				require.NoError(t, d.complete(name(i)))
			}
		}
		d.tick(2)
	}
	for i := range runs {
		if i != bad {
			require.Equal(t, core.Completed, d.run(name(i)).Status)
		}
	}
	run := d.run(name(bad))
	require.Equal(t, core.Quarantined, run.Status)
	require.Equal(t, 3, run.Attempts)
	require.Contains(t, run.Problem, "a defect")
	ready, err := d.store.Ready(context.Background(), clock.Now(d.clock), 10)
	require.NoError(t, err)
	require.Empty(t, ready, "nothing is tried any more")

	// Without the event it stands where it stood, and is canceled like any other.
	run, err = d.host.DropEvent(t.Context(), run.ID, "", run.Inbox[0].ID)
	require.NoError(t, err)
	_, err = d.host.Resume(t.Context(), run.ID, "", "eve", "")
	require.NoError(t, err)
	require.Equal(t, []core.NodeID{"first"}, d.run(name(bad)).Nodes)
	run, err = d.host.Cancel(t.Context(), run.ID, "", "eve", "")
	require.NoError(t, err)
	require.Equal(t, core.Canceled, run.Status)
}
