package graph

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"

	"github.com/fluxo-app/fluxo/engine/graph/kind"
)

// Limits of a definition's size.
const (
	MaxNodes     = 5000
	MaxFlows     = 20000
	MaxName      = 200
	MaxIDLength  = 100
	maxInclusive = 256  // inclusive joins
	maxJoined    = 2000 // flows into them, which bounds the work on their masks
	maxNesting   = 16
)

// Compile checks a definition and lowers it to a graph. The graph is nil when
// any finding is an error.
func Compile(def *Definition, opts Options) (*Graph, []Finding) {
	g, findings := Outline(def, opts)
	if HasErrors(findings) {
		return nil, findings
	}
	return g, findings
}

// Outline compiles as far as the structure allows, so that drafts can be linted
// too: the graph is nil only when references do not resolve. A graph with error
// findings must not be run.
func Outline(def *Definition, opts Options) (*Graph, []Finding) {
	c := &compiler{def: def, opts: opts, g: &Graph{
		Key: def.Key, Name: def.Name, AppliesTo: def.AppliesTo, Drawing: def.Executable != nil && !*def.Executable,
		byID: map[string]int{}, edgeByID: map[string]int{}, Constants: map[string]any{},
	}, used: map[string]string{}}
	if opts.Expressions != nil {
		c.checker = opts.Expressions(def)
	}
	c.header()
	c.picture()
	c.scope(None, "", def.Nodes, def.Flows, def.Variables, 0)
	if c.broken {
		return nil, c.findings
	}
	c.link()
	c.handlers()
	c.entries()
	if c.broken {
		return nil, c.findings
	}
	c.details()
	c.transactions()
	c.g.computeJoins()
	hash, err := def.Hash()
	if err != nil {
		c.report(Finding{Code: "malformed", Message: err.Error()})
	}
	c.g.Hash = hash
	return c.g, c.findings
}

type compiler struct {
	def      *Definition
	opts     Options
	checker  ExpressionChecker // nil = expressions are not checked
	g        *Graph
	findings []Finding
	broken   bool              // a reference does not resolve: no graph
	used     map[string]string // id -> JSON pointer of its owner
	anywhere map[string]bool   // ids of nodes at all levels; nil until asked for
	defs     []*NodeDefinition // by node index
	flows    []*Flow           // by edge index
	flowAt   []string          // JSON pointer by edge index
}

// report adds an error unless the finding says otherwise.
func (c *compiler) report(f Finding) {
	if f.Severity == "" {
		f.Severity = Error
	}
	c.findings = append(c.findings, f)
}

// atNode reports a finding about a field of a node.
func (c *compiler) atNode(n int, field, code, remedy, format string, args ...any) {
	c.report(Finding{Code: code, Path: c.g.Nodes[n].Path + field, Node: c.g.Nodes[n].ID, Field: field,
		Message: fmt.Sprintf(format, args...), Remedy: remedy})
}

// with adds a part of its message to the finding reported last.
func (c *compiler) with(key string, value any) {
	f := &c.findings[len(c.findings)-1]
	if f.Data == nil {
		f.Data = map[string]any{}
	}
	f.Data[key] = value
}

// atFlow reports a finding about a field of a flow.
func (c *compiler) atFlow(e int, field, code, remedy, format string, args ...any) {
	c.report(Finding{Code: code, Path: c.flowAt[e] + field, Flow: c.g.Edges[e].ID, Field: field,
		Message: fmt.Sprintf(format, args...), Remedy: remedy})
}

func (c *compiler) header() {
	d := c.def
	if d.Format != Format {
		c.report(Finding{Code: "unknown_format", Path: "/format",
			Message: fmt.Sprintf("the format is %q; this version reads %q", d.Format, Format)})
	}
	if d.Key == "" {
		c.report(Finding{Code: "missing_key", Path: "/key", Message: "the process needs a key"})
	}
	c.text("/key", d.Key, MaxIDLength, "", "")
	if d.Name == "" {
		c.report(Finding{Code: "missing_name", Path: "/name", Message: "the process needs a name"})
	}
	c.text("/name", d.Name, MaxName, "", "")
	c.g.Parameters = c.declared("/parameters", d.Parameters)
	seen := map[string]bool{}
	for i, k := range d.Constants {
		at := "/constants/" + strconv.Itoa(i)
		c.name(at, k.Name, seen)
		v, err := decodeValue(k.Value)
		if err != nil {
			c.report(Finding{Code: "bad_value", Path: at + "/value", Message: "the constant has no value"})
		}
		c.g.Constants[k.Name] = v
	}
}

