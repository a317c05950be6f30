package apptest_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/server/apptest"
)

// ruled is a robot of the model: what it does, when, and under which condition.
type ruled struct {
	id, mode, moves string // moves = the stage that it puts the record on, "" = it writes a comment
	minutes         int
	offset          int // of a date: minutes after it, before it when negative
	least           int // amount from which its condition holds, 0 = none
	disabled        bool
	working         bool // in working time of the company only
	fails           bool // its text cannot be computed
}

func (r ruled) json(run int) map[string]any {
	timing, key, config := map[string]any{"mode": r.mode}, "comment.add", comment(fmt.Sprintf("%d %s", run, r.id))
	switch r.mode {
	case "delay":
		timing = after(r.minutes, "minute")
	case "date":
		timing = map[string]any{"mode": "date", "field": "due", "direction": "at"}
		if r.offset != 0 {
			timing["direction"], timing["amount"], timing["unit"] = "after", r.offset, "minute"
		}
		if r.offset < 0 {
			timing["direction"], timing["amount"] = "before", -r.offset
		}
	}
	if r.working {
		timing["workingTime"] = map[string]any{"company": true}
	}
	if r.fails {
		config = map[string]any{"text": map[string]any{"expr": "user(record.comment).name"}}
	}
	if r.moves != "" {
		key, config = "record.setStage", map[string]any{"stage": r.moves}
	}
	out := robot(r.id, key, timing, config, "disabled", r.disabled)
	if r.least > 0 {
		out["when"] = fmt.Sprintf("record.amount.amount >= %d", r.least)
	}
	return out
}

// entry is one stay of the record on a stage, in the model: slow and obvious.
type entry struct {
	stage   string
	at      time.Time
	robots  []ruled
	state   map[string]string
	stopped map[string]bool
	given   map[string]bool // incidents that were resolved as failed
	byRobot bool
}

// model is what should happen to one record.
type model struct {
	board  map[string][]ruled
	amount int
	due    time.Time // the date of the record, zero = none
	in     *entry
	wrote  map[string]int
	clock  func() time.Time
}

func (m *model) enter(stage string) {
	m.in = &entry{stage: stage, at: m.clock(), robots: m.board[stage], state: map[string]string{}, stopped: map[string]bool{}, given: map[string]bool{}}
	here := m.in
	for i, r := range here.robots {
		if (i == 0 || r.mode != "afterPrevious") && m.in == here {
			m.arm(here, i)
		}
	}
}

// arm brings the chain that begins at a robot as far as it gets at once.
func (m *model) arm(e *entry, first int) {
	r := e.robots[first]
	if when, known := m.at(e, r); !r.disabled && r.timed() && (!known || when.After(m.clock())) {
		e.state[r.id] = "waiting"
		for i := first + 1; i < len(e.robots) && e.robots[i].mode == "afterPrevious"; i++ {
			e.state[e.robots[i].id] = "waitingPrevious"
		}
		return
	}
	m.turn(e, first)
}

func (r ruled) timed() bool { return r.mode == "delay" || r.mode == "date" }

// at is when a robot that waits for a moment is due; false when its date is empty.
func (m *model) at(e *entry, r ruled) (time.Time, bool) {
	if r.mode == "date" {
		return m.due.Add(time.Duration(r.offset) * time.Minute), !m.due.IsZero()
	}
	when := e.at.Add(time.Duration(r.minutes) * time.Minute)
	if r.working && !officeHours(when) {
		for when = when.Truncate(time.Minute); !officeHours(when); {
			when = when.Add(time.Minute)
		}
	}
	return when, true
}

var office = func() *time.Location {
	zone, err := time.LoadLocation("Europe/Warsaw")
	if err != nil {
		panic(err)
	}
	return zone
}()

// officeHours tells whether the demo company works at a moment.
func officeHours(at time.Time) bool {
	at = at.In(office)
	return at.Weekday() != time.Saturday && at.Weekday() != time.Sunday && at.Hour() >= 9 && at.Hour() < 17
}

