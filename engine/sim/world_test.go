package sim

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/fluxo-app/fluxo/engine/clock"
	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/effect"
	"github.com/fluxo-app/fluxo/engine/host"
	"github.com/fluxo-app/fluxo/engine/host/hosttest"
	"github.com/fluxo-app/fluxo/engine/message"
	"github.com/fluxo-app/fluxo/engine/robot"
	"github.com/fluxo-app/fluxo/engine/share"
	"github.com/fluxo-app/fluxo/engine/store"
	"github.com/fluxo-app/fluxo/engine/task"
	"github.com/fluxo-app/fluxo/engine/timer"
)

// Process is what every simulated run goes through: a person, robots, a timer, a
// message and a join of all three.
const Process = `{"format":"fluxo/process@1","key":"sim","name":"Simulated","parameters":[{"name":"order","type":"string"}],
	"variables":[{"name":"body","type":"object"},{"name":"count","type":"number","default":0}],
	"nodes":[{"id":"begin","kind":"startEvent"},
		{"id":"first","kind":"robot","robot":"work"},
		{"id":"fork","kind":"parallelGateway"},
		{"id":"person","kind":"userTask","config":{"assignee":"ann"}},
		{"id":"send","kind":"robot","robot":"send"},
		{"id":"pause","kind":"catchEvent","trigger":{"timer":{"after":"PT5M"}}},
		{"id":"paid","kind":"catchEvent","trigger":{"message":{"name":"paid","key":{"expr":"params.order"},"into":"body"}}},
		{"id":"join","kind":"parallelGateway"},
		{"id":"count","kind":"setVariables","config":{"set":[{"name":"count","value":{"expr":"vars.count + 1"}}]}},
		{"id":"last","kind":"robot","robot":"work"},
		{"id":"end","kind":"endEvent"}],
	"flows":[{"id":"f1","from":"begin","to":"first"},{"id":"f2","from":"first","to":"fork"},
		{"id":"f3","from":"fork","to":"person"},{"id":"f4","from":"fork","to":"pause"},{"id":"f5","from":"fork","to":"paid"},
		{"id":"f6","from":"person","to":"send"},{"id":"f7","from":"send","to":"join"},{"id":"f8","from":"pause","to":"join"},{"id":"f9","from":"paid","to":"join"},
		{"id":"f10","from":"join","to":"count"},{"id":"f11","from":"count","to":"last"},{"id":"f12","from":"last","to":"end"}]}`

// Options of a simulation.
type Options struct {
	Seed      uint64
	Store     func(now func() core.Instant) store.Store // the shared store, empty
	Immediate bool                                      // the store copies in the commit
	Hosts     int
	Runs      int // of Process
	Wide      int // of Wide, which send messages to each other
	Actions   int
	Faults    int // per thousand calls, each kind of failure about half of it
}

// World is one simulation.
type World struct {
	o      Options
	ctx    context.Context
	random *rand.Rand
	clock  *clock.Fake
	shared store.Store
	defs   *hosttest.World
	hosts  []*process
	boots  int
	leased int // times that a run was reserved
	depth  int
	healed bool
	late   []lateCopy
	log    []string // the last calls, for the report

	started   map[core.RunID]bool // acknowledged
	asked     map[core.RunID]bool
	accepted  map[string]core.RunID // acknowledged variable changes, by event id
	truth     map[core.RunID][]store.Outbox
	effects   map[string]bool // committed
	performed map[string]int
	closed    map[string]bool // tasks seen closed
	problems  []error
	events    int
	signal    string          // that has to be thrown again
	signals   int             // thrown
	told      map[string]bool // run and signal, acknowledged
}

type lateCopy struct {
	run     core.RunID
	entries []store.Outbox
}

// process is one host with its loops.
type process struct {
	name     string
	store    *faulty
	host     *host.Host
	effects  *effect.Executor
	timers   *timer.Loop
	members  *share.Members // nil: the store is not shared by several processes
	messages *message.Service
	tasks    *task.Service
	jobs     []func()
	busy     bool // in the middle of an action
}

type link struct{ *host.Host }

