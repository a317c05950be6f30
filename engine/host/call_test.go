package host_test

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/engine/clock"
	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/graph"
	"github.com/fluxo-app/fluxo/engine/host"
	"github.com/fluxo-app/fluxo/engine/host/hosttest"
	"github.com/fluxo-app/fluxo/engine/store"
	"github.com/fluxo-app/fluxo/engine/store/sqlitedb"
	"github.com/fluxo-app/fluxo/engine/store/sqlitestore"
)

// caller is a process that calls another one and then has a task.
func caller(key, config, more string) string {
	return fmt.Sprintf(`{"format":"fluxo/process@1","key":%q,"name":%q,"variables":[{"name":"x","type":"number","default":1},{"name":"y","type":"number"}],
		"nodes":[{"id":"s","kind":"startEvent"},{"id":"call","kind":"callActivity","config":%s},{"id":"after","kind":"userTask","config":{"assignee":"ann"}}%s],
		"flows":[{"id":"f1","from":"s","to":"call"},{"id":"f2","from":"call","to":"after"}%s]}`, key, key, config, more, boundaryFlow(more))
}

func boundaryFlow(more string) string {
	if !strings.Contains(more, "boundaryEvent") {
		return ""
	}
	return `,{"id":"f3","from":"caught","to":"plan"}`
}

const catchAll = `,{"id":"caught","kind":"boundaryEvent","attachedTo":"call","trigger":{"error":{"code":"bad"}}},{"id":"plan","kind":"userTask","config":{"assignee":"ann"}}`

const doubling = `{"format":"fluxo/process@1","key":"double","name":"Double","parameters":[{"name":"n","type":"number"}],
	"variables":[{"name":"total","type":"number"},{"name":"secret","type":"string","default":"kept"}],
	"nodes":[{"id":"s","kind":"startEvent"},{"id":"do","kind":"userTask","config":{"assignee":"bob"}},
		{"id":"set","kind":"setVariables","config":{"set":[{"name":"total","value":{"expr":"params.n * 2"}}]}},{"id":"e","kind":"endEvent"}],
	"flows":[{"id":"f1","from":"s","to":"do"},{"id":"f2","from":"do","to":"set"},{"id":"f3","from":"set","to":"e"}]}`

func (r *rig) one(id string) store.Task {
	r.t.Helper()
	tasks := r.tasks(id, store.TaskOpen)
	require.Len(r.t, tasks, 1)
	return tasks[0]
}

// covers CALL-01, CALL-06
func TestCallRunsAnotherProcess(t *testing.T) {
	both(t, func(t *testing.T, r *rig) {
		r.define(doubling)
		r.define(caller("main", `{"process":"double","in":[{"name":"n","value":{"expr":"vars.x + 20"}}],"out":[{"name":"y","value":{"expr":"result.total"}}]}`, ""))
		r.start("main", "r1")
		r.settle()
		child := r.run("r1:1")
		require.Equal(t, "wait:r1:1", child.Parent)
		require.Equal(t, "ann", child.StartedBy)
		require.JSONEq(t, `{"kind":"run","id":"r1","depth":1,"chain":[{"kind":"run","id":"r1","key":"main","at":1772442000000}]}`, string(child.Cause))
		_, err := r.complete(r.one("r1:1"), "")
		require.NoError(t, err)
		r.settle()
		require.Equal(t, core.Completed, r.run("r1:1").Status)
		require.Equal(t, core.Values{"x": json.Number("1"), "y": json.Number("42")}, r.variables("r1"))
		require.Equal(t, core.NodeID("after"), r.one("r1").Node)
		require.Contains(t, r.kinds("r1"), core.RecordChildStarted)
		require.Contains(t, r.kinds("r1"), core.RecordChildCompleted)
	})
}

// The version is the newest one when the call is made, or the pinned one.
func TestCallPinsAVersion(t *testing.T) {
	both(t, func(t *testing.T, r *rig) {
		r.define(doubling)
		r.define(strings.Replace(doubling, "n * 2", "n * 3", 1))
		for i, version := range []string{"", `,"version":1`, `,"version":{"expr":"vars.x"}`} {
			key := fmt.Sprintf("main%d", i)
			r.define(caller(key, `{"process":"double"`+version+`}`, ""))
			r.start(key, key)
		}
		r.settle()
		for i, want := range []int{2, 1, 1} {
			require.Equal(t, want, r.run(fmt.Sprintf("main%d:1", i)).Version)
		}
	})
}

// covers ERR-11
func TestErrorOfACalledProcessIsCaughtAtTheCall(t *testing.T) {
	both(t, func(t *testing.T, r *rig) {
		r.define(`{"format":"fluxo/process@1","key":"thrower","name":"T","nodes":[{"id":"s","kind":"startEvent"},{"id":"e","kind":"endEvent","effect":{"error":{"code":"bad"}}}],
			"flows":[{"id":"f","from":"s","to":"e"}]}`)
		r.define(caller("main", `{"process":"thrower"}`, catchAll))
		r.start("main", "r1")
		r.settle()
		require.Equal(t, core.Failed, r.run("r1:1").Status)
		require.Equal(t, core.NodeID("plan"), r.one("r1").Node)
		require.Zero(t, r.run("r1").Incidents)
	})
}

