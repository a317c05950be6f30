package transfer

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"

	"github.com/fluxo-app/fluxo/server/crm"
	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/job"
	"github.com/fluxo-app/fluxo/server/problem"
)

// JobKind is the kind of jobs that import files.
const JobKind = "import"

// What a row becomes.
const (
	BecomesNew    = "new"
	BecomesUpdate = "update"
	BecomesKnown  = "known" // it is there already and stays as it is
	BecomesFault  = "fault"
)

// Preview is a row and what it would become.
type Preview struct {
	N       int      `json:"n"`
	Cells   []string `json:"cells"`
	Becomes string   `json:"becomes" enum:"new,update,known,fault"`
	// Record is the one that is there already.
	Record *crm.Match `json:"record,omitempty"`
	// Row is an earlier row of the file that is about the same.
	Row    int             `json:"row,omitempty"`
	Values map[string]any  `json:"values" doc:"as they were understood, by field"`
	Wrongs []problem.Field `json:"-"`
}

// Preview tells what the first rows would become; nothing is stored.
func (s *Service) Preview(ctx context.Context, actor, id string, from, limit int) ([]Preview, error) {
	d, err := s.Get(ctx, actor, id)
	if err != nil {
		return nil, err
	}
	r, err := s.reader(ctx, d)
	if err != nil {
		return nil, err
	}
	out := []Preview{}
	seen := map[string]int{} // rows by what they are known by
	err = s.walk(ctx, d, from, func(n int, cells []string) (bool, error) {
		w, err := r.read(ctx, cells)
		if err != nil {
			return false, err
		}
		p := Preview{N: n, Cells: cells, Becomes: BecomesNew, Values: w.given, Wrongs: w.wrongs}
		for i := range p.Cells {
			p.Cells[i] = shortened(p.Cells[i])
		}
		if d.Duplicates != Add {
			found, err := s.CRM.Find(ctx, d.Type, w.probe, d.By)
			if err != nil {
				return false, err
			}
			if len(found) > 0 {
				p.Record, p.Becomes = &found[0], known(d)
			}
			for _, key := range within(w.probe, d.By) {
				if p.Record == nil && seen[key] > 0 && p.Row == 0 {
					p.Row, p.Becomes = seen[key], known(d)
				}
				if seen[key] == 0 {
					seen[key] = n
				}
			}
		}
		if p.Becomes == BecomesNew {
			more, err := s.refused(ctx, d, w)
			if err != nil {
				return false, err
			}
			p.Wrongs = append(p.Wrongs, more...)
		}
		if len(p.Wrongs) > 0 && p.Becomes != BecomesKnown {
			p.Becomes = BecomesFault
		}
		out = append(out, p)
		return len(out) < limit, nil
	})
	return out, err
}

func known(d Draft) string {
	if d.Duplicates == Update {
		return BecomesUpdate
	}
	return BecomesKnown
}

// within are what rows of one file are compared by, before they are records.
func within(p crm.Probe, by []string) []string {
	var out []string
	for _, way := range by {
		var texts []string
		switch way {
		case crm.ByEmail:
			texts = p.Emails
		case crm.ByPhone:
			texts = p.Phones
		case crm.ByName:
			texts = []string{p.Name}
		case crm.ByTaxID:
			texts = []string{p.TaxID}
		case crm.BySKU:
			texts = []string{p.SKU}
		default:
			if t, is := p.Fields[way].(string); is {
				texts = []string{t}
			}
		}
		for _, t := range texts {
			if t = strings.ToLower(strings.TrimSpace(t)); t != "" {
				out = append(out, way+" "+t)
			}
		}
	}
	return out
}

