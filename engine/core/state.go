package core

import (
	"sort"
	"strconv"
	"strings"
)

// State is everything a run is. It is a value: Advance never changes its input.
// Slices are kept in the order in which their elements came to be, so that no
// decision depends on the order of a map. The zero State is not usable; see
// NewState.
type State struct {
	runID     RunID
	graphHash string
	status    Status
	seq       int64 // last record
	at        Instant
	nextToken int64
	nextWait  int64
	nextScope int64
	nextIssue int64
	nextEntry int64
	continues int     // Continue commands in a row without a rest
	block     int64   // of waits, the last that was begun; see restless
	blockAt   Instant // when it was begun

	startedBy  string
	record     *RecordRef
	cause      *Cause
	parameters Values
	steps      Values // node id -> result
	failure    *FailureBody

	scopes  []scope
	tokens  []token // resting at a node, by number
	waits   []wait  // by number
	buckets []bucket
	moves   []move  // in motion; empty except between a Continue and the next event
	throws  []int64 // tokens that rest before their throw, in order of arrival
	issues  []issue
	entries []entry // what can be undone
	undos   []undo  // compensations under way

	restored bool // not made by Advance: it is compared with the graph first
}

// scope is a live container of tokens and variables; 0 is the run itself.
type scope struct {
	n      int64
	id     ScopeID
	def    int    // scope of the graph; found again from node
	node   NodeID // the sub-process node, "" for the run
	parent int64
	host   int64 // token that rests at the sub-process node
	live   int   // tokens in motion, resting and parked
	parked int   // of them, parked at joins
	vars   Values
	armed  bool    // its event sub-processes can be triggered
	undo   bool    // made anew to undo what was done in it
	own    bool    // vars belong to the state under work and may be written in place
	pass   int     // of one pass of a repeated activity: its number from 1
	rep    *repeat // of the scope round such passes
	over   bool    // an ad-hoc sub-process in which no activity begins any more
}

// ref is a token's number with its id, which is kept so that records cost no
// allocation.
type ref struct {
	n  int64
	id TokenID
}

// token rests at a node.
type token struct {
	ref
	scope int64
	node  NodeID
	held  int64  // incident that keeps it from going on, 0 for none
	phase phase  // what a retry of that incident repeats
	flow  FlowID // by which it came, for a repeated entry
	port  string // by which it was about to leave
	got   Values // what a called run left, of phaseReturn
}

// phase tells where a token rests, and so what a retry repeats.
type phase uint8

const (
	phaseWait   phase = iota // in the node, until a wait or an inner scope ends
	phaseEnter               // before the node: enter it
	phaseRun                 // in the node: run it again
	phaseExit                // after the node: choose its flows again, never repeat it
	phaseTurn                // before the node, until the activities before it are done
	phaseReturn              // in a call that has ended: take its results over again
	phaseThrow               // in the node, until every other token rests: then it throws
)

// wait is an open expectation.
type wait struct {
	n          int64
	kind       WaitKind
	node       NodeID // whose wait it is; of a boundary event, the event
	token      int64  // the token at the node, or at the host of the boundary event; 0 = an event sub-process awaits it
	scope      int64  // then the scope that it watches
	generation int
	cycle      int      // firings so far
	failed     int64    // incident that is open for it, 0 for none
	seen       []string // events already delivered while it stays open
	part       int      // which of the event's watches
	at         Instant  // of a signal: when it was opened
	tested     bool     // of a condition: evaluated since it was opened
	held       bool     // of a condition: it held then
}

// bucketLimit bounds the tokens parked on one edge of a join.
const bucketLimit = 1000

// bucket holds the tokens parked at one join of one scope, per incoming edge,
// first in first out. It is never a plain counter: two tokens on one edge must
// not stand for one on each.
type bucket struct {
	scope  int64
	node   NodeID
	edges  [][]ref // by slot
	filled int     // edges with a token
	served uint64  // of a complex join that has fired: edges that had their token in this round
}

// move is a token on its way into a node by a flow ("" = placed there).
type move struct {
	ref
	scope int64
	node  NodeID
	flow  FlowID
}

// issue is an open incident with what it holds.
type issue struct {
	n     int64
	scope int64 // of a join deadlock, else -1
	Incident
}

