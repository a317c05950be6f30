package graph

import "encoding/json"

// Format is the name and version of the process format.
const Format = "fluxo/process@1"

// Definition is a process definition as it is stored and exchanged. The list of
// fields is closed; X keeps what we store but do not run. Raw values are
// literals or {"expr": "..."}.
type Definition struct {
	Format      string            `json:"format"`
	Key         string            `json:"key"`
	Name        string            `json:"name"`
	Description string            `json:"description,omitempty"`
	AppliesTo   string            `json:"appliesTo,omitempty"`
	Executable  *bool             `json:"executable,omitempty"`
	Parameters  []Variable        `json:"parameters,omitempty"`
	Variables   []Variable        `json:"variables,omitempty"`
	Constants   []Constant        `json:"constants,omitempty"`
	Nodes       []NodeDefinition  `json:"nodes"`
	Flows       []Flow            `json:"flows"`
	Messages    []Named           `json:"messages,omitempty"`
	Signals     []Named           `json:"signals,omitempty"`
	Errors      []Named           `json:"errors,omitempty"`
	Escalations []Named           `json:"escalations,omitempty"`
	Notes       []Note            `json:"notes,omitempty"`
	Groups      []Group           `json:"groups,omitempty"`
	Layout      map[string]Place  `json:"layout,omitempty"`
	Scenarios   []json.RawMessage `json:"scenarios,omitempty"`
	Pins        map[string]Pin    `json:"pins,omitempty"` // by node; of drafts only
	X           json.RawMessage   `json:"x,omitempty"`
}

// Pin is test data that stands for what a node brings in a rehearsal. It is kept
// with a draft and is no part of what is published.
type Pin struct {
	Outcome   string          `json:"outcome,omitempty"` // of a task
	Port      string          `json:"port,omitempty"`    // of a robot
	Result    json.RawMessage `json:"result,omitempty"`
	Variables json.RawMessage `json:"variables,omitempty"`
	Error     string          `json:"error,omitempty"` // it throws this error
	Of        string          `json:"of,omitempty"`    // fingerprint of the node when the data was made
	Run       string          `json:"run,omitempty"`   // the run whose results these are
	At        string          `json:"at,omitempty"`
}

// Variable declares a run variable, or a parameter asked at the start.
type Variable struct {
	Name        string          `json:"name"`
	Label       string          `json:"label,omitempty"`
	Description string          `json:"description,omitempty"`
	Type        string          `json:"type"`
	Required    bool            `json:"required,omitempty"`
	Multiple    bool            `json:"multiple,omitempty"`
	Options     []string        `json:"options,omitempty"`
	Default     json.RawMessage `json:"default,omitempty"`
	X           json.RawMessage `json:"x,omitempty"`
}

// Constant is a named value that every run of a version shares.
type Constant struct {
	Name        string          `json:"name"`
	Label       string          `json:"label,omitempty"`
	Description string          `json:"description,omitempty"`
	Type        string          `json:"type"`
	Value       json.RawMessage `json:"value"`
	X           json.RawMessage `json:"x,omitempty"`
}

// Named is a message, signal, error or escalation; name, or code where there is
// one, is its identity.
type Named struct {
	Name        string          `json:"name"`
	Code        string          `json:"code,omitempty"`
	Description string          `json:"description,omitempty"`
	X           json.RawMessage `json:"x,omitempty"`
}

// Note is a text on the canvas; Node ties it to one.
type Note struct {
	ID   string          `json:"id"`
	Text string          `json:"text"`
	Node string          `json:"node,omitempty"`
	At   []float64       `json:"at,omitempty"`
	Size []float64       `json:"size,omitempty"`
	X    json.RawMessage `json:"x,omitempty"`
}

// Group is a frame round nodes; it has no meaning for a run.
type Group struct {
	ID    string          `json:"id"`
	Name  string          `json:"name,omitempty"`
	Nodes []string        `json:"nodes,omitempty"`
	X     json.RawMessage `json:"x,omitempty"`
}

// Place is where a node or the bends of a flow are drawn.
type Place struct {
	At        []float64       `json:"at,omitempty"`
	Size      []float64       `json:"size,omitempty"`
	Bends     [][]float64     `json:"bends,omitempty"`
	Collapsed bool            `json:"collapsed,omitempty"`
	Placed    bool            `json:"placed,omitempty"` // by hand, which laying out may be told to respect
	Color     string          `json:"color,omitempty"`
	X         json.RawMessage `json:"x,omitempty"`
}

// NodeDefinition is a node as authors write it.
type NodeDefinition struct {
	ID          string          `json:"id"`
	Kind        string          `json:"kind"`
	Name        string          `json:"name,omitempty"`
	Description string          `json:"description,omitempty"`
	Robot       string          `json:"robot,omitempty"`
	Config      json.RawMessage `json:"config,omitempty"`
	Disabled    bool            `json:"disabled,omitempty"`
	Default     string          `json:"default,omitempty"`

	Trigger      *Trigger `json:"trigger,omitempty"`
	Effect       *Throw   `json:"effect,omitempty"`
	AttachedTo   string   `json:"attachedTo,omitempty"`
	Interrupting *bool    `json:"interrupting,omitempty"` // absent = true

	Nodes     []NodeDefinition `json:"nodes,omitempty"`
	Flows     []Flow           `json:"flows,omitempty"`
	Variables []Variable       `json:"variables,omitempty"`

	Event       bool   `json:"event,omitempty"`
	Transaction bool   `json:"transaction,omitempty"`
	AdHoc       *AdHoc `json:"adHoc,omitempty"`
	Need        int    `json:"need,omitempty"`
	Loop        *Loop  `json:"loop,omitempty"`
	Each        *Each  `json:"each,omitempty"`
	Needs       *int   `json:"needs,omitempty"` // tokens that one run of the activity takes; absent = 1
	Gives       *int   `json:"gives,omitempty"` // tokens that it sends along each flow; absent = 1
	Handler     string `json:"handler,omitempty"`

	Policy *Policy         `json:"policy,omitempty"`
	X      json.RawMessage `json:"x,omitempty"`
}

