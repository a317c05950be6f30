package robot

import (
	"context"
	"encoding/json"
	"fmt"
	"sort"
	"time"
)

// Class tells what may be done when the outcome of an attempt is not known.
type Class string

// Effect classes, see docs/execution.md, "Effects".
const (
	// Pure touches nothing outside the run.
	Pure Class = "pure"
	// Internal changes data of this installation, conditionally on the effect id.
	Internal Class = "internal"
	// Keyed reaches outside with an idempotency key: an attempt may be repeated.
	Keyed Class = "keyed"
	// Unkeyed reaches outside without one: the performer calls Request.Sending
	// right before the irreversible act; a crash after it leaves the effect unknown.
	Unkeyed Class = "unkeyed"
)

// Field is one named result that later steps may use as steps.<node>.<name>.
type Field struct {
	Name string `json:"name"`
	Type string `json:"type"`
}

// Descriptor describes one robot. Schema is the JSON Schema of its config with
// UI hints (x-widget) and translations (x-i18n); Ports are its exits, the
// normal one being "" and always present.
type Descriptor struct {
	Key      string          `json:"key"`
	Category string          `json:"category"`
	Icon     string          `json:"icon"`
	Class    Class           `json:"class"`
	Ports    []string        `json:"ports,omitempty"`
	Results  []Field         `json:"results,omitempty"`
	Schema   json.RawMessage `json:"schema"`
}

// Run is what a performer may know of the run it works for.
type Run struct {
	ID            string `json:"id"`
	DefinitionKey string `json:"definitionKey"`
	Version       int    `json:"version"`
	RecordType    string `json:"recordType,omitempty"`
	RecordID      string `json:"recordId,omitempty"`
	StartedBy     string `json:"startedBy,omitempty"`
	CauseDepth    int    `json:"causeDepth,omitempty"`
	// Actor is the user on whose behalf the step works, "" for nobody's.
	Actor string `json:"actor,omitempty"`
}

// Request is one attempt of one effect. EffectID is stable over attempts and is
// the idempotency key. Config has every expression and template resolved.
// Scope holds vars, params and steps for performers that render templates.
// Sending must be called by Unkeyed performers right before the irreversible
// act; when it returns an error the attempt must stop.
type Request struct {
	EffectID string
	Attempt  int
	Node     string
	NodeName string
	Run      Run
	Config   map[string]any
	Scope    map[string]any
	Now      time.Time
	// OpenedAt is when the effect was opened, the same for every attempt.
	OpenedAt time.Time
	Sending  func(ctx context.Context) error
}

// SecretParts is the only member of what a text of a Config becomes when it names
// secrets: a list of texts and of {"secret": id}, which whoever sends puts together.
// Kept and shown is this, never a secret.
const SecretParts = "$parts"

// Result is a successful attempt. Values become steps.<node>.*, Variables are
// written to run variables, Port chooses the exit ("" = normal). With Until set
// the effect is not finished but performed again at that moment (a wait). With
// Pending set it stays open until somebody completes it by effect id.
type Result struct {
	Port      string
	Values    map[string]any
	Variables map[string]any
	Until     time.Time
	Pending   bool
}

// FailureKind tells the executor what a failed attempt means.
type FailureKind string

// The kinds of failure.
const (
	// Temporary may go away: retried by the node's policy, then an incident.
	Temporary FailureKind = "temporary"
	// Permanent cannot go away by itself: an incident at once.
	Permanent FailureKind = "permanent"
	// Unknown: the irreversible act may have happened; the node's policy decides.
	Unknown FailureKind = "unknown"
	// Thrown is a business error with a code for boundary error events.
	Thrown FailureKind = "thrown"
)

// Failure is the error of an attempt. Any other error is taken as Temporary
// with code "internal". Message and Remedy are shown to people.
type Failure struct {
	Kind       FailureKind
	Code       string
	Message    string
	Remedy     string
	Detail     map[string]any
	RetryAfter time.Duration
	Cause      error
}

// Error is the message with its code.
func (f *Failure) Error() string { return fmt.Sprintf("%s: %s", f.Code, f.Message) }

// Unwrap gives the cause.
func (f *Failure) Unwrap() error { return f.Cause }

// Performer carries out one kind of effect. It must tolerate being called again
// with the same EffectID after a crash at any point.
type Performer interface {
	Descriptor() Descriptor
	Perform(ctx context.Context, req Request) (Result, error)
}

// Catalog is the fixed set of performers of an installation, constant after New.
type Catalog struct {
	byKey map[string]Performer
	keys  []string
}

// NewCatalog builds a catalog; two performers with one key are a programming error.
func NewCatalog(performers ...Performer) *Catalog {
	c := &Catalog{byKey: make(map[string]Performer, len(performers))}
	for _, p := range performers {
		key := p.Descriptor().Key
		if _, taken := c.byKey[key]; taken {
			panic("robot: two performers for " + key)
		}
		c.byKey[key] = p
		c.keys = append(c.keys, key)
	}
	sort.Strings(c.keys)
	return c
}

// Performer gives the performer of a key.
func (c *Catalog) Performer(key string) (Performer, bool) {
	p, ok := c.byKey[key]
	return p, ok
}

// Descriptors lists all descriptors by key.
func (c *Catalog) Descriptors() []Descriptor {
	out := make([]Descriptor, 0, len(c.keys))
	for _, key := range c.keys {
		out = append(out, c.byKey[key].Descriptor())
	}
	return out
}
