package rehearsal

import (
	"encoding/json"
	"time"

	"github.com/fluxo-app/fluxo/engine/clock"
	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/host"
)

// Wait is something open that could be triggered.
type Wait struct {
	ID      core.WaitID   `json:"-"` // for sessions
	Title   string        `json:"-"` // of the step, for sessions
	Run     core.RunID    `json:"run"`
	Process string        `json:"process"`
	Node    core.NodeID   `json:"node"`
	Kind    core.WaitKind `json:"kind"`
	Failed  bool          `json:"failed,omitempty"` // has an open incident
	// Index is what a step names it by when several of its node are open: the
	// oldest is 1.
	Index int `json:"index"`
	// Name is that of the message or signal, or the condition that is to hold.
	Name string `json:"name,omitempty"`
	// DueAt is when a timer fires or a task is due.
	DueAt  *time.Time      `json:"dueAt,omitempty"`
	Users  []string        `json:"users,omitempty"`  // who would be asked
	Groups []string        `json:"groups,omitempty"` // whose members would be asked
	Robot  string          `json:"robot,omitempty"`
	Config json.RawMessage `json:"config,omitempty"` // of a task or a robot, with its values
}

// Mark is how far a rehearsal was when a step of its scenario was over.
type Mark struct {
	At      time.Time `json:"at"`
	Records int       `json:"records"` // written by then
	Sent    int       `json:"sent"`    // in the outbox by then
}

func (w *world) mark() {
	w.marks = append(w.marks, Mark{At: w.clock.Now().UTC(), Records: len(w.records), Sent: len(w.outbox)})
}

// asked is what the host asked for when it opened a wait.
type asked struct {
	due           core.Instant
	users, groups []string
	robot         string
	config        json.RawMessage
}

// ask keeps what a commit asks for.
func (w *world) ask(c host.Committed) {
	for _, t := range c.Tasks {
		w.asked[core.WaitID(t.ID)] = asked{due: t.DueAt, users: t.Users, groups: t.Groups, config: t.Config}
	}
	for _, t := range c.Timers {
		known := w.asked[t.Wait]
		known.due = t.DueAt
		w.asked[t.Wait] = known
	}
	for _, e := range c.Effects {
		w.asked[e.Wait] = asked{robot: e.Robot, config: e.Config}
	}
}

// described tells of open waits as steps can name them.
func (w *world) described(all []open) []Wait {
	type of struct {
		process  string
		node     core.NodeID
		activity bool
	}
	count := map[of]int{}
	out := []Wait{}
	for _, o := range all {
		// An answer is for activities only; a trigger counts everything of the node.
		same := of{o.run.process, o.wait.Node, o.activity()}
		count[same]++
		index := count[same]
		if !same.activity {
			same.activity = true
			index += count[same]
		}
		known := w.asked[o.wait.ID]
		one := Wait{ID: o.wait.ID, Title: o.node.Name, Run: o.run.id, Process: o.run.process, Node: o.wait.Node, Kind: o.wait.Kind, Failed: o.wait.Failed, Index: index,
			Users: known.users, Groups: known.groups, Robot: known.robot, Config: known.config}
		if known.due > 0 {
			due := clock.Time(known.due).UTC()
			one.DueAt = &due
		}
		if o.wait.Part < len(o.node.Watches) {
			watch := o.node.Watches[o.wait.Part]
			one.Name = watch.Name
			if o.wait.Kind == core.ConditionWait {
				one.Name = w.choices.written(watch.When)
			}
		}
		out = append(out, one)
	}
	return out
}
