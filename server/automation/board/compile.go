package board

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/fluxo-app/fluxo/engine/graph"
	"github.com/fluxo-app/fluxo/server/crm"
	"github.com/fluxo-app/fluxo/server/definition"
)

// A stage compiles to one process. One run of it is one entry of one record:
//
//	start (stage entered) -> fork -> one chain per robot that does not follow another
//
//	chain:  wait (whichever is first: due | over) -> check -> step -> check -> step ...
//
// "over" holds when the record has left this entry, or when somebody has stopped
// the robot. check asks that again, then the robot's own condition, and leads to
// the step or to a named end that says why not. A robot that runs at once has no
// wait and asks only for its condition: all of them start in the first step of
// the run, before any of them can have changed anything.
//
// Leaving is seen once, by an event sub-process that sets the variable "left";
// whatever waits ends in that same step. Steps that have started are left alone.

// Names of what a compiled stage contains. A point cannot stand in the id of a
// robot, so that nothing of a robot's can be meant by mistake.
const (
	nodeStart   = "stage.start"
	nodeFork    = "stage.fork"
	nodeEnd     = "stage.end"
	nodeLeaving = "stage.leaving"

	partWait     = ".wait"
	partDue      = ".due"
	partOver     = ".over"
	partMoved    = ".moved"   // the date has changed
	partDate     = ".date"    // it is read
	partAsked    = ".asked"   // is there one?
	partNone     = ".none"    // there is none
	partEntered  = ".entered" // now there is
	partGiveUp   = ".giveUp"  // it was never entered
	partDay      = ".day"     // is the responsible person at work?
	partAway     = ".away"    // no
	partCame     = ".came"    // now
	partGone     = ".gone"
	partOpening  = ".opening" // of the company
	partOpen     = ".open"
	partClosed   = ".closed"
	partCheck    = ".check"
	partSkipped  = ".skipped"
	partCanceled = ".canceled"
	partStopped  = ".stopped"
	partError    = ".error"
	partFailed   = ".failed"

	varLeft    = "left"
	stopPrefix = "stop_"
	datePrefix = "date_"
)

// elsewhere holds when the record is not in this entry of the stage any more.
const elsewhere = "record?.stageEntry != params." + definition.EntryParameter

// mark is what a compiled process says of its origin, in x.board.
type mark struct {
	Pipeline string  `json:"pipeline"`
	Stage    string  `json:"stage"`
	Robots   []Robot `json:"robots"`
}

// marked finds out from which stage a process was compiled.
func marked(process json.RawMessage) (mark, error) {
	var of struct {
		X struct {
			Board mark `json:"board"`
		} `json:"x"`
	}
	if err := json.Unmarshal(process, &of); err != nil {
		return mark{}, fmt.Errorf("read compiled stage: %w", err)
	}
	return of.X.Board, nil
}

// human are the steps that people take.
var human = []string{"userTask", "approval", "acknowledge", "requestInformation"}

// output is a place from which a chain goes on.
type output struct{ node, port string }

// compiler builds the process of one stage.
type compiler struct {
	def      *graph.Definition
	words    words
	ports    func(robot string) []string
	title    func(robot string) string
	flows    int
	places   map[string]string // node or flow -> pointer into the stage
	column   float64
	row      float64
	variable map[string]bool
}

// compiled is a process with the way back from its parts to the board.
type compiled struct {
	def     *graph.Definition
	process json.RawMessage
	places  map[string]string
}

func (c *compiler) node(n graph.NodeDefinition, pointer string) string {
	c.def.Nodes = append(c.def.Nodes, n)
	c.places[n.ID] = pointer
	return n.ID
}

// Between columns and rows of the drawing: a card is 220 by 64, with room for its ways.
const columnWidth, rowHeight = 290, 120

func (c *compiler) at(id string, column, row float64) {
	c.def.Layout[id] = graph.Place{At: []float64{column * columnWidth, row * rowHeight}}
}

func (c *compiler) flow(f graph.Flow, pointer string) {
	c.flows++
	f.ID = fmt.Sprintf("f%d", c.flows)
	c.def.Flows = append(c.def.Flows, f)
	c.places["flow:"+f.ID] = pointer
}

func (c *compiler) join(from []output, to string) {
	for _, o := range from {
		c.flow(graph.Flow{From: o.node, Port: o.port, To: to}, "")
	}
}

func (c *compiler) declare(name, typ string) {
	if !c.variable[name] {
		c.variable[name] = true
		c.def.Variables = append(c.def.Variables, graph.Variable{Name: name, Type: typ})
	}
}

