package trigger

import (
	"context"
	"strconv"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/server/automation"
	"github.com/fluxo-app/fluxo/server/crm"
	"github.com/fluxo-app/fluxo/server/docstore"
)

// ledTo is what led to a happening; one from outside is the first of its chain.
func (o Occurrence) ledTo() []core.Link {
	if len(o.Chain) > 0 {
		return o.Chain
	}
	first := core.Link{Kind: automation.LinkSystem, At: core.Instant(o.At.UnixMilli())}
	switch o.Kind {
	case Webhook:
		first.Kind, first.ID = automation.LinkCall, o.text("code")
	case Form, Callback:
		first.Kind, first.ID = automation.LinkForm, o.text("form")
	case Visit, ReturningVisit:
		first.Kind, first.ID = automation.LinkVisit, o.text("page")
	}
	return []core.Link{first}
}

// link is a trigger that moves a record.
func (s *Service) link(o Occurrence, t Placed, r Record) core.Link {
	return core.Link{Kind: automation.LinkTrigger, ID: t.ID, Key: r.Pipeline, Record: o.Record.Type + ":" + o.Record.ID, Stage: t.Stage, At: core.Instant(s.Clock.Now().UnixMilli())}
}

// tooLong writes into the story of a record that a trigger was not let move it, and
// what had caused each other.
func (s *Service) tooLong(ctx context.Context, o Occurrence, t Placed) error {
	e := crm.Entry{Entity: docstore.Entity{ID: effect(o) + ":chainTooLong"}, Record: o.Record.Type + ":" + o.Record.ID, At: docstore.At(s.Clock.Now()), Kind: "run",
		Data: map[string]any{"event": "chainTooLong", "trigger": t.ID, "definitionName": t.Name, "reason": "more than " + strconv.Itoa(automation.MaxDepth) + " changes and processes caused each other"}}
	_, err := s.Entries.AddLed(ctx, e, automation.Kept(o.ledTo()))
	return err
}
