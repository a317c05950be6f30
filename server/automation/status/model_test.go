package status

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/engine/clock"
	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/graph"
	"github.com/fluxo-app/fluxo/engine/script"
	"github.com/fluxo-app/fluxo/server/automation/board"
	"github.com/fluxo-app/fluxo/server/docstore"
)

// slow is the robot of steps that end when the test says so; others end at once.
const slow = "slow"

// model is what should happen: one handler at a time, step by step.
type model struct {
	t       Content
	n       int // of the record
	now     time.Duration
	status  Status
	next    string
	todo    []Step
	exiting bool
	waits   bool
	blocked bool
	ended   bool
	entered time.Duration
	due     map[string]bool
	done    map[string]bool
	log     []string
	loops   int
}

func (m *model) say(what, id string) { m.log = append(m.log, what+" "+id) }

func (m *model) enter(id string) {
	m.status, _ = m.t.status(id)
	m.say("enter", id)
	m.next, m.exiting, m.entered, m.due, m.done = "", false, m.now, map[string]bool{}, map[string]bool{}
	m.todo = m.status.Entry
}

// run goes on until something has to come from outside.
func (m *model) run() {
	for ; m.loops < 60; m.loops++ {
		for len(m.todo) > 0 {
			s := m.todo[0]
			m.todo = m.todo[1:]
			if s.Disabled || s.When != "" && m.n < least(s) {
				continue
			}
			if t, is := s.target(); is {
				m.say("set", s.ID)
				if m.next = t.Status; t.Immediate {
					m.todo = nil
				}
				continue
			}
			m.say("act", s.ID)
			if s.Robot == slow {
				m.blocked = true
				return
			}
		}
		switch {
		case m.exiting:
			m.enter(m.next)
			continue
		case m.next != "":
			m.exiting, m.todo = true, m.status.Exit
			continue
		}
		open := slices.ContainsFunc(m.status.Delays, func(d Delay) bool { return !m.done[d.ID] })
		if len(m.status.Commands) == 0 && !open {
			m.ended = true
			return
		}
		at := slices.IndexFunc(m.status.Delays, func(d Delay) bool { return m.due[d.ID] && !m.done[d.ID] })
		if at < 0 {
			m.waits = true
			return
		}
		m.take(m.status.Delays[at])
	}
}

func (m *model) take(d Delay) {
	m.say("delay", d.ID)
	m.waits, m.done[d.ID], m.todo = false, true, d.Steps
}

func (m *model) press(c Command) {
	if m.waits {
		m.say("command", c.ID)
		m.waits, m.todo = false, c.Steps
		m.run()
	}
}

// nextDue is the delay that is due first.
func (m *model) nextDue() (d Delay, at time.Duration, ok bool) {
	if m.ended || m.exiting {
		return d, 0, false // the timers are over when the status is left
	}
	for _, one := range m.status.Delays {
		when := m.entered + time.Duration(one.Timing.Amount)*time.Minute
		if !m.due[one.ID] && (!ok || when < at) {
			d, at, ok = one, when, true
		}
	}
	return d, at, ok
}

func least(s Step) int {
	var n int
	if _, err := fmt.Sscanf(s.When, "record.n >= %d", &n); err != nil {
		panic(err)
	}
	return n
}

// random makes a template. Delays of a status differ, so that no two are due at one
// instant: then nobody promises an order.
type random struct {
	*rand.Rand
	ids      int
	statuses int
}

func (r *random) id(of string) string { r.ids++; return fmt.Sprintf("%s%d", of, r.ids) }

func (r *random) steps(most int, sets bool) []Step {
	out := []Step{}
	for range r.IntN(most + 1) {
		s := Step{ID: r.id("x"), Robot: "quick", Disabled: r.IntN(10) == 0}
		switch n := r.IntN(6); {
		case n == 0:
			s.Robot = slow
		case n < 4 && sets:
			s.Robot = SetStatus
			s.Config, _ = json.Marshal(Target{Status: fmt.Sprintf("s%d", r.IntN(r.statuses)), Immediate: r.IntN(2) == 0})
		}
		if r.IntN(3) == 0 {
			s.When = fmt.Sprintf("record.n >= %d", r.IntN(4))
		}
		out = append(out, s)
	}
	return out
}