// compile makes the process of a stage.
func compile(p crm.Pipeline, stage crm.Stage, key string, robots []Robot, w words, ports func(string) []string, title func(string) string) (compiled, error) {
	x, err := json.Marshal(map[string]any{"board": mark{Pipeline: p.ID, Stage: stage.ID, Robots: robots}})
	if err != nil {
		return compiled{}, fmt.Errorf("compile stage %s of %s: %w", stage.ID, p.ID, err)
	}
	c := &compiler{words: w, ports: ports, title: title, places: map[string]string{}, variable: map[string]bool{},
		def: &graph.Definition{Format: graph.Format, Key: key, Name: short(p.Name + " · " + stage.Name), AppliesTo: p.Type, X: x, Layout: map[string]graph.Place{},
			Parameters: []graph.Variable{{Name: definition.EntryParameter, Type: "integer"}, {Name: definition.EnteredAtParameter, Type: "dateTime"}}}}
	c.node(graph.NodeDefinition{ID: nodeStart, Kind: "startEvent", Name: short(stage.Name),
		Trigger: &graph.Trigger{On: "stageEntered", Type: p.Type, Pipeline: p.ID, Stage: stage.ID}}, "")
	c.node(graph.NodeDefinition{ID: nodeEnd, Kind: "endEvent"}, "")
	chains := chainsOf(robots)
	from := output{node: nodeStart}
	if len(chains) > 1 {
		c.node(graph.NodeDefinition{ID: nodeFork, Kind: "parallelGateway"}, "")
		c.flow(graph.Flow{From: nodeStart, To: nodeFork}, "")
		c.at(nodeFork, 1, float64(len(chains)-1))
		from.node = nodeFork
	}
	c.at(nodeStart, 0, float64(len(chains)-1))
	width := 2.0
	for _, chain := range chains {
		c.column = 2
		outs := []output{from}
		for i, at := range chain {
			if outs, err = c.robot(robots, chain, i, at, outs); err != nil {
				return compiled{}, err
			}
		}
		c.join(outs, nodeEnd)
		width = max(width, c.column)
		c.row += 2
	}
	c.at(nodeEnd, width, float64(len(chains)-1))
	if c.variable[varLeft] {
		c.leaving()
	}
	process, err := json.Marshal(c.def)
	if err != nil {
		return compiled{}, fmt.Errorf("compile stage %s of %s: %w", stage.ID, p.ID, err)
	}
	return compiled{def: c.def, process: process, places: c.places}, nil
}

// chainsOf puts each robot behind the one that it follows. The first of a stage
// follows nobody.
func chainsOf(robots []Robot) [][]int {
	var out [][]int
	for i, r := range robots {
		if r.Timing.Mode == AfterPrevious && len(out) > 0 {
			out[len(out)-1] = append(out[len(out)-1], i)
			continue
		}
		out = append(out, []int{i})
	}
	return out
}

// robot adds the i-th robot of a chain and gives the places from which the chain
// goes on when it has run or was passed over.
func (c *compiler) robot(robots []Robot, chain []int, i, at int, from []output) ([]output, error) {
	r := robots[at]
	pointer := fmt.Sprintf("/robots/%d", at)
	if r.Disabled { // covers H-06
		c.join(from, c.node(graph.NodeDefinition{ID: r.ID + partSkipped, Kind: "task", Name: c.says(c.words.off, r)}, pointer))
		c.at(r.ID+partSkipped, c.column, c.row)
		c.column++
		return []output{{node: r.ID + partSkipped}}, nil
	}
	timed := r.Timing.Mode == Delay || r.Timing.Mode == Date || r.Timing.company()
	watched := i > 0 || timed || r.Timing.responsible()
	if timed {
		var err error
		if from, err = c.wait(r, pointer, from); err != nil {
			return nil, err
		}
	}
	if r.Timing.responsible() {
		from = c.day(r, pointer+"/timing", from)
	}
	if watched {
		c.declare(varLeft, "boolean")
		c.declare(stopPrefix+r.ID, "boolean")
	}
	var outs []output
	if watched || r.When != "" {
		rest := make([]Robot, 0, len(chain)-i)
		for _, k := range chain[i:] {
			rest = append(rest, robots[k])
		}
		outs = c.check(r, rest, watched, pointer, from)
	} else {
		c.join(from, r.ID)
	}
	return append(outs, c.step(r, pointer)...), nil
}

// check asks at run time whether the robot may run, and says which way it went.
func (c *compiler) check(r Robot, rest []Robot, watched bool, pointer string, from []output) []output {
	id := r.ID + partCheck
	gateway := len(c.def.Nodes)
	c.join(from, c.node(graph.NodeDefinition{ID: id, Kind: "exclusiveGateway"}, pointer))
	c.at(id, c.column, c.row)
	c.column++
	aside := func(part, kind, name string) string {
		c.at(r.ID+part, c.column, c.row+1)
		c.column++
		return c.node(graph.NodeDefinition{ID: r.ID + part, Kind: kind, Name: short(name)}, pointer)
	}
	if watched {
		c.flow(graph.Flow{From: id, To: aside(partCanceled, "endEvent", c.says(c.words.left, rest...)), When: "vars." + varLeft + " == true or " + elsewhere, Order: 1}, pointer)
		c.flow(graph.Flow{From: id, To: aside(partStopped, "endEvent", c.says(c.words.stopped, rest...)), When: "vars." + stopPrefix + r.ID + " == true", Order: 2}, pointer)
	}
	if r.Timing.Mode == Date {
		// It may have changed a moment before it came due, or while the person was awaited.
		c.flow(graph.Flow{From: id, To: r.ID + partDate, When: redated(r.Timing.Field, datePrefix+r.ID), Order: 3}, pointer)
	}
	var outs []output
	if r.When != "" {
		c.flow(graph.Flow{From: id, To: r.ID, When: r.When, Order: 4}, pointer+"/when")
		c.flow(graph.Flow{From: id, To: aside(partSkipped, "task", c.says(c.words.skipped, r)), Order: 5}, pointer)
		outs = append(outs, output{node: r.ID + partSkipped})
	} else {
		c.flow(graph.Flow{From: id, To: r.ID, Order: 4}, pointer)
	}
	c.def.Nodes[gateway].Default = c.def.Flows[len(c.def.Flows)-1].ID
	return outs
}

