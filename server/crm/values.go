package crm

import (
	"context"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"

	"github.com/fluxo-app/fluxo/server/crm/field"
	"github.com/fluxo-app/fluxo/server/problem"
)

// values writes changes of own fields into old ones and gives the result. A nil
// value clears. Values that stay as they are need not be right any more: a
// retired item, a user who has left.
func (s *Service) values(ctx context.Context, c *checker, of shape, old, changes map[string]any) (map[string]any, error) {
	if len(changes) == 0 {
		return old, nil
	}
	merged := maps.Clone(old)
	if merged == nil {
		merged = map[string]any{}
	}
	for _, key := range slices.Sorted(maps.Keys(changes)) {
		at := "/fields/" + key
		f, known := of.field(key)
		if !known {
			c.add(at, "unknown_field", "there is no field %q", key)
			continue
		}
		given := changes[key]
		if add, is := given.(Append); is {
			given = add.to(old[key])
		}
		booked, byBooking := given.(Booked)
		if byBooking {
			given = booked.value(f)
		}
		value, wrong := f.Value(given)
		if wrong != nil {
			if wrong.Index >= 0 {
				at += "/" + strconv.Itoa(wrong.Index)
			}
			c.add(at, wrong.Code, "%s", wrong.Message)
			continue
		}
		if f.Type == field.Booking && !byBooking && !reflect.DeepEqual(value, old[key]) {
			c.add(at, "set_by_booking", "this field changes only by booking and canceling")
			continue
		}
		if value == nil {
			delete(merged, key)
			continue
		}
		if !reflect.DeepEqual(value, old[key]) {
			if err := s.lookUp(ctx, c, f, at, value, old[key]); err != nil {
				return nil, err
			}
		}
		merged[key] = value
	}
	return merged, nil
}

// Append is a value that is added to those of a field with several.
//
// covers B-66
type Append struct{ Value any }

func (a Append) to(old any) any {
	all := slices.Clone(each(old))
	for _, v := range each(a.Value) {
		if !slices.ContainsFunc(all, func(had any) bool { return sameValue(had, v) }) {
			all = append(all, v)
		}
	}
	return all
}

// lookUp checks that what a value points to is there.
func (s *Service) lookUp(ctx context.Context, c *checker, f field.Field, at string, value, old any) error {
	had := each(old)
	for i, v := range each(value) {
		id, isText := v.(string)
		if !isText || slices.Contains(had, v) {
			continue
		}
		if f.Multiple {
			at = fmt.Sprintf("/fields/%s/%d", f.Key, i)
		}
		switch f.Type {
		case field.List:
			d, err := s.Dictionary(ctx, f.Dictionary)
			if err != nil && !isProblem(err, "not_found") {
				return err
			}
			if item, known := d.Item(id); !known {
				c.add(at, "unknown_reference", "%q is not in the list", id)
			} else if item.Retired {
				c.add(at, "unknown_reference", "%q cannot be chosen any more", item.Name)
			}
		case field.User:
			if _, active := s.people.UserName(id); !active {
				c.add(at, "unknown_user", "there is no such active user")
			}
		case field.Reference:
			if _, err := s.Title(ctx, f.Target, id); isProblem(err, "not_found") {
				c.add(at, "unknown_reference", "there is no such %s", f.Target)
			} else if err != nil {
				return err
			}
		case field.Booking:
			if s.bookings == nil {
				continue
			}
			if _, known, err := s.bookings.Booking(ctx, id); err != nil {
				return fmt.Errorf("look up booking %s: %w", id, err)
			} else if !known {
				c.add(at, "unknown_reference", "there is no such booking")
			}
		case field.File:
			if s.files == nil {
				continue
			}
			if _, known, err := s.files.FileName(ctx, id); err != nil {
				return fmt.Errorf("look up file %s: %w", id, err)
			} else if !known {
				c.add(at, "unknown_reference", "there is no such file; upload it first")
			}
		}
	}
	return nil
}

// each gives the values of a field with one or several.
func each(value any) []any {
	switch v := value.(type) {
	case nil:
		return nil
	case []any:
		return v
	}
	return []any{value}
}

