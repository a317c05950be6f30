package core_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/graph"
	"github.com/fluxo-app/fluxo/engine/script"
)

// undoModel draws processes whose activities can be undone: the handler of n1 is
// u1. Blocks are sequences, parallel branches and sub-processes with and without
// a handler of their own.
type undoModel struct {
	t            *rapid.T
	nodes, flows []string
	next         *int
}

func (m *undoModel) node(kind, more string) string {
	*m.next++
	id := fmt.Sprintf("n%d", *m.next)
	m.nodes = append(m.nodes, fmt.Sprintf(`{"id":%q,"kind":%q%s}`, id, kind, more))
	return id
}

func (m *undoModel) flow(from, to string) {
	*m.next++
	m.flows = append(m.flows, fmt.Sprintf(`{"id":"f%d","from":%q,"to":%q}`, *m.next, from, to))
}

// activity draws one that may have a handler.
func (m *undoModel) activity(kind, more string) string {
	if !rapid.Bool().Draw(m.t, "handler") {
		return m.node(kind, more)
	}
	id := fmt.Sprintf("n%d", *m.next+1)
	m.nodes = append(m.nodes, fmt.Sprintf(`{"id":"u%s","kind":"userTask"}`, id[1:]))
	return m.node(kind, `,"handler":"u`+id[1:]+`"`+more)
}

func (m *undoModel) block(from string, depth int) string {
	kinds := []string{"task", "task"}
	if depth > 0 {
		kinds = append(kinds, "sequence", "sequence", "parallel", "sub", "sub")
	}
	switch rapid.SampledFrom(kinds).Draw(m.t, "block") {
	case "sequence":
		return m.block(m.block(from, depth-1), depth-1)
	case "parallel":
		split, join := m.node("parallelGateway", ""), m.node("parallelGateway", "")
		m.flow(from, split)
		for range 2 {
			m.flow(m.block(split, depth-1), join)
		}
		return join
	case "sub":
		inner := &undoModel{t: m.t, next: m.next}
		inner.block(inner.node("startEvent", ""), depth-1)
		n := m.activity("subProcess", `,"nodes":[`+strings.Join(inner.nodes, ",")+`],"flows":[`+strings.Join(inner.flows, ",")+`]`)
		m.flow(from, n)
		return n
	}
	n := m.activity("userTask", "")
	m.flow(from, n)
	return n
}

// done is a completion as the history tells it: an activity with a handler, or a
// scope with what was completed in it.
type done struct {
	node  core.NodeID
	inner []done
}

// reversed lists the handlers in the order in which completions are undone.
func reversed(list []done) []string {
	var out []string
	for _, d := range slices.Backward(list) {
		if d.node != "" {
			out = append(out, "u"+string(d.node)[1:])
		} else {
			out = append(out, reversed(d.inner)...)
		}
	}
	return out
}

// TestCompensationUndoesWhatHistoryTells runs random processes in random order
// and undoes all of them at the end: each completion once, the last first, and
// inside a sub-process only where that has no handler of its own.
//
// covers CMP-03, CMP-06, CMP-07, CMP-08
func TestCompensationUndoesWhatHistoryTells(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := &undoModel{t: t, next: new(int)}
		end := m.block(m.node("startEvent", ""), 3)
		throw := m.node("throwEvent", `,"effect":{"compensation":""}`)
		m.flow(end, throw)
		def, err := graph.Parse([]byte(`{"format":"fluxo/process@1","key":"m","name":"M","nodes":[` +
			strings.Join(m.nodes, ",") + `],"flows":[` + strings.Join(m.flows, ",") + `]}`))
		if err != nil {
			t.Fatal(err)
		}
		g, findings := graph.Compile(def, graph.Options{})
		if g == nil {
			t.Fatal(findings)
		}
		driver := script.NewCoreDriver(t, g, "r", nil)
		stands := map[core.TokenID]core.ScopeID{} // a token's scope
		hosts := map[core.ScopeID]core.TokenID{}
		lists := map[core.ScopeID][]done{}
		var undone []string
		undoing := false
		apply := func(ev core.Event) {
			out, err := driver.Apply(ev)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range out.Records {
				n, _ := g.Node(string(r.Node))
				switch {
				case r.Kind == core.RecordCompensationThrown:
					undoing = true
				case undoing && r.Kind == core.RecordNodeEntered && n.Undoes:
					undone = append(undone, n.ID)
				case undoing:
				case r.Kind == core.RecordNodeEntered:
					stands[r.Token] = r.Scope
				case r.Kind == core.RecordScopeStarted:
					hosts[r.Scope] = r.Token
				case r.Kind == core.RecordScopeCompleted && n.Compensator == graph.None:
					outer := stands[hosts[r.Scope]]
					lists[outer] = append(lists[outer], done{inner: lists[r.Scope]})
				case r.Kind == core.RecordNodeLeft && n.Compensator != graph.None:
					lists[r.Scope] = append(lists[r.Scope], done{node: r.Node})
				}
			}
		}
		apply(core.Event{ID: "e0", Kind: core.RunStarted, At: 1})
		for at := 2; ; at++ {
			s, err := driver.State()
			if err != nil {
				t.Fatal(err)
			}
			if s.Status() == core.Completed {
				break
			}
			if undoing && len(s.Waits()) != 1 {
				t.Fatalf("%d things are undone at a time", len(s.Waits()))
			}
			w := rapid.SampledFrom(s.Waits()).Draw(t, "wait")
			apply(core.Event{ID: fmt.Sprint("e", at), Kind: core.TaskCompleted, Wait: w.ID, At: core.Instant(at)})
		}
		if want := reversed(lists[""]); !slices.Equal(want, undone) {
			t.Fatalf("undone %v, want %v\n%v\n%v", undone, want, m.nodes, m.flows)
		}
	})
}
