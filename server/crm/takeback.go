package crm

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/problem"
)

// UndoCause begins the cause of changes that take back what a rule has done. They
// set no rule off: taking back is no happening.
const UndoCause = "undo:"

// ByUndo tells whether the cause of an event is that something was taken back.
func ByUndo(cause string) bool { return strings.HasPrefix(cause, UndoCause) }

// Place is where a record stands, in one entry of a stage.
type Place struct {
	Pipeline string           `json:"pipeline"`
	Stage    string           `json:"stage"`
	Entry    int64            `json:"entry"`
	Since    docstore.Instant `json:"since"`
}

// Step is what one step of a process has changed of a record, kept in its story so
// that it can be taken back: values by the keys of fields.
type Step struct {
	Effect string         `json:"effect"`
	Was    map[string]any `json:"was,omitempty"`
	Is     map[string]any `json:"is,omitempty"`
	// Before is the revision with which each of the fields had been changed last.
	Before map[string]int64 `json:"before,omitempty"`
	From   *Place           `json:"from,omitempty"`
	To     *Place           `json:"to,omitempty"`
	// Rev is the revision of the record after the step.
	Rev int64 `json:"-"`
}

func (d Record) place() *Place { return &Place{d.PipelineID, d.StageID, d.StageEntry, d.StageSince} }

// keyStage is the key of where a record stands; no field has it.
const keyStage = "stage"

// TriggerCause begins the cause of moves by triggers.
const TriggerCause = "trigger:"

// step notes what a process or a trigger changes, nil for everybody else.
func (by Change) step(marks Marks, before, after Record) *Step {
	if by.Run == "" && !strings.HasPrefix(by.Cause, TriggerCause) {
		return nil
	}
	s := &Step{Effect: by.Effect}
	if before.StageEntry != after.StageEntry {
		s.From, s.To = before.place(), after.place()
		return s
	}
	s.differ(marks, before.contended(), after.contended())
	return s
}

// partyStep notes what a process changes of a contact or company, nil for everybody
// else and for what stays as it was.
func (by Change) partyStep(marks Marks, was, is map[string]any) *Step {
	s := &Step{Effect: by.Effect}
	if s.differ(marks, was, is); by.Run == "" || len(s.Is) == 0 {
		return nil
	}
	return s
}

func (s *Step) differ(marks Marks, was, is map[string]any) {
	s.Was, s.Is, s.Before = map[string]any{}, map[string]any{}, map[string]int64{}
	for _, key := range differing(was, is) {
		s.Was[key], s.Is[key], s.Before[key] = was[key], is[key], marks.FieldRevs[key]
	}
}

// Told is an entry of a story with what led to it.
type Told struct {
	Entry
	Led Led
}

// ToldOf reads the story of a record to its end, the oldest first.
func (s *Service) ToldOf(ctx context.Context, recordType, id string) ([]Told, error) {
	found, err := s.timeline.All(ctx, docstore.Query{Filters: []docstore.Filter{{Path: "record", Op: docstore.Eq, Value: recordType + ":" + id}}, Sort: "at"}, toldMost)
	if err != nil {
		return nil, fmt.Errorf("read the story of %s %s: %w", recordType, id, err)
	}
	out := make([]Told, len(found))
	for i, e := range found {
		if out[i].Entry = e.Entry; e.Led != nil {
			out[i].Led = *e.Led
		}
		if out[i].Led.Step != nil {
			out[i].Led.Step.Rev = out[i].Led.Rev
		}
	}
	return out, nil
}

// toldMost bounds a story that is read as a whole.
const toldMost = 20_000

