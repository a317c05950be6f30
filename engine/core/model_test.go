package core_test

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/graph"
	"github.com/fluxo-app/fluxo/engine/graph/lint"
)

// model builds a random block-structured process: every split has its join.
type model struct {
	t            *rapid.T
	nodes, flows []string
	next         *int        // of all models inside each other: ids are unique
	pairs        [][2]string // fork and join of each block that splits
	loops        int         // that are drawn round what comes next
}

func (m *model) node(kind, more string) string {
	*m.next++
	id := fmt.Sprintf("n%d", *m.next)
	m.nodes = append(m.nodes, fmt.Sprintf(`{"id":%q,"kind":%q%s}`, id, kind, more))
	return id
}

func (m *model) flow(from, to, more string) string {
	*m.next++
	id := fmt.Sprintf("f%d", *m.next)
	m.flows = append(m.flows, fmt.Sprintf(`{"id":%q,"from":%q,"to":%q%s}`, id, from, to, more))
	return id
}

// more adds members to a node that was drawn.
func (m *model) more(id, members string) {
	for i, n := range m.nodes {
		if strings.HasPrefix(n, fmt.Sprintf(`{"id":%q,`, id)) {
			m.nodes[i] = strings.TrimSuffix(n, "}") + "," + members + "}"
		}
	}
}

// trigger draws what an event waits for; a receive task waits for a message.
func (m *model) trigger(id string) string {
	message := fmt.Sprintf(`{"message":{"name":"m%s","into":"v"}}`, id)
	if strings.Contains(m.nodes[len(m.nodes)-1], `"receiveTask"`) {
		return message
	}
	return rapid.SampledFrom([]string{`{"timer":{"after":"PT1H"}}`, message, `{"signal":{"code":"s1"}}`, `{"signal":{"code":"s2","into":"v"}}`,
		fmt.Sprintf(`{"conditional":"e%s"}`, id)}).Draw(m.t, "trigger")
}

// branches draws two or three branches behind a split, each of which begins with a
// task, and the join of them.
func (m *model) branches(split, joins string, depth int, lead func(i int, first string)) string {
	var ends []string
	for i := range rapid.IntRange(2, 3).Draw(m.t, "branches") {
		first := m.node("userTask", "")
		lead(i, first)
		ends = append(ends, m.block(first, depth-1))
	}
	join := m.node(joins, "")
	for _, e := range ends {
		m.flow(e, join, "")
	}
	m.pairs = append(m.pairs, [2]string{split, join})
	return join
}

// inside is what a sub-process holds.
func (m *model) inside() string {
	return `"nodes":[` + strings.Join(m.nodes, ",") + `],"flows":[` + strings.Join(m.flows, ",") + `]`
}

// repetition draws how an activity repeats.
func (m *model) repetition(early bool) string {
	if rapid.Bool().Draw(m.t, "loop") {
		return fmt.Sprintf(`,"loop":{"while":"c%d","before":%v,"max":4}`, *m.next, rapid.Bool().Draw(m.t, "before"))
	}
	until := ""
	if early && rapid.Bool().Draw(m.t, "early") {
		until = fmt.Sprintf(`,"until":"c%d"`, *m.next)
	}
	return fmt.Sprintf(`,"each":{"count":%d,"parallel":%v,"out":"out%d"%s}`, rapid.IntRange(0, 3).Draw(m.t, "count"), rapid.Bool().Draw(m.t, "parallel"), *m.next, until)
}

