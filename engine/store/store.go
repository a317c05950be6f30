// Package store is the persistence contract of the engine, on one page.
//
// A run document is the truth: opaque state bytes, rev, a bounded inbox and an
// outbox. One compare-and-set on rev is one atomic step. Everything else
// (records, tasks, timers, effects, subscriptions, incidents) is a derived copy
// with a deterministic id that the relay may write again at any time.
// The rules behind each method are in docs/execution.md.
package store

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/fluxo-app/fluxo/engine/core"
)

// Errors that callers branch on.
var (
	// ErrNotFound: no document with this id.
	ErrNotFound = errors.New("not found")
	// ErrExists: a document with this id is already there.
	ErrExists = errors.New("already exists")
	// ErrConflict: the document changed since it was read; nothing was written.
	ErrConflict = errors.New("changed meanwhile")
	// ErrDuplicate: the event was accepted before; nothing was written.
	ErrDuplicate = errors.New("duplicate event")
	// ErrFull: the inbox has no room; try again later.
	ErrFull = errors.New("inbox full")
	// ErrFinished: the run has ended and accepts no events.
	ErrFinished = errors.New("run has ended")
)

// Limits of a run document.
const (
	InboxEvents = 1000
	InboxBytes  = 256 << 10
	OutboxMax   = 1000
	RecentRing  = 256
	StateHard   = 4 << 20
)

// Run is the run document.
type Run struct {
	ID            core.RunID
	DefinitionKey string
	Version       int
	GraphHash     string
	Name          string // of the definition, for lists
	RecordType    string
	RecordID      string
	RecordTitle   string
	StartedBy     string
	Cause         json.RawMessage
	Parent        string // effect or wait that awaits this run's end, "" for none
	Status        core.Status
	Suspended     bool
	Incidents     int
	Nodes         []core.NodeID // nodes with a token, for lists and aggregates
	StartedAt     core.Instant
	UpdatedAt     core.Instant
	EndedAt       core.Instant // 0 while active

	Rev        int64
	Seq        int64 // last record
	State      []byte
	Inbox      []core.Event
	InboxBytes int
	Recent     []string // ring of the last external event ids
	Outbox     []Outbox
	ReadyAt    core.Instant // 0 = nothing to do
	Attempts   int
	Problem    string // why it is quarantined
}

// Outbox is one committed derived change that may still have to be copied.
type Outbox struct {
	Seq    int64           `json:"seq"` // contiguous per run, own counter
	Kind   OutboxKind      `json:"kind"`
	ID     string          `json:"id"`
	Body   json.RawMessage `json:"body,omitempty"`   // Task, Timer, Effect, Subscription, Incident or core.Record
	Reason string          `json:"reason,omitempty"` // of a closing
}

// OutboxKind names the derived collection and the change.
type OutboxKind string

// Derived changes.
const (
	PutRecord        OutboxKind = "record"
	PutTask          OutboxKind = "task"
	EndTask          OutboxKind = "endTask"
	PutTimer         OutboxKind = "timer"
	EndTimer         OutboxKind = "endTimer"
	PutEffect        OutboxKind = "effect"
	EndEffect        OutboxKind = "endEffect"
	PutSubscription  OutboxKind = "subscription"
	EndSubscription  OutboxKind = "endSubscription"
	PutIncident      OutboxKind = "incident"
	EndIncident      OutboxKind = "endIncident"
	StartChildRun    OutboxKind = "startChild" // performed by the host after the relay
	CancelChildRun   OutboxKind = "cancelChild"
	NotifyParentDone OutboxKind = "notifyParent"
)

// Commit is one step: consumed events leave the inbox, the state is replaced.
type Commit struct {
	ID        core.RunID
	Rev       int64 // the rev the step was computed from
	Run       Run   // new State, Status, Seq, Recent, Nodes, Incidents, UpdatedAt, EndedAt, Attempts, Problem
	Consumed  []string
	Outbox    []Outbox // added
	Relayed   []int64  // outbox seqs that are already copied and may be forgotten
	ReadyAt   core.Instant
	Immediate bool // the store may copy the outbox in the same transaction (embedded)
}

