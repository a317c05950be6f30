package status

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/fluxo-app/fluxo/engine/clock"
	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/server/automation/board"
	"github.com/fluxo-app/fluxo/server/automation/explain"
	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/run"
)

// Place is one status of a process, as a record shows it.
type Place struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	Color string `json:"color,omitempty"`
	// Since is set for the present one, Visits for those that the process has been in.
	Since  docstore.Instant `json:"since"`
	Visits int              `json:"visits,omitempty"`
}

// CommandState is a button of the present status.
type CommandState struct {
	ID      string        `json:"id"`
	Name    string        `json:"name"`
	Can     bool          `json:"can" doc:"the reader may press it now"`
	Because string        `json:"because,omitempty" enum:"notAllowed,condition,unreadable,busy,incident,held" doc:"why not"`
	Reason  string        `json:"reason,omitempty" doc:"in the reader's language"`
	Asked   *board.Asked  `json:"asked,omitempty" doc:"its condition, as it is now"`
	Values  []board.Value `json:"values,omitempty" doc:"what the condition sees"`
	Why     *explain.Why  `json:"why,omitempty" doc:"of a condition that does not hold: its parts, and the smallest change that would turn it round"`
	// People may press it; empty = everybody who may change the record.
	People      []string `json:"people,omitempty"`
	PeopleNames []string `json:"peopleNames,omitempty"`
}

// DelayState is what becomes of a delay of the present status.
type DelayState struct {
	ID    string           `json:"id"`
	Name  string           `json:"name,omitempty"`
	State string           `json:"state" enum:"waiting,noDate,due,done"`
	Until docstore.Instant `json:"until"`
}

// Work is a step that is under way.
type Work struct {
	Step     string               `json:"step"`
	Name     string               `json:"name"`
	People   []run.Person         `json:"people,omitempty"`
	Incident *board.RobotIncident `json:"incident,omitempty"`
}

// Moment is a line of the story of a process.
type Moment struct {
	At     docstore.Instant `json:"at"`
	What   string           `json:"what" enum:"entered,command,delay,completed,canceled,failed"`
	ID     string           `json:"id,omitempty" doc:"of the status, the command or the delay"`
	Name   string           `json:"name,omitempty"`
	By     string           `json:"by,omitempty"`
	ByName string           `json:"byName,omitempty"`
}

// State is a status-driven process of a record.
type State struct {
	Run       string           `json:"run"`
	Process   string           `json:"process" doc:"id of the template"`
	Name      string           `json:"name"`
	Version   int              `json:"version"`
	Status    core.Status      `json:"status" doc:"of the run"`
	Suspended bool             `json:"suspended"`
	StartedAt docstore.Instant `json:"startedAt"`
	EndedAt   docstore.Instant `json:"endedAt"`
	// Current is the status in which it is, or was when it ended.
	Current  *Place         `json:"current"`
	Statuses []Place        `json:"statuses" nullable:"false" doc:"all of them, in the order of the template"`
	Turn     int            `json:"turn" doc:"goes with a command, so that one that was meant for an earlier moment is refused"`
	Commands []CommandState `json:"commands" nullable:"false"`
	Delays   []DelayState   `json:"delays" nullable:"false"`
	Working  []Work         `json:"working" nullable:"false" doc:"steps that are under way; no command can be given meanwhile"`
	Story    []Moment       `json:"story" nullable:"false" doc:"oldest first, the last 100"`
}

// Bounds of what is read for one record.
const (
	runsRead   = 200
	endedShown = 5
	storyShown = 100
)