// covers ESC-04
func TestEscalationOfACalledProcessReachesTheCall(t *testing.T) {
	both(t, func(t *testing.T, r *rig) {
		r.define(`{"format":"fluxo/process@1","key":"late","name":"L","nodes":[{"id":"s","kind":"startEvent"},
			{"id":"t","kind":"throwEvent","effect":{"escalation":{"code":"late"}}},{"id":"do","kind":"userTask","config":{"assignee":"bob"}},
			{"id":"e","kind":"endEvent","effect":{"escalation":{"code":"over"}}}],
			"flows":[{"id":"f1","from":"s","to":"t"},{"id":"f2","from":"t","to":"do"},{"id":"f3","from":"do","to":"e"}]}`)
		caught := `,{"id":"caught","kind":"boundaryEvent","attachedTo":"call","interrupting":false,"trigger":{"escalation":{}}},{"id":"plan","kind":"userTask","config":{"assignee":"ann"}}`
		r.define(caller("main", `{"process":"late"}`, caught))
		r.start("main", "r1")
		r.settle()
		require.Equal(t, core.NodeID("plan"), r.one("r1").Node)
		// What it throws as its last act reaches the call before its end does.
		_, err := r.complete(r.one("r1:1"), "")
		require.NoError(t, err)
		r.settle()
		var nodes []core.NodeID
		for _, task := range r.tasks("r1", store.TaskOpen) {
			nodes = append(nodes, task.Node)
		}
		require.ElementsMatch(t, []core.NodeID{"plan", "plan", "after"}, nodes)
		require.Zero(t, r.run("r1").Incidents)
	})
}

// covers CALL-03, INST-02
func TestCancelReachesTheCallsOfCalledProcesses(t *testing.T) {
	both(t, func(t *testing.T, r *rig) {
		r.define(doubling)
		r.define(caller("inner", `{"process":"double"}`, ""))
		r.define(caller("main", `{"process":"inner"}`, ""))
		r.start("main", "r1")
		r.settle()
		require.Equal(t, core.Active, r.run("r1:1:1").Status)
		_, err := r.host.Cancel(r.ctx, "r1", "c", "oper", "no more")
		require.NoError(t, err)
		r.settle()
		for _, id := range []string{"r1", "r1:1", "r1:1:1"} {
			require.Equal(t, core.Canceled, r.run(id).Status, id)
			require.Empty(t, r.tasks(id, store.TaskOpen))
		}
	})
}

// covers CALL-05
func TestRecursionEndsInAnIncident(t *testing.T) {
	both(t, func(t *testing.T, r *rig) {
		r.define(caller("main", `{"process":"main"}`, ""))
		r.start("main", "r1")
		r.settle()
		id := "r1" + strings.Repeat(":1", host.MaxDepth)
		v, err := r.host.Inspect(r.ctx, core.RunID(id))
		require.NoError(t, err)
		require.Len(t, v.State.Incidents(), 1)
		require.Equal(t, "causal_chain", v.State.Incidents()[0].Failure.Code)
		_, err = r.store.Load(r.ctx, core.RunID(id+":1"))
		require.ErrorIs(t, err, store.ErrNotFound)
	})
}

// covers CALL-04, CALL-07
func TestCallOfWhatCannotBeCalledIsAnIncident(t *testing.T) {
	both(t, func(t *testing.T, r *rig) {
		r.define(doubling)
		r.define(strings.NewReplacer(`"key":"double"`, `"key":"typed"`, `"kind":"startEvent"`, `"kind":"startEvent","trigger":{"on":"webhook"}`).Replace(doubling))
		for i, c := range []struct{ config, code string }{
			{`{"process":{"expr":"'gone'"}}`, "process_missing"},
			{`{"process":"double","version":7}`, "process_missing"},
			{`{"process":"typed"}`, "callee_without_start"},
			{`{"process":"double","in":[{"name":"q","value":1}]}`, "unknown_input"},
			{`{"process":{"expr":"vars.x.y.z"}}`, "expression_failed"},
		} {
			key := fmt.Sprintf("main%d", i)
			r.define(caller(key, c.config, ""))
			r.start(key, key)
			r.settle()
			v, err := r.host.Inspect(r.ctx, core.RunID(key))
			require.NoError(t, err)
			require.Len(t, v.State.Incidents(), 1, c.config)
			require.Equal(t, c.code, v.State.Incidents()[0].Failure.Code)
		}
		// Once it is there, a retry calls it.
		r.define(strings.Replace(doubling, `"key":"double"`, `"key":"gone"`, 1))
		v, err := r.host.Inspect(r.ctx, "main0")
		require.NoError(t, err)
		_, err = r.host.Retry(r.ctx, "main0", "x", "oper", core.RetryBody{Incident: v.State.Incidents()[0].ID})
		require.NoError(t, err)
		r.settle()
		require.Equal(t, core.Active, r.run("main0:1.2").Status)
	})
}

