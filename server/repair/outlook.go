package repair

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/fluxo-app/fluxo/engine/clock"
	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/graph"
	"github.com/fluxo-app/fluxo/engine/store"
	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/problem"
	"github.com/fluxo-app/fluxo/server/run"
)

// Outlook answers why a run does not go on: every event that could move it, and
// what is wrong with them.
type Outlook struct {
	Run string `json:"run"`
	// Verdict: ended; moving (it goes on without anybody); waiting (somebody or
	// something outside has to act); held (an operator holds it); stuck (nothing
	// that can be expected moves it).
	Verdict  string           `json:"verdict" enum:"ended,moving,waiting,held,stuck"`
	Status   core.Status      `json:"status"`
	Movers   []Mover          `json:"movers"`
	Findings []OutlookFinding `json:"findings"`
	// Kept is how many events wait for the run to be resumed.
	Kept int `json:"kept"`
	// KeptEvents are those, oldest first; Droppable when the run itself is held, so
	// that it can be told to go on without one of them.
	KeptEvents []KeptEvent `json:"keptEvents,omitempty"`
	Droppable  bool        `json:"droppable"`
	// Scopes are the open parts of the run that can be canceled by themselves.
	Scopes []OpenScope `json:"scopes,omitempty"`
}

// KeptEvent is an event that waits for the run to be resumed.
type KeptEvent struct {
	ID       string           `json:"id"`
	Kind     string           `json:"kind"`
	Node     string           `json:"node,omitempty"`
	NodeName string           `json:"nodeName,omitempty"`
	Actor    string           `json:"actor,omitempty"`
	By       string           `json:"by,omitempty" doc:"name of the actor"`
	At       docstore.Instant `json:"at"`
}

// OpenScope is a sub-process, or one pass of a repeated step, that is under way.
type OpenScope struct {
	ID       string `json:"id"`
	Node     string `json:"node"`
	NodeName string `json:"nodeName,omitempty"`
	Within   string `json:"within,omitempty" doc:"scope around it"`
	Tokens   int    `json:"tokens"`
}

// Mover is one event that could move the run.
type Mover struct {
	Kind     string `json:"kind" doc:"task, timer, timeout, message, effect, child and the other kinds of waits; join, incident, step"`
	Wait     string `json:"wait,omitempty"`
	Node     string `json:"node,omitempty"`
	NodeName string `json:"nodeName,omitempty"`
	// Hopeless is the code of a finding: the event cannot be expected.
	Hopeless string           `json:"hopeless,omitempty"`
	People   []run.Person     `json:"people,omitempty"`
	DueAt    docstore.Instant `json:"dueAt"`
	Name     string           `json:"name,omitempty" doc:"of a message or signal, text of a condition, robot of an effect"`
	Key      string           `json:"key,omitempty"`
	Status   string           `json:"status,omitempty"` // of a task or an effect
	Attempt  int              `json:"attempt,omitempty"`
	Missing  []string         `json:"missing,omitempty"` // flows that a join waits for
	Coming   []string         `json:"coming,omitempty"`  // nodes from which they can still come
	Run      string           `json:"run,omitempty"`     // of a child
	Scope    string           `json:"scope,omitempty"`   // of a join
}

// OutlookFinding is a reason why nothing happens, with the repairs for it.
type OutlookFinding struct {
	Code     string   `json:"code"`
	Node     string   `json:"node,omitempty"`
	NodeName string   `json:"nodeName,omitempty"`
	Message  string   `json:"message,omitempty"`
	Names    []string `json:"names,omitempty"`
	Repairs  []Wish   `json:"repairs"`
}

// farAway is beyond what anybody waits for.
const farAway = 10 * 365 * 24 * time.Hour