// block draws a block after a node and returns the node it ends with.
func (m *model) block(from string, depth int) string {
	kinds := []string{"task", "task", "catch", "throw", "repeated", "call", "step", "beside"}
	if depth > 0 {
		kinds = append(kinds, "sequence", "exclusive", "parallel", "inclusive", "loop", "sub", "repeatedSub", "adHoc", "conditional", "race", "interrupted")
		if m.loops == 0 { // in a loop the tokens of several rounds would pass each other
			kinds = append(kinds, "complex")
		}
	}
	switch kind := rapid.SampledFrom(kinds).Draw(m.t, "block"); kind {
	case "catch":
		n := m.node(rapid.SampledFrom([]string{"catchEvent", "catchEvent", "receiveTask"}).Draw(m.t, "catch"), "")
		m.more(n, `"trigger":`+m.trigger(n))
		m.flow(from, n, "")
		return n
	case "throw":
		n := m.node("throwEvent", rapid.SampledFrom([]string{`,"effect":{"signal":{"code":"s1"}}`, `,"effect":{"message":{"name":"told"}}`,
			`,"effect":{"escalation":{"code":"nobody"}}`}).Draw(m.t, "throw"))
		m.flow(from, n, "")
		return n
	case "beside": // an event that does not interrupt adds a token, which ends by itself
		n := m.node("userTask", "")
		m.flow(from, n, "")
		b := m.node("boundaryEvent", fmt.Sprintf(`,"attachedTo":%q,"interrupting":false`, n))
		m.more(b, `"trigger":`+m.trigger(b))
		last := m.node(rapid.SampledFrom([]string{"userTask", "task"}).Draw(m.t, "after"), "")
		m.flow(b, last, "")
		return n
	case "interrupted": // one that interrupts is another way to what follows
		n := m.node(rapid.SampledFrom([]string{"userTask", "callActivity"}).Draw(m.t, "host"), `,"config":{"process":"other"}`)
		m.flow(from, n, "")
		b := m.node("boundaryEvent", fmt.Sprintf(`,"attachedTo":%q`, n))
		m.more(b, `"trigger":`+m.trigger(b))
		merge := m.node("exclusiveGateway", "")
		m.flow(m.block(n, depth-1), merge, "")
		m.flow(m.block(b, depth-1), merge, "")
		return merge
	case "conditional": // flows with conditions leave an activity
		split := m.node("userTask", fmt.Sprintf(`,"default":"d%d"`, *m.next+1))
		m.flow(from, split, "")
		return m.branches(split, "inclusiveGateway", depth, func(i int, first string) {
			if i == 0 {
				m.flows = append(m.flows, fmt.Sprintf(`{"id":"d%s","from":%q,"to":%q}`, split[1:], split, first))
				return
			}
			m.flow(split, first, fmt.Sprintf(`,"when":"c%d"`, *m.next))
		})
	case "complex":
		split := m.node("parallelGateway", "")
		m.flow(from, split, "")
		join := m.branches(split, "complexJoin", depth, func(_ int, first string) { m.flow(split, first, "") })
		m.more(join, fmt.Sprintf(`"need":%d`, rapid.IntRange(1, 2).Draw(m.t, "need")))
		return join
	case "race":
		split := m.node("eventGateway", "")
		m.flow(from, split, "")
		merge := m.node("exclusiveGateway", "")
		for range rapid.IntRange(2, 3).Draw(m.t, "events") {
			n := m.node("catchEvent", "")
			m.more(n, `"trigger":`+m.trigger(n))
			m.flow(split, n, "")
			m.flow(m.block(n, depth-1), merge, "")
		}
		return merge
	case "step":
		n := m.node("task", "")
		m.flow(from, n, "")
		return n
	case "repeated":
		n := m.node(rapid.SampledFrom([]string{"userTask", "task", "callActivity"}).Draw(m.t, "what"), `,"config":{"process":"other"}`+m.repetition(true))
		m.flow(from, n, "")
		return n
	case "call":
		n := m.node("callActivity", `,"config":{"process":"other"}`)
		m.flow(from, n, "")
		return n
	case "adHoc":
		inner := &model{t: m.t, next: m.next}
		for range rapid.IntRange(1, 3).Draw(m.t, "activities") {
			last := inner.node("userTask", "")
			if rapid.Bool().Draw(m.t, "more") {
				inner.flow(last, inner.node("userTask", inner.repetition(true)), "")
			}
		}
		order := rapid.SampledFrom([]string{"parallel", "sequential"}).Draw(m.t, "order")
		n := m.node("subProcess", fmt.Sprintf(`,"adHoc":{"order":%q,"until":"c%d","cancelRest":%v},`, order, *m.next, rapid.Bool().Draw(m.t, "cancel"))+inner.inside()+m.repetition(true))
		m.flow(from, n, "")
		return n
	case "sequence":
		return m.block(m.block(from, depth-1), depth-1)
	case "exclusive", "parallel", "inclusive":
		split := m.node(kind+"Gateway", fmt.Sprintf(`,"default":"d%d"`, *m.next+1))
		if kind == "parallel" {
			m.nodes[len(m.nodes)-1] = fmt.Sprintf(`{"id":%q,"kind":"parallelGateway"}`, split)
		}
		m.flow(from, split, "")
		var ends []string
		for i := range rapid.IntRange(2, 3).Draw(m.t, "branches") {
			first := m.node("userTask", "")
			switch {
			case kind == "parallel":
				m.flow(split, first, "")
			case i == 0: // the default
				m.flows = append(m.flows, fmt.Sprintf(`{"id":"d%s","from":%q,"to":%q}`, split[1:], split, first))
			default:
				m.flow(split, first, fmt.Sprintf(`,"when":"c%d"`, *m.next))
			}
			ends = append(ends, m.block(first, depth-1))
		}
		join := m.node(kind+"Gateway", "")
		for _, e := range ends {
			m.flow(e, join, "")
		}
		if kind != "exclusive" {
			m.pairs = append(m.pairs, [2]string{split, join})
		}
		return join
	case "loop":
		head := m.node("exclusiveGateway", "")
		m.flow(from, head, "")
		wait := m.node("userTask", "") // conditions change with time only
		m.flow(head, wait, "")
		m.loops++
		end := m.block(wait, depth-1)
		m.loops--
		tail := m.node("exclusiveGateway", fmt.Sprintf(`,"default":"d%d"`, *m.next+1))
		m.flow(end, tail, "")
		m.flow(tail, head, fmt.Sprintf(`,"when":"c%d"`, *m.next))
		out := m.node("userTask", "")
		m.flows = append(m.flows, fmt.Sprintf(`{"id":"d%s","from":%q,"to":%q}`, tail[1:], tail, out))
		return out
	case "sub", "repeatedSub":
		inner := &model{t: m.t, next: m.next}
		start := inner.node("startEvent", "")
		inner.block(start, depth-1)
		if rapid.Bool().Draw(m.t, "handled") { // an event sub-process beside it, once
			beside := &model{t: m.t, next: m.next}
			start := beside.node("startEvent", `,"interrupting":false`)
			beside.more(start, `"trigger":`+beside.trigger(start))
			beside.block(start, depth-1)
			inner.node("subProcess", `,"event":true,"nodes":[`+strings.Join(beside.nodes, ",")+`],"flows":[`+strings.Join(beside.flows, ",")+`]`)
			inner.pairs = append(inner.pairs, beside.pairs...)
		}
		m.pairs = append(m.pairs, inner.pairs...)
		more := "," + inner.inside()
		if kind == "repeatedSub" {
			more += m.repetition(false) // without early end, which would part forks from joins
		}
		n := m.node("subProcess", more)
		m.flow(from, n, "")
		return n
	}
	n := m.node("userTask", "")
	m.flow(from, n, "")
	return n
}

