package crm

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/fluxo-app/fluxo/server/crm/field"
	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/problem"
)

// Merging says which records become one.
type Merging struct {
	Into string   `json:"into" minLength:"1" maxLength:"100" doc:"the one that stays"`
	From []string `json:"from" minItems:"1" maxItems:"20" doc:"those that go"`
	// Take names for a field the record whose value stays; without it the value of the
	// one that stays, or where it has none the first that there is. Fields with
	// several values have those of all.
	Take map[string]string `json:"take,omitempty"`
}

// Merge is a merging that was done, or is under way.
type Merge struct {
	docstore.Entity
	Type  string   `json:"type"`
	Into  string   `json:"into"`
	From  []string `json:"from"`
	Title string   `json:"title"`
	Actor string   `json:"actor"`
	// Status is running, done or undone.
	Status string           `json:"status" enum:"running,done,undone"`
	DoneAt docstore.Instant `json:"doneAt"`
	// Was and Is are the values of fields that the merge changed.
	Was map[string]any `json:"was"`
	Is  map[string]any `json:"is"`
	// Moved are references that point to another record since.
	Moved []movedRef `json:"moved"`
	Count int        `json:"count" doc:"references that were moved"`
	// Bookings are for the record that stays since.
	Bookings []movedBooking `json:"bookings,omitempty"`
}

// movedBooking is a booking that was for a record that went.
type movedBooking struct {
	ID   string `json:"id"`
	From string `json:"from"`
}

// movedRef is a field of a record that named one that was merged.
type movedRef struct {
	Ref
	Field string `json:"field"`
	From  string `json:"from"`
}

const (
	mergeRunning = "running"
	mergeDone    = "done"
	mergeUndone  = "undone"
	// mergeDays is how long a merge can be taken back: as long as the bin keeps.
	mergeDays = 30
	// maxMoved bounds what is remembered for taking a merge back.
	maxMoved = 5000
)

// MergeRecords makes one record of several of a type. All that named those that go
// names the one that stays; they are in the bin, and reading one of them gives the
// one that stays. Clients are known again by what any of them was known by.
func (s *Service) MergeRecords(ctx context.Context, by Change, recordType string, in Merging) (Merge, error) {
	var m Merge
	if !hasKeys(recordType) {
		return m, s.notMerged(ctx, recordType)
	}
	from := []string{}
	for i, id := range in.From {
		if id == in.Into || slices.Contains(from, id) {
			return m, problem.Invalid(pointer("from", i), "named_twice", "")
		}
		from = append(from, id)
	}
	all := map[string]map[string]any{}
	for i, id := range append([]string{in.Into}, from...) {
		values, actual, err := s.mergeable(ctx, recordType, id)
		if err == nil && actual.ID != id {
			err = problem.NotFound(recordType) // it is a part of another one already
		}
		if err != nil {
			path := "/into"
			if i > 0 {
				path = pointer("from", i-1)
			}
			return m, missing(err, path, "there is no such record")
		}
		all[id] = values
	}
	of, err := s.shape(ctx, recordType)
	if err != nil {
		return m, err
	}
	m = Merge{Entity: docstore.Entity{ID: s.newID()}, Type: recordType, Into: in.Into, From: from, Actor: by.Actor, Status: mergeRunning, Was: map[string]any{}, Is: map[string]any{}, Moved: []movedRef{}}
	if m.Title, err = s.Title(ctx, recordType, in.Into); err != nil {
		return m, err
	}
	if err := of.settle(&m, all, in.Take); err != nil {
		return m, err
	}
	event, err := by.event("records.merged", edit{After: map[string]any{"name": m.Title, "type": recordType, "from": len(from)}})
	if err != nil {
		return m, err
	}
	if m, err = s.merges.Save(ctx, m, event); err != nil {
		return m, err
	}
	return s.carryMerge(ctx, by, m)
}

