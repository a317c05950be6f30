package trigger

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/server/automation"
	"github.com/fluxo-app/fluxo/server/booking"
	"github.com/fluxo-app/fluxo/server/crm"
	"github.com/fluxo-app/fluxo/server/docstore"
)

// Entries reads the story of a record, which tells of tasks and documents.
type Entries interface {
	Entry(ctx context.Context, id string) (crm.Entry, error)
	AddLed(ctx context.Context, e crm.Entry, chain []crm.Link) (crm.Entry, error)
}

// Wants tells whether a delivery is a happening that triggers hear of.
func (s *Service) Wants(d docstore.Delivery) bool {
	switch {
	case crm.OfRecords(d):
		return strings.HasSuffix(d.Event.Kind, ".changed")
	case d.Event.Kind == called, d.Event.Kind == booking.EventReserved:
		return true
	case d.Event.Kind == crm.TimelineAdded:
		_, kind := added(d)
		return kind == "task" || kind == "document" || kind == "activity"
	}
	return false
}

// Take is the relay's consumer of domain events.
func (s *Service) Take(ctx context.Context, d docstore.Delivery) error {
	if d.Event.Kind == called {
		return s.takeCall(ctx, d.DocumentID)
	}
	all, err := s.read(ctx, d)
	if err != nil {
		return fmt.Errorf("read %s of %s: %w", d.Event.Kind, d.DocumentID, err)
	}
	for _, o := range all {
		o.At = d.At
		if _, err := s.Happened(ctx, o); err != nil {
			return err
		}
	}
	return nil
}

// read tells what happened.
//
// covers B-68
func (s *Service) read(ctx context.Context, d docstore.Delivery) ([]Occurrence, error) {
	if d.Event.Kind == crm.TimelineAdded {
		return s.readEntry(ctx, d.DocumentID)
	}
	if d.Event.Kind == booking.EventReserved {
		return readBooking(d)
	}
	if crm.ByUndo(d.Event.Cause) {
		return nil, nil
	}
	_, e, err := crm.EventOf(d)
	if err != nil {
		return nil, err
	}
	chain, err := automation.LedTo(ctx, s.Causes, automation.Origin{Actor: d.Event.Actor, Cause: d.Event.Cause, Chain: e.Chain})
	if err != nil {
		return nil, err
	}
	o := Occurrence{ID: d.Collection + ":" + d.DocumentID + ":" + strconv.FormatInt(d.Seq, 10), Kind: FieldsChanged, Record: core.RecordRef{Type: e.Type, ID: d.DocumentID},
		ByRun: strings.HasPrefix(d.Event.Cause, "run:"), Depth: d.Event.Depth}
	changed := core.Link{Kind: automation.LinkChange, ID: "recordChanged", Key: e.Pipeline, Record: e.Type + ":" + d.DocumentID, At: core.Instant(d.At.UnixMilli())}
	changed.Fields = slices.Sorted(maps.Keys(e.Changes))
	o.Chain = append(chain, changed)
	fields := make(map[string]any, len(e.Changes))
	for name, change := range e.Changes {
		fields[name] = map[string]any{"before": change.Before, "after": change.After}
	}
	o.Event = map[string]any{"fields": fields}
	all := []Occurrence{o}
	if change, is := e.Changes["responsible"]; is {
		o.ID, o.Kind = o.ID+":responsible", ResponsibleChanged
		before, _ := change.Before.(string)
		o.Event = map[string]any{"before": before, "after": e.Card.ResponsibleID}
		all = append(all, o)
	}
	return all, nil
}

// readBooking tells of a booking for a record.
//
// covers G-19
func readBooking(d docstore.Delivery) ([]Occurrence, error) {
	c, err := booking.Read(d)
	if err != nil || c.After.Record == nil {
		return nil, err
	}
	b := *c.After
	return []Occurrence{{ID: "booking:" + b.ID, Kind: ResourceBooked, Record: core.RecordRef{Type: b.Record.Type, ID: b.Record.ID},
		ByRun: strings.HasPrefix(d.Event.Cause, "run:"), Depth: d.Event.Depth,
		Event: map[string]any{"id": b.Resource, "resource": c.Resource, "kind": c.Kind, "from": b.From.String(), "to": b.To.String(), "employee": b.User, "by": d.Event.Actor}}}, nil
}

func added(d docstore.Delivery) (record, kind string) {
	var e struct{ Record, Kind string }
	if json.Unmarshal(d.Event.Body, &e) != nil {
		return "", ""
	}
	return e.Record, e.Kind
}

func (s *Service) readEntry(ctx context.Context, id string) ([]Occurrence, error) {
	e, err := s.Entries.Entry(ctx, id)
	if gone(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	recordType, recordID, _ := strings.Cut(e.Record, ":")
	o := Occurrence{ID: "timeline:" + e.ID, Record: core.RecordRef{Type: recordType, ID: recordID}, ByRun: e.Run != "" && e.Actor == ""}
	from := automation.Origin{Actor: e.Actor}
	if e.Run != "" {
		cause, _, err := s.Causes.Cause(ctx, e.Run)
		if err != nil {
			return nil, err
		}
		o.Depth, from.Cause = cause.Depth, automation.LinkRun+":"+e.Run
	}
	if o.Chain, err = automation.LedTo(ctx, s.Causes, from); err != nil {
		return nil, err
	}
	// What a person did about the work of a process is part of the chain.
	o.Chain = append(o.Chain, core.Link{Kind: e.Kind, ID: e.Actor, Record: e.Record, At: core.Instant(e.At.UnixMilli())})
	text := func(name string) string { t, _ := e.Data[name].(string); return t }
	switch {
	case e.Kind == "task" && text("event") == "completed":
		o.Kind, o.Event = TaskStatus, map[string]any{"name": text("name"), "outcome": text("outcome"), "by": e.Actor}
	case e.Kind == "activity" && text("event") == "done": // one that closed by itself was not done by anybody
		o.Kind, o.Event = ActivityDone, map[string]any{"type": text("type"), "title": text("title"), "by": e.Actor}
	case e.Kind == "document":
		o.Kind = DocumentCreated
		files, _ := e.Data["files"].([]any)
		if len(files) == 0 {
			o.Event = map[string]any{"name": text("name"), "type": text("type")}
			return []Occurrence{o}, nil
		}
		var all []Occurrence
		for i, f := range files {
			file, _ := f.(map[string]any)
			one := o
			one.ID += ":" + strconv.Itoa(i)
			one.Event = map[string]any{"name": file["name"], "type": file["type"]}
			all = append(all, one)
		}
		return all, nil
	default:
		return nil, nil
	}
	return []Occurrence{o}, nil
}