// chance decides conditions by a hash of their text and of the event's instant,
// which is pure and yet changes from round to round. Late in a run those of flows
// and loops ("c1") do not hold and those of events ("en1") do, so that it ends.
type chance struct{ seed uint32 }

// late is the instant from which a run only comes to its end.
const late = 200

func (c chance) Eval(source string, _ core.Values, _ core.Instant) (any, error) {
	return json.Number("1"), nil
}

func (c chance) Bool(source string, _ core.Values, now core.Instant) (bool, error) {
	h := fnv.New32a()
	fmt.Fprintf(h, "%d %s %d", c.seed, source, now)
	if now >= late {
		return strings.HasPrefix(source, "en"), nil
	}
	return h.Sum32()%2 == 0, nil
}

// structuredRun draws a block-structured model and plays it to its end, with random
// choices in random order.
func structuredRun(t *rapid.T) *played {
	m := &model{t: t, next: new(int)}
	end := m.block(m.node("startEvent", ""), 3)
	m.flow(end, m.node("endEvent", ""), "")
	nodes, flows := strings.Join(m.nodes, ","), strings.Join(m.flows, ",")
	def, err := graph.Parse([]byte(`{"format":"fluxo/process@1","key":"m","name":"M","nodes":[` + nodes + `],"flows":[` + flows + `]}`))
	if err != nil {
		t.Fatal(err)
	}
	g, findings := lint.Check(def, graph.Options{})
	for _, f := range findings {
		if f.Code != "wait_without_exit" { // what is drawn waits without a time limit
			t.Fatalf("a structured model has findings: %+v\n%s\n%s", f, nodes, flows)
		}
	}
	p := play(t, g, chance{rapid.Uint32().Draw(t, "seed")})
	p.apply(core.StepBudget, core.RunStarted, "", core.StartBody{})
	for {
		s := p.state()
		if len(s.Incidents()) > 0 {
			t.Fatalf("incidents %+v\n%s\n%s", s.Incidents(), nodes, flows)
		}
		if s.Status() == core.Completed {
			break
		}
		waits := s.Waits()
		if p.at >= late { // what may happen any number of times has happened often enough
			waits = slices.DeleteFunc(waits, func(w core.Wait) bool {
				n, _ := g.Node(string(w.Node))
				return (n.Host != graph.None || w.Token == "") && !n.Interrupts && w.Kind != core.TimerWait
			})
		}
		kind, wait, body := fitting(rapid.SampledFrom(waits).Draw(t, "wait"), g, p.at+1)
		p.apply(core.StepBudget, kind, wait, body)
	}
	entered := map[core.NodeID]int{}
	for i := range p.told {
		if p.told[i].Kind == core.RecordNodeEntered {
			entered[p.told[i].Node]++
		}
	}
	for _, pair := range m.pairs {
		if fork, join := entered[core.NodeID(pair[0])], entered[core.NodeID(pair[1])]; fork != join {
			t.Fatalf("fork %s %d times, join %s %d times\n%s\n%s", pair[0], fork, pair[1], join, nodes, flows)
		}
	}
	return p
}

// TestStructuredModelsNeverDeadlock runs random block-structured models with
// random choices in random order: they always complete without an incident, each
// join fires as often as its fork, and a replay gives the same bytes.
func TestStructuredModelsNeverDeadlock(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) { structuredRun(t).replay() })
}