// Outlook tells what could move a run.
func (s *Service) Outlook(ctx context.Context, id string) (Outlook, error) {
	r, state, err := s.load(ctx, id)
	if err != nil {
		return Outlook{}, err
	}
	o := Outlook{Run: id, Status: r.Status, Movers: []Mover{}, Findings: []OutlookFinding{}, Kept: len(r.Inbox)}
	if store.Ended(r.Status) {
		o.Verdict = "ended"
		return o, nil
	}
	x := looking{Service: s, run: r, state: state, out: &o, now: s.Clock.Now()}
	if state == nil {
		x.find("quarantined", "", inWords("state_unreadable"), Wish{Action: "cancel"})
		o.Verdict = "held"
		return o, nil
	}
	if err := x.names(ctx); err != nil {
		return o, err
	}
	if err := x.waits(ctx); err != nil {
		return o, err
	}
	x.joins()
	x.incidents()
	x.scopes()
	if err := x.kept(ctx); err != nil {
		return o, err
	}
	if err := x.whole(ctx); err != nil {
		return o, err
	}
	x.judge()
	return o, nil
}

type looking struct {
	*Service
	run   store.Run
	state *core.State
	graph *graph.Graph
	out   *Outlook
	now   time.Time
	label map[string]string
}

func (x *looking) names(ctx context.Context) error {
	process, err := x.Definitions.Process(ctx, x.run.DefinitionKey, x.run.Version)
	if err != nil {
		return err
	}
	def, err := graph.Parse(process)
	if err != nil {
		return fmt.Errorf("outlook of run %s: %w", x.run.ID, err)
	}
	if x.label, err = x.labelsOf(ctx, x.run.DefinitionKey, x.run.Version); err != nil {
		return err
	}
	x.graph, _ = graph.Compile(def, graph.Options{})
	return nil
}

func (x *looking) find(code, node, message string, repairs ...Wish) {
	x.out.Findings = append(x.out.Findings, OutlookFinding{Code: code, Node: node, NodeName: x.label[node], Message: message, Repairs: append([]Wish{}, repairs...)})
}

// past is the repair that goes on behind a node that nobody serves.
func past(node string) Wish { return Wish{Action: "move", Node: node, To: node, Place: "after"} }

// waits lists the open expectations with who or what serves them.
func (x *looking) waits(ctx context.Context) error {
	tasks, err := x.Engine.ListTasks(ctx, store.TaskQuery{RunID: x.run.ID, Statuses: []store.TaskStatus{store.TaskOpen, store.TaskClaimed, store.TaskDecided}, Limit: store.MaxLimit})
	if err != nil {
		return fmt.Errorf("tasks of run %s: %w", x.run.ID, err)
	}
	timers, err := x.Engine.RunTimers(ctx, x.run.ID)
	if err != nil {
		return fmt.Errorf("timers of run %s: %w", x.run.ID, err)
	}
	effects, err := x.Engine.RunEffects(ctx, x.run.ID)
	if err != nil {
		return fmt.Errorf("effects of run %s: %w", x.run.ID, err)
	}
	subscriptions, err := x.Engine.RunSubscriptions(ctx, x.run.ID)
	if err != nil {
		return fmt.Errorf("subscriptions of run %s: %w", x.run.ID, err)
	}
	for _, w := range x.state.Waits() {
		if w.Failed {
			continue // told by its incident
		}
		m := Mover{Kind: string(w.Kind), Wait: string(w.ID), Node: string(w.Node), NodeName: x.label[string(w.Node)]}
		switch w.Kind {
		case core.TaskWait:
			if i := slices.IndexFunc(tasks.Tasks, func(t store.Task) bool { return t.ID == string(w.ID) }); i >= 0 {
				if err := x.task(ctx, &m, tasks.Tasks[i]); err != nil {
					return err
				}
			}
		case core.TimerWait, core.TimeoutWait:
			if i := slices.IndexFunc(timers, func(t store.Timer) bool { return t.Wait == w.ID }); i >= 0 {
				x.timer(&m, timers[i])
			} else if x.out.Kept > 0 {
				m.Status = "fired" // kept until the run is resumed
			}
		case core.EffectWait:
			for _, e := range effects {
				if e.Wait == w.ID && e.Status != store.EffectCanceled {
					m.Name, m.Status, m.Attempt, m.DueAt = e.Robot, string(e.Status), e.Attempt, at(e.NotBefore)
				}
			}
		case core.MessageWait:
			if i := slices.IndexFunc(subscriptions, func(s store.Subscription) bool { return s.Wait == w.ID }); i >= 0 {
				m.Name, m.Key = subscriptions[i].Name, subscriptions[i].Key
			}
		case core.SignalWait, core.ConditionWait:
			m.Name = x.awaited(w)
		default:
			if _, err := x.Engine.Load(ctx, core.RunID(w.ID)); err == nil {
				m.Run = string(w.ID)
			}
		}
		x.out.Movers = append(x.out.Movers, m)
	}
	return nil
}