// settle decides the values of the record that stays.
func (of shape) settle(m *Merge, all map[string]map[string]any, take map[string]string) error {
	ids := append([]string{m.Into}, m.From...)
	fields := of.describe().Fields
	for _, key := range slices.Sorted(maps.Keys(take)) {
		if !slices.ContainsFunc(fields, func(f FieldInfo) bool { return f.Key == key }) {
			return problem.Invalid("/take/"+key, "unknown_field", "there is no such field")
		}
		if !slices.Contains(ids, take[key]) {
			return problem.Invalid("/take/"+key, "unknown_reference", "one of the records that are merged")
		}
	}
	for _, f := range fields {
		if f.Type == field.Booking {
			continue // the bookings are carried, and the field follows
		}
		was := all[m.Into][f.Key]
		is := was
		chosen, decided := take[f.Key]
		switch {
		case decided:
			is = all[chosen][f.Key]
		case f.Multiple:
			var both any
			for _, id := range ids {
				both = Append{all[id][f.Key]}.to(both)
			}
			if values, _ := both.([]any); len(values) > 0 {
				is = values[:min(len(values), field.MaxValues)]
			}
		default:
			for _, id := range ids {
				if blank(is) {
					is = all[id][f.Key]
				}
			}
		}
		if !sameValue(was, is) {
			m.Was[f.Key], m.Is[f.Key] = was, is
		}
	}
	return nil
}

func blank(v any) bool {
	switch x := v.(type) {
	case nil:
		return true
	case string:
		return x == ""
	case Money:
		return x.Amount == 0
	case []ProductRow:
		return len(x) == 0
	}
	return false
}

// mergeable are the values of a record by the keys of its fields, and the record that
// was really read.
func (s *Service) mergeable(ctx context.Context, recordType, id string) (map[string]any, docstore.Entity, error) {
	switch recordType {
	case TypeContact:
		c, err := s.contact(ctx, id)
		return c.byKey(), c.Entity, err
	case TypeCompany:
		c, err := s.company(ctx, id)
		return c.byKey(), c.Entity, err
	}
	d, err := s.Record(ctx, recordType, id)
	return d.byKey(), d.Entity, err
}

// assign writes values by the keys of fields into a record.
func (s *Service) assign(ctx context.Context, by Change, recordType, id string, values map[string]any) error {
	if len(values) == 0 {
		return nil
	}
	own := map[string]any{}
	text := func(v any) string { t, _ := v.(string); return t }
	switch recordType {
	case TypeContact:
		return again(func() error {
			c, err := s.contact(ctx, id)
			if err != nil {
				return err
			}
			to := map[string]*string{"firstName": &c.FirstName, "lastName": &c.LastName, "email": &c.Email, "phone": &c.Phone, "company": &c.CompanyID, "position": &c.Position, "responsible": &c.ResponsibleID}
			c.Fields = put(to, own, values, text)
			_, err = s.SaveContact(ctx, by, c)
			return err
		})
	case TypeCompany:
		return again(func() error {
			c, err := s.company(ctx, id)
			if err != nil {
				return err
			}
			to := map[string]*string{"name": &c.Name, "email": &c.Email, "phone": &c.Phone, "address": &c.Address, "taxId": &c.TaxID, "responsible": &c.ResponsibleID}
			c.Fields = put(to, own, values, text)
			_, err = s.SaveCompany(ctx, by, c)
			return err
		})
	}
	p := RecordPatch{taken: true}
	for key, v := range values {
		t := text(v)
		switch key {
		case "title":
			p.Title = &t
		case "company":
			p.CompanyID = &t
		case "contact":
			p.ContactID = &t
		case "responsible":
			p.ResponsibleID = &t
		case "comment":
			p.Comment = &t
		case "expectedCloseAt":
			p.ExpectedCloseAt = &t
		case "amount":
			var m Money
			if err := remake(v, &m); err != nil {
				return err
			}
			p.Amount, p.Currency = &m.Amount, &m.Currency
		case "products":
			rows := []ProductRow{}
			if err := remake(v, &rows); err != nil {
				return err
			}
			p.Products = &rows
		default:
			own[key] = v
		}
	}
	if len(own) > 0 {
		p.Fields = own
	}
	_, err := s.UpdateRecord(ctx, by, recordType, id, 0, p)
	return err
}

