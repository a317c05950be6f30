package status

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/fluxo-app/fluxo/engine/graph"
	"github.com/fluxo-app/fluxo/server/automation/board"
)

// A template compiles to one process, each status to a sub-process of it:
//
//	status:  begin -> entry handler -> decide -> wait (whichever is first: command | delay) -> handler -> decide ...
//	         and beside it one branch for each delay, which notes that it is due
//	decide:  a status is set: leave; nothing can happen any more: leave; otherwise wait
//
// To leave ends the sub-process with all that still waits in it. Behind it, when a
// status is set, comes the exit handler and then the next status; otherwise the
// process is done. So one thing at a time happens in a status, and a delay that is
// due while a handler is at work comes after it.
//
// covers B-04, B-06

// Names of what a compiled template contains. A point cannot stand in the id of
// what people draw, so that nothing of theirs can be meant by mistake.
const (
	nodeStart = "process.start"

	partStart  = ".start"
	partFork   = ".fork"
	partBegin  = ".begin"
	partDecide = ".decide"
	partTurn   = ".turn"
	partWait   = ".wait"
	partLeave  = ".leave"
	partLeft   = ".left"
	partExit   = ".exit"
	partNext   = ".next"
	partEnd    = ".end"

	partTaken   = ".taken"   // a command or a delay has its turn
	partCheck   = ".check"   // of a step
	partSkipped = ".skipped" // its condition did not hold, or it is switched off
	partError   = ".error"
	partFailed  = ".failed"

	partDate  = ".date"  // the date of a delay is read
	partAsked = ".asked" // is there one?
	partNone  = ".none"  // there is none
	partArmed = ".armed"
	partTimer = ".timer"
	partMoved = ".moved" // the date has changed
	partStill = ".still" // is it the one that was counted?
	partDue   = ".due"
	partOver  = ".over"
)

// Variables of a compiled template.
const (
	varStatus      = "status" // the present one
	varNext        = "next"   // that is set, "" = none
	varTurn        = "turn"   // counts how often the process came to wait
	varCommand     = "command"
	varCommandTurn = "commandTurn" // for which turn it was given
	varCommandBy   = "commandBy"
	varTaken       = "taken" // turn of the last command that had its turn
	duePrefix      = "due_"
	donePrefix     = "done_"
	datePrefix     = "date_"
)

// mark is what a compiled process says of its origin, in x.status.
type mark struct {
	Template string `json:"template"`
	Content
}

// marked finds out from which template a process was compiled.
func marked(process json.RawMessage) (mark, error) {
	var of struct {
		X struct {
			Status mark `json:"status"`
		} `json:"x"`
	}
	if err := json.Unmarshal(process, &of); err != nil {
		return mark{}, fmt.Errorf("read compiled template: %w", err)
	}
	return of.X.Status, nil
}

// output is a place from which a sequence goes on.
type output struct{ node, port string }

// scope is a process or sub-process that is being built.
type scope struct {
	nodes []graph.NodeDefinition
	flows []graph.Flow
	vars  []graph.Variable
}

// compiler builds the process of a template.
type compiler struct {
	*scope
	words  words
	ports  func(robot string) []string
	title  func(robot string) string
	layout map[string]graph.Place
	count  int               // of flows
	places map[string]string // node or flow -> pointer into the template
	acts   map[string]bool   // ids of steps
	column float64
}

// compiled is a process with the way back from its parts to the template.
type compiled struct {
	def     *graph.Definition
	process json.RawMessage
	places  map[string]string
	steps   map[string]bool
}

func at(list string, i int) string { return list + "/" + strconv.Itoa(i) }

func (c *compiler) node(n graph.NodeDefinition, pointer string) string {
	c.nodes = append(c.nodes, n)
	c.places[n.ID] = pointer
	return n.ID
}

// Between columns and rows of the drawing: a card is 220 by 64, with room for its ways.
const columnWidth, rowHeight = 290, 120

func (c *compiler) place(id string, column, row float64) {
	c.layout[id] = graph.Place{At: []float64{column * columnWidth, row * rowHeight}}
}

