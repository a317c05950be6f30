package crm

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/fluxo-app/fluxo/server/crm/field"
	"github.com/fluxo-app/fluxo/server/docstore"
)

// Change says who changes something and why. The zero value is the installation
// itself. Effect, when set, makes the change idempotent: a second change of the
// same record with the same effect does nothing.
type Change struct {
	Actor  string // user id, "" for the engine
	Run    string // the run that makes the change, "" for a person
	Cause  string // what else made it, such as "trigger:<id>"
	Effect string
	Depth  int // length of the causal chain so far
	// Chain is what led to the change, where Run and Cause do not tell it.
	Chain []Link
}

func (by Change) event(kind string, body any) (docstore.Event, error) {
	if e, is := body.(RecordEvent); is {
		e.Chain = by.Chain
		body = e
	}
	event, err := docstore.NewEvent(kind, body)
	if err != nil {
		return event, err
	}
	event.Actor, event.Depth, event.Cause = by.Actor, by.Depth, by.Cause
	if by.Run != "" {
		event.Cause = "run:" + by.Run
	}
	return event, nil
}

// People names users; the directory of package identity fits.
type People interface {
	// UserName gives the name of a user; false for an unknown or disabled one.
	UserName(id string) (name string, active bool)
}

// Files names files; the file store behind it fits.
type Files interface {
	// FileName gives the name of a file; false for an unknown one.
	FileName(ctx context.Context, id string) (name string, known bool, err error)
}

// Use is a process, or the automation of a pipeline, that names a field or a stage.
type Use struct {
	Key  string `json:"key"`
	Name string `json:"name"`
}

// Usage finds the processes that name something.
type Usage interface {
	// FieldUses looks at every version and at the draft of each process.
	FieldUses(ctx context.Context, recordType, key string) ([]Use, error)
	// StageUses finds the first of the stages that a process still begins at or
	// moves records to, and all that do; "" when none does.
	StageUses(ctx context.Context, pipeline string, stages []string) (string, []Use, error)
}

// Options of New. Files nil = fields of files are not looked up.
type Options struct {
	Store  docstore.Store
	People People
	Files  Files
	Now    func() time.Time
	// NewID makes record ids; nil means UUID version 7.
	NewID func() string
}

// Service is the CRM. It is safe for concurrent use.
type Service struct {
	people       People
	files        Files
	usage        Usage
	cleared      func(ctx context.Context, pipeline, actor string) error
	bookings     Bookings
	pending      func(ctx context.Context, limit int) ([]docstore.Delivery, error)
	sight        Sight
	now          func() time.Time
	newID        func() string
	shapes       docstore.Typed[shape]
	dictionaries docstore.Typed[Dictionary]
	pipelines    docstore.Typed[Pipeline]
	contacts     docstore.Typed[Contact]
	companies    docstore.Typed[Company]
	records      docstore.Typed[storedRecord]
	shown        *docstore.Reader[storedRecord] // of lists
	timeline     docstore.Typed[storedEntry]
	exceptions   docstore.Typed[Exception]
	turns        docstore.Typed[turn]
	settings     docstore.Typed[ClientSettings]
	merges       docstore.Typed[Merge]
	products     docstore.Typed[Product]
	noDuplicates docstore.Typed[dismissed]
	reindex      chan struct{} // capacity 1: match keys are to be made anew
	binRules     docstore.Typed[storedBinRule]
}

// UsedBy tells who knows the processes that name fields. Processes are opened
// after the CRM, so this is set once, before anything is served.
func (s *Service) UsedBy(u Usage) { s.usage = u }

// ClearedBy tells who takes away, before a pipeline is made, what a deleted one of the
// same key has left. Set once, before anything is served.
func (s *Service) ClearedBy(clear func(ctx context.Context, pipeline, actor string) error) {
	s.cleared = clear
}

// Sight tells whether the person of a request may read what an own field points
// to: a record of a type, or a file when kind is FileKind.
type Sight func(ctx context.Context, kind, id string) bool

// FileKind is the kind of files for Sight. No record type is named so.
const FileKind = "file"

// SeenBy sets who may read names. Rights are decided where requests come in, so
// this is set once, before anything is served.
func (s *Service) SeenBy(sight Sight) { s.sight = sight }

// mayName tells whether the name of what a field points to may be shown.
func (s *Service) mayName(ctx context.Context, f field.Field, id string) bool {
	switch {
	case s.sight == nil || f.Type == field.User || f.Type == field.Booking: // a resource is known to everybody
		return true
	case f.Type == field.File:
		return s.sight(ctx, FileKind, id)
	}
	return s.sight(ctx, f.Target, id)
}

// recordsShown bounds the memory of decoded records: the first pages of lists and
// boards are asked for again and again.
const recordsShown = 2000

