package host

import (
	"context"
	"encoding/json"
	"errors"
	"strings"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/graph"
	"github.com/fluxo-app/fluxo/engine/store"
)

// ErrSuspended says that a run is suspended or quarantined and cannot do what
// was asked of it.
var ErrSuspended = errors.New("run is suspended")

// ErrUnusable says that a version of a process is there but cannot be run.
var ErrUnusable = errors.New("version cannot be run")

// Version is one immutable version of a process definition, compiled.
type Version struct {
	Key    string
	Number int
	Name   string
	Graph  *graph.Graph
}

// Graphs finds versions. The host caches what it gets for a number above 0.
type Graphs interface {
	// Version gives a version by number, or the current one for number 0.
	// store.ErrNotFound when there is none, ErrUnusable when it does not compile (any
	// more).
	Version(ctx context.Context, key string, number int) (Version, error)
}

// Facts builds the evaluator of one step from what is true outside the run: its
// CRM record, the directory. An evaluator that loads lazily may have a method
// Err() error; the step is then dropped and tried again when it returns one.
type Facts interface {
	Evaluator(ctx context.Context, run store.Run, version Version, at core.Instant) (core.Evaluator, error)
}

// Opening is a wait that a step opens. Run is the run document without state;
// Facts is the evaluator of the step.
type Opening struct {
	Run     store.Run
	Version Version
	Command core.Command
	At      core.Instant
	Facts   core.Evaluator
}

// Due is a resolved timer. Armed is false when a repetition is over.
type Due struct {
	At    core.Instant
	Rule  json.RawMessage
	Armed bool
}

// Resolver evaluates the configs of opening waits. The host fills in what it
// knows itself (ids, run, definition, node, status), so an implementation sets
// only what comes from the config. A *Refusal or *core.EvalError becomes an
// incident on the node; any other error drops the step, to be tried again.
type Resolver interface {
	Task(ctx context.Context, o Opening) (store.Task, error)
	Effect(ctx context.Context, o Opening) (store.Effect, error)
	Timer(ctx context.Context, o Opening) (Due, error)
	Message(ctx context.Context, o Opening) (name, key string, err error)
	Child(ctx context.Context, o Opening) (StartRequest, error)
}

// Refusal is a problem that a person has to solve.
type Refusal struct{ core.FailureBody }

// Error is the message.
func (r *Refusal) Error() string { return r.Message }

// StartRequest asks for a new run. Starting the same ID again is the same start.
type StartRequest struct {
	ID            core.RunID      `json:"id"` // "" = a random one
	DefinitionKey string          `json:"definitionKey"`
	Version       int             `json:"version,omitempty"` // 0 = the current one
	Node          core.NodeID     `json:"node,omitempty"`    // start event, "" = the only one
	Parameters    core.Values     `json:"parameters,omitempty"`
	Variables     core.Values     `json:"variables,omitempty"`
	Record        *core.RecordRef `json:"record,omitempty"`
	RecordTitle   string          `json:"recordTitle,omitempty"`
	StartedBy     string          `json:"startedBy,omitempty"`
	Cause         *core.Cause     `json:"cause,omitempty"`
	Event         core.Values     `json:"event,omitempty"`  // what came with the message or signal that starts it
	Parent        string          `json:"parent,omitempty"` // ParentEffect or ParentWait
}

// ParentEffect names an awaiting effect as what awaits a run's end.
func ParentEffect(effect string) string { return "effect:" + effect }

// ParentWait names a wait of another run as what awaits a run's end.
func ParentWait(wait core.WaitID) string { return "wait:" + string(wait) }

// waitRun is the run that a wait belongs to: its id without the counter.
func waitRun(wait string) core.RunID {
	if i := strings.LastIndexByte(wait, ':'); i >= 0 {
		return core.RunID(wait[:i])
	}
	return ""
}

// Completer settles effects that await the end of a run.
type Completer interface {
	Complete(ctx context.Context, effect string, result core.EffectBody) error
}

// Messages correlates messages and signals with the runs that await them.
type Messages interface {
	// Subscribed looks for buffered messages after a subscription was stored.
	Subscribed(ctx context.Context, sub store.Subscription) error
	// Send carries a message or a signal that a run has thrown.
	Send(ctx context.Context, s store.Sending) error
}

// Claimer lends slots for effects that a commit stores as claimed, so that they
// are performed without being looked for.
type Claimer interface {
	Reserve(ctx context.Context, n int) (granted int, owner string, lease core.Instant)
	Offer(effects ...store.Effect)
	Release(n int)
	// Wake tells that the commit left effects for which there was no slot.
	Wake()
}

// Committed is one committed step as observers see it. Everything in it is
// shared: do not change it.
type Committed struct {
	Run       store.Run // after the step
	Version   Version
	Records   []core.Record
	Tasks     []store.Task
	Timers    []store.Timer
	Effects   []store.Effect
	Incidents []store.OpenIncident
	Entries   []store.Outbox // everything, closings included
}

// Observer is told of every committed step of this process, in order per run.
// It must not block; what it misses in a crash it finds in the store.
type Observer func(ctx context.Context, c Committed)
