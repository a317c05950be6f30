package graph

import (
	"github.com/fluxo-app/fluxo/engine/graph/kind"
)

// handlers finds what stands outside the flow of its scope: event sub-processes,
// which an event triggers while the scope runs, and the activities that undo
// others once these are done.
func (c *compiler) handlers() {
	for n := range c.g.Nodes {
		d := c.defs[n]
		if d.Kind != "subProcess" {
			for _, f := range []struct {
				field string
				used  bool
			}{{"/event", d.Event}, {"/transaction", d.Transaction}} {
				if f.used {
					c.atNode(n, f.field, "unexpected_field", "", "only a sub-process has %s", f.field[1:])
				}
			}
			continue
		}
		c.g.Nodes[n].Event, c.g.Nodes[n].Transaction = d.Event, d.Transaction
		if d.Event {
			c.eventSubProcess(n)
		}
	}
	for n := range c.g.Nodes {
		c.compensator(n)
	}
	for n := range c.g.Nodes {
		node := &c.g.Nodes[n]
		if node.Compensator != None && node.Inner != None && c.g.Scopes[node.Inner].Undo != None {
			c.atNode(n, "/handler", "two_compensations", "keep one of them",
				"%q is undone both by %q and by an event sub-process inside it", node.ID, c.g.Nodes[node.Compensator].ID)
		}
	}
}

// eventSubProcess checks a sub-process that an event triggers, and enters it
// with the scope that it watches. What its start event waits for is lowered with
// the other triggers.
func (c *compiler) eventSubProcess(n int) {
	node, d := &c.g.Nodes[n], c.defs[n]
	scope := &c.g.Scopes[node.Scope]
	for _, flows := range [][]int{node.In, node.Out} {
		for _, e := range flows {
			c.atFlow(e, "", "flow_at_event_subprocess", "delete the flow; its start event says when it begins",
				"the event sub-process %q stands outside the flow", node.ID)
			c.with("id", node.ID)
		}
	}
	for _, f := range []struct {
		field string
		used  bool
	}{
		{"/transaction", d.Transaction}, {"/adHoc", d.AdHoc != nil}, {"/loop", d.Loop != nil}, {"/each", d.Each != nil},
		{"/handler", d.Handler != ""}, {"/needs", d.Needs != nil}, {"/gives", d.Gives != nil},
	} {
		if f.used {
			c.atNode(n, f.field, "unexpected_field", "", "an event sub-process has no %s", f.field[1:])
		}
	}
	start := None
	for _, inner := range c.g.Scopes[node.Inner].Nodes {
		if c.g.Nodes[inner].Kind.Role != kind.Start {
			continue
		}
		if start != None {
			c.atNode(inner, "", "event_subprocess_start", "keep one start event", "the event sub-process %q has several start events", node.ID)
			return
		}
		start = inner
	}
	if start == None {
		c.atNode(n, "/nodes", "event_subprocess_start", "add a start event and say what it waits for", "the event sub-process %q has no start event", node.ID)
		return
	}
	begin := &c.g.Nodes[start]
	begin.Interrupts = c.defs[start].Interrupting == nil || *c.defs[start].Interrupting
	t := c.defs[start].Trigger
	if t == nil || !t.Compensation {
		if !node.Disabled {
			scope.Handlers = append(scope.Handlers, n)
		}
		return
	}
	switch {
	case scope.Host == None:
		c.atNode(start, "/trigger/compensation", "compensation_of_process", "move it into a sub-process",
			"nothing can undo the process itself")
	case scope.Undo != None:
		c.atNode(n, "", "two_compensations", "keep one of them", "the sub-process is undone by %q already", c.g.Nodes[scope.Undo].ID)
	case !node.Disabled:
		scope.Undo = n
	}
}

// startOf is the start event of an event sub-process.
func (g *Graph) startOf(n *Node) *Node {
	for _, s := range g.Scopes[n.Inner].Nodes {
		if g.Nodes[s].Kind.Role == kind.Start {
			return &g.Nodes[s]
		}
	}
	return nil
}

// EventStart is the start event of an event sub-process, nil for other nodes.
func (g *Graph) EventStart(n *Node) *Node {
	if !n.Event {
		return nil
	}
	return g.startOf(n)
}

// handles tells whether a start event is that of an event sub-process.
func (c *compiler) handles(n int) bool {
	host := c.g.Scopes[c.g.Nodes[n].Scope].Host
	return c.g.Nodes[n].Kind.Role == kind.Start && host != None && c.defs[host].Event
}

// compensates tells whether a boundary event leads to what undoes its host.
func compensates(d *NodeDefinition) bool {
	return d.Trigger != nil && d.Trigger.Compensation
}

// compensator connects an activity with the one that undoes it: named by the
// activity itself or by a boundary event on it.
func (c *compiler) compensator(n int) {
	node, d := &c.g.Nodes[n], c.defs[n]
	activity := n
	switch {
	case node.Kind.Role == kind.Boundary && compensates(d):
		activity = node.Host
		for _, e := range node.Out {
			c.atFlow(e, "/from", "flow_out_of_compensation", "name the activity that undoes it as its handler",
				"no flow leaves %q: what undoes an activity stands outside the flow", node.ID)
		}
		if !node.Interrupts {
			c.atNode(n, "/interrupting", "must_interrupt", "let the event interrupt", "an activity that is to be undone has ended")
		}
		if d.Handler == "" {
			c.atNode(n, "/handler", "compensation_without_handler", "name the activity that undoes it", "nothing undoes the activity")
			c.findings[len(c.findings)-1].Severity = Warning
			return
		}
		if activity == None {
			return // said by attach
		}
	case d.Handler == "" || node.Event:
		return
	case node.Kind.Role != kind.Activity:
		c.atNode(n, "/handler", "unexpected_field", "", "only an activity can be undone")
		return
	}
	h, known := c.g.byID[d.Handler]
	if known {
		k := &c.g.Nodes[h]
		known = k.Scope == node.Scope && k.Kind.Role == kind.Activity && h != activity && !c.defs[h].Event && c.defs[h].Handler == ""
	}
	if !known {
		c.atNode(n, "/handler", "bad_handler", "name an activity beside it that nothing else undoes", "%q is no activity that can undo this one", d.Handler)
		c.with("id", d.Handler)
		return
	}
	handler := &c.g.Nodes[h]
	handler.Undoes = true
	if len(handler.In)+len(handler.Out) > 0 {
		c.atNode(h, "", "handler_in_flow", "delete its flows", "%q undoes an activity and therefore stands outside the flow", handler.ID)
		return
	}
	host := &c.g.Nodes[activity]
	if host.Compensator != None && host.Compensator != h {
		c.atNode(n, "/handler", "two_compensations", "keep one of them", "%q is undone by %q already", host.ID, c.g.Nodes[host.Compensator].ID)
		return
	}
	host.Compensator = h
}
