package automation

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/server/crm"
)

// Kinds of the links of a chain. The first of a chain is somebody or something from
// outside; triggers, runs, messages and signals are what the budget counts.
const (
	LinkUser     = "user"
	LinkForm     = "form"
	LinkImport   = "import"
	LinkIntake   = "intake"
	LinkCall     = "call"
	LinkVisit    = "visit"
	LinkSchedule = "schedule"
	LinkWebhook  = "webhook"
	LinkSystem   = "system"
	LinkChange   = "change"
	LinkTask     = "task"
	LinkActivity = "activity"
	LinkDocument = "document"
	LinkTrigger  = "trigger"
	LinkRun      = "run"
	LinkMessage  = "message"
	LinkSignal   = "signal"
	LinkUndo     = "undo"
)

// Counts tells whether a link uses up the budget of its chain.
func Counts(kind string) bool {
	return kind == LinkTrigger || kind == LinkRun
}

// Causes knows what led to runs.
type Causes interface {
	// Cause gives what led to a run, and the run as a link.
	Cause(ctx context.Context, run string) (core.Cause, core.Link, error)
}

// Origin is what is known of who has changed something.
type Origin struct {
	Actor string
	// Cause is that of a domain event: "run:<id>", "form:<id>", "" for the actor.
	Cause string
	// Chain is there when it was handed over as it is.
	Chain []crm.Link
}

// LedTo is the chain that led to something, the first cause first.
//
// covers 5.8
func LedTo(ctx context.Context, causes Causes, o Origin) ([]core.Link, error) {
	if len(o.Chain) > 0 {
		return links(o.Chain), nil
	}
	kind, id, _ := strings.Cut(o.Cause, ":")
	if kind == LinkRun {
		cause, run, err := causes.Cause(ctx, id)
		if err != nil {
			return nil, fmt.Errorf("what led to run %s: %w", id, err)
		}
		return append(slices.Clip(cause.Chain), run), nil
	}
	switch {
	case kind != "":
		return []core.Link{{Kind: kind, ID: id}}, nil
	case o.Actor != "":
		return []core.Link{{Kind: LinkUser, ID: o.Actor}}, nil
	}
	return []core.Link{{Kind: LinkSystem}}, nil
}

func links(of []crm.Link) []core.Link {
	out := make([]core.Link, len(of))
	for i, l := range of {
		out[i] = core.Link{Kind: l.Kind, ID: l.ID, Key: l.Key, Record: l.Record, Stage: l.Stage, Fields: l.Fields, At: core.Instant(l.At)}
	}
	return out
}

// Kept is a chain as stories keep it.
func Kept(of []core.Link) []crm.Link {
	out := make([]crm.Link, len(of))
	for i, l := range of {
		out[i] = crm.Link{Kind: l.Kind, ID: l.ID, Key: l.Key, Record: l.Record, Stage: l.Stage, Fields: l.Fields, At: int64(l.At)}
	}
	return out
}

// fieldsTold bounds the fields that a link names.
const fieldsTold = 8

// changed is the link of a change of a record.
func (h happening) changed() core.Link {
	l := core.Link{Kind: LinkChange, ID: h.on, Key: h.pipeline, Record: h.record.Type + ":" + h.record.ID, At: h.at}
	if h.on == "stageEntered" {
		l.Stage = h.stage
		return l
	}
	l.Fields = slices.Sorted(slices.Values(h.fields))
	l.Fields = l.Fields[:min(len(l.Fields), fieldsTold)]
	return l
}

// ledTo is the chain of what a happening starts.
func (s *Service) ledTo(ctx context.Context, h happening) ([]core.Link, error) {
	chain, err := LedTo(ctx, s.Causes, Origin{Actor: h.actor, Cause: h.cause, Chain: h.chain})
	if err != nil {
		return nil, err
	}
	return append(chain, h.changed()), nil
}
