package form

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/fluxo-app/fluxo/server/automation/trigger"
	"github.com/fluxo-app/fluxo/server/crm"
	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/problem"
)

func secondsOf(n int) time.Duration { return time.Duration(n) * time.Second }

// Wants tells whether a delivery is a submission to be worked on.
func (s *Service) Wants(d docstore.Delivery) bool { return d.Event.Kind == submitted }

// Take is the relay's consumer: what comes of a submission. Each step can be
// repeated, so that one that was cut short is finished by the next delivery.
//
// covers G-12, G-13
func (s *Service) Take(ctx context.Context, d docstore.Delivery) error {
	s.working.Lock()
	defer s.working.Unlock()
	x, err := s.submissions.Get(ctx, d.DocumentID)
	if errors.Is(err, docstore.ErrNotFound) || err == nil && x.Status != StatusNew {
		return nil
	}
	if err != nil {
		return err
	}
	f, err := s.forms.Get(ctx, x.Form)
	if errors.Is(err, docstore.ErrNotFound) {
		f, err = Form{Entity: docstore.Entity{ID: x.Form}, Name: x.FormName, Kind: x.Kind}, nil // deleted meanwhile: the client is not lost
	}
	if err != nil {
		return err
	}
	if x, err = s.client(ctx, f, x); err != nil {
		return s.fail(ctx, x, err)
	}
	if x.Visitor != "" && x.Contact != "" {
		if err := s.Visits.Connect(ctx, x.Visitor, x.Contact); err != nil {
			return err
		}
	}
	open, err := s.Records.Open(ctx, x.Contact, x.Company)
	if err != nil {
		return err
	}
	inPipeline := false
	if x.Known {
		for _, o := range open {
			if o.Ref.ID == crm.MadeBy(makes(x), o.Ref.Type) {
				continue // by this very submission, before it was cut short
			}
			moved, err := s.Triggers.Happened(ctx, trigger.Occurrence{ID: "form:" + x.ID + ":" + o.Ref.ID, Kind: x.Kind, Record: o.Ref, At: d.At, Event: happening(f, x)})
			if err != nil {
				return err
			}
			x.Moved = x.Moved || moved
			ours := o.Ref.Type == f.Creates.Type && o.Pipeline == f.Creates.Pipeline
			inPipeline = inPipeline || ours
			if x.Record == nil && (moved || ours) {
				x.Record = &Ref{Type: o.Ref.Type, ID: o.Ref.ID}
			}
		}
	}
	if f.Creates.Type != "" && (f.Creates.Always || !x.Moved && !inPipeline) {
		if x, err = s.create(ctx, f, x); err != nil {
			return s.fail(ctx, x, err)
		}
	}
	if x.Record != nil {
		if err := s.hand(ctx, x, x.Record.Type+":"+x.Record.ID); err != nil {
			return err
		}
	}
	if err := s.tell(ctx, f, x); err != nil {
		return err
	}
	x.Status, x.Error = StatusDone, ""
	_, err = s.submissions.Save(ctx, x)
	return err
}

// fail keeps why a submission could not be worked on. What cannot succeed, such
// as a pipeline that is gone, is not tried again by itself.
func (s *Service) fail(ctx context.Context, x Submission, cause error) error {
	var p *problem.Problem
	if !errors.As(cause, &p) || p.Status() >= 500 || p.Code == "stale" {
		return cause
	}
	s.Log.WarnContext(ctx, "what a client sent could not be worked on", "form", x.Form, "submission", x.ID, "error", cause)
	x.Status, x.Error = StatusFailed, cause.Error()
	_, err := s.submissions.Save(ctx, x)
	return err
}

// Retry works on a submission again, one that failed or was taken for spam.
func (s *Service) Retry(ctx context.Context, actor, id string) (Submission, error) {
	return s.submissions.Update(ctx, id, func(x *Submission) ([]docstore.Event, error) {
		if x.Status == StatusDone || x.Status == StatusNew {
			return nil, nil
		}
		x.Status, x.Error = StatusNew, ""
		event, err := docstore.NewEvent(submitted, nil)
		event.Actor = actor
		return []docstore.Event{event}, err
	})
}

func (x Submission) text(name string) string {
	switch v := x.Values[name].(type) {
	case string:
		return v
	case []any:
		if len(v) > 0 {
			t, _ := v[0].(string)
			return t
		}
	}
	return ""
}