// Of reads the processes of a record: all that are under way, and the last ones that
// have ended, each newest first.
func (s *Service) Of(ctx context.Context, by By, recordType, recordID string) ([]State, error) {
	all, _, err := s.Runs.List(ctx, run.Query{RecordType: recordType, RecordID: recordID, Limit: runsRead})
	if err != nil {
		return nil, err
	}
	out, ended := []State{}, 0
	owners := map[string]string{}
	for _, r := range all {
		over := r.Status != core.Active && r.Status != core.Quarantined
		if over && ended == endedShown {
			continue
		}
		owner, asked := owners[r.DefinitionKey]
		if !asked {
			d, err := s.Definitions.Compiled(ctx, r.DefinitionKey)
			if err != nil {
				return nil, err
			}
			owner = d.Board
			owners[r.DefinitionKey] = owner
		}
		if !strings.HasPrefix(owner, ownerPrefix) {
			continue
		}
		if over {
			ended++
		}
		state, err := s.State(ctx, by, r.ID)
		if err != nil {
			return nil, err
		}
		out = append(out, state)
	}
	slices.SortStableFunc(out, func(a, b State) int { return rank(a) - rank(b) })
	return out, nil
}

// rank puts what is under way before what has ended.
func rank(s State) int {
	if s.EndedAt.IsZero() {
		return 0
	}
	return 1
}

// State reads one process.
func (s *Service) State(ctx context.Context, by By, runID string) (State, error) {
	l, err := s.look(ctx, runID)
	if err != nil {
		return State{}, err
	}
	out := State{Run: l.ID, Process: l.mark.Template, Name: l.mark.Name, Version: l.Version, Status: l.Status, Suspended: l.Suspended, StartedAt: l.StartedAt, EndedAt: l.EndedAt,
		Turn: l.turn(varTurn), Statuses: []Place{}, Commands: []CommandState{}, Delays: []DelayState{}, Working: []Work{}, Story: []Moment{}}
	taken, err := s.story(ctx, l, &out)
	if err != nil {
		return out, err
	}
	current, ok := l.current()
	for i := range out.Statuses {
		if ok && out.Statuses[i].ID == current.ID {
			at := out.Statuses[i]
			out.Current = &at
		} else {
			out.Statuses[i].Since = docstore.Instant{}
		}
	}
	if !ok || l.Status != core.Active {
		return out, nil
	}
	out.Working = l.working()
	for _, d := range current.Delays {
		out.Delays = append(out.Delays, l.delay(d, taken))
	}
	for _, c := range current.Commands {
		one, err := s.command(ctx, by, l, current, c, out.Working)
		if err != nil {
			return out, err
		}
		out.Commands = append(out.Commands, one)
	}
	return out, nil
}

// looked is a run with the template by which it has started.
type looked struct {
	run.Detail
	mark  mark
	names map[string]string // of steps, commands, delays
}

func (s *Service) look(ctx context.Context, runID string) (looked, error) {
	detail, err := s.Runs.Get(ctx, runID)
	if err != nil {
		return looked{}, err
	}
	l := looked{Detail: detail, names: map[string]string{}}
	l.mark, err = marked(detail.Process)
	return l, err
}

func (l looked) turn(name string) int {
	switch v := l.Variables[name].(type) {
	case float64:
		return int(v)
	case int:
		return v
	case int64:
		return int(v)
	case interface{ Int64() (int64, error) }:
		n, err := v.Int64()
		if err == nil {
			return int(n)
		}
	}
	return 0
}

// current is the status in which the process is.
func (l looked) current() (Status, bool) {
	id, _ := l.Variables[varStatus].(string)
	return l.mark.status(id)
}

// waits tells whether the process waits for a command or a delay of its status.
func (l looked) waits(s Status) bool { return slices.Contains(l.Nodes, s.ID+partWait) }

// working are the steps that are under way.
func (l looked) working() []Work {
	out := []Work{}
	step := func(node string) *Work {
		if strings.Contains(node, ".") {
			return nil // a part of a status
		}
		if _, is := l.mark.status(node); is {
			return nil
		}
		for i := range out {
			if out[i].Step == node {
				return &out[i]
			}
		}
		out = append(out, Work{Step: node, Name: l.nameOf(node)})
		return &out[len(out)-1]
	}
	for _, w := range l.Waits {
		if w.Kind == string(core.TimerWait) {
			continue // what a status waits for
		}
		if one := step(w.Node); one != nil {
			one.People = append(one.People, w.People...)
		}
	}
	for _, i := range l.Incidents {
		one := step(i.Node)
		if one == nil {
			out = append(out, Work{Step: i.Node, Name: i.NodeName})
			one = &out[len(out)-1]
		}
		one.Incident = &board.RobotIncident{ID: i.ID, Code: i.Code, Message: i.Message, Remedy: i.Remedy}
	}
	return out
}

