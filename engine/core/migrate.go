package core

import (
	"fmt"
	"maps"
	"slices"

	"github.com/fluxo-app/fluxo/engine/graph"
	"github.com/fluxo-app/fluxo/engine/graph/kind"
)

// Mapping says which node and flow of another version takes the place of one of
// this version. What is not named keeps its id.
type Mapping struct {
	Nodes map[NodeID]NodeID `json:"nodes,omitempty"`
	Flows map[FlowID]FlowID `json:"flows,omitempty"`
	// Forget names variables of the run that an earlier migration brought, for
	// taking it back. One that was written since is kept.
	Forget []string `json:"forget,omitempty"`
}

// MigrateBody moves a run to another version of its definition.
type MigrateBody struct {
	From    int     `json:"from"`
	To      int     `json:"to"`
	Mapping Mapping `json:"mapping"`
	Reason  string  `json:"reason,omitempty"`
}

// Verdict is what a migration can do for one run.
type Verdict string

// The verdicts, from best to worst.
const (
	Moves       Verdict = "moves"
	Stays       Verdict = "stays" // it is there already
	NeedsChoice Verdict = "needsChoice"
	Cannot      Verdict = "cannot"
)

// MigrationFinding is one thing that a migration meets. An empty Verdict is
// information only.
type MigrationFinding struct {
	Code    string  `json:"code"`
	Verdict Verdict `json:"verdict,omitempty"`
	Node    NodeID  `json:"node,omitempty"`
	Flow    FlowID  `json:"flow,omitempty"`
	Wait    WaitID  `json:"wait,omitempty"`
	Name    string  `json:"name,omitempty"`
}

// Migration tells what a migration does to one run.
type Migration struct {
	Verdict  Verdict            `json:"verdict"`
	Findings []MigrationFinding `json:"findings,omitempty"`
	Kept     []WaitID           `json:"kept,omitempty"`
	Closed   []WaitID           `json:"closed,omitempty"`
	Opened   []WaitID           `json:"opened,omitempty"`
	Added    []string           `json:"added,omitempty"` // variables with their first values
}

// Migrate moves a run at rest from one version to another. It is pure, as
// Advance is. Waits stay open under their ids, with what they were opened with;
// tokens before a join keep their flow; boundary events that are new are armed,
// those that are gone are disarmed. Unless the verdict is Moves, the state comes
// back as it was.
func Migrate(from, to *graph.Graph, s *State, ev Event, body MigrateBody, e Evaluator) (*State, Output, Migration, error) {
	if s.graphHash != "" && s.graphHash != from.Hash {
		return nil, Output{}, Migration{}, fmt.Errorf("%w: run %s is pinned to %s, not %s", ErrInvariant, s.runID, s.graphHash, from.Hash)
	}
	if code, verdict := unmovable(from, to, s); code != "" {
		return s, Output{}, Migration{Verdict: verdict, Findings: []MigrationFinding{{Code: code, Verdict: verdict}}}, nil
	}
	x := migrator{machine: machine{g: to, s: s.clone(), eval: e, budget: StepBudget, ev: &ev}, from: from, mapping: body.Mapping}
	x.s.at = max(x.s.at, ev.At)
	x.place()
	if x.worst != "" {
		x.plan.Verdict = x.worst
		return s, Output{}, x.plan, nil
	}
	x.plan.Verdict = Moves
	x.s.graphHash = to.Hash
	x.s.continues = 0
	x.resume()
	x.note(body)
	x.closeDropped()
	x.renew()
	x.arm()
	x.fireFull()
	x.drain()
	if x.err != nil {
		return nil, Output{}, Migration{}, fmt.Errorf("migrate %s: %w", s.runID, x.err)
	}
	if x.paused && x.s.Pending() {
		x.command(Command{Kind: Continue})
	}
	return x.s, x.out, x.plan, nil
}

// unmovable tells why a run as a whole does not move.
func unmovable(from, to *graph.Graph, s *State) (string, Verdict) {
	switch {
	case s.status != Active:
		return "run_ended", Cannot
	case !s.Started():
		return "not_started", Cannot
	case s.Pending():
		return "not_at_rest", Cannot
	case to.Drawing:
		return "not_executable", Cannot
	case from.Hash == to.Hash:
		return "same_version", Stays
	}
	return "", ""
}

// migrator is the work on one migration.
type migrator struct {
	machine
	from    *graph.Graph
	mapping Mapping
	plan    Migration
	worst   Verdict

	dropped []wait         // waits without a counterpart
	rename  map[NodeID]int // node of the old version -> index in the new one, where something is alive
}

func (x *migrator) find(f MigrationFinding) {
	x.plan.Findings = append(x.plan.Findings, f)
	if f.Verdict == Cannot || f.Verdict == NeedsChoice && x.worst == "" {
		x.worst = f.Verdict
	}
}

