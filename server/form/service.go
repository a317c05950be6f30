package form

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/fluxo-app/fluxo/engine/clock"
	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/server/automation/trigger"
	"github.com/fluxo-app/fluxo/server/crm"
	"github.com/fluxo-app/fluxo/server/crm/field"
	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/file"
	"github.com/fluxo-app/fluxo/server/problem"
)

// People names users.
type People interface {
	UserName(id string) (name string, active bool)
	// Chosen lists the active people that a choice means: a user, a group, a role or a
	// department.
	Chosen(who string) (people []string, known bool)
}

// Staff tells who can be given something to do.
type Staff interface {
	Absent(ctx context.Context, user string, at time.Time) (bool, error)
	// Turn is whose turn it is under a key; the same effect gets the same answer.
	Turn(ctx context.Context, key, effect string, candidates []string) (string, error)
}

// Open is a record of a client whose way has not ended.
type Open struct {
	Ref      core.RecordRef
	Pipeline string
}

// Records is the CRM as far as forms need it.
type Records interface {
	// Stages lists the ids of the stages of a pipeline of a record type.
	Stages(ctx context.Context, recordType, pipeline string) ([]string, error)
	// Fields lists the fields of a record type, standard ones first.
	Fields(ctx context.Context, recordType string) ([]field.Field, error)
	// Dictionary reads the items that a list chooses from.
	Dictionary(ctx context.Context, id string) (crm.Dictionary, error)
	ContactBy(ctx context.Context, email, phone string) (id string, err error)
	CompanyBy(ctx context.Context, email, phone string) (id string, err error)
	Contact(ctx context.Context, id string) (crm.Contact, error)
	Company(ctx context.Context, id string) (crm.Company, error)
	SaveContact(ctx context.Context, by crm.Change, c crm.Contact) (crm.Contact, error)
	SaveCompany(ctx context.Context, by crm.Change, c crm.Company) (crm.Company, error)
	// Open lists records of a client that are on no final stage.
	Open(ctx context.Context, contact, company string) ([]Open, error)
	// Create adds a record, once under one effect; crm.MadeBy tells its id.
	Create(ctx context.Context, by crm.Change, c Creates, values map[string]any) (id string, err error)
	AddEntry(ctx context.Context, e crm.Entry) (crm.Entry, error)
}

// Triggers hear of submissions.
type Triggers interface {
	Happened(ctx context.Context, o trigger.Occurrence) (moved bool, err error)
}

// Visits learns which client a visitor of the site is.
type Visits interface {
	Connect(ctx context.Context, visitor, contact string) error
}

// Options are what a Service needs.
type Options struct {
	Store    docstore.Store
	People   People
	Staff    Staff
	Records  Records
	Triggers Triggers
	Visits   Visits
	Files    file.Store
	// Render turns Markdown into HTML that is safe to show.
	Render func(text string) (string, error)
	Clock  clock.Clock
	// Zone is where the hours are meant that clients write; nil = UTC.
	Zone   *time.Location
	Log    *slog.Logger
	Secret []byte
	// Random fills with random bytes; nil = the machine's.
	Random func([]byte)
}

// Service keeps forms and takes what clients send. Safe for concurrent use.
type Service struct {
	Options
	forms       docstore.Typed[Form]
	submissions docstore.Typed[Submission]
	uploads     docstore.Typed[upload]
	// working makes one client of two submissions of the same person: events are
	// delivered by one process at a time, but side by side.
	working sync.Mutex
}

// Submissions is the collection of what clients sent.
const Submissions = "formSubmissions"

// New opens the collections of forms.
func New(ctx context.Context, o Options) (*Service, error) {
	s := &Service{Options: o}
	if s.Random == nil {
		s.Random = func(b []byte) { _, _ = rand.Read(b) } // never fails
	}
	if s.Zone == nil {
		s.Zone = time.UTC
	}
	var err error
	if s.forms, err = docstore.NewTyped[Form](ctx, o.Store, docstore.Spec{Name: "forms", Indexes: []docstore.Index{{Paths: []string{"kind", "name"}}, {Paths: []string{"name"}}}}); err != nil {
		return nil, err
	}
	if s.uploads, err = docstore.NewTyped[upload](ctx, o.Store, docstore.Spec{Name: "formUploads", Indexes: []docstore.Index{{Paths: []string{"at"}}}}); err != nil {
		return nil, err
	}
	s.submissions, err = docstore.NewTyped[Submission](ctx, o.Store, docstore.Spec{Name: Submissions, Indexes: []docstore.Index{
		{Paths: []string{"form", "at"}}, {Paths: []string{"form", "status", "at"}}}})
	return s, err
}

const maxForms = 500

