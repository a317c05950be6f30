package rehearsal

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/fluxo-app/fluxo/engine/core"
)

// Format is the name and version of the scenario format.
const Format = "fluxo/scenario@1"

// Limits of one scenario.
const (
	MaxSteps  = 10_000 // steps of a scenario
	MaxEvents = 20_000 // events that the rehearsal may send: a loop ends here
	// MaxRecords ends a loop that does not even wait: all records are in the answer.
	MaxRecords = 50_000
)

// ErrScenario marks a scenario that cannot be read; the text says where and why.
var ErrScenario = errors.New("scenario is not valid")

// Scenario is what happens to a run from outside, and what is expected of it.
type Scenario struct {
	Format      string            `json:"format,omitempty"`
	Name        string            `json:"name,omitempty"`
	Description string            `json:"description,omitempty"`
	File        string            `json:"file,omitempty"` // definition to play, for a list of scenarios over many files
	At          *time.Time        `json:"at,omitempty"`   // where the clock begins: 2026-01-05T09:00:00Z
	Zone        string            `json:"zone,omitempty"` // IANA name: UTC
	Start       *Start            `json:"start,omitempty"`
	People      map[string]Person `json:"people,omitempty"` // who expressions find, by user id
	Hold        Names             `json:"hold,omitempty"`   // activities that stay open from the beginning
	Steps       []Step            `json:"steps,omitempty"`
	Expect      *Expectation      `json:"expect,omitempty"`
}

// Start begins the run. Without one the only start event by hand is taken,
// unless a step triggers a start event or nothing can be started by hand.
type Start struct {
	Process    string         `json:"process,omitempty"` // key, when the file holds several
	Node       core.NodeID    `json:"node,omitempty"`
	Parameters core.Values    `json:"parameters,omitempty"`
	Variables  core.Values    `json:"variables,omitempty"`
	Record     map[string]any `json:"record,omitempty"` // CRM record as expressions see it; type and id identify it
	By         string         `json:"by,omitempty"`     // user id
}

// Person is someone whom head(), members() and the record's fields name.
type Person struct {
	Name   string   `json:"name,omitempty"`
	Email  string   `json:"email,omitempty"`
	Head   string   `json:"head,omitempty"`   // user id
	Groups []string `json:"groups,omitempty"` // group ids
}

// Step is one thing that happens. Exactly one member is set.
type Step struct {
	Complete *Reply      `json:"complete,omitempty"` // an activity ends
	Answer   *Reply      `json:"answer,omitempty"`   // the same, in the word for robots
	Message  *Message    `json:"message,omitempty"`
	Signal   *Signal     `json:"signal,omitempty"`
	Trigger  *Trigger    `json:"trigger,omitempty"` // a waiting event or a start event happens
	Hold     *Names      `json:"hold,omitempty"`    // activities stay open from now on
	Release  *Names      `json:"release,omitempty"` // and may end again
	Choose   *Choice     `json:"choose,omitempty"`
	Advance  *Advance    `json:"advance,omitempty"`
	Set      core.Values `json:"set,omitempty"` // variables of the run, by hand
	// Record changes the record that the first run is about: a JSON merge patch of
	// what expressions see of it.
	Record core.Values  `json:"record,omitempty"`
	Cancel *Cancel      `json:"cancel,omitempty"`
	Expect *Expectation `json:"expect,omitempty"`
}

// Target names an open activity or event: the oldest of that id, or with Index
// the n-th oldest.
type Target struct {
	Node    core.NodeID `json:"node"`
	Process string      `json:"process,omitempty"`
	Index   int         `json:"index,omitempty"`
}

// Reply ends an activity. For an activity that is not open yet it is kept for
// the next time that it opens.
type Reply struct {
	Target
	Outcome   string      `json:"outcome,omitempty"` // of a task or an approval
	Port      string      `json:"port,omitempty"`    // of a robot
	Result    core.Values `json:"result,omitempty"`
	Variables core.Values `json:"variables,omitempty"`
	By        string      `json:"by,omitempty"`
	Error     string      `json:"error,omitempty"`   // it throws this BPMN error
	Failure   *Breakdown  `json:"failure,omitempty"` // it fails technically: an incident
	Delay     string      `json:"delay,omitempty"`   // ISO 8601, from now on
	Refused   bool        `json:"refused,omitempty"` // expected to be refused, because nothing of that name is open
}

// Breakdown is a technical failure.
type Breakdown struct {
	Code    string `json:"code"`
	Message string `json:"message,omitempty"`
}