func put(to map[string]*string, own, values map[string]any, text func(any) string) map[string]any {
	for key, v := range values {
		if at, standard := to[key]; standard {
			*at = text(v)
		} else {
			own[key] = v
		}
	}
	if len(own) == 0 {
		return nil
	}
	return own
}

// remake reads a value that may have been stored meanwhile.
func remake(v, into any) error {
	raw, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return json.Unmarshal(raw, into)
}

// carryMerge does what is left of a merge. Every step can be repeated.
func (s *Service) carryMerge(ctx context.Context, by Change, m Merge) (Merge, error) {
	by.Cause, by.Effect = "merge:"+m.ID, "merge-"+m.ID
	var keys []string
	for _, id := range m.From {
		var err error
		if m, err = s.carryBookings(ctx, by, m, id); err != nil { // before it goes: what is booked for who goes is free again
			return m, err
		}
		held, err := s.absorb(ctx, by, m, id)
		if err != nil {
			return m, err
		}
		keys = append(keys, held...)
	}
	if err := s.assign(ctx, by, m.Type, m.Into, m.Is); err != nil {
		return m, err
	}
	if err := s.knownAlso(ctx, m, keys, true); err != nil {
		return m, err
	}
	for _, id := range m.From {
		var err error
		if m, err = s.repoint(ctx, by, m, id); err != nil {
			return m, err
		}
	}
	return s.merges.Update(ctx, m.ID, func(m *Merge) ([]docstore.Event, error) {
		m.Status, m.DoneAt = mergeDone, docstore.At(s.now())
		return nil, nil
	})
}

// absorb moves a record that goes to the bin, and gives what it was known by.
func (s *Service) absorb(ctx context.Context, by Change, m Merge, id string) (keys []string, err error) {
	gone := func(part *Part, deletedAt *docstore.Instant, held *[]string) bool {
		if part.MergedBy == m.ID {
			keys = part.KnownBy
			return false
		}
		known := slices.DeleteFunc(slices.Clone(*held), func(k string) bool { return keyKind(k) == ByName })
		part.MergedInto, part.MergedBy, part.KnownBy = m.Into, m.ID, known
		keys, *held, *deletedAt = known, nil, docstore.At(s.now())
		return true
	}
	switch m.Type {
	case TypeContact:
		_, err = s.contacts.Update(ctx, id, func(c *Contact) ([]docstore.Event, error) {
			before := *c
			if !gone(&c.Part, &c.DeletedAt, &c.Keys) {
				return nil, nil
			}
			event, err := by.event("contact.deleted", edit{Before: before})
			return []docstore.Event{event}, err
		})
	case TypeCompany:
		_, err = s.companies.Update(ctx, id, func(c *Company) ([]docstore.Event, error) {
			before := *c
			if !gone(&c.Part, &c.DeletedAt, &c.Keys) {
				return nil, nil
			}
			event, err := by.event("company.deleted", edit{Before: before})
			return []docstore.Event{event}, err
		})
	default:
		_, err = s.records.Update(ctx, id, func(d *storedRecord) ([]docstore.Event, error) {
			if !gone(&d.Part, &d.DeletedAt, &d.Keys) {
				return nil, nil
			}
			event, err := by.event(RecordDeleted, RecordEvent{Type: d.Type, Card: d.Card(), Pipeline: d.PipelineID})
			return []docstore.Event{event}, err
		})
	}
	return keys, err
}

