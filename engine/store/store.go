package store

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/graph"
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
	// ErrFull: the inbox or the outbox has no room; try again later.
	ErrFull = errors.New("no room")
	// ErrFinished: the run has ended and accepts no events.
	ErrFinished = errors.New("run has ended")
	// ErrTooLarge: an event or a state is beyond the hard limit; it will never fit.
	ErrTooLarge = errors.New("too large")
	// ErrBadCursor: a cursor that this query did not hand out.
	ErrBadCursor = errors.New("bad cursor")
	// ErrBadEntry: an outbox entry, or an owner's change, that breaks the contract.
	ErrBadEntry = errors.New("bad entry")
)

// Limits of a run document and of pages.
const (
	// InboxEvents and InboxBytes bound the inbox. An event is refused when the
	// inbox would hold more events, or already holds more bytes.
	InboxEvents = 1000
	InboxBytes  = 256 << 10
	// InboxReserve is the room above InboxEvents and InboxBytes kept for
	// CancelRequested: cancel always fits.
	InboxReserve = 16
	// EventHard bounds the events that are accepted together (see EventSize):
	// ErrTooLarge.
	EventHard = 1 << 20
	// OutboxMax bounds the outbox: a commit that would exceed it while older
	// entries wait for the relay is refused with ErrFull. One step alone may
	// exceed it, or it could never be written.
	OutboxMax = 1000
	// OutboxHard bounds the bytes of the outbox in the same way; beyond it one step
	// alone is refused with ErrTooLarge.
	OutboxHard = 8 << 20
	// RecentRing is how many ids of external events a host keeps in Recent.
	RecentRing = 256
	// StateHard bounds State: ErrTooLarge.
	StateHard = 4 << 20

	DefaultLimit = 50
	MaxLimit     = 1000
)

// Run is the run document. Start writes all of it; Commit writes the fields
// below "changed by Commit"; Accept touches Inbox, InboxBytes and ReadyAt only.
type Run struct {
	ID            core.RunID
	DefinitionKey string
	RecordType    string
	RecordID      string
	RecordTitle   string
	StartedBy     string
	Cause         json.RawMessage
	CausedBy      core.RunID // the run that has started this one, "" for none
	Parent        string     // effect or wait that awaits this run's end, "" for none
	StartedAt     core.Instant

	// Changed by Commit. A migration changes the first three.
	Version   int
	GraphHash string
	Name      string // of the definition, for lists
	Status    core.Status
	Suspended bool
	Incidents int           // open ones
	Nodes     []core.NodeID // nodes with a token, each once, for lists and aggregates
	Marks     []string      // texts by which lists find the run, each once (see Mark)
	UpdatedAt core.Instant
	EndedAt   core.Instant // 0 while active
	Seq       int64        // last record
	State     []byte
	Recent    []string // ring of the last external event ids
	Attempts  int
	Problem   string // why it is quarantined

	// Kept by the store.
	Rev        int64        // 1 after Start, one more with every Commit
	Inbox      []core.Event // in order of acceptance
	InboxBytes int          // sum of EventSize
	Outbox     []Outbox     // by Seq
	ReadyAt    core.Instant // when the run wants a step, 0 = nothing to do
	Lease      RunLease     // advisory, see Sharing
}

// Outbox is one committed derived change that may still have to be copied. Its
// meaning depends on its Kind:
//
//   - Put kinds carry the document in Body; ID is its id (the run id and seq for
//     a record).
//   - End kinds close the document named by ID. Reason "" or "completed" means
//     that it served its purpose, anything else that it was canceled.
//   - The last five are performed by the host and never copied.
type Outbox struct {
	Seq    int64           `json:"seq"` // chosen by the host: unique and increasing per run
	Kind   OutboxKind      `json:"kind"`
	ID     string          `json:"id"`
	Body   json.RawMessage `json:"body,omitempty"`   // Task, Timer, Effect, Subscription, OpenIncident or core.Record
	Reason string          `json:"reason,omitempty"` // of a closing
	At     core.Instant    `json:"at,omitempty"`     // of a closing: the instant of the step; 0 = when it is copied
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
	SendMessage      OutboxKind = "sendMessage" // Sending: a message or signal that the run has thrown
	TellRunEnded     OutboxKind = "tellRunEnded"
)