// New opens the collections of the CRM.
func New(ctx context.Context, o Options) (*Service, error) {
	s := &Service{people: o.People, files: o.Files, now: o.Now, newID: o.NewID, pending: o.Store.Pending, reindex: make(chan struct{}, 1)}
	if s.newID == nil {
		s.newID = func() string { return uuid.Must(uuid.NewV7()).String() }
	}
	var err error
	open := func(name string, f func() error) {
		if err == nil {
			if e := f(); e != nil {
				err = fmt.Errorf("crm: open %s: %w", name, e)
			}
		}
	}
	open("record types", func() (e error) {
		s.shapes, e = docstore.NewTyped[shape](ctx, o.Store, docstore.Spec{Name: "recordTypes"})
		return e
	})
	open("dictionaries", func() (e error) {
		s.dictionaries, e = docstore.NewTyped[Dictionary](ctx, o.Store, docstore.Spec{Name: "dictionaries"})
		return e
	})
	open("products", func() (e error) {
		s.products, e = docstore.NewTyped[Product](ctx, o.Store, productSpec)
		return e
	})
	open("merges", func() (e error) {
		s.merges, e = docstore.NewTyped[Merge](ctx, o.Store, docstore.Spec{Name: "merges", Indexes: []docstore.Index{{Paths: []string{"status"}}, {Paths: []string{"createdAt"}}}})
		return e
	})
	open("no duplicates", func() (e error) {
		s.noDuplicates, e = docstore.NewTyped[dismissed](ctx, o.Store, docstore.Spec{Name: "noDuplicates"})
		return e
	})
	open("settings", func() (e error) {
		s.settings, e = docstore.NewTyped[ClientSettings](ctx, o.Store, docstore.Spec{Name: "crmSettings"})
		return e
	})
	open("pipelines", func() (e error) {
		s.pipelines, e = docstore.NewTyped[Pipeline](ctx, o.Store, docstore.Spec{Name: "pipelines"})
		return e
	})
	open("contacts", func() (e error) {
		s.contacts, e = docstore.NewTyped[Contact](ctx, o.Store, docstore.Spec{
			Name: collectionContacts,
			Indexes: append(orders([]string{"deletedAt"}, sortedParties[TypeContact]), []docstore.Index{
				{Paths: []string{"companyId", "name"}}, {Paths: []string{"name"}}, {Paths: []string{"createdAt"}}, {Paths: []string{"fields.*"}},
				{Paths: []string{"deletedAt", "responsibleId", "name"}}, {Paths: []string{"responsibleId", "createdAt"}}, {Paths: []string{"createdBy", "createdAt"}},
				{Paths: []string{"keys"}, Multi: true},
			}...),
			Tested: testedOfContacts,
			Text:   []string{"name", "email", "phone"},
		})
		return e
	})
	open("companies", func() (e error) {
		s.companies, e = docstore.NewTyped[Company](ctx, o.Store, docstore.Spec{
			Name: collectionCompanies,
			Indexes: append(orders([]string{"deletedAt"}, sortedParties[TypeCompany]), []docstore.Index{
				{Paths: []string{"name"}}, {Paths: []string{"createdAt"}}, {Paths: []string{"fields.*"}},
				{Paths: []string{"deletedAt", "responsibleId", "name"}}, {Paths: []string{"responsibleId", "createdAt"}}, {Paths: []string{"createdBy", "createdAt"}},
				{Paths: []string{"keys"}, Multi: true},
			}...),
			Tested: testedOfCompanies,
			Text:   []string{"name", "email", "taxId"},
		})
		return e
	})
	open("records", func() (e error) {
		s.records, e = docstore.NewTyped[storedRecord](ctx, o.Store, docstore.Spec{
			Name: collectionRecords, Formerly: &docstore.Former{Name: collectionDeals, With: map[string]string{"type": TypeDeal}},
			Indexes: append(orders([]string{"type", "deletedAt"}, sortedRecords), []docstore.Index{
				{Paths: []string{"pipelineId", "stageId", "deletedAt", "stageSince"}}, {Paths: []string{"type", "deletedAt", "responsibleId", "stageSince"}},
				{Paths: []string{"pipelineId", "deletedAt", "sum", "amount"}},
				{Paths: []string{"responsibleId", "createdAt"}}, {Paths: []string{"createdBy", "createdAt"}},
				{Paths: []string{"companyId"}}, {Paths: []string{"contactId"}}, {Paths: []string{"contactIds"}, Multi: true}, {Paths: []string{"keys"}, Multi: true}, {Paths: []string{"productIds"}, Multi: true}, {Paths: []string{"stageId"}}, {Paths: []string{"stageSince"}},
				{Paths: []string{"createdAt"}}, {Paths: []string{"title"}}, {Paths: []string{"amount"}}, {Paths: []string{"fields.*"}},
			}...),
			Tested: testedOfRecords,
			Text:   []string{"title", "companyName", "contactName", "fields.firstName", "fields.lastName", "fields.companyName", "fields.email", "fields.phone"},
			Apart:  []string{"companyName", "contactName"},
			Kept:   []docstore.Kept{{By: []string{"pipelineId", "deletedAt", "sum"}, Sums: []string{"amount"}}},
		})
		s.shown = docstore.NewReader(s.records, recordsShown)
		return e
	})
	open("turns", func() (e error) {
		s.turns, e = docstore.NewTyped[turn](ctx, o.Store, docstore.Spec{Name: "turns"})
		return e
	})
	open("the rule of the bin", func() (e error) {
		s.binRules, e = docstore.NewTyped[storedBinRule](ctx, o.Store, docstore.Spec{Name: "binRules"})
		return e
	})
	open("exceptions", func() (e error) {
		s.exceptions, e = docstore.NewTyped[Exception](ctx, o.Store, docstore.Spec{Name: "exceptions", Indexes: []docstore.Index{{Paths: []string{"createdAt"}}}})
		return e
	})
	open("timeline", func() (e error) {
		s.timeline, e = docstore.NewTyped[storedEntry](ctx, o.Store, docstore.Spec{
			Name:    "timeline",
			Indexes: []docstore.Index{{Paths: []string{"record", "at"}}, {Paths: []string{"at"}}},
		})
		return e
	})
	if err != nil {
		return nil, err
	}
	return s, nil
}

// name gives the name of a user, "" for an unknown one.
func (s *Service) name(id string) string {
	if id == "" {
		return ""
	}
	name, _ := s.people.UserName(id)
	return name
}