func (c *compiler) declared(path string, vars []Variable) []Declared {
	out := make([]Declared, 0, len(vars))
	seen := map[string]bool{}
	for i, v := range vars {
		at := path + "/" + strconv.Itoa(i)
		c.name(at, v.Name, seen)
		d := Declared{Name: v.Name, Type: v.Type, Options: v.Options, Required: v.Required, Multiple: v.Multiple}
		if len(v.Default) > 0 {
			value, err := decodeValue(v.Default)
			if err != nil {
				c.report(Finding{Code: "bad_value", Path: at + "/default", Message: err.Error()})
			}
			d.Default = value
		}
		out = append(out, d)
	}
	return out
}

// name checks the name of a variable, parameter or constant.
func (c *compiler) name(at, name string, seen map[string]bool) {
	if !identifier(name) || slices.Contains(reserved, name) {
		c.report(Finding{Code: "bad_name", Path: at + "/name",
			Message: fmt.Sprintf("%q cannot be a name in expressions", name),
			Remedy:  "begin with a letter and use letters, digits and underscores only"})
	}
	if seen[name] {
		c.report(Finding{Code: "duplicate_name", Path: at + "/name", Message: fmt.Sprintf("%q is declared twice", name)})
	}
	seen[name] = true
}

// scope indexes the nodes and flows of one container and of those inside it.
func (c *compiler) scope(host int, path string, nodes []NodeDefinition, flows []Flow, vars []Variable, depth int) int {
	s := len(c.g.Scopes)
	c.g.Scopes = append(c.g.Scopes, Scope{Index: s, Host: host, Depth: depth, Undo: None})
	c.g.Scopes[s].Variables = c.declared(path+"/variables", vars)
	if len(c.g.Nodes)+len(nodes) > MaxNodes || len(c.g.Edges)+len(flows) > MaxFlows || depth > maxNesting {
		c.broken = true
		c.report(Finding{Code: "too_large", Path: path + "/nodes",
			Message: fmt.Sprintf("a process may have %d nodes, %d flows and %d levels", MaxNodes, MaxFlows, maxNesting),
			Remedy:  "split the process"})
		return s
	}
	first := len(c.g.Nodes)
	for i := range nodes {
		c.node(s, path+"/nodes/"+strconv.Itoa(i), &nodes[i])
	}
	last := len(c.g.Nodes)
	for i := range flows {
		c.flow(s, path+"/flows/"+strconv.Itoa(i), &flows[i])
	}
	for n := first; n < last; n++ {
		d := c.defs[n]
		if c.g.Nodes[n].Kind.Enter == kind.Scope {
			inner := c.scope(n, c.g.Nodes[n].Path, d.Nodes, d.Flows, d.Variables, depth+1)
			c.g.Nodes[n].Inner = inner
		} else if len(d.Nodes)+len(d.Flows)+len(d.Variables) > 0 {
			c.atNode(n, "/nodes", "unexpected_field", "", "only a sub-process holds nodes of its own")
		}
	}
	return s
}

func (c *compiler) node(s int, path string, d *NodeDefinition) {
	n := len(c.g.Nodes)
	c.defs = append(c.defs, d)
	k, known := kind.Of(d.Kind)
	c.g.Nodes = append(c.g.Nodes, Node{
		Index: n, ID: d.ID, Path: path, Name: d.Name, Kind: k, Robot: d.Robot, Scope: s, Inner: None, Default: None, Host: None, Compensator: None,
		Disabled: d.Disabled, Config: d.Config, Needs: 1, Gives: 1,
	})
	c.g.Scopes[s].Nodes = append(c.g.Scopes[s].Nodes, n)
	c.text(path+"/name", d.Name, MaxName, d.ID, "")
	c.identity(path, d.ID, d.ID, "")
	if _, taken := c.g.byID[d.ID]; !taken {
		c.g.byID[d.ID] = n
	}
	switch {
	case !known:
		c.broken = true
		c.atNode(n, "/kind", "unknown_kind", "", "%q is not a kind of node", d.Kind)
		c.with("kind", d.Kind)
	}
}