// Policy says what a failing effect does before anybody is asked.
type Policy struct {
	Retry   *Retry `json:"retry,omitempty"`
	OnError string `json:"onError,omitempty"`   // incident (default) | continue
	Unknown string `json:"onUnknown,omitempty"` // resend | ask: the outcome of a send is not known
	// As is the user on whose behalf it works, for those who read what it changed.
	As json.RawMessage `json:"as,omitempty"`
}

// Retry bounds the attempts of an effect.
type Retry struct {
	Max   int    `json:"max,omitempty"`
	First string `json:"first,omitempty"` // ISO 8601 duration of the first pause
	Most  string `json:"most,omitempty"`  // longest pause
}

// Flow is an edge between two nodes of one scope. When is an expression.
type Flow struct {
	ID    string          `json:"id"`
	From  string          `json:"from"`
	Port  string          `json:"port,omitempty"`
	To    string          `json:"to"`
	When  string          `json:"when,omitempty"`
	Order int             `json:"order,omitempty"`
	Name  string          `json:"name,omitempty"`
	X     json.RawMessage `json:"x,omitempty"`
}

// Trigger says what starts a run or what an event node waits for. Start events
// use On; catch and boundary events use one of the event members.
type Trigger struct {
	On       string   `json:"on,omitempty"` // manual | stageEntered | recordCreated | recordChanged | schedule | webhook | form
	Pipeline string   `json:"pipeline,omitempty"`
	Stage    string   `json:"stage,omitempty"`
	Type     string   `json:"type,omitempty"`   // record type, where appliesTo is not meant
	Fields   []string `json:"fields,omitempty"` // recordChanged: only these
	When     string   `json:"when,omitempty"`   // expression over the record
	Cron     string   `json:"cron,omitempty"`
	Zone     string   `json:"zone,omitempty"`
	Overlap  string   `json:"overlap,omitempty"` // skip | queue | allow
	CatchUp  string   `json:"catchUp,omitempty"` // ISO 8601 duration
	Form     string   `json:"form,omitempty"`

	Timer        *TimerRule   `json:"timer,omitempty"`
	Message      *MessageRule `json:"message,omitempty"`
	Signal       *CodeRule    `json:"signal,omitempty"`
	Error        *CodeRule    `json:"error,omitempty"`
	Escalation   *CodeRule    `json:"escalation,omitempty"`
	Conditional  string       `json:"conditional,omitempty"`
	Compensation bool         `json:"compensation,omitempty"`
	Cancel       bool         `json:"cancel,omitempty"`
	Any          []Trigger    `json:"any,omitempty"`
	All          []Trigger    `json:"all,omitempty"`
}

// TimerRule is one of at, after and every. Values are literals or expressions;
// the host turns the rule into an instant once, when it is armed.
type TimerRule struct {
	At     json.RawMessage `json:"at,omitempty"`
	Before json.RawMessage `json:"before,omitempty"` // so much earlier than at
	After  json.RawMessage `json:"after,omitempty"`
	Every  json.RawMessage `json:"every,omitempty"`
	Times  int             `json:"times,omitempty"` // of every; 0 = without end
	// Time and Within are of at: a time of day on the date that comes out, and the
	// calendar into whose working time the moment is moved.
	Time   string `json:"time,omitempty"`
	Within string `json:"within,omitempty"`
}

// MessageRule names a message and the key that picks the run. Who waits may say
// Into, who sends Body: a list of names and values.
type MessageRule struct {
	Name string          `json:"name"`
	Key  json.RawMessage `json:"key,omitempty"`
	Into string          `json:"into,omitempty"` // variable that takes the body
	Body []ValueRule     `json:"body,omitempty"`
}

// ValueRule gives a name a literal or the value of an expression.
type ValueRule struct {
	Name  string          `json:"name"`
	Value json.RawMessage `json:"value"`
}

// CodeRule names a signal, an error or an escalation; an empty code catches all
// (of a signal it is refused). Into and Body are a signal's, as a message's.
type CodeRule struct {
	Code string      `json:"code,omitempty"`
	Into string      `json:"into,omitempty"`
	Body []ValueRule `json:"body,omitempty"`
}

// Throw is the effect of an end or throw event; several are listed in All.
type Throw struct {
	Message      *MessageRule `json:"message,omitempty"`
	Signal       *CodeRule    `json:"signal,omitempty"`
	Error        *CodeRule    `json:"error,omitempty"`
	Escalation   *CodeRule    `json:"escalation,omitempty"`
	Compensation *string      `json:"compensation,omitempty"`
	Wait         *bool        `json:"wait,omitempty"` // of compensation: for the handlers; absent = true
	Terminate    bool         `json:"terminate,omitempty"`
	Cancel       bool         `json:"cancel,omitempty"`
	All          []Throw      `json:"all,omitempty"`
}