// knownAlso adds to a record what others were known by, or takes it away, and the
// ids of those that are parts of it.
func (s *Service) knownAlso(ctx context.Context, m Merge, keys []string, add bool) error {
	of, region, err := s.keysOf(ctx, m.Type)
	if err != nil {
		return err
	}
	change := func(part *Part) {
		for _, id := range m.From {
			part.Merged = slices.DeleteFunc(part.Merged, func(had string) bool { return had == id })
			if add {
				part.Merged = append(part.Merged, id)
			}
		}
		for _, key := range keys {
			part.Also = slices.DeleteFunc(part.Also, func(had string) bool { return had == key })
			if add {
				part.Also = append(part.Also, key)
			}
		}
	}
	switch m.Type {
	case TypeContact:
		_, err = s.contacts.Update(ctx, m.Into, func(c *Contact) ([]docstore.Event, error) {
			change(&c.Part)
			c.Keys = c.keys(of, region)
			return nil, nil
		})
	case TypeCompany:
		_, err = s.companies.Update(ctx, m.Into, func(c *Company) ([]docstore.Event, error) {
			change(&c.Part)
			c.Keys = c.keys(of, region)
			return nil, nil
		})
	default:
		_, err = s.records.Update(ctx, m.Into, func(d *storedRecord) ([]docstore.Event, error) {
			change(&d.Part)
			d.Keys = d.keys(of, region)
			return nil, nil
		})
	}
	return err
}

// repoint makes all that named a record that went name the one that stays.
func (s *Service) repoint(ctx context.Context, by Change, m Merge, from string) (Merge, error) {
	note := func(refs []movedRef) error {
		var err error
		m, err = s.merges.Update(ctx, m.ID, func(m *Merge) ([]docstore.Event, error) {
			for _, r := range refs {
				if !slices.Contains(m.Moved, r) {
					m.Count++
					if len(m.Moved) < maxMoved {
						m.Moved = append(m.Moved, r)
					}
				}
			}
			return nil, nil
		})
		return err
	}
	for round := 0; ; round++ {
		refs, err := s.naming(ctx, m.Type, from)
		if err != nil || len(refs) == 0 {
			return m, err
		}
		for i := range refs {
			refs[i].From = from
		}
		if err := note(refs); err != nil { // before it is done: what is noted and was not done is seen when it is undone
			return m, err
		}
		for _, r := range refs {
			if err := s.renameRef(ctx, by, r, from, m.Into); err != nil {
				return m, err
			}
		}
		const rounds = 5000
		if round == rounds {
			return m, errors.New("merging does not end: something keeps naming a record that went")
		}
	}
}

// naming are some of the fields that name a record.
func (s *Service) naming(ctx context.Context, recordType, id string) ([]movedRef, error) {
	var out []movedRef
	page := docstore.Query{Limit: docstore.MaxLimit}
	records := func(fieldKey string, f docstore.Filter, ofType string) error {
		q := page
		q.Filters = []docstore.Filter{f, alive}
		if ofType != "" {
			q.Filters = append(q.Filters, docstore.Filter{Path: "type", Op: docstore.Eq, Value: ofType})
		}
		found, _, err := s.records.Find(ctx, q)
		for _, d := range found {
			out = append(out, movedRef{Ref: Ref{d.Type, d.ID}, Field: fieldKey})
		}
		return err
	}
	var err error
	switch recordType {
	case TypeContact:
		err = errors.Join(records("contact", docstore.Filter{Path: "contactId", Op: docstore.Eq, Value: id}, ""),
			records("contact", docstore.Filter{Path: "contactIds", Op: docstore.Contains, Value: id}, ""))
	case TypeCompany:
		err = records("company", docstore.Filter{Path: "companyId", Op: docstore.Eq, Value: id}, "")
		if err == nil {
			q := page
			q.Filters = []docstore.Filter{{Path: "companyId", Op: docstore.Eq, Value: id}, alive}
			var found []Contact
			found, _, err = s.contacts.Find(ctx, q)
			for _, c := range found {
				out = append(out, movedRef{Ref: Ref{TypeContact, c.ID}, Field: "company"})
			}
		}
	}
	if err != nil {
		return nil, err
	}
	types, err := s.Types(ctx)
	if err != nil {
		return nil, err
	}
	for _, t := range types {
		of, err := s.shape(ctx, t)
		if err != nil {
			return nil, err
		}
		for _, f := range of.Fields {
			if f.Type != field.Reference || f.Target != recordType {
				continue
			}
			found, err := s.titled(ctx, t, docstore.Filter{Path: "fields." + f.Key, Op: docstore.Eq, Value: id}, f.Key, nil)
			if err != nil {
				return nil, err
			}
			for _, x := range found {
				out = append(out, movedRef{Ref: x.Ref, Field: "fields." + f.Key})
			}
		}
	}
	slices.SortFunc(out, func(a, b movedRef) int {
		return slices.Compare([]string{a.Type, a.ID, a.Field}, []string{b.Type, b.ID, b.Field})
	})
	return slices.Compact(out), nil
}

