package bpmn

import (
	"strconv"
	"strings"

	"github.com/fluxo-app/fluxo/engine/graph"
)

// node maps one element to a node of our format.
func (p *process) node(n *node) {
	e := n.el
	switch e.local {
	case "startEvent":
		p.startEvent(n)
	case "endEvent":
		n.d.Kind = "endEvent"
		n.d.Effect = p.throwing(n, "end")
	case "intermediateCatchEvent":
		n.d.Kind = "catchEvent"
		n.d.Trigger = p.catching(n, "catch")
		if n.d.Trigger == nil && len(p.eventDefinitions(e)) == 0 {
			p.im.refuse(e, "event_without_definition")
		}
	case "intermediateThrowEvent":
		n.d.Kind = "throwEvent"
		n.d.Effect = p.throwing(n, "throw")
	case "boundaryEvent":
		p.boundaryEvent(n)
	case "exclusiveGateway", "parallelGateway", "inclusiveGateway":
		n.d.Kind = e.local
	case "eventBasedGateway":
		n.d.Kind = "eventGateway"
		if e.attr("instantiate") == "true" && e.attr("eventGatewayType") == "Parallel" {
			p.im.refuse(e, "event_gateway_parallel")
		}
	case "complexGateway":
		p.complexGateway(n)
	default:
		p.activity(n)
	}
	if e.has("gatewayDirection") {
		p.direction(n)
	}
}

func (p *process) startEvent(n *node) {
	n.d.Kind = "startEvent"
	host := n.scope.host
	switch {
	case host == nil:
		n.d.Trigger = p.catching(n, "start")
	case host.el.attr("triggeredByEvent") == "true":
		n.d.Trigger = p.catching(n, "handler")
		if n.el.attr("isInterrupting") == "false" {
			n.d.Interrupting = new(bool)
			for _, d := range p.eventDefinitions(n.el) {
				if t := typeOf(d); t == "error" || t == "compensate" {
					p.im.refuse(n.el, "must_interrupt", "type", t)
				}
			}
		}
	case len(p.eventDefinitions(n.el)) > 0:
		p.im.refuse(n.el, "typed_start_inside", "id", host.el.attr("id"))
	}
}

func (p *process) boundaryEvent(n *node) {
	n.d.Kind = "boundaryEvent"
	e := n.el
	if e.attr("cancelActivity") == "false" {
		n.d.Interrupting = new(bool)
	}
	n.d.Trigger = p.catching(n, "boundary")
	definitions := p.eventDefinitions(e)
	if len(definitions) == 0 {
		p.im.refuse(e, "event_without_definition")
	}
	for _, d := range definitions {
		t := typeOf(d)
		if n.d.Interrupting != nil && (t == "error" || t == "cancel") {
			p.im.refuse(e, "must_interrupt", "type", t)
		}
	}
	ref := e.attr("attachedToRef")
	if ref == "" {
		p.im.refuse(e, "dangling_reference", "what", "attachedToRef", "id", "")
		return
	}
	host := p.im.reference(e, "attachedToRef", ref)
	if host == nil {
		return
	}
	h := p.nodes[host]
	if h == nil || h.scope != n.scope || !isActivity(host.local) {
		p.im.refuse(e, "boundary_host", "id", ref, "kind", host.local)
		return
	}
	n.d.AttachedTo = h.d.ID
}

func (p *process) complexGateway(n *node) {
	e := n.el
	c := e.child(nsModel, "activationCondition")
	if c == nil || len(n.in) <= 1 {
		n.d.Kind = "inclusiveGateway" // a split only
		return
	}
	n.d.Kind = "complexJoin"
	if need := activation(c.text); need > 0 {
		n.d.Need = need
		return
	}
	p.im.refuse(e, "complex_condition", "text", c.text)
}

