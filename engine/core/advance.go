package core

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/fluxo-app/fluxo/engine/graph"
)

// Limits of a run.
const (
	StepBudget   = 10000 // node entries of one Advance
	MaxContinues = 100   // Continue commands in a row before the run counts as runaway
	MaxTokens    = 10000 // tokens of one run
)

// ErrInvariant marks a state that the core cannot have made, or an event that
// the host must not send. The host quarantines the run.
var ErrInvariant = errors.New("broken invariant")

// Advance applies one event to a run and lets its tokens move until each of them
// waits or the step budget is spent. It is a pure function: the input state is
// not changed, and the same arguments give the same result. An error means a
// broken invariant; everything a user can cause is an incident in the state.
func Advance(g *graph.Graph, s *State, ev Event, e Evaluator) (*State, Output, error) {
	return Fold(g, s, []Event{ev}, e, StepBudget)
}

// Fold applies several events in order, as one step. Budget bounds the node
// entries; 0 stands for StepBudget.
func Fold(g *graph.Graph, s *State, events []Event, e Evaluator, budget int) (*State, Output, error) {
	if budget <= 0 {
		budget = StepBudget
	}
	m := machine{g: g, s: s.clone(), eval: e, budget: budget}
	if s.graphHash != "" && s.graphHash != g.Hash {
		return nil, Output{}, fmt.Errorf("%w: run %s is pinned to %s, not %s", ErrInvariant, s.runID, s.graphHash, g.Hash)
	}
	if s.restored {
		if err := s.fits(g); err != nil {
			return nil, Output{}, err
		}
	}
	for i := range events {
		m.resume()
		m.looksAgain()
		err := m.apply(&events[i])
		if err == nil {
			m.drain()
			err = m.err
		}
		if err != nil {
			return nil, Output{}, fmt.Errorf("apply %s %s: %w", events[i].Kind, events[i].ID, err)
		}
	}
	if m.paused && m.s.Pending() {
		m.command(Command{Kind: Continue})
	}
	return m.s, m.out, nil
}

// machine is the work on one state. It exists only inside Fold.
type machine struct {
	g      *graph.Graph
	s      *State
	eval   Evaluator
	ev     *Event // the event under way, for the actor and the causes of records
	out    Output
	err    error
	budget int
	paused bool // the budget is spent

	work []step // tokens in motion, first in first out
	head int

	chosen   []int  // flows of the exit under way
	names    Values // what expressions see in namesOf
	namesOf  int64
	ownSteps bool     // steps belong to this state and may be written in place
	changed  []string // fields of the record, by the event under way
	dirty    bool     // values have changed, or conditions were opened, since conditions were tested

	planning bool // a plan is being applied, and work holds from planned on what it has set going
	planned  int
}

// step is a token about to enter a node.
type step struct {
	ref
	scope int64
	node  int
	edge  int // graph.None = placed there
}

// resume takes up the moves that an exhausted budget left behind.
func (m *machine) resume() {
	for i := range m.s.scopes {
		if node := m.s.scopes[i].node; node != "" {
			m.s.scopes[i].def = m.scopeDef(&m.s.scopes[i], m.node(node))
		}
	}
	for _, mv := range m.s.moves {
		edge := graph.None
		if mv.flow != "" {
			if e, ok := m.g.EdgeByID(string(mv.flow)); ok {
				edge = e.Index
			}
		}
		m.work = append(m.work, step{ref: mv.ref, scope: mv.scope, node: m.node(mv.node).Index, edge: edge})
	}
	m.s.moves = nil
}

// drain moves tokens until all of them rest.
func (m *machine) drain() {
	for m.s.status == Active && m.err == nil {
		for m.s.status == Active && m.err == nil {
			m.testConditions()
			if m.head == len(m.work) || m.budget <= 0 || m.s.status != Active {
				break
			}
			st := m.work[m.head]
			m.head++
			if m.head == len(m.work) {
				m.work, m.head = m.work[:0], 0
			}
			m.budget--
			m.enter(st)
		}
		if m.s.status != Active {
			return
		}
		if m.head < len(m.work) {
			m.pause()
			return
		}
		if m.fireInclusive() || m.undoNext() || m.completeScopes() || m.beginPasses() || m.nextTurn() || m.throwNext() {
			continue
		}
		if m.s.status == Active && m.s.Started() {
			m.s.continues = 0
			m.findDeadlocks()
		}
		return
	}
}