// own are the values of own fields of a record type.
func (x Submission) own(prefix string, standard ...string) map[string]any {
	out := map[string]any{}
	for name, value := range x.Values {
		key, is := strings.CutPrefix(name, prefix+".")
		for _, s := range standard {
			is = is && key != s
		}
		if is {
			out[key] = value
		}
	}
	return out
}

// client finds whom a submission comes from, by e-mail and phone, or makes the
// contact and the company. What strangers write about a known client fills only
// what is empty. When it fails, the submission is as it was, so that a repeat does
// all of it.
func (s *Service) client(ctx context.Context, f Form, x Submission) (Submission, error) {
	if x.Contact != "" {
		return x, nil
	}
	by := crm.Change{Cause: "form:" + f.ID, Effect: x.ID}
	var owned crm.Owned
	name := x.text("company.name")
	company, knownCompany, err := s.companyOf(ctx, x)
	if err != nil {
		return x, err
	}
	contact, knownContact, err := s.contactOf(ctx, x)
	if err != nil {
		return x, err
	}
	if knownContact {
		if err := s.complete(ctx, by, contact, x); err != nil {
			return x, err
		}
	}
	if contact == "" {
		if x, err = s.appoint(ctx, f, x); err != nil {
			return x, err
		}
		owned.ResponsibleID = x.Responsible
	}
	if company == "" && contact == "" && name != "" {
		c := crm.Company{Name: name, Email: x.text("company.email"), Phone: x.text("company.phone"), Address: x.text("company.address"), TaxID: x.text("company.taxId"),
			Fields: x.own("company", "name", "email", "phone", "address", "taxId"), Owned: owned}
		saved, err := s.Records.SaveCompany(ctx, by, c)
		if err != nil {
			return x, fmt.Errorf("make the company: %w", err)
		}
		company = saved.ID
	}
	if contact == "" {
		c := crm.Contact{FirstName: x.text("contact.firstName"), LastName: x.text("contact.lastName"), Email: x.text("contact.email"), Phone: x.text("contact.phone"),
			Position: x.text("contact.position"), CompanyID: company, Fields: x.own("contact", "firstName", "lastName", "email", "phone", "position"), Owned: owned}
		if c.FirstName == "" && c.LastName == "" {
			c.LastName = cmp.Or(c.Email, c.Phone, name)
		}
		if c.LastName != "" || c.FirstName != "" {
			saved, err := s.Records.SaveContact(ctx, by, c)
			if err != nil {
				return x, fmt.Errorf("make the contact: %w", err)
			}
			contact = saved.ID
		}
	}
	x.Contact, x.Company, x.Known = contact, company, knownContact || knownCompany
	return s.submissions.Save(ctx, x) // from here on a repeat finds them
}

// appoint chooses who is responsible for what a form makes: the person it names, as
// long as that is an active one, or of several people whose turn it is. Who is absent
// is passed over, unless all are. It is chosen once for a submission, however often
// that is worked on.
func (s *Service) appoint(ctx context.Context, f Form, x Submission) (Submission, error) {
	if x.Responsible != "" || f.Creates.Responsible == "" {
		return x, nil
	}
	people, _ := s.People.Chosen(f.Creates.Responsible)
	if len(people) == 0 {
		return x, nil
	}
	chosen := people[0]
	if len(people) > 1 {
		var there []string
		for _, user := range people {
			away, err := s.Staff.Absent(ctx, user, x.At.Time)
			if err != nil {
				return x, fmt.Errorf("who is there for form %s: %w", f.ID, err)
			}
			if !away {
				there = append(there, user)
			}
		}
		if len(there) == 0 {
			there = people
		}
		var err error
		if chosen, err = s.Staff.Turn(ctx, "form:"+f.ID, x.ID, there); err != nil {
			return x, err
		}
	}
	x.Responsible = chosen
	return s.submissions.Save(ctx, x)
}

// contactOf finds the contact of a submission, and whether it was known before.
// What an earlier attempt has made is looked for first: by its address it would
// seem to be a known client.
func (s *Service) contactOf(ctx context.Context, x Submission) (id string, known bool, err error) {
	made, err := s.Records.Contact(ctx, crm.MadeBy(x.ID, crm.TypeContact))
	if err == nil {
		return made.ID, false, nil
	}
	if !missing(err) {
		return "", false, err
	}
	id, err = s.Records.ContactBy(ctx, x.text("contact.email"), x.text("contact.phone"))
	return id, id != "", err
}