// refused is what saving a new record of a row would refuse.
func (s *Service) refused(ctx context.Context, d Draft, w row) ([]problem.Field, error) {
	var err error
	switch d.Type {
	case crm.TypeContact:
		err = s.CRM.CheckContact(ctx, w.contact)
	case crm.TypeCompany:
		err = s.CRM.CheckCompany(ctx, w.company)
	case crm.TypeProduct:
		var p crm.Product
		w.product(&p)
		err = s.CRM.CheckProduct(ctx, &p)
	default:
		err = s.CRM.CheckRecord(ctx, crm.Change{Actor: d.Actor}, d.Type, w.pipeline, w.stage, w.patch)
	}
	return byField(err, w)
}

// byField gives the mistakes of a problem by the fields of columns.
func byField(err error, w row) ([]problem.Field, error) {
	var p *problem.Problem
	if err == nil {
		return nil, nil
	}
	if !errors.As(err, &p) || p.Status() >= 500 {
		return nil, err
	}
	var out []problem.Field
	for _, f := range p.Fields {
		key := strings.TrimPrefix(f.Path, "/")
		key = strings.TrimPrefix(key, "fields/")
		key, _, _ = strings.Cut(key, "/")
		switch key {
		case "companyId", "contactId", "responsibleId", "pipelineId", "stageId":
			key = strings.TrimSuffix(key, "Id")
		}
		if f.Code == "required" && (key == "company" && w.ofCompany != "" || key == "contact" && w.ofContact != "") {
			continue // it will be found or made
		}
		if slices.ContainsFunc(w.wrongs, func(had problem.Field) bool { return had.Path == "/"+key }) {
			continue // what could not be read is missing for that reason
		}
		f.Path = "/" + key
		out = append(out, f)
	}
	if len(p.Fields) == 0 {
		out = append(out, problem.Field{Path: "", Code: p.Code, Message: p.Text("en")})
	}
	return out, nil
}

// Start begins the import as a job.
func (s *Service) Start(ctx context.Context, actor, id string) (job.Job, error) {
	d, err := s.Get(ctx, actor, id)
	if err != nil {
		return job.Job{}, err
	}
	if d.Job != "" {
		return s.Jobs.Get(ctx, d.Job)
	}
	if !slices.ContainsFunc(d.Mapping, func(key string) bool { return key != "" }) {
		return job.Job{}, problem.Invalid("/mapping", "required", "map at least one column to a field")
	}
	input, err := json.Marshal(map[string]string{"import": d.ID})
	if err != nil {
		return job.Job{}, err
	}
	// Its id follows from the import: two who start it at once start it once.
	j, err := s.Jobs.Start(ctx, job.Job{Entity: docstore.Entity{ID: "import-" + d.ID}, Kind: JobKind, Name: d.Name, Type: d.Type, Input: input})
	if errors.Is(err, docstore.ErrExists) || errors.Is(err, docstore.ErrConflict) {
		j, err = s.Jobs.Get(ctx, "import-"+d.ID)
	}
	if err != nil {
		return j, err
	}
	_, err = s.drafts.Update(ctx, d.ID, func(d *Draft) ([]docstore.Event, error) { d.Job = j.ID; return nil, nil })
	return j, err
}

// InOrder implements job.Ordered: two rows may be about the same client, and then
// the later one changes what the earlier one has made.
func (s *Service) InOrder() {}

// draftOf is the import of a job.
func (s *Service) draftOf(ctx context.Context, j job.Job) (Draft, error) {
	var in struct {
		Import string `json:"import"`
	}
	if err := json.Unmarshal(j.Input, &in); err != nil {
		return Draft{}, err
	}
	return s.Get(ctx, j.Actor, in.Import)
}

// line is what a job keeps of a row.
type line struct {
	N     int      `json:"n"`
	Cells []string `json:"cells"`
}

// cursors keep the readers of imports that are being collected, so that a page does
// not begin at the start of the file again.
type cursors struct {
	mu    sync.Mutex
	items map[string]*cursor
}

type cursor struct {
	n    int
	rows []job.Item
}

// pageRows is how many rows are written down at once.
const pageRows = 500