// turn has a robot come to its turn, and those that follow it.
func (m *model) turn(e *entry, at int) {
	for i := at; i < len(e.robots) && (i == at || e.robots[i].mode == "afterPrevious"); i++ {
		r := e.robots[i]
		switch {
		case r.disabled:
			e.state[r.id] = "disabled"
			continue
		case e.stopped[r.id]:
			m.cancel(e, i)
			return
		case r.least > m.amount:
			e.state[r.id] = "skipped"
			continue
		}
		if r.fails { // what follows waits until somebody gives it up
			e.state[r.id] = "failed"
			for j := i + 1; j < len(e.robots) && e.robots[j].mode == "afterPrevious"; j++ {
				e.state[e.robots[j].id] = "waitingPrevious"
			}
			return
		}
		e.state[r.id] = "done"
		if r.moves == "" {
			m.wrote[r.id]++
		} else if r.moves != e.stage {
			m.enter(r.moves)
			m.in.byRobot = true
			return
		}
	}
}

// cancel ends a chain from a robot on.
func (m *model) cancel(e *entry, at int) {
	for i := at; i < len(e.robots) && (i == at || e.robots[i].mode == "afterPrevious"); i++ {
		e.state[e.robots[i].id] = "canceled"
	}
}

// next is the robot that is due first.
func (m *model) next() (at int, due time.Time) {
	at = -1
	for i, r := range m.in.robots {
		if m.in.state[r.id] != "waiting" {
			continue
		}
		if when, known := m.at(m.in, r); known && (at < 0 || when.Before(due)) {
			at, due = i, when
		}
	}
	return at, due
}

var modelStages = []string{"qualified", "contract", "signed"}

// randomBoard puts up to four robots on each stage. Delays differ, so that no two
// robots are due at one instant: then nobody promises an order.
func randomBoard(r *rand.Rand) map[string][]ruled {
	board := map[string][]ruled{}
	for s, stage := range modelStages {
		minutes := r.Perm(90)
		for i := range r.IntN(5) {
			one := ruled{id: fmt.Sprintf("r%d_%d", s, i), mode: []string{"immediate", "afterPrevious", "delay", "delay", "date"}[r.IntN(5)], minutes: minutes[i] + 1, disabled: r.IntN(8) == 0}
			if r.IntN(3) == 0 {
				one.least = 100 * (1 + r.IntN(3))
			}
			switch {
			case one.mode == "date":
				one.offset = minutes[i] - 45
			case one.mode == "delay" && r.IntN(4) == 0:
				one.moves = modelStages[r.IntN(len(modelStages))]
			case one.mode == "delay" && r.IntN(3) == 0:
				one.working = true
			}
			one.fails = one.moves == "" && r.IntN(8) == 0
			board[stage] = append(board[stage], one)
		}
	}
	return board
}

// played is a model beside the application that it is compared with.
type played struct {
	*model
	w    *apptest.World
	deal string
	run  int
	said []string
}

// batch is several records on one board, each of them a run of the model.
type batch struct {
	w     *apptest.World
	all   []*played
	first int
}

func (b *batch) publish(board map[string][]ruled) {
	stages := map[string][]map[string]any{}
	for stage, robots := range board {
		for _, r := range robots {
			stages[stage] = append(stages[stage], r.json(b.first))
		}
	}
	putBoard(b.w, stages).Expect(200)
	for _, p := range b.all {
		p.board, p.said = board, append(p.said, "new board")
	}
}