// target is the node that takes the place of another.
func (x *migrator) target(id NodeID) (*graph.Node, bool) {
	if to, mapped := x.mapping.Nodes[id]; mapped {
		id = to
	}
	return x.g.Node(string(id))
}

// counterpart is the node that takes the place of one where something is alive:
// of the same kind, in the same part of the process. Otherwise a person has to
// choose another one.
func (x *migrator) counterpart(id NodeID, scope int) (*graph.Node, bool) {
	old, ok := x.from.Node(string(id))
	if !ok {
		x.fail("no node %q in the old graph", id)
		return nil, false
	}
	n, ok := x.target(id)
	code := ""
	switch {
	case !ok:
		code = "node_missing"
	case n.Kind.Key != old.Kind.Key || n.Robot != old.Robot || n.Opens != old.Opens:
		code = "node_differs"
	case scope != graph.None && n.Scope != scope:
		code = "other_scope"
	}
	if code != "" {
		x.find(MigrationFinding{Code: code, Verdict: NeedsChoice, Node: id})
		return nil, false
	}
	x.rename[id] = n.Index
	return n, true
}

// place puts everything that is alive to its new place, or finds what is in the way.
func (x *migrator) place() {
	x.rename = map[NodeID]int{}
	s := x.s
	defs := map[int64]int{0: 0}
	for i := range s.scopes {
		scp := &s.scopes[i]
		if scp.n == 0 {
			continue
		}
		parent, known := defs[scp.parent]
		if !known {
			parent = graph.None
		}
		n, ok := x.counterpart(scp.node, parent)
		if !ok {
			defs[scp.n] = graph.None
			continue
		}
		if was := x.from.Nodes[must(x.from, scp.node)].Repeat; scp.pass > 0 || scp.rep != nil {
			// What repeats goes on repeating, in the same way.
			if n.Repeat == nil || n.Repeat.Each != was.Each {
				x.find(MigrationFinding{Code: "node_differs", Verdict: NeedsChoice, Node: scp.node})
			}
			scp.node, defs[scp.n] = NodeID(n.ID), n.Scope
			continue
		}
		scp.node, scp.def = NodeID(n.ID), x.scopeDef(scp, n)
		defs[scp.n] = scp.def
	}
	old := make(map[int64]NodeID, len(s.tokens))
	for i := range s.tokens {
		t := &s.tokens[i]
		old[t.n] = t.node
		x.placeToken(t, defs[t.scope])
	}
	for i := range s.waits {
		x.placeWait(&s.waits[i], old[s.waits[i].token])
	}
	s.entries = x.placeEntries(s.entries)
	for i := range s.buckets {
		x.placeBucket(&s.buckets[i], defs[s.buckets[i].scope])
	}
	s.waits = slices.DeleteFunc(s.waits, func(w wait) bool {
		return slices.ContainsFunc(x.dropped, func(d wait) bool { return d.n == w.n })
	})
	for i := range s.waits {
		x.plan.Kept = append(x.plan.Kept, s.waitID(&s.waits[i]))
	}
}

func (x *migrator) placeToken(t *token, def int) {
	n, ok := x.counterpart(t.node, def)
	if !ok {
		return
	}
	was := x.from.Nodes[must(x.from, t.node)]
	for _, port := range ports(x.from, &was) {
		if port != "" && !x.g.Takes(n, port) {
			x.find(MigrationFinding{Code: "port_missing", Verdict: NeedsChoice, Node: t.node, Name: port})
		}
	}
	if (t.phase == phaseEnter || t.phase == phaseTurn) && t.flow != "" {
		if e, ok := x.edge(t.flow, n, t.node); ok {
			t.flow = FlowID(x.g.Edges[e].ID)
		}
	}
	t.node = NodeID(n.ID)
}

// must is the index of a node that counterpart has found already.
func must(g *graph.Graph, id NodeID) int {
	n, ok := g.Node(string(id))
	if !ok {
		return 0
	}
	return n.Index
}

// ports are the named exits that a node leaves by.
func ports(g *graph.Graph, n *graph.Node) []string {
	var out []string
	for _, e := range n.Out {
		if p := g.Edges[e].Port; !slices.Contains(out, p) {
			out = append(out, p)
		}
	}
	return out
}

