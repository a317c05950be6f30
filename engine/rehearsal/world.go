package rehearsal

import (
	"container/heap"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/fluxo-app/fluxo/engine/clock"
	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/expr"
	"github.com/fluxo-app/fluxo/engine/graph"
	"github.com/fluxo-app/fluxo/engine/graph/kind"
	"github.com/fluxo-app/fluxo/engine/host"
	"github.com/fluxo-app/fluxo/engine/message"
	"github.com/fluxo-app/fluxo/engine/store"
	"github.com/fluxo-app/fluxo/engine/store/memstore"
)

// world is one rehearsal: a host with nothing real round it.
type world struct {
	ctx      context.Context
	scenario *Scenario
	keys     []string // of the definitions, in their order
	versions map[string]host.Version
	others   func(ctx context.Context, key string, version int) (Definition, error)
	zone     *time.Location

	clock    *clock.Fake
	store    *memstore.Store
	host     *host.Host
	messages *message.Service
	jobs     []func()

	events   int
	ids      int
	runs     []*run
	byID     map[core.RunID]*run
	records  []Record
	outbox   []Sending
	agenda   agenda
	ordered  int // of agenda entries
	mentions map[core.NodeID]int
	held     map[core.NodeID]bool
	planned  map[core.NodeID][]planned
	coming   map[core.WaitID]bool         // a reply is on its way
	begun    map[core.WaitID]host.Opening // assignments that the scenario decides about
	choices  *choices
	failures []Failure
	refused  bool
	marks    []Mark
	asked    map[core.WaitID]asked
	alone    *offline
	changes  []func(patch map[string]any) // those who see the record
	changed  int                          // times that it has been

	// Of a session: who does what robots do, and what follows from it elsewhere.
	perform func(ctx context.Context, e store.Effect) (Performed, error)
	react   func(ctx context.Context) (acted bool, err error)
	effects map[core.WaitID]store.Effect
	resting map[core.WaitID]bool // asked later, or not at all
	ended   []awaited            // runs for which robots wait
}

// run is one run of the rehearsal, with its state as last read.
type run struct {
	id      core.RunID
	process string
	parent  string
	graph   *graph.Graph
	state   *core.State
	status  core.Status
	end     *core.FailureBody
	stale   bool
}

// planned is a reply that waits for its activity to open.
type planned struct {
	reply Reply
	step  int
}

// entry is something that the clock will reach.
type entry struct {
	at    core.Instant
	order int
	do    func() error
}

type agenda []entry

func (a agenda) Len() int { return len(a) }
func (a agenda) Less(i, j int) bool {
	return a[i].at < a[j].at || a[i].at == a[j].at && a[i].order < a[j].order
}
func (a agenda) Swap(i, j int) { a[i], a[j] = a[j], a[i] }
func (a *agenda) Push(x any)   { *a = append(*a, x.(entry)) }
func (a *agenda) Pop() any {
	last := (*a)[len(*a)-1]
	*a = (*a)[:len(*a)-1]
	return last
}

// errTooLong ends a rehearsal that goes on and on.
var errTooLong = fmt.Errorf("it was stopped after %d events: the process goes round without ever waiting for something that the scenario decides", MaxEvents)

// errTooMuch ends a rehearsal in which a step or two do more than anybody reads.
var errTooMuch = fmt.Errorf("it was stopped after %d records: the process goes round without ever waiting", MaxRecords)

// morning is where the clock begins: a Monday, so that working days are plain.
var morning = time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)

