package form_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/server/automation/trigger"
	"github.com/fluxo-app/fluxo/server/crm"
	"github.com/fluxo-app/fluxo/server/crm/field"
	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/docstore/memstore"
	"github.com/fluxo-app/fluxo/server/form"
	"github.com/fluxo-app/fluxo/server/problem"
)

// records is the CRM; before and after can fail a step that was not, or was, done.
type records struct {
	*crm.Service
	before, after map[string]error
}

// once takes a failure off the list, so that the next attempt succeeds.
func once(from map[string]error, step string) error {
	err := from[step]
	delete(from, step)
	return err
}

func (r *records) Stages(context.Context, string, string) ([]string, error) { return nil, nil }

func (r *records) Fields(context.Context, string) ([]field.Field, error) { return nil, nil }

func (r *records) SaveContact(ctx context.Context, by crm.Change, c crm.Contact) (crm.Contact, error) {
	if err := once(r.before, "contact"); err != nil {
		return c, err
	}
	saved, err := r.Service.SaveContact(ctx, by, c)
	return saved, errors.Join(err, once(r.after, "contact"))
}

func (r *records) AddEntry(ctx context.Context, e crm.Entry) (crm.Entry, error) {
	if err := once(r.before, "entry"); err != nil {
		return e, err
	}
	return r.Service.AddEntry(ctx, e)
}

func (r *records) Open(ctx context.Context, contact, _ string) ([]form.Open, error) {
	found, _, err := r.RecordsWith(ctx, crm.TypeContact, contact, "")
	var out []form.Open
	for _, x := range found {
		out = append(out, form.Open{Ref: core.RecordRef{Type: x.Type, ID: x.ID}, Pipeline: "sales"})
	}
	return out, err
}

func (r *records) Create(ctx context.Context, by crm.Change, to form.Creates, values map[string]any) (string, error) {
	return r.CreateWith(ctx, by, to.Type, to.Pipeline, to.Stage, values)
}

type nobody struct{}

func (nobody) UserName(string) (string, bool) { return "", false }

// heard keeps of which records triggers were told.
type heard []string

func (h *heard) Happened(_ context.Context, o trigger.Occurrence) (bool, error) {
	*h = append(*h, o.Record.ID)
	return false, nil
}

type sent struct {
	*form.Service
	t     *testing.T
	crm   *records
	heard heard
	docs  docstore.Typed[form.Submission]
}

// sends stores a submission of a form that makes deals, as it is before it is worked on.
func sends(t *testing.T) *sent {
	t.Helper()
	at := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	store, n := memstore.New(func() time.Time { return at }), 0
	c, err := crm.New(t.Context(), crm.Options{Store: store, People: nobody{}, Now: func() time.Time { return at },
		NewID: func() string { n++; return fmt.Sprintf("id-%03d", n) }})
	require.NoError(t, err)
	_, err = c.CreatePipeline(t.Context(), crm.Change{}, crm.Pipeline{Key: "sales", Name: "Sales", Type: "deal", Stages: []crm.Stage{
		{ID: "new", Name: "New", Kind: crm.Normal}, {ID: "won", Name: "Won", Kind: crm.Success}, {ID: "lost", Name: "Lost", Kind: crm.Failure}}})
	require.NoError(t, err)
	forms, err := docstore.NewTyped[form.Form](t.Context(), store, docstore.Spec{Name: "forms"})
	require.NoError(t, err)
	_, err = forms.Save(t.Context(), form.Form{Entity: docstore.Entity{ID: "f"}, Name: "Sign-up", Kind: form.Plain,
		Creates: form.Creates{Type: "deal", Pipeline: "sales", Stage: "new", Always: true}})
	require.NoError(t, err)
	s := &sent{t: t, crm: &records{c, map[string]error{}, map[string]error{}}}
	s.Service, err = form.New(t.Context(), form.Options{Store: store, Records: s.crm, Triggers: &s.heard, Log: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	s.docs, err = docstore.NewTyped[form.Submission](t.Context(), store, docstore.Spec{Name: form.Submissions})
	require.NoError(t, err)
	_, err = s.docs.Save(t.Context(), form.Submission{Entity: docstore.Entity{ID: "s"}, Form: "f", Kind: form.Plain, Status: form.StatusNew, At: docstore.At(at),
		Values: map[string]any{"contact.lastName": "Anna", "contact.email": "anna@timber.test", "company.name": "Timber"}})
	require.NoError(t, err)
	return s
}

func (s *sent) delivered() error {
	return s.Take(s.t.Context(), docstore.Delivery{DocumentID: "s"})
}

func (s *sent) read() form.Submission {
	s.t.Helper()
	x, err := s.docs.Get(s.t.Context(), "s")
	require.NoError(s.t, err)
	return x
}

// made tells that all of a stranger's submission was made, and nothing twice.
func (s *sent) made() {
	s.t.Helper()
	x := s.read()
	require.Equal(s.t, form.StatusDone, x.Status, x.Error)
	require.False(s.t, x.Known, "what it made itself was not there before")
	require.Equal(s.t, crm.MadeBy("s", crm.TypeContact), x.Contact)
	require.Equal(s.t, crm.MadeBy("s", crm.TypeCompany), x.Company)
	contact, err := s.crm.Contact(s.t.Context(), x.Contact)
	require.NoError(s.t, err)
	require.Equal(s.t, x.Company, contact.CompanyID)
	require.Empty(s.t, s.heard)
}

// covers G-12
func TestSubmissionCutShortAfterItsContact(t *testing.T) {
	s := sends(t)
	s.crm.after["contact"] = errors.New("cut short")
	require.ErrorContains(t, s.delivered(), "cut short")
	require.NoError(t, s.delivered())
	s.made()
}

func TestSubmissionCutShortAfterItsCompany(t *testing.T) {
	s := sends(t)
	s.crm.before["contact"] = errors.New("cut short")
	require.ErrorContains(t, s.delivered(), "cut short")
	require.NoError(t, s.delivered())
	s.made()
}

func TestSubmissionIsRetriedAfterItsContactWasRefused(t *testing.T) {
	s := sends(t)
	s.crm.before["contact"] = problem.Invalid("/position", "required", "this must not be empty")
	require.NoError(t, s.delivered())
	require.Equal(t, form.StatusFailed, s.read().Status)
	_, err := s.Retry(t.Context(), "marta", "s")
	require.NoError(t, err)
	require.NoError(t, s.delivered())
	s.made()
}

func TestSubmissionTellsNothingOfItsOwnRecord(t *testing.T) {
	s := sends(t)
	known, err := s.crm.Service.SaveContact(t.Context(), crm.Change{}, crm.Contact{LastName: "Anna", Email: "anna@timber.test"})
	require.NoError(t, err)
	s.crm.before["entry"] = errors.New("cut short")
	require.ErrorContains(t, s.delivered(), "cut short")
	require.NoError(t, s.delivered())
	x := s.read()
	require.Equal(t, form.StatusDone, x.Status, x.Error)
	require.Equal(t, known.ID, x.Contact)
	require.True(t, x.Known)
	require.Equal(t, crm.MadeBy("form-s", crm.TypeDeal), x.Record.ID)
	require.Empty(t, s.heard, "the record came after the happening")
}