// Commit is one step: consumed events leave the inbox, the state is replaced.
type Commit struct {
	ID  core.RunID
	Rev int64 // the rev the step was computed from
	// Run is the run as it was loaded, with the fields "changed by Commit" set
	// anew. A store may rely on the other fields being as loaded; it never writes
	// them.
	Run Run
	// Was is the run as it was loaded, whole, or nil. It spares a store reading it
	// again where it can find out otherwise whether it still is so.
	Was *Run
	// Consumed events leave the inbox. Ids that are not in it are ignored.
	Consumed []string
	// Seen is how many events the inbox held when the run was loaded. When it holds
	// no others after the step, ReadyAt is written as given; otherwise the run
	// stays ready, and at the latest at ReadyAt. With Seen 0 every event that
	// is left counts as unseen, which is always safe.
	Seen      int
	Outbox    []Outbox // added
	Relayed   []int64  // outbox seqs that are already copied and may be forgotten
	ReadyAt   core.Instant
	Immediate bool     // the store may copy the outbox in the same transaction (embedded)
	Lease     RunLease // extends the lease of the committer, who holds it; zero = as it is
}

// Runs is the truth.
type Runs interface {
	// Start inserts a run with its first event in the inbox: Rev 1, no outbox,
	// ready at run.ReadyAt (0: at StartedAt). When the id exists it returns the
	// stored run and ErrExists: a second start is the same start.
	Start(ctx context.Context, run Run) (Run, error)
	// Accept appends events durably, all or none, in order, and makes the run ready
	// at the first one's At or earlier. Events whose id is in the inbox or in the
	// recent ring are dropped. Checked in this order: ErrTooLarge, ErrNotFound,
	// ErrDuplicate when no event is left, ErrFinished when the run is completed,
	// canceled or failed (a quarantined or suspended one accepts), ErrFull.
	// Returns the run after it.
	Accept(ctx context.Context, id core.RunID, events ...core.Event) (Run, error)
	// Load reads a run from the primary. ErrNotFound.
	Load(ctx context.Context, id core.RunID) (Run, error)
	// Commit applies a step when rev is still Commit.Rev, else ErrConflict (or
	// ErrNotFound) and nothing happened. Events accepted meanwhile stay in the
	// inbox and keep ReadyAt set: a wake-up is never lost. ErrFull and ErrTooLarge
	// by the limits above. Returns the run after it; its Outbox holds what is not
	// copied yet.
	Commit(ctx context.Context, c Commit) (Run, error)
	// Forget drops relayed outbox entries; it never touches anything else, not even
	// rev. Unknown seqs and unknown runs are no error.
	Forget(ctx context.Context, id core.RunID, seqs []int64) error
	// Ready lists runs with ReadyAt in (0, before], in no order, for the sweep.
	Ready(ctx context.Context, before core.Instant, limit int) ([]core.RunID, error)
	// List pages runs, newest StartedAt first, equal ones by id descending.
	// ErrBadCursor.
	List(ctx context.Context, q RunQuery) (RunPage, error)
	// CountRuns counts what List would page through, at most so many.
	CountRuns(ctx context.Context, q RunQuery, most int) (int, error)
	// Counts aggregates the runs of a definition; version 0 means all versions.
	Counts(ctx context.Context, definitionKey string, version int) (Counts, error)
	// Flow tells when runs of a definition began and ended.
	Flow(ctx context.Context, q FlowQuery) (Flow, error)
	// EndedDefinitions lists the keys of definitions that have ended runs, each once.
	EndedDefinitions(ctx context.Context) ([]string, error)
	// RemoveEnded deletes runs of a definition with EndedAt in (0, before), those that
	// ended first before the others, with their records, and returns how many. A run
	// with an outbox that is not empty stays: somebody has still to hear of it. What
	// was derived from the runs is left to Purge. A crash in between leaves runs that
	// are deleted another time.
	RemoveEnded(ctx context.Context, definitionKey string, before core.Instant, limit int) (int, error)
}

// FirstStep is optional: starting a run with the result of its first steps in
// one write. The host computes them before anything is stored.
type FirstStep interface {
	// StartCommitted inserts a run as it is after its first steps (Rev 1, State,
	// Seq, Recent, Nodes ... set, Inbox empty) with its outbox, ready at readyAt.
	// Id taken: the stored run and ErrExists, nothing written. Immediate as in
	// Commit.
	StartCommitted(ctx context.Context, run Run, outbox []Outbox, readyAt core.Instant, immediate bool) (Run, error)
}

