package host_test

import (
	"context"
	"encoding/json"
	"errors"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"github.com/fluxo-app/fluxo/engine/clock"
	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/graph"
	"github.com/fluxo-app/fluxo/engine/host"
	"github.com/fluxo-app/fluxo/engine/script"
	"github.com/fluxo-app/fluxo/engine/store"
	"github.com/fluxo-app/fluxo/engine/store/memstore"
	"github.com/fluxo-app/fluxo/engine/store/sqlitedb"
	"github.com/fluxo-app/fluxo/engine/store/sqlitestore"
)

// driver runs scripts through a host and a store: every event is committed,
// every record is read back from the derived copies.
type driver struct {
	tb    testing.TB
	ctx   context.Context
	clock *clock.Fake
	store store.Store
	host  *host.Host
	id    core.RunID
	graph *graph.Graph
	later []*graph.Graph // further versions
	eval  *script.Facts

	callee *graph.Graph
	jobs   []func() // what follows commits; done before the next event
}

// The driver is the whole world of its host: one definition, no configs.
func (d *driver) Version(_ context.Context, key string, number int) (host.Version, error) {
	if key == "callee" {
		return host.Version{Key: key, Number: 1, Name: "Callee", Graph: d.callee}, nil
	}
	g := d.graph
	if number > 1 {
		g = d.later[number-2]
	}
	return host.Version{Key: "script", Number: max(number, 1), Name: "Script", Graph: g}, nil
}

// Migrate moves the run as an operator does, and compares with what is promised.
func (d *driver) Migrate(to *graph.Graph, ev core.Event, body core.MigrateBody) (core.Output, core.Migration, error) {
	before, err := d.State()
	if err != nil {
		return core.Output{}, core.Migration{}, err
	}
	d.later = append(d.later, to)
	move := host.Move{Version: len(d.later) + 1, Mapping: body.Mapping, Reason: body.Reason}
	promised, err := d.host.PreviewMigration(d.ctx, d.id, move)
	if err != nil {
		return core.Output{}, core.Migration{}, err
	}
	run, plan, err := d.host.Migrate(d.ctx, d.id, ev.ID, ev.Actor, move)
	if err != nil {
		return core.Output{}, plan, err
	}
	if !reflect.DeepEqual(&plan, promised.Plan) {
		d.tb.Errorf("the preview promised %+v, the migration did %+v", promised.Plan, plan)
	}
	records, err := d.store.Records(d.ctx, d.id, before.Seq()+1, store.MaxLimit)
	if err != nil {
		return core.Output{}, plan, err
	}
	for i := range records {
		if records[i].Kind == core.RecordRunMigrated { // scripts know two versions
			records[i].Body["fromVersion"], records[i].Body["toVersion"] = body.From, body.To
		}
	}
	if plan.Verdict == core.Moves && (run.GraphHash != to.Hash || run.Version != move.Version) {
		d.tb.Errorf("the run is at version %d, graph %s", run.Version, run.GraphHash)
	}
	d.check(run)
	return core.Output{Records: records}, plan, nil
}

func (d *driver) Evaluator(context.Context, store.Run, host.Version, core.Instant) (core.Evaluator, error) {
	return d.eval, nil
}

func (d *driver) Task(context.Context, host.Opening) (store.Task, error) {
	return store.Task{Users: []string{"olga"}}, nil
}

func (d *driver) Effect(context.Context, host.Opening) (store.Effect, error) {
	return store.Effect{}, nil
}

// Timer arms for never: the script fires timers itself.
func (d *driver) Timer(_ context.Context, o host.Opening) (host.Due, error) {
	return host.Due{At: o.At + 1e15, Armed: true}, nil
}

func (d *driver) Message(_ context.Context, o host.Opening) (name, key string, err error) {
	return string(o.Command.Node), "", nil
}

// Child calls a process that waits: the script ends it itself.
func (d *driver) Child(context.Context, host.Opening) (host.StartRequest, error) {
	return host.StartRequest{DefinitionKey: "callee"}, nil
}

const callee = `{"format":"fluxo/process@1","key":"callee","name":"Callee","nodes":[
	{"id":"s","kind":"startEvent"},{"id":"wait","kind":"userTask","config":{"assignee":"olga"}}],"flows":[{"id":"f","from":"s","to":"wait"}]}`

func newDriver(tb testing.TB, s store.Store, f *clock.Fake, immediate bool, g *graph.Graph, run core.RunID) *driver {
	d := &driver{tb: tb, ctx: context.Background(), clock: f, store: s, id: run, graph: g, eval: script.NewFacts()}
	def, err := graph.Parse([]byte(callee))
	if err != nil {
		tb.Fatal(err)
	}
	if d.callee, _ = graph.Compile(def, graph.Options{}); d.callee == nil {
		tb.Fatal("the callee does not compile")
	}
	// No cache: every step starts from what is stored.
	d.host = host.New(host.Options{Store: s, Graphs: d, Facts: d, Resolver: d, Clock: f, Immediate: immediate, Cache: -1, Budget: core.StepBudget,
		Background: func(job func()) { d.jobs = append(d.jobs, job) }})
	return d
}

// at is the version that the run is pinned to.
func (d *driver) at() *graph.Graph {
	run, err := d.store.Load(d.ctx, d.id)
	if err != nil || run.Version < 2 {
		return d.graph
	}
	return d.later[run.Version-2]
}

// SetRecord implements script.Recorder.
func (d *driver) SetRecord(fields core.Values) { d.eval.SetRecord(fields) }

// State is the run as it is stored.
func (d *driver) State() (*core.State, error) {
	view, err := d.host.Inspect(d.ctx, d.id)
	if errors.Is(err, store.ErrNotFound) {
		return core.NewState(d.id), nil
	}
	return view.State, err
}