// nameOf is how the process calls one of its nodes.
func (l looked) nameOf(node string) string {
	if len(l.names) == 0 {
		named(l.Process, l.names)
	}
	if name := l.names[node]; name != "" {
		return name
	}
	return node
}

// delay tells what becomes of a delay in this stay; taken are those that had their turn.
func (l looked) delay(d Delay, taken map[string]bool) DelayState {
	out := DelayState{ID: d.ID, Name: d.Name, State: "due"}
	if taken[d.ID] {
		out.State = "done"
	}
	if slices.Contains(l.Nodes, d.ID+partNone) {
		out.State = "noDate"
	}
	for _, w := range l.Waits {
		if w.Node == d.ID+partTimer {
			out.State, out.Until = "waiting", w.DueAt
		}
	}
	return out
}

// recordsPage is how much of a history is read at once.
const recordsPage = 1000

// story reads the history of a run into what people want to know of it, and tells
// which delays had their turn since the present status was entered.
func (s *Service) story(ctx context.Context, l looked, out *State) (taken map[string]bool, err error) {
	for _, status := range l.mark.Statuses {
		out.Statuses = append(out.Statuses, Place{ID: status.ID, Name: status.Name, Color: status.Color})
	}
	f := &telling{out: out, names: map[string]Moment{}, places: map[string]int{}, taken: map[string]bool{}}
	for i, status := range l.mark.Statuses {
		f.places[status.ID] = i
		for _, c := range status.Commands {
			f.names[c.ID+partTaken] = Moment{What: "command", ID: c.ID, Name: c.Name}
		}
		for _, d := range status.Delays {
			f.names[d.ID+partTaken] = Moment{What: "delay", ID: d.ID, Name: d.Name}
		}
	}
	for from := int64(1); ; from += recordsPage {
		records, err := s.Engine.Records(ctx, core.RunID(l.ID), from, recordsPage)
		if err != nil {
			return nil, fmt.Errorf("history of run %s: %w", l.ID, err)
		}
		for _, r := range records {
			f.add(r)
		}
		if len(records) < recordsPage {
			break
		}
	}
	out.Story = out.Story[max(0, len(out.Story)-storyShown):]
	return f.taken, nil
}

// telling gathers what the records of a run say of its statuses.
type telling struct {
	out    *State
	names  map[string]Moment
	places map[string]int
	taken  map[string]bool
	by     string
}

func (f *telling) add(r core.Record) {
	at := docstore.At(clock.Time(r.At))
	tell := func(m Moment) {
		m.At = at
		f.out.Story = append(f.out.Story, m)
	}
	switch r.Kind {
	case core.RecordRunStarted:
		f.by = r.Actor
	case core.RecordVariablesChanged:
		if by, is := r.Body[varCommandBy].(string); is && r.Actor != "" {
			f.by = by
		}
	case core.RecordNodeEntered:
		if i, is := f.places[string(r.Node)]; is {
			p := &f.out.Statuses[i]
			p.Since = at
			p.Visits++
			first := len(f.out.Story) == 0
			m := Moment{What: "entered", ID: p.ID, Name: p.Name}
			if first {
				m.By = f.by
			}
			tell(m)
			f.taken = map[string]bool{}
			return
		}
		if m, is := f.names[string(r.Node)]; is {
			if m.What == "command" {
				m.By = f.by
			} else {
				f.taken[m.ID] = true
			}
			tell(m)
		}
	case core.RecordRunCompleted:
		tell(Moment{What: "completed"})
	case core.RecordRunCanceled:
		tell(Moment{What: "canceled", By: r.Actor})
	case core.RecordRunFailed:
		tell(Moment{What: "failed"})
	}
}
