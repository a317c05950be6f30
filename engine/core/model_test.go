package core_test

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/graph"
	"github.com/fluxo-app/fluxo/engine/graph/lint"
	"github.com/fluxo-app/fluxo/engine/script"
)

// model builds a random block-structured process: every split has its join.
type model struct {
	t            *rapid.T
	nodes, flows []string
	next         *int        // of all models inside each other: ids are unique
	pairs        [][2]string // fork and join of each parallel or inclusive block
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
	kinds := []string{"task", "task", "timer", "repeated", "call", "step"}
	if depth > 0 {
		kinds = append(kinds, "sequence", "exclusive", "parallel", "inclusive", "loop", "sub", "repeatedSub", "adHoc")
	}
	switch kind := rapid.SampledFrom(kinds).Draw(m.t, "block"); kind {
	case "timer":
		n := m.node("catchEvent", `,"trigger":{"timer":{"after":"PT1H"}}`)
		m.flow(from, n, "")
		return n
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
		end := m.block(wait, depth-1)
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
			beside.block(beside.node("startEvent", `,"interrupting":false,"trigger":{"timer":{"after":"PT1H"}}`), depth-1)
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
// which is pure and yet changes from round to round. Late in a run no condition
// holds, so that loops end.
type chance struct{ seed uint32 }

func (c chance) Eval(source string, _ core.Values, _ core.Instant) (any, error) {
	return json.Number("1"), nil
}

func (c chance) Bool(source string, _ core.Values, now core.Instant) (bool, error) {
	h := fnv.New32a()
	fmt.Fprintf(h, "%d %s %d", c.seed, source, now)
	return now < 200 && h.Sum32()%2 == 0, nil
}

// TestStructuredModelsNeverDeadlock runs random block-structured models with
// random choices in random order: they always complete without an incident, and
// each join fires as often as its fork.
func TestStructuredModelsNeverDeadlock(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := &model{t: t, next: new(int)}
		end := m.block(m.node("startEvent", ""), 3)
		m.flow(end, m.node("endEvent", ""), "")
		def, err := graph.Parse([]byte(`{"format":"fluxo/process@1","key":"m","name":"M","nodes":[` +
			strings.Join(m.nodes, ",") + `],"flows":[` + strings.Join(m.flows, ",") + `]}`))
		if err != nil {
			t.Fatal(err)
		}
		g, findings := lint.Check(def, graph.Options{})
		if len(findings) > 0 {
			t.Fatalf("a structured model has findings: %+v", findings)
		}
		driver := script.NewCoreDriver(t, g, "r", chance{rapid.Uint32().Draw(t, "seed")})
		entered := map[core.NodeID]int{}
		apply := func(ev core.Event) {
			out, err := driver.Apply(ev)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range out.Records {
				if r.Kind == core.RecordNodeEntered {
					entered[r.Node]++
				}
			}
		}
		apply(core.Event{ID: "e0", Kind: core.RunStarted, At: 1})
		for at := 2; ; at++ {
			s, err := driver.State()
			if err != nil {
				t.Fatal(err)
			}
			if len(s.Incidents()) > 0 {
				t.Fatalf("incidents %+v\nnodes %v\nflows %v", s.Incidents(), m.nodes, m.flows)
			}
			if s.Status() == core.Completed {
				break
			}
			w := rapid.SampledFrom(s.Waits()).Draw(t, "wait")
			ev := core.Event{ID: fmt.Sprintf("e%d", at), Kind: core.TaskCompleted, Wait: w.ID, At: core.Instant(at)}
			switch w.Kind {
			case core.TimerWait:
				ev.Kind = core.TimerFired
			case core.ChildWait:
				ev.Kind, ev.Body = core.ChildCompleted, []byte(`{"status":"completed"}`)
			}
			apply(ev)
		}
		for _, p := range m.pairs {
			if entered[core.NodeID(p[0])] != entered[core.NodeID(p[1])] {
				t.Fatalf("fork %s %d times, join %s %d times", p[0], entered[core.NodeID(p[0])], p[1], entered[core.NodeID(p[1])])
			}
		}
	})
}