// skewed is the shared clock as one machine sees it.
type skewed struct {
	*clock.Fake
	by time.Duration
}

// Now is off by a constant.
func (s skewed) Now() time.Time { return s.Fake.Now().Add(s.by) }

// Sleep does not wait: everything runs in turn, and nothing may block it.
func (s skewed) Sleep(ctx context.Context, d time.Duration) error {
	if d < time.Second {
		return ctx.Err() // the pause of a lost race
	}
	return s.Fake.Sleep(ctx, d)
}

// New makes a world; Run plays it.
func New(ctx context.Context, o Options) (*World, error) {
	w := &World{
		o: o, ctx: ctx, random: rand.New(rand.NewPCG(o.Seed, 1)), //nolint:gosec // a seed is the point
		clock: clock.NewFake(time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)), defs: hosttest.NewWorld(),
		started: map[core.RunID]bool{}, asked: map[core.RunID]bool{}, accepted: map[string]core.RunID{}, truth: map[core.RunID][]store.Outbox{},
		effects: map[string]bool{}, performed: map[string]int{}, closed: map[string]bool{},
		told: map[string]bool{},
	}
	w.shared = o.Store(func() core.Instant { return clock.Now(w.clock) })
	for _, text := range []string{Process, Wide, Small} {
		if _, err := w.defs.Define(text); err != nil {
			return nil, err
		}
	}
	for i := range o.Hosts {
		w.hosts = append(w.hosts, w.boot(fmt.Sprintf("h%d", i)))
	}
	return w, nil
}

// boot starts a process with an empty memory.
func (w *World) boot(name string) *process {
	p := &process{name: name}
	p.store = &faulty{Store: w.shared, world: w, name: name}
	var s store.Store = p.store
	w.boots++
	owner := fmt.Sprintf("%s-%d", name, w.boots)
	c := skewed{Fake: w.clock, by: time.Duration(w.random.IntN(240)-120) * time.Second}
	l := &link{}
	p.effects = effect.New(effect.Options{Store: p.store, Acceptor: l, Clock: c, Owner: name, Slots: 1,
		Performers: robot.NewCatalog(hosttest.Robot{Key: "work", Do: w.perform}, hosttest.Robot{Key: "send", Class: robot.Unkeyed, Do: w.send}),
		Policy:     effect.Policy{Tries: 1000, First: time.Second, Most: 10 * time.Second, Resend: true, Timeout: time.Hour}})
	if inner, ok := w.shared.(store.Sharing); ok {
		sharing := &faultySharing{faulty: p.store, sharing: inner}
		s, p.members = sharing, share.New(share.Options{Store: sharing, Clock: c, Owner: owner})
	}
	p.timers = timer.New(timer.Options{Store: s, Acceptor: l, Clock: c, Workers: 1, Members: p.members})
	p.messages = message.New(message.Options{Store: p.store, Acceptor: l, Clock: c, TTL: 24 * time.Hour, Members: p.members})
	p.tasks = task.New(task.Options{Store: p.store, Acceptor: l, Clock: c, Members: p.members})
	ids := 0
	p.host = host.New(host.Options{
		Store: s, Graphs: w.defs, Facts: w.defs, Resolver: w.defs, Clock: c, Immediate: w.o.Immediate, Owner: owner, Members: p.members,
		Effects: p.effects, Awaiting: p.effects, Messages: p.messages, Steps: 1, Cache: 4,
		NewID:      func() string { ids++; return fmt.Sprintf("%s-%d", name, ids) },
		Background: func(job func()) { p.jobs = append(p.jobs, job) },
	})
	l.Host = p.host
	return p
}

func (w *World) perform(_ context.Context, req robot.Request) (robot.Result, error) {
	if !w.effects[req.EffectID] {
		w.problem("effect %s runs without having been committed", req.EffectID)
	}
	w.performed[req.EffectID]++
	if !w.healed && w.random.IntN(5) == 0 {
		return robot.Result{}, &robot.Failure{Kind: robot.Temporary, Code: "busy", Message: "try later"}
	}
	return robot.Result{Values: map[string]any{"n": 1}}, nil
}