func newWorld(ctx context.Context, defs []Definition, s *Scenario, o Options) (*world, error) {
	zone, err := time.LoadLocation(s.Zone)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrScenario, err)
	}
	at := morning
	if s.At != nil {
		at = *s.At
	}
	w := &world{
		ctx: ctx, scenario: s, zone: zone, others: o.Find, versions: map[string]host.Version{}, clock: clock.NewFake(at),
		byID: map[core.RunID]*run{}, mentions: map[core.NodeID]int{}, held: map[core.NodeID]bool{},
		planned: map[core.NodeID][]planned{}, coming: map[core.WaitID]bool{}, begun: map[core.WaitID]host.Opening{},
		asked: map[core.WaitID]asked{}, perform: o.Perform, react: o.React, effects: map[core.WaitID]store.Effect{}, resting: map[core.WaitID]bool{},
	}
	if o.Clock != nil {
		w.clock = o.Clock
	}
	w.choices = newChoices(s)
	for _, d := range defs {
		if _, twice := w.versions[d.Key]; twice {
			return nil, fmt.Errorf("%w: the key %q is used by two definitions", ErrScenario, d.Key)
		}
		w.keys = append(w.keys, d.Key)
		w.versions[d.Key] = host.Version{Key: d.Key, Number: d.number(), Name: d.Name, Graph: w.choices.apply(d.Key, d.Graph)}
	}
	for _, n := range s.Hold {
		w.held[n] = true
	}
	for i := range s.Steps {
		for _, n := range s.Steps[i].named() {
			w.mentions[n]++
		}
	}
	alone := &offline{compiler: expr.New(expr.Options{}), people: s.People, zone: zone}
	if s.Start != nil {
		alone.record = maps.Clone(s.Start.Record)
	}
	w.alone = alone
	w.changes = []func(map[string]any){func(patch map[string]any) { alone.record = Merge(alone.record, patch) }}
	if o.Change != nil {
		w.changes = append(w.changes, o.Change)
	}
	facts, resolver := o.Facts, o.Resolver
	if facts == nil {
		facts = alone
	}
	if resolver == nil {
		resolver = alone
	}
	w.store = memstore.New(memstore.Options{Now: func() core.Instant { return clock.Now(w.clock) }})
	w.messages = message.New(message.Options{Store: w.store, Acceptor: late{w}, Clock: w.clock, NewID: w.newID, TTL: 24 * time.Hour, Starter: w})
	w.host = host.New(host.Options{
		Store: bounded{w.store, w}, Graphs: w, Facts: chosen{facts, w.choices}, Resolver: captor{resolver, w}, Clock: w.clock, Logger: o.Logger,
		Messages: w.messages, Immediate: true, Steps: 1, Cache: 64, NewID: w.newID,
		Background: func(job func()) { w.jobs = append(w.jobs, job) },
		Observers:  []host.Observer{w.observe},
		Awaiting:   completer{w},
	})
	return w, nil
}

// bounded refuses the steps of a rehearsal that is over. The host goes on with a
// run that never waits within one call, where nothing else would stop it.
type bounded struct {
	*memstore.Store
	w *world
}

// Commit implements store.Runs.
func (b bounded) Commit(ctx context.Context, c store.Commit) (store.Run, error) {
	if err := b.w.over(); err != nil {
		return store.Run{}, err
	}
	return b.Store.Commit(ctx, c)
}

// over tells why the rehearsal must not go on; nil = it may.
func (w *world) over() error {
	switch {
	case w.ctx.Err() != nil:
		return w.ctx.Err()
	case w.events > MaxEvents:
		return errTooLong
	case len(w.records) > MaxRecords:
		return errTooMuch
	}
	return nil
}

// captor keeps what held assignments see; everything else is resolved.
type captor struct {
	host.Resolver
	w *world
}

// Effect implements host.Resolver.
func (c captor) Effect(ctx context.Context, o host.Opening) (store.Effect, error) {
	if n, ok := o.Version.Graph.Node(string(o.Command.Node)); ok && len(n.Assignments) > 0 {
		c.w.begun[o.Command.Wait] = o
		return store.Effect{Config: []byte("{}")}, nil
	}
	return c.Resolver.Effect(ctx, o)
}

// Task implements host.Resolver.
func (c captor) Task(ctx context.Context, o host.Opening) (store.Task, error) {
	if o.Command.NodeKind == "task" {
		return store.Task{Users: []string{"rehearsal"}, Config: []byte("{}")}, nil // nobody does it: it is only held
	}
	return c.Resolver.Task(ctx, o)
}

func (d Definition) number() int { return max(d.Version, 1) }

// late is the host for those who are made before it.
type late struct{ w *world }

