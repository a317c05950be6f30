package app

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"

	"github.com/fluxo-app/fluxo/engine/clock"
	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/host"
	"github.com/fluxo-app/fluxo/engine/message"
	"github.com/fluxo-app/fluxo/engine/store"
	"github.com/fluxo-app/fluxo/server/audit"
	"github.com/fluxo-app/fluxo/server/automation"
	"github.com/fluxo-app/fluxo/server/crm"
	"github.com/fluxo-app/fluxo/server/definition"
	"github.com/fluxo-app/fluxo/server/docstore"
)

// eventStarts starts runs by messages and signals.
type eventStarts struct {
	definitions *definition.Service
	host        *link
	causes      chains
	crm         *crm.Service
	trail       *audit.Log
	clock       clock.Clock
	log         *slog.Logger
}

// MessageStarts implements message.Starter.
func (e eventStarts) MessageStarts(ctx context.Context, name string) ([]message.Start, error) {
	return e.starts(ctx, definition.OnMessage, name)
}

// SignalStarts implements message.Starter.
func (e eventStarts) SignalStarts(ctx context.Context, name string) ([]message.Start, error) {
	return e.starts(ctx, definition.OnSignal, name)
}

func (e eventStarts) starts(ctx context.Context, on, name string) ([]message.Start, error) {
	rules, err := e.definitions.Rules(ctx, on)
	if err != nil {
		return nil, fmt.Errorf("read what %s %s starts: %w", on, name, err)
	}
	var out []message.Start
	for _, r := range rules {
		if r.Event == name {
			out = append(out, message.Start{DefinitionKey: r.DefinitionKey, Node: core.NodeID(r.Node)})
		}
	}
	slices.SortFunc(out, func(a, b message.Start) int {
		return cmp.Or(cmp.Compare(a.DefinitionKey, b.DefinitionKey), cmp.Compare(a.Node, b.Node))
	})
	return out, nil
}

// StartRun implements message.Starter.
func (e eventStarts) StartRun(ctx context.Context, run core.RunID, start message.Start, cause core.Cause, actor string, body core.Values) error {
	// Of the run that threw it the message knows the id only.
	if len(cause.Chain) == 1 && cause.Chain[0].Kind == automation.LinkRun {
		led, err := automation.LedTo(ctx, e.causes, automation.Origin{Cause: automation.LinkRun + ":" + cause.Chain[0].ID})
		if err != nil {
			return err
		}
		cause.Chain = led
	} else if actor != "" {
		cause.Chain = []core.Link{{Kind: automation.LinkUser, ID: actor}}
	}
	cause.Chain = append(cause.Chain, core.Link{Kind: cause.Kind, ID: cause.ID})
	if cause.Depth > automation.MaxDepth {
		e.log.WarnContext(ctx, "too many runs have caused each other", "process", start.DefinitionKey, "cause", cause.Kind+" "+cause.ID)
		if err := e.tooLong(ctx, run, start, cause.Chain); err != nil {
			return err
		}
		return store.ErrNotFound
	}
	if body == nil {
		body = core.Values{}
	}
	_, _, err := e.host.Start(ctx, host.StartRequest{ID: run, DefinitionKey: start.DefinitionKey, Node: start.Node, StartedBy: actor, Cause: &cause, Event: body})
	if errors.Is(err, store.ErrExists) {
		return nil
	}
	return err
}

// tooLong writes into the story of the record that the chain was about last that
// nothing was started, and what had caused each other. A chain about no record stands
// in the trail, where operators list it.
func (e eventStarts) tooLong(ctx context.Context, run core.RunID, start message.Start, chain []core.Link) error {
	record := ""
	for _, l := range slices.Backward(chain) {
		if record = l.Record; record != "" {
			break
		}
	}
	name := start.DefinitionKey
	if d, err := e.definitions.Summary(ctx, start.DefinitionKey); err == nil {
		name = d.Name
	}
	if record == "" {
		detail, err := json.Marshal(map[string]any{"after": map[string]any{"definition": start.DefinitionKey, "name": name, "links": chain}})
		if err != nil {
			return fmt.Errorf("note a chain that was cut: %w", err)
		}
		return e.trail.Append(ctx, audit.Entry{At: docstore.At(e.clock.Now()), Action: audit.ChainCut, Object: "chain:" + string(run), Source: "chain:" + string(run) + ":cut", Detail: detail})
	}
	entry := crm.Entry{Entity: docstore.Entity{ID: string(run) + ":chainTooLong"}, Record: record, At: docstore.At(e.clock.Now()), Kind: "run",
		Data: map[string]any{"event": "chainTooLong", "definition": start.DefinitionKey, "definitionName": name,
			"reason": fmt.Sprintf("more than %d changes and processes caused each other", automation.MaxDepth)}}
	_, err := e.crm.AddLed(ctx, entry, automation.Kept(chain))
	return err
}
