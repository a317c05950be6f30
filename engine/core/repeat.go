package core

import (
	"encoding/json"
	"slices"
	"strconv"

	"github.com/fluxo-app/fluxo/engine/graph"
)

// A repeated activity keeps its token, on which its boundary events are armed,
// and opens a scope round its passes. Each pass has a scope of its own with its
// item and its number, and in it a token that goes through the activity as if it
// stood there once. Passes are told by the records of their scopes.

// maxPasses bounds the passes of an activity that repeats for each item.
const maxPasses = MaxTokens

// passPage is how many parallel passes begin before the next inclusive joins and
// completed scopes are looked at.
const passPage = 100

// repeat is how far a repeated activity has come.
type repeat struct {
	items   []any // of each over a list; never written
	total   int   // of each
	started int
	done    int
	over    bool   // no pass is under way and none will begin
	out     []any  // results by item, when they are collected
	port    string // by which the activity will leave
	own     bool   // belongs to the state under work and may be written in place
}

// shared is the same repeat for another state.
func (r *repeat) shared() *repeat {
	c := *r
	c.own = false
	return &c
}

func (r *repeat) snapshot() *RepeatSnapshot {
	if r == nil {
		return nil
	}
	return &RepeatSnapshot{Done: r.done, Items: r.items, Out: r.out, Over: r.over, Port: r.port, Started: r.started, Total: r.total}
}

func (r *RepeatSnapshot) restore() *repeat {
	if r == nil {
		return nil
	}
	return &repeat{done: r.Done, items: r.Items, out: r.Out, over: r.Over, port: r.Port, started: r.Started, total: r.Total}
}

// scopeDef is the scope of the graph that a live scope stands for. Those of
// repetitions hold no inner nodes of their own.
func (m *machine) scopeDef(scp *scope, n *graph.Node) int {
	switch {
	case scp.pass > 0 || scp.rep != nil:
		return 0
	case scp.undo && n.Compensator != graph.None:
		return n.Scope // made anew for the handler of a pass
	}
	return n.Inner
}

// inPass tells whether a token of a scope goes through one pass of a node.
func (m *machine) inPass(sc int64, n *graph.Node) bool {
	return n.Repeat != nil && m.scope(sc).pass > 0
}

// repeat begins a repeated activity; its token rests at the node until the last
// pass is done.
func (m *machine) repeat(t ref, sc int64, n *graph.Node) {
	r := n.Repeat
	rep := &repeat{port: n.NormalPort, own: true}
	vars := Values{"loopCounter": number(0)}
	detail := Values{"repeat": "loop"}
	if r.Each {
		items, total, failure := m.occasions(sc, n)
		if failure != nil {
			m.hold(t, sc, n, phaseRun, "", *failure)
			return
		}
		if total == 0 {
			m.collect(t.id, sc, n, []any{})
			m.leave(t, sc, n, n.NormalPort, false)
			return
		}
		rep.items, rep.total = items, total
		if r.Out != "" {
			rep.out = make([]any, total)
		}
		vars = Values{"numberOfInstances": number(total)}
		detail = Values{"repeat": "each", "total": number(total)}
	}
	m.s.nextScope++
	m.s.scopes = append(m.s.scopes, scope{n: m.s.nextScope, id: scopeID(m.s.nextScope), node: NodeID(n.ID), parent: sc, host: t.n,
		vars: vars, own: true, rep: rep})
	m.names = nil
	body := &m.s.scopes[len(m.s.scopes)-1]
	if !r.Each && r.Before && r.While != "" {
		again, failure := m.holds(body.n, r.While)
		if failure != nil || !again {
			m.dropScope(body.n)
			if failure != nil {
				m.hold(t, sc, n, phaseRun, "", *failure)
				return
			}
			m.leave(t, sc, n, n.NormalPort, false)
			return
		}
	}
	m.rest(token{ref: t, scope: sc, node: NodeID(n.ID)})
	m.arm(t, n)
	m.record(Record{Kind: RecordScopeStarted, Node: NodeID(n.ID), Token: t.id, Scope: body.id, Body: detail})
	m.countPasses(body)
	if !r.Parallel {
		m.beginPass(body.n, n)
	}
}