func (r *random) template() Content {
	r.statuses = 1 + r.IntN(4)
	t := Content{Name: "Random", Initial: fmt.Sprintf("s%d", r.IntN(r.statuses))}
	for i := range r.statuses {
		s := Status{ID: fmt.Sprintf("s%d", i), Name: fmt.Sprint("Status ", i), Exit: r.steps(2, false), Commands: []Command{}, Delays: []Delay{}, Entry: []Step{}}
		if r.IntN(2) == 0 {
			s.Entry = r.steps(2, true)
		}
		for range r.IntN(3) {
			s.Commands = append(s.Commands, Command{ID: r.id("c"), Name: "Command", Steps: r.steps(3, true)})
		}
		minutes := r.Perm(60)
		for j := range r.IntN(3) {
			s.Delays = append(s.Delays, Delay{ID: r.id("d"), Timing: board.Timing{Mode: board.Delay, Amount: minutes[j] + 1, Unit: "minute"}, Steps: r.steps(2, true)})
		}
		t.Statuses = append(t.Statuses, s)
	}
	return t
}

// played is a compiled template on the engine's core.
type played struct {
	t      *testing.T
	facts  *script.Facts
	driver *script.CoreDriver
	at     core.Instant
	events int
	armed  map[string]core.WaitID // timers, by delay
	open   []core.WaitID          // slow steps
	kinds  map[string]string
	log    []string
}

var begin = time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)

func play(t *testing.T, content Content) *played {
	t.Helper()
	c, err := compile(stored{Entity: docstore.Entity{ID: "random"}, Type: "deal", Content: content}, "status-random", wordsIn("en"), func(string) []string { return nil }, func(key string) string { return key })
	require.NoError(t, err)
	g, findings := graph.Compile(c.def, graph.Options{})
	require.NotNil(t, g, "%+v", findings)
	p := &played{t: t, facts: script.NewFacts(), at: clock.Instant(begin), armed: map[string]core.WaitID{}, kinds: map[string]string{}}
	for _, s := range content.Statuses {
		p.kinds[s.ID] = "enter"
		steps := slices.Clone(s.Exit)
		s.each(func(_ string, more []Step) { steps = append(steps, more...) })
		for _, c := range s.Commands {
			p.kinds[c.ID] = "command"
		}
		for _, d := range s.Delays {
			p.kinds[d.ID] = "delay"
		}
		for _, step := range steps {
			if p.kinds[step.ID] = "act"; step.Robot == SetStatus {
				p.kinds[step.ID] = "set"
			}
		}
	}
	p.driver = script.NewCoreDriver(t, g, "r", p.facts)
	return p
}

func (p *played) apply(kind core.EventKind, wait core.WaitID, body any) {
	p.t.Helper()
	raw, err := json.Marshal(body)
	require.NoError(p.t, err)
	p.events++
	out, err := p.driver.Apply(core.Event{ID: fmt.Sprint("e", p.events), Kind: kind, Wait: wait, At: p.at, Body: raw})
	require.NoError(p.t, err)
	for _, r := range out.Records {
		if what := p.kinds[string(r.Node)]; r.Kind == core.RecordNodeEntered && what != "" {
			p.log = append(p.log, what+" "+string(r.Node))
		}
	}
	var quick []core.WaitID
	for _, c := range out.Commands {
		node, part, _ := strings.Cut(string(c.Node), ".")
		switch {
		case c.Kind == core.ScheduleTimer && "."+part == partTimer:
			p.armed[node] = c.Wait
		case c.Kind == core.CancelTimer:
			for d, w := range p.armed {
				if w == c.Wait {
					delete(p.armed, d)
				}
			}
		case c.Kind == core.StartEffect && c.Robot == slow:
			p.open = append(p.open, c.Wait)
		case c.Kind == core.StartEffect:
			quick = append(quick, c.Wait)
		}
	}
	for _, w := range quick {
		p.apply(core.EffectCompleted, w, core.EffectBody{})
	}
}

