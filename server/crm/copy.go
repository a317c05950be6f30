package crm

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"github.com/google/uuid"

	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/problem"
)

// How a record came from another one.
const (
	ByCopy    = "copy"
	ByConvert = "convert"
	ByRepeat  = "repeat"
)

// Origin is the record from which another one was made.
type Origin struct {
	Ref
	Title string `json:"title"`
	How   string `json:"how" enum:"copy,convert,repeat"`
}

// CopyOptions say what a copy is to be; what is empty is as in the original. A copy
// of another type is a conversion: what both types know is taken along.
type CopyOptions struct {
	Type        string `json:"type,omitempty" maxLength:"40"`
	Pipeline    string `json:"pipelineId,omitempty" maxLength:"100"`
	Stage       string `json:"stageId,omitempty" maxLength:"100"`
	Title       string `json:"title,omitempty" maxLength:"200"`
	Responsible string `json:"responsibleId,omitempty" maxLength:"100"`
	// Repeat marks the new record as further business with a known client.
	Repeat bool `json:"repeat,omitempty"`
	// Values are fields of the new record by their names, over those of the original.
	Values map[string]any `json:"values,omitempty"`
	// Language of the reader, in which a copy without a title gets one.
	Language string `json:"-"`
}

// CopyRecord makes a record of another one with its values, client and products.
// Both stories tell of it, so that the way from the first lead to the buying client
// can be read from either end.
//
// covers P-02, R-25, O-03, O-09, O-12, O-19, B-70
func (s *Service) CopyRecord(ctx context.Context, by Change, recordType, id string, o CopyOptions) (Record, error) {
	from, err := s.Record(ctx, recordType, id)
	if err != nil {
		return Record{}, err
	}
	if o, err = s.CopyTo(ctx, from, o); err != nil {
		return Record{}, err
	}
	how := ByCopy
	switch {
	case o.Repeat:
		how = ByRepeat
	case o.Type != recordType:
		how = ByConvert
	}
	if o.Title == "" {
		if o.Title = from.Title; how == ByCopy {
			o.Title = s.copyTitle(by, from, o.Language)
		}
	}
	p, err := s.copied(ctx, from, o.Type)
	if err != nil {
		return Record{}, err
	}
	p.Title, p.origin, p.repeat = &o.Title, &Origin{Ref{recordType, id}, from.Title, how}, o.Repeat
	if o.Responsible != "" {
		p.ResponsibleID = &o.Responsible
	}
	if len(o.Values) > 0 {
		of, err := s.staged(ctx, o.Type)
		if err != nil {
			return Record{}, err
		}
		given, err := of.patch(o.Values)
		if err != nil {
			return Record{}, err
		}
		p.take(given)
	}
	made, err := s.CreateRecord(ctx, by, o.Type, o.Pipeline, o.Stage, p)
	if err != nil {
		return made, err
	}
	return made, s.tellOrigin(ctx, by, from, made, how)
}

// CopyTo names the type, the pipeline and the stage that a copy is to have.
func (s *Service) CopyTo(ctx context.Context, from Record, o CopyOptions) (CopyOptions, error) {
	o.Type = cmp.Or(o.Type, from.Type)
	var err error
	if o.Pipeline == "" {
		if o.Pipeline, err = s.pipelineFor(ctx, from, o.Type); err != nil {
			return o, err
		}
	}
	p, err := s.Pipeline(ctx, o.Pipeline)
	if err != nil {
		return o, missing(err, "/pipelineId", "there is no such pipeline")
	}
	o.Stage = cmp.Or(o.Stage, p.Stages[0].ID)
	return o, nil
}

// pipelineFor is the pipeline of the original, or the first one of another type.
func (s *Service) pipelineFor(ctx context.Context, from Record, recordType string) (string, error) {
	if from.Type == recordType {
		return from.PipelineID, nil
	}
	if _, err := s.staged(ctx, recordType); err != nil {
		return "", missing(err, "/type", "there is no such record type with stages")
	}
	return s.firstPipeline(ctx, recordType)
}

func (s *Service) firstPipeline(ctx context.Context, recordType string) (string, error) {
	all, err := s.Pipelines(ctx, recordType)
	if err != nil {
		return "", err
	}
	if len(all) == 0 {
		return "", problem.Invalid("/pipelineId", "required", "there is no pipeline of this record type yet")
	}
	return all[0].ID, nil
}

// copied are the values of a record as a change of a new one. What it pointed to and
// is gone by now stays behind.
func (s *Service) copied(ctx context.Context, from Record, recordType string) (RecordPatch, error) {
	of, err := s.staged(ctx, recordType)
	if err != nil {
		return RecordPatch{}, missing(err, "/type", "there is no such record type with stages")
	}
	was, err := s.staged(ctx, from.Type)
	if err != nil {
		return RecordPatch{}, err
	}
	p := RecordPatch{Comment: &from.Comment, taken: true}
	if len(from.Products) == 0 {
		p.Amount, p.Currency = &from.Amount, &from.Currency
	} else {
		p.Products = &from.Products
	}
	if !from.ExpectedCloseAt.IsZero() {
		at := from.ExpectedCloseAt.String()
		p.ExpectedCloseAt = &at
	}
	if _, active := s.people.UserName(from.ResponsibleID); active {
		p.ResponsibleID = &from.ResponsibleID
	}
	if from.CompanyID != "" {
		if _, err := s.company(ctx, from.CompanyID); err == nil {
			p.CompanyID = &from.CompanyID
		} else if !isProblem(err, "not_found") {
			return p, err
		}
	}
	contacts := []string{}
	for _, id := range from.contacts() {
		if _, err := s.contact(ctx, id); err == nil {
			contacts = append(contacts, id)
		} else if !isProblem(err, "not_found") {
			return p, err
		}
	}
	p.ContactIDs = &contacts
	for _, f := range of.Fields {
		value := from.Fields[f.Key]
		old, known := was.field(f.Key)
		if value == nil || f.Retired || f.Type == "booking" || // what is booked is booked for one
			!known || old.Type != f.Type || old.Multiple != f.Multiple || old.Dictionary != f.Dictionary || old.Target != f.Target {
			continue
		}
		var c checker
		if err := s.lookUp(ctx, &c, f, "", value, nil); err != nil {
			return p, err
		}
		if len(c.fields) > 0 {
			continue
		}
		if p.Fields == nil {
			p.Fields = map[string]any{}
		}
		p.Fields[f.Key] = value
	}
	return p, nil
}