// Deliver implements message.Acceptor.
func (l late) Deliver(ctx context.Context, id core.RunID, events ...core.Event) (store.Run, error) {
	return l.w.host.Deliver(ctx, id, events...)
}

func (w *world) newID() string {
	w.ids++
	return "r" + strconv.Itoa(w.ids)
}

// Version implements host.Graphs. What is played stands for any version of its key.
func (w *world) Version(ctx context.Context, key string, number int) (host.Version, error) {
	if v, ok := w.versions[key]; ok {
		return v, nil
	}
	if w.others == nil {
		return host.Version{}, store.ErrNotFound
	}
	d, err := w.others(ctx, key, number)
	if err != nil {
		return host.Version{}, err
	}
	return host.Version{Key: key, Number: d.number(), Name: d.Name, Graph: w.choices.apply(key, d.Graph)}, nil
}

// MessageStarts implements message.Starter.
func (w *world) MessageStarts(_ context.Context, name string) ([]message.Start, error) {
	return w.starts(graph.OpensMessage, name), nil
}

// SignalStarts implements message.Starter.
func (w *world) SignalStarts(_ context.Context, name string) ([]message.Start, error) {
	return w.starts(graph.OpensSignal, name), nil
}

func (w *world) starts(opens graph.Opening, name string) []message.Start {
	var out []message.Start
	for _, key := range w.keys {
		for _, n := range w.versions[key].Graph.Starts() {
			if slices.ContainsFunc(n.Watches, func(x graph.Watch) bool { return x.Opens == opens && x.Name == name }) {
				out = append(out, message.Start{DefinitionKey: key, Node: core.NodeID(n.ID)})
			}
		}
	}
	return out
}

// StartRun implements message.Starter.
func (w *world) StartRun(ctx context.Context, id core.RunID, start message.Start, cause core.Cause, actor string, body core.Values) error {
	version := w.versions[start.DefinitionKey]
	variables := core.Values{}
	if n, ok := version.Graph.Node(string(start.Node)); ok {
		for _, x := range n.Watches {
			if x.Into != "" {
				variables[x.Into] = body
			}
		}
	}
	_, _, err := w.host.Start(ctx, host.StartRequest{ID: id, DefinitionKey: start.DefinitionKey, Node: start.Node, Variables: variables, StartedBy: actor, Cause: &cause})
	return err
}

// observe notes what a commit brought.
func (w *world) observe(_ context.Context, c host.Committed) {
	r := w.byID[c.Run.ID]
	if r == nil {
		r = &run{id: c.Run.ID, process: c.Run.DefinitionKey, parent: c.Run.Parent, graph: c.Version.Graph}
		w.runs, w.byID[r.id] = append(w.runs, r), r
	}
	r.status, r.stale = c.Run.Status, true
	for i := range c.Records {
		e := w.choices.explain(c.Records[i])
		w.records = append(w.records, Record{Run: r.id, Process: r.process, Seq: e.Seq, At: clock.Time(e.At), Kind: e.Kind, Node: e.Node, Flow: e.Flow,
			Token: e.Token, Scope: e.Scope, Wait: e.Wait, Actor: e.Actor, Reason: e.Reason, Body: e.Body})
	}
	w.ask(c)
	for _, t := range c.Timers {
		w.schedule(t.DueAt, func() error { return w.fire(r, t.Wait) })
	}
	for _, e := range c.Effects {
		if _, assigns := w.begun[e.Wait]; assigns {
			continue
		}
		w.effects[e.Wait] = e
		delete(w.resting, e.Wait)
		w.outbox = append(w.outbox, Sending{At: clock.Time(e.CreatedAt), Run: r.id, Node: e.Node, Robot: e.Robot, Config: e.Config})
	}
}

func (w *world) schedule(at core.Instant, do func() error) {
	w.ordered++
	heap.Push(&w.agenda, entry{at: at, order: w.ordered, do: do})
}

