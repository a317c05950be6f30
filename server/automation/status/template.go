package status

import (
	"encoding/json"

	"github.com/fluxo-app/fluxo/engine/graph"
	"github.com/fluxo-app/fluxo/server/automation/board"
	"github.com/fluxo-app/fluxo/server/docstore"
)

// SetStatus is the step that brings the process to another status. It is no robot:
// only handlers of a status have it.
const SetStatus = "status.set"

// Step is one thing that a handler does, in the order of its list.
type Step struct {
	ID       string          `json:"id" maxLength:"40" doc:"unique in the whole template; results are steps.<id>"`
	Robot    string          `json:"robot" maxLength:"60" doc:"key of a robot, userTask, approval, acknowledge, requestInformation, or status.set with {status, immediate}"`
	Name     string          `json:"name,omitempty" maxLength:"200"`
	Config   json.RawMessage `json:"config,omitempty"`
	Disabled bool            `json:"disabled,omitempty"`
	RunAs    string          `json:"runAs,omitempty" maxLength:"100" doc:"empty = the automation itself, responsible, initiator (who has started the process), commander (who gave the command), or a user id"`
	When     string          `json:"when,omitempty" maxLength:"10000" doc:"condition, evaluated when the step's turn comes"`
}

// Target is the config of SetStatus.
type Target struct {
	Status string `json:"status"`
	// Immediate drops what is left of the handler; without it the change waits for
	// the end of the handler, and the last of several wins.
	Immediate bool `json:"immediate,omitempty"`
}

// target reads where a step leads; false when it is no set-status.
func (s Step) target() (Target, bool) {
	var t Target
	if s.Robot != SetStatus {
		return t, false
	}
	if len(s.Config) > 0 && json.Unmarshal(s.Config, &t) != nil {
		return Target{}, true
	}
	return t, true
}

// Command is a button that people press while the process waits in a status.
type Command struct {
	ID   string `json:"id" maxLength:"40"`
	Name string `json:"name" maxLength:"200"`
	// Allowed are users, groups, or expressions that give them.
	Allowed []json.RawMessage `json:"allowed,omitempty" maxItems:"50" doc:"who may press it: ids of users and groups, or {\"expr\": ...}; empty = everybody who may change the record"`
	When    string            `json:"when,omitempty" maxLength:"10000" doc:"condition, evaluated when the button is shown and again when it is pressed"`
	Steps   []Step            `json:"steps" nullable:"false" maxItems:"50"`
}

// Delay is what happens in a status after a time, or at a date of the record, once
// per stay.
type Delay struct {
	ID     string       `json:"id" maxLength:"40"`
	Name   string       `json:"name,omitempty" maxLength:"200"`
	Timing board.Timing `json:"timing" doc:"mode delay, counted from the entry of the status, or date"`
	Steps  []Step       `json:"steps" nullable:"false" maxItems:"50"`
}

// Status is one status of a template.
type Status struct {
	ID       string    `json:"id" maxLength:"40"`
	Name     string    `json:"name" maxLength:"200"`
	Color    string    `json:"color,omitempty" maxLength:"30"`
	Entry    []Step    `json:"entry" nullable:"false" maxItems:"50"`
	Exit     []Step    `json:"exit" nullable:"false" maxItems:"50"`
	Commands []Command `json:"commands" nullable:"false" maxItems:"20"`
	Delays   []Delay   `json:"delays" nullable:"false" maxItems:"20"`
}

// Occasion is something that starts the process by itself.
type Occasion struct {
	On          string   `json:"on" enum:"recordCreated,recordChanged,stageEntered"`
	Fields      []string `json:"fields,omitempty" maxItems:"50" doc:"of recordChanged; none = any field"`
	Pipeline    string   `json:"pipeline,omitempty" maxLength:"40"`
	Stage       string   `json:"stage,omitempty" maxLength:"40"`
	When        string   `json:"when,omitempty" maxLength:"10000"`
	ByProcesses bool     `json:"byProcesses,omitempty" doc:"also when a process or a robot has changed the record"`
}

// Start says how processes of a template begin. A robot may always start one.
type Start struct {
	ByHand bool       `json:"byHand" doc:"people may start it on a record"`
	On     []Occasion `json:"on,omitempty" maxItems:"10"`
}

// Content is what people draw of a template.
type Content struct {
	Name        string   `json:"name" maxLength:"200"`
	Description string   `json:"description,omitempty" maxLength:"2000"`
	Disabled    bool     `json:"disabled,omitempty" doc:"nothing starts by it; what runs goes on"`
	Initial     string   `json:"initial" maxLength:"40" doc:"id of the status in which it begins"`
	Start       Start    `json:"start"`
	Statuses    []Status `json:"statuses" nullable:"false" maxItems:"50"`
}

// Template is a status-driven process for records of a type.
type Template struct {
	docstore.Entity
	Type string `json:"type" maxLength:"60" doc:"record type"`
	Content
	// Process is what new runs follow; version 0 while nothing can start.
	Process  board.Process   `json:"process"`
	Findings []graph.Finding `json:"findings" nullable:"false"`
	// Active is how many processes of the template are under way.
	Active int `json:"active"`
}

// stored is a template as it is kept.
type stored struct {
	docstore.Entity
	Type string `json:"type"`
	Content
	// Language of whoever saved it, for the names of what is generated.
	Language string `json:"language,omitempty"`
}

// status finds one of the statuses.
func (c Content) status(id string) (Status, bool) {
	for _, s := range c.Statuses {
		if s.ID == id {
			return s, true
		}
	}
	return Status{}, false
}

// reachable are the statuses that the initial one leads to, and itself.
func (c Content) reachable() map[string]bool {
	reached := map[string]bool{}
	for next := []string{c.Initial}; len(next) > 0; {
		id := next[0]
		next = next[1:]
		if s, ok := c.status(id); ok && !reached[id] {
			reached[id] = true
			next = append(next, s.targets()...)
		}
	}
	return reached
}

// targets are the statuses that a status can lead to, each once, in their order.
func (s Status) targets() []string {
	var out []string
	seen := map[string]bool{}
	s.each(func(_ string, steps []Step) {
		for _, step := range steps[:lives(steps)] {
			if t, ok := step.target(); ok && !step.Disabled && t.Status != "" && !seen[t.Status] {
				seen[t.Status] = true
				out = append(out, t.Status)
			}
		}
	})
	return out
}

// each visits the handlers of a status that may set another one, with the place
// of each in the document.
func (s Status) each(visit func(pointer string, steps []Step)) {
	visit("/entry", s.Entry)
	for i, c := range s.Commands {
		visit(at("/commands", i)+"/steps", c.Steps)
	}
	for i, d := range s.Delays {
		visit(at("/delays", i)+"/steps", d.Steps)
	}
}

// lives tells how many steps of a handler can have their turn: what stands behind a
// status that is always set at once has none.
func lives(steps []Step) int {
	for i, s := range steps {
		if t, ok := s.target(); ok && t.Immediate && !s.Disabled && s.When == "" {
			return i + 1
		}
	}
	return len(steps)
}
