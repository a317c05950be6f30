package crm

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"time"

	"github.com/fluxo-app/fluxo/server/crm/field"
	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/problem"
)

// Kinds of the domain events of staged records.
const (
	RecordCreated      = "record.created"
	RecordChanged      = "record.changed"
	RecordStageChanged = "record.stageChanged"
	RecordDeleted      = "record.deleted"
	RecordRestored     = "record.restored"
)

// FieldChange is one field before and after, in the body of RecordChanged.
type FieldChange struct {
	Before any `json:"before"`
	After  any `json:"after"`
	// BeforeID and AfterID are the clients whose names these are.
	BeforeID string `json:"beforeId,omitempty"`
	AfterID  string `json:"afterId,omitempty"`
}

// edit is the body of the events of contacts, companies and pipelines.
type edit struct {
	Before any `json:"before,omitempty"`
	After  any `json:"after,omitempty"`
	// Step is what a process has changed of a client, so that it can be taken back.
	Step *Step `json:"step,omitempty"`
}

// RecordEvent is the body of every domain event of a record.
type RecordEvent struct {
	// Type is the type of the record.
	Type     string `json:"type"`
	Card     Card   `json:"card"`
	Pipeline string `json:"pipeline"`
	// FromPipeline is the pipeline that was left, "" when it is the same.
	FromPipeline string                 `json:"fromPipeline,omitempty"`
	From         string                 `json:"from,omitempty"` // stage left
	To           string                 `json:"to,omitempty"`   // stage entered
	FromName     string                 `json:"fromName,omitempty"`
	ToName       string                 `json:"toName,omitempty"`
	Note         string                 `json:"note,omitempty"`
	Changes      map[string]FieldChange `json:"changes,omitempty"`
	// Chain is what led to it, where actor and cause of the event do not tell it.
	Chain []Link `json:"chain,omitempty"`
	// Step is what a process has changed, so that it can be taken back.
	Step *Step `json:"step,omitempty"`
}

// RecordPatch changes the fields that are present; an empty text clears.
type RecordPatch struct {
	Title           *string        `json:"title,omitempty"`
	CompanyID       *string        `json:"companyId,omitempty"`
	ContactID       *string        `json:"contactId,omitempty"`
	ContactIDs      *[]string      `json:"contactIds,omitempty" maxItems:"100" doc:"all contacts, the primary one first"`
	ResponsibleID   *string        `json:"responsibleId,omitempty"`
	Amount          *int64         `json:"amount,omitempty" doc:"minor units; computed when there are product rows"`
	Currency        *string        `json:"currency,omitempty"`
	ExpectedCloseAt *string        `json:"expectedCloseAt,omitempty" doc:"date or instant; empty clears"`
	Products        *[]ProductRow  `json:"products,omitempty"`
	Comment         *string        `json:"comment,omitempty"`
	Fields          map[string]any `json:"fields,omitempty" doc:"own fields by key; null clears"`

	origin *Origin
	repeat bool
	// taken: rows and amount come from another record or system, where what they say
	// was true: archived products stay, and rows decide without a word.
	taken bool
	// Of a conversion that is only tried: a client will be there.
	convertContact, convertCompany bool
}

// Taken is the patch as what is taken over from elsewhere: its rows may name products
// that are archived since.
func (p RecordPatch) Taken() RecordPatch {
	p.taken = true
	return p
}

var currencyForm = regexp.MustCompile(`^[A-Z]{3}$`)

func set[T any](target *T, value *T) {
	if value != nil {
		*target = *value
	}
}