// deliver sends events to a run and does what follows from them.
func (w *world) deliver(r *run, events ...core.Event) error {
	for i := range events {
		w.events++
		if err := w.over(); err != nil {
			return err
		}
		if events[i].ID == "" {
			events[i].ID = "rehearsal:" + strconv.Itoa(w.events)
		}
	}
	_, err := w.host.Deliver(w.ctx, r.id, events...)
	if err != nil && !errors.Is(err, store.ErrFinished) && !errors.Is(err, store.ErrDuplicate) {
		return err
	}
	return w.follow()
}

// follow does the host's background work.
func (w *world) follow() error {
	for len(w.jobs) > 0 {
		w.events++
		if err := w.over(); err != nil {
			return err
		}
		job := w.jobs[0]
		w.jobs = w.jobs[1:]
		job()
	}
	if err := w.over(); err != nil {
		return err
	}
	for _, r := range w.runs {
		if r.status == core.Quarantined {
			view, err := w.host.Inspect(w.ctx, r.id)
			if err != nil {
				return err
			}
			return fmt.Errorf("run %s of %s broke down: %s", r.id, r.process, view.Run.Problem)
		}
	}
	return nil
}

// stateOf reads the state of a run when it has changed.
func (w *world) stateOf(r *run) (*core.State, error) {
	if r.stale || r.state == nil {
		view, err := w.host.Inspect(w.ctx, r.id)
		if err != nil {
			return nil, err
		}
		r.state, r.stale, r.end = view.State, false, view.State.Failure()
	}
	return r.state, nil
}

// open is an open wait with the run that it belongs to.
type open struct {
	run  *run
	wait core.Wait
	node *graph.Node
}

// activity tells whether the wait is one that a person or a performer ends.
func (o open) activity() bool {
	switch o.wait.Kind {
	case core.TaskWait, core.EffectWait:
		return true
	}
	return false
}

// waits lists what is open in all runs, the oldest run first.
func (w *world) waits() ([]open, error) {
	var all []open
	for _, r := range w.runs {
		if r.status != core.Active {
			continue
		}
		state, err := w.stateOf(r)
		if err != nil {
			return nil, err
		}
		for _, wait := range state.Waits() {
			if n, ok := r.graph.Node(string(wait.Node)); ok {
				all = append(all, open{run: r, wait: wait, node: n})
			}
		}
	}
	return all, nil
}

// settle ends every activity that nobody decides about, until all that is open
// is held, answered later, or waits for an event.
func (w *world) settle() error {
	for {
		acted, err := w.settleOne()
		if err != nil {
			return err
		}
		if w.react != nil {
			more, err := w.react(w.ctx)
			if err != nil {
				return err
			}
			acted = acted || more
		}
		if !acted {
			return nil
		}
	}
}

func (w *world) settleOne() (bool, error) {
	if len(w.agenda) > 0 && w.agenda[0].at <= clock.Now(w.clock) {
		return true, w.next()
	}
	all, err := w.waits()
	if err != nil {
		return false, err
	}
	if len(w.ended) > 0 {
		return true, w.childEnded(all)
	}
	for _, o := range all {
		if !o.activity() || o.wait.Failed || w.coming[o.wait.ID] {
			continue
		}
		if w.perform != nil {
			if o.wait.Kind == core.EffectWait {
				if acted, err := w.work(o); acted || err != nil {
					return acted, err
				}
			}
			continue
		}
		name := core.NodeID(o.node.ID)
		if plans := w.planned[name]; len(plans) > 0 {
			w.planned[name] = plans[1:]
			return true, w.reply(o, plans[0].reply)
		}
		if w.held[name] || w.mentions[name] > 0 {
			continue
		}
		return true, w.reply(o, Reply{})
	}
	return false, nil
}

// next lets the clock reach the first entry of the agenda.
func (w *world) next() error {
	e := heap.Pop(&w.agenda).(entry)
	if e.at > clock.Now(w.clock) {
		w.clock.Set(clock.Time(e.at))
	}
	return e.do()
}