// NewState is a run that has not started.
func NewState(run RunID) *State {
	return &State{runID: run, status: Active, scopes: []scope{}}
}

// WaitKind names an expectation.
type WaitKind string

// The kinds of waits.
const (
	TaskWait    WaitKind = "task"
	EffectWait  WaitKind = "effect"
	TimerWait   WaitKind = "timer"
	MessageWait WaitKind = "message"
	TimeoutWait WaitKind = "timeout" // the time limit of the task at the same node
	ChildWait   WaitKind = "child"   // the run that a call has started
	SignalWait  WaitKind = "signal"
	// ConditionWait is tested by the core itself. When it looks at the record, the
	// host tells of changes of it.
	ConditionWait WaitKind = "condition"
)

// Wait is an open expectation as the host sees it.
type Wait struct {
	ID         WaitID
	Kind       WaitKind
	Node       NodeID
	Token      TokenID
	Generation int
	Cycle      int
	Failed     bool
	Part       int // which of the event's watches
}

// Token is a resting position of control. Parked tokens stand before a join.
type Token struct {
	ID     TokenID
	Scope  ScopeID
	Node   NodeID
	Flow   FlowID
	Parked bool
	Held   bool // by an incident
}

// NodeCount is how many tokens are at a node.
type NodeCount struct {
	Node  NodeID
	Count int
}

// RunID is the run's id.
func (s *State) RunID() RunID { return s.runID }

// GraphHash is the content hash of the definition version the run is pinned to;
// "" before the start.
func (s *State) GraphHash() string { return s.graphHash }

// Status is the life state.
func (s *State) Status() Status { return s.status }

// Seq is the number of the last record.
func (s *State) Seq() int64 { return s.seq }

// LastAt is the instant of the last event.
func (s *State) LastAt() Instant { return s.at }

// StartedBy is the actor of the start.
func (s *State) StartedBy() string { return s.startedBy }

// Record is the CRM record the run is about, or nil. Do not change it.
func (s *State) Record() *RecordRef { return s.record }

// Cause is what led to the run, or nil. Do not change it.
func (s *State) Cause() *Cause { return s.cause }

// Failure explains a failed run, or is nil. Do not change it.
func (s *State) Failure() *FailureBody { return s.failure }

// Parameters are the values given at the start. Do not change them.
func (s *State) Parameters() Values { return s.parameters }

// Steps are the results by node. Do not change them.
func (s *State) Steps() Values { return s.steps }

// Variables are those of the run itself, without inner scopes. Do not change them.
func (s *State) Variables() Values {
	if len(s.scopes) == 0 {
		return nil
	}
	return s.scopes[0].vars
}

// Pending tells that a drain stopped at its step budget: the next event, or
// ContinueRequested, goes on with it.
func (s *State) Pending() bool { return (len(s.moves) > 0 || len(s.throws) > 0) && s.status == Active }

// Started tells whether RunStarted was applied.
func (s *State) Started() bool { return s.graphHash != "" }

// Tokens lists all resting and parked tokens.
func (s *State) Tokens() []Token {
	out := make([]Token, 0, len(s.tokens))
	for i := range s.tokens {
		t := &s.tokens[i]
		out = append(out, Token{ID: t.id, Scope: scopeID(t.scope), Node: t.node, Flow: t.flow, Held: t.held != 0})
	}
	for i := range s.buckets {
		for _, edge := range s.buckets[i].edges {
			for _, t := range edge {
				out = append(out, Token{ID: t.id, Scope: scopeID(s.buckets[i].scope), Node: s.buckets[i].node, Parked: true})
			}
		}
	}
	return out
}

// Nodes counts the tokens per node, by node id.
func (s *State) Nodes() []NodeCount {
	var out []NodeCount
	add := func(node NodeID, count int) {
		i := sort.Search(len(out), func(i int) bool { return out[i].Node >= node })
		if i == len(out) || out[i].Node != node {
			out = append(out, NodeCount{})
			copy(out[i+1:], out[i:])
			out[i] = NodeCount{Node: node}
		}
		out[i].Count += count
	}
	for i := range s.tokens {
		add(s.tokens[i].node, 1)
	}
	for i := range s.buckets {
		for _, edge := range s.buckets[i].edges {
			if len(edge) > 0 {
				add(s.buckets[i].node, len(edge))
			}
		}
	}
	for i := range s.moves {
		add(s.moves[i].node, 1)
	}
	return out
}

