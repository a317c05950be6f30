package crm

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/problem"
)

// Entry is one line of a record's story. Kind and Data are for the reader's
// language; Text is what a person wrote.
type Entry struct {
	docstore.Entity
	Record    string           `json:"record"` // "deal:<id>", "contact:<id>"
	At        docstore.Instant `json:"at"`
	Kind      string           `json:"kind"` // created stageChanged fieldChanged responsibleChanged comment document run task mail deleted restored
	Actor     string           `json:"actor,omitempty"`
	ActorName string           `json:"actorName,omitempty"`
	// Run is the run that did it, "" for a person.
	Run  string         `json:"run,omitempty"`
	Text string         `json:"text,omitempty"`
	Data map[string]any `json:"data,omitempty"`
}

// TimelineAdded is the event of every new entry, for those who watch a record.
const TimelineAdded = "timeline.added"

// AddEntry adds an entry; an id that is there already is the same entry.
func (s *Service) AddEntry(ctx context.Context, e Entry) (Entry, error) {
	return s.addEntry(ctx, storedEntry{Entry: e})
}

func (s *Service) addEntry(ctx context.Context, e storedEntry) (Entry, error) {
	if e.ID == "" {
		e.ID = s.newID()
	}
	if e.At.IsZero() {
		e.At = docstore.At(s.now())
	}
	e.Rev = 0
	event, err := docstore.NewEvent(TimelineAdded, map[string]string{"record": e.Record, "kind": e.Kind})
	if err != nil {
		return e.Entry, err
	}
	event.Actor = e.Actor
	saved, err := s.timeline.Save(ctx, e, event)
	if errors.Is(err, docstore.ErrExists) {
		saved, err = s.timeline.Get(ctx, e.ID)
	}
	saved.ActorName = s.name(saved.Actor)
	return saved.Entry, err
}

// Timeline pages the story of a record, newest first.
func (s *Service) Timeline(ctx context.Context, recordType, recordID string, limit int, cursor string) ([]Entry, string, error) {
	ids, err := s.Aliases(ctx, recordType, recordID)
	if err != nil {
		return nil, "", err
	}
	of := docstore.Filter{Path: "record", Op: docstore.Eq, Value: recordType + ":" + recordID}
	if len(ids) > 1 { // the stories of those that were merged into it are its own
		for i := range ids {
			ids[i] = recordType + ":" + ids[i]
		}
		of = docstore.Filter{Path: "record", Op: docstore.In, Value: ids}
	}
	found, next, err := s.timeline.Find(ctx, docstore.Query{
		Filters: []docstore.Filter{of},
		Sort:    "-at", Limit: limit, Cursor: cursor,
	})
	if err != nil {
		return nil, "", fmt.Errorf("read timeline of %s %s: %w", recordType, recordID, err)
	}
	entries := make([]Entry, len(found))
	for i, e := range found {
		entries[i] = e.Entry
		entries[i].ActorName = s.name(e.Actor)
	}
	return entries, next, nil
}

// Comment adds a comment to a record.
//
//
func (s *Service) Comment(ctx context.Context, by Change, recordType, recordID, text string) (Entry, error) {
	var c checker
	c.text("/text", text, maxText, true)
	if problem.Blank(text) {
		c.add("/text", "required", "write something")
	}
	if err := c.err(); err != nil {
		return Entry{}, err
	}
	if err := s.mustExist(ctx, recordType, recordID); err != nil {
		return Entry{}, err
	}
	return s.AddEntry(ctx, Entry{
		Entity: docstore.Entity{ID: by.Effect}, Record: recordType + ":" + recordID,
		Kind: "comment", Actor: by.Actor, Run: by.Run, Text: text,
	})
}

func (s *Service) mustExist(ctx context.Context, recordType, recordID string) error {
	var err error
	switch recordType {
	case TypeContact:
		_, err = s.contact(ctx, recordID)
	case TypeCompany:
		_, err = s.company(ctx, recordID)
	default:
		_, err = s.Record(ctx, recordType, recordID)
	}
	return err
}

// Consume is the timeline's consumer of domain events: it may be called any
// number of times with the same delivery.
func (s *Service) Consume(ctx context.Context, d docstore.Delivery) error {
	if !OfRecords(d) {
		if Tells(d) {
			return s.consumeClient(ctx, d)
		}
		return nil
	}
	kind, body, err := EventOf(d)
	if err != nil {
		return fmt.Errorf("timeline: event %d: %w", d.Seq, err)
	}
	run, byRun := strings.CutPrefix(d.Event.Cause, "run:")
	if !byRun {
		run = ""
	}
	told := collectionRecords
	if kind != d.Event.Kind {
		told = collectionDeals // an entry of a former release has this id
	}
	entry := storedEntry{Led: &Led{Rev: d.Rev, Cause: d.Event.Cause, Chain: body.Chain, Step: body.Step}, Entry: Entry{
		Entity: docstore.Entity{ID: fmt.Sprintf("%s-%s-%d", told, d.DocumentID, d.Seq)},
		Record: body.Type + ":" + d.DocumentID, At: docstore.At(d.At), Actor: d.Event.Actor, Run: run,
	}}
	switch kind {
	case RecordCreated:
		entry.Kind = "created"
	case RecordDeleted:
		entry.Kind = "deleted"
	case RecordRestored:
		entry.Kind = "restored"
	case RecordStageChanged:
		if body.From == "" {
			return nil // told by "created"
		}
		entry.Kind, entry.Text = "stageChanged", body.Note
		entry.Data = map[string]any{"from": body.FromName, "to": body.ToName, "fromId": body.From, "toId": body.To}
		if trigger, is := strings.CutPrefix(d.Event.Cause, TriggerCause); is {
			entry.Data["trigger"] = trigger
		}
	case RecordChanged:
		entry.Kind = "fieldChanged"
		if _, only := body.Changes["responsible"]; only && len(body.Changes) == 1 {
			entry.Kind = "responsibleChanged"
		}
		entry.Data = make(map[string]any, len(body.Changes))
		for field, change := range body.Changes {
			entry.Data[field] = change
		}
	default:
		return nil
	}
	_, err = s.addEntry(ctx, entry)
	return err
}