// occasions evaluates, once, for what an activity repeats.
func (m *machine) occasions(sc int64, n *graph.Node) (items []any, total int, failure *FailureBody) {
	r := n.Repeat
	from := r.Items
	if from == nil {
		from = r.Count
	}
	value := from.Literal
	if from.Expr != "" {
		if value, failure = m.value(sc, from.Expr); failure != nil {
			return nil, 0, failure
		}
	}
	refuse := func(code, message, remedy string) (list []any, count int, failure *FailureBody) {
		return nil, 0, &FailureBody{Code: code, Message: message, Remedy: remedy, Detail: Values{"expression": from.Expr, "value": value}}
	}
	if r.Items != nil {
		list, ok := value.([]any)
		if !ok {
			return refuse("bad_items", "the items of the step are no list", "change a variable and retry, or correct the expression in a new version")
		}
		items, total = list, len(list)
	} else {
		text, ok := value.(json.Number)
		count, err := strconv.Atoi(text.String())
		if !ok || err != nil || count < 0 {
			return refuse("bad_count", "the step cannot repeat so many times", "give a whole number that is not negative and retry")
		}
		total = count
	}
	switch {
	case total > maxPasses || r.Parallel && m.tokens()+total > MaxTokens:
		return refuse("too_many_tokens", "the step would repeat "+itoa(total)+" times at once with what else is under way", "give fewer items, or repeat one after the other")
	case total == 0 && n.NormalPort != "":
		// Nobody may approve because nobody was asked.
		return refuse("no_items", "there is nobody to ask: the list of items is empty", "skip by one of the outcomes, or change a variable and retry")
	}
	return items, total, nil
}

// beginPasses begins parallel passes, a page at a time, so that a long list
// neither fills one step nor delays the others. It reports whether it did.
func (m *machine) beginPasses() bool {
	for i := range m.s.scopes {
		body := &m.s.scopes[i]
		if body.rep == nil || body.rep.over || body.rep.started >= body.rep.total {
			continue
		}
		n := m.node(body.node)
		if !n.Repeat.Parallel {
			continue
		}
		for range min(passPage, max(1, m.budget), body.rep.total-body.rep.started) {
			m.beginPass(m.s.scopes[i].n, n)
		}
		return true
	}
	return false
}

// beginPass starts the next pass.
func (m *machine) beginPass(body int64, n *graph.Node) {
	b := m.scope(body)
	rep := b.ownRepeat()
	rep.started++
	vars := Values{"loopCounter": number(rep.started)}
	if rep.items != nil {
		vars[n.Repeat.Item] = rep.items[rep.started-1]
	}
	m.s.nextScope++
	pass := scope{n: m.s.nextScope, id: scopeID(m.s.nextScope), node: NodeID(n.ID), parent: body, vars: vars, own: true, pass: rep.started}
	m.countPasses(b)
	m.s.scopes = append(m.s.scopes, pass)
	m.names = nil
	scp := &m.s.scopes[len(m.s.scopes)-1]
	t := m.newToken(scp)
	m.record(Record{Kind: RecordScopeStarted, Node: NodeID(n.ID), Token: t.id, Scope: scp.id, Body: Values{"loopCounter": vars["loopCounter"]}})
	m.push(t, scp.n, n.Index, graph.None)
}