// Untold tells whether a record was changed by one of the effects, and its story does
// not say so yet.
func (s *Service) Untold(ctx context.Context, id string, effects []string, told []Told) (bool, error) {
	d, err := s.records.Get(ctx, id)
	if errors.Is(err, docstore.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	for _, effect := range effects {
		if slices.Contains(d.Applied, effect) && !slices.ContainsFunc(told, func(t Told) bool {
			return t.Kind == "created" || t.Led.Step != nil && t.Led.Step.Effect == effect
		}) {
			return true, nil
		}
	}
	return false, nil
}

// Turned is what becomes of one thing that steps have changed.
type Turned struct {
	Key string `json:"key"`
	Was any    `json:"was"` // what it goes back to
	Is  any    `json:"is"`  // what the steps had written
	// Back tells whether it goes back; Because, why not: changed, stageGone, refused.
	Back    bool   `json:"back"`
	Because string `json:"because,omitempty"`
}

// TakeBack turns what steps of a process have changed of a record back to what it was,
// as far as nobody has changed it since: each field on its own, and where the record
// stands. A record that goes back to a stage is in its former entry of it again, so
// that nothing is armed anew. Dry only tells what would become of it.
func (s *Service) TakeBack(ctx context.Context, by Change, recordType, id string, steps []Step, dry bool) ([]Turned, error) {
	of, err := s.shape(ctx, recordType)
	if err != nil {
		return nil, err
	}
	var out []Turned
	var stage Stage
	var pipeline Pipeline
	try := func(d *storedRecord) ([]docstore.Event, error) {
		before := d.Record
		out = turned(d.Marks, before, steps)
		if err := s.turn(ctx, of, d, out); err != nil {
			return nil, err
		}
		var events []docstore.Event
		if changes := s.differences(ctx, of, before, d.Record); len(changes) > 0 {
			d.ResponsibleName = s.name(d.ResponsibleID)
			event, err := by.event(RecordChanged, RecordEvent{Type: d.Type, Card: d.Card(), Pipeline: d.PipelineID, Changes: changes})
			if err != nil {
				return nil, err
			}
			events = append(events, event)
		}
		to := steppedFrom(before, steps)
		if to == nil {
			return events, nil
		}
		i := slices.IndexFunc(out, func(t Turned) bool { return t.Key == keyStage })
		pipeline, err = s.Pipeline(ctx, to.Pipeline)
		var is bool
		if stage, is = pipeline.Stage(to.Stage); err != nil && !isProblem(err, "not_found") {
			return nil, err
		} else if !is {
			out[i].Back, out[i].Because = false, "stageGone"
			return events, nil
		}
		left, err := s.Pipeline(ctx, d.PipelineID)
		if err != nil && !isProblem(err, "not_found") {
			return nil, err
		}
		from, _ := left.Stage(d.StageID)
		fromPipeline := ""
		if d.PipelineID != to.Pipeline {
			fromPipeline = d.PipelineID
		}
		d.PipelineID, d.StageID, d.StageSince, d.StageEntry, d.Sum = to.Pipeline, to.Stage, to.Since, to.Entry, to.Stage+" "+d.Currency
		event, err := by.event(RecordStageChanged, RecordEvent{Type: d.Type, Card: d.Card(), Pipeline: to.Pipeline, FromPipeline: fromPipeline,
			From: from.ID, To: stage.ID, FromName: from.Name, ToName: stage.Name})
		return append(events, event), err
	}
	if dry {
		d, err := s.stored(ctx, recordType, id)
		if err != nil {
			return nil, err
		}
		_, err = try(&d)
		return out, err
	}
	moved, err := s.change(ctx, by, recordType, id, 0, try)
	if err != nil {
		return nil, err
	}
	if out == nil { // it was done before a crash
		d, err := s.stored(ctx, recordType, id)
		if err != nil {
			return nil, err
		}
		out = turned(d.Marks, moved, steps)
		now := moved.contended()
		for i := range out {
			if out[i].Key != keyStage && sameValue(now[out[i].Key], out[i].Was) || out[i].Key == keyStage && moved.StageEntry != lastPlace(steps).Entry {
				out[i].Back, out[i].Because = true, ""
			}
		}
		return out, nil
	}
	if stage.ID == "" || moved.StageID != stage.ID {
		return out, nil
	}
	return out, s.keepStage(ctx, by, moved.PipelineID, stage, pipeline.position(stage.ID))
}

// turned compares a record with what steps have made of it. Steps are in their order;
// what was changed by others between two of them is the end of the way back.
func turned(marks Marks, d Record, steps []Step) []Turned {
	out := turnedFields(marks, d.contended(), steps)
	if last := lastPlace(steps); last != nil {
		t := Turned{Key: keyStage, Is: last.Stage}
		if to := steppedFrom(d, steps); to != nil {
			t.Back, t.Was = true, to.Stage
		} else {
			t.Because = "changed"
		}
		out = append(out, t)
	}
	return out
}

func turnedFields(marks Marks, now map[string]any, steps []Step) []Turned {
	keys := map[string]bool{}
	for _, s := range steps {
		for key := range s.Is {
			keys[key] = true
		}
	}
	var out []Turned
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		t := Turned{Key: key}
		due := int64(-1)
		for _, s := range slices.Backward(steps) {
			is, has := s.Is[key]
			if !has {
				continue
			}
			if due < 0 {
				t.Is, due = is, marks.FieldRevs[key]
				t.Was = s.Was[key]
			}
			if due != s.Rev {
				break
			}
			t.Back, t.Was, due = true, s.Was[key], s.Before[key]
		}
		switch {
		case !t.Back:
			t.Because = "changed"
		case sameValue(now[key], t.Was):
			continue // steps that have taken each other back
		}
		out = append(out, t)
	}
	return out
}