// words is a value as a person reads it in the story of a record.
func (s *Service) words(ctx context.Context, f field.Field, value any) any {
	if value == nil {
		return nil
	}
	read := make([]any, 0, 1)
	for _, v := range each(value) {
		id, isText := v.(string)
		if !isText {
			read = append(read, v)
			continue
		}
		switch f.Type {
		case field.List:
			if d, err := s.Dictionary(ctx, f.Dictionary); err == nil {
				if item, known := d.Item(id); known {
					v = item.Name
				}
			}
		case field.User:
			if name := s.name(id); name != "" {
				v = name
			}
		case field.Reference:
			if title, err := s.Title(ctx, f.Target, id); err == nil {
				v = title
			}
		case field.Booking:
			if s.bookings != nil {
				if b, known, err := s.bookings.Booking(ctx, id); err == nil && known {
					v = b.Resource
				}
			}
		case field.File:
			if s.files != nil {
				if name, known, err := s.files.FileName(ctx, id); err == nil && known {
					v = name
				}
			}
		}
		read = append(read, v)
	}
	if f.Multiple {
		return read
	}
	return read[0]
}

// Names gives what people read for the values of own fields that are ids of
// users, and of those records and files that the person of the request may read.
func (s *Service) Names(ctx context.Context, recordType string, values map[string]any) (map[string]string, error) {
	of, err := s.shape(ctx, recordType)
	if err != nil {
		return nil, err
	}
	out := map[string]string{}
	for key, value := range values {
		f, known := of.field(key)
		if !known || f.Type != field.User && f.Type != field.Reference && f.Type != field.File && f.Type != field.Booking {
			continue
		}
		f.Multiple = false
		for _, v := range each(value) {
			id, _ := v.(string)
			if id == "" || !s.mayName(ctx, f, id) {
				continue
			}
			if name, ok := s.words(ctx, f, v).(string); ok {
				out[id] = name
			}
		}
	}
	return out, nil
}

// filledIn tells whether a standard field of a record has a value.
func (d Record) filledIn(key string) bool {
	switch key {
	case "title":
		return d.Title != ""
	case "company":
		return d.CompanyID != ""
	case "contact":
		return d.ContactID != ""
	case "amount":
		return d.Amount != 0
	case "expectedCloseAt":
		return !d.ExpectedCloseAt.IsZero()
	case "responsible":
		return d.ResponsibleID != ""
	case "products":
		return len(d.Products) > 0
	case "comment":
		return d.Comment != ""
	}
	return d.Fields[key] != nil
}

// missingOn lists the fields without which a record cannot stand on a stage.
func (of shape) missingOn(d Record, stage string) []string {
	var missing []string
	for _, f := range of.describe().Fields {
		if !f.Retired && f.RequiredOn(d.PipelineID, stage) && !d.filledIn(f.Key) {
			missing = append(missing, f.Key)
		}
	}
	return missing
}

// mayEnter refuses a record that lacks what a stage requires. The problem lists the
// fields, so that a form can ask for them.
//
// covers L-07
func (of shape) mayEnter(d Record, stage Stage) error {
	missing := of.missingOn(d, stage.ID)
	if len(missing) == 0 {
		return nil
	}
	p := problem.New("fields_required", "stage", stage.Name)
	for _, key := range missing {
		p.Fields = append(p.Fields, problem.Field{Path: fieldPath(key), Code: "required"})
	}
	return p.With("fields", missing).With("stage", stage.ID)
}

// mayLose refuses to clear what the stage requires. What was not there before,
// because it was asked for later, is not asked for now.
func (of shape) mayLose(c *checker, before, after Record) {
	lacked := of.missingOn(before, before.StageID)
	for _, key := range of.missingOn(after, after.StageID) {
		if !slices.Contains(lacked, key) {
			c.add(fieldPath(key), "required", "this must not be empty on this stage")
		}
	}
}

// fieldPath is the place of a field in the body of a request.
func fieldPath(key string) string {
	switch key {
	case "title", "amount", "expectedCloseAt", "products", "comment":
		return "/" + key
	case "company", "contact", "responsible":
		return "/" + key + "Id"
	}
	return "/fields/" + key
}