// Collect implements job.Kind: the rows of the file, as they are.
func (s *Service) Collect(ctx context.Context, j job.Job, at string) ([]job.Item, string, error) {
	d, err := s.draftOf(ctx, j)
	if err != nil {
		return nil, "", err
	}
	from := 1
	if at != "" {
		if _, err := fmt.Sscan(at, &from); err != nil {
			return nil, "", fmt.Errorf("cursor of an import: %w", err)
		}
	}
	ahead := s.ahead(j.ID, from)
	if ahead == nil {
		if ahead, err = s.readAhead(ctx, d, from); err != nil {
			return nil, "", err
		}
	}
	page := ahead[:min(len(ahead), pageRows)]
	next := ""
	if len(page) == pageRows {
		next = fmt.Sprint(from + pageRows)
		s.keep(j.ID, from+pageRows, ahead[len(page):])
	}
	return page, next, nil
}

// aheadRows is how many rows are read at once: reading from the start of the file
// for each page would take as long as all pages together for each.
const aheadRows = 20 * pageRows

func (s *Service) readAhead(ctx context.Context, d Draft, from int) ([]job.Item, error) {
	out := []job.Item{}
	bytes := 0
	err := s.walk(ctx, d, from, func(n int, cells []string) (bool, error) {
		body, err := json.Marshal(line{n, cells})
		if err != nil {
			return false, err
		}
		out = append(out, job.Item{Key: fmt.Sprintf("row-%06d", n), Title: title(d, cells), Body: body})
		bytes += len(body)
		return len(out)%pageRows != 0 || len(out) < aheadRows && bytes < 8<<20, nil
	})
	return out, err
}

// title names a row for people: its first values.
func title(d Draft, cells []string) string {
	var out []string
	for i, key := range d.Mapping {
		if key != "" && i < len(cells) && strings.TrimSpace(cells[i]) != "" && len(out) < 3 {
			out = append(out, strings.TrimSpace(cells[i]))
		}
	}
	text := []rune(strings.Join(out, ", "))
	return string(text[:min(len(text), 100)])
}

func (s *Service) ahead(id string, from int) []job.Item {
	s.cursors.mu.Lock()
	defer s.cursors.mu.Unlock()
	c := s.cursors.items[id]
	if c == nil || c.n != from || len(c.rows) == 0 {
		return nil
	}
	delete(s.cursors.items, id)
	return c.rows
}

func (s *Service) keep(id string, n int, rows []job.Item) {
	if len(rows) == 0 {
		return
	}
	s.cursors.mu.Lock()
	defer s.cursors.mu.Unlock()
	if len(s.cursors.items) > 3 { // canceled ones
		clear(s.cursors.items)
	}
	if s.cursors.items == nil {
		s.cursors.items = map[string]*cursor{}
	}
	s.cursors.items[id] = &cursor{n: n, rows: rows}
}

// Treat implements job.Kind: one row becomes a record, or changes one.
func (s *Service) Treat(ctx context.Context, j job.Job, l job.Line) (job.Outcome, error) {
	var of line
	if err := json.Unmarshal(l.Body, &of); err != nil {
		return job.Outcome{}, err
	}
	d, err := s.draftOf(ctx, j)
	if err != nil {
		return job.Outcome{}, err
	}
	by := crm.Change{Actor: j.Actor, Cause: "import:" + d.ID, Effect: l.Effect()}
	if title, there, err := s.madeBefore(ctx, d.Type, by); err != nil || there {
		return job.Outcome{Status: job.Done, Type: d.Type, Record: crm.MadeBy(by.Effect, d.Type), Title: title, Note: BecomesNew}, err
	}
	r, err := s.reader(ctx, d)
	if err != nil {
		return job.Outcome{}, err
	}
	w, err := r.read(ctx, of.Cells)
	if err != nil {
		return job.Outcome{}, err
	}
	if d.Duplicates != Add {
		found, err := s.CRM.Find(ctx, d.Type, w.probe, d.By)
		if err != nil {
			return job.Outcome{}, err
		}
		if len(found) > 0 && d.Duplicates == Skip {
			return s.outcome(ctx, job.Same, found[0], BecomesKnown), nil
		}
		if err := problem.Fields(w.wrongs); err != nil {
			return job.Outcome{}, err
		}
		if len(found) > 0 {
			return s.update(ctx, by, d, w, found[0])
		}
	}
	if err := problem.Fields(w.wrongs); err != nil {
		return job.Outcome{}, err
	}
	return s.add(ctx, by, d, w)
}

