package crm

import (
	"cmp"
	"context"
	"slices"
	"strconv"

	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/problem"
)

// ConvertOptions say what a lead becomes, in one act. What is left out is not made.
type ConvertOptions struct {
	Contact *ConvertClient `json:"contact,omitempty"`
	Company *ConvertClient `json:"company,omitempty"`
	Deal    *ConvertDeal   `json:"deal,omitempty"`
	// Stage is where the lead stands afterwards: the first success when it is empty.
	Stage string `json:"stageId,omitempty" maxLength:"100"`
}

// ConvertClient is a contact or a company of a lead: a known one, or a new one.
type ConvertClient struct {
	ID string `json:"id,omitempty" maxLength:"100" doc:"of a known one, whose empty fields are filled in; empty = a new one is made"`
}

// ConvertDeal is the record that a lead becomes.
type ConvertDeal struct {
	Type        string `json:"type,omitempty" maxLength:"40" doc:"deal when it is empty"`
	Pipeline    string `json:"pipelineId,omitempty" maxLength:"100"`
	Stage       string `json:"stageId,omitempty" maxLength:"100"`
	Title       string `json:"title,omitempty" maxLength:"200"`
	Responsible string `json:"responsibleId,omitempty" maxLength:"100"`
}

// Conversion is what a lead would become: whom it tells of, and who of the known
// clients that could be.
type Conversion struct {
	Contact Contact `json:"contact"`
	Company Company `json:"company"`
	Known   []Match `json:"known" doc:"contacts and companies with an address or a number of the lead"`
	// Stage is where the lead will stand.
	Stage string `json:"stageId"`
}

// Converted is what a lead became.
type Converted struct {
	Lead    Record `json:"lead"`
	Contact string `json:"contactId,omitempty"`
	Company string `json:"companyId,omitempty"`
	Deal    *Ref   `json:"deal,omitempty"`
	Title   string `json:"title,omitempty"`
}

// Conversion reads what a lead would become.
func (s *Service) Conversion(ctx context.Context, id string) (Conversion, error) {
	lead, err := s.Record(ctx, TypeLead, id)
	if err != nil {
		return Conversion{}, err
	}
	out := Conversion{Contact: contactOf(lead), Company: companyOf(lead), Known: []Match{}}
	if out.Stage, err = s.FinalStage(ctx, lead); err != nil {
		return out, err
	}
	found, err := s.MatchClients(ctx, lead.texts("email"), lead.texts("phone"))
	for _, m := range found {
		if m.Type == TypeContact || m.Type == TypeCompany {
			out.Known = append(out.Known, m)
		}
	}
	return out, err
}

// contactOf is the person that a lead tells of.
func contactOf(lead Record) Contact {
	c := Contact{FirstName: lead.text("firstName"), LastName: lead.text("lastName"), Email: lead.text("email"), Phone: lead.text("phone")}
	if c.FirstName+c.LastName == "" {
		c.LastName = cmp.Or(c.Email, c.Phone, lead.text("companyName"), lead.Title)
	}
	return c
}

// companyOf is the company that a lead tells of. The address and the number are of
// the person when there is one.
func companyOf(lead Record) Company {
	c := Company{Name: cmp.Or(lead.text("companyName"), lead.Title)}
	if lead.personName() == "" {
		c.Email, c.Phone = lead.text("email"), lead.text("phone")
	}
	return c
}

// FinalStage is where a lead goes that has become something, "" when its pipeline
// has no such stage.
func (s *Service) FinalStage(ctx context.Context, lead Record) (string, error) {
	p, err := s.Pipeline(ctx, lead.PipelineID)
	if err != nil {
		return "", err
	}
	if i := slices.IndexFunc(p.Stages, func(stage Stage) bool { return stage.Kind == Success }); i >= 0 {
		return p.Stages[i].ID, nil
	}
	return "", nil
}

