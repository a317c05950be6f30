package transfer

import (
	"context"
	"strings"
	"time"

	"github.com/fluxo-app/fluxo/server/crm"
	"github.com/fluxo-app/fluxo/server/crm/field"
	"github.com/fluxo-app/fluxo/server/identity"
	"github.com/fluxo-app/fluxo/server/problem"
)

// reader turns rows of one import into records; it remembers names it has looked up.
type reader struct {
	s         *Service
	d         Draft
	columns   map[string]Column
	directory *identity.Directory
	lists     map[string]map[string]string // of a dictionary: folded name -> id
	pipelines []crm.Pipeline
}

func (s *Service) reader(ctx context.Context, d Draft) (*reader, error) {
	all, err := s.Columns(ctx, d.Type, "en")
	if err != nil {
		return nil, err
	}
	r := &reader{s: s, d: d, columns: map[string]Column{}, lists: map[string]map[string]string{}}
	for _, c := range all {
		r.columns[c.Key] = c
	}
	if r.directory, err = s.People.Directory(ctx); err != nil {
		return nil, err
	}
	if !party(d.Type) {
		r.pipelines, err = s.CRM.Pipelines(ctx, d.Type)
	}
	return r, err
}

// party tells that what a row becomes stands on no stage.
func party(recordType string) bool {
	return recordType == crm.TypeContact || recordType == crm.TypeCompany || recordType == crm.TypeProduct
}

// row is what a row of a file says.
type row struct {
	contact         crm.Contact
	company         crm.Company
	patch           crm.RecordPatch
	pipeline, stage string
	// Names of clients, to be found or made.
	ofCompany, ofContact string
	probe                crm.Probe
	// given are the keys of the fields that the row has values of.
	given  map[string]any
	wrongs []problem.Field
}

func (w *row) wrong(key string, f *problem.Field) {
	f.Path = "/" + key
	w.wrongs = append(w.wrongs, *f)
}

// read turns the cells of a row into values; what cannot be read is noted by field.
func (r *reader) read(ctx context.Context, cells []string) (row, error) {
	w := row{given: map[string]any{}, pipeline: r.d.PipelineID, stage: r.d.StageID}
	texts := map[string]string{}
	for i, key := range r.d.Mapping {
		if key == "" || i >= len(cells) {
			continue
		}
		if text := strings.TrimSpace(cells[i]); text != "" {
			texts[key] = text
		}
	}
	for _, key := range r.d.Mapping {
		text, has := texts[key]
		c, known := r.columns[key]
		if !has || !known {
			continue
		}
		if err := r.put(ctx, &w, c, text, texts); err != nil {
			return w, err
		}
	}
	r.finish(&w)
	return w, nil
}

// put writes the text of one cell where it belongs.
func (r *reader) put(ctx context.Context, w *row, c Column, text string, texts map[string]string) error {
	if r.d.Type == crm.TypeProduct {
		return r.putProduct(ctx, w, c, text, texts)
	}
	switch c.Key {
	case "pipeline":
		for _, p := range r.pipelines {
			if p.ID == text || fold(p.Name) == fold(text) {
				w.pipeline, w.given[c.Key] = p.ID, p.Name
				return nil
			}
		}
		w.wrong(c.Key, about("unknown_reference", "cell_pipeline", text))
		return nil
	case "stage":
		w.stage, w.given[c.Key] = text, text // found once the pipeline is known
		return nil
	case "currency":
		unit := strings.ToUpper(text)
		w.patch.Currency, w.given[c.Key] = &unit, unit
		return nil
	case fullName:
		if first, last, two := cutLast(text); two {
			w.contact.FirstName, w.contact.LastName = first, last
		} else {
			w.contact.LastName = text
		}
		w.given[c.Key] = text
		return nil
	case "company":
		if !c.Own {
			w.ofCompany, w.given[c.Key] = text, text
			return nil
		}
	case "contact":
		if !c.Own {
			w.ofContact, w.given[c.Key] = text, text
			return nil
		}
	}
	value, mistake, err := r.value(ctx, c, text, texts["currency"])
	if err != nil {
		return err
	}
	if mistake != nil {
		w.wrong(c.Key, mistake)
		return nil
	}
	w.given[c.Key] = value
	r.place(w, c, value)
	return nil
}

