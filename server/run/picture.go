package run

import (
	"maps"
	"slices"
	"time"

	"github.com/fluxo-app/fluxo/engine/clock"
	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/server/docstore"
)

// Statuses of a node in a picture.
const (
	NodeIdle     = "idle"
	NodeRunning  = "running"
	NodeWaiting  = "waiting"
	NodeTimer    = "timer"
	NodeDone     = "done"
	NodeIncident = "incident"
	NodeCanceled = "canceled"
)

// Person is somebody a node waits for.
type Person struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// NodeState is one node of one run.
type NodeState struct {
	Status     string           `json:"status"`
	Entered    int              `json:"entered"`
	Left       int              `json:"left"`
	Tokens     int              `json:"tokens"`
	Since      docstore.Instant `json:"since"`
	DurationMs int64            `json:"durationMs"` // of all finished visits
	People     []Person         `json:"people"`
	Incident   string           `json:"incident,omitempty"`
}

// Picture is a run as a diagram shows it.
type Picture struct {
	Status     core.Status           `json:"status"`
	NodeStates map[string]*NodeState `json:"nodeStates"`
	FlowsTaken map[string]int        `json:"flowsTaken"`
	Incidents  []Incident            `json:"incidents"`
	Seq        int64                 `json:"seq"`
}

// fold is a picture in the making; it can take more records later.
type fold struct {
	seq    int64
	status core.Status
	nodes  map[string]*visit
	flows  map[string]int
	// starters are nodes that have started runs, by their wait or "run:" and the run's id.
	starters map[string]string
}

type visit struct {
	NodeState
	parked   []parked       // tokens that wait at a join
	open     []core.Instant // entries not left yet, oldest first
	wait     string         // what its tokens wait for
	canceled bool           // the last visit was canceled
}

// parked is a token that waits at a join. The one that goes on behind it is told
// by the entry of its node, the others by their ends, those of a canceled scope by
// its end.
type parked struct {
	token core.TokenID
	scope core.ScopeID
}

// unpark forgets a token that waits no more.
func (v *visit) unpark(id core.TokenID) {
	v.parked = slices.DeleteFunc(v.parked, func(p parked) bool { return p.token == id })
}

func newFold() *fold {
	return &fold{status: core.Active, nodes: map[string]*visit{}, flows: map[string]int{}, starters: map[string]string{}}
}

func (f *fold) node(id core.NodeID) *visit {
	v := f.nodes[string(id)]
	if v == nil {
		v = &visit{}
		f.nodes[string(id)] = v
	}
	return v
}

func (f *fold) add(r core.Record) {
	if r.Seq <= f.seq {
		return
	}
	f.seq = r.Seq
	switch r.Kind {
	case core.RecordNodeEntered, core.RecordTokenParked:
		if r.Flow != "" {
			f.flows[string(r.Flow)]++
		}
	case core.RecordRunMigrated:
		f.rename(r.Body["nodes"])
	case core.RecordRunCompleted:
		f.status = core.Completed
	case core.RecordRunCanceled:
		f.status = core.Canceled
	case core.RecordRunFailed:
		f.status = core.Failed
	case core.RecordScopeCanceled, core.RecordScopeCompleted:
		for _, v := range f.nodes {
			v.parked = slices.DeleteFunc(v.parked, func(p parked) bool { return p.scope == r.Scope })
		}
	}
	if f.status != core.Active {
		for _, v := range f.nodes {
			v.parked = nil
		}
	}
	if r.Node == "" {
		return
	}
	f.started(r)
	v := f.node(r.Node)
	switch r.Kind {
	case core.RecordNodeEntered:
		v.unpark(r.Token)
		v.Entered++
		v.open = append(v.open, r.At)
		v.Since = docstore.At(clock.Time(r.At))
		v.wait, v.canceled = NodeRunning, false
	case core.RecordNodeLeft, core.RecordNodeCanceled:
		v.canceled = r.Kind == core.RecordNodeCanceled
		if !v.canceled {
			v.Left++
		}
		if len(v.open) > 0 {
			v.DurationMs += int64(r.At - v.open[0])
			v.open = v.open[1:]
		}
		v.Since = docstore.At(clock.Time(r.At))
	case core.RecordTokenParked:
		v.parked = append(v.parked, parked{r.Token, r.Scope})
		v.wait = NodeWaiting
		v.Since = docstore.At(clock.Time(r.At))
	case core.RecordTokenConsumed:
		v.unpark(r.Token)
	case core.RecordTokenMoved:
		v.unpark(r.Token)
	case core.RecordTaskOpened, core.RecordMessageAwaited:
		v.wait = NodeWaiting
	case core.RecordTimerScheduled:
		if v.wait != NodeWaiting { // an approval's own time-out does not make it a timer
			v.wait = NodeTimer
		}
	case core.RecordEffectStarted, core.RecordChildStarted:
		v.wait = NodeRunning
	}
}

// rename moves what is known of nodes to those that took their place.
func (f *fold) rename(nodes any) {
	byOld, _ := nodes.(map[string]any)
	moved := map[string]*visit{}
	for from, to := range byOld {
		if v, has := f.nodes[from]; has {
			if name, ok := to.(string); ok {
				moved[name] = v
			}
			delete(f.nodes, from)
		}
	}
	for to, v := range moved {
		f.nodes[to] = v
	}
	for id, node := range f.starters {
		if to, ok := byOld[node].(string); ok {
			f.starters[id] = to
		}
	}
}

// picture copies the fold and lays what is not in records over it.
func (f *fold) picture(incidents []Incident, people map[string][]Person, now time.Time) Picture {
	p := Picture{Status: f.status, NodeStates: make(map[string]*NodeState, len(f.nodes)), FlowsTaken: make(map[string]int, len(f.flows)),
		Incidents: incidents, Seq: f.seq}
	for id, n := range f.flows {
		p.FlowsTaken[id] = n
	}
	for id, v := range f.nodes {
		n := v.NodeState
		n.Tokens = len(v.open) + len(v.parked)
		n.People = people[id]
		if n.People == nil {
			n.People = []Person{}
		}
		switch {
		case n.Tokens > 0 && f.status == core.Active:
			n.Status = v.wait
		case v.canceled:
			n.Status = NodeCanceled
		case n.Left > 0:
			n.Status = NodeDone
		default:
			n.Status = NodeIdle
		}
		p.NodeStates[id] = &n
	}
	for _, i := range incidents {
		n := p.NodeStates[i.Node]
		if n == nil {
			n = &NodeState{People: []Person{}}
			p.NodeStates[i.Node] = n
		}
		n.Status, n.Incident = NodeIncident, i.ID
	}
	return p
}

// clone lets a cached fold grow without disturbing its readers.
func (f *fold) clone() *fold {
	c := &fold{seq: f.seq, status: f.status, nodes: make(map[string]*visit, len(f.nodes)), flows: make(map[string]int, len(f.flows)), starters: maps.Clone(f.starters)}
	for id, v := range f.nodes {
		w := *v
		w.open, w.parked = slices.Clone(v.open), slices.Clone(v.parked)
		c.nodes[id] = &w
	}
	for id, n := range f.flows {
		c.flows[id] = n
	}
	return c
}
