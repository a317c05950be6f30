package crm

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/fluxo-app/fluxo/server/crm/field"
	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/problem"
)

// Demand says where a standard field must have a value.
type Demand struct {
	Required   bool           `json:"required,omitempty"`
	RequiredAt []field.Stages `json:"requiredAt,omitempty"`
}

// shape is what a workspace decided about a record type: one document, so that
// two people who edit its fields at once meet at its rev.
type shape struct {
	docstore.Entity
	Fields   []field.Field     `json:"fields"`
	Standard map[string]Demand `json:"standard,omitempty"`
	// Own types are made by the workspace.
	Own  bool   `json:"own,omitempty"`
	Name string `json:"name,omitempty"`
	Look
	// given are the keys of the built-in fields among Fields, see whole.
	given []string
}

// RecordType describes the records of a type to forms and editors.
type RecordType struct {
	Key string `json:"key"`
	Rev int64  `json:"rev"`
	// Own types are made by the workspace and have a name.
	Own  bool   `json:"own,omitempty"`
	Name string `json:"name,omitempty"`
	Look
	Fields []FieldInfo `json:"fields"`
}

// FieldInfo is a standard field, whose label is a matter of the reader's
// language, or one of the workspace's own.
type FieldInfo struct {
	field.Field
	Standard bool `json:"standard" doc:"part of every installation; it has no label"`
	// InFields: the value is among the fields of a record, not beside them.
	InFields bool `json:"inFields,omitempty" doc:"the value stands in fields, as of all own ones"`
	// Fixed fields are required by their nature.
	Fixed bool `json:"fixed,omitempty"`
}

// reserved are the other names that expressions know of a record.
var reserved = []string{"id", "type", "rev", "pipeline", "stage", "stageName", "stageSince", "currency", "createdAt", "createdBy", "updatedAt", "deletedAt",
	"client", "contacts", "origin", "repeat", "fields", "custom", "name", "title", "timeline", "documents", "files"}

const maxFields = 200

// RecordTypes lists all record types with their fields.
func (s *Service) RecordTypes(ctx context.Context) ([]RecordType, error) {
	var all []RecordType
	keys, err := s.Types(ctx)
	if err != nil {
		return nil, err
	}
	for _, key := range keys {
		t, err := s.RecordType(ctx, key)
		if err != nil {
			return nil, err
		}
		all = append(all, t)
	}
	return all, nil
}

// RecordType describes one record type.
func (s *Service) RecordType(ctx context.Context, key string) (RecordType, error) {
	of, err := s.shape(ctx, key)
	if err != nil {
		return RecordType{}, err
	}
	return of.describe(), nil
}

func (of shape) describe() RecordType {
	t := RecordType{Key: of.ID, Rev: of.Rev, Own: of.Own, Name: of.Name, Look: of.Look, Fields: make([]FieldInfo, 0, len(standardsOf(of.ID))+len(of.Fields))}
	for _, f := range standardsOf(of.ID) {
		if _, own := of.field(f.Key); own && !of.builtIn(f.Key) {
			continue // made before the product had a field of this name
		}
		f.Standard = true
		f.Required = f.Required || of.Standard[f.Key].Required
		f.RequiredAt = of.Standard[f.Key].RequiredAt
		t.Fields = append(t.Fields, f)
	}
	var own, builtIn []FieldInfo
	for _, f := range of.Fields {
		info := FieldInfo{Field: f, InFields: true}
		if info.Standard = of.builtIn(f.Key); !info.Standard {
			own = append(own, info)
			continue
		}
		info.Required, info.RequiredAt = of.Standard[f.Key].Required, of.Standard[f.Key].RequiredAt
		builtIn = append(builtIn, info)
	}
	if len(builtIn) > 0 { // a form asks for them right after the title
		t.Fields = slices.Insert(t.Fields, 1, builtIn...)
	}
	t.Fields = append(t.Fields, own...)
	return t
}

// FieldsMark changes whenever a field of any record type does.
func (s *Service) FieldsMark(ctx context.Context) (string, error) {
	var mark strings.Builder
	keys, err := s.Types(ctx)
	if err != nil {
		return "", err
	}
	found, err := s.shapes.GetMany(ctx, keys)
	if err != nil {
		return "", fmt.Errorf("read record types: %w", err)
	}
	for _, of := range found {
		fmt.Fprintf(&mark, " %s@%d", of.ID, of.Rev)
	}
	return mark.String(), nil
}

