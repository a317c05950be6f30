package core

import "fmt"

// Snapshot is a state in a form that can be encoded. Field names are short,
// because a state is written at every step, in a fixed order, so that the encoding is
// canonical. It shares values with the state: do not change it.
type Snapshot struct {
	At         Instant          `json:"at"`
	Block      int64            `json:"block,omitempty"`
	BlockAt    Instant          `json:"blockAt,omitempty"`
	Buckets    []BucketSnapshot `json:"buckets,omitempty"`
	Cause      *Cause           `json:"cause,omitempty"`
	Continues  int              `json:"continues,omitempty"`
	Entries    []EntrySnapshot  `json:"entries,omitempty"`
	Failure    *FailureBody     `json:"failure,omitempty"`
	Graph      string           `json:"graph,omitempty"`
	Incidents  []IssueSnapshot  `json:"incidents,omitempty"`
	Moves      []MoveSnapshot   `json:"moves,omitempty"`
	NextEntry  int64            `json:"nextEntry,omitempty"`
	NextIssue  int64            `json:"nextIssue,omitempty"`
	NextScope  int64            `json:"nextScope,omitempty"`
	NextToken  int64            `json:"nextToken,omitempty"`
	NextWait   int64            `json:"nextWait,omitempty"`
	Parameters Values           `json:"parameters,omitempty"`
	Record     *RecordRef       `json:"record,omitempty"`
	Run        RunID            `json:"run"`
	Scopes     []ScopeSnapshot  `json:"scopes,omitempty"`
	Seq        int64            `json:"seq"`
	StartedBy  string           `json:"startedBy,omitempty"`
	Status     Status           `json:"status"`
	Steps      Values           `json:"steps,omitempty"`
	Throws     []int64          `json:"throws,omitempty"`
	Tokens     []TokenSnapshot  `json:"tokens,omitempty"`
	Undos      []UndoSnapshot   `json:"undos,omitempty"`
	Waits      []WaitSnapshot   `json:"waits,omitempty"`
}

// ScopeSnapshot is a live scope.
type ScopeSnapshot struct {
	Armed  bool            `json:"armed,omitempty"`
	Host   int64           `json:"host,omitempty"`
	Live   int             `json:"live"`
	N      int64           `json:"n"`
	Node   NodeID          `json:"node,omitempty"`
	Over   bool            `json:"over,omitempty"`
	Parent int64           `json:"parent,omitempty"`
	Parked int             `json:"parked,omitempty"`
	Pass   int             `json:"pass,omitempty"`
	Repeat *RepeatSnapshot `json:"repeat,omitempty"`
	Undo   bool            `json:"undo,omitempty"`
	Vars   Values          `json:"vars,omitempty"`
}

// RepeatSnapshot is how far a repeated activity has come.
type RepeatSnapshot struct {
	Done    int    `json:"done,omitempty"`
	Items   []any  `json:"items,omitempty"`
	Out     []any  `json:"out,omitempty"`
	Over    bool   `json:"over,omitempty"`
	Port    string `json:"port,omitempty"`
	Started int    `json:"started,omitempty"`
	Total   int    `json:"total,omitempty"`
}

// TokenSnapshot is a resting token.
type TokenSnapshot struct {
	Flow  FlowID `json:"flow,omitempty"`
	Got   Values `json:"got,omitempty"`
	Held  int64  `json:"held,omitempty"`
	N     int64  `json:"n"`
	Node  NodeID `json:"node"`
	Phase int    `json:"phase,omitempty"`
	Port  string `json:"port,omitempty"`
	Scope int64  `json:"scope,omitempty"`
}

// EntrySnapshot is a completion that can be undone.
type EntrySnapshot struct {
	Inner  []EntrySnapshot `json:"inner,omitempty"`
	N      int64           `json:"n"`
	Node   NodeID          `json:"node"`
	Result any             `json:"result,omitempty"`
	Scope  int64           `json:"scope,omitempty"`
	Undo   int64           `json:"undo,omitempty"`
	Vars   Values          `json:"vars,omitempty"`
}

// UndoSnapshot is a compensation under way.
type UndoSnapshot struct {
	Active  int64 `json:"active,omitempty"`
	Cancels bool  `json:"cancels,omitempty"`
	N       int64 `json:"n"`
	Scope   int64 `json:"scope,omitempty"`
	Token   int64 `json:"token,omitempty"`
}

