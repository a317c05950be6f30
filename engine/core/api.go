package core

// Instant is a moment in milliseconds since 1970-01-01 UTC. It is the only
// notion of time in this package; the host stamps it on every event.
type Instant int64

// Ids of the things a run is made of. NodeID and FlowID come from the process
// definition; the others are derived from the run id and a counter in the state,
// so that a repeated Advance yields the same ids.
type (
	// RunID names a run.
	RunID string
	// NodeID names a node of the process definition.
	NodeID string
	// FlowID names a flow of the process definition.
	FlowID string
	// WaitID names an open expectation; it is unique in the installation.
	WaitID string
	// TokenID names a token within its run.
	TokenID string
	// ScopeID names a scope within its run, "" for the run itself.
	ScopeID string
)

// Values is a JSON object: nil, bool, string, json.Number, []any and
// map[string]any only. Numbers stay json.Number so that no decision depends
// on binary floating point.
type Values = map[string]any

// EventKind tells what arrived.
type EventKind string

// The events a run accepts.
const (
	// RunStarted is the first event of every run. Body: StartBody.
	RunStarted EventKind = "runStarted"
	// TaskCompleted closes a user task or approval wait. Body: TaskBody.
	TaskCompleted EventKind = "taskCompleted"
	// TimerFired closes (or, for a cyclic timer, re-arms) a timer wait.
	TimerFired EventKind = "timerFired"
	// MessageArrived delivers a correlated message to a wait. Body: MessageBody.
	MessageArrived EventKind = "messageArrived"
	// SignalArrived delivers a signal to all waits of the run for it that were open
	// at its instant. It names no wait. Body: SignalBody.
	SignalArrived EventKind = "signalArrived"
	// RecordChanged tells that the record that the run is about has changed, so that
	// conditions are tested again. It names no wait. Body: RecordBody.
	RecordChanged EventKind = "recordChanged"
	// EffectCompleted delivers the result of an effect. Body: EffectBody.
	EffectCompleted EventKind = "effectCompleted"
	// WaitFailed reports that a wait could not be opened or served: a performer
	// gave up, an expression of a config failed, nobody could be assigned.
	// Body: FailureBody. A Code with Thrown set is a BPMN error and looks for a
	// boundary error event; everything else raises an incident.
	WaitFailed EventKind = "waitFailed"
	// ChildCompleted delivers the end of a child run. Body: ChildBody.
	ChildCompleted EventKind = "childCompleted"
	// CancelRequested ends the run as canceled. It always fits.
	CancelRequested EventKind = "cancelRequested"
	// RetryRequested re-evaluates the node of an open incident. Body: RetryBody.
	RetryRequested EventKind = "retryRequested"
	// SkipRequested leaves the node of an open incident by its normal exit. Body: SkipBody.
	SkipRequested EventKind = "skipRequested"
	// VariablesChanged sets variables by hand. Body: VariablesBody.
	VariablesChanged EventKind = "variablesChanged"
	// ContinueRequested resumes a drain that ran out of its step budget.
	ContinueRequested EventKind = "continueRequested"
)

// Event is one input to a run. ID makes acceptance idempotent; At is monotone
// per run; Actor is the acting user's id or "" for the engine itself; Body is
// one of the ...Body types of this file as JSON.
type Event struct {
	ID    string    `json:"id"`
	Kind  EventKind `json:"kind"`
	Wait  WaitID    `json:"wait,omitempty"`
	At    Instant   `json:"at"`
	Actor string    `json:"actor,omitempty"`
	Body  []byte    `json:"body,omitempty"`
}

// StartBody starts a run at one start event.
type StartBody struct {
	Node       NodeID     `json:"node"`                 // start event; "" = the only one
	Parameters Values     `json:"parameters,omitempty"` // asked from the person who starts the process
	Variables  Values     `json:"variables,omitempty"`  // initial values
	Record     *RecordRef `json:"record,omitempty"`     // CRM record the run is about
	Cause      *Cause     `json:"cause,omitempty"`
	Event      Values     `json:"event,omitempty"` // what came with the message or signal that starts it
}

// RecordRef points to a CRM record; the core never looks inside.
type RecordRef struct {
	Type string `json:"type"`
	ID   string `json:"id"`
}

// RecordBody names the fields of the record that have changed, as far as they are
// known. Their values are facts, which the evaluator of the step has: of several
// changes in a row the last one counts.
type RecordBody struct {
	Type   string   `json:"type"`
	ID     string   `json:"id"`
	Fields []string `json:"fields,omitempty"`
}