// shape reads what was decided of a type, an empty one when nothing was.
func (s *Service) shape(ctx context.Context, key string) (shape, error) {
	if known, err := s.knows(ctx, key); err != nil {
		return shape{}, err
	} else if !known {
		return shape{}, problem.NotFound("record type " + key)
	}
	of, err := s.shapes.Get(ctx, key)
	if errors.Is(err, docstore.ErrNotFound) {
		return shape{Entity: docstore.Entity{ID: key}, Fields: []field.Field{}}.whole(), nil
	}
	if err != nil {
		return of, fmt.Errorf("read record type %s: %w", key, err)
	}
	return of.whole(), nil
}

func (of shape) field(key string) (field.Field, bool) {
	i := slices.IndexFunc(of.Fields, func(f field.Field) bool { return f.Key == key })
	if i < 0 {
		return field.Field{}, false
	}
	return of.Fields[i], true
}

// reshape reads, edits and saves a record type; kind names what was done for
// the audit trail.
func (s *Service) reshape(ctx context.Context, by Change, key string, rev int64, kind string, edit func(*shape) (before, after any, err error)) (RecordType, error) {
	of, err := s.shape(ctx, key)
	if err != nil {
		return RecordType{}, err
	}
	if rev != of.Rev {
		return RecordType{}, problem.Stale(of.describe())
	}
	of.Fields = slices.Clone(of.Fields)
	before, after, err := edit(&of)
	if err != nil {
		return RecordType{}, err
	}
	event, err := by.event(kind, change(before, after, key))
	if err != nil {
		return RecordType{}, err
	}
	saved, err := s.shapes.Save(ctx, of.own(), event)
	if errors.Is(err, docstore.ErrConflict) || errors.Is(err, docstore.ErrExists) {
		now, err := s.RecordType(ctx, key)
		if err != nil {
			return RecordType{}, err
		}
		return RecordType{}, problem.Stale(now)
	}
	return saved.whole().describe(), err
}

// fieldEdit is the body of the events of fields: Name is what the trail shows.
type fieldEdit struct {
	RecordType string `json:"recordType"`
	edit
}

func change(before, after any, recordType string) fieldEdit {
	return fieldEdit{RecordType: recordType, edit: edit{Before: before, After: after}}
}

// told is a field as the audit trail tells it.
type told struct {
	Name string `json:"name"`
	field.Field
}

func tell(f field.Field) told {
	name := f.Label
	if name == "" {
		name = f.Key
	}
	return told{Name: name, Field: f}
}

// AddField adds a field at the end of the form. Without a key it gets one made
// from its label.
//
// covers L-06
func (s *Service) AddField(ctx context.Context, by Change, recordType string, rev int64, f field.Field) (RecordType, error) {
	return s.reshape(ctx, by, recordType, rev, "field.created", func(of *shape) (any, any, error) {
		if len(of.Fields) >= maxFields {
			return nil, nil, problem.Invalid("/key", "too_many", fmt.Sprintf("at most %d fields", maxFields))
		}
		if f.Key == "" {
			f.Key = freeKey(*of, field.KeyOf(f.Label))
		}
		var c checker
		if !field.ValidKey(f.Key) {
			c.add("/key", "bad_key", "a lower-case letter first, then letters and digits, at most %d", field.MaxKey)
		} else if of.taken(f.Key) {
			c.add("/key", "duplicate", "there is a field %q already, or expressions know the name", f.Key)
		}
		if !slices.Contains(field.Types(), f.Type) {
			c.add("/type", "unknown_kind", "one of %s", joined(field.Types()))
		}
		if f.Multiple && !f.Type.MaySeveral() {
			c.add("/multiple", "bad_value", "a field of this type holds one value")
		}
		if f.Type == field.Booking && slices.Contains(partyTypes, of.ID) {
			c.add("/type", "bad_value", "only records with stages hold bookings")
		}
		if f.Type == field.List {
			if _, err := s.Dictionary(ctx, f.Dictionary); isProblem(err, "not_found") {
				c.add("/dictionary", "unknown_reference", "choose the list that the values come from")
			} else if err != nil {
				return nil, nil, err
			}
		} else {
			f.Dictionary = ""
		}
		if f.Type != field.Reference {
			f.Target = ""
		} else if known, err := s.knows(ctx, f.Target); err != nil {
			return nil, nil, err
		} else if !known {
			c.add("/target", "unknown_reference", "choose the record type that the field points to")
		}
		if err := s.checkField(ctx, &c, *of, f); err != nil {
			return nil, nil, err
		}
		of.Fields = append(of.Fields, f)
		return nil, tell(f), c.err()
	})
}

