package trigger

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/fluxo-app/fluxo/engine/core"
)

// The kinds of triggers; their configs are in schemas/trigger.
const (
	Webhook            = "webhook"
	Form               = "form"
	Callback           = "callback"
	Visit              = "visit"
	ReturningVisit     = "returningVisit"
	FieldsChanged      = "fieldsChanged"
	ResponsibleChanged = "responsibleChanged"
	TaskStatus         = "taskStatus"
	ActivityDone       = "activityDone"
	DocumentCreated    = "documentCreated"
	ResourceBooked     = "resourceBooked"
	Reported           = "reported"
)

// Reports are what other systems report by name, for triggers of the kind Reported.
var Reports = []string{"payment", "shipment", "missedCall", "documentOpened", "codeScanned"}

// Trigger is what people set up on a stage.
type Trigger struct {
	ID        string          `json:"id"`
	Type      string          `json:"type"`
	Name      string          `json:"name,omitempty"`
	Config    json.RawMessage `json:"config,omitempty"`
	When      string          `json:"when,omitempty"`
	AllowBack bool            `json:"allowBack,omitempty"`
	OnBehalf  string          `json:"onBehalf,omitempty"`
	Disabled  bool            `json:"disabled,omitempty"`
}

// Placed is a trigger with the stage it sits on.
type Placed struct {
	Trigger
	Stage string
}

// Occurrence is one happening about one record. ID names it for ever: told
// twice, it is one happening.
type Occurrence struct {
	ID     string
	Kind   string
	Record core.RecordRef
	At     time.Time
	// ByRun: a process did it, and not a person or another system.
	ByRun bool
	// Depth is the length of the causal chain so far, Chain what it consists of; a
	// happening from outside has none.
	Depth int
	Chain []core.Link
	// Event is what configs are compared with and conditions read as "event".
	Event map[string]any
}

func (o Occurrence) text(name string) string { s, _ := o.Event[name].(string); return s }

// config holds the members of all kinds of configs.
type config struct {
	Code        string   `json:"code"`
	Form        string   `json:"form"`
	Page        string   `json:"page"`
	Fields      []string `json:"fields"`
	To          []string `json:"to"`
	Types       []string `json:"types"`
	Name        string   `json:"name"`
	Outcome     string   `json:"outcome"`
	ByProcesses bool     `json:"byProcesses"`
	Resources   []string `json:"resources"`
	Events      []string `json:"events"`
}

// HearsRobots tells whether what a robot writes into fields of a record may bring
// the record to the stage of the trigger.
func (t Trigger) HearsRobots(fields []string) bool {
	var c config
	if len(t.Config) > 0 && json.Unmarshal(t.Config, &c) != nil || !c.ByProcesses {
		return false
	}
	switch t.Type {
	case FieldsChanged:
		return slices.ContainsFunc(c.Fields, func(f string) bool { return slices.Contains(fields, f) })
	case ResponsibleChanged:
		return slices.Contains(fields, "responsible")
	}
	return false
}

// Meant tells whether the config of a trigger is about this very happening. among
// tells whether a person is meant by a choice of people: the person, a group, a
// role or a department.
func (t Trigger) Meant(o Occurrence, among func(who, user string) bool) bool {
	var c config
	if len(t.Config) > 0 && json.Unmarshal(t.Config, &c) != nil {
		return false
	}
	same := func(want, have string) bool { return want == "" || strings.EqualFold(strings.TrimSpace(want), have) }
	within := func(part, whole string) bool {
		return part == "" || strings.Contains(strings.ToLower(whole), strings.ToLower(strings.TrimSpace(part)))
	}
	switch o.Kind {
	case Webhook:
		return c.Code != "" && c.Code == o.text("code")
	case Form, Callback:
		return c.Form == "" || c.Form == o.text("form")
	case Visit, ReturningVisit:
		return within(c.Page, o.text("page"))
	case FieldsChanged:
		// covers B-15: what a process changes moves nothing unless the trigger says so.
		changed, _ := o.Event["fields"].(map[string]any)
		return (c.ByProcesses || !o.ByRun) && slices.ContainsFunc(c.Fields, func(f string) bool { _, is := changed[f]; return is })
	case ResponsibleChanged:
		return (c.ByProcesses || !o.ByRun) && (len(c.To) == 0 || slices.ContainsFunc(c.To, func(who string) bool { return among(who, o.text("after")) }))
	case TaskStatus:
		return same(c.Name, o.text("name")) && same(c.Outcome, o.text("outcome"))
	case ActivityDone:
		return len(c.Types) == 0 || slices.Contains(c.Types, o.text("type"))
	case DocumentCreated:
		return within(c.Name, o.text("name"))
	case Reported:
		return len(c.Events) == 0 || slices.Contains(c.Events, o.text("event"))
	case ResourceBooked:
		return len(c.Resources) == 0 || slices.Contains(c.Resources, o.text("id"))
	}
	return false
}