// madeBefore looks for what an earlier attempt at a row has made: by its address it
// would seem to have been there.
func (s *Service) madeBefore(ctx context.Context, recordType string, by crm.Change) (title string, there bool, err error) {
	title, err = s.CRM.Title(ctx, recordType, crm.MadeBy(by.Effect, recordType))
	var p *problem.Problem
	if errors.As(err, &p) && p.Status() == 404 {
		return "", false, nil
	}
	return title, err == nil, err
}

// outcome names a record that was there, unless the author may not see it.
func (s *Service) outcome(ctx context.Context, status string, m crm.Match, note string) job.Outcome {
	if s.Rights.MaySee(ctx, m.Type, m.ID) != nil {
		return job.Outcome{Status: status, Note: note}
	}
	return job.Outcome{Status: status, Type: m.Type, Record: m.ID, Title: m.Name, Note: note}
}

// add makes a record of a row.
func (s *Service) add(ctx context.Context, by crm.Change, d Draft, w row) (job.Outcome, error) {
	if !party(d.Type) && w.stage == "" {
		if p, err := s.CRM.Pipeline(ctx, w.pipeline); err == nil {
			w.stage = p.Stages[0].ID
		}
	}
	if err := s.Rights.MayAdd(ctx, d.Type, w.pipeline, w.stage); err != nil {
		return job.Outcome{}, err
	}
	w.own(d)
	if refused, err := s.refused(ctx, d, w); err != nil {
		return job.Outcome{}, err
	} else if err := problem.Fields(refused); err != nil {
		return job.Outcome{}, err // before its client is made
	}
	if err := s.clients(ctx, by, d, &w); err != nil {
		return job.Outcome{}, err
	}
	out := job.Outcome{Status: job.Done, Type: d.Type, Note: BecomesNew}
	switch d.Type {
	case crm.TypeContact:
		c, err := s.CRM.SaveContact(ctx, by, w.contact)
		if err != nil {
			return out, s.told(err, w)
		}
		out.Record, out.Title = c.ID, c.Name
	case crm.TypeCompany:
		c, err := s.CRM.SaveCompany(ctx, by, w.company)
		if err != nil {
			return out, s.told(err, w)
		}
		out.Record, out.Title = c.ID, c.Name
	case crm.TypeProduct:
		p, err := s.addProduct(ctx, by, w)
		if err != nil {
			return out, s.told(err, w)
		}
		out.Record, out.Title = p.ID, p.Name
	default:
		c, err := s.CRM.CreateRecord(ctx, by, d.Type, w.pipeline, w.stage, w.patch)
		if err != nil {
			return out, s.told(err, w)
		}
		out.Record, out.Title = c.ID, c.Title
	}
	return out, nil
}

// owned says whose clients an import makes: of who is chosen for its new records, or
// else of who imports.
func (d Draft) owned() crm.Owned {
	return crm.Owned{ResponsibleID: cmp.Or(d.ResponsibleID, d.Actor)}
}

// own gives a new client of a row to somebody when the row names nobody.
func (w *row) own(d Draft) {
	if w.contact.ResponsibleID == "" {
		w.contact.Owned = d.owned()
	}
	if w.company.ResponsibleID == "" {
		w.company.Owned = d.owned()
	}
}

// told puts what was refused into the words of columns.
func (s *Service) told(err error, w row) error {
	fields, other := byField(err, w)
	if other != nil {
		return other
	}
	return problem.Fields(fields)
}