// Convert makes a contact, a company and a deal of a lead in one act, as far as they
// are wanted, and moves the lead to its final stage. Everything is checked before
// anything is written; repeated under the same effect, nothing is made twice. The
// stories of all tell of each other.
//
// covers O-03, O-09, O-12, R-13
func (s *Service) Convert(ctx context.Context, by Change, id string, rev int64, o ConvertOptions) (Converted, error) {
	lead, err := s.Record(ctx, TypeLead, id)
	if err != nil {
		return Converted{}, err
	}
	if rev != 0 && rev != lead.Rev {
		return Converted{}, problem.Stale(lead)
	}
	if o.Contact == nil && o.Company == nil && o.Deal == nil {
		return Converted{}, problem.Invalid("/deal", "required", "say what the lead becomes: a contact, a company, a deal")
	}
	if o.Stage == "" {
		if o.Stage, err = s.FinalStage(ctx, lead); err != nil {
			return Converted{}, err
		}
	}
	if by.Effect == "" {
		by.Effect = "convert:" + id + ":" + strconv.FormatInt(lead.Rev, 10)
	}
	contact, company := contactOf(lead), companyOf(lead)
	contact.Owned, company.Owned = s.ownedFrom(by, lead), s.ownedFrom(by, lead)
	var deal CopyOptions
	if o.Deal != nil {
		deal = CopyOptions{Type: cmp.Or(o.Deal.Type, TypeDeal), Pipeline: o.Deal.Pipeline, Stage: o.Deal.Stage, Title: cmp.Or(o.Deal.Title, lead.Title), Responsible: o.Deal.Responsible}
		if deal, err = s.CopyTo(ctx, lead, deal); err != nil {
			return Converted{}, under(err, "/deal")
		}
	}
	if err := s.mayConvert(ctx, by, lead, o, deal, contact, company); err != nil {
		return Converted{}, err
	}

	out := Converted{Lead: lead}
	step := func(name string) Change {
		one := by
		one.Effect += ":" + name
		return one
	}
	if o.Company != nil {
		if out.Company, err = s.convertCompany(ctx, step("company"), o.Company.ID, company); err != nil {
			return out, under(err, "/company")
		}
	}
	if o.Contact != nil {
		contact.CompanyID = cmp.Or(out.Company, lead.CompanyID)
		if out.Contact, err = s.convertContact(ctx, step("contact"), o.Contact.ID, contact); err != nil {
			return out, under(err, "/contact")
		}
	}
	var p RecordPatch
	if out.Company != "" {
		p.CompanyID = &out.Company
	}
	if out.Contact != "" {
		all := append([]string{out.Contact}, lead.contacts()...)
		p.ContactIDs = &all
	}
	if out.Company != "" || out.Contact != "" {
		if out.Lead, err = s.UpdateRecord(ctx, step("link"), TypeLead, id, 0, p); err != nil {
			return out, err
		}
	}
	if o.Deal != nil {
		made, err := s.CopyRecord(ctx, step("deal"), TypeLead, id, deal)
		if err != nil {
			return out, under(err, "/deal")
		}
		out.Deal, out.Title = &Ref{made.Type, made.ID}, made.Title
	}
	for _, client := range []Ref{{TypeContact, out.Contact}, {TypeCompany, out.Company}} {
		if client.ID == "" {
			continue
		}
		if err := s.tellClient(ctx, by, lead, client); err != nil {
			return out, err
		}
	}
	if o.Stage != "" && o.Stage != out.Lead.StageID {
		out.Lead, err = s.MoveRecord(ctx, step("stage"), TypeLead, id, 0, o.Stage, "")
	}
	return out, err
}

// mayConvert tells what the conversion would be refused for; nothing is stored.
func (s *Service) mayConvert(ctx context.Context, by Change, lead Record, o ConvertOptions, deal CopyOptions, contact Contact, company Company) error {
	after := lead
	switch {
	case o.Contact == nil:
	case o.Contact.ID != "":
		c, err := s.contact(ctx, o.Contact.ID)
		if err != nil {
			return missing(err, "/contact/id", "there is no such contact")
		}
		after.ContactID, after.ContactName = c.ID, c.Name
	default:
		if err := s.CheckContact(ctx, contact); err != nil {
			return under(err, "/contact")
		}
		after.ContactID = "new"
	}
	switch {
	case o.Company == nil:
	case o.Company.ID != "":
		c, err := s.company(ctx, o.Company.ID)
		if err != nil {
			return missing(err, "/company/id", "there is no such company")
		}
		after.CompanyID, after.CompanyName = c.ID, c.Name
	default:
		if err := s.CheckCompany(ctx, company); err != nil {
			return under(err, "/company")
		}
		after.CompanyID = "new"
	}
	if o.Stage != "" && o.Stage != lead.StageID {
		p, err := s.Pipeline(ctx, lead.PipelineID)
		if err != nil {
			return err
		}
		stage, known := p.Stage(o.Stage)
		if !known {
			return problem.Invalid("/stageId", "unknown_reference", "the pipeline of the lead has no such stage")
		}
		of, err := s.shape(ctx, TypeLead)
		if err != nil {
			return err
		}
		if err := of.mayEnter(after, stage); err != nil {
			return err
		}
	}
	if o.Deal == nil {
		return nil
	}
	p, err := s.copied(ctx, lead, deal.Type)
	if err != nil {
		return under(err, "/deal")
	}
	if p.Title = &deal.Title; deal.Responsible != "" {
		p.ResponsibleID = &deal.Responsible
	}
	// Clients that are not there yet cannot be named; that there will be one is enough.
	p.convertContact, p.convertCompany = after.ContactID != "", after.CompanyID != ""
	return under(s.CheckRecord(ctx, by, deal.Type, deal.Pipeline, deal.Stage, p), "/deal")
}