// renameRef makes a field that names one record name another.
func (s *Service) renameRef(ctx context.Context, by Change, r movedRef, from, to string) error {
	by.Effect = "" // a record may be changed several times by one merge
	renamed := func(v any) any {
		many, several := v.([]any)
		if !several {
			if v == from {
				return to
			}
			return v
		}
		var out []any
		for _, x := range many {
			if x == from {
				x = to
			}
			if !slices.Contains(out, x) {
				out = append(out, x)
			}
		}
		return out
	}
	key, own := cutField(r.Field)
	err := again(func() error {
		switch r.Type {
		case TypeContact:
			c, err := s.contact(ctx, r.ID)
			if err != nil {
				return err
			}
			if own {
				c.Fields = map[string]any{key: renamed(c.Fields[key])}
			} else {
				c.CompanyID, c.Fields = renamed(c.CompanyID).(string), nil
			}
			_, err = s.SaveContact(ctx, by, c)
			return err
		case TypeCompany:
			c, err := s.company(ctx, r.ID)
			if err != nil {
				return err
			}
			c.Fields = map[string]any{key: renamed(c.Fields[key])}
			_, err = s.SaveCompany(ctx, by, c)
			return err
		}
		d, err := s.Record(ctx, r.Type, r.ID)
		if err != nil {
			return err
		}
		var p RecordPatch
		switch {
		case own:
			p.Fields = map[string]any{key: renamed(d.Fields[key])}
		case r.Field == "company":
			id := renamed(d.CompanyID).(string)
			p.CompanyID = &id
		default:
			ids := []string{}
			for _, id := range d.contacts() {
				ids = append(ids, renamed(id).(string))
			}
			p.ContactIDs = &ids
		}
		_, err = s.UpdateRecord(ctx, by, r.Type, r.ID, 0, p)
		return err
	})
	if isProblem(err, "not_found") {
		return nil // deleted meanwhile
	}
	return err
}

func cutField(path string) (key string, own bool) {
	const prefix = "fields."
	if len(path) > len(prefix) && path[:len(prefix)] == prefix {
		return path[len(prefix):], true
	}
	return path, false
}

// ResumeMerges ends merges that were cut short.
func (s *Service) ResumeMerges(ctx context.Context) error {
	open, err := s.merges.All(ctx, docstore.Query{Filters: []docstore.Filter{{Path: "status", Op: docstore.Eq, Value: mergeRunning}}}, 1000)
	if err != nil {
		return err
	}
	for _, m := range open {
		if _, err := s.carryMerge(ctx, Change{Actor: m.Actor}, m); err != nil {
			return err
		}
	}
	return nil
}

// Merge reads a merge.
func (s *Service) Merge(ctx context.Context, id string) (Merge, error) {
	m, err := s.merges.Get(ctx, id)
	return m, named(err, "merge")
}