// WaitSnapshot is an open wait.
type WaitSnapshot struct {
	At         Instant  `json:"at,omitempty"`
	Cycle      int      `json:"cycle,omitempty"`
	Failed     int64    `json:"failed,omitempty"`
	Generation int      `json:"generation"`
	Held       bool     `json:"held,omitempty"`
	Kind       WaitKind `json:"kind"`
	N          int64    `json:"n"`
	Node       NodeID   `json:"node"`
	Part       int      `json:"part,omitempty"`
	Scope      int64    `json:"scope,omitempty"` // that an event sub-process watches
	Seen       []string `json:"seen,omitempty"`
	Tested     bool     `json:"tested,omitempty"`
	Token      int64    `json:"token"`
}

// BucketSnapshot holds the tokens parked at a join, per incoming edge.
type BucketSnapshot struct {
	Edges  [][]int64 `json:"edges"`
	Node   NodeID    `json:"node"`
	Scope  int64     `json:"scope,omitempty"`
	Served uint64    `json:"served,omitempty"`
}

// MoveSnapshot is a token in motion when the step budget ran out.
type MoveSnapshot struct {
	Flow  FlowID `json:"flow,omitempty"`
	Node  NodeID `json:"node"`
	Scope int64  `json:"scope,omitempty"`
	Token int64  `json:"token"`
}

// IssueSnapshot is an open incident.
type IssueSnapshot struct {
	Incident Incident `json:"incident"`
	N        int64    `json:"n"`
	Scope    *int64   `json:"scope,omitempty"` // of a join deadlock
}

// Snapshot gives the state in the form of its encoding.
func (s *State) Snapshot() Snapshot {
	out := Snapshot{
		At: s.at, Block: s.block, BlockAt: s.blockAt, Cause: s.cause, Continues: s.continues, Failure: s.failure, Graph: s.graphHash,
		NextEntry: s.nextEntry, NextIssue: s.nextIssue, NextScope: s.nextScope, NextToken: s.nextToken, NextWait: s.nextWait,
		Parameters: s.parameters, Record: s.record, Run: s.runID, Seq: s.seq, StartedBy: s.startedBy, Status: s.status, Steps: s.steps, Throws: s.throws,
	}
	for i := range s.scopes {
		c := &s.scopes[i]
		out.Scopes = append(out.Scopes, ScopeSnapshot{Armed: c.armed, Host: c.host, Live: c.live, N: c.n, Node: c.node, Over: c.over, Parent: c.parent, Parked: c.parked, Pass: c.pass, Repeat: c.rep.snapshot(), Undo: c.undo, Vars: c.vars})
	}
	for i := range s.tokens {
		t := &s.tokens[i]
		out.Tokens = append(out.Tokens, TokenSnapshot{Flow: t.flow, Got: t.got, Held: t.held, N: t.n, Node: t.node, Phase: int(t.phase), Port: t.port, Scope: t.scope})
	}
	for i := range s.waits {
		w := &s.waits[i]
		out.Waits = append(out.Waits, WaitSnapshot{At: w.at, Cycle: w.cycle, Failed: w.failed, Generation: w.generation, Held: w.held, Kind: w.kind,
			N: w.n, Node: w.node, Part: w.part, Scope: w.scope, Seen: w.seen, Tested: w.tested, Token: w.token})
	}
	for i := range s.buckets {
		b := &s.buckets[i]
		edges := make([][]int64, len(b.edges))
		for k, edge := range b.edges {
			edges[k] = make([]int64, 0, len(edge))
			for _, t := range edge {
				edges[k] = append(edges[k], t.n)
			}
		}
		out.Buckets = append(out.Buckets, BucketSnapshot{Edges: edges, Node: b.node, Scope: b.scope, Served: b.served})
	}
	for _, mv := range s.moves {
		out.Moves = append(out.Moves, MoveSnapshot{Flow: mv.flow, Node: mv.node, Scope: mv.scope, Token: mv.n})
	}
	for i := range s.issues {
		is := IssueSnapshot{Incident: s.issues[i].Incident, N: s.issues[i].n}
		if sc := s.issues[i].scope; sc >= 0 {
			is.Scope = &sc
		}
		out.Incidents = append(out.Incidents, is)
	}
	out.Entries = entriesOut(s.entries)
	for _, u := range s.undos {
		out.Undos = append(out.Undos, UndoSnapshot{Active: u.active, Cancels: u.cancels, N: u.n, Scope: u.scope, Token: u.token})
	}
	return out
}