// Settling is optional, for stores with transactions: the results of effects and
// the step they cause are one write.
type Settling interface {
	// CommitSettled is Commit, and SettleEffect plus EffectDelivered for each of
	// the claimed attempts, in one transaction. A lost rev is ErrConflict, a lost
	// claim (see Effects) is ErrDuplicate, and nothing happened in both cases: a
	// result of which somebody else has taken the claim must not close the wait,
	// or the effect would be performed for nothing once more.
	CommitSettled(ctx context.Context, c Commit, settled []Effect) (Run, error)
}

// Foresight is optional: what falls due soon is read in pages ahead of its
// time, so that much of it in one moment costs few queries.
type Foresight interface {
	// TimersAfter lists open timers with DueAt <= before that come after a position
	// (DueAt, id), by due instant, then id; so does DueTimers of such a store.
	TimersAfter(ctx context.Context, after Position, before core.Instant, limit int) ([]Timer, error)
	// LoadSeveral reads runs as Load does, in no order. Missing ones are left out;
	// there is no limit but the caller's.
	LoadSeveral(ctx context.Context, ids []core.RunID) ([]Run, error)
}

// RunQuery filters runs. Zero fields do not filter, all others must hold.
// Cursor is opaque and belongs to one set of filters.
type RunQuery struct {
	DefinitionKey string
	Version       int
	Statuses      []core.Status
	RecordType    string
	RecordID      string
	StartedBy     string
	CausedBy      core.RunID
	Node          core.NodeID // with a token on it
	WithIncident  bool
	Suspended     bool   // held by an operator
	Text          string // prefix of the id, or of the record title in any case
	// People and Groups, together: with a task that is not closed on which one of these
	// users, or a member of one of these groups, may act.
	People      []string
	Groups      []string
	StartedFrom core.Instant // started then or later
	StartedTo   core.Instant // started before
	IdleSince   core.Instant // nothing was written since then
	// IncidentText is part of the code, the message or the node's name of an
	// open incident, in any case.
	IncidentText string
	Marks        []string // has all of them
	Limit        int
	Cursor       string
}

// RunPage is a page of runs without State, Inbox and Outbox.
type RunPage struct {
	Runs []Run
	Next string
}

// Counts is the aggregated picture of a definition. Zero counts are left out.
type Counts struct {
	Nodes     map[core.NodeID]int // active and quarantined runs with a token on the node
	Incidents map[core.NodeID]int // open incidents per node
	Statuses  map[core.Status]int
}

// FlowQuery asks for a period, divided into equal spans. Version 0 means all.
type FlowQuery struct {
	DefinitionKey string
	Version       int
	From, To      core.Instant // To is not part of it
	Spans         int
}

// Span is the number of the span that an instant of the period falls into.
func (q FlowQuery) Span(at core.Instant) int {
	return int(int64(at-q.From) * int64(q.Spans) / int64(q.To-q.From))
}

// Bounds are the first instant of a span, and the first one after it.
func (q FlowQuery) Bounds(span int) (from, to core.Instant) {
	first := func(n int) core.Instant {
		length, spans := int64(q.To-q.From), int64(q.Spans)
		return q.From + core.Instant((int64(n)*length+spans-1)/spans)
	}
	return first(span), first(span + 1)
}

// FlowDurations bounds the durations of a Flow.
const FlowDurations = 10_000

// Flow is what happened to the runs of a definition within a period.
type Flow struct {
	Started []int // per span
	Ended   []int // per span
	// Statuses counts the runs that ended in the period by how they ended.
	Statuses map[core.Status]int
	// Durations are the milliseconds of the completed runs among them, of the
	// FlowDurations latest.
	Durations []int64
}