// place puts a value into the record that the row becomes.
func (r *reader) place(w *row, c Column, value any) {
	text, _ := value.(string)
	switch {
	case c.Own || r.d.Type == crm.TypeLead && leadField(c.Key):
	case r.d.Type == crm.TypeContact:
		if to := map[string]*string{"firstName": &w.contact.FirstName, "lastName": &w.contact.LastName, "email": &w.contact.Email, "phone": &w.contact.Phone, "position": &w.contact.Position, "responsible": &w.contact.ResponsibleID}[c.Key]; to != nil {
			*to = text
			return
		}
	case r.d.Type == crm.TypeCompany:
		if to := map[string]*string{"name": &w.company.Name, "email": &w.company.Email, "phone": &w.company.Phone, "address": &w.company.Address, "taxId": &w.company.TaxID, "responsible": &w.company.ResponsibleID}[c.Key]; to != nil {
			*to = text
			return
		}
	default:
		switch c.Key {
		case "title":
			w.patch.Title = &text
		case "amount":
			m, _ := value.(map[string]any)
			amount, _ := m["amount"].(int64)
			w.patch.Amount = &amount
			if unit, _ := m["currency"].(string); unit != "" {
				w.patch.Currency = &unit
			}
		case "expectedCloseAt":
			w.patch.ExpectedCloseAt = &text
		case "responsible":
			w.patch.ResponsibleID = &text
		case "comment":
			w.patch.Comment = &text
		}
		return
	}
	for _, fields := range []*map[string]any{&w.contact.Fields, &w.company.Fields, &w.patch.Fields} {
		if *fields == nil {
			*fields = map[string]any{}
		}
		(*fields)[c.Key] = value
	}
}

// leadField tells that a standard field of leads is kept with the own ones.
func leadField(key string) bool {
	switch key {
	case "firstName", "lastName", "companyName", "email", "phone", "site", "source":
		return true
	}
	return false
}

// finish completes what the cells together say.
func (r *reader) finish(w *row) {
	switch r.d.Type {
	case crm.TypeProduct:
		w.probe.Name, _ = w.given["name"].(string)
		w.probe.SKU, _ = w.given["sku"].(string)
		return
	case crm.TypeContact:
		w.probe = crm.Probe{Emails: []string{w.contact.Email}, Phones: []string{w.contact.Phone}, Name: strings.TrimSpace(w.contact.FirstName + " " + w.contact.LastName), Fields: w.contact.Fields}
		return
	case crm.TypeCompany:
		w.probe = crm.Probe{Emails: []string{w.company.Email}, Phones: []string{w.company.Phone}, Name: w.company.Name, TaxID: w.company.TaxID, Fields: w.company.Fields}
		return
	}
	if w.pipeline == "" && len(r.pipelines) > 0 {
		w.pipeline = r.pipelines[0].ID
	}
	for _, p := range r.pipelines {
		if p.ID != w.pipeline || w.stage == "" {
			continue
		}
		found := ""
		for _, st := range p.Stages {
			if st.ID == w.stage || fold(st.Name) == fold(w.stage) {
				found = st.ID
				break
			}
		}
		if _, asked := w.given["stage"]; found == "" && asked {
			w.wrong("stage", about("unknown_reference", "cell_stage", w.stage))
		}
		w.stage = found
	}
	if w.patch.ResponsibleID == nil && r.d.ResponsibleID != "" {
		w.patch.ResponsibleID = &r.d.ResponsibleID
	}
	texts := func(key string) []string {
		var out []string
		switch v := w.patch.Fields[key].(type) {
		case string:
			out = append(out, v)
		case []any:
			for _, x := range v {
				if t, is := x.(string); is {
					out = append(out, t)
				}
			}
		}
		return out
	}
	name := strings.TrimSpace(strings.Join(append(texts("firstName"), texts("lastName")...), " "))
	if w.patch.Title == nil {
		for _, title := range append([]string{name}, append(texts("companyName"), w.ofContact, w.ofCompany)...) {
			if title != "" {
				w.patch.Title = &title
				break
			}
		}
	}
	w.probe = crm.Probe{Emails: texts("email"), Phones: texts("phone"), Name: name, Fields: w.patch.Fields}
	if name == "" && w.patch.Title != nil {
		w.probe.Name = *w.patch.Title
	}
}