// clients finds or makes the company and the contact that a row names.
func (s *Service) clients(ctx context.Context, by crm.Change, d Draft, w *row) error {
	if name := w.ofCompany; name != "" {
		id, err := s.client(ctx, by, crm.TypeCompany, crm.Probe{Name: name}, func(by crm.Change) (string, error) {
			c, err := s.CRM.SaveCompany(ctx, by, crm.Company{Name: name, Owned: d.owned()})
			return c.ID, err
		})
		if err != nil {
			return underKey(err, "company")
		}
		w.contact.CompanyID, w.patch.CompanyID = id, &id
	}
	if text := w.ofContact; text != "" && !party(d.Type) {
		p := crm.Probe{Name: text}
		c := crm.Contact{LastName: text, Owned: d.owned()}
		switch {
		case strings.Contains(text, "@"):
			p, c.Email = crm.Probe{Emails: []string{text}}, text
		case strings.Trim(text, "+0123456789 ()-./") == "":
			p, c.Phone = crm.Probe{Phones: []string{text}}, text
		default:
			if first, last, two := cutLast(text); two {
				c.FirstName, c.LastName = first, last
			}
		}
		if w.patch.CompanyID != nil {
			c.CompanyID = *w.patch.CompanyID
		}
		id, err := s.client(ctx, by, crm.TypeContact, p, func(by crm.Change) (string, error) {
			made, err := s.CRM.SaveContact(ctx, by, c)
			return made.ID, err
		})
		if err != nil {
			return underKey(err, "contact")
		}
		w.patch.ContactID = &id
	}
	return nil
}

func underKey(err error, key string) error {
	var p *problem.Problem
	if errors.As(err, &p) && len(p.Fields) > 0 {
		one := p.Fields[0]
		one.Path = "/" + key
		return problem.Fields([]problem.Field{one})
	}
	return err
}

func (s *Service) client(ctx context.Context, by crm.Change, recordType string, p crm.Probe, create func(crm.Change) (string, error)) (string, error) {
	found, err := s.CRM.Find(ctx, recordType, p, []string{crm.ByEmail, crm.ByPhone, crm.ByName})
	if err != nil {
		return "", err
	}
	if len(found) > 0 {
		return found[0].ID, nil
	}
	if err := s.Rights.MayAdd(ctx, recordType, "", ""); err != nil {
		return "", err
	}
	return create(by)
}

// update writes what a row has into a record that is there. Its stage stays.
func (s *Service) update(ctx context.Context, by crm.Change, d Draft, w row, m crm.Match) (job.Outcome, error) {
	if err := s.Rights.MayEdit(ctx, m.Type, m.ID); err != nil {
		return job.Outcome{}, err
	}
	if err := s.clients(ctx, by, d, &w); err != nil {
		return job.Outcome{}, err
	}
	var changed bool
	var err error
	for range 5 {
		changed, err = s.write(ctx, by, d, w, m.ID)
		var p *problem.Problem
		if !errors.As(err, &p) || p.Code != "stale" {
			break
		}
	}
	if err != nil {
		return job.Outcome{}, s.told(err, w)
	}
	status := job.Done
	if !changed {
		status = job.Same
	}
	return s.outcome(ctx, status, m, BecomesUpdate), nil
}

func over(to *string, from string) bool {
	if from == "" || *to == from {
		return false
	}
	*to = from
	return true
}