// next places a node of the main row.
func (c *compiler) next(n graph.NodeDefinition, pointer string) string {
	c.place(n.ID, c.column, 0)
	c.column++
	return c.node(n, pointer)
}

// flow adds a flow and tells its id.
func (c *compiler) flow(f graph.Flow, pointer string) string {
	c.count++
	f.ID = fmt.Sprintf("f%d", c.count)
	c.flows = append(c.flows, f)
	c.places["flow:"+f.ID] = pointer
	return f.ID
}

func (c *compiler) join(from []output, to string) {
	for _, o := range from {
		c.flow(graph.Flow{From: o.node, Port: o.port, To: to}, "")
	}
}

// within builds what stands inside of a sub-process.
func (c *compiler) within(build func() error) (*scope, error) {
	outer, column := c.scope, c.column
	c.scope, c.column = &scope{}, 0
	err := build()
	inner := c.scope
	c.scope, c.column = outer, column
	return inner, err
}

// set is a step that gives variables values; pairs are name and expression by turns.
func set(pairs ...string) json.RawMessage {
	type row struct {
		Name  string            `json:"name"`
		Value map[string]string `json:"value"`
	}
	rows := make([]row, 0, len(pairs)/2)
	for i := 0; i+1 < len(pairs); i += 2 {
		rows = append(rows, row{pairs[i], map[string]string{"expr": pairs[i+1]}})
	}
	raw, _ := json.Marshal(map[string]any{"set": rows}) // of texts: cannot fail
	return raw
}

// compile makes the process of a template.
func compile(t stored, key string, w words, ports func(string) []string, title func(string) string) (compiled, error) {
	x, err := json.Marshal(map[string]any{"status": mark{Template: t.ID, Content: t.Content}})
	if err != nil {
		return compiled{}, fmt.Errorf("compile template %s: %w", t.ID, err)
	}
	c := &compiler{scope: &scope{}, words: w, ports: ports, title: title, layout: map[string]graph.Place{}, places: map[string]string{}, acts: map[string]bool{}}
	c.vars = []graph.Variable{{Name: varStatus, Type: "string"}, {Name: varNext, Type: "string"}, {Name: varTurn, Type: "integer", Default: json.RawMessage("0")},
		{Name: varCommand, Type: "string"}, {Name: varCommandTurn, Type: "integer"}, {Name: varCommandBy, Type: "string"}, {Name: varTaken, Type: "integer", Default: json.RawMessage("0")}}
	c.starts(t)
	reached := t.reachable()
	for i, s := range t.Statuses {
		if !reached[s.ID] {
			continue // nothing would lead there, and it would begin by itself
		}
		if err := c.status(s, at("/statuses", i), i); err != nil {
			return compiled{}, err
		}
	}
	def := &graph.Definition{Format: graph.Format, Key: key, Name: short(t.Name), Description: t.Description, AppliesTo: t.Type,
		Variables: c.vars, Nodes: c.nodes, Flows: c.flows, Layout: c.layout, X: x}
	process, err := json.Marshal(def)
	if err != nil {
		return compiled{}, fmt.Errorf("compile template %s: %w", t.ID, err)
	}
	return compiled{def: def, process: process, places: c.places, steps: c.acts}, nil
}

// starts are the start events: one for people and robots, and one for each
// occasion. All lead to the initial status.
//
// covers B-03
func (c *compiler) starts(t stored) {
	c.node(graph.NodeDefinition{ID: nodeStart, Kind: "startEvent"}, "/start")
	c.place(nodeStart, 0, 0)
	c.flow(graph.Flow{From: nodeStart, To: t.Initial}, "/initial")
	for i, o := range t.Start.On {
		pointer := at("/start/on", i)
		n := graph.NodeDefinition{ID: fmt.Sprintf("%s%d", nodeStart, i+1), Kind: "startEvent",
			Trigger: &graph.Trigger{On: o.On, Type: t.Type, Pipeline: o.Pipeline, Stage: o.Stage, Fields: o.Fields, When: o.When}}
		if o.ByProcesses {
			n.Config = json.RawMessage(`{"byProcesses":true}`)
		}
		c.node(n, pointer)
		c.place(n.ID, 0, float64(i+1))
		c.flow(graph.Flow{From: n.ID, To: t.Initial}, "")
	}
}