// Message is published under a name and a key.
type Message struct {
	Name string      `json:"name"`
	Key  string      `json:"key,omitempty"`
	Body core.Values `json:"body,omitempty"`
}

// Signal is broadcast.
type Signal struct {
	Name string      `json:"name"`
	Body core.Values `json:"body,omitempty"`
}

// Trigger lets an event happen by the id of its element. Of an activity it is
// its completion.
type Trigger struct {
	Target
	Body core.Values `json:"body,omitempty"` // of a message
}

// Choice decides the next visit of a gateway, whatever its conditions say.
// Choices of one gateway are used in their order.
type Choice struct {
	Node  core.NodeID `json:"node"`
	Flows []string    `json:"flows"`
}

// Advance moves the clock; what becomes due happens on the way.
type Advance struct {
	By string     `json:"by,omitempty"` // ISO 8601 duration
	To *time.Time `json:"to,omitempty"`
}

// Cancel ends a run from outside: the first one, or that of a process.
type Cancel struct {
	Process string `json:"process,omitempty"`
	Reason  string `json:"reason,omitempty"`
}

// Expectation is compared with what happened so far. Members that are absent
// are not compared.
type Expectation struct {
	Entered    *Sequence    `json:"entered,omitempty"`   // nodes, gateways and events included
	Completed  *Sequence    `json:"completed,omitempty"` // activities that ended by themselves
	Flows      *Sequence    `json:"flows,omitempty"`
	NotEntered []string     `json:"notEntered,omitempty"`
	Waits      *[]string    `json:"waits,omitempty"` // nodes with something open, each as often as it is
	End        string       `json:"end,omitempty"`   // completed | waiting | stuck | incident | failed | canceled
	Code       string       `json:"code,omitempty"`  // of the error, or of an open incident
	Variables  core.Values  `json:"variables,omitempty"`
	Runs       []RunsOfKind `json:"runs,omitempty"`
	Sent       []Sent       `json:"sent,omitempty"`
}

// RunsOfKind counts the runs of a process that ended in one way.
type RunsOfKind struct {
	Process string `json:"process"`
	End     string `json:"end,omitempty"`
	Count   int    `json:"count"`
}

// Sent counts what the outbox holds.
type Sent struct {
	Robot string      `json:"robot,omitempty"`
	Node  core.NodeID `json:"node,omitempty"`
	Count int         `json:"count"`
}

// Sequence is an expected list of ids. As a plain list it is the whole of what
// happened, in order.
type Sequence struct {
	InOrder  []string `json:"inOrder,omitempty"`
	AnyOrder []string `json:"anyOrder,omitempty"`
	Only     []string `json:"only,omitempty"` // compare these ids only
}

// UnmarshalJSON reads a list or an object.
func (s *Sequence) UnmarshalJSON(raw []byte) error {
	if len(raw) > 0 && raw[0] == '[' {
		s.InOrder = []string{}
		return json.Unmarshal(raw, &s.InOrder)
	}
	type plain Sequence
	if err := strict(raw, (*plain)(s)); err != nil {
		return err
	}
	if (s.InOrder == nil) == (s.AnyOrder == nil) {
		return errors.New("give a list, or exactly one of inOrder and anyOrder")
	}
	return nil
}

// Names is one name, a list of them, or an object with a node.
type Names []core.NodeID

// UnmarshalJSON reads any of the three forms.
func (n *Names) UnmarshalJSON(raw []byte) error {
	switch {
	case len(raw) == 0:
		return errors.New("name a node")
	case raw[0] == '"':
		*n = make(Names, 1)
		return json.Unmarshal(raw, &(*n)[0])
	case raw[0] == '[':
		return json.Unmarshal(raw, (*[]core.NodeID)(n))
	}
	var t struct {
		Node core.NodeID `json:"node"`
	}
	if err := strict(raw, &t); err != nil {
		return err
	}
	*n = Names{t.Node}
	return nil
}

// UnmarshalJSON reads a node's id or an object.
func (r *Reply) UnmarshalJSON(raw []byte) error {
	type plain Reply
	return orName(raw, &r.Node, (*plain)(r))
}

// UnmarshalJSON reads a node's id or an object.
func (t *Trigger) UnmarshalJSON(raw []byte) error {
	type plain Trigger
	return orName(raw, &t.Node, (*plain)(t))
}

// UnmarshalJSON reads a name or an object.
func (m *Message) UnmarshalJSON(raw []byte) error {
	type plain Message
	return orName(raw, &m.Name, (*plain)(m))
}