// awaited is the name of a signal, or the text of a condition.
func (x *looking) awaited(w core.Wait) string {
	if x.graph == nil {
		return ""
	}
	n, ok := x.graph.Node(string(w.Node))
	if !ok || w.Part >= len(n.Watches) {
		return ""
	}
	if w.Kind == core.ConditionWait {
		return n.Watches[w.Part].When
	}
	return n.Watches[w.Part].Name
}

func at(i core.Instant) docstore.Instant {
	if i == 0 {
		return docstore.Instant{}
	}
	return docstore.At(clock.Time(i))
}

// task tells who may act, and whether any of them still can.
func (x *looking) task(ctx context.Context, m *Mover, t store.Task) error {
	m.Status, m.DueAt = string(t.Status), at(t.DueAt)
	users := run.EffectiveUsers(t)
	names, err := x.People.Names(ctx, users)
	if err != nil {
		return err
	}
	able := false
	var gone []string
	for _, u := range users {
		m.People = append(m.People, run.Person{ID: u, Name: names[u]})
		if _, active := x.People.Person(u); active {
			able = true
		} else {
			gone = append(gone, names[u])
		}
	}
	for _, g := range t.Groups {
		m.People = append(m.People, run.Person{ID: "group:" + g, Name: g})
		for _, u := range x.People.Members(g) {
			_, active := x.People.Person(u)
			able = able || active
		}
	}
	if !able && t.Status != store.TaskDecided {
		m.Hopeless = "nobody_active"
		x.find("nobody_active", m.Node, "", Wish{Action: actionAssign, Node: m.Node}, past(m.Node), Wish{Action: "cancel"})
		x.out.Findings[len(x.out.Findings)-1].Names = gone
	}
	return nil
}

func (x *looking) timer(m *Mover, t store.Timer) {
	m.DueAt = at(t.DueAt)
	if clock.Time(t.DueAt).Sub(x.now) > farAway {
		m.Hopeless = "timer_far"
		x.find("timer_far", m.Node, m.DueAt.String(), past(m.Node), Wish{Action: "cancel"})
	}
}

// joins tells what tokens wait for that stand before a join.
func (x *looking) joins() {
	if x.graph == nil {
		return
	}
	for _, j := range x.state.Joins(x.graph) {
		m := Mover{Kind: "join", Node: string(j.Node), NodeName: x.label[string(j.Node)], Scope: string(j.Scope)}
		for _, f := range j.Missing {
			m.Missing = append(m.Missing, string(f))
		}
		for _, n := range j.Coming {
			m.Coming = append(m.Coming, string(n))
		}
		if len(m.Coming) == 0 {
			m.Hopeless = "join_starved"
			x.find("join_starved", m.Node, "", Wish{Action: "fire", Node: m.Node, Scope: string(j.Scope)}, Wish{Action: "cancel"})
			x.out.Findings[len(x.out.Findings)-1].Names = m.Missing
		}
		x.out.Movers = append(x.out.Movers, m)
	}
}