func (c *compiler) flow(s int, path string, f *Flow) {
	e := len(c.g.Edges)
	c.flowAt = append(c.flowAt, path)
	c.flows = append(c.flows, f)
	c.g.Edges = append(c.g.Edges, Edge{Index: e, ID: f.ID, Port: f.Port, When: f.When, From: None, To: None})
	c.identity(path, f.ID, "", f.ID)
	if _, taken := c.g.edgeByID[f.ID]; !taken {
		c.g.edgeByID[f.ID] = e
	}
	c.text(path+"/name", f.Name, MaxName, "", f.ID)
	c.g.Edges[e].From = c.end(s, e, "/from", f.From)
	c.g.Edges[e].To = c.end(s, e, "/to", f.To)
}

// end resolves one end of a flow inside the flow's scope.
func (c *compiler) end(s, e int, field, id string) int {
	if n, ok := c.g.byID[id]; ok && c.g.Nodes[n].Scope == s {
		return n
	}
	c.broken = true
	code, message := "dangling_flow", fmt.Sprintf("flow %q leads %s %q, which does not exist", c.g.Edges[e].ID, field[1:], id)
	if c.exists(id) {
		code, message = "flow_crosses_scope", fmt.Sprintf("flow %q leads %s %q, which stands in another sub-process", c.g.Edges[e].ID, field[1:], id)
	}
	c.atFlow(e, field, code, "connect the flow to a node beside it, or delete it", "%s", message)
	c.with("id", id)
	return None
}

// exists tells whether any level has a node of that id.
func (c *compiler) exists(id string) bool {
	if c.anywhere == nil {
		c.anywhere = map[string]bool{}
		var collect func([]NodeDefinition)
		collect = func(nodes []NodeDefinition) {
			for i := range nodes {
				c.anywhere[nodes[i].ID] = true
				collect(nodes[i].Nodes)
			}
		}
		collect(c.def.Nodes)
	}
	return c.anywhere[id]
}

// identity checks an id; nodes and flows share one name space, as in BPMN.
func (c *compiler) identity(path, id, node, flow string) {
	f := Finding{Path: path + "/id", Node: node, Flow: flow}
	switch {
	case id == "":
		f.Code, f.Message = "missing_id", "an element without id"
		c.broken = true
	case len(id) > MaxIDLength:
		f.Code, f.Message = "too_long", fmt.Sprintf("the id has %d characters, at most %d are allowed", len(id), MaxIDLength)
	case !plainID(id):
		f.Code, f.Message = "bad_id", fmt.Sprintf("the id %q has characters that are not allowed", id)
		f.Remedy = "use letters, digits, hyphen, underscore and dot"
	case slices.Contains(reserved, id):
		f.Code, f.Message, f.Remedy = "reserved_id", fmt.Sprintf("the id %q is a reserved word", id), "choose another id"
		f.Data = map[string]any{"id": id}
	default:
		owner, taken := c.used[id]
		if !taken {
			c.used[id] = path
			return
		}
		f.Code, f.Message = "duplicate_id", fmt.Sprintf("the id %q is used twice", id)
		f.Data = map[string]any{"id": id, "other": owner}
		c.broken = true
	}
	c.report(f)
}

// text checks a name that people read.
func (c *compiler) text(path, s string, longest int, node, flow string) {
	if n := len([]rune(s)); n > longest {
		c.report(Finding{Code: "too_long", Path: path, Node: node, Flow: flow,
			Message: fmt.Sprintf("the text has %d characters, at most %d are allowed", n, longest),
			Data:    map[string]any{"length": n, "max": longest}})
	}
	for i, r := range s {
		if r < ' ' || r == 0x7f || (r >= 0x80 && r < 0xa0) || r == 0xfffd || r == 0x2028 || r == 0x2029 {
			c.report(Finding{Code: "control_character", Path: path, Node: node, Flow: flow,
				Message: fmt.Sprintf("the text has a control character (U+%04X) at byte %d", r, i),
				Remedy:  "delete it", Data: map[string]any{"character": fmt.Sprintf("U+%04X", r), "offset": i}})
			return
		}
	}
}