// placeWait keeps a wait under its id. The wait of a boundary event or a time
// limit that is gone is dropped; any other needs its counterpart.
func (x *migrator) placeWait(w *wait, at NodeID) {
	was, ok := x.from.Node(string(w.node))
	if !ok {
		x.fail("no node %q in the old graph", w.node)
		return
	}
	n, ok := x.target(w.node)
	switch {
	case w.token == 0:
		x.placeHandled(w, was)
		return
	case was.Host != graph.None:
		host, there := x.target(at)
		if !ok || !there || n.Host != host.Index || n.Opens != was.Opens || n.Disabled {
			x.drop(*w)
			return
		}
	case w.kind == TimeoutWait && ok && n.Timeout == nil:
		x.drop(*w)
		return
	case w.node == at: // the token's own: checked with it
		if !ok {
			return
		}
	default:
		if n, ok = x.counterpart(w.node, graph.None); !ok {
			return
		}
	}
	w.node = NodeID(n.ID)
}

func (x *migrator) drop(w wait) {
	x.dropped = append(x.dropped, w)
	id := x.s.waitID(&w)
	x.plan.Closed = append(x.plan.Closed, id)
	x.find(MigrationFinding{Code: "wait_dropped", Node: w.node, Wait: id})
}

// placeBucket keeps parked tokens on their flows.
func (x *migrator) placeBucket(b *bucket, def int) {
	n, ok := x.counterpart(b.node, def)
	if !ok {
		return
	}
	was := x.from.Nodes[must(x.from, b.node)]
	edges := make([][]ref, len(n.In))
	for slot, parked := range b.edges {
		if len(parked) == 0 {
			continue
		}
		if e, ok := x.edge(FlowID(x.from.Edges[was.In[slot]].ID), n, b.node); ok {
			to := x.g.Edges[e].Slot
			edges[to] = append(edges[to], parked...)
		}
	}
	filled := 0
	for slot := range edges {
		slices.SortFunc(edges[slot], func(a, b ref) int { return int(a.n - b.n) })
		if len(edges[slot]) > 0 {
			filled++
		}
	}
	b.node, b.edges, b.filled = NodeID(n.ID), edges, filled
}

// edge finds the flow into a node that takes the place of a taken one: the one
// named, the one with the same id, or the only one from the same source.
func (x *migrator) edge(id FlowID, into *graph.Node, at NodeID) (int, bool) {
	wanted, named := x.mapping.Flows[id]
	if !named {
		wanted = id
	}
	if e, ok := x.g.EdgeByID(string(wanted)); ok && e.To == into.Index {
		return e.Index, true
	}
	if was, ok := x.from.EdgeByID(string(id)); ok && !named {
		found := graph.None
		for _, e := range into.In {
			source, there := x.target(NodeID(x.from.Nodes[was.From].ID))
			if there && x.g.Edges[e].From == source.Index {
				if found != graph.None {
					found = graph.None
					break
				}
				found = e
			}
		}
		if found != graph.None {
			return found, true
		}
	}
	x.find(MigrationFinding{Code: "flow_missing", Verdict: NeedsChoice, Node: at, Flow: id})
	return 0, false
}

// note records the migration and brings variables and results along.
func (x *migrator) note(body MigrateBody) {
	renamed := Values{}
	for _, id := range slices.Sorted(maps.Keys(x.rename)) {
		if to := x.g.Nodes[x.rename[id]].ID; to != string(id) {
			renamed[string(id)] = to
		}
	}
	for _, id := range slices.Sorted(maps.Keys(x.mapping.Nodes)) {
		to := string(x.mapping.Nodes[id])
		if _, there := x.g.Node(to); there && to != string(id) {
			renamed[string(id)] = to
		}
	}
	r := Record{Kind: RecordRunMigrated, Actor: x.ev.Actor, Reason: body.Reason,
		Body: Values{"fromVersion": number(body.From), "toVersion": number(body.To)}}
	if len(renamed) > 0 {
		r.Body["nodes"] = renamed
	}
	x.record(r)
	for _, id := range sortedKeys(renamed) {
		result, has := x.s.steps[id]
		if to, _ := renamed[id].(string); has && x.s.steps[to] == nil {
			if held, isObject := result.(map[string]any); isObject {
				x.setStep(NodeID(to), held)
				delete(x.s.steps, id)
			}
		}
	}
	for i := range x.s.scopes {
		scp := &x.s.scopes[i]
		if scp.pass > 0 || scp.rep != nil {
			continue // of a repetition: they declare nothing
		}
		scp.vars, scp.own = copyValues(scp.vars), true
		for _, v := range x.g.Scopes[scp.def].Variables {
			if _, has := scp.vars[v.Name]; !has {
				scp.vars[v.Name] = v.Default
				if scp.n == 0 {
					x.plan.Added = append(x.plan.Added, v.Name)
				}
			}
		}
	}
	x.forget()
	parameters := copyValues(x.s.parameters)
	for _, p := range x.g.Parameters {
		if _, has := parameters[p.Name]; !has {
			parameters[p.Name] = p.Default
		}
	}
	x.s.parameters = parameters
	x.names = nil
}