// apply writes the patch into the record and checks the result.
func (s *Service) apply(ctx context.Context, of shape, d *storedRecord, p RecordPatch) error {
	var c checker
	before := d.Record
	set(&d.Title, p.Title)
	set(&d.CompanyID, p.CompanyID)
	if err := s.putContacts(ctx, &c, before, d, p); err != nil {
		return err
	}
	if p.origin != nil {
		d.Origin = p.origin
	}
	d.Repeat = d.Repeat || p.repeat
	set(&d.ResponsibleID, p.ResponsibleID)
	set(&d.Amount, p.Amount)
	set(&d.Currency, p.Currency)
	set(&d.Comment, p.Comment)
	if p.Products != nil {
		d.Products = slices.Clone(*p.Products)
	}
	if d.Products == nil {
		d.Products = []ProductRow{}
	}
	if p.ExpectedCloseAt != nil {
		at, err := parseMoment(*p.ExpectedCloseAt)
		if err != nil {
			c.add("/expectedCloseAt", "bad_date", "write a date such as 2026-03-31")
		}
		d.ExpectedCloseAt = at
	}
	c.text("/comment", d.Comment, maxText, true)
	if !currencyForm.MatchString(d.Currency) {
		c.add("/currency", "bad_currency", "write a currency code such as PLN")
	}
	if len(d.Products) > maxRows {
		c.add("/products", "too_many", "at most %d rows", maxRows)
	} else {
		for i, row := range d.Products {
			c.line(pointer("products", i)+"/name", row.Name, true)
			c.text(pointer("products", i)+"/unit", row.Unit, 40, false)
			if row.Price.Currency != "" && !currencyForm.MatchString(row.Price.Currency) {
				c.add(pointer("products", i)+"/price/currency", "bad_currency", "write a currency code such as PLN")
			}
		}
		wrong := d.price()
		c.fields = append(c.fields, wrong...)
		if len(wrong) == 0 && len(d.Products) > 0 && !p.taken {
			c.decided(d.Record, p)
		}
		if err := s.checkRows(ctx, &c, before.Products, d, p.taken); err != nil {
			return err
		}
	}
	if len(d.Products) == 0 && (d.Amount < 0 || d.Amount > field.MaxAmount) {
		c.add("/amount", "out_of_range", "the amount is between 0 and %d minor units", int64(field.MaxAmount))
	}
	var err error
	if d.Fields, err = s.values(ctx, &c, of, d.Fields, p.Fields); err != nil {
		return err
	}
	if of.ID == TypeLead && problem.Blank(d.Title) {
		d.Title = d.called()
	}
	c.line("/title", d.Title, true)
	if err := s.references(ctx, &c, before, d); err != nil {
		return err
	}
	d.Sum = d.StageID + " " + d.Currency
	if d.Type == TypeLead {
		settings, err := s.ClientSettings(ctx)
		if err != nil {
			return err
		}
		d.Keys = d.keys(of, settings.Country)
	}
	if d.Rev > 0 {
		of.mayLose(&c, before, d.Record)
	}
	return c.err()
}

// references checks what the record points to and copies the names that lists
// and search need. What it pointed to before may be gone meanwhile.
func (s *Service) references(ctx context.Context, c *checker, before Record, d *storedRecord) error {
	look := func(id, was, name, path, what string, read func() (string, error)) (string, error) {
		if id == "" {
			return "", nil
		}
		found, err := read()
		switch {
		case !isProblem(err, "not_found"):
			return found, err
		case id == was:
			return name, nil
		}
		c.add(path, "unknown_reference", "there is no such %s", what)
		return "", nil
	}
	var err error
	if d.CompanyName, err = look(d.CompanyID, before.CompanyID, before.CompanyName, "/companyId", "company", func() (string, error) {
		company, err := s.company(ctx, d.CompanyID)
		return company.Name, err
	}); err != nil {
		return err
	}
	if d.ContactName, err = look(d.ContactID, before.ContactID, before.ContactName, "/contactId", "contact", func() (string, error) {
		contact, err := s.contact(ctx, d.ContactID)
		return contact.Name, err
	}); err != nil {
		return err
	}
	if d.ResponsibleID != "" && d.ResponsibleID != before.ResponsibleID {
		if _, active := s.people.UserName(d.ResponsibleID); !active {
			c.add("/responsibleId", "unknown_user", "there is no such active user")
		}
	}
	return nil
}

func parseMoment(text string) (docstore.Instant, error) {
	if text == "" {
		return docstore.Instant{}, nil
	}
	if at, err := time.Parse(time.DateOnly, text); err == nil {
		return docstore.Moment(at)
	}
	return docstore.ParseInstant(text)
}

// Record reads one record with the names of its people.
func (s *Service) Record(ctx context.Context, recordType, id string) (Record, error) {
	d, err := s.stored(ctx, recordType, id)
	return d.Record, err
}

func (s *Service) stored(ctx context.Context, recordType, id string) (storedRecord, error) {
	d, err := standing(ctx, s.records, id, func(d storedRecord) (Part, bool) { return d.Part, d.DeletedAt.IsZero() })
	if err == nil && d.Type != recordType {
		err = docstore.ErrNotFound
	}
	d.ResponsibleName = s.name(d.ResponsibleID)
	return d, named(err, recordType)
}