// checkField checks what can be changed of a field later too.
func (s *Service) checkField(ctx context.Context, c *checker, of shape, f field.Field) error {
	c.line("/label", f.Label, true)
	c.text("/help", f.Help, 1000, true)
	return s.checkStages(ctx, c, of.ID, f.RequiredAt)
}

func (s *Service) checkStages(ctx context.Context, c *checker, recordType string, at []field.Stages) error {
	if len(at) > 0 && slices.Contains(partyTypes, recordType) {
		c.add("/requiredAt", "bad_value", "records of this type have no stages")
		return nil
	}
	if len(at) > 100 {
		c.add("/requiredAt", "too_many", "at most 100 pipelines")
		return nil
	}
	for i, of := range at {
		p, err := s.Pipeline(ctx, of.Pipeline)
		if isProblem(err, "not_found") || err == nil && p.Type != recordType {
			c.add(pointer("requiredAt", i)+"/pipeline", "unknown_reference", "there is no such pipeline")
			continue
		}
		if err != nil {
			return err
		}
		for j, stage := range of.Stages {
			if _, known := p.Stage(stage); !known {
				c.add(pointer("requiredAt", i)+pointer("stages", j), "unknown_reference", "the pipeline %q has no stage %q", p.Name, stage)
			}
		}
	}
	return nil
}

func joined(types []field.Type) string {
	words := make([]string, len(types))
	for i, t := range types {
		words[i] = string(t)
	}
	return strings.Join(words, ", ")
}

// taken tells whether a name means something in a record of the type. The name of
// a list's item is <key>Name, so that name is taken too, both ways.
func (of shape) taken(key string) bool {
	names := slices.Clone(reserved)
	for _, f := range standardsOf(of.ID) {
		names = append(names, f.Key)
	}
	for _, f := range of.Fields {
		names = append(names, f.Key, f.Key+"Name")
	}
	return slices.Contains(names, key) || slices.Contains(names, key+"Name")
}

func freeKey(of shape, base string) string {
	for n := 1; ; n++ {
		key := base
		if n > 1 {
			key += strconv.Itoa(n)
		}
		if !of.taken(key) {
			return key
		}
	}
}

// FieldPatch changes the description of a field; what is absent stays.
type FieldPatch struct {
	Label      *string         `json:"label,omitempty" maxLength:"1000"`
	Help       *string         `json:"help,omitempty" maxLength:"5000"`
	Required   *bool           `json:"required,omitempty"`
	RequiredAt *[]field.Stages `json:"requiredAt,omitempty"`
	Retired    *bool           `json:"retired,omitempty"`
	// Before moves the field in front of another own one, "" to the end.
	Before *string `json:"before,omitempty"`
}

// ChangeField changes a field. Of a standard one only where it is required.
//
// covers L-07
func (s *Service) ChangeField(ctx context.Context, by Change, recordType string, rev int64, key string, p FieldPatch) (RecordType, error) {
	return s.reshape(ctx, by, recordType, rev, "field.changed", func(of *shape) (any, any, error) {
		var c checker
		if i := slices.IndexFunc(standardsOf(recordType), func(f FieldInfo) bool { return f.Key == key }); i >= 0 {
			return s.demand(ctx, &c, of, standardsOf(recordType)[i].Field, p)
		}
		if f, known := of.field(key); known && of.builtIn(key) {
			return s.demand(ctx, &c, of, f, p)
		}
		i := slices.IndexFunc(of.Fields, func(f field.Field) bool { return f.Key == key })
		if i < 0 {
			return nil, nil, problem.NotFound("field " + key)
		}
		f := of.Fields[i]
		set(&f.Label, p.Label)
		set(&f.Help, p.Help)
		set(&f.Required, p.Required)
		set(&f.RequiredAt, p.RequiredAt)
		set(&f.Retired, p.Retired)
		if err := s.checkField(ctx, &c, *of, f); err != nil {
			return nil, nil, err
		}
		before := of.Fields[i]
		of.Fields[i] = f
		if p.Before != nil {
			of.Fields = slices.Delete(of.Fields, i, i+1)
			at := len(of.Fields)
			if *p.Before != "" {
				if at = slices.IndexFunc(of.Fields, func(f field.Field) bool { return f.Key == *p.Before }); at < 0 {
					c.add("/before", "unknown_reference", "there is no own field %q", *p.Before)
					at = i
				}
			}
			of.Fields = slices.Insert(of.Fields, at, f)
		}
		return tell(before), tell(f), c.err()
	})
}