// ownedFrom is whose client a lead becomes: of who is responsible for the lead, or
// else of who converts it.
func (s *Service) ownedFrom(by Change, lead Record) Owned {
	if o := s.ownedLike(lead); o.ResponsibleID != "" {
		return o
	}
	return s.ownedLike(Record{ResponsibleID: by.Actor})
}

func (s *Service) convertContact(ctx context.Context, by Change, known string, c Contact) (string, error) {
	if known != "" {
		return known, s.completeContact(ctx, by, known, c)
	}
	saved, err := s.SaveContact(ctx, by, c)
	return saved.ID, err
}

func (s *Service) convertCompany(ctx context.Context, by Change, known string, c Company) (string, error) {
	if known != "" {
		return known, s.completeCompany(ctx, by, known, c)
	}
	saved, err := s.SaveCompany(ctx, by, c)
	return saved.ID, err
}

// tellClient writes into the stories of a lead and of a client that the one came from the other.
func (s *Service) tellClient(ctx context.Context, by Change, lead Record, client Ref) error {
	title, err := s.Title(ctx, client.Type, client.ID)
	if err != nil {
		return err
	}
	for _, line := range []struct {
		of, other Ref
		title     string
		way       string
	}{{Ref{TypeLead, lead.ID}, client, title, "to"}, {client, Ref{TypeLead, lead.ID}, lead.Title, "from"}} {
		e := Entry{Record: line.of.Type + ":" + line.of.ID, Kind: "linked", Actor: by.Actor, Run: by.Run, At: docstore.At(s.now()),
			Data: map[string]any{"how": ByConvert, "way": line.way, "type": line.other.Type, "id": line.other.ID, "title": line.title}}
		e.ID = "linked-" + lead.ID + "-" + client.ID + "-" + line.way
		if _, err := s.AddEntry(ctx, e); err != nil {
			return err
		}
	}
	return nil
}

// ConvertByRobot is a conversion as a process makes it: known clients are found by
// their addresses and numbers, new ones made only of what says who they are.
func (s *Service) ConvertByRobot(ctx context.Context, by Change, id string, contact, company bool, deal *ConvertDeal) (Converted, error) {
	lead, err := s.Record(ctx, TypeLead, id)
	if err != nil {
		return Converted{}, err
	}
	found, err := s.MatchClients(ctx, lead.texts("email"), lead.texts("phone"))
	if err != nil {
		return Converted{}, err
	}
	known := func(recordType string) string {
		for _, m := range found {
			if m.Type == recordType {
				return m.ID
			}
		}
		return ""
	}
	o := ConvertOptions{Deal: deal}
	if contact {
		if c := (ConvertClient{ID: cmp.Or(lead.ContactID, known(TypeContact))}); c.ID != "" || lead.personName() != "" || len(lead.texts("email"))+len(lead.texts("phone")) > 0 && lead.text("companyName") == "" {
			o.Contact = &c
		}
	}
	if company {
		if c := (ConvertClient{ID: cmp.Or(lead.CompanyID, known(TypeCompany))}); c.ID != "" || lead.text("companyName") != "" {
			o.Company = &c
		}
	}
	if o.Contact == nil && o.Company == nil && o.Deal == nil {
		return Converted{Lead: lead}, nil
	}
	return s.Convert(ctx, by, id, 0, o)
}