// Unmerge takes a merge back: those that went are there again, named by what named
// them. Of the one that stayed the values come back that nobody has changed since.
func (s *Service) Unmerge(ctx context.Context, by Change, id string) (Merge, error) {
	m, err := s.Merge(ctx, id)
	if err != nil {
		return m, err
	}
	switch {
	case m.Status == mergeUndone:
		return m, nil
	case m.Status != mergeDone:
		return m, problem.New("merge_over", "why", "it is still under way")
	case m.DoneAt.Before(s.now().Add(-mergeDays * 24 * time.Hour)):
		return m, problem.New("merge_over", "why", strconv.Itoa(mergeDays)+" days are over")
	case m.Count > len(m.Moved):
		return m, problem.New("merge_over", "why", "it moved more references than are remembered")
	}
	now, actual, err := s.mergeable(ctx, m.Type, m.Into)
	if err != nil {
		return m, err
	}
	if actual.ID != m.Into {
		return m, problem.New("merge_over", "why", "the record is a part of another one; take that merge back first")
	}
	by.Cause, by.Effect = "unmerge:"+m.ID, "unmerge-"+m.ID
	back := map[string]any{}
	for key, is := range m.Is {
		if sameValue(now[key], is) {
			back[key] = m.Was[key]
		}
	}
	var keys []string
	for _, from := range m.From {
		held, err := s.release(ctx, by, m, from)
		if err != nil {
			return m, err
		}
		keys = append(keys, held...)
	}
	if err := s.knownAlso(ctx, m, keys, false); err != nil {
		return m, err
	}
	if err := s.assign(ctx, by, m.Type, m.Into, back); err != nil {
		return m, err
	}
	for _, r := range m.Moved {
		if err := s.renameRef(ctx, by, r, m.Into, r.From); err != nil {
			return m, err
		}
	}
	if err := s.returnBookings(ctx, by, m); err != nil {
		return m, err
	}
	event, err := by.event("records.unmerged", edit{After: map[string]any{"name": m.Title, "type": m.Type, "from": len(m.From)}})
	if err != nil {
		return m, err
	}
	return s.merges.Update(ctx, m.ID, func(m *Merge) ([]docstore.Event, error) {
		m.Status = mergeUndone
		return []docstore.Event{event}, nil
	})
}

// release takes a record that went out of the bin, and gives what it was known by.
func (s *Service) release(ctx context.Context, by Change, m Merge, id string) (keys []string, err error) {
	of, region, err := s.keysOf(ctx, m.Type)
	if err != nil {
		return nil, err
	}
	back := func(part *Part, deletedAt *docstore.Instant) bool {
		if part.MergedBy != m.ID {
			return false
		}
		keys = part.KnownBy
		part.MergedInto, part.MergedBy, part.KnownBy = "", "", nil
		*deletedAt = docstore.Instant{}
		return true
	}
	switch m.Type {
	case TypeContact:
		_, err = s.contacts.Update(ctx, id, func(c *Contact) ([]docstore.Event, error) {
			if !back(&c.Part, &c.DeletedAt) {
				return nil, nil
			}
			c.Keys = c.keys(of, region)
			event, err := by.event("contact.restored", edit{After: *c})
			return []docstore.Event{event}, err
		})
	case TypeCompany:
		_, err = s.companies.Update(ctx, id, func(c *Company) ([]docstore.Event, error) {
			if !back(&c.Part, &c.DeletedAt) {
				return nil, nil
			}
			c.Keys = c.keys(of, region)
			event, err := by.event("company.restored", edit{After: *c})
			return []docstore.Event{event}, err
		})
	default:
		var d storedRecord
		restored := false
		d, err = s.records.Update(ctx, id, func(d *storedRecord) ([]docstore.Event, error) {
			if restored = back(&d.Part, &d.DeletedAt); !restored {
				return nil, nil
			}
			d.Keys = d.keys(of, region)
			event, err := by.event(RecordRestored, RecordEvent{Type: d.Type, Card: d.Card(), Pipeline: d.PipelineID})
			return []docstore.Event{event}, err
		})
		if err == nil && restored {
			_, err = s.home(ctx, by, d.Record)
		}
	}
	return keys, err
}