// incidents wait for an operator.
func (x *looking) incidents() {
	for _, i := range x.state.Incidents() {
		if i.Failure.Code == "join_deadlock" {
			continue // told by its joins
		}
		repairs := []Wish{{Action: "retry", Incident: i.ID}, {Action: "skip", Incident: i.ID}}
		if i.Failure.Code == outcomeUnknown {
			repairs = []Wish{{Action: "resend", Incident: i.ID}, {Action: "drop", Incident: i.ID}}
		}
		x.find("incident", string(i.Node), i.Failure.Message, repairs...)
		x.out.Movers = append(x.out.Movers, Mover{Kind: "incident", Wait: i.ID, Node: string(i.Node), NodeName: x.label[string(i.Node)], Name: i.Failure.Code, Hopeless: "incident"})
	}
}

// scopes are the parts that can be canceled by themselves.
func (x *looking) scopes() {
	for _, c := range x.state.Scopes() {
		x.out.Scopes = append(x.out.Scopes, OpenScope{ID: string(c.ID), Node: string(c.Node), NodeName: x.label[string(c.Node)], Within: string(c.Parent), Tokens: c.Tokens})
	}
}

// kept lists what a held run has kept.
func (x *looking) kept(ctx context.Context) error {
	x.out.Droppable = x.run.Suspended || x.run.Status == core.Quarantined
	waits := x.state.Waits()
	var who []string
	for _, e := range x.run.Inbox {
		k := KeptEvent{ID: e.ID, Kind: string(e.Kind), Actor: e.Actor, At: at(e.At)}
		if i := slices.IndexFunc(waits, func(w core.Wait) bool { return w.ID == e.Wait }); i >= 0 && e.Wait != "" {
			k.Node = string(waits[i].Node)
			k.NodeName = x.label[k.Node]
		}
		if e.Actor != "" {
			who = append(who, e.Actor)
		}
		x.out.KeptEvents = append(x.out.KeptEvents, k)
	}
	names, err := x.People.Names(ctx, who)
	if err != nil {
		return err
	}
	for i := range x.out.KeptEvents {
		x.out.KeptEvents[i].By = names[x.out.KeptEvents[i].Actor]
	}
	return nil
}

// whole looks at what holds the run as a whole.
func (x *looking) whole(ctx context.Context) error {
	suspensions, err := x.Suspensions(ctx)
	if err != nil {
		return err
	}
	for _, held := range suspensions {
		switch held.Key {
		case Workspace:
			x.find("workspace_suspended", "", held.Reason)
		case x.run.DefinitionKey:
			x.find("definition_suspended", "", held.Reason)
		}
	}
	if x.run.Suspended {
		x.find("suspended", "", "", Wish{Action: "resume"})
	}
	if x.run.Status == core.Quarantined {
		x.find("quarantined", "", x.run.Problem, Wish{Action: "resume"}, Wish{Action: "cancel"})
	}
	if x.run.RecordID != "" {
		_, err := x.Records.Title(ctx, x.run.RecordType, x.run.RecordID)
		var p *problem.Problem
		switch {
		case errors.As(err, &p) && p.Code == "not_found", errors.Is(err, docstore.ErrNotFound), errors.Is(err, store.ErrNotFound):
			x.find("record_gone", "", x.run.RecordTitle, Wish{Action: "cancel"})
		case err != nil:
			return err
		}
	}
	if x.state.Pending() || len(x.run.Inbox) > 0 && !x.run.Suspended && x.run.Status == core.Active && !x.Held(x.run.DefinitionKey) {
		x.out.Movers = append(x.out.Movers, Mover{Kind: "step"})
	}
	return nil
}

// judge sums up.
func (x *looking) judge() {
	o := x.out
	if x.run.Suspended || x.run.Status == core.Quarantined || x.Held(x.run.DefinitionKey) {
		o.Verdict = "held"
		return
	}
	o.Verdict = "stuck"
	for _, m := range o.Movers {
		switch {
		case m.Hopeless != "" || m.Kind == "join":
		case m.Kind == "effect" || m.Kind == "timer" || m.Kind == "timeout" || m.Kind == "step":
			o.Verdict = "moving"
			return
		default:
			o.Verdict = "waiting"
		}
	}
	if o.Verdict == "stuck" && len(o.Findings) == 0 {
		x.find("nothing_expected", "", "", Wish{Action: "cancel"})
	}
}