// Runs is the truth.
type Runs interface {
	// Start inserts a run with its first event in the inbox. When the id exists
	// it returns the stored run and ErrExists: a second start is the same start.
	Start(ctx context.Context, run Run) (Run, error)
	// Accept appends events durably, in order. ErrDuplicate when every event is in
	// the inbox or in the recent ring; known ones among new ones are dropped.
	// ErrFull, ErrFinished, ErrNotFound as they say. Returns the run after it.
	Accept(ctx context.Context, id core.RunID, events ...core.Event) (Run, error)
	// Load reads a run from the primary.
	Load(ctx context.Context, id core.RunID) (Run, error)
	// Commit applies a step when rev is still Commit.Rev, else ErrConflict and
	// nothing happened. Events accepted meanwhile stay in the inbox and keep
	// ReadyAt set: a wake-up is never lost. Returns the run after it.
	Commit(ctx context.Context, c Commit) (Run, error)
	// Forget drops relayed outbox entries; it never touches anything else.
	Forget(ctx context.Context, id core.RunID, seqs []int64) error
	// Ready lists runs with ReadyAt in (0, before], for the sweep.
	Ready(ctx context.Context, before core.Instant, limit int) ([]core.RunID, error)
	// List pages runs, newest first unless the query says otherwise.
	List(ctx context.Context, q RunQuery) (RunPage, error)
	// Counts aggregates live runs of a definition per node, and runs per status.
	Counts(ctx context.Context, definitionKey string, version int) (Counts, error)
}

// RunQuery filters runs. Zero fields do not filter. Cursor is opaque.
type RunQuery struct {
	DefinitionKey string
	Version       int
	Statuses      []core.Status
	RecordType    string
	RecordID      string
	Node          core.NodeID
	WithIncident  bool
	Text          string // prefix of id or record title, case-folded
	Limit         int
	Cursor        string
}

// RunPage is a page of runs without State, Inbox and Outbox.
type RunPage struct {
	Runs []Run
	Next string
}

// Counts is the aggregated picture of a definition.
type Counts struct {
	Nodes     map[core.NodeID]int // active runs with a token on the node
	Incidents map[core.NodeID]int // open incidents per node
	Statuses  map[core.Status]int
}

// Relay is the write side of the derived collections. Only package relay uses
// it. Copy is idempotent: inserting what exists is no error, closing what is
// closed or absent leaves a tombstone, and a late copy never reopens anything.
type Relay interface {
	Copy(ctx context.Context, run core.RunID, entries []Outbox) error
	// Unrelayed lists runs whose outbox is not empty, for the sweep.
	Unrelayed(ctx context.Context, limit int) ([]core.RunID, error)
}

// Records reads histories.
type Records interface {
	// Records returns records with seq in [from, from+limit).
	Records(ctx context.Context, run core.RunID, from int64, limit int) ([]core.Record, error)
}

// TaskStatus is the life of a task document.
type TaskStatus string

// Task statuses.
const (
	TaskOpen      TaskStatus = "open"
	TaskClaimed   TaskStatus = "claimed"
	TaskDecided   TaskStatus = "decided"
	TaskCompleted TaskStatus = "completed"
	TaskCanceled  TaskStatus = "canceled"
)

// Task is a user task or approval as people see it. Everything above Rev is
// written once by the relay; the rest belongs to package task.
type Task struct {
	ID             string          `json:"id"` // = wait id
	RunID          core.RunID      `json:"runId"`
	DefinitionKey  string          `json:"definitionKey"`
	DefinitionName string          `json:"definitionName"`
	Version        int             `json:"version"`
	Node           core.NodeID     `json:"node"`
	Kind           string          `json:"kind"` // userTask | approval
	Name           string          `json:"name"`
	RecordType     string          `json:"recordType,omitempty"`
	RecordID       string          `json:"recordId,omitempty"`
	RecordTitle    string          `json:"recordTitle,omitempty"`
	Users          []string        `json:"users,omitempty"`  // may act (appointed approvers)
	Groups         []string        `json:"groups,omitempty"` // whose members may act
	Config         json.RawMessage `json:"config"`           // resolved
	OpenedAt       core.Instant    `json:"openedAt"`
	DueAt          core.Instant    `json:"dueAt,omitempty"`
	StartedBy      string          `json:"startedBy,omitempty"`

	Rev       int64        `json:"rev"`
	Status    TaskStatus   `json:"status"`
	ClaimedBy string       `json:"claimedBy,omitempty"`
	Votes     []Vote       `json:"votes,omitempty"`
	Decision  *Decision    `json:"decision,omitempty"`
	Delegated []Delegation `json:"delegated,omitempty"`
	ClosedAt  core.Instant `json:"closedAt,omitempty"`
	Reason    string       `json:"reason,omitempty"` // of a cancellation
}

// Vote is one person's answer in an approval.
type Vote struct {
	User    string       `json:"user"`
	Outcome string       `json:"outcome"`
	Comment string       `json:"comment,omitempty"`
	At      core.Instant `json:"at"`
}

// Decision is the recorded outcome of a task; until NotBefore its author may
// take it back.
type Decision struct {
	Outcome   string       `json:"outcome"`
	By        string       `json:"by"`
	At        core.Instant `json:"at"`
	NotBefore core.Instant `json:"notBefore,omitempty"`
	Comment   string       `json:"comment,omitempty"`
	Result    core.Values  `json:"result,omitempty"`
	Delivered bool         `json:"delivered,omitempty"`
}