// take writes what another change names over this one.
func (p *RecordPatch) take(other RecordPatch) {
	over(&p.Title, other.Title)
	over(&p.CompanyID, other.CompanyID)
	over(&p.ContactID, other.ContactID)
	over(&p.ResponsibleID, other.ResponsibleID)
	over(&p.Amount, other.Amount)
	over(&p.Currency, other.Currency)
	over(&p.ExpectedCloseAt, other.ExpectedCloseAt)
	over(&p.Comment, other.Comment)
	if p.Fields == nil {
		p.Fields = map[string]any{}
	}
	maps.Copy(p.Fields, other.Fields)
}

func over[T any](to **T, from *T) {
	if from != nil {
		*to = from
	}
}

// tellOrigin writes the link into both stories.
func (s *Service) tellOrigin(ctx context.Context, by Change, from, made Record, how string) error {
	for _, line := range []struct {
		of, other Record
		way       string
	}{{from, made, "to"}, {made, from, "from"}} {
		e := Entry{Record: line.of.Type + ":" + line.of.ID, Kind: "linked", Actor: by.Actor, Run: by.Run, At: docstore.At(s.now()),
			Data: map[string]any{"how": how, "way": line.way, "type": line.other.Type, "id": line.other.ID, "title": line.other.Title}}
		e.ID = "linked-" + made.ID + "-" + line.way
		if _, err := s.AddEntry(ctx, e); err != nil {
			return err
		}
	}
	return nil
}

// idFor is the id of something new. What an effect makes again is the same thing.
func (s *Service) idFor(by Change, what string) string {
	if by.Effect == "" {
		return s.newID()
	}
	return MadeBy(by.Effect, what)
}

// MadeBy is the id of the record, contact or company that an effect makes. Whoever
// repeats an act finds by it what an earlier attempt has made.
func MadeBy(effect, recordType string) string {
	return uuid.NewSHA1(uuid.NameSpaceOID, []byte("fluxo\x00"+recordType+"\x00"+effect)).String()
}

// contacts are the contacts of a record, the primary one first.
func (d Record) contacts() []string {
	if len(d.ContactIDs) > 0 {
		return d.ContactIDs
	}
	if d.ContactID != "" {
		return []string{d.ContactID}
	}
	return nil
}

// ContactsOf reads the contacts of a record, the primary one first. One that is gone
// is there by its name as far as the record knows it.
func (s *Service) ContactsOf(ctx context.Context, d Record) ([]Contact, error) {
	out := []Contact{}
	for _, id := range d.contacts() {
		c, err := s.contact(ctx, id)
		if isProblem(err, "not_found") {
			if c = (Contact{Entity: docstore.Entity{ID: id}}); id == d.ContactID {
				c.Name = d.ContactName
			}
		} else if err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	return out, nil
}

const maxContacts = 50

// putContacts writes contacts into a record: the primary one is the first of the
// list, which is kept only where there are several.
func (s *Service) putContacts(ctx context.Context, c *checker, before Record, d *storedRecord, p RecordPatch) error {
	list := before.contacts()
	switch {
	case p.ContactIDs != nil:
		list = *p.ContactIDs
		if p.ContactID != nil && *p.ContactID != "" {
			list = append([]string{*p.ContactID}, list...)
		}
	case p.ContactID == nil:
		return nil
	case *p.ContactID == "":
		list = list[min(1, len(list)):]
	default:
		list = append([]string{*p.ContactID}, list...)
		if len(before.ContactIDs) == 0 {
			list = list[:1] // one contact takes the place of one
		}
	}
	var once []string
	for _, id := range list {
		if id != "" && !slices.Contains(once, id) {
			once = append(once, id)
		}
	}
	if len(once) > maxContacts {
		c.add("/contactIds", "too_many", "at most %d contacts", maxContacts)
		return nil
	}
	had := before.contacts()
	for i, id := range once {
		if i == 0 || slices.Contains(had, id) {
			continue // the primary one is looked up with the other references
		}
		if _, err := s.contact(ctx, id); isProblem(err, "not_found") {
			c.add(pointer("contactIds", i), "unknown_reference", "there is no such contact")
		} else if err != nil {
			return err
		}
	}
	d.ContactID, d.ContactIDs = "", nil
	if len(once) > 0 {
		d.ContactID = once[0]
	}
	if len(once) > 1 {
		d.ContactIDs = once
	}
	return nil
}