// Cause says what led to a run: a user, a trigger, another run. Depth is the
// length of the causal chain so far.
type Cause struct {
	Kind  string `json:"kind"` // user | trigger | run | schedule | webhook
	ID    string `json:"id,omitempty"`
	Depth int    `json:"depth,omitempty"`
	// Chain is all of what led to the run, the first cause first. It is kept with
	// the run for those who explain it; the core is not told.
	Chain []Link `json:"chain,omitempty"`
}

// Link is one thing of a chain of causes: somebody, a change of a record, a trigger,
// a run, a message.
type Link struct {
	Kind string `json:"kind"`
	ID   string `json:"id,omitempty"`
	// Key is the definition of a run, the pipeline of a change or a trigger.
	Key    string   `json:"key,omitempty"`
	Record string   `json:"record,omitempty"` // type:id
	Stage  string   `json:"stage,omitempty"`
	Fields []string `json:"fields,omitempty"`
	At     Instant  `json:"at,omitempty"`
}

// TaskBody is the decision of a task: Outcome names the port taken ("" for a
// plain user task); Result becomes steps.<node>.*.
type TaskBody struct {
	Outcome  string `json:"outcome,omitempty"`
	Result   Values `json:"result,omitempty"`
	TimedOut bool   `json:"timedOut,omitempty"`
}

// MessageBody is the content of a delivered message.
type MessageBody struct {
	Name string `json:"name"`
	Key  string `json:"key,omitempty"`
	Body Values `json:"body,omitempty"`
	// ID and Until are set on messages that must not get lost: one that comes too
	// late for its wait is returned, and kept for another until then.
	ID    string  `json:"id,omitempty"`
	Until Instant `json:"until,omitempty"`
}

// SignalBody is a signal: whoever awaits it at the instant At gets it.
type SignalBody struct {
	Name string  `json:"name"`
	Body Values  `json:"body,omitempty"`
	At   Instant `json:"at"`
}

// EffectBody is the result of an effect: Port "" is the normal exit;
// Variables are written to the run's variables of the same name; Result
// becomes steps.<node>.*.
type EffectBody struct {
	Port      string `json:"port,omitempty"`
	Result    Values `json:"result,omitempty"`
	Variables Values `json:"variables,omitempty"`
	Effect    string `json:"effect,omitempty"`
}

// FailureBody explains a failed wait in words a person can act on.
type FailureBody struct {
	Code    string `json:"code"`             // stable code, for example smtp_unreachable
	Thrown  bool   `json:"thrown,omitempty"` // a BPMN error rather than a technical failure
	Message string `json:"message"`
	Remedy  string `json:"remedy,omitempty"`
	Detail  Values `json:"detail,omitempty"` // expression, position, values, attempts
}

// ChildBody is the end of a child run.
type ChildBody struct {
	Run       RunID  `json:"run,omitempty"`
	Status    Status `json:"status"`
	Code      string `json:"code,omitempty"`
	Thrown    bool   `json:"thrown,omitempty"` // it failed with a BPMN error that nobody caught
	Message   string `json:"message,omitempty"`
	Remedy    string `json:"remedy,omitempty"`
	Variables Values `json:"variables,omitempty"`
	// Escalation is the id of an escalation that the run, still active, passes on; Code is its code.
	Escalation WaitID `json:"escalation,omitempty"`
}

// RetryBody retries an incident, optionally with changed variables.
type RetryBody struct {
	Incident  string `json:"incident"`
	Variables Values `json:"variables,omitempty"`
}

// SkipBody skips the node of an incident. Port names an exit of the node or one
// of its flows, for a join deadlock the join to fire; an approval needs it,
// elsewhere it may be empty.
type SkipBody struct {
	Incident string `json:"incident"`
	Port     string `json:"port,omitempty"`
	Reason   string `json:"reason,omitempty"`
}

// VariablesBody sets variables by hand, as seen from a scope: the innermost one
// that has the variable keeps it. "" is the run itself.
type VariablesBody struct {
	Set    Values  `json:"set"`
	Scope  ScopeID `json:"scope,omitempty"`
	Reason string  `json:"reason,omitempty"`
}

// Status is the life state of a run.
type Status string