// Delegation hands a task from one person to another.
type Delegation struct {
	From   string       `json:"from"`
	To     string       `json:"to"`
	By     string       `json:"by"`
	At     core.Instant `json:"at"`
	Reason string       `json:"reason,omitempty"`
}

// Tasks is the owner's side of task documents.
type Tasks interface {
	Task(ctx context.Context, id string) (Task, error)
	// UpdateTask writes the owner's fields when rev is still t.Rev, else ErrConflict.
	UpdateTask(ctx context.Context, t Task) (Task, error)
	// ListTasks pages tasks; a task matches a person when Users contains the
	// person or Groups intersects the person's groups.
	ListTasks(ctx context.Context, q TaskQuery) (TaskPage, error)
	// CountTasks counts what ListTasks would list, limit and cursor aside.
	CountTasks(ctx context.Context, q TaskQuery) (int, error)
	// UndeliveredDecisions lists decided tasks with NotBefore <= before whose
	// decision has not been delivered.
	UndeliveredDecisions(ctx context.Context, before core.Instant, limit int) ([]Task, error)
}

// TaskQuery filters tasks; zero fields do not filter.
type TaskQuery struct {
	User      string
	Groups    []string
	OnlyUser  bool // not through groups
	RunID     core.RunID
	Statuses  []TaskStatus
	DueBefore core.Instant
	RecordID  string
	Text      string
	SortByDue bool // else newest first
	Limit     int
	Cursor    string
}

// TaskPage is a page of tasks.
type TaskPage struct {
	Tasks []Task
	Next  string
}

// Timer is one due instant of one wait.
type Timer struct {
	ID            string          `json:"id"` // = wait id, with #k for the k-th firing of a cycle
	RunID         core.RunID      `json:"runId"`
	Wait          core.WaitID     `json:"wait"`
	DefinitionKey string          `json:"definitionKey"`
	Rule          json.RawMessage `json:"rule,omitempty"`
	DueAt         core.Instant    `json:"dueAt"`
	Bucket        int             `json:"bucket"`
}

// Timers finds due timers. Closing is the relay's.
type Timers interface {
	DueTimers(ctx context.Context, before core.Instant, limit int) ([]Timer, error)
	RunTimers(ctx context.Context, run core.RunID) ([]Timer, error)
}

// EffectStatus is the life of an effect document.
type EffectStatus string

// Effect statuses.
const (
	EffectReady    EffectStatus = "ready"
	EffectRunning  EffectStatus = "running"
	EffectSending  EffectStatus = "sending"  // the irreversible act may be under way
	EffectAwaiting EffectStatus = "awaiting" // open until completed from outside
	EffectFinished EffectStatus = "finished"
	EffectFailed   EffectStatus = "failed"
	EffectUnknown  EffectStatus = "unknown"
	EffectCanceled EffectStatus = "canceled"
)

// Effect is work in the outside world. Everything above Status is written once
// by the relay; the rest belongs to package effect.
type Effect struct {
	ID            string          `json:"id"` // runId:waitId:generation
	RunID         core.RunID      `json:"runId"`
	Wait          core.WaitID     `json:"wait"`
	DefinitionKey string          `json:"definitionKey"`
	Version       int             `json:"version"`
	Node          core.NodeID     `json:"node"`
	NodeName      string          `json:"nodeName"`
	Robot         string          `json:"robot"`
	RecordType    string          `json:"recordType,omitempty"`
	RecordID      string          `json:"recordId,omitempty"`
	StartedBy     string          `json:"startedBy,omitempty"`
	CauseDepth    int             `json:"causeDepth,omitempty"`
	Config        json.RawMessage `json:"config"` // resolved
	Policy        json.RawMessage `json:"policy,omitempty"`
	Scope         json.RawMessage `json:"scope,omitempty"`
	CreatedAt     core.Instant    `json:"createdAt"`

	Status    EffectStatus      `json:"status"`
	Attempt   int               `json:"attempt"`
	Owner     string            `json:"owner,omitempty"`
	LeaseAt   core.Instant      `json:"leaseAt,omitempty"` // running until
	NotBefore core.Instant      `json:"notBefore,omitempty"`
	Result    *core.EffectBody  `json:"result,omitempty"`
	Failure   *core.FailureBody `json:"failure,omitempty"`
	Delivered bool              `json:"delivered,omitempty"`
}