func lastPlace(steps []Step) *Place {
	for _, s := range slices.Backward(steps) {
		if s.To != nil {
			return s.To
		}
	}
	return nil
}

// steppedFrom is where a record stood before steps had moved it, nil when it does not
// stand where they have put it.
func steppedFrom(d Record, steps []Step) *Place {
	at := d.place()
	var to *Place
	for _, s := range slices.Backward(steps) {
		if s.To == nil || s.From == nil {
			continue
		}
		if s.To.Entry != at.Entry || s.To.Stage != at.Stage || s.To.Pipeline != at.Pipeline {
			break
		}
		at, to = s.From, s.From
	}
	return to
}

// turn writes the values that go back. Those that the record cannot take any more,
// because what they point to is gone, stay as they are.
func (s *Service) turn(ctx context.Context, of shape, d *storedRecord, out []Turned) error {
	try := func(which []*Turned) error {
		values := map[string]any{}
		for _, t := range which {
			values[t.Key] = t.Was
		}
		p, err := backPatch(values)
		if err != nil {
			return err
		}
		tried := *d
		tried.Fields = maps.Clone(d.Fields)
		if err := s.apply(ctx, of, &tried, p); err != nil {
			return err
		}
		*d = tried
		return nil
	}
	var all []*Turned
	for i := range out {
		if out[i].Back && out[i].Key != keyStage {
			all = append(all, &out[i])
		}
	}
	if len(all) == 0 {
		return nil
	}
	var refused *problem.Problem
	if err := try(all); !errors.As(err, &refused) {
		return err
	}
	for _, t := range all {
		if err := try([]*Turned{t}); errors.As(err, &refused) {
			t.Back, t.Because = false, "refused"
		} else if err != nil {
			return err
		}
	}
	return nil
}

// backPatch is the change that gives fields values that a story has kept.
func backPatch(values map[string]any) (RecordPatch, error) {
	p := RecordPatch{Fields: map[string]any{}, taken: true}
	for key, value := range values {
		raw, err := json.Marshal(value)
		if err != nil {
			return p, err
		}
		text := new(string)
		read := func(into any) { err = json.Unmarshal(raw, into) }
		switch key {
		case "title":
			read(text)
			p.Title = text
		case "comment":
			read(text)
			p.Comment = text
		case "responsible":
			read(text)
			p.ResponsibleID = text
		case "company":
			read(text)
			p.CompanyID = text
		case "expectedCloseAt":
			read(text)
			p.ExpectedCloseAt = text
		case "contact":
			list := []string{}
			read(&list)
			p.ContactIDs = &list
		case "amount":
			var m Money
			read(&m)
			p.Amount, p.Currency = &m.Amount, &m.Currency
		case "products":
			rows := []ProductRow{}
			read(&rows)
			p.Products = &rows
		default:
			p.Fields[key] = value
		}
		if err != nil {
			return p, fmt.Errorf("read what %s was: %w", key, err)
		}
	}
	return p, nil
}