// demand changes where a standard field is required.
func (s *Service) demand(ctx context.Context, c *checker, of *shape, f field.Field, p FieldPatch) (before, after any, err error) {
	if p.Label != nil || p.Help != nil || p.Retired != nil || p.Before != nil {
		c.add("/label", "bad_value", "a standard field can only be made required")
	}
	old := of.Standard[f.Key]
	now := old
	set(&now.Required, p.Required)
	set(&now.RequiredAt, p.RequiredAt)
	if err := s.checkStages(ctx, c, of.ID, now.RequiredAt); err != nil {
		return nil, nil, err
	}
	demands := map[string]Demand{}
	for k, d := range of.Standard {
		demands[k] = d
	}
	demands[f.Key] = now
	of.Standard = demands
	as := func(d Demand) told {
		f.Required, f.RequiredAt = d.Required, d.RequiredAt
		return tell(f)
	}
	return as(old), as(now), c.err()
}

// DeleteField removes a field that no record has a value of and no process
// names. Others can be retired.
func (s *Service) DeleteField(ctx context.Context, by Change, recordType string, rev int64, key string) (RecordType, error) {
	return s.reshape(ctx, by, recordType, rev, "field.deleted", func(of *shape) (any, any, error) {
		i := slices.IndexFunc(of.Fields, func(f field.Field) bool { return f.Key == key })
		if i < 0 || of.builtIn(key) {
			return nil, nil, problem.NotFound("field " + key)
		}
		n, err := s.holding(ctx, recordType, of.Fields[i])
		if err != nil {
			return nil, nil, fmt.Errorf("count records with a %s: %w", key, err)
		}
		uses, err := s.uses(ctx, recordType, key)
		if err != nil {
			return nil, nil, err
		}
		if n > 0 || len(uses) > 0 {
			return nil, nil, problem.New("field_in_use", "count", strconv.FormatInt(n, 10), "uses", strconv.Itoa(len(uses))).With("uses", uses)
		}
		before := of.Fields[i]
		of.Fields = slices.Delete(of.Fields, i, i+1)
		return tell(before), nil, nil
	})
}

// holding counts the records that have a value in an own field.
func (s *Service) holding(ctx context.Context, recordType string, f field.Field) (int64, error) {
	path := "fields." + f.Key
	var ways []docstore.Filter
	switch f.Type {
	case field.Money:
		ways = []docstore.Filter{{Path: path + ".amount", Op: docstore.Gte, Value: 0}, {Path: path + ".amount", Op: docstore.Lt, Value: 0}}
	case field.Number:
		ways = []docstore.Filter{{Path: path, Op: docstore.Gte, Value: 0}, {Path: path, Op: docstore.Lt, Value: 0}}
	case field.Boolean:
		ways = []docstore.Filter{{Path: path, Op: docstore.Eq, Value: true}, {Path: path, Op: docstore.Eq, Value: false}}
	default:
		ways = []docstore.Filter{{Path: path, Op: docstore.Gte, Value: ""}}
	}
	total := int64(0)
	for _, way := range ways {
		filters := []docstore.Filter{way}
		if !slices.Contains(partyTypes, recordType) {
			filters = append(filters, docstore.Filter{Path: "type", Op: docstore.Eq, Value: recordType})
		}
		n, err := s.collection(recordType).Count(ctx, filters)
		if err != nil {
			return 0, err
		}
		total += n
	}
	return total, nil
}

func (s *Service) collection(recordType string) docstore.Collection {
	switch recordType {
	case TypeContact:
		return s.contacts.Collection()
	case TypeCompany:
		return s.companies.Collection()
	}
	return s.records.Collection()
}

// uses lists the processes that name a field.
func (s *Service) uses(ctx context.Context, recordType, key string) ([]Use, error) {
	if s.usage == nil {
		return nil, nil
	}
	return s.usage.FieldUses(ctx, recordType, key)
}