// Effects is the owner's side of effect documents. Every change after a claim
// is conditional on (status, attempt): ErrConflict means the claim is lost.
type Effects interface {
	// ClaimEffects takes up to n ready effects with NotBefore <= now: running, attempt+1, lease.
	ClaimEffects(ctx context.Context, owner string, now, leaseUntil core.Instant, n int) ([]Effect, error)
	// ExtendEffect is the heartbeat.
	ExtendEffect(ctx context.Context, id string, attempt int, leaseUntil core.Instant) error
	// SendingEffect marks the irreversible act.
	SendingEffect(ctx context.Context, id string, attempt int) error
	// SettleEffect writes status, result, failure and notBefore of the claimed attempt.
	SettleEffect(ctx context.Context, e Effect) error
	// CompleteAwaiting settles an awaiting effect from outside.
	CompleteAwaiting(ctx context.Context, id string, result core.EffectBody) (Effect, error)
	// ExpiredEffects lists running and sending effects whose lease has ended.
	ExpiredEffects(ctx context.Context, now core.Instant, limit int) ([]Effect, error)
	// UndeliveredEffects lists settled effects whose event is not delivered.
	UndeliveredEffects(ctx context.Context, limit int) ([]Effect, error)
	// EffectDelivered notes the delivery.
	EffectDelivered(ctx context.Context, id string, attempt int) error
	Effect(ctx context.Context, id string) (Effect, error)
	RunEffects(ctx context.Context, run core.RunID) ([]Effect, error)
}

// Subscription is an open expectation of a message.
type Subscription struct {
	ID    string      `json:"id"` // = wait id
	RunID core.RunID  `json:"runId"`
	Wait  core.WaitID `json:"wait"`
	Name  string      `json:"name"`
	Key   string      `json:"key"`
}

// Message is a published message, kept until ExpiresAt.
type Message struct {
	ID        string       `json:"id"`
	Name      string       `json:"name"`
	Key       string       `json:"key"`
	Body      core.Values  `json:"body,omitempty"`
	At        core.Instant `json:"at"`
	ExpiresAt core.Instant `json:"expiresAt"`
	Matched   []string     `json:"matched,omitempty"` // waits it was delivered to
}

// Messages correlates: store, then look, on both sides.
type Messages interface {
	PutMessage(ctx context.Context, m Message) error // ErrExists on a repeated id
	MatchMessage(ctx context.Context, id, wait string) error
	FindSubscriptions(ctx context.Context, name, key string, limit int) ([]Subscription, error)
	FindMessages(ctx context.Context, name, key string, now core.Instant, limit int) ([]Message, error)
	RunSubscriptions(ctx context.Context, run core.RunID) ([]Subscription, error)
	ExpireMessages(ctx context.Context, before core.Instant, limit int) (int, error)
}

// Schedule is a recurring start rule with its next instant.
type Schedule struct {
	ID            string       `json:"id"`
	DefinitionKey string       `json:"definitionKey"`
	Node          core.NodeID  `json:"node"`
	Rule          string       `json:"rule"`
	Zone          string       `json:"zone"`
	NextAt        core.Instant `json:"nextAt"` // 0 = never again
	Rev           int64        `json:"rev"`
	Disabled      bool         `json:"disabled"`
}

// Schedules keeps cron occurrences durable.
type Schedules interface {
	PutSchedule(ctx context.Context, s Schedule) error // insert or replace
	AdvanceSchedule(ctx context.Context, s Schedule) error
	DeleteSchedule(ctx context.Context, id string) error
	DueSchedules(ctx context.Context, before core.Instant, limit int) ([]Schedule, error)
	ListSchedules(ctx context.Context, definitionKey string) ([]Schedule, error)
}

// OpenIncident is an incident as operators see it across runs.
type OpenIncident struct {
	core.Incident
	RunID         core.RunID   `json:"runId"`
	DefinitionKey string       `json:"definitionKey"`
	Version       int          `json:"version"`
	NodeName      string       `json:"nodeName"`
	ResolvedAt    core.Instant `json:"resolvedAt,omitempty"`
}

// Incidents reads incidents.
type Incidents interface {
	RunIncidents(ctx context.Context, run core.RunID) ([]OpenIncident, error)
	ListIncidents(ctx context.Context, definitionKey string, limit int, cursor string) ([]OpenIncident, string, error)
}

// Leases are advisory, for economy only: correctness never depends on them.
type Leases interface {
	// AcquireLease takes or extends a lease; false when another owner holds it.
	AcquireLease(ctx context.Context, name, owner string, now, until core.Instant) (bool, error)
}

// Store is everything an engine needs of a database.
type Store interface {
	Runs
	Relay
	Records
	Tasks
	Timers
	Effects
	Messages
	Schedules
	Incidents
	Leases
	// Now is the database's clock for lease and due comparisons.
	Now(ctx context.Context) (core.Instant, error)
	Close() error
}
