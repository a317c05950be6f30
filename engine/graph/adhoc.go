package graph

import "github.com/fluxo-app/fluxo/engine/graph/kind"

// AdHoc makes a sub-process one whose activities need no order: those that no
// flow leads to begin by themselves, once each.
type AdHoc struct {
	Order      string `json:"order,omitempty"`      // parallel (default) | sequential: one activity at a time
	Until      string `json:"until,omitempty"`      // tested after each activity; ends the sub-process
	CancelRest *bool  `json:"cancelRest,omitempty"` // what is under way then is canceled; absent = true
}

// Sequential tells whether one activity at a time may be under way.
func (a *AdHoc) Sequential() bool { return a.Order == "sequential" }

// Cancels tells whether the condition also ends what is under way.
func (a *AdHoc) Cancels() bool { return a.CancelRest == nil || *a.CancelRest }

// adHoc checks an ad-hoc sub-process.
func (c *compiler) adHoc(n int) {
	node, d := &c.g.Nodes[n], c.defs[n]
	if d.AdHoc == nil {
		return
	}
	if node.Inner == None || d.Event {
		c.atNode(n, "/adHoc", "unexpected_field", "", "only a sub-process can be ad hoc")
		return
	}
	switch d.AdHoc.Order {
	case "", "parallel", "sequential":
	default:
		c.atNode(n, "/adHoc/order", "bad_value", "use parallel or sequential", "%q is no order", d.AdHoc.Order)
	}
	if d.AdHoc.Until != "" {
		c.expression(n, "/adHoc/until", d.AdHoc.Until, UseCondition)
	}
	inner := &c.g.Scopes[node.Inner]
	for _, i := range inner.Nodes {
		if role := c.g.Nodes[i].Kind.Role; role == kind.Start || role == kind.End {
			c.atNode(i, "/kind", "event_in_ad_hoc", "delete it: the activities begin by themselves", "an ad-hoc sub-process has no start and no end event")
		}
	}
	inner.AdHoc = d.AdHoc
}