// pause keeps the remaining moves for the next event, or calls the run a
// runaway when that happened too often.
func (m *machine) pause() {
	s := m.s
	if !m.paused {
		m.paused = true
		s.continues++
	}
	rest := m.work[m.head:]
	if s.continues >= MaxContinues {
		first := &m.g.Nodes[rest[0].node]
		n := m.raise(NodeID(first.ID), "", -1, FailureBody{
			Code:    "runaway",
			Message: "the run goes on and on without ever waiting",
			Remedy:  "cancel the run, or change a variable so that its loop ends, and retry",
			Detail:  Values{"entries": number(s.continues * StepBudget)},
		})
		for _, st := range rest {
			m.rest(token{ref: st.ref, scope: st.scope, node: NodeID(m.g.Nodes[st.node].ID), flow: m.flowID(st.edge), held: n, phase: phaseEnter})
		}
		s.continues = 0
	} else {
		for _, st := range rest {
			s.moves = append(s.moves, move{ref: st.ref, scope: st.scope, node: NodeID(m.g.Nodes[st.node].ID), flow: m.flowID(st.edge)})
		}
	}
	m.work, m.head = nil, 0
}

func (m *machine) flowID(edge int) FlowID {
	if edge == graph.None {
		return ""
	}
	return FlowID(m.g.Edges[edge].ID)
}

// node finds a node that the state names. The graph is pinned by its hash, so a
// missing node is a broken invariant.
func (m *machine) node(id NodeID) *graph.Node {
	n, ok := m.g.Node(string(id))
	if !ok {
		m.fail("no node %q in the graph", id)
		return &m.g.Nodes[0]
	}
	return n
}

func (m *machine) fail(format string, args ...any) {
	if m.err == nil {
		m.err = fmt.Errorf("%w: run %s: %s", ErrInvariant, m.s.runID, fmt.Sprintf(format, args...))
	}
}

// record appends to the history; seq and time are filled in.
func (m *machine) record(r Record) {
	m.s.seq++
	r.Seq, r.At = m.s.seq, m.s.at
	if m.out.Records == nil {
		m.out.Records = make([]Record, 0, 24)
	}
	m.out.Records = append(m.out.Records, r)
}

func (m *machine) command(c Command) { m.out.Commands = append(m.out.Commands, c) }

// newToken makes a token in a scope.
func (m *machine) newToken(sc *scope) ref {
	m.s.nextToken++
	sc.live++
	return ref{n: m.s.nextToken, id: tokenID(m.s.nextToken)}
}

// tokens counts all tokens of the run.
func (m *machine) tokens() int {
	total := 0
	for i := range m.s.scopes {
		total += m.s.scopes[i].live
	}
	return total
}

// push sends a token into a node.
func (m *machine) push(t ref, sc int64, node, edge int) {
	if m.work == nil {
		m.work = make([]step, 0, 8)
	}
	m.work = append(m.work, step{ref: t, scope: sc, node: node, edge: edge})
}

// rest puts a token to rest at a node.
func (m *machine) rest(t token) {
	ts := m.s.tokens
	i := len(ts)
	for i > 0 && ts[i-1].n > t.n {
		i--
	}
	ts = append(ts, token{})
	copy(ts[i+1:], ts[i:])
	ts[i] = t
	m.s.tokens = ts
}

// take removes a resting token.
func (m *machine) take(i int) token {
	t := m.s.tokens[i]
	m.s.tokens = append(m.s.tokens[:i], m.s.tokens[i+1:]...)
	return t
}

// scope finds a live scope. The pointer is good until scopes are added or removed.
func (m *machine) scope(n int64) *scope {
	sc := m.s.scopeByNumber(n)
	if sc == nil {
		m.fail("no scope %d", n)
		return &scope{}
	}
	return sc
}

func (m *machine) runWait(w *wait) WaitID { return m.s.waitID(w) }

func (m *machine) issueID(n int64) string {
	return string(m.s.runID) + ":i" + strconv.FormatInt(n, 10)
}