// readyRecord is a new record with what follows from it, checked but not stored.
func (s *Service) readyRecord(ctx context.Context, by Change, recordType, pipelineID, stageID string, p RecordPatch) (d storedRecord, pipeline Pipeline, stage Stage, err error) {
	of, err := s.staged(ctx, recordType)
	if err != nil {
		return d, pipeline, stage, err
	}
	if pipeline, err = s.Pipeline(ctx, pipelineID); err != nil {
		return d, pipeline, stage, missing(err, "/pipelineId", "there is no such pipeline")
	}
	if pipeline.Type != recordType {
		return d, pipeline, stage, problem.Invalid("/pipelineId", "unknown_reference", "the pipeline is of another record type")
	}
	if stageID == "" {
		stageID = pipeline.Stages[0].ID
	}
	stage, ok := pipeline.Stage(stageID)
	if !ok {
		return d, pipeline, stage, problem.Invalid("/stageId", "unknown_reference", "the pipeline has no such stage")
	}
	now := docstore.At(s.now())
	d = storedRecord{Record: Record{
		Entity: docstore.Entity{ID: s.newID()}, Type: recordType, PipelineID: pipelineID, StageID: stageID, StageSince: now, StageEntry: 1, VisitedStages: []string{stageID},
		Currency: "EUR", CreatedBy: by.Actor,
	}}
	if by.Effect != "" {
		d.ID, d.Applied = s.idFor(by, recordType), []string{by.Effect}
	}
	if err := s.apply(ctx, of, &d, p); err != nil {
		return d, pipeline, stage, err
	}
	tried := d.Record
	if p.convertContact {
		tried.ContactID = "new"
	}
	if p.convertCompany {
		tried.CompanyID = "new"
	}
	return d, pipeline, stage, of.mayEnter(tried, stage)
}

// CreateRecord adds a record on a stage ("" = the first one). Entering it is an
// event like any other entry.
func (s *Service) CreateRecord(ctx context.Context, by Change, recordType, pipelineID, stageID string, p RecordPatch) (Record, error) {
	d, pipeline, stage, err := s.readyRecord(ctx, by, recordType, pipelineID, stageID, p)
	if err != nil {
		return Record{}, err
	}
	d.ResponsibleName = s.name(d.ResponsibleID)
	created, err := by.event(RecordCreated, RecordEvent{Type: d.Type, Card: d.Card(), Pipeline: pipelineID})
	if err != nil {
		return Record{}, err
	}
	entered, err := by.event(RecordStageChanged, RecordEvent{Type: d.Type, Card: d.Card(), Pipeline: pipelineID, To: stage.ID, ToName: stage.Name})
	if err != nil {
		return Record{}, err
	}
	d.mark(0, nil)
	saved, err := s.records.Save(ctx, d, created, entered)
	if by.Effect != "" && errors.Is(err, docstore.ErrExists) {
		return s.Record(ctx, recordType, d.ID)
	}
	if err != nil {
		return saved.Record, err
	}
	if err := s.keepPipeline(ctx, by, pipeline); err != nil {
		return saved.Record, err
	}
	return saved.Record, s.keepStage(ctx, by, pipelineID, stage, pipeline.position(stage.ID))
}

// changeAttempts bounds how often a change is made anew because somebody was faster:
// of five who write one record again and again the slowest loses many times.
const changeAttempts = 100

// change reads, edits and saves a record, again when somebody else was faster. With a
// rev, the one that was read, a field that others changed since to another value is a
// stale problem; 0 is whatever is stored.
func (s *Service) change(ctx context.Context, by Change, recordType, id string, rev int64, edit func(*storedRecord) ([]docstore.Event, error)) (Record, error) {
	for attempt := 1; ; attempt++ {
		d, err := s.stored(ctx, recordType, id)
		if err != nil {
			return Record{}, err
		}
		if by.Effect != "" && slices.Contains(d.Applied, by.Effect) {
			return d.Record, nil
		}
		before := d.Record
		events, err := edit(&d)
		if err != nil || len(events) == 0 {
			return d.Record, err
		}
		if err := s.settled(ctx, rev, before, &d); err != nil {
			return Record{}, err
		}
		if by.Effect != "" {
			d.Applied = append(d.Applied, by.Effect)
			if extra := len(d.Applied) - appliedRing; extra > 0 {
				d.Applied = slices.Delete(d.Applied, 0, extra)
			}
		}
		saved, err := s.records.Save(ctx, d, events...)
		if err == nil {
			saved.ResponsibleName = s.name(saved.ResponsibleID)
			return saved.Record, nil
		}
		if err = s.stale(err, func() (any, error) { return s.Record(ctx, recordType, id) }); attempt == changeAttempts || !isProblem(err, "stale") {
			return Record{}, err
		}
	}
}