// Relay is the write side of the derived collections. Only package relay uses
// it. The outcome depends only on the set of entries ever copied, not on how
// often or in which order:
//
//   - A Put inserts the document as Body says (an empty status becomes open or
//     ready; a preset status, attempt, owner and lease are kept) and never
//     overwrites one that is there.
//   - An End closes it: a live task becomes completed or canceled, a timer and a
//     subscription are no longer found, an effect counts as delivered and, unless
//     finished, failed or unknown, becomes canceled; an incident gets ResolvedAt.
//   - An End of a document that is not there yet leaves a tombstone; a Put that
//     comes later fills in what people read and leaves it closed. What is closed
//     never reopens.
type Relay interface {
	// Copy writes derived documents. Entries for the host are ignored. ErrBadEntry
	// (wrapped, naming the entry) when a body cannot be read: the other entries are
	// written all the same.
	Copy(ctx context.Context, run core.RunID, entries []Outbox) error
	// Unrelayed lists runs whose outbox is not empty, in no order, for the sweep.
	Unrelayed(ctx context.Context, limit int) ([]core.RunID, error)
	// Purge deletes closed tasks, timers, effects, subscriptions, incidents and
	// tombstones whose closing is before the instant, and returns how many. Call it
	// with an instant far enough back (30 days) that no relay can still be late:
	// after a purge a late Put would reopen.
	Purge(ctx context.Context, before core.Instant, limit int) (int, error)
}

// Records reads histories.
type Records interface {
	// Records returns the records with seq in [from, from+limit) that have been
	// copied, ascending. A gap means that the relay is late. An unknown run has none.
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
	Kind           string          `json:"kind"` // userTask | approval | acknowledge | requestInformation
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

// Vote is one person's answer where several are asked, or a refusal.
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
	// Absence is set when nobody handed over: From was absent, and To stands in.
	Absence *AbsenceOf `json:"absence,omitempty"`
}

// AbsenceOf is the first and the last day of an absence, as 2026-03-02.
type AbsenceOf struct {
	From string `json:"from"`
	To   string `json:"to"`
}

// Tasks is the owner's side of task documents.
type Tasks interface {
	// Task reads one. ErrNotFound, also for a tombstone.
	Task(ctx context.Context, id string) (Task, error)
	// UpdateTask writes the owner's fields when rev is still t.Rev and the task is
	// not closed, else ErrConflict (or ErrNotFound). The new status must be open,
	// claimed or decided, else ErrBadEntry: closing is the relay's. Returns the task
	// after it, with rev one higher.
	UpdateTask(ctx context.Context, t Task) (Task, error)
	// ListTasks pages tasks, newest OpenedAt first and equal ones by id descending;
	// with SortByDue the earliest DueAt first, those without one last, and equal
	// ones by id. A task matches a person when Task.People contains the person or
	// Groups intersects the person's groups. ErrBadCursor.
	ListTasks(ctx context.Context, q TaskQuery) (TaskPage, error)
	// CountTasks counts what ListTasks would list, limit and cursor aside.
	CountTasks(ctx context.Context, q TaskQuery) (int, error)
	// UndeliveredDecisions lists decided tasks with Decision.NotBefore <= before
	// whose decision is not marked delivered, in no order.
	UndeliveredDecisions(ctx context.Context, before core.Instant, limit int) ([]Task, error)
}

// TaskQuery filters tasks; zero fields do not filter. User and Groups are one
// filter: either may match. With OnlyUser Groups is ignored.
type TaskQuery struct {
	User      string
	Groups    []string
	OnlyUser  bool // not through groups
	RunID     core.RunID
	Statuses  []TaskStatus
	DueBefore core.Instant // DueAt in (0, DueBefore]
	RecordID  string
	// DefinitionKey is the process of the run.
	DefinitionKey string
	Text          string // part of the name, record title or definition name, in any case
	SortByDue     bool   // else newest first
	Limit         int
	Cursor        string
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
	// DueTimers lists open timers with DueAt <= before, earliest first.
	DueTimers(ctx context.Context, before core.Instant, limit int) ([]Timer, error)
	// RunTimers lists the open timers of a run, by due instant and id.
	RunTimers(ctx context.Context, run core.RunID) ([]Timer, error)
}