// Waits lists the open expectations in the order of their opening.
func (s *State) Waits() []Wait {
	out := make([]Wait, 0, len(s.waits))
	for i := range s.waits {
		w := &s.waits[i]
		out = append(out, Wait{ID: s.waitID(w), Kind: w.kind, Node: w.node, Token: refOf(w.token).id,
			Generation: w.generation, Cycle: w.cycle, Failed: w.failed != 0, Part: w.part})
	}
	return out
}

// Incidents lists the open incidents, oldest first.
func (s *State) Incidents() []Incident {
	out := make([]Incident, 0, len(s.issues))
	for i := range s.issues {
		out = append(out, s.issues[i].Incident)
	}
	return out
}

func tokenID(n int64) TokenID { return TokenID("t" + strconv.FormatInt(n, 10)) }

// scopeID is "" for the run itself, which most records belong to.
func scopeID(n int64) ScopeID {
	if n == 0 {
		return ""
	}
	return ScopeID("s" + strconv.FormatInt(n, 10))
}

// waitID is unique in the installation because it begins with the run id. The
// k-th firing of a cyclic timer is awaited under the suffix #k, so that a late
// repetition of an earlier firing finds its wait closed.
func (s *State) waitID(w *wait) WaitID {
	id := string(s.runID) + ":" + strconv.FormatInt(w.n, 10)
	if w.cycle > 0 {
		id += "#" + strconv.Itoa(w.cycle+1)
	}
	return WaitID(id)
}

// findWait finds an open wait by id.
func (s *State) findWait(id WaitID) *wait {
	rest, ok := strings.CutPrefix(string(id), string(s.runID)+":")
	if !ok {
		return nil
	}
	number, suffix, cyclic := strings.Cut(rest, "#")
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil {
		return nil
	}
	cycle := 0
	if cyclic {
		k, err := strconv.Atoi(suffix)
		if err != nil {
			return nil
		}
		cycle = k - 1
	}
	w := s.waitByNumber(n)
	if w == nil || w.cycle != cycle {
		return nil
	}
	return w
}

func (s *State) waitByNumber(n int64) *wait {
	i := sort.Search(len(s.waits), func(i int) bool { return s.waits[i].n >= n })
	if i < len(s.waits) && s.waits[i].n == n {
		return &s.waits[i]
	}
	return nil
}

func (s *State) tokenIndex(n int64) int {
	i := sort.Search(len(s.tokens), func(i int) bool { return s.tokens[i].n >= n })
	if i < len(s.tokens) && s.tokens[i].n == n {
		return i
	}
	return -1
}

func (s *State) scopeByNumber(n int64) *scope {
	i := sort.Search(len(s.scopes), func(i int) bool { return s.scopes[i].n >= n })
	if i < len(s.scopes) && s.scopes[i].n == n {
		return &s.scopes[i]
	}
	return nil
}

// clone copies what Advance may write in place. Values are shared: they are
// replaced, never written.
func (s *State) clone() *State {
	c := *s
	c.restored = false
	c.scopes = append(make([]scope, 0, len(s.scopes)+1), s.scopes...)
	for i := range c.scopes {
		c.scopes[i].own = false
		if c.scopes[i].rep != nil {
			c.scopes[i].rep = c.scopes[i].rep.shared()
		}
	}
	c.tokens = append([]token(nil), s.tokens...)
	c.waits = append([]wait(nil), s.waits...)
	c.issues = append([]issue(nil), s.issues...)
	c.moves = append([]move(nil), s.moves...)
	c.throws = append([]int64(nil), s.throws...)
	c.entries = append([]entry(nil), s.entries...)
	c.undos = append([]undo(nil), s.undos...)
	c.buckets = append([]bucket(nil), s.buckets...)
	for i := range c.buckets {
		edges := make([][]ref, len(c.buckets[i].edges))
		for k, e := range c.buckets[i].edges {
			edges[k] = append([]ref(nil), e...)
		}
		c.buckets[i].edges = edges
	}
	return &c
}
