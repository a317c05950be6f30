package definition

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/graph"
	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/problem"
)

// StartRule says what starts runs of a published version at one start node. It
// is made anew when it begins to listen to something else: what happened before
// its CreatedAt does not start it.
type StartRule struct {
	docstore.Entity
	DefinitionKey string   `json:"definitionKey"`
	Name          string   `json:"name"`
	Version       int      `json:"version"`
	Node          string   `json:"node"`
	On            string   `json:"on"`
	Type          string   `json:"type"` // record type
	Pipeline      string   `json:"pipeline,omitempty"`
	Stage         string   `json:"stage,omitempty"`
	Event         string   `json:"event,omitempty"` // name of the message or signal
	Fields        []string `json:"fields,omitempty"`
	When          string   `json:"when,omitempty"`
	// ByProcesses lets changes that processes made start it too. covers B-15
	ByProcesses bool `json:"byProcesses,omitempty"`
	// Entry: the run is told which entry of the stage it belongs to.
	Entry bool `json:"entry,omitempty"`
}

// Parameters by which a run learns which entry of a stage has started it. A
// process that declares both is given them.
const (
	EntryParameter     = "entry"     // revision of the record
	EnteredAtParameter = "enteredAt" // instant
)

func tellsEntry(def *graph.Definition) bool {
	declared := func(name string) bool {
		return slices.ContainsFunc(def.Parameters, func(v graph.Variable) bool { return v.Name == name })
	}
	return declared(EntryParameter) && declared(EnteredAtParameter)
}

// What start rules of event triggers listen to.
const (
	OnMessage = "message"
	OnSignal  = "signal"
)

// Sync makes the start rules and schedules of a definition follow its published
// version. It is idempotent: publishing calls it, and so does the delivery of
// EventPublished, in case the first call was cut short.
// Both may run at the same moment: who loses a write looks again.
func (s *Service) Sync(ctx context.Context, key string) error {
	const attempts = 20
	for attempt := 1; ; attempt++ {
		err := s.sync(ctx, key)
		if !errors.Is(err, docstore.ErrConflict) || attempt == attempts {
			return err
		}
	}
}

func (s *Service) sync(ctx context.Context, key string) error {
	want := map[string]StartRule{}
	var schedules []ScheduleRule
	d, err := s.definitions.Get(ctx, key)
	if err != nil && !errors.Is(err, docstore.ErrNotFound) {
		return fmt.Errorf("sync %s: %w", key, err)
	}
	if err == nil && d.Published > 0 && !d.Disabled {
		text, err := s.Process(ctx, key, d.Published)
		if err != nil {
			return err
		}
		def, err := graph.Parse(text)
		if err != nil {
			return fmt.Errorf("sync %s: %w", key, err)
		}
		for _, n := range def.Nodes {
			if n.Kind != "startEvent" || n.Trigger == nil || n.Disabled {
				continue
			}
			t := n.Trigger
			if t.Timer != nil {
				rule, err := json.Marshal(t.Timer)
				if err != nil {
					return fmt.Errorf("sync %s, node %s: %w", key, n.ID, err)
				}
				schedules = append(schedules, ScheduleRule{Node: core.NodeID(n.ID), Cron: string(rule), Zone: t.Zone})
				continue
			}
			if t.On == "schedule" {
				schedules = append(schedules, ScheduleRule{Node: core.NodeID(n.ID), Cron: t.Cron, Zone: t.Zone})
				continue
			}
			r := StartRule{Entity: docstore.Entity{ID: key + "/" + n.ID}, DefinitionKey: key, Name: def.Name, Version: d.Published, Node: n.ID,
				On: t.On, Type: t.Type, Pipeline: t.Pipeline, Stage: t.Stage, Fields: t.Fields, When: t.When}
			switch {
			case t.Message != nil:
				r.On, r.Event = OnMessage, t.Message.Name
			case t.Signal != nil:
				r.On, r.Event = OnSignal, t.Signal.Code
			case r.On == "":
				r.On = "manual"
			}
			if r.Type == "" {
				r.Type = def.AppliesTo
			}
			var options struct {
				ByProcesses bool `json:"byProcesses"`
			}
			if len(n.Config) > 0 {
				if err := json.Unmarshal(n.Config, &options); err != nil {
					return fmt.Errorf("sync %s, node %s: %w", key, n.ID, err)
				}
			}
			r.ByProcesses = options.ByProcesses
			r.Entry = r.On == "stageEntered" && tellsEntry(def)
			want[r.ID] = r
		}
	}
	have, err := s.rules.All(ctx, docstore.Query{Filters: []docstore.Filter{{Path: "definitionKey", Op: docstore.Eq, Value: key}}}, 1000)
	if err != nil {
		return fmt.Errorf("sync %s: %w", key, err)
	}
	for _, old := range have {
		r, keep := want[old.ID]
		switch {
		case keep && old.Version > r.Version:
			delete(want, old.ID)
			continue // a newer publication was here first
		case !keep || !r.listensLike(old):
			err = s.rules.Delete(ctx, old.ID, old.Rev)
		default:
			delete(want, old.ID)
			r.Rev = old.Rev
			_, err = s.rules.Save(ctx, r)
		}
		if err != nil && !errors.Is(err, docstore.ErrNotFound) {
			return fmt.Errorf("sync %s: %w", key, err)
		}
	}
	for _, r := range want {
		if _, err := s.rules.Save(ctx, r); err != nil && !errors.Is(err, docstore.ErrExists) {
			return fmt.Errorf("sync %s: %w", key, err)
		}
	}
	return s.Scheduler.SyncSchedules(ctx, key, schedules)
}

// listensLike tells whether both wait for the same, so that nothing which the one
// has heard of is news to the other.
func (r StartRule) listensLike(old StartRule) bool {
	return r.On == old.On && r.Type == old.Type && r.Pipeline == old.Pipeline && r.Stage == old.Stage && r.Event == old.Event
}

// Rules lists the start rules that listen to one kind of happening.
func (s *Service) Rules(ctx context.Context, on string) ([]StartRule, error) {
	return s.rules.All(ctx, docstore.Query{Filters: []docstore.Filter{{Path: "on", Op: docstore.Eq, Value: on}}}, 10_000)
}

// Hook finds the start node that a webhook call may start.
func (s *Service) Hook(ctx context.Context, key, token string) (StartRule, error) {
	refused := problem.NotFound("webhook")
	d, err := s.definitions.Get(ctx, key)
	if errors.Is(err, docstore.ErrNotFound) {
		return StartRule{}, refused
	}
	if err != nil {
		return StartRule{}, err
	}
	if subtle.ConstantTimeCompare([]byte(d.WebhookToken), []byte(token)) != 1 {
		return StartRule{}, refused
	}
	rules, err := s.rules.All(ctx, docstore.Query{Filters: []docstore.Filter{{Path: "definitionKey", Op: docstore.Eq, Value: key}}}, 1000)
	if err != nil {
		return StartRule{}, err
	}
	for _, r := range rules {
		if r.On == "webhook" {
			return r, nil
		}
	}
	return StartRule{}, refused
}
