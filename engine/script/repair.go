package script

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/core/codec"
	"github.com/fluxo-app/fluxo/engine/graph"
	"github.com/fluxo-app/fluxo/engine/graph/lint"
)

// Migrator is a Driver that can move its run to another version.
type Migrator interface {
	Migrate(to *graph.Graph, ev core.Event, body core.MigrateBody) (core.Output, core.Migration, error)
}

// operator turns the commands that move control by hand into events.
func (r *runner) operator(verb string, args []string) (core.Event, bool) {
	ev := core.Event{At: r.clock, Actor: "oper"}
	named, plain := map[string]string{}, []string{}
	for _, a := range args {
		if key, value, has := strings.Cut(a, "="); has {
			named[key] = value
		} else {
			plain = append(plain, a)
		}
	}
	at := func(i int) string {
		if i < len(plain) {
			return plain[i]
		}
		return ""
	}
	var body any
	switch verb {
	case "move":
		b := core.MoveBody{To: core.NodeID(at(1)), Flow: core.FlowID(named["flow"]), Port: named["port"], Reason: named["reason"]}
		if slices.Contains(plain, "after") {
			b.Place = core.After
		}
		if _, err := strconv.Atoi(strings.TrimPrefix(at(0), "t")); err == nil {
			b.Token = core.TokenID(at(0))
		} else {
			b.Node = core.NodeID(at(0))
		}
		ev.Kind, body = core.MoveRequested, b
	case "cancelscope":
		ev.Kind, body = core.ScopeCancelRequested, core.ScopeBody{Scope: core.ScopeID(at(0)), End: slices.Contains(plain, "end"), Reason: named["reason"]}
	case "force":
		ev.Kind, body = core.FireRequested, core.FireBody{Node: core.NodeID(at(0)), Scope: core.ScopeID(named["scope"]), Reason: named["reason"]}
	case "place":
		ev.Kind, body = core.PlaceRequested, core.PlaceBody{Node: core.NodeID(at(0)), Flow: core.FlowID(named["flow"]), Scope: core.ScopeID(named["scope"]), Reason: named["reason"]}
	default:
		return ev, false
	}
	text, err := json.Marshal(body)
	if err != nil {
		panic(err) // plain strings
	}
	r.events++
	ev.ID, ev.Body = "e"+strconv.Itoa(r.events), text
	return ev, true
}

// plan makes one event of several commands, which semicolons part.
func (r *runner) plan(line string) ([]core.Event, error) {
	var body core.PlanBody
	for _, command := range strings.Split(line, ";") {
		events, err := r.event(command)
		if err != nil {
			return nil, err
		}
		for i := range events {
			body.Acts = append(body.Acts, core.PlanAct{Kind: events[i].Kind, Body: events[i].Body})
		}
	}
	text, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	r.events++
	return []core.Event{{ID: "e" + strconv.Itoa(r.events), Kind: core.PlanRequested, At: r.clock, Actor: "oper", Body: text}}, nil
}

// migrate moves the run to the version that the following lines draw. Words name
// the mapping: A=B for nodes, flow.A=B for flows.
func (r *runner) migrate(args, lines []string) (string, error) {
	driver, ok := r.driver.(Migrator)
	if !ok {
		return "", fmt.Errorf("this driver cannot migrate")
	}
	def, err := definition(lines)
	if err != nil {
		return "", err
	}
	to, findings := lint.Check(def, graph.Options{})
	if to == nil {
		return "", fmt.Errorf("the new version is refused: %v", findings)
	}
	body := core.MigrateBody{From: 1, To: 2, Mapping: core.Mapping{Nodes: map[core.NodeID]core.NodeID{}, Flows: map[core.FlowID]core.FlowID{}}}
	for _, a := range args {
		from, onto, has := strings.Cut(a, "=")
		flow, isFlow := strings.CutPrefix(from, "flow.")
		switch {
		case from == "forget":
			body.Mapping.Forget = append(body.Mapping.Forget, onto)
		case !has:
			return "", fmt.Errorf("%q is no mapping", a)
		case isFlow:
			body.Mapping.Flows[core.FlowID(flow)] = core.FlowID(onto)
		default:
			body.Mapping.Nodes[core.NodeID(from)] = core.NodeID(onto)
		}
	}
	r.events++
	out, plan, err := driver.Migrate(to, core.Event{ID: "e" + strconv.Itoa(r.events), At: r.clock, Actor: "oper"}, body)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "verdict %s\n", plan.Verdict)
	for _, f := range plan.Findings {
		b.WriteString("finding " + strings.Join(strings.Fields(fmt.Sprint(f.Code, " ", f.Verdict, " ", f.Node, " ", f.Flow, " ", f.Name)), " ") + "\n")
	}
	s, err := r.driver.State()
	if err != nil {
		return "", err
	}
	if plan.Verdict == core.Moves {
		r.g = to
	}
	r.watch(out.Records, s)
	for i := range out.Records {
		b.WriteString(describe(&out.Records[i]))
	}
	for i := range out.Commands {
		b.WriteString(describeCommand(&out.Commands[i]))
	}
	b.WriteString(summary(s))
	return b.String(), nil
}

// Migrate moves the run, checking what must hold of it: the same call gives the
// same result, the input is unchanged, waits that are kept keep their ids, and
// the way back leads to the same state.
func (d *CoreDriver) Migrate(to *graph.Graph, ev core.Event, body core.MigrateBody) (core.Output, core.Migration, error) {
	before, err := codec.Decode(d.state)
	if err != nil {
		return core.Output{}, core.Migration{}, err
	}
	next, out, plan, err := core.Migrate(d.graph, to, before, ev, body, d.eval)
	if err != nil {
		return out, plan, err
	}
	unchanged, err := codec.Encode(before)
	if err != nil {
		return out, plan, err
	}
	if string(unchanged) != string(d.state) {
		d.tb.Error("the input state was changed by a migration")
	}
	first, err := codec.Encode(next)
	if err != nil {
		return out, plan, err
	}
	again, _, _, err := core.Migrate(d.graph, to, before, ev, body, d.eval)
	if err != nil {
		return out, plan, err
	}
	second, err := codec.Encode(again)
	if err != nil {
		return out, plan, err
	}
	if string(first) != string(second) {
		d.tb.Error("the same migration gave another state")
	}
	for i := range out.Records {
		if d.seq++; out.Records[i].Seq != d.seq {
			d.tb.Error(fmt.Sprintf("record %d follows %d", out.Records[i].Seq, d.seq-1))
		}
	}
	open := next.Waits()
	for _, id := range plan.Kept {
		if !slices.ContainsFunc(open, func(w core.Wait) bool { return w.ID == id }) && len(out.Records) == 1 {
			d.tb.Error("a wait that is kept is not open: " + string(id))
		}
	}
	d.state = first
	if plan.Verdict == core.Moves {
		d.graph = to
	}
	return out, plan, nil
}