// UnmarshalJSON reads a name or an object.
func (s *Signal) UnmarshalJSON(raw []byte) error {
	type plain Signal
	return orName(raw, &s.Name, (*plain)(s))
}

// UnmarshalJSON reads a duration or an object.
func (a *Advance) UnmarshalJSON(raw []byte) error {
	type plain Advance
	if err := orName(raw, &a.By, (*plain)(a)); err != nil {
		return err
	}
	if (a.By == "") == (a.To == nil) {
		return errors.New("give either by, a duration such as P1D, or to, a point in time")
	}
	return nil
}

func orName[S ~string](raw []byte, name *S, object any) error {
	if len(raw) > 0 && raw[0] == '"' {
		return json.Unmarshal(raw, name)
	}
	return strict(raw, object)
}

func strict(raw []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	d.UseNumber()
	return d.Decode(into)
}

// Parse reads one scenario. The error wraps ErrScenario.
func Parse(raw []byte) (Scenario, error) {
	var s Scenario
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	d.UseNumber()
	if err := d.Decode(&s); err != nil {
		return s, fmt.Errorf("%w: %w", ErrScenario, err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return s, fmt.Errorf("%w: there is more behind it; put one scenario on a line", ErrScenario)
	}
	return s, s.check()
}

// ParseAll reads one scenario, a JSON array of them, or one on each line.
func ParseAll(raw []byte) ([]Scenario, error) {
	raw = bytes.TrimSpace(raw)
	if len(raw) > 0 && raw[0] == '[' {
		var list []json.RawMessage
		if err := json.Unmarshal(raw, &list); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrScenario, err)
		}
		return parseEach(list, "scenario")
	}
	if one, err := Parse(raw); err == nil {
		return []Scenario{one}, nil
	} else if json.Valid(raw) || !bytes.ContainsRune(raw, '\n') {
		return nil, err
	}
	var lines []json.RawMessage
	for _, line := range bytes.Split(raw, []byte("\n")) {
		lines = append(lines, bytes.TrimSpace(line))
	}
	return parseEach(lines, "line")
}

func parseEach(list []json.RawMessage, word string) ([]Scenario, error) {
	var all []Scenario
	for i, raw := range list {
		if len(raw) == 0 {
			continue
		}
		s, err := Parse(raw)
		if err != nil {
			return nil, fmt.Errorf("%s %d: %w", word, i+1, err)
		}
		all = append(all, s)
	}
	return all, nil
}

func (s *Scenario) check() error {
	bad := func(format string, args ...any) error {
		return fmt.Errorf("%w: "+format, append([]any{ErrScenario}, args...)...)
	}
	switch {
	case s.Format != "" && s.Format != Format:
		return bad("format %q is not %s", s.Format, Format)
	case len(s.Steps) > MaxSteps:
		return bad("it has %d steps; %d are possible", len(s.Steps), MaxSteps)
	}
	if _, err := time.LoadLocation(s.Zone); err != nil {
		return bad("zone %q is not known", s.Zone)
	}
	for i, step := range s.Steps {
		set := 0
		for _, given := range []bool{step.Complete != nil, step.Answer != nil, step.Message != nil, step.Signal != nil, step.Trigger != nil,
			step.Hold != nil, step.Release != nil, step.Choose != nil, step.Advance != nil, step.Set != nil, step.Record != nil, step.Cancel != nil, step.Expect != nil} {
			if given {
				set++
			}
		}
		if set != 1 {
			return bad("/steps/%d holds %d actions; each step is exactly one of complete, answer, message, signal, trigger, hold, release, choose, advance, set, record, cancel and expect", i, set)
		}
		if step.Advance != nil && step.Advance.By != "" {
			if _, err := length(step.Advance.By); err != nil {
				return bad("/steps/%d/advance: %s", i, err)
			}
		}
		for _, r := range []*Reply{step.Complete, step.Answer} {
			if r == nil || r.Delay == "" {
				continue
			}
			if _, err := length(r.Delay); err != nil {
				return bad("/steps/%d/delay: %s", i, err)
			}
		}
		for _, name := range []string{"type", "id"} {
			if _, given := step.Record[name]; given {
				return bad("/steps/%d/record/%s: which record it is does not change", i, name)
			}
		}
		if c := step.Choose; c != nil && len(c.Flows) == 0 {
			return bad("/steps/%d/choose/flows: name at least one flow", i)
		}
	}
	return nil
}