// Apply gives events to the host and returns the records that were copied.
func (d *driver) Apply(events ...core.Event) (core.Output, error) {
	before, err := d.State()
	if err != nil {
		return core.Output{}, err
	}
	d.clock.Set(clock.Time(events[0].At).Add(time.Second))
	switch events[0].Kind {
	case core.RunStarted:
		var body core.StartBody
		if err := json.Unmarshal(events[0].Body, &body); err != nil {
			return core.Output{}, err
		}
		var created bool
		_, created, err = d.host.Start(d.ctx, host.StartRequest{ID: d.id, DefinitionKey: "script", Node: body.Node,
			Parameters: body.Parameters, Variables: body.Variables, Record: body.Record, StartedBy: events[0].Actor})
		if err == nil && !created {
			err = store.ErrDuplicate
		}
	default:
		_, err = d.host.Deliver(d.ctx, d.id, events...)
	}
	for len(d.jobs) > 0 {
		job := d.jobs[0]
		d.jobs = d.jobs[1:]
		job()
	}
	if errors.Is(err, store.ErrDuplicate) || errors.Is(err, store.ErrFinished) || errors.Is(err, store.ErrNotFound) {
		// The host refuses what the core would only note; nothing may have changed.
		after, stateErr := d.State()
		if stateErr != nil || after.Seq() != before.Seq() {
			d.tb.Errorf("a refused event changed the run: %v", stateErr)
		}
		_, out, foldErr := core.Fold(d.at(), before, events, d.eval, 0)
		out.Commands = nil
		return out, foldErr
	}
	if err != nil {
		return core.Output{}, err
	}
	records, err := d.store.Records(d.ctx, d.id, before.Seq()+1, store.MaxLimit)
	if err != nil {
		return core.Output{}, err
	}
	run, err := d.store.Load(d.ctx, d.id)
	if err != nil {
		return core.Output{}, err
	}
	if want := int(run.Seq - before.Seq()); len(records) != want {
		d.tb.Errorf("%d records were copied, %d committed", len(records), want)
	}
	d.check(run)
	return core.Output{Records: records}, nil
}

// check compares the derived copies with the state they come from.
func (d *driver) check(run store.Run) {
	d.tb.Helper()
	state, err := d.State()
	if err != nil {
		d.tb.Fatal(err)
	}
	open := map[core.WaitKind]int{}
	for _, w := range state.Waits() {
		switch w.Kind {
		case core.TimeoutWait:
			w.Kind = core.TimerWait
		case core.SignalWait:
			w.Kind = core.MessageWait
		case core.ConditionWait:
			if n, _ := d.at().Node(string(w.Node)); run.RecordID != "" && n.Watches[w.Part].Record {
				w.Kind = core.MessageWait
			}
		}
		open[w.Kind]++
	}
	tasks, err := d.store.ListTasks(d.ctx, store.TaskQuery{RunID: d.id, Statuses: []store.TaskStatus{store.TaskOpen}, Limit: store.MaxLimit})
	timers, err2 := d.store.RunTimers(d.ctx, d.id)
	subs, err3 := d.store.RunSubscriptions(d.ctx, d.id)
	incidents, err4 := d.store.RunIncidents(d.ctx, d.id)
	if err := errors.Join(err, err2, err3, err4); err != nil {
		d.tb.Fatal(err)
	}
	if len(tasks.Tasks) != open[core.TaskWait] || len(timers) != open[core.TimerWait] || len(subs) != open[core.MessageWait] {
		d.tb.Errorf("copies: %d tasks %d timers %d subscriptions; state: %v", len(tasks.Tasks), len(timers), len(subs), open)
	}
	unresolved := 0
	for _, i := range incidents {
		if i.ResolvedAt == 0 {
			unresolved++
		}
	}
	if unresolved != len(state.Incidents()) && !store.Ended(run.Status) {
		d.tb.Errorf("copies: %d incidents; state: %v", unresolved, state.Incidents())
	}
}

func TestScriptsOnMemstore(t *testing.T) {
	for _, lazy := range []bool{false, true} {
		name := "immediate"
		if lazy {
			name = "lazy"
		}
		t.Run(name, func(t *testing.T) {
			script.Run(t, "../script/testdata/*.txt", script.Options{New: func(tb testing.TB, g *graph.Graph, run core.RunID) script.Driver {
				f := clock.NewFake(time.UnixMilli(0))
				s := memstore.New(memstore.Options{Now: func() core.Instant { return clock.Now(f) }, Lazy: lazy})
				return newDriver(tb, s, f, !lazy, g, run)
			}})
		})
	}
}

// TestScriptsOnSQLite runs all scripts over the embedded store; under the race
// detector, which makes opening a database slow, one in four.
func TestScriptsOnSQLite(t *testing.T) {
	every := 0
	if testing.Short() {
		every = 4
	}
	script.Run(t, "../script/testdata/*.txt", script.Options{Every: every, New: func(tb testing.TB, g *graph.Graph, run core.RunID) script.Driver {
		f := clock.NewFake(time.UnixMilli(0))
		db, err := sqlitedb.Open(context.Background(), filepath.Join(tb.TempDir(), "fluxo.db"), sqlitedb.Options{})
		if err != nil {
			tb.Fatal(err)
		}
		tb.Cleanup(func() {
			if err := db.Close(); err != nil {
				tb.Error(err)
			}
		})
		s, err := sqlitestore.New(context.Background(), db, sqlitestore.Options{Now: func() core.Instant { return clock.Now(f) }})
		if err != nil {
			tb.Fatal(err)
		}
		return newDriver(tb, s, f, true, g, run)
	}})
}