// link connects flows, defaults and boundary events.
func (c *compiler) link() {
	g := c.g
	for e := range g.Edges {
		edge := &g.Edges[e]
		from, to := &g.Nodes[edge.From], &g.Nodes[edge.To]
		from.Out = append(from.Out, e)
		edge.Slot = len(to.In)
		to.In = append(to.In, e)
		switch to.Kind.Role {
		case kind.Start:
			c.atFlow(e, "/to", "flow_into_start", "", "a flow cannot lead into the start event %q", to.ID)
		case kind.Boundary:
			c.atFlow(e, "/to", "flow_into_boundary", "", "a flow cannot lead into the boundary event %q", to.ID)
		}
		if from.Kind.Role == kind.End {
			c.atFlow(e, "/from", "flow_out_of_end", "", "a flow cannot leave the end event %q", from.ID)
		}
	}
	for n := range g.Nodes {
		node := &g.Nodes[n]
		slices.SortStableFunc(node.Out, func(a, b int) int { return cmp.Compare(c.flows[a].Order, c.flows[b].Order) })
		if id := c.defs[n].Default; id != "" {
			e, ok := g.edgeByID[id]
			if !ok || g.Edges[e].From != n {
				c.atNode(n, "/default", "bad_default", "choose one of the node's own flows", "the default flow %q does not leave this node", id)
				c.with("id", id)
			} else {
				node.Default = e
			}
		}
		c.attach(n)
	}
}

// attach connects a boundary event with its host.
func (c *compiler) attach(n int) {
	node, d := &c.g.Nodes[n], c.defs[n]
	if node.Kind.Role != kind.Boundary {
		if d.AttachedTo != "" {
			c.atNode(n, "/attachedTo", "unexpected_field", "", "only a boundary event is attached to a node")
		}
		return
	}
	node.Interrupts = d.Interrupting == nil || *d.Interrupting
	h, ok := c.g.byID[d.AttachedTo]
	if !ok || c.g.Nodes[h].Scope != node.Scope {
		c.atNode(n, "/attachedTo", "boundary_without_host", "attach the event to an activity beside it", "there is no node %q to attach to", d.AttachedTo)
		c.with("id", d.AttachedTo)
		return
	}
	host := &c.g.Nodes[h]
	// An activity that ends at once may have one as well: it never fires live, but
	// drawings of other tools have them, and a rehearsal can hold the activity.
	if host.Kind.Role != kind.Activity || c.defs[h].Event {
		c.atNode(n, "/attachedTo", "boundary_wrong_host", "attach the event to a task, an approval, a robot or a sub-process",
			"%q is no activity that can be interrupted", host.ID)
		c.with("id", host.ID)
		return
	}
	node.Host = h
	host.Boundaries = append(host.Boundaries, n)
}

// entries finds where runs and sub-processes begin.
func (c *compiler) entries() {
	for s := range c.g.Scopes {
		scope := &c.g.Scopes[s]
		for _, n := range scope.Nodes {
			node := &c.g.Nodes[n]
			switch {
			case node.Kind.Role == kind.Start:
				scope.Starts = append(scope.Starts, n)
			case node.Kind.Role != kind.Boundary && len(node.In) == 0 && !node.Event && !node.Undoes:
				scope.Implicit = append(scope.Implicit, n)
			}
		}
		if len(scope.Starts)+len(scope.Implicit) == 0 {
			if s == 0 {
				c.report(Finding{Code: "no_start", Path: "/nodes", Message: "the process has no start event", Remedy: "add a start event"})
			} else if len(scope.Nodes) > 0 && !c.g.Nodes[scope.Host].Event {
				c.atNode(scope.Host, "/nodes", "no_start", "add a start event", "the sub-process has no start")
			}
		}
	}
	joins, joined := 0, 0
	for n := range c.g.Nodes {
		node := &c.g.Nodes[n]
		if node.Kind.Enter != kind.JoinSome && node.Kind.Enter != kind.JoinNeed || len(node.In) < 2 {
			continue
		}
		joins++
		joined += len(node.In)
		if len(node.In) > maxJoinEdges {
			c.broken = true
			c.atNode(n, "", "too_large", "join in two steps", "an inclusive gateway can join %d flows, this one has %d", maxJoinEdges, len(node.In))
		}
	}
	if joins > maxInclusive || joined > maxJoined {
		c.report(Finding{Code: "too_large", Path: "/nodes", Message: fmt.Sprintf("a process may have %d inclusive joins of %d flows together", maxInclusive, maxJoined)})
		c.broken = true
	}
}

func identifier(s string) bool {
	if s == "" || len(s) > MaxIDLength {
		return false
	}
	for i, r := range s {
		letter := r == '_' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
		if !letter && (i == 0 || r < '0' || r > '9') {
			return false
		}
	}
	return true
}

func plainID(s string) bool {
	for _, r := range s {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '-', r == '_', r == '.':
		default:
			return false
		}
	}
	return true
}

// member reads one member of a JSON object; nil when it is not there.
func member(object []byte, key string) json.RawMessage {
	var fields map[string]json.RawMessage
	if json.Unmarshal(object, &fields) != nil {
		return nil
	}
	return fields[key]
}