func (w *World) send(ctx context.Context, req robot.Request) (robot.Result, error) {
	if err := req.Sending(ctx); err != nil {
		return robot.Result{}, err
	}
	return w.perform(ctx, req)
}

func (w *World) problem(format string, args ...any) {
	w.problems = append(w.problems, fmt.Errorf(format, args...))
}

func (w *World) trace(host, op string) {
	const most = 400
	w.log = append(w.log, strings.Repeat("  ", w.depth)+host+" "+op)
	if len(w.log) > most {
		w.log = w.log[len(w.log)-most:]
	}
}

// committed notes what the store has taken: from here on it is the truth.
func (w *World) committed(run core.RunID, entries []store.Outbox) {
	ended := map[string]bool{}
	for _, e := range w.truth[run] {
		if strings.HasPrefix(string(e.Kind), "end") {
			ended[string(e.Kind)[3:]+e.ID] = true
		}
	}
	for _, e := range entries {
		if e.Kind == store.PutEffect {
			w.effects[e.ID] = true
		}
		if kind := string(e.Kind); kind != string(store.PutRecord) && ended[strings.ToUpper(kind[:1])+kind[1:]+e.ID] {
			w.problem("%s %s of run %s is opened again", e.Kind, e.ID, run)
		}
	}
	w.truth[run] = append(w.truth[run], entries...)
}

// meddle lets another process act in the middle of a call of this one.
func (w *World) meddle(caller *faulty) {
	if w.depth >= 2 || w.random.IntN(8) != 0 {
		return
	}
	p := w.hosts[w.random.IntN(len(w.hosts))]
	if p.store == caller || p.busy {
		return
	}
	w.depth++
	defer func() { w.depth-- }()
	w.act(p)
}

// Run plays the actions, heals the store, lets everything end and checks.
func (w *World) Run() error {
	for range w.o.Actions {
		if w.random.IntN(3) == 0 {
			w.clock.Advance(time.Duration(w.random.IntN(40_000)) * time.Millisecond)
		}
		if len(w.late) > 0 && w.random.IntN(3) == 0 {
			// A copy that was under way for a long time arrives once more.
			c := w.late[w.random.IntN(len(w.late))]
			if err := w.shared.Copy(w.ctx, c.run, c.entries); err != nil {
				w.problem("late copy: %w", err)
			}
		}
		w.act(w.hosts[w.random.IntN(len(w.hosts))])
		if err := w.watch(); err != nil {
			return w.report(err)
		}
	}
	w.healed = true
	if err := w.finish(); err != nil {
		return w.report(err)
	}
	w.check()
	return w.report(errors.Join(w.problems...))
}

func (w *World) report(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("seed %d (immediate %t): %w\nthe last calls:\n%s", w.o.Seed, w.o.Immediate, err, strings.Join(w.log, "\n"))
}

// act lets a process do one thing and, should it have died of it, replaces it.
func (w *World) act(p *process) {
	p.busy = true
	w.step(p)
	for len(p.jobs) > 0 && !p.store.dead {
		job := p.jobs[0]
		p.jobs = p.jobs[1:]
		job()
	}
	p.busy = false
	if p.store.dead || !w.healed && w.random.IntN(100) == 0 {
		p.store.dead = true
		i := slices.Index(w.hosts, p)
		w.hosts[i] = w.boot(p.name)
	}
}