// forget drops variables that a migration brought and nobody has written since.
func (x *migrator) forget() {
	root := &x.s.scopes[0]
	for _, name := range x.mapping.Forget {
		declared := slices.ContainsFunc(x.g.Scopes[0].Variables, func(v graph.Declared) bool { return v.Name == name })
		i := slices.IndexFunc(x.from.Scopes[0].Variables, func(v graph.Declared) bool { return v.Name == name })
		if !declared && i >= 0 && fmt.Sprint(root.vars[name]) == fmt.Sprint(x.from.Scopes[0].Variables[i].Default) {
			delete(root.vars, name)
		}
	}
}

// closeDropped withdraws waits that have no counterpart.
func (x *migrator) closeDropped() {
	for i := len(x.dropped) - 1; i >= 0; i-- {
		w := x.dropped[i]
		x.settle(w.failed, "migrate", "")
		c := Command{Wait: x.runWait(&w), Node: w.node, Generation: w.generation, Cycle: w.cycle, Reason: "migrated"}
		c.Kind = closing(w.kind)
		x.command(c)
	}
}

// renew raises open incidents anew, so that lists show them at the new version.
func (x *migrator) renew() {
	for i := 0; i < len(x.s.issues); i++ {
		if x.s.issues[i].scope >= 0 { // a deadlock is found again, if it still is one
			x.settle(x.s.issues[i].n, "migrate", "")
			i--
			continue
		}
		is := &x.s.issues[i]
		was, n := is.Incident, is.n
		x.s.nextIssue++
		is.n, is.ID = x.s.nextIssue, x.issueID(x.s.nextIssue)
		if to, ok := x.target(is.Node); ok {
			is.Node = NodeID(to.ID)
		}
		for k := range x.s.tokens {
			if x.s.tokens[k].held == n {
				x.s.tokens[k].held = is.n
			}
		}
		for k := range x.s.waits {
			if x.s.waits[k].failed == n {
				x.s.waits[k].failed = is.n
			}
		}
		now := is.Incident
		x.command(Command{Kind: ResolveIncident, Node: was.Node, Wait: was.Wait, Incident: &was, Reason: "migrate"})
		x.command(Command{Kind: RaiseIncident, Node: now.Node, Wait: now.Wait, Incident: &now})
	}
}

// arm opens what waiting nodes expect in the new version and did not in the old
// one. An event that was there and has fired is not armed again.
func (x *migrator) arm() {
	isNew := map[int]bool{}
	for i := range x.g.Nodes {
		isNew[i] = true
	}
	for i := range x.from.Nodes {
		if n, ok := x.target(NodeID(x.from.Nodes[i].ID)); ok {
			isNew[n.Index] = false
		}
	}
	first := x.s.nextWait
	for _, t := range slices.Clone(x.s.tokens) {
		n := x.node(t.node)
		if t.phase != phaseWait || n.Kind.Enter != kind.Wait && n.Kind.Enter != kind.Scope && n.Repeat == nil {
			continue
		}
		for _, b := range n.Boundaries {
			event := &x.g.Nodes[b]
			if isNew[b] && !event.Disabled && !x.inPass(t.scope, n) {
				x.openEvent(event, t.n, 0)
			}
		}
		own := func(k WaitKind) bool {
			return slices.ContainsFunc(x.s.waits, func(w wait) bool { return w.token == t.n && w.kind == k && w.node == t.node })
		}
		if n.Timeout != nil && own(TaskWait) && !own(TimeoutWait) {
			x.open(wait{kind: TimeoutWait, node: NodeID(n.ID), token: t.n, generation: 1})
		}
	}
	x.armHandlers(isNew)
	for i := range x.s.waits {
		if w := &x.s.waits[i]; w.n > first {
			x.plan.Opened = append(x.plan.Opened, x.s.waitID(w))
			x.find(MigrationFinding{Code: "wait_opened", Node: w.node, Wait: x.s.waitID(w)})
		}
	}
}

// fireFull fires the joins that have all their flows now: a flow may be gone.
func (x *migrator) fireFull() {
	for i := 0; i < len(x.s.buckets); i++ {
		b := &x.s.buckets[i]
		n := x.node(b.node)
		if b.filled == len(n.In) && (n.Kind.Enter == kind.JoinAll || len(n.In) < 2) {
			x.fire(b.scope, n)
			i = -1
		}
	}
}

// closing is the command that ends a wait of a kind.
func closing(k WaitKind) CommandKind {
	switch k {
	case TaskWait:
		return CloseTask
	case EffectWait:
		return CancelEffect
	case MessageWait:
		return Unsubscribe
	case ChildWait:
		return CancelChild
	}
	return CancelTimer
}
