package bpmn

import (
	"slices"
	"strings"
)

// rules checks what single elements cannot tell: how they stand together.
func (p *process) rules(top *scope) {
	for _, n := range p.all {
		p.flowRules(n)
		switch n.d.Kind {
		case "eventGateway":
			p.eventGateway(n)
		case "exclusiveGateway":
			p.plainFlows(n)
		}
		if strings.HasSuffix(n.el.local, "Gateway") && len(n.in) == 1 && len(n.out) == 1 {
			p.im.warn(n.el, "gateway_useless")
		}
	}
	for _, s := range p.scopes() {
		p.scopeRules(s)
	}
	p.starts(top)
	p.cancels()
}

// flowRules checks on which sides of a node flows may be.
func (p *process) flowRules(n *node) {
	event := n.d.Event || isContainer(n.el.local) && n.el.attr("triggeredByEvent") == "true"
	for _, f := range n.in {
		switch {
		case n.el.local == "startEvent":
			p.im.refuse(f.el, "flow_into_start", "id", n.el.attr("id"))
		case n.el.local == "boundaryEvent":
			p.im.refuse(f.el, "flow_into_boundary", "id", n.el.attr("id"))
		case event:
			p.im.refuse(f.el, "flow_at_handler", "id", n.el.attr("id"))
		}
	}
	for _, f := range n.out {
		switch {
		case n.el.local == "endEvent":
			p.im.refuse(f.el, "flow_out_of_end", "id", n.el.attr("id"))
		case event:
			p.im.refuse(f.el, "flow_at_handler", "id", n.el.attr("id"))
		}
	}
	if len(n.out) == 1 && n.out[0].d.When != "" && n.d.Default == "" && isActivity(n.el.local) {
		p.im.warn(n.out[0].el, "lone_condition")
	}
	p.unconnected(n, event)
}

// unconnected tells what has no flow where one is usual.
func (p *process) unconnected(n *node, event bool) {
	if event || n.el.attr("isForCompensation") == "true" || p.adHoc(n.scope) {
		return
	}
	into := n.el.local == "startEvent" || n.el.local == "boundaryEvent" || len(n.in) > 0
	_, link := p.linkName(n)
	switch {
	case link:
	case n.el.local == "boundaryEvent":
		if len(n.out) == 0 && (n.d.Trigger == nil || !n.d.Trigger.Compensation) {
			p.im.warn(n.el, "unconnected")
		}
	case n.el.local == "eventBasedGateway" && n.el.attr("instantiate") == "true", n.el.local == "receiveTask" && n.el.attr("instantiate") == "true":
	case !into && len(n.scope.nodes) > 1:
		p.im.warn(n.el, "unconnected")
	case (n.el.local == "intermediateCatchEvent" || n.el.local == "intermediateThrowEvent") && len(n.out) == 0:
		p.im.warn(n.el, "unconnected")
	}
}

func (p *process) adHoc(s *scope) bool { return s.host != nil && s.host.el.local == "adHocSubProcess" }

// plainFlows warns of a flow without condition among others: it counts as true.
func (p *process) plainFlows(n *node) {
	if len(n.out) < 2 {
		return
	}
	for _, f := range n.out {
		if f.d.When == "" && f.d.ID != n.d.Default && f.el.child(nsModel, "conditionExpression") == nil {
			p.im.warn(f.el, "plain_flow")
			return
		}
	}
}