// A cancel that overtakes the start of the called run, because the start failed
// at first, does not leave an orphan.
func TestCancelDoesNotOvertakeTheStartOfACall(t *testing.T) {
	var jobs []func()
	r := newRig(t, false, func(o *host.Options) { o.Background = func(job func()) { jobs = append(jobs, job) } })
	r.define(doubling)
	r.define(caller("main", `{"process":"double"}`, ""))
	r.start("main", "r1")
	started := jobs
	jobs = nil
	_, err := r.host.Cancel(r.ctx, "r1", "c", "oper", "")
	require.NoError(t, err)
	for _, job := range append(jobs, started...) {
		job()
	}
	jobs = nil
	for range 5 {
		_, err := r.host.Tick(r.ctx)
		require.NoError(t, err)
		for _, job := range jobs {
			job()
		}
		jobs = nil
	}
	require.Equal(t, core.Canceled, r.run("r1:1").Status)
}

// A crash after the commit of a call, or after that of the end of the called
// run, loses neither: what is left in the outbox is done by the next process.
func TestCallsSurviveACrashOnSQLite(t *testing.T) {
	f := clock.NewFake(start)
	db, err := sqlitedb.Open(t.Context(), filepath.Join(t.TempDir(), "fluxo.db"), sqlitedb.Options{})
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	s, err := sqlitestore.New(t.Context(), db, sqlitestore.Options{Now: func() core.Instant { return clock.Now(f) }})
	require.NoError(t, err)
	world := hosttest.NewWorld()
	for _, text := range []string{doubling, caller("main", `{"process":"double","in":[{"name":"n","value":{"expr":"vars.item"}}],"out":[{"name":"y","value":{"expr":"result.total"}}]}`, "")} {
		text = strings.Replace(text, `"kind":"callActivity"`, `"kind":"callActivity","each":{"items":{"expr":"[1, 2, 3]"},"parallel":true,"result":"vars.y","out":"all"}`, 1)
		_, err := world.Define(text)
		require.NoError(t, err)
	}
	// Each process dies before it does anything that follows a commit.
	begin := func() *host.Host {
		return host.New(host.Options{Store: s, Graphs: world, Facts: world, Resolver: world, Clock: f, Immediate: true, Background: func(func()) {}})
	}
	_, _, err = begin().Start(t.Context(), host.StartRequest{ID: "r1", DefinitionKey: "main"})
	require.NoError(t, err)
	done := 0
	for range 20 {
		f.Advance(time.Second)
		h := begin()
		_, err := h.Tick(t.Context())
		require.NoError(t, err)
		page, err := s.ListTasks(t.Context(), store.TaskQuery{Statuses: []store.TaskStatus{store.TaskOpen}})
		require.NoError(t, err)
		for _, task := range page.Tasks {
			if task.Node == "do" {
				done++
				_, err := h.Deliver(t.Context(), task.RunID, core.Event{ID: "t:" + task.ID, Kind: core.TaskCompleted, Wait: core.WaitID(task.ID)})
				require.NoError(t, err)
			}
		}
	}
	require.Equal(t, 3, done)
	v, err := begin().Inspect(t.Context(), "r1")
	require.NoError(t, err)
	require.Equal(t, []any{json.Number("2"), json.Number("4"), json.Number("6")}, v.State.Variables()["all"])
	require.Equal(t, []core.NodeCount{{Node: "after", Count: 1}}, v.State.Nodes())
}

func TestCalledStartIsTheOnlyOneByHand(t *testing.T) {
	for nodes, want := range map[string]string{
		`{"id":"a","kind":"startEvent"}`:                                                           "a true",
		`{"id":"a","kind":"startEvent"},{"id":"b","kind":"startEvent"}`:                            " false",
		`{"id":"a","kind":"startEvent"},{"id":"b","kind":"startEvent","trigger":{"on":"webhook"}}`: "a true",
		`{"id":"a","kind":"setVariables"}`:                                                         " true",
		`{"id":"a","kind":"startEvent","trigger":{"on":"webhook"}},{"id":"b","kind":"task"}`:       " false",
	} {
		def, err := graph.Parse([]byte(`{"format":"fluxo/process@1","key":"k","name":"K","nodes":[` + nodes + `],"flows":[]}`))
		require.NoError(t, err)
		g, findings := graph.Compile(def, graph.Options{})
		require.NotNil(t, g, findings)
		id, ok := g.CalledStart()
		require.Equal(t, want, fmt.Sprintf("%s %v", id, ok), nodes)
	}
}