// endPass ends the pass whose token leaves the activity, and decides whether
// there is another one. A condition that fails holds the token, so that a retry
// decides again. Skipping a pass of a loop ends the loop.
func (m *machine) endPass(t ref, sc int64, n *graph.Node, port string, skipped bool) {
	r, pass := n.Repeat, *m.scope(sc)
	body := m.scope(pass.parent)
	rep := body.ownRepeat()
	over := !r.Each && (skipped || r.Max > 0 && pass.pass >= r.Max)
	var result any
	var failure *FailureBody
	if !skipped {
		rep.done++ // the condition counts this pass
		m.countPasses(body)
		switch {
		case over:
		case !r.Each && r.While != "":
			var again bool
			again, failure = m.holds(sc, r.While)
			over = !again
		case r.Each:
			if result, failure = m.passResult(sc, n); failure == nil && r.Until != "" {
				over, failure = m.holds(sc, r.Until)
			}
		}
		rep.done--
		m.countPasses(body)
	}
	if failure != nil {
		m.hold(t, sc, n, phaseExit, port, *failure)
		return
	}
	var detail Values
	if skipped {
		detail = Values{"skipped": true}
	}
	m.record(Record{Kind: RecordScopeCompleted, Node: NodeID(n.ID), Token: t.id, Scope: pass.id, Body: detail})
	if !skipped {
		m.completed(sc, n)
	}
	m.dropScope(sc)
	if !r.Each || rep.port == n.NormalPort {
		rep.port = port
	}
	m.passOver(pass, n, result, over)
}

// passOver goes on after a pass whose scope is gone: with the next one, or with
// the end of the activity.
func (m *machine) passOver(pass scope, n *graph.Node, result any, over bool) {
	body := m.scope(pass.parent)
	rep := body.ownRepeat()
	rep.done++
	if rep.out != nil {
		rep.out[pass.pass-1] = result
	}
	m.countPasses(body)
	switch {
	case over, n.Repeat.Each && rep.done == rep.total:
		m.endPasses(body.n, rep)
	case !n.Repeat.Parallel:
		m.beginPass(body.n, n)
	}
}

// endPasses ends what is still under way of a repeated activity.
func (m *machine) endPasses(body int64, rep *repeat) {
	for i := len(m.s.scopes) - 1; i > 0; i-- {
		if m.s.scopes[i].parent == body {
			m.cancelScope(m.s.scopes[i].n, "completed")
			i = len(m.s.scopes)
		}
	}
	rep.over, rep.started = true, rep.done
	m.countPasses(m.scope(body))
}

// passResult is what a pass adds to the results.
func (m *machine) passResult(sc int64, n *graph.Node) (any, *FailureBody) {
	switch {
	case n.Repeat.Out == "":
		return nil, nil
	case n.Repeat.Result != "":
		return m.value(sc, n.Repeat.Result)
	}
	return m.s.steps[n.ID], nil
}

// endRepeat leaves a repeated activity after its last pass.
func (m *machine) endRepeat(t token, n *graph.Node, rep *repeat) {
	m.collect(t.id, t.scope, n, rep.out)
	m.leave(t.ref, t.scope, n, rep.port, false)
}

// collect gives the results of all passes to the variable that takes them.
func (m *machine) collect(t TokenID, sc int64, n *graph.Node, out []any) {
	if n.Repeat.Out != "" {
		m.write(sc, NodeID(n.ID), t, Values{n.Repeat.Out: out})
	}
}

// holds evaluates a condition.
func (m *machine) holds(sc int64, source string) (bool, *FailureBody) {
	if m.eval == nil {
		return false, &FailureBody{Code: "expression_failed", Message: "no evaluator for " + source}
	}
	yes, err := m.eval.Bool(source, m.visible(sc), m.s.at)
	if err != nil {
		return false, evalFailure(source, err)
	}
	return yes, nil
}

// ownRepeat is the repeat for writing.
func (s *scope) ownRepeat() *repeat {
	if !s.rep.own {
		c := *s.rep
		c.own, c.out = true, slices.Clone(c.out)
		s.rep = &c
	}
	return s.rep
}

// countPasses tells expressions how far the passes are.
func (m *machine) countPasses(body *scope) {
	rep := body.rep
	if rep.total == 0 {
		return // a loop counts by its passes alone
	}
	if !body.own {
		body.vars, body.own = copyValues(body.vars), true
	}
	body.vars["numberOfActiveInstances"] = number(max(0, rep.started-rep.done))
	body.vars["numberOfCompletedInstances"] = number(rep.done)
	m.names = nil
}

// dropScope removes a scope that has nothing left but perhaps the token that
// leaves it.
func (m *machine) dropScope(n int64) {
	m.s.scopes = slices.DeleteFunc(m.s.scopes, func(s scope) bool { return s.n == n })
	m.names = nil
}