// activation reads "activationCount >= n" with or without marks.
func activation(text string) int {
	s := strings.TrimSpace(text)
	s = strings.TrimSuffix(strings.TrimPrefix(strings.TrimPrefix(strings.TrimPrefix(s, "="), "${"), "#{"), "}")
	s = strings.ReplaceAll(strings.TrimSpace(s), "&gt;", ">")
	rest, ok := strings.CutPrefix(s, "activationCount")
	if !ok {
		return 0
	}
	rest = strings.TrimSpace(rest)
	extra := 0
	switch {
	case strings.HasPrefix(rest, ">="), strings.HasPrefix(rest, "=="), strings.HasPrefix(rest, "ge "):
		rest = rest[2:]
	case strings.HasPrefix(rest, ">"):
		rest, extra = rest[1:], 1
	case strings.HasPrefix(rest, "="):
		rest = rest[1:]
	default:
		return 0
	}
	need, err := strconv.Atoi(strings.TrimSpace(rest))
	if err != nil || need+extra < 1 || need > 1000 {
		return 0
	}
	return need + extra
}

// direction compares what the gateway says of itself with its flows.
func (p *process) direction(n *node) {
	in, out := len(n.in), len(n.out)
	wrong := false
	switch n.el.attr("gatewayDirection") {
	case "Converging":
		wrong = in < 2 || out > 1
	case "Diverging":
		wrong = in > 1 || out < 2
	case "Mixed":
		wrong = in < 2 || out < 2
	}
	if wrong {
		p.im.warn(n.el, "gateway_direction")
	}
}

// links turns a link throw and its catch into a plain way: both become events
// that pass, joined by a flow. Names stay in what is kept.
func (p *process) links() {
	type end struct{ throws, catches []*node }
	for _, s := range p.scopes() {
		byName := map[string]*end{}
		var order []string
		for _, n := range s.nodes {
			name, is := p.linkName(n)
			if !is {
				continue
			}
			if byName[name] == nil {
				byName[name] = &end{}
				order = append(order, name)
			}
			if n.d.Kind == "throwEvent" {
				byName[name].throws = append(byName[name].throws, n)
				if len(n.out) > 0 {
					p.im.refuse(n.el, "link_flows", "name", name)
				}
			} else {
				byName[name].catches = append(byName[name].catches, n)
				if len(n.in) > 0 {
					p.im.refuse(n.el, "link_flows", "name", name)
				}
			}
		}
		for _, name := range order {
			l := byName[name]
			switch {
			case len(l.catches) == 0:
				for _, n := range l.throws {
					p.im.refuse(n.el, "link_without_catch", "name", name)
				}
			case len(l.catches) > 1:
				p.im.refuse(l.catches[1].el, "link_two_catches", "name", name)
			case len(l.throws) == 0:
				p.im.warn(l.catches[0].el, "link_without_throw", "name", name)
				p.unreachable(s, l.catches[0])
			default:
				catch := l.catches[0]
				catch.d.Kind, catch.d.Trigger = "throwEvent", nil
				for _, n := range l.throws {
					n.d.Effect = nil
					f := &flow{from: n, to: catch}
					f.d = graph.Flow{ID: p.free(n.d.ID + ".link"), From: n.d.ID, To: catch.d.ID, X: linkMark}
					f.mapped = f.d
					n.out, catch.in = append(n.out, f), append(catch.in, f)
					s.flows = append(s.flows, f)
				}
			}
		}
	}
}

func (p *process) free(id string) string {
	for p.used[id] {
		id += "_"
	}
	p.used[id] = true
	return id
}

// linkName is the name of a link event: of its definition, of the definition it
// points to, or its own.
func (p *process) linkName(n *node) (string, bool) {
	if n.el.local != "intermediateThrowEvent" && n.el.local != "intermediateCatchEvent" {
		return "", false
	}
	for _, d := range p.eventDefinitions(n.el) {
		if typeOf(d) != "link" {
			continue
		}
		if t := d.child(nsModel, "target"); t != nil && n.d.Kind == "throwEvent" {
			if target := p.im.find(strings.TrimSpace(t.text)); target != nil {
				if name := target.attr("name"); target.local == "linkEventDefinition" && name != "" {
					return name, true
				}
				if m := p.nodes[target]; m != nil {
					return firstOf(m.el.attr("name"), d.attr("name")), true
				}
			}
		}
		return firstOf(d.attr("name"), n.el.attr("name")), true
	}
	return "", false
}