func (w *World) step(p *process) {
	request := w.request(w.random.IntN(w.o.Runs + w.o.Wide))
	run := request.ID
	switch n := w.random.IntN(100); {
	case n < 12:
		w.asked[run] = true
		_, _, err := p.host.Start(w.ctx, request)
		w.started[run] = w.started[run] || err == nil
	case n < 30:
		_, _ = p.host.Tick(w.ctx)
	case n < 50:
		_, _ = p.effects.Tick(w.ctx)
	case n < 62:
		w.beat(p)
		_, _ = p.timers.Tick(w.ctx)
	case n < 68:
		_, _ = p.tasks.Tick(w.ctx)
	case n < 80:
		w.complete(p, run)
	case n < 88 && request.DefinitionKey == "wide":
		_ = w.broadcast(p)
	case n < 88:
		_, _ = p.messages.Publish(w.ctx, message.Publication{ID: "m-" + string(run), Name: "paid", Key: string(run)})
	default:
		w.events++
		id := fmt.Sprintf("e%d", w.events)
		_, err := p.host.SetVariables(w.ctx, run, id, "eve", core.VariablesBody{Set: core.Values{"v_" + id: true}})
		if err == nil || errors.Is(err, store.ErrDuplicate) {
			w.accepted["op:"+id] = run
		} else if w.random.IntN(2) == 0 {
			// The caller does not know and asks again, elsewhere.
			other := w.hosts[w.random.IntN(len(w.hosts))]
			if !other.busy && !other.store.dead {
				other.busy = true
				defer func() { other.busy = false }()
				_, err = other.host.SetVariables(w.ctx, run, id, "eve", core.VariablesBody{Set: core.Values{"v_" + id: true}})
				if err == nil || errors.Is(err, store.ErrDuplicate) {
					w.accepted["op:"+id] = run
				}
			}
		}
	}
}

func (w *World) complete(p *process, run core.RunID) {
	page, err := w.shared.ListTasks(w.ctx, store.TaskQuery{RunID: run, Statuses: []store.TaskStatus{store.TaskOpen, store.TaskClaimed}})
	if err != nil || len(page.Tasks) == 0 {
		return
	}
	answer := task.Answer{Comment: "done"}
	if w.random.IntN(3) == 0 {
		answer.UndoFor = 6 * time.Second
	}
	_, _ = p.tasks.Complete(w.ctx, page.Tasks[0].ID, task.Actor{User: "ann"}, answer)
}

// watch sees that nothing closed comes back.
func (w *World) watch() error {
	page, err := w.shared.ListTasks(w.ctx, store.TaskQuery{Limit: store.MaxLimit})
	if err != nil {
		return err
	}
	for _, t := range page.Tasks {
		if t.Status.Closed() {
			w.closed[t.ID] = true
		} else if w.closed[t.ID] {
			return fmt.Errorf("task %s was closed and is %s again", t.ID, t.Status)
		}
	}
	return errors.Join(w.problems...)
}

// finish heals everything and drives every run to its end.
func (w *World) finish() error {
	for i, p := range w.hosts {
		if p.store.dead {
			w.hosts[i] = w.boot(p.name)
		}
	}
	for round := range 60 {
		w.clock.Advance(time.Minute)
		for _, p := range w.hosts {
			for i := range w.o.Runs + w.o.Wide {
				request := w.request(i)
				run := request.ID
				if round == 0 {
					if _, _, err := p.host.Start(w.ctx, request); err != nil {
						return fmt.Errorf("start: %w", err)
					}
				}
				if round == 0 && request.DefinitionKey == "sim" {
					if _, err := p.messages.Publish(w.ctx, message.Publication{ID: "m-" + string(run), Name: "paid", Key: string(run)}); err != nil {
						return fmt.Errorf("publish: %w", err)
					}
				}
				w.complete(p, run)
			}
			if round%5 == 4 {
				if err := w.broadcast(p); err != nil {
					return fmt.Errorf("broadcast: %w", err)
				}
			}
			w.beat(p)
			_, err1 := p.host.Tick(w.ctx)
			_, err2 := p.effects.Tick(w.ctx)
			_, err3 := p.timers.Tick(w.ctx)
			_, err4 := p.tasks.Tick(w.ctx)
			w.act(p)
			if err := errors.Join(err1, err2, err3, err4); err != nil {
				return fmt.Errorf("with a healthy store: %w", err)
			}
		}
		if w.ended() && round > 5 {
			return nil
		}
	}
	return w.stuck()
}

func (w *World) ended() bool {
	page, err := w.shared.List(w.ctx, store.RunQuery{Limit: store.MaxLimit})
	return err == nil && len(page.Runs) >= w.o.Runs+w.o.Wide && !slices.ContainsFunc(page.Runs, func(r store.Run) bool { return !store.Ended(r.Status) })
}