// status adds a status and what follows it.
func (c *compiler) status(s Status, pointer string, row int) error {
	inner, err := c.within(func() error { return c.stay(s, pointer) })
	if err != nil {
		return err
	}
	y := float64(row) * 1.5
	c.node(graph.NodeDefinition{ID: s.ID, Kind: "subProcess", Name: short(s.Name), Nodes: inner.nodes, Flows: inner.flows, Variables: inner.vars}, pointer)
	c.layout[s.ID] = graph.Place{At: []float64{columnWidth, y * rowHeight}, Collapsed: true, Color: s.Color}
	end := s.ID + partEnd
	targets := s.targets()
	c.node(graph.NodeDefinition{ID: end, Kind: "endEvent"}, pointer)
	c.place(end, 5, y)
	if len(targets) == 0 { // covers B-06
		c.flow(graph.Flow{From: s.ID, To: end}, "")
		return nil
	}
	from := s.ID
	if len(s.Exit) > 0 {
		if from, err = c.exit(s, pointer, y); err != nil {
			return err
		}
	}
	gate := s.ID + partNext
	c.flow(graph.Flow{From: from, To: gate}, "")
	n := graph.NodeDefinition{ID: gate, Kind: "exclusiveGateway"}
	for i, to := range targets {
		c.flow(graph.Flow{From: gate, To: to, When: fmt.Sprintf("vars.%s == %q", varNext, to), Order: i + 1}, "")
	}
	n.Default = c.flow(graph.Flow{From: gate, To: end, Order: len(targets) + 1}, "")
	c.node(n, pointer)
	c.place(gate, 4, y)
	return nil
}

// exit adds the exit handler. It runs when another status is set, and not when
// the process is done.
func (c *compiler) exit(s Status, pointer string, y float64) (from string, err error) {
	inner, err := c.within(func() error {
		begin, end := s.ID+partExit+partStart, s.ID+partExit+partEnd
		c.next(graph.NodeDefinition{ID: begin, Kind: "startEvent"}, "")
		outs := c.handler(s.Exit, pointer+"/exit", []output{{node: begin}}, end, "")
		c.next(graph.NodeDefinition{ID: end, Kind: "endEvent"}, "")
		c.join(outs, end)
		return nil
	})
	if err != nil {
		return "", err
	}
	left, exit := s.ID+partLeft, s.ID+partExit
	c.flow(graph.Flow{From: s.ID, To: left}, "")
	n := graph.NodeDefinition{ID: left, Kind: "exclusiveGateway"}
	c.flow(graph.Flow{From: left, To: exit, When: fmt.Sprintf("vars.%s != ''", varNext), Order: 1}, "")
	n.Default = c.flow(graph.Flow{From: left, To: s.ID + partEnd, Order: 2}, "")
	c.node(n, pointer)
	c.place(left, 2, y)
	c.node(graph.NodeDefinition{ID: exit, Kind: "subProcess", Name: short(c.words.leaving + ": " + s.Name), Nodes: inner.nodes, Flows: inner.flows}, pointer+"/exit")
	c.layout[exit] = graph.Place{At: []float64{3 * columnWidth, y * rowHeight}, Collapsed: true}
	return exit, nil
}

