package definition

import (
	"time"

	"github.com/fluxo-app/fluxo/server/docstore"
)

// Kinds of the events of definitions, for the audit trail.
const (
	EventDraftSaved     = "definitionDraftSaved"
	EventDraftDiscarded = "definitionDraftDiscarded"
	EventChanged        = "definitionChanged"
)

// sitting is how long the savings of one author count as one act: the designer
// saves by itself every few seconds.
const sitting = 15 * time.Minute

// beforeAfter is the body of events that tell what changed.
type beforeAfter struct {
	Before any `json:"before,omitempty"`
	After  any `json:"after,omitempty"`
}

func event(kind string, body any, actor string) (docstore.Event, error) {
	e, err := docstore.NewEvent(kind, body)
	e.Actor = actor
	return e, err
}

// changed tells what was edited beside the process itself.
func changed(before, after definition, actor string) (docstore.Event, error) {
	of := func(d definition) map[string]any {
		return map[string]any{"name": d.Name, "description": d.Description, "enabled": !d.Disabled}
	}
	return event(EventChanged, beforeAfter{of(before), of(after)}, actor)
}

// drafted tells of a saved draft once per author and sitting, and always when the
// draft went back to what is published.
func (s *Service) drafted(before definition, after *definition, actor string) ([]docstore.Event, error) {
	discarded := after.Hash != "" && after.DraftHash == after.Hash && before.DraftHash != before.Hash
	now := s.Clock.Now()
	if !discarded && after.NotedBy == actor && now.Sub(after.NotedAt.Time) < sitting {
		return nil, nil
	}
	after.NotedBy, after.NotedAt = actor, docstore.At(now)
	type of struct {
		Name  string `json:"name"`
		Draft int64  `json:"draft"`
	}
	kind := EventDraftSaved
	if discarded {
		kind = EventDraftDiscarded
		after.NotedBy = "" // what is saved next begins anew
	}
	e, err := event(kind, beforeAfter{of{before.Name, before.DraftRev}, of{after.Name, after.DraftRev}}, actor)
	return []docstore.Event{e}, err
}