// companyOf finds the company of a submission as contactOf finds the contact.
func (s *Service) companyOf(ctx context.Context, x Submission) (id string, known bool, err error) {
	made, err := s.Records.Company(ctx, crm.MadeBy(x.ID, crm.TypeCompany))
	if err == nil {
		return made.ID, false, nil
	}
	if !missing(err) {
		return "", false, err
	}
	id, err = s.Records.CompanyBy(ctx, x.text("company.email"), x.text("company.phone"))
	return id, id != "", err
}

func missing(err error) bool {
	var p *problem.Problem
	return errors.As(err, &p) && p.Status() == 404
}

// complete fills in what was not known of a contact.
func (s *Service) complete(ctx context.Context, by crm.Change, id string, x Submission) error {
	c, err := s.Records.Contact(ctx, id)
	if err != nil {
		return err
	}
	changed := false
	for to, from := range map[*string]string{&c.FirstName: "contact.firstName", &c.LastName: "contact.lastName", &c.Email: "contact.email", &c.Phone: "contact.phone", &c.Position: "contact.position"} {
		if text := x.text(from); *to == "" && text != "" {
			*to, changed = text, true
		}
	}
	if !changed {
		return nil
	}
	c.Fields = nil // they keep their values
	_, err = s.Records.SaveContact(ctx, by, c)
	return err
}

func happening(f Form, x Submission) map[string]any {
	fields := make(map[string]any, len(x.Values))
	for name, value := range x.Values {
		fields[strings.ReplaceAll(name, ".", "_")] = value
	}
	files := map[string][]any{}
	for _, f := range x.Files {
		files[f.Field] = append(files[f.Field], f.Name)
	}
	for name, names := range files { // a condition asks what they are called, not their ids
		fields[strings.ReplaceAll(name, ".", "_")] = names
	}
	return map[string]any{"form": f.ID, "name": f.Name, "fields": fields, "page": x.Page, "known": x.Known}
}

// makes is the effect under which a submission makes its record.
func makes(x Submission) string { return "form-" + x.ID }

func (s *Service) create(ctx context.Context, f Form, x Submission) (Submission, error) {
	values := x.own("record")
	if title, _ := values["title"].(string); title == "" {
		who := strings.TrimSpace(x.text("contact.firstName") + " " + x.text("contact.lastName"))
		who = cmp.Or(who, x.text("company.name"), x.text("contact.email"), x.text("contact.phone"))
		values["title"] = f.Name
		if who != "" {
			values["title"] = f.Name + ": " + who
		}
	}
	if x.Contact != "" {
		values["contact"] = x.Contact
	}
	if x.Company != "" {
		values["company"] = x.Company
	}
	x, err := s.appoint(ctx, f, x)
	if err != nil {
		return x, err
	}
	switch {
	case x.Responsible != "":
		values["responsible"] = x.Responsible
	case f.Creates.Responsible != "":
		values["responsible"] = f.Creates.Responsible // left meanwhile, which the record says
	}
	// Before the record is there, so that nobody sees it without them.
	if err := s.hand(ctx, x, f.Creates.Type+":"+crm.MadeBy(makes(x), f.Creates.Type)); err != nil {
		return x, err
	}
	id, err := s.Records.Create(ctx, crm.Change{Cause: "form:" + f.ID, Effect: makes(x)}, f.Creates, values)
	if err != nil {
		return x, errors.Join(fmt.Errorf("create the record: %w", err), s.hand(ctx, x, OwnerOf(x.ID)))
	}
	x.Record, x.Created = &Ref{Type: f.Creates.Type, ID: id}, true
	return x, nil
}

// tell leaves what was sent in the story of the record.
func (s *Service) tell(ctx context.Context, f Form, x Submission) error {
	if x.Record == nil {
		return nil
	}
	answers := make([]any, 0, len(x.Answers))
	for _, a := range x.Answers {
		answers = append(answers, map[string]any{"label": a.Label, "text": a.Text})
	}
	e := crm.Entry{Record: x.Record.Type + ":" + x.Record.ID, At: x.At, Kind: "form",
		Data: map[string]any{"form": f.ID, "name": f.Name, "kind": x.Kind, "submission": x.ID, "answers": answers, "page": x.Page, "created": x.Created}}
	if len(x.Files) > 0 {
		files := make([]any, 0, len(x.Files))
		for _, f := range x.Files {
			files = append(files, map[string]any{"id": f.ID, "name": f.Name})
		}
		e.Data["files"] = files
	}
	e.ID = "form:" + x.ID
	_, err := s.Records.AddEntry(ctx, e)
	return err
}