func (w *World) stuck() error {
	var b strings.Builder
	page, err := w.shared.List(w.ctx, store.RunQuery{Limit: store.MaxLimit})
	if err != nil {
		return err
	}
	for _, r := range page.Runs {
		fmt.Fprintf(&b, " %s: %s at %v, incidents %d, problem %q;", r.ID, r.Status, r.Nodes, r.Incidents, r.Problem)
	}
	return fmt.Errorf("not every run has ended:%s", b.String())
}

// check compares everything that is left with what was committed.
func (w *World) check() {
	for id := range w.started {
		if w.started[id] && len(w.truth[id]) == 0 {
			w.problem("run %s was acknowledged and is lost", id)
		}
	}
	for id, entries := range w.truth {
		w.checkRun(id, entries)
	}
	page, err := w.shared.List(w.ctx, store.RunQuery{Limit: store.MaxLimit})
	if err != nil {
		w.problem("list runs: %w", err)
	}
	w.checkChildren(page.Runs)
	for event, id := range w.accepted {
		n := 0
		for _, r := range w.records(w.truth[id]) {
			if r.Kind == core.RecordVariablesChanged && r.Actor == "eve" && strings.Contains(fmt.Sprint(r.Body), "v_"+strings.TrimPrefix(event, "op:")+":") {
				n++
			}
			if r.Kind == core.RecordEventIgnored && r.Body["event"] == event {
				n++ // it came after the end
			}
		}
		if n != 1 {
			w.problem("event %s of run %s was accepted and applied %d times", event, id, n)
		}
	}
}

func (w *World) records(entries []store.Outbox) []core.Record {
	var out []core.Record
	for _, e := range entries {
		if e.Kind != store.PutRecord {
			continue
		}
		var r core.Record
		if err := json.Unmarshal(e.Body, &r); err != nil {
			w.problem("record %s: %w", e.ID, err)
		}
		out = append(out, r)
	}
	return out
}

func (w *World) checkRun(id core.RunID, entries []store.Outbox) {
	run, err := w.shared.Load(w.ctx, id)
	if err != nil {
		w.problem("run %s: %w", id, err)
		return
	}
	want := w.records(entries)
	got, err := w.shared.Records(w.ctx, id, 1, store.MaxLimit)
	if err != nil || len(got) != len(want) || int64(len(got)) != run.Seq {
		w.problem("run %s: %d records copied, %d committed, seq %d: %v", id, len(got), len(want), run.Seq, err)
		return
	}
	entered := map[core.NodeID]int{}
	for i := range got {
		a, _ := json.Marshal(got[i])
		b, _ := json.Marshal(want[i])
		if got[i].Seq != int64(i+1) || string(a) != string(b) {
			w.problem("run %s: record %d is %s, committed was %s", id, i+1, a, b)
		}
		if got[i].Kind == core.RecordNodeEntered {
			entered[got[i].Node]++
		}
	}
	if run.Status != core.Completed {
		w.problem("run %s is %s", id, run.Status)
		return
	}
	switch run.DefinitionKey {
	case "wide":
		w.checkWide(id, got)
		w.checkClosed(id, entries, 5)
	case "small":
		w.checkClosed(id, entries, 1)
	default:
		for _, node := range []core.NodeID{"begin", "first", "fork", "person", "send", "pause", "paid", "join", "count", "last", "end"} {
			if entered[node] != 1 && node != "join" || entered[node] < 1 {
				w.problem("run %s entered %s %d times", id, node, entered[node])
			}
		}
		w.checkClosed(id, entries, 3)
	}
	if len(run.Outbox) > 0 {
		w.problem("run %s has %d outbox entries left", id, len(run.Outbox))
	}
}

// closings lists what was committed besides records, for the report.
func closings(entries []store.Outbox) string {
	var b strings.Builder
	for _, e := range entries {
		if e.Kind != store.PutRecord {
			fmt.Fprintf(&b, " %s %s", e.Kind, e.ID)
		}
	}
	return b.String()
}