// UpdateRecord applies a patch. rev 0 means whatever is stored.
func (s *Service) UpdateRecord(ctx context.Context, by Change, recordType, id string, rev int64, p RecordPatch) (Record, error) {
	return s.change(ctx, by, recordType, id, rev, func(d *storedRecord) ([]docstore.Event, error) {
		of, err := s.shape(ctx, recordType)
		if err != nil {
			return nil, err
		}
		return s.fill(ctx, by, of, d, p)
	})
}

// differences lists the fields that changed, with the words a person reads.
func (s *Service) differences(ctx context.Context, of shape, before, after Record) map[string]FieldChange {
	out := map[string]FieldChange{}
	diff := func(field string, b, a any) {
		if !reflect.DeepEqual(b, a) {
			out[field] = FieldChange{Before: b, After: a}
		}
	}
	diff("title", before.Title, after.Title)
	// Who or what is meant is told by the id: two may have one name.
	client := func(field, beforeID, afterID, before, after string) {
		if beforeID != afterID || before != after {
			out[field] = FieldChange{Before: before, After: after, BeforeID: beforeID, AfterID: afterID}
		}
	}
	client("company", before.CompanyID, after.CompanyID, before.CompanyName, after.CompanyName)
	client("contact", before.ContactID, after.ContactID, before.ContactName, after.ContactName)
	if !reflect.DeepEqual(before.ContactIDs, after.ContactIDs) {
		out["contacts"] = FieldChange{Before: len(before.contacts()), After: len(after.contacts())}
	}
	if before.ResponsibleID != after.ResponsibleID {
		out["responsible"] = FieldChange{Before: s.name(before.ResponsibleID), After: s.name(after.ResponsibleID)}
	}
	diff("amount", Money{before.Amount, before.Currency}, Money{after.Amount, after.Currency})
	diff("expectedCloseAt", before.ExpectedCloseAt.String(), after.ExpectedCloseAt.String())
	diff("comment", before.Comment, after.Comment)
	if !reflect.DeepEqual(before.Products, after.Products) {
		out["products"] = FieldChange{Before: len(before.Products), After: len(after.Products)}
	}
	for _, f := range of.Fields {
		if b, a := before.Fields[f.Key], after.Fields[f.Key]; !sameValue(b, a) {
			out[f.Key] = FieldChange{Before: s.words(ctx, f, b), After: s.words(ctx, f, a)}
		}
	}
	return out
}

// sameValue compares two stored values; numbers that came from JSON are float64.
func sameValue(a, b any) bool {
	if reflect.DeepEqual(a, b) {
		return true
	}
	x, err1 := json.Marshal(a)
	y, err2 := json.Marshal(b)
	return err1 == nil && err2 == nil && string(x) == string(y)
}

// MoveRecord puts a record on a stage of its pipeline. Moving it to where it is
// changes nothing and is no error.
//
// covers S-03, R-11: every entry is one RecordStageChanged event.
func (s *Service) MoveRecord(ctx context.Context, by Change, recordType, id string, rev int64, stageID, note string) (Record, error) {
	return s.MoveRecordWith(ctx, by, recordType, id, rev, stageID, note, RecordPatch{})
}

