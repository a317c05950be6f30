package graph

import "github.com/fluxo-app/fluxo/engine/graph/kind"

// Graph is a compiled definition. It is immutable and may be shared; everything
// that points to a node, an edge or a scope is an index into these slices.
type Graph struct {
	Hash       string
	Key        string
	Name       string
	AppliesTo  string // record type that its runs are about, "" = none
	Drawing    bool   // not executable: a run of it fails at once
	Nodes      []Node
	Edges      []Edge
	Scopes     []Scope // 0 is the process itself
	Parameters []Declared
	Constants  map[string]any // never written after Compile
	byID       map[string]int
	edgeByID   map[string]int
}

// None stands for "no index".
const None = -1

// Node is a compiled node.
type Node struct {
	Index int
	ID    string
	Path  string // JSON pointer into the definition
	Name  string
	Kind  kind.Kind
	Robot string

	Scope      int   // the scope it stands in
	Inner      int   // the scope it contains, or None
	In         []int // incoming edges, in document order
	Out        []int // outgoing edges by order, then document order
	Default    int   // edge, or None
	Host       int   // of a boundary event: the node it is attached to, else None
	Boundaries []int // events attached to this node, in document order

	Event       bool // an event sub-process: its start event is what it waits for
	Transaction bool
	Compensator int  // of an activity: the node that undoes it, or None
	Undoes      bool // such a node: it stands outside the flow

	Disabled    bool
	ByHand      bool   // a start event that people start
	Interrupts  bool   // of a boundary event and of the start of an event sub-process
	NormalPort  string // taken when the node is skipped or disabled
	Continues   bool   // policy onError: continue
	Opens       Opening
	Assignments []Assignment
	Literals    map[string]any // of Assignments when no expression is among them; never written
	Throws      []Thrown       // of an end or throw event, in order
	Watches     []Watch        // of an event: what it waits for; several with any or all
	Together    bool           // all of the watches have to come
	Need        int            // of a complex join: flows that must have a token
	Needs       int            // tokens that one run of the node takes
	Gives       int            // tokens that it sends along each flow

	Repeat  *Repeat      // nil = once
	Returns []Assignment // of a call: what it takes over from the called run, seen as result

	Config  []byte
	Trigger []byte
	Policy  []byte

	Answers []Answer // what a person fills in that becomes a variable

	Timeout   *Timeout // of a task that people answer
	Errors    bool     // an event that catches errors
	Escalates bool     // an event that catches escalations
	Cancels   bool     // the event of a transaction that was canceled
	Code      string   // error or escalation that it catches, "" = all
}

// Opening names the expectation that a waiting node opens.
type Opening uint8

// The expectations.
const (
	OpensNothing Opening = iota
	OpensTask
	OpensEffect
	OpensTimer
	OpensMessage
	OpensChild
	OpensSignal
	OpensCondition
)

// Watch is one thing that an event waits for.
type Watch struct {
	Opens   Opening
	Trigger []byte     // as authors write it, for the host
	Time    *TimerRule // of a timer
	Name    string     // of a signal or a message
	Into    string     // variable that takes the body of a message or signal
	When    string     // of a condition
	Record  bool       // the condition looks at the record that the run is about
}

// ThrowKind names an effect of an end or throw event.
type ThrowKind uint8

// The effects.
const (
	ThrowTerminate ThrowKind = iota
	ThrowError
	ThrowMessage
	ThrowSignal
	ThrowEscalation
	ThrowCompensation
	ThrowCancel
)

// Thrown is one effect of an end or throw event.
type Thrown struct {
	Kind ThrowKind
	Code string       // of an error or escalation; the name of a message or signal; the activity to compensate
	Key  Assignment   // of a message
	Body []Assignment // of a message or signal
	// Waits tells of a compensation that its token goes on when all is undone.
	Waits bool
}

// Ends tells whether a token that enters the node takes others with it, so that
// it cannot be known what follows.
func (n *Node) Ends() bool {
	for _, t := range n.Throws {
		if t.Kind == ThrowTerminate || t.Kind == ThrowError || t.Kind == ThrowCancel {
			return true
		}
	}
	return false
}

// Timeout is the time limit of a task that people answer: Trigger is for the
// host's timer, Outcome the port taken when it fires.
type Timeout struct {
	Trigger []byte
	Outcome string
}

// Assignment sets one variable to a literal or to the value of an expression.
type Assignment struct {
	Name    string
	Expr    string // "" = Literal
	Literal any
}

// Declared is a variable or a parameter with its first value.
type Declared struct {
	Name     string
	Type     string
	Options  []string
	Default  any
	Required bool
	Multiple bool
}

// Edge is a compiled flow.
type Edge struct {
	Index int
	ID    string
	From  int
	To    int
	Port  string
	When  string // "" = always
	Slot  int    // position among the incoming edges of To
}

// Scope is a container of nodes: the process or an embedded sub-process.
type Scope struct {
	Index     int
	Host      int // the node that contains it, None for the process
	Depth     int
	Nodes     []int
	Starts    []int // start events
	Implicit  []int // nodes that start because nothing leads to them
	Handlers  []int // event sub-processes that can be triggered while the scope runs
	Undo      int   // the event sub-process that undoes the scope once it is done, or None
	Variables []Declared
	Joins     []Join // inclusive joins by node index
	AdHoc     *AdHoc // of an ad-hoc sub-process
}

// Join holds what the inclusive rule needs to know in advance. Bit i of a mask
// stands for the i-th incoming edge of the join. A node's mask tells which of
// them a token resting at the node can still arrive on without passing the join
// itself: Reach counts boundary events on the way as exits of their hosts, Plain
// does not. Masks are indexed by node; nodes of other scopes have none.
type Join struct {
	Node  int
	Full  uint64
	Reach []uint64
	Plain []uint64
}

// Node finds a node by id.
func (g *Graph) Node(id string) (*Node, bool) {
	i, ok := g.byID[id]
	if !ok {
		return nil, false
	}
	return &g.Nodes[i], true
}

// EdgeByID finds a flow by id.
func (g *Graph) EdgeByID(id string) (*Edge, bool) {
	i, ok := g.edgeByID[id]
	if !ok {
		return nil, false
	}
	return &g.Edges[i], true
}

// Starts lists the start events of the process in document order.
func (g *Graph) Starts() []*Node {
	out := make([]*Node, 0, len(g.Scopes[0].Starts))
	for _, i := range g.Scopes[0].Starts {
		out = append(out, &g.Nodes[i])
	}
	return out
}

// Takes tells whether a node has a flow for a port.
func (g *Graph) Takes(n *Node, port string) bool {
	for _, e := range n.Out {
		if g.Edges[e].Port == port {
			return true
		}
	}
	return false
}