func (p *played) turn() int64 {
	state, err := p.driver.State()
	require.NoError(p.t, err)
	n, _ := state.Variables()[varTurn].(json.Number).Int64()
	return n
}

func (p *played) press(command string, turn int64) {
	p.apply(core.VariablesChanged, "", core.VariablesBody{Set: core.Values{varCommand: command, varCommandTurn: turn, varCommandBy: "ann"}})
}

// Random templates, commands, steps that take time and steps of the clock: the
// compiled process does what the model says, step for step.
//
// covers B-02, B-03, B-04, B-05, B-06
func TestTemplatesDoWhatTheModelSays(t *testing.T) {
	t.Parallel()
	endings := map[bool]int{}
	for seed := range 250 {
		r := &random{Rand: rand.New(rand.NewPCG(uint64(seed), 11))} //nolint:gosec // a repeatable test, no secret
		content := r.template()
		m := &model{t: content, n: r.IntN(4)}
		p := play(t, content)
		m.enter(content.Initial)
		if m.run(); m.loops >= 60 {
			continue // it goes round without a wait: that is the engine's budget
		}
		p.facts.SetRecord(core.Values{"n": json.Number(fmt.Sprint(m.n))})
		p.apply(core.RunStarted, "", core.StartBody{Node: nodeStart})
		for act := 0; ; act++ {
			state, err := p.driver.State()
			require.NoError(t, err)
			about := fmt.Sprintf("seed %d after %d acts", seed, act)
			require.Equal(t, m.log, p.log, about)
			require.Equal(t, m.ended, state.Status() == core.Completed, about)
			require.Empty(t, state.Incidents(), about)
			if m.ended || act == 12 {
				endings[m.ended]++
				break
			}
			if !oneThing(r, m, p) {
				break
			}
		}
	}
	require.Greater(t, endings[true], 30, "the templates end too rarely")
	require.Greater(t, endings[false], 30, "the templates go on too rarely")
}

// oneThing does one thing to both; false when the model goes round without a wait.
func oneThing(r *random, m *model, p *played) bool {
	m.loops = 0
	switch n := r.IntN(8); {
	case n == 0:
		m.n = r.IntN(4)
		p.facts.SetRecord(core.Values{"n": json.Number(fmt.Sprint(m.n))})
	case n < 3 && m.blocked:
		m.blocked = false
		if m.run(); m.loops >= 60 {
			return false
		}
		wait := p.open[0]
		p.open = p.open[1:]
		p.apply(core.EffectCompleted, wait, core.EffectBody{})
	case n < 5:
		d, at, ok := m.nextDue()
		if !ok {
			return true
		}
		m.now, m.due[d.ID] = max(at, m.now), true
		p.at = clock.Instant(begin.Add(m.now))
		if m.waits {
			m.take(d)
			if m.run(); m.loops >= 60 {
				return false
			}
		}
		p.apply(core.TimerFired, p.armed[d.ID], nil)
	default:
		turn := p.turn()
		if r.IntN(5) == 0 { // a button of an earlier moment, or of another status
			p.press("c0", turn)
			p.press(firstCommand(m.status), turn-1)
			return true
		}
		if len(m.status.Commands) == 0 {
			return true
		}
		c := m.status.Commands[r.IntN(len(m.status.Commands))]
		if !m.waits {
			turn = -1 // the server refuses it
		}
		if m.press(c); m.loops >= 60 {
			return false
		}
		p.press(c.ID, turn)
	}
	return true
}

func firstCommand(s Status) string {
	if len(s.Commands) == 0 {
		return "c0"
	}
	return s.Commands[0].ID
}