// The statuses of a run; incident and suspension are flags beside them.
const (
	Active      Status = "active"
	Completed   Status = "completed"
	Canceled    Status = "canceled"
	Failed      Status = "failed"
	Quarantined Status = "quarantined"
)

// RecordKind names what happened, in the past tense.
type RecordKind string

// The records of a run. Every flow taken is the Flow of a nodeEntered or a
// tokenParked record, and every nodeEntered is closed by a nodeLeft or a
// nodeCanceled of the same node and token.
const (
	RecordRunStarted       RecordKind = "runStarted"    // Node: start event; Body: parameters, variables, record, cause
	RecordNodeEntered      RecordKind = "nodeEntered"   // Flow: by which, "" for a start or a boundary event
	RecordNodeLeft         RecordKind = "nodeLeft"      // Body: port, skipped
	RecordNodeCanceled     RecordKind = "nodeCanceled"  // Body: by (the boundary event); Reason
	RecordTokenParked      RecordKind = "tokenParked"   // at a join
	RecordTokenConsumed    RecordKind = "tokenConsumed" // at an end, or by a join, which the next nodeEntered of the same node tells
	RecordTaskOpened       RecordKind = "taskOpened"
	RecordTaskCompleted    RecordKind = "taskCompleted" // Body: outcome, result, timedOut
	RecordTimerScheduled   RecordKind = "timerScheduled"
	RecordTimerFired       RecordKind = "timerFired"
	RecordMessageAwaited   RecordKind = "messageAwaited"
	RecordMessageArrived   RecordKind = "messageArrived"   // Body: message, key, body
	RecordMessageThrown    RecordKind = "messageThrown"    // Body: message, key, body, id
	RecordSignalAwaited    RecordKind = "signalAwaited"    // Body: signal
	RecordSignalArrived    RecordKind = "signalArrived"    // Body: signal, body
	RecordSignalThrown     RecordKind = "signalThrown"     // Body: signal, body, id
	RecordConditionAwaited RecordKind = "conditionAwaited" // Body: expression
	RecordConditionHeld    RecordKind = "conditionHeld"    // Body: expression, fields of the record that had changed
	RecordEffectStarted    RecordKind = "effectStarted"    // Body: robot
	RecordEffectCompleted  RecordKind = "effectCompleted"
	RecordEffectLate       RecordKind = "effectLate"
	RecordChildStarted     RecordKind = "childStarted"     // Body: run
	RecordChildCompleted   RecordKind = "childCompleted"   // Body: run, status, code
	RecordErrorThrown      RecordKind = "errorThrown"      // Body: code, message
	RecordVariablesChanged RecordKind = "variablesChanged" // Body: name -> value; by hand: Actor, Reason
	RecordConditionChosen  RecordKind = "conditionChosen"  // Body: chosen, default, conditions [{flow, expression, result, values}]
	RecordIncidentRaised   RecordKind = "incidentRaised"   // Body: incident, code, message
	RecordIncidentResolved RecordKind = "incidentResolved" // Body: incident, by (retry, skip, event, cancel)
	RecordEventIgnored     RecordKind = "eventIgnored"     // a closed wait, a stale event. Body: event, kind, reason
	RecordScopeStarted     RecordKind = "scopeStarted"
	RecordScopeCompleted   RecordKind = "scopeCompleted"
	RecordScopeCanceled    RecordKind = "scopeCanceled"
	RecordRunCompleted     RecordKind = "runCompleted"
	RecordRunCanceled      RecordKind = "runCanceled"
	RecordRunFailed        RecordKind = "runFailed"
)

// The records of what leaves a scope.
const (
	RecordEscalationThrown    RecordKind = "escalationThrown"    // Body: code, by (the event that takes it, absent when nobody does)
	RecordCompensationThrown  RecordKind = "compensationThrown"  // Body: activity ("" = all of the scope)
	RecordTransactionCanceled RecordKind = "transactionCanceled" // Node: the transaction
)

// Record is one numbered line of a run's history. Seq is contiguous from 1.
// Scope is "" for the run itself. Records share their Body with each other and
// with the state: do not change it.
type Record struct {
	Seq   int64      `json:"seq"`
	At    Instant    `json:"at"`
	Kind  RecordKind `json:"kind"`
	Node  NodeID     `json:"node,omitempty"`
	Flow  FlowID     `json:"flow,omitempty"`
	Token TokenID    `json:"token,omitempty"`
	Scope ScopeID    `json:"scope,omitempty"`
	Wait  WaitID     `json:"wait,omitempty"`
	Actor string     `json:"actor,omitempty"`
	// Reason says in words why: a person's on changes by hand, else the engine's.
	Reason string `json:"reason,omitempty"`
	Body   Values `json:"body,omitempty"`
}