// unreachable takes out a link catch that nothing throws to, and what only it
// leads to: without a flow into them they would start with the process.
func (p *process) unreachable(s *scope, n *node) {
	n.dropped = true
	p.dissolved = append(p.dissolved, n.el)
	for _, f := range n.out {
		f.dropped = true
		p.dissolved = append(p.dissolved, f.el)
	}
	for changed := true; changed; {
		changed = false
		for _, m := range s.nodes {
			if m.dropped {
				continue
			}
			gone := len(m.in) > 0
			for _, f := range m.in {
				gone = gone && f.dropped
			}
			host := p.byID(m.d.AttachedTo)
			if !gone && (host == nil || !host.dropped) {
				continue
			}
			m.dropped, changed = true, true
			p.dissolved = append(p.dissolved, m.el)
			for _, f := range m.out {
				if !f.dropped {
					f.dropped = true
					p.dissolved = append(p.dissolved, f.el)
				}
			}
		}
	}
}

func (p *process) byID(id string) *node {
	if id == "" {
		return nil
	}
	for _, n := range p.all {
		if n.d.ID == id {
			return n
		}
	}
	return nil
}

// startingGateways turns an event gateway that begins the process into one start
// event for each of its targets.
func (p *process) startingGateways() {
	for _, n := range p.all {
		if n.d.Kind != "eventGateway" || n.el.attr("instantiate") != "true" || len(n.in) > 0 || n.scope.host != nil {
			continue
		}
		n.dropped = true
		p.dissolved = append(p.dissolved, n.el)
		for _, f := range n.out {
			f.dropped = true
			p.dissolved = append(p.dissolved, f.el)
			f.to.d.Kind = "startEvent"
		}
	}
}

// dropOrphans takes out what hangs on something that was dropped.
func (p *process) dropOrphans() {
	for _, s := range p.scopes() {
		for _, f := range s.flows {
			if f.from == nil || f.to == nil || f.from.dropped || f.to.dropped {
				f.dropped = true
			}
		}
	}
	for _, n := range p.all {
		for _, f := range n.out {
			if f.dropped && n.d.Default == f.d.ID {
				n.d.Default = ""
			}
		}
	}
}

// boundaries joins compensation events with their handlers.
func (p *process) boundaries() {
	for _, n := range p.all {
		if n.d.Kind != "boundaryEvent" || n.d.Trigger == nil || !n.d.Trigger.Compensation {
			continue
		}
		if len(n.out) > 0 {
			p.im.refuse(n.el, "compensation_flow")
		}
		if n.d.Interrupting != nil {
			n.d.Interrupting = nil // compensation happens after the activity: the attribute means nothing
		}
		var handler *node
		for _, a := range p.im.parents[n.el].kids {
			if !a.is(nsModel, "association") {
				continue
			}
			from, to := p.im.find(a.attr("sourceRef")), p.im.find(a.attr("targetRef"))
			if to == n.el {
				from, to = to, from
			}
			if from == n.el && to != nil && p.nodes[to] != nil {
				handler = p.nodes[to]
			}
		}
		switch {
		case handler == nil:
			p.im.warn(n.el, "compensation_without_handler")
		case handler.el.attr("isForCompensation") != "true":
			p.im.refuse(handler.el, "handler_not_marked", "id", n.el.attr("id"))
		default:
			n.d.Handler = handler.d.ID
		}
	}
}

// handlers takes out compensation activities that nothing calls: beside the flow
// they would start with the process.
func (p *process) handlers() {
	called := map[string]bool{}
	for _, n := range p.all {
		called[n.d.Handler] = true
	}
	for _, n := range p.all {
		if n.el.attr("isForCompensation") == "true" && !called[n.d.ID] && len(n.in) == 0 && len(n.out) == 0 {
			p.im.warn(n.el, "handler_not_called")
			n.dropped = true
			p.dissolved = append(p.dissolved, n.el)
		}
	}
}