// Retiming changes when armed timers are due.
type Retiming interface {
	// ArmedTimers lists open timers that come after a position (DueAt, id), by due
	// instant, then id, however far ahead.
	ArmedTimers(ctx context.Context, after Position, limit int) ([]Timer, error)
	// Retime gives an open timer that is due at t.DueAt another instant. ErrConflict
	// when it is closed, gone or due at another instant.
	Retime(ctx context.Context, t Timer, due core.Instant) error
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
// is conditional on the attempt and on the status: ErrConflict means the claim
// is lost, ErrNotFound that there is no such effect (or only a tombstone).
type Effects interface {
	// ClaimEffects takes up to n ready effects with NotBefore <= now, in no order:
	// running, attempt one higher, owner, lease. No two calls get the same one.
	ClaimEffects(ctx context.Context, owner string, now, leaseUntil core.Instant, n int) ([]Effect, error)
	// ExtendEffect is the heartbeat: running or sending.
	ExtendEffect(ctx context.Context, id string, attempt int, leaseUntil core.Instant) error
	// SendingEffect marks the irreversible act: running, or already sending.
	SendingEffect(ctx context.Context, id string, attempt int) error
	// SettleEffect writes status, result, failure and notBefore of the claimed
	// attempt, which is running, sending or unknown. The new status is ready,
	// awaiting, finished, failed or unknown, else ErrBadEntry. Owner and lease are
	// cleared and the effect counts as undelivered.
	SettleEffect(ctx context.Context, e Effect) error
	// RescueEffect is SettleEffect by somebody who is not the owner: it also demands
	// that LeaseAt is still as listed, so that a heartbeat in between wins.
	RescueEffect(ctx context.Context, e Effect) error
	// CompleteAwaiting settles an awaiting effect from outside: finished with this
	// result. ErrConflict when it does not await (yet, or any more).
	CompleteAwaiting(ctx context.Context, id string, result core.EffectBody) (Effect, error)
	// ExpiredEffects lists running and sending effects with LeaseAt <= now.
	ExpiredEffects(ctx context.Context, now core.Instant, limit int) ([]Effect, error)
	// UndeliveredEffects lists finished, failed and unknown effects whose event is
	// not delivered, in no order.
	UndeliveredEffects(ctx context.Context, limit int) ([]Effect, error)
	// EffectDelivered notes the delivery of a settled attempt; again is no error.
	// For Purge the effect is closed then.
	EffectDelivered(ctx context.Context, id string, attempt int) error
	// Effect reads one.
	Effect(ctx context.Context, id string) (Effect, error)
	// RunEffects lists all effects of a run by id, closed ones included.
	RunEffects(ctx context.Context, run core.RunID) ([]Effect, error)
}

// Subscription is an open expectation of a message, a signal or a change of a record.
type Subscription struct {
	ID    string      `json:"id"` // = wait id
	RunID core.RunID  `json:"runId"`
	Wait  core.WaitID `json:"wait"`
	Name  string      `json:"name"`
	Key   string      `json:"key"`
	// At is the instant of the step that opened it, 0 in subscriptions of old.
	At core.Instant `json:"at,omitempty"`
}

// SignalName is the name under which subscriptions to a signal and the signal
// itself are kept, apart from those of messages.
func SignalName(signal string) string { return graph.SignalPrefix + signal }

// RecordName is the name under which subscriptions to the changes of records of a
// type are kept; the key is the record's id.
func RecordName(recordType string) string { return graph.RecordPrefix + recordType }

// Message is a published message, kept until ExpiresAt.
type Message struct {
	ID        string       `json:"id"`
	Name      string       `json:"name"`
	Key       string       `json:"key"`
	Body      core.Values  `json:"body,omitempty"`
	At        core.Instant `json:"at"`
	ExpiresAt core.Instant `json:"expiresAt"`
	Matched   []string     `json:"matched,omitempty"` // who takes it: one, in messages of old perhaps several
}

// Sending is a message or a signal that a run has thrown. Carrying it out again
// under the same ID is the same sending.
type Sending struct {
	ID      string            `json:"id"`
	Run     core.RunID        `json:"run"`
	Actor   string            `json:"actor,omitempty"`
	Depth   int               `json:"depth,omitempty"` // of the causal chain that led to the run
	At      core.Instant      `json:"at"`
	Message *core.MessageBody `json:"message,omitempty"`
	Signal  *core.SignalBody  `json:"signal,omitempty"`
	// Returned is the wait for which the message came too late.
	Returned core.WaitID `json:"returned,omitempty"`
}

// Messages correlates: store, then look, on both sides. Whoever of publisher and
// relay comes second sees the other.
type Messages interface {
	// PutMessage stores a message; ErrExists on a repeated id.
	PutMessage(ctx context.Context, m Message) error
	// MatchMessage notes the one that takes the message: again by the same is no
	// error, ErrConflict when another one has it. ErrNotFound.
	MatchMessage(ctx context.Context, id, wait string) error
	// FindSubscriptions lists open subscriptions to (name, key) by id, those beyond
	// the id after.
	FindSubscriptions(ctx context.Context, name, key, after string, limit int) ([]Subscription, error)
	// FindMessages lists messages (name, key) with ExpiresAt > now, oldest first.
	FindMessages(ctx context.Context, name, key string, now core.Instant, limit int) ([]Message, error)
	// NamedSubscriptions lists open subscriptions to a name by key and id, whatever
	// their key.
	NamedSubscriptions(ctx context.Context, name string, limit int) ([]Subscription, error)
	// WaitingMessages lists messages with ExpiresAt > now that nobody has taken,
	// signals left out, those that expire first before the others.
	WaitingMessages(ctx context.Context, now core.Instant, limit int) ([]Message, error)
	// DropMessage deletes a message that nobody has taken. ErrNotFound, or
	// ErrConflict when somebody has it.
	DropMessage(ctx context.Context, id string) error
	// RunSubscriptions lists the open subscriptions of a run by id.
	RunSubscriptions(ctx context.Context, run core.RunID) ([]Subscription, error)
	// ExpireMessages deletes messages with ExpiresAt <= before and returns them, in
	// no order.
	ExpireMessages(ctx context.Context, before core.Instant, limit int) ([]Message, error)
}

// Schedule is a recurring start rule with its next instant.
type Schedule struct {
	ID            string       `json:"id"`
	DefinitionKey string       `json:"definitionKey"`
	Node          core.NodeID  `json:"node"`
	Rule          string       `json:"rule"` // cron, or a timer rule as a JSON object
	Zone          string       `json:"zone"`
	NextAt        core.Instant `json:"nextAt"` // 0 = never again
	Rev           int64        `json:"rev"`
	Disabled      bool         `json:"disabled"`
	Fired         int          `json:"fired,omitempty"` // occurrences so far of a timer rule
}

// Schedules keeps cron occurrences durable.
type Schedules interface {
	// PutSchedule inserts or replaces; the stored rev is one higher than before.
	PutSchedule(ctx context.Context, s Schedule) error
	// AdvanceSchedule replaces when rev is still s.Rev, else ErrConflict (or
	// ErrNotFound); the stored rev is then one higher.
	AdvanceSchedule(ctx context.Context, s Schedule) error
	// DeleteSchedule removes it; an absent one is no error.
	DeleteSchedule(ctx context.Context, id string) error
	// DueSchedules lists enabled schedules with NextAt in (0, before], earliest first.
	DueSchedules(ctx context.Context, before core.Instant, limit int) ([]Schedule, error)
	// ListSchedules lists the schedules of a definition by id; "" means all.
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
	// RunIncidents lists the incidents of a run, resolved ones included, by At and id.
	RunIncidents(ctx context.Context, run core.RunID) ([]OpenIncident, error)
	// ListIncidents pages open incidents, newest At first and equal ones by id
	// descending; definitionKey "" means all. Returns the next cursor, "" at the end.
	// ErrBadCursor.
	ListIncidents(ctx context.Context, definitionKey string, limit int, cursor string) ([]OpenIncident, string, error)
}

// Leases are advisory, for economy only: correctness never depends on them.
type Leases interface {
	// AcquireLease takes or extends a lease until an instant; false when another
	// owner holds it beyond now. Giving it back is extending it until now.
	AcquireLease(ctx context.Context, name, owner string, now, until core.Instant) (bool, error)
	// HeldLeases lists leases held beyond now whose names begin with prefix, by name.
	HeldLeases(ctx context.Context, prefix string, now core.Instant) ([]Lease, error)
	// DropLeases forgets leases that were over at an instant.
	DropLeases(ctx context.Context, before core.Instant) error
}

// Lease is a named one and who holds it.
type Lease struct {
	Name  string
	Owner string
	Until core.Instant
}

// Store is everything an engine needs of a database.
type Store interface {
	Runs
	Relay
	Records
	Tasks
	Timers
	Retiming
	Effects
	Messages
	Schedules
	Incidents
	Leases
	// Now is the database's clock for lease and due comparisons.
	Now(ctx context.Context) (core.Instant, error)
	// Close gives up what the store opened itself; a shared connection stays open.
	Close() error
}