// agree waits until the application says of the present entry what the model does.
func (p *played) agree() {
	p.w.T.Helper()
	want, got := p.in.state, map[string]string{}
	same := func() bool {
		a := p.w.As("marta").Get("/records/deal/" + p.deal + "/automation").Expect(200)
		clear(got)
		for i := range a.Len("items") {
			if at := fmt.Sprintf("items.%d.", i); a.Text(at+"state") != "notArmed" {
				got[a.Text(at+"id")] = a.Text(at + "state")
			}
		}
		return a.Text("stage") == p.in.stage && maps.Equal(want, got)
	}
	for polls, deadline := 1, time.Now().Add(20*time.Second); !same(); polls++ {
		if polls%100 == 0 { // a loop that was busy when the clock moved looks again after a second
			p.w.Clock.Advance(1500 * time.Millisecond)
		}
		require.True(p.w.T, time.Now().Before(deadline), "run %d, %v: on %s the model says %v, the application %v; it is %s, entered %s, due %s, %+v",
			p.run, p.said, p.in.stage, want, got, p.w.Clock.Now(), p.in.at, p.due, p.in.robots)
	}
	if p.in.byRobot { // a moment that nobody but the record knows
		since, err := time.Parse(time.RFC3339Nano, p.w.As("marta").Get("/records/deal/"+p.deal).Expect(200).Text("stageSince"))
		require.NoError(p.w.T, err)
		p.in.at, p.in.byRobot = since, false
	}
}

// pass lets time go by, from one due robot to the next.
func (b *batch) pass(d time.Duration) {
	for end := b.w.Clock.Now().Add(d); ; {
		var soonest time.Time
		for _, p := range b.all {
			if at, due := p.next(); at >= 0 && (soonest.IsZero() || due.Before(soonest)) {
				soonest = due
			}
		}
		if soonest.IsZero() || soonest.After(end) {
			if left := end.Sub(b.w.Clock.Now()); left > 0 {
				later(b.w, left)
			}
			return
		}
		later(b.w, max(soonest.Sub(b.w.Clock.Now()), 0)+time.Second)
		for _, p := range b.all {
			at, due := p.next()
			if at < 0 || due.After(b.w.Clock.Now()) {
				continue
			}
			for ; at >= 0 && !due.After(b.w.Clock.Now()); at, due = p.next() {
				p.turn(p.in, at)
			}
			p.agree()
		}
	}
}

// act does one thing by hand to a record.
func (p *played) act(r *rand.Rand) {
	switch n := r.IntN(9); {
	case n < 3:
		stage := modelStages[r.IntN(len(modelStages))]
		p.said = append(p.said, "move to "+stage)
		moveTo(p.w, p.deal, stage)
		if stage != p.in.stage {
			p.enter(stage)
		}
	case n < 4:
		p.amount = 100 * r.IntN(5)
		p.said = append(p.said, fmt.Sprint("amount ", p.amount))
		changeDeal(p.w, p.deal, map[string]any{"amount": p.amount})
		return // nothing that is seen follows from it by itself
	case n < 5:
		for _, one := range p.in.robots {
			if s := p.in.state[one.id]; s != "waiting" && s != "waitingPrevious" {
				continue
			}
			p.said = append(p.said, "stop "+one.id)
			p.w.As("marta").Do("DELETE", "/records/deal/"+p.deal+"/automation/"+one.id, nil).Expect(200)
			if p.in.stopped[one.id] = true; p.in.state[one.id] == "waiting" {
				p.cancel(p.in, slices.IndexFunc(p.in.robots, func(o ruled) bool { return o.id == one.id }))
			}
			break
		}
	case n < 7:
		p.redate(r)
	case n < 8:
		p.giveUp()
	default:
		if r.IntN(3) > 0 {
			return
		}
		p.deleteAndRestore()
	}
	p.agree()
}

// redate gives the record another date, in the past, ahead, or none: what waits for it
// is counted anew. No other moment has its part of a second, so that nothing else is
// due with it.
func (p *played) redate(r *rand.Rand) {
	p.due = time.Time{}
	var value any
	if r.IntN(5) > 0 {
		p.due = p.clock().Truncate(time.Second).Add(time.Duration(r.IntN(120)-40)*time.Minute + 137*time.Millisecond)
		value = p.due.UTC().Format("2006-01-02T15:04:05.000Z")
	}
	p.said = append(p.said, fmt.Sprint("due ", value))
	changeDeal(p.w, p.deal, map[string]any{"fields": map[string]any{"due": value}})
	for at, due := p.next(); at >= 0 && !due.After(p.clock()); at, due = p.next() {
		p.turn(p.in, at)
	}
}