// advance moves the clock to a moment and lets happen what becomes due.
func (w *world) advance(to time.Time) error {
	end := clock.Instant(to)
	for len(w.agenda) > 0 && w.agenda[0].at <= end {
		if err := w.next(); err != nil {
			return err
		}
		if err := w.settle(); err != nil {
			return err
		}
	}
	if end > clock.Now(w.clock) {
		w.clock.Set(to)
	}
	_, err := w.messages.Tick(w.ctx)
	return err
}

// fire lets a timer fire if it is still armed.
func (w *world) fire(r *run, wait core.WaitID) error {
	if r.status != core.Active {
		return nil
	}
	state, err := w.stateOf(r)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(state.Waits(), func(o core.Wait) bool { return o.ID == wait }) {
		return nil
	}
	return w.deliver(r, core.Event{ID: "timer:" + string(wait), Kind: core.TimerFired, Wait: wait})
}

// reply ends an activity now or after its delay.
func (w *world) reply(o open, r Reply) error {
	if r.Delay == "" {
		return w.end(o, r)
	}
	pause, err := length(r.Delay)
	if err != nil {
		return err
	}
	w.coming[o.wait.ID] = true
	w.schedule(clock.Instant(pause.From(w.clock.Now())), func() error {
		delete(w.coming, o.wait.ID)
		// Whatever has become of the activity: a late answer is an event as well.
		return w.end(o, r)
	})
	return nil
}

func (w *world) end(o open, r Reply) error {
	event := core.Event{Wait: o.wait.ID, Actor: r.By}
	var body any
	switch {
	case r.Error != "":
		event.Kind, body = core.WaitFailed, core.FailureBody{Code: r.Error, Thrown: true, Message: "the scenario answers with the error " + r.Error}
	case r.Failure != nil:
		text := r.Failure.Message
		if text == "" {
			text = "the scenario lets it fail"
		}
		event.Kind, body = core.WaitFailed, core.FailureBody{Code: r.Failure.Code, Message: text}
	case o.wait.Kind == core.TaskWait:
		outcome := r.Outcome
		if outcome == "" {
			outcome = o.node.NormalPort
		}
		event.Kind, body = core.TaskCompleted, core.TaskBody{Outcome: outcome, Result: w.told(o, r, outcome)}
	default:
		if len(o.node.Assignments) > 0 && r.Variables == nil {
			computed, failure := w.assign(o)
			if failure != nil {
				event.Kind, body = core.WaitFailed, *failure
				break
			}
			r.Variables = computed
		}
		event.Kind, body = core.EffectCompleted, core.EffectBody{Port: r.Port, Result: r.Result, Variables: r.Variables}
	}
	text, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrScenario, err)
	}
	event.Body = text
	if o.wait.Kind == core.TaskWait && len(r.Variables) > 0 {
		if err := w.set(o.run, r.Variables, r.By); err != nil {
			return err
		}
	}
	return w.deliver(o.run, event)
}

// assign computes what a held assignment sets, with the values of the moment at
// which it began.
func (w *world) assign(o open) (core.Values, *core.FailureBody) {
	begun := w.begun[o.wait.ID]
	names := core.Values{}
	for name, value := range begun.Command.Scope {
		names[name] = value
	}
	vars := core.Values{}
	if before, ok := names["vars"].(core.Values); ok {
		vars = maps.Clone(before)
	}
	names["vars"] = vars
	out := core.Values{}
	for _, a := range o.node.Assignments {
		value := a.Literal
		if a.Expr != "" {
			var err error
			if value, err = begun.Facts.Eval(a.Expr, names, begun.At); err != nil {
				return nil, &core.FailureBody{Code: "expression_failed", Message: err.Error()}
			}
		}
		vars[a.Name], out[a.Name] = value, value
	}
	return out, nil
}

func (w *world) set(r *run, values core.Values, by string) error {
	text, err := json.Marshal(core.VariablesBody{Set: values})
	if err != nil {
		return fmt.Errorf("%w: %w", ErrScenario, err)
	}
	return w.deliver(r, core.Event{Kind: core.VariablesChanged, Actor: by, Body: text})
}

// leaf tells whether a node is an activity without a scope of its own.
func leaf(n *graph.Node) bool {
	return n.Kind.Role == kind.Activity && n.Inner == graph.None
}