func cutLast(text string) (before, last string, found bool) {
	words := strings.Fields(text)
	if len(words) < 2 {
		return "", text, false
	}
	return strings.Join(words[:len(words)-1], " "), words[len(words)-1], true
}

// value reads the text of a cell as a value of a field.
func (r *reader) value(ctx context.Context, c Column, text, unit string) (any, *problem.Field, error) {
	f := c.field
	many := parts(f, text)
	out := make([]any, 0, len(many))
	for _, t := range many {
		v, mistake, err := r.one(ctx, f, t, unit)
		if err != nil || mistake != nil {
			return nil, mistake, err
		}
		out = append(out, v)
	}
	if f.Multiple {
		return out, nil, nil
	}
	return out[0], nil, nil
}

func (r *reader) one(ctx context.Context, f field.Field, text, unit string) (any, *problem.Field, error) {
	switch f.Type {
	case field.Number:
		n, ok := r.d.number(text)
		if !ok {
			return nil, wrong("not_a_number", "cell_number"), nil
		}
		return n.String(), nil, nil
	case field.Money:
		amount, unit, mistake := r.d.money(text, unit)
		if mistake != nil {
			return nil, mistake, nil
		}
		return map[string]any{"amount": amount, "currency": unit}, nil, nil
	case field.Date:
		at, _, ok := r.d.day(text)
		if !ok {
			return nil, wrong("bad_date", "cell_date"), nil
		}
		return at.Format(time.DateOnly), nil, nil
	case field.DateTime:
		at, ok := r.d.moment(text, r.s.Zone)
		if !ok {
			return nil, wrong("bad_date", "cell_moment"), nil
		}
		return at.UTC().Format(time.RFC3339), nil, nil
	case field.Boolean:
		v, ok := truth(text)
		if !ok {
			return nil, wrong("bad_value", "cell_yes_no"), nil
		}
		return v, nil, nil
	case field.List:
		id, err := r.item(ctx, f.Dictionary, text)
		if err != nil {
			return nil, nil, err
		}
		if id == "" {
			return nil, about("unknown_reference", "cell_list", text), nil
		}
		return id, nil, nil
	case field.User:
		id, ok := r.user(text)
		if !ok {
			return nil, about("unknown_user", "cell_user", text), nil
		}
		return id, nil, nil
	case field.Reference:
		found, err := r.s.CRM.Find(ctx, f.Target, crm.Probe{Emails: []string{text}, Name: text}, []string{crm.ByName, crm.ByEmail})
		if err != nil {
			return nil, nil, err
		}
		if len(found) == 0 {
			return nil, about("unknown_reference", "cell_record", text), nil
		}
		return found[0].ID, nil, nil
	}
	return text, nil, nil
}

func (r *reader) item(ctx context.Context, dictionary, text string) (string, error) {
	of, known := r.lists[dictionary]
	if !known {
		d, err := r.s.CRM.Dictionary(ctx, dictionary)
		if err != nil {
			return "", err
		}
		of = map[string]string{}
		for _, item := range d.Items {
			if !item.Retired {
				of[fold(item.Name)] = item.ID
				of["id "+item.ID] = item.ID
			}
		}
		r.lists[dictionary] = of
	}
	if id := of["id "+text]; id != "" {
		return id, nil
	}
	return of[fold(text)], nil
}

// user finds an active user by id, login, address or name; a name of two means nobody.
func (r *reader) user(text string) (string, bool) {
	found := ""
	for _, u := range r.directory.Users() {
		if !u.Active {
			continue
		}
		switch {
		case u.ID == text, strings.EqualFold(u.Login, text), u.Email != "" && strings.EqualFold(u.Email, text):
			return u.ID, true
		case fold(u.Name) == fold(text):
			if found != "" {
				return "", false
			}
			found = u.ID
		}
	}
	return found, found != ""
}