// CommandKind says what the host must do after the commit, in the imperative.
type CommandKind string

// The commands of the core.
const (
	OpenTask        CommandKind = "openTask"
	CloseTask       CommandKind = "closeTask"
	ScheduleTimer   CommandKind = "scheduleTimer"
	CancelTimer     CommandKind = "cancelTimer"
	StartEffect     CommandKind = "startEffect"
	CancelEffect    CommandKind = "cancelEffect"
	Subscribe       CommandKind = "subscribe"
	Unsubscribe     CommandKind = "unsubscribe"
	PublishMessage  CommandKind = "publishMessage"  // Wait is the id of the message
	ReturnMessage   CommandKind = "returnMessage"   // it came too late for the wait
	BroadcastSignal CommandKind = "broadcastSignal" // to all other runs; Wait is the id of the signal
	StartChild      CommandKind = "startChild"
	CancelChild     CommandKind = "cancelChild"
	RaiseIncident   CommandKind = "raiseIncident"
	ResolveIncident CommandKind = "resolveIncident"
	Finish          CommandKind = "finish"
	Continue        CommandKind = "continue"
)

// Command asks the host for one thing. Which fields are set depends on Kind:
// opening commands carry Node, NodeKind, Config (raw, unresolved: the host
// evaluates expressions and templates against Scope) and Generation, which
// counts the tries of one wait by operators (1 for the first). Closing
// commands carry Wait and Reason.
type Command struct {
	Kind       CommandKind  `json:"kind"`
	Wait       WaitID       `json:"wait,omitempty"`
	Node       NodeID       `json:"node,omitempty"`
	NodeKind   string       `json:"nodeKind,omitempty"` // userTask | approval | robot | ...
	Robot      string       `json:"robot,omitempty"`
	Name       string       `json:"name,omitempty"` // node name for people
	Config     []byte       `json:"config,omitempty"`
	Trigger    []byte       `json:"trigger,omitempty"` // raw trigger of an event node (timer rule, message name and key)
	Policy     []byte       `json:"policy,omitempty"`
	Scope      Values       `json:"scope,omitempty"` // vars, params, steps visible at the node
	Generation int          `json:"generation,omitempty"`
	Cycle      int          `json:"cycle,omitempty"` // firings so far of a cyclic timer
	Reason     string       `json:"reason,omitempty"`
	Outcome    string       `json:"outcome,omitempty"`
	Message    *MessageBody `json:"message,omitempty"` // that is published
	Signal     *SignalBody  `json:"signal,omitempty"`  // that is broadcast or awaited
	Record     *RecordRef   `json:"record,omitempty"`  // whose changes are awaited
	Incident   *Incident    `json:"incident,omitempty"`
	Status     Status       `json:"status,omitempty"`
	Failure    *FailureBody `json:"failure,omitempty"`
}

// Incident is a problem inside a run that awaits a person's decision.
type Incident struct {
	ID      string      `json:"id"`
	Node    NodeID      `json:"node"`
	Wait    WaitID      `json:"wait,omitempty"`
	At      Instant     `json:"at"`
	Failure FailureBody `json:"failure"`
}

// Evaluator evaluates the expressions the core itself needs: flow conditions
// and assigned values. It must be deterministic for one event: the host builds
// it from facts (CRM record, directory) loaded before the step and from
// Event.At. Names is the scope: vars, params, const, steps. An error becomes an
// incident on the node; *EvalError keeps position and values.
type Evaluator interface {
	Eval(source string, names Values, now Instant) (any, error)
	Bool(source string, names Values, now Instant) (bool, error)
}

// Explainer is an optional addition to an Evaluator: the values that an
// expression's names had, by path, for the conditionChosen record.
type Explainer interface {
	Explain(source string, names Values, now Instant) Values
}

// EvalError is an expression failure with the place and the values involved.
type EvalError struct {
	Source  string
	Line    int
	Column  int
	Message string
	Values  Values
}

// Error says where and why.
func (e *EvalError) Error() string { return e.Message }

// Output is what one Advance produced.
type Output struct {
	Records  []Record
	Commands []Command
}
