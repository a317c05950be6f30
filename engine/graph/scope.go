package graph

import "github.com/fluxo-app/fluxo/engine/graph/kind"

// scopeTrigger lowers what an event at the border of a scope catches from
// inside: errors, escalations, the cancellation of a transaction; and what
// undoes a scope that is done. It reports whether the trigger is one of these.
func (c *compiler) scopeTrigger(n int, t *Trigger) bool {
	node := &c.g.Nodes[n]
	boundary := node.Kind.Role == kind.Boundary
	if !boundary && node.Kind.Role != kind.Start {
		return false
	}
	switch {
	case t.Error != nil:
		node.Errors, node.Code = true, t.Error.Code
		if !node.Interrupts {
			c.atNode(n, "/interrupting", "error_must_interrupt", "let the event interrupt", "an error always ends the activity it comes from")
		}
	case t.Escalation != nil:
		node.Escalates, node.Code = true, t.Escalation.Code
	case t.Compensation:
		if !boundary && !node.Interrupts {
			c.atNode(n, "/interrupting", "must_interrupt", "let the event interrupt", "a sub-process that is to be undone has ended")
		}
	case t.Cancel && boundary:
		node.Cancels = true
		if !node.Interrupts {
			c.atNode(n, "/interrupting", "must_interrupt", "let the event interrupt", "a transaction that was canceled has ended")
		}
	default:
		return false
	}
	return true
}

// scopeEffect lowers the effects of a throw or end event that concern the scopes
// around it. It reports whether the effect is one of these.
func (c *compiler) scopeEffect(n int, at string, t *Throw) bool {
	node := &c.g.Nodes[n]
	switch {
	case t.Escalation != nil:
		if t.Escalation.Code == "" {
			c.atNode(n, at+"/escalation/code", "missing_field", "give a code", "an escalation without code cannot be told from others")
		}
		node.Throws = append(node.Throws, Thrown{Kind: ThrowEscalation, Code: t.Escalation.Code})
	case t.Compensation != nil:
		node.Throws = append(node.Throws, Thrown{Kind: ThrowCompensation, Code: *t.Compensation, Waits: t.Wait == nil || *t.Wait})
		c.compensated(n, at+"/compensation", *t.Compensation)
	case t.Cancel && node.Kind.Role == kind.End:
		node.Throws = append(node.Throws, Thrown{Kind: ThrowCancel})
	default:
		return false
	}
	return true
}

// compensated checks the activity that a throw event names: it stands beside the
// event or, if that is in an event sub-process, in a scope which this handles.
func (c *compiler) compensated(n int, at, id string) {
	if id == "" {
		return
	}
	i, known := c.g.byID[id]
	if known {
		known = false
		for s := c.g.Nodes[n].Scope; ; {
			if c.g.Nodes[i].Scope == s {
				known = true
				break
			}
			host := c.g.Scopes[s].Host
			if host == None || !c.g.Nodes[host].Event {
				break
			}
			s = c.g.Nodes[host].Scope
		}
	}
	if !known || c.g.Nodes[i].Kind.Role != kind.Activity || c.g.Nodes[i].Event || c.g.Nodes[i].Undoes {
		c.atNode(n, at, "bad_compensation", "name an activity of this level", "%q is no activity that can be undone from here", id)
		c.with("id", id)
		return
	}
	if target := &c.g.Nodes[i]; target.Compensator == None && target.Inner == None {
		c.atNode(n, at, "compensation_without_handler", "name the activity that undoes it", "nothing undoes %q", id)
		c.findings[len(c.findings)-1].Severity = Warning
	}
}

// transactions checks that what cancels one stands inside it, and that it then
// has a way to go on.
func (c *compiler) transactions() {
	exits := map[int]bool{}
	for n := range c.g.Nodes {
		node := &c.g.Nodes[n]
		switch {
		case !node.Cancels || node.Host == None:
		case !c.g.Nodes[node.Host].Transaction:
			c.atNode(n, "/attachedTo", "cancel_boundary_elsewhere", "attach it to a transaction", "%q is no transaction", c.g.Nodes[node.Host].ID)
		case node.Disabled:
		case exits[node.Host]:
			c.atNode(n, "", "two_cancels", "keep one of them", "the transaction %q has a cancel event already", c.g.Nodes[node.Host].ID)
		default:
			exits[node.Host] = true
		}
	}
	told := map[int]bool{}
	for n := range c.g.Nodes {
		node := &c.g.Nodes[n]
		for _, effect := range node.Throws {
			if effect.Kind != ThrowCancel {
				continue
			}
			around := c.g.Scopes[node.Scope].Host
			for around != None && !c.g.Nodes[around].Transaction {
				around = c.g.Scopes[c.g.Nodes[around].Scope].Host
			}
			switch {
			case around == None:
				c.atNode(n, "/effect/cancel", "cancel_outside_transaction", "put it into a transaction", "there is no transaction round %q", node.ID)
			case !exits[around] && !told[around]:
				told[around] = true
				c.atNode(around, "", "transaction_without_cancel", "attach a cancel event to it",
					"%q cancels the transaction, which has no cancel event", node.ID)
			}
		}
	}
}