// eventGateway checks the targets of an event-based gateway.
func (p *process) eventGateway(n *node) {
	instantiates := n.el.attr("instantiate") == "true"
	if instantiates && len(n.in) > 0 {
		p.im.refuse(n.el, "event_gateway_incoming")
	}
	if len(n.out) == 0 {
		p.im.warn(n.el, "unconnected")
	}
	messages := map[string]bool{}
	for _, f := range n.out {
		t := f.to
		ok := t.el.local == "intermediateCatchEvent" || t.el.local == "receiveTask"
		_, link := p.linkName(t)
		if !ok || link {
			p.im.refuse(n.el, "event_gateway_target", "id", t.el.attr("id"), "kind", t.el.local)
			continue
		}
		if len(t.in) > 1 {
			p.im.refuse(n.el, "event_gateway_second_flow", "id", t.el.attr("id"))
		}
		for _, b := range n.scope.nodes {
			if b.d.Kind == "boundaryEvent" && b.d.AttachedTo == t.d.ID {
				p.im.refuse(n.el, "event_gateway_boundary", "id", t.el.attr("id"))
			}
		}
		if tr := t.d.Trigger; tr != nil && tr.Message != nil {
			if messages[tr.Message.Name] {
				p.im.warn(n.el, "event_gateway_same", "name", tr.Message.Name)
			}
			messages[tr.Message.Name] = true
		}
	}
}

// scopeRules checks what a container may hold.
func (p *process) scopeRules(s *scope) {
	if s.host == nil {
		return
	}
	e := s.host.el
	if p.adHoc(s) {
		for _, n := range s.nodes {
			if n.el.local == "startEvent" || n.el.local == "endEvent" {
				p.im.refuse(n.el, "adhoc_event", "id", e.attr("id"))
			}
		}
	}
	if e.attr("triggeredByEvent") == "true" {
		var starts []*node
		for _, n := range s.nodes {
			if n.el.local == "startEvent" {
				starts = append(starts, n)
			}
		}
		if len(starts) != 1 || len(p.eventDefinitions(starts[0].el)) == 0 {
			p.im.refuse(e, "handler_start")
		}
		if len(starts) == 1 && starts[0].d.Trigger != nil && starts[0].d.Trigger.Compensation && s.host.scope.host != nil {
			host := s.host.scope.host
			for _, b := range host.scope.nodes {
				if b.d.AttachedTo == host.d.ID && b.d.Handler != "" {
					p.im.refuse(e, "compensation_twice", "id", host.el.attr("id"))
				}
			}
		}
	}
}

// starts checks how the process begins.
func (p *process) starts(top *scope) {
	var plain []*node
	for _, n := range top.nodes {
		if n.el.local == "startEvent" && len(p.eventDefinitions(n.el)) == 0 {
			plain = append(plain, n)
		}
	}
	if len(plain) > 1 {
		p.im.warn(plain[1].el, "several_starts")
	}
}

// cancels checks that cancellation stays in transactions.
func (p *process) cancels() {
	for _, n := range p.all {
		kinds := []string{}
		for _, d := range p.eventDefinitions(n.el) {
			kinds = append(kinds, typeOf(d))
		}
		if !slices.Contains(kinds, "cancel") {
			continue
		}
		switch n.el.local {
		case "endEvent":
			s := n.scope
			if s.host == nil || s.host.el.local != "transaction" {
				p.im.refuse(n.el, "cancel_outside")
				continue
			}
			caught := false
			for _, b := range s.host.scope.nodes {
				caught = caught || b.d.AttachedTo == s.host.d.ID && p.cancelBoundary(b)
			}
			if !caught {
				p.im.refuse(n.el, "cancel_uncaught", "id", s.host.el.attr("id"))
			}
		case "boundaryEvent":
			host := p.byID(n.d.AttachedTo)
			if host != nil && host.el.local != "transaction" {
				p.im.refuse(n.el, "cancel_outside")
			}
			for _, b := range n.scope.nodes {
				if b == n {
					break
				}
				if host != nil && b.d.AttachedTo == host.d.ID && p.cancelBoundary(b) {
					p.im.refuse(n.el, "cancel_twice", "id", host.el.attr("id"))
				}
			}
		}
	}
}

func (p *process) cancelBoundary(b *node) bool {
	return slices.ContainsFunc(p.eventDefinitions(b.el), func(d *element) bool { return typeOf(d) == "cancel" })
}