// giveUp resolves the first incident as failed: what follows it does not run.
func (p *played) giveUp() {
	for i, one := range p.in.robots {
		if p.in.state[one.id] != "failed" || p.in.given[one.id] {
			continue
		}
		p.said = append(p.said, "give up "+one.id)
		p.w.As("oscar").Post("/records/deal/"+p.deal+"/automation/"+one.id+"/failure", map[string]any{"reason": "no use"}).Expect(200)
		p.in.given[one.id] = true
		if i+1 < len(p.in.robots) && p.in.robots[i+1].mode == "afterPrevious" {
			p.cancel(p.in, i+1)
		}
		return
	}
}

// deleteAndRestore puts the record into the bin and takes it out again: what has not
// started is canceled, and coming back is no entry.
func (p *played) deleteAndRestore() {
	p.said = append(p.said, "delete and restore")
	marta := p.w.As("marta")
	path := "/records/deal/" + p.deal
	marta.Do("DELETE", path, nil, "If-Match", marta.Get(path).Expect(200).ETag()).Expect(204)
	marta.Post(path+"/restore", nil).Expect(200)
	clear(p.in.state) // what the bin has canceled is told of the former stay
}

// The automation of stages against a model of it: random boards, moves, edits,
// dates, stops, failures, deletions and steps of the clock. 200 runs, or as many as FLUXO_MODEL_RUNS says;
// FLUXO_MODEL_SEED is the first. Ten runs at a time share a board and the clock.
//
// covers T-01, T-02, T-03, T-04, B-13, B-52, B-54, B-55, B-56, B-62, B-63, B-64, H-06, S-03
func TestStageAutomationModel(t *testing.T) {
	t.Parallel()
	number := func(name string, otherwise int) int {
		if n, err := strconv.Atoi(os.Getenv(name)); err == nil {
			return n
		}
		return otherwise
	}
	const together, steps = 10, 4
	runs, first := number("FLUXO_MODEL_RUNS", 200), number("FLUXO_MODEL_SEED", 1)
	var w *apptest.World
	for run := first; run < first+runs; run += together {
		if (run-first)%500 == 0 {
			w = apptest.New(t, apptest.Options{})
			ada := w.As("ada")
			ada.Post("/record-types/deal/fields", map[string]any{"label": "Due", "key": "due", "type": "dateTime"}, "If-Match", ada.Get("/record-types/deal").Expect(200).ETag()).Expect(201)
		}
		r := rand.New(rand.NewPCG(uint64(run), 7)) //nolint:gosec // a repeatable test, no secret
		w.SignOutAll()
		b := &batch{w: w, first: run}
		for i := range together {
			b.all = append(b.all, &played{w: w, run: run + i, model: &model{wrote: map[string]int{}, clock: w.Clock.Now}, deal: aDeal(w, fmt.Sprint("Run ", run+i))})
		}
		b.publish(randomBoard(r))
		for _, p := range b.all {
			p.enter("new")
		}
		for step := range steps {
			for _, p := range b.all {
				p.act(r)
			}
			minutes := 1 + r.IntN(60)
			for _, p := range b.all {
				p.said = append(p.said, fmt.Sprint(minutes, " minutes"))
			}
			if b.pass(time.Duration(minutes) * time.Minute); step == 1 {
				b.publish(randomBoard(r))
			}
		}
		for _, p := range b.all {
			for id, n := range p.wrote {
				require.Equal(t, n, comments(w, p.deal, fmt.Sprintf("%d %s", run, id)), "run %d, %v: %s", p.run, p.said, id)
			}
		}
	}
}