// MoveRecordWith fills in fields and moves the record in one write: what the stage
// requires is asked of the result.
//
// covers L-07
func (s *Service) MoveRecordWith(ctx context.Context, by Change, recordType, id string, rev int64, stageID, note string, p RecordPatch) (Record, error) {
	var c checker
	c.text("/note", note, 1000, true)
	if err := c.err(); err != nil {
		return Record{}, err
	}
	var pipeline Pipeline
	moved, err := s.change(ctx, by, recordType, id, rev, func(d *storedRecord) (_ []docstore.Event, err error) {
		if pipeline, err = s.Pipeline(ctx, d.PipelineID); err != nil {
			return nil, err
		}
		to, ok := pipeline.Stage(stageID)
		if !ok {
			return nil, problem.Invalid("/stage", "unknown_reference",
				fmt.Sprintf("the pipeline %q has no stage %q", pipeline.Name, stageID))
		}
		if d.StageID == stageID {
			return nil, nil
		}
		of, err := s.shape(ctx, recordType)
		if err != nil {
			return nil, err
		}
		events, err := s.fill(ctx, by, of, d, p)
		if err != nil {
			return nil, err
		}
		if err := of.mayEnter(d.Record, to); err != nil {
			return nil, err
		}
		from, _ := pipeline.Stage(d.StageID)
		left := d.Record
		d.enter(to.ID, docstore.At(s.now()))
		event, err := by.event(RecordStageChanged, RecordEvent{
			Type: d.Type,
			Card: d.Card(), Pipeline: d.PipelineID,
			From: from.ID, To: to.ID, FromName: from.Name, ToName: to.Name, Note: note, Step: by.step(d.Marks, left, d.Record),
		})
		return append(events, event), err
	})
	if err != nil || moved.StageID != stageID { // or it was moved by this effect before, and since by others
		return moved, err
	}
	stage, _ := pipeline.Stage(stageID)
	if stage.ID == "" {
		return moved, nil
	}
	return moved, s.keepStage(ctx, by, moved.PipelineID, stage, pipeline.position(stageID))
}

// fill writes a patch into a record and gives the event of it, none when nothing
// changes. A record that is left alone is not checked anew.
func (s *Service) fill(ctx context.Context, by Change, of shape, d *storedRecord, p RecordPatch) ([]docstore.Event, error) {
	if reflect.DeepEqual(p, RecordPatch{}) {
		return nil, nil
	}
	before := d.Record
	if err := s.apply(ctx, of, d, p); err != nil {
		return nil, err
	}
	d.ResponsibleName = s.name(d.ResponsibleID)
	changes := s.differences(ctx, of, before, d.Record)
	if len(changes) == 0 {
		return nil, nil
	}
	event, err := by.event(RecordChanged, RecordEvent{Type: d.Type, Card: d.Card(), Pipeline: d.PipelineID, Changes: changes, Step: by.step(d.Marks, before, d.Record)})
	return []docstore.Event{event}, err
}

// DeleteRecord moves a record to the bin.
func (s *Service) DeleteRecord(ctx context.Context, by Change, recordType, id string, rev int64) error {
	_, err := s.change(ctx, by, recordType, id, 0, func(d *storedRecord) ([]docstore.Event, error) {
		if rev != 0 && rev != d.Rev { // what was never seen is not deleted
			return nil, problem.Stale(d.Record)
		}
		d.DeletedAt, d.DeletedBy, d.Keys = docstore.At(s.now()), by.Actor, nil
		event, err := by.event(RecordDeleted, RecordEvent{Type: d.Type, Card: d.Card(), Pipeline: d.PipelineID, Step: by.step(d.Marks, d.Record, d.Record)})
		return []docstore.Event{event}, err
	})
	return err
}

// RestoreRecord takes a record out of the bin, on the stage where it was, or on the
// first one when that is gone.
func (s *Service) RestoreRecord(ctx context.Context, by Change, recordType, id string) (Record, error) {
	of, region, err := s.keysOf(ctx, recordType)
	if err != nil {
		return Record{}, err
	}
	since, err := s.binSince(ctx)
	if err != nil {
		return Record{}, err
	}
	saved, err := s.records.Update(ctx, id, func(d *storedRecord) ([]docstore.Event, error) {
		if d.Type != recordType || !restorable(d.DeletedAt, since) {
			return nil, docstore.ErrNotFound
		}
		d.DeletedAt, d.DeletedBy = docstore.Instant{}, ""
		// What was armed before the deletion is over, also for those who hear of it only
		// now; coming back is told as no entry, so that nothing is armed anew.
		d.StageEntry = d.Rev + 1
		d.Keys = d.keys(of, region)
		event, err := by.event(RecordRestored, RecordEvent{Type: d.Type, Card: d.Card(), Pipeline: d.PipelineID})
		return []docstore.Event{event}, err
	})
	if err != nil {
		return saved.Record, named(err, recordType)
	}
	return s.home(ctx, by, saved.Record)
}