// stay adds what happens in a status.
func (c *compiler) stay(s Status, pointer string) error {
	begin, decide, leave := s.ID+partBegin, s.ID+partDecide, s.ID+partLeave
	from := c.next(graph.NodeDefinition{ID: s.ID + partStart, Kind: "startEvent"}, "")
	if len(s.Delays) > 0 {
		fork := c.next(graph.NodeDefinition{ID: s.ID + partFork, Kind: "parallelGateway"}, "")
		c.flow(graph.Flow{From: from, To: fork}, "")
		from = fork
	}
	c.flow(graph.Flow{From: from, To: begin}, "")
	c.next(graph.NodeDefinition{ID: begin, Kind: "setVariables", Name: short(s.Name), Config: set(varStatus, strconv.Quote(s.ID), varNext, "''")}, pointer)
	for i, d := range s.Delays {
		if err := c.delay(d, at(pointer+"/delays", i), from, float64(3+2*i)); err != nil {
			return err
		}
	}
	ends := len(s.Commands)+len(s.Delays) == 0
	finish := decide
	if ends {
		finish = leave
	}
	c.join(c.handler(s.Entry, pointer+"/entry", []output{{node: begin}}, finish, leave), finish)
	if !ends && slices.ContainsFunc(c.flows, func(f graph.Flow) bool { return f.To == decide }) {
		c.wait(s, pointer)
	}
	c.next(graph.NodeDefinition{ID: leave, Kind: "endEvent", Effect: &graph.Throw{Terminate: true}}, "")
	return nil
}

// wait adds what a status waits for, in turns.
func (c *compiler) wait(s Status, pointer string) {
	decide, turn, wait, leave := s.ID+partDecide, s.ID+partTurn, s.ID+partWait, s.ID+partLeave
	n := graph.NodeDefinition{ID: decide, Kind: "exclusiveGateway"}
	c.flow(graph.Flow{From: decide, To: leave, When: fmt.Sprintf("vars.%s != ''", varNext), Order: 1}, "")
	if len(s.Commands) == 0 { // covers B-06
		var over []string
		for _, d := range s.Delays {
			over = append(over, fmt.Sprintf("vars.%s%s == true", donePrefix, d.ID))
		}
		c.flow(graph.Flow{From: decide, To: leave, When: strings.Join(over, " and "), Order: 2}, "")
	}
	n.Default = c.flow(graph.Flow{From: decide, To: turn, Order: 3}, "")
	c.next(n, "")
	c.next(graph.NodeDefinition{ID: turn, Kind: "setVariables", Config: set(varTurn, "vars."+varTurn+" + 1")}, "")
	c.flow(graph.Flow{From: turn, To: wait}, "")
	c.next(graph.NodeDefinition{ID: wait, Kind: "eventGateway", Name: c.words.waits}, pointer)
	for i, command := range s.Commands {
		p := at(pointer+"/commands", i)
		c.chosen(command.ID, command.Name, fmt.Sprintf("vars.%s == %q and vars.%s == vars.%s", varCommand, command.ID, varCommandTurn, varTurn),
			set(varTaken, "vars."+varCommandTurn), command.Steps, p, s)
	}
	for i, d := range s.Delays {
		p := at(pointer+"/delays", i)
		c.chosen(d.ID, d.Name, fmt.Sprintf("vars.%s%s == true", duePrefix, d.ID), set(duePrefix+d.ID, "false", donePrefix+d.ID, "true"), d.Steps, p, s)
	}
}

// chosen adds one of the things that a status waits for, and what is done then.
func (c *compiler) chosen(id, name, when string, taken json.RawMessage, steps []Step, pointer string, s Status) {
	c.flow(graph.Flow{From: s.ID + partWait, To: id}, "")
	c.next(graph.NodeDefinition{ID: id, Kind: "catchEvent", Name: short(name), Trigger: &graph.Trigger{Conditional: when}}, pointer)
	c.flow(graph.Flow{From: id, To: id + partTaken}, "")
	c.next(graph.NodeDefinition{ID: id + partTaken, Kind: "setVariables", Config: taken}, pointer)
	decide := s.ID + partDecide
	c.join(c.handler(steps, pointer+"/steps", []output{{node: id + partTaken}}, decide, s.ID+partLeave), decide)
}