func (s *Service) write(ctx context.Context, by crm.Change, d Draft, w row, id string) (changed bool, err error) {
	switch d.Type {
	case crm.TypeProduct:
		return s.writeProduct(ctx, by, w, id)
	case crm.TypeContact:
		c, err := s.CRM.Contact(ctx, id)
		if err != nil {
			return false, err
		}
		rev := c.Rev
		for to, from := range map[*string]string{&c.FirstName: w.contact.FirstName, &c.LastName: w.contact.LastName, &c.Email: w.contact.Email, &c.Phone: w.contact.Phone,
			&c.Position: w.contact.Position, &c.CompanyID: w.contact.CompanyID, &c.ResponsibleID: w.contact.ResponsibleID} {
			changed = over(to, from) || changed
		}
		if fields := differing(c.Fields, w.contact.Fields); len(fields) > 0 {
			c.Fields, changed = fields, true
		}
		if !changed {
			return false, nil
		}
		c, err = s.CRM.SaveContact(ctx, by, c)
		return c.Rev != rev, err
	case crm.TypeCompany:
		c, err := s.CRM.Company(ctx, id)
		if err != nil {
			return false, err
		}
		for to, from := range map[*string]string{&c.Name: w.company.Name, &c.Email: w.company.Email, &c.Phone: w.company.Phone, &c.Address: w.company.Address, &c.TaxID: w.company.TaxID, &c.ResponsibleID: w.company.ResponsibleID} {
			changed = over(to, from) || changed
		}
		if fields := differing(c.Fields, w.company.Fields); len(fields) > 0 {
			c.Fields, changed = fields, true
		}
		if !changed {
			return false, nil
		}
		_, err = s.CRM.SaveCompany(ctx, by, c)
		return true, err
	}
	before, err := s.CRM.Record(ctx, d.Type, id)
	if err != nil {
		return false, err
	}
	if w.patch.ResponsibleID == &d.ResponsibleID {
		w.patch.ResponsibleID = nil // meant for new ones
	}
	if _, given := w.given["title"]; !given {
		w.patch.Title = nil
	}
	after, err := s.CRM.UpdateRecord(ctx, by, d.Type, id, 0, w.patch)
	return after.Rev != before.Rev, err
}

// differing are the values that are not the stored ones.
func differing(has, with map[string]any) map[string]any {
	out := map[string]any{}
	for key, value := range with {
		a, _ := json.Marshal(has[key])
		b, _ := json.Marshal(value)
		if string(a) != string(b) {
			out[key] = value
		}
	}
	return out
}

// Faults writes a table of the rows that were refused, with the reasons in a last
// column, to be corrected and imported again.
func (s *Service) Faults(ctx context.Context, actor, id, format, language string, to io.Writer) error {
	d, err := s.Get(ctx, actor, id)
	if err != nil {
		return err
	}
	columns, err := s.Columns(ctx, d.Type, language)
	if err != nil {
		return err
	}
	out, err := NewTable(format, to)
	if err != nil {
		return err
	}
	head := make([]any, 0, len(d.Header)+1)
	for _, h := range d.Header {
		head = append(head, h)
	}
	if err := out.Row(append(head, label("reason", language))); err != nil {
		return err
	}
	for page, more := "", d.Job != ""; more; more = page != "" {
		lines, next, err := s.Jobs.Lines(ctx, d.Job, job.Refused, docstore.MaxLimit, page)
		if err != nil {
			return err
		}
		page = next
		for _, l := range lines {
			var of line
			if err := json.Unmarshal(l.Body, &of); err != nil {
				return err
			}
			cells := make([]any, len(d.Header)+1)
			for i, c := range of.Cells {
				if i < len(d.Header) {
					cells[i] = c
				}
			}
			cells[len(d.Header)] = reason(l, columns, language)
			if err := out.Row(cells); err != nil {
				return err
			}
		}
	}
	return out.Close()
}

// reason puts into words why a row was refused.
func reason(l job.Line, columns []Column, language string) string {
	if l.Why == nil {
		return ""
	}
	p := l.Why.Problem()
	var out []string
	for _, f := range p.Fields {
		text := f.Words(language)
		key := strings.TrimPrefix(f.Path, "/")
		if i := slices.IndexFunc(columns, func(c Column) bool { return c.Key == key }); i >= 0 {
			text = columns[i].Label + ": " + text
		}
		out = append(out, text)
	}
	if len(out) == 0 {
		return p.Text(language)
	}
	return strings.Join(out, "\n")
}