// step adds what the robot does. An error that it throws is the end of its
// chain; a technical fault is an incident, and what follows waits for it.
func (c *compiler) step(r Robot, pointer string) []output {
	n := graph.NodeDefinition{ID: r.ID, Kind: "robot", Robot: r.Robot, Name: c.name(r), Config: r.Config}
	person := slices.Contains(human, r.Robot)
	if person {
		n.Kind, n.Robot = r.Robot, ""
	}
	if !person {
		n.Policy = runsAs(r.RunAs)
	}
	c.node(n, pointer)
	c.at(r.ID, c.column, c.row)
	if !person {
		yes := true
		c.node(graph.NodeDefinition{ID: r.ID + partError, Kind: "boundaryEvent", AttachedTo: r.ID, Interrupting: &yes, Trigger: &graph.Trigger{Error: &graph.CodeRule{}}}, pointer)
		c.node(graph.NodeDefinition{ID: r.ID + partFailed, Kind: "endEvent", Name: short(c.says(c.words.failed, r))}, pointer)
		c.flow(graph.Flow{From: r.ID + partError, To: r.ID + partFailed}, pointer)
		c.at(r.ID+partFailed, c.column, c.row+1)
	}
	c.column++
	var outs []output
	for _, port := range c.exits(r) {
		outs = append(outs, output{r.ID, port})
	}
	return outs
}

// runsAs is the policy by which a robot works on somebody's behalf. Who is
// responsible counts when it starts.
func runsAs(who string) *graph.Policy {
	switch who {
	case "":
		return nil
	case AsResponsible:
		return &graph.Policy{As: expression("record.responsible")}
	case AsInitiator:
		return &graph.Policy{As: expression("run.startedBy")}
	}
	raw, _ := json.Marshal(who) // of a text: cannot fail
	return &graph.Policy{As: raw}
}

// exits are the ports by which a step is left. All lead on: that a person has
// said no is a result, not a failure.
func (c *compiler) exits(r Robot) []string {
	switch r.Robot {
	case "approval":
		var config struct {
			Outcomes []struct {
				Name string `json:"name"`
			} `json:"outcomes"`
		}
		if json.Unmarshal(r.Config, &config) != nil || len(config.Outcomes) == 0 {
			return nil
		}
		var out []string
		for _, o := range config.Outcomes {
			out = append(out, o.Name)
		}
		return out
	case "requestInformation":
		var config struct {
			Refusal string `json:"refusal"`
		}
		if json.Unmarshal(r.Config, &config) == nil && config.Refusal != "" && config.Refusal != "none" {
			return []string{"", "refused"}
		}
		return []string{""}
	}
	return append([]string{""}, c.ports(r.Robot)...)
}

// leaving watches for the record to leave, once for all that waits.
func (c *compiler) leaving() {
	no := false
	c.node(graph.NodeDefinition{ID: nodeLeaving, Kind: "subProcess", Name: c.words.leaving, Event: true,
		Nodes: []graph.NodeDefinition{
			{ID: "stage.moved", Kind: "startEvent", Interrupting: &no, Trigger: &graph.Trigger{Conditional: elsewhere}},
			{ID: "stage.left", Kind: "setVariables", Config: json.RawMessage(`{"set":[{"name":"` + varLeft + `","value":true}]}`)},
			{ID: "stage.gone", Kind: "endEvent"}},
		Flows: []graph.Flow{{ID: "leaving1", From: "stage.moved", To: "stage.left"}, {ID: "leaving2", From: "stage.left", To: "stage.gone"}}}, "")
	for i, id := range []string{"stage.moved", "stage.left", "stage.gone"} {
		c.at(id, float64(i), c.row+1)
	}
}

func (c *compiler) name(r Robot) string {
	if r.Name != "" {
		return short(r.Name)
	}
	return short(c.title(r.Robot))
}

// says is a sentence about robots: "Skipped: Send the offer".
func (c *compiler) says(what string, robots ...Robot) string {
	names := make([]string, 0, len(robots))
	for _, r := range robots {
		names = append(names, c.name(r))
	}
	return short(what + ": " + strings.Join(names, ", "))
}

// short keeps a generated name within what a name may be.
func short(text string) string {
	runes := []rune(text)
	if len(runes) > 200 {
		return string(runes[:199]) + "…"
	}
	return text
}