// handler adds steps one behind the other, and gives the places from which it goes
// on. A step that throws an error ends it: finish is what then follows. A status
// that is set at once goes to leave.
//
// covers B-05
func (c *compiler) handler(steps []Step, pointer string, from []output, finish, leave string) []output {
	for i, s := range steps {
		if len(from) == 0 {
			break // nothing comes here: see the findings
		}
		from = c.step(s, at(pointer, i), from, finish, leave)
	}
	return from
}

func (c *compiler) step(s Step, pointer string, from []output, finish, leave string) []output {
	if c.acts[s.ID] = true; s.Disabled { // covers B-28
		return c.aside(s, c.words.off, pointer, from)
	}
	var outs []output
	if s.When != "" {
		check := s.ID + partCheck
		c.join(from, check)
		n := graph.NodeDefinition{ID: check, Kind: "exclusiveGateway"}
		c.flow(graph.Flow{From: check, To: s.ID, When: s.When, Order: 1}, pointer+"/when")
		n.Default = c.flow(graph.Flow{From: check, To: s.ID + partSkipped, Order: 2}, pointer)
		c.next(n, pointer)
		outs = c.aside(s, c.words.skipped, pointer, nil)
	} else {
		c.join(from, s.ID)
	}
	if t, is := s.target(); is {
		c.next(graph.NodeDefinition{ID: s.ID, Kind: "setVariables", Name: c.name(s), Config: set(varNext, strconv.Quote(t.Status))}, pointer)
		if t.Immediate {
			c.flow(graph.Flow{From: s.ID, To: leave}, "")
			return outs
		}
		return append(outs, output{node: s.ID})
	}
	return append(outs, c.act(s, pointer, finish)...)
}

// aside adds what stands for a step that is passed over.
func (c *compiler) aside(s Step, why, pointer string, from []output) []output {
	id := s.ID + partSkipped
	c.join(from, id)
	c.place(id, c.column, 1)
	c.column++
	return []output{{node: c.node(graph.NodeDefinition{ID: id, Kind: "task", Name: short(why + ": " + c.name(s))}, pointer)}}
}

// act adds what a step does.
func (c *compiler) act(s Step, pointer, finish string) []output {
	n := graph.NodeDefinition{ID: s.ID, Kind: "robot", Robot: s.Robot, Name: c.name(s), Config: s.Config}
	if board.Human(s.Robot) {
		n.Kind, n.Robot = s.Robot, ""
	} else {
		n.Policy = runsAs(s.RunAs)
	}
	column := c.column
	c.next(n, pointer)
	if n.Kind == "robot" {
		yes := true
		c.node(graph.NodeDefinition{ID: s.ID + partError, Kind: "boundaryEvent", AttachedTo: s.ID, Interrupting: &yes, Trigger: &graph.Trigger{Error: &graph.CodeRule{}}}, pointer)
		failed := c.node(graph.NodeDefinition{ID: s.ID + partFailed, Kind: "task", Name: short(c.words.failed + ": " + c.name(s))}, pointer)
		c.place(failed, column, 1)
		c.flow(graph.Flow{From: s.ID + partError, To: failed}, "")
		c.flow(graph.Flow{From: failed, To: finish}, "")
	}
	var outs []output
	for _, port := range board.Exits(s.Robot, s.Config, c.ports) {
		outs = append(outs, output{s.ID, port})
	}
	return outs
}

// asCommander runs a step as whoever gave the last command.
const asCommander = "commander"

func runsAs(who string) *graph.Policy {
	if who == asCommander {
		return &graph.Policy{As: expression("vars." + varCommandBy)}
	}
	return board.RunsAs(who)
}

func expression(source string) json.RawMessage {
	raw, _ := json.Marshal(map[string]string{"expr": source}) // of texts: cannot fail
	return raw
}

func (c *compiler) name(s Step) string {
	if s.Name != "" {
		return short(s.Name)
	}
	if s.Robot == SetStatus {
		return c.words.sets
	}
	return short(c.title(s.Robot))
}

// short keeps a generated name within what a name may be.
func short(text string) string {
	runes := []rune(text)
	if len(runes) > 200 {
		return string(runes[:199]) + "…"
	}
	return text
}