// List reads all forms by name, of one kind or of both.
func (s *Service) List(ctx context.Context, kind string) ([]Form, error) {
	q := docstore.Query{Sort: "name"}
	if kind != "" {
		q.Filters = []docstore.Filter{{Path: "kind", Op: docstore.Eq, Value: kind}}
	}
	return s.forms.All(ctx, q, maxForms)
}

// Get reads a form.
func (s *Service) Get(ctx context.Context, id string) (Form, error) {
	f, err := s.forms.Get(ctx, id)
	if errors.Is(err, docstore.ErrNotFound) {
		err = problem.NotFound("form")
	}
	return f, err
}

// Save adds a form (Rev 0) or replaces it; Rev is the one that was read.
func (s *Service) Save(ctx context.Context, actor string, f Form) (Form, error) {
	if err := s.check(ctx, &f); err != nil {
		return f, err
	}
	event, err := docstore.NewEvent("form.changed", map[string]any{"after": about(f)})
	if f.ID == "" {
		var raw [6]byte
		s.Random(raw[:])
		f.ID = fmt.Sprintf("%x", raw)
		event.Kind = "form.created"
	} else {
		before, err := s.Get(ctx, f.ID)
		if err != nil {
			return f, err
		}
		if before.Rev != f.Rev {
			return f, problem.Stale(before)
		}
		if event, err = docstore.NewEvent("form.changed", map[string]any{"before": about(before), "after": about(f)}); err != nil {
			return f, err
		}
	}
	if err != nil {
		return f, err
	}
	event.Actor = actor
	saved, err := s.forms.Save(ctx, f, event)
	if errors.Is(err, docstore.ErrConflict) {
		now, err := s.Get(ctx, f.ID)
		if err != nil {
			return f, err
		}
		return f, problem.Stale(now)
	}
	return saved, err
}

// about is what the audit trail keeps of a form.
func about(f Form) map[string]any {
	fields := make([]string, 0, len(f.Fields))
	for _, x := range f.Fields {
		fields = append(fields, x.Field)
	}
	return map[string]any{"name": f.Name, "kind": f.Kind, "active": f.Active, "title": f.Title, "fields": fields, "creates": f.Creates, "consent": f.Consent, "redirect": f.Redirect}
}

// Delete removes a form; what clients sent with it stays.
func (s *Service) Delete(ctx context.Context, actor, id string, rev int64) error {
	f, err := s.Get(ctx, id)
	if err != nil {
		return err
	}
	if f.Rev != rev {
		return problem.Stale(f)
	}
	event, err := docstore.NewEvent("form.deleted", map[string]any{"before": about(f)})
	if err != nil {
		return err
	}
	event.Actor = actor
	if err = s.forms.Delete(ctx, id, rev, event); errors.Is(err, docstore.ErrConflict) {
		return problem.Stale(f)
	}
	return err
}

// Sent pages what clients sent with a form, newest first; status "" = all of it.
func (s *Service) Sent(ctx context.Context, id, status string, limit int, cursor string) ([]Submission, string, error) {
	q := docstore.Query{Filters: []docstore.Filter{{Path: "form", Op: docstore.Eq, Value: id}}, Sort: "-at", Limit: limit, Cursor: cursor}
	if status != "" {
		q.Filters = append(q.Filters, docstore.Filter{Path: "status", Op: docstore.Eq, Value: status})
	}
	return s.submissions.Find(ctx, q)
}

// refused tells a mistake of the caller from a failure.
func refused(err error) bool {
	var p *problem.Problem
	return errors.As(err, &p) && p.Status() < 500
}

// Askable is something that a form can ask.
type Askable struct {
	Field      string `json:"field" doc:"its name in a form, such as contact.email"`
	Of         string `json:"of" enum:"contact,company,record"`
	Key        string `json:"key"`
	Label      string `json:"label,omitempty" doc:"of an own field; standard ones are named in the reader's language"`
	Type       string `json:"type"`
	Multiple   bool   `json:"multiple,omitempty"`
	Dictionary string `json:"dictionary,omitempty"`
}

// Askable lists what a form that makes records of a type can ask.
func (s *Service) Askable(ctx context.Context, target string) ([]Askable, error) {
	out := []Askable{}
	for _, of := range []struct{ name, recordType string }{{"contact", "contact"}, {"company", "company"}, {"record", target}} {
		if of.recordType == "" {
			continue
		}
		fields, err := s.Records.Fields(ctx, of.recordType)
		if err != nil {
			return nil, err
		}
		for _, f := range fields {
			name := of.name + "." + f.Key
			if canAsk(name, f) {
				out = append(out, Askable{Field: name, Of: of.name, Key: f.Key, Label: f.Label, Type: string(f.Type), Multiple: f.Multiple, Dictionary: f.Dictionary})
			}
		}
	}
	return out, nil
}