func entriesOut(entries []entry) []EntrySnapshot {
	var out []EntrySnapshot
	for _, e := range entries {
		out = append(out, EntrySnapshot{Inner: entriesOut(e.inner), N: e.n, Node: e.node, Result: e.result, Scope: e.scope, Undo: e.undo, Vars: e.vars})
	}
	return out
}

func entriesIn(entries []EntrySnapshot) []entry {
	var out []entry
	for _, e := range entries {
		out = append(out, entry{inner: entriesIn(e.Inner), n: e.N, node: e.Node, result: e.Result, scope: e.Scope, undo: e.Undo, vars: e.Vars})
	}
	return out
}

// Restore makes a state of a snapshot. It refuses what Advance cannot have made.
func Restore(in Snapshot) (*State, error) {
	if in.Run == "" || in.Status == "" {
		return nil, fmt.Errorf("%w: state without run or status", ErrInvariant)
	}
	s := &State{
		runID: in.Run, graphHash: in.Graph, status: in.Status, seq: in.Seq, at: in.At,
		nextToken: in.NextToken, nextWait: in.NextWait, nextScope: in.NextScope, nextIssue: in.NextIssue, nextEntry: in.NextEntry, continues: in.Continues, block: in.Block, blockAt: in.BlockAt,
		startedBy: in.StartedBy, record: in.Record, cause: in.Cause, parameters: in.Parameters, steps: in.Steps, failure: in.Failure, throws: in.Throws,
		scopes: []scope{},
	}
	for i, c := range in.Scopes {
		if i > 0 && c.N <= in.Scopes[i-1].N {
			return nil, fmt.Errorf("%w: scopes out of order", ErrInvariant)
		}
		s.scopes = append(s.scopes, scope{n: c.N, id: scopeID(c.N), node: c.Node, parent: c.Parent, host: c.Host, live: c.Live, parked: c.Parked, over: c.Over, pass: c.Pass, rep: c.Repeat.restore(), vars: c.Vars, armed: c.Armed, undo: c.Undo})
	}
	for i, t := range in.Tokens {
		if i > 0 && t.N <= in.Tokens[i-1].N {
			return nil, fmt.Errorf("%w: tokens out of order", ErrInvariant)
		}
		s.tokens = append(s.tokens, token{ref: refOf(t.N), scope: t.Scope, node: t.Node, held: t.Held, phase: phase(t.Phase), flow: t.Flow, port: t.Port, got: t.Got})
	}
	for i, w := range in.Waits {
		if i > 0 && w.N <= in.Waits[i-1].N {
			return nil, fmt.Errorf("%w: waits out of order", ErrInvariant)
		}
		s.waits = append(s.waits, wait{n: w.N, kind: w.Kind, node: w.Node, token: w.Token, scope: w.Scope, generation: w.Generation, cycle: w.Cycle, failed: w.Failed, seen: w.Seen,
			part: w.Part, at: w.At, tested: w.Tested, held: w.Held})
	}
	for _, b := range in.Buckets {
		back := bucket{scope: b.Scope, node: b.Node, edges: make([][]ref, len(b.Edges)), served: b.Served}
		for k, edge := range b.Edges {
			for _, n := range edge {
				back.edges[k] = append(back.edges[k], refOf(n))
			}
			if len(edge) > 0 {
				back.filled++
			}
		}
		s.buckets = append(s.buckets, back)
	}
	for _, mv := range in.Moves {
		s.moves = append(s.moves, move{ref: refOf(mv.Token), scope: mv.Scope, node: mv.Node, flow: mv.Flow})
	}
	for _, is := range in.Incidents {
		back := issue{n: is.N, scope: -1, Incident: is.Incident}
		if is.Scope != nil {
			back.scope = *is.Scope
		}
		s.issues = append(s.issues, back)
	}
	s.entries = entriesIn(in.Entries)
	for _, u := range in.Undos {
		s.undos = append(s.undos, undo{active: u.Active, cancels: u.Cancels, n: u.N, scope: u.Scope, token: u.Token})
	}
	s.restored = true
	if err := s.sound(); err != nil {
		return nil, err
	}
	return s, nil
}

func refOf(n int64) ref {
	if n == 0 {
		return ref{}
	}
	return ref{n: n, id: tokenID(n)}
}
