package transfer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/fluxo-app/fluxo/server/crm"
	"github.com/fluxo-app/fluxo/server/crm/field"
	"github.com/fluxo-app/fluxo/server/docstore"
	"github.com/fluxo-app/fluxo/server/problem"
)

// Item is what a row of an export is made of: one of the four.
type Item struct {
	Record  *crm.Record
	Contact *crm.Contact
	Company *crm.Company
	Product *crm.Product
}

// Pages gives what is to be exported page by page; next "" with the last.
type Pages func(ctx context.Context, cursor string) (items []Item, next string, err error)

// Chosen are the columns with some keys, in their order; all when none are named.
func (s *Service) Chosen(ctx context.Context, recordType, language string, keys []string) ([]Column, error) {
	all, err := s.Columns(ctx, recordType, language)
	if err != nil {
		return nil, err
	}
	if len(keys) == 0 {
		return slices.DeleteFunc(all, func(c Column) bool { return c.Key == fullName }), nil
	}
	var out []Column
	for _, key := range keys {
		if key == "name" && recordType == crm.TypeContact { // as lists call it
			key = fullName
		}
		i := slices.IndexFunc(all, func(c Column) bool { return c.Key == key })
		if i < 0 {
			return nil, problem.Invalid("query.columns", "unknown_field", fmt.Sprintf("there is no column %q", key))
		}
		out = append(out, all[i])
		if key == "amount" && !slices.Contains(keys, "currency") { // an amount says little without it
			if i := slices.IndexFunc(all, func(c Column) bool { return c.Key == "currency" }); i >= 0 {
				out = append(out, all[i])
			}
		}
	}
	return out, nil
}

// writer turns records into rows; it remembers names it has looked up.
type writer struct {
	s         *Service
	zone      *time.Location
	columns   []Column
	titles    map[crm.Ref]string
	lists     map[string]crm.Dictionary
	pipelines map[string]crm.Pipeline
}

// maxTitles bounds the names that are remembered.
const maxTitles = 20_000

// Export writes records as a table and tells how many.
func (s *Service) Export(ctx context.Context, columns []Column, zone *time.Location, to Table, pages Pages) (int, error) {
	w := &writer{s: s, zone: zone, columns: columns, titles: map[crm.Ref]string{}, lists: map[string]crm.Dictionary{}, pipelines: map[string]crm.Pipeline{}}
	cells := make([]any, len(columns))
	for i, c := range columns {
		cells[i] = c.Label
	}
	if err := to.Row(cells); err != nil {
		return 0, err
	}
	n := 0
	for cursor, more := "", true; more; more = cursor != "" {
		items, next, err := pages(ctx, cursor)
		if err != nil {
			return n, err
		}
		for _, item := range items {
			for i, c := range columns {
				if cells[i], err = w.cell(ctx, c, item); err != nil {
					return n, err
				}
			}
			if err := to.Row(cells); err != nil {
				return n, err
			}
			n++
		}
		cursor = next
	}
	return n, to.Close()
}

func (w *writer) cell(ctx context.Context, c Column, item Item) (any, error) {
	switch {
	case item.Product != nil:
		return w.product(c, item.Product), nil
	case item.Contact != nil:
		v := item.Contact
		if c.Own {
			return w.value(ctx, c.field, v.Fields[c.Key])
		}
		switch c.Key {
		case "firstName":
			return v.FirstName, nil
		case "lastName":
			return v.LastName, nil
		case fullName:
			return v.Name, nil
		case "email":
			return v.Email, nil
		case "phone":
			return v.Phone, nil
		case "position":
			return v.Position, nil
		case "company":
			return w.title(ctx, crm.Ref{Type: crm.TypeCompany, ID: v.CompanyID})
		}
		if cell, is := w.owned(c.Key, v.Owned); is {
			return cell, nil
		}
		return w.entity(c.Key, v.Entity), nil
	case item.Company != nil:
		v := item.Company
		if c.Own {
			return w.value(ctx, c.field, v.Fields[c.Key])
		}
		switch c.Key {
		case "name":
			return v.Name, nil
		case "email":
			return v.Email, nil
		case "phone":
			return v.Phone, nil
		case "address":
			return v.Address, nil
		case "taxId":
			return v.TaxID, nil
		}
		if cell, is := w.owned(c.Key, v.Owned); is {
			return cell, nil
		}
		return w.entity(c.Key, v.Entity), nil
	}
	return w.staged(ctx, c, item.Record)
}

// owned are the cells that say to whom a client belongs.
func (w *writer) owned(key string, o crm.Owned) (cell string, is bool) {
	switch key {
	case "responsible":
		return w.user(o.ResponsibleID, o.ResponsibleName), true
	case "createdBy":
		return w.user(o.CreatedBy, ""), true
	}
	return "", false
}

func (w *writer) staged(ctx context.Context, c Column, d *crm.Record) (any, error) {
	if c.Own || leadField(c.Key) {
		return w.value(ctx, c.field, d.Fields[c.Key])
	}
	switch c.Key {
	case "title":
		return d.Title, nil
	case "company":
		return d.CompanyName, nil
	case "contact":
		return d.ContactName, nil
	case "responsible":
		return w.user(d.ResponsibleID, d.ResponsibleName), nil
	case "amount":
		return decimal.New(d.Amount, -scale(d.Currency)), nil
	case "currency":
		return d.Currency, nil
	case "expectedCloseAt":
		if d.ExpectedCloseAt.IsZero() {
			return nil, nil
		}
		return Day(d.ExpectedCloseAt.UTC().Format(time.DateOnly)), nil
	case "comment":
		return d.Comment, nil
	case "stageSince":
		return d.StageSince.In(w.zone), nil
	case "repeat":
		return d.Repeat, nil
	case "products":
		rows := make([]string, len(d.Products))
		for i, p := range d.Products {
			rows[i] = fmt.Sprintf("%s × %s, %s %s", p.Quantity, p.Name, decimal.New(p.Total.Amount, -scale(p.Total.Currency)).StringFixed(scale(p.Total.Currency)), p.Total.Currency)
		}
		return strings.Join(rows, "\n"), nil
	case "createdBy":
		return w.user(d.CreatedBy, ""), nil
	case "pipeline", "stage":
		p, known := w.pipelines[d.PipelineID]
		if !known {
			var err error
			if p, err = w.s.CRM.Pipeline(ctx, d.PipelineID); err != nil && !gone(err) {
				return nil, err
			}
			w.pipelines[d.PipelineID] = p
		}
		if c.Key == "pipeline" {
			return p.Name, nil
		}
		stage, _ := p.Stage(d.StageID)
		return stage.Name, nil
	}
	return w.entity(c.Key, d.Entity), nil
}

func gone(err error) bool {
	var p *problem.Problem
	return errors.As(err, &p) && p.Status() == 404
}

func (w *writer) entity(key string, e docstore.Entity) any {
	switch key {
	case "id":
		return e.ID
	case "createdAt":
		return e.CreatedAt.In(w.zone)
	case "updatedAt":
		return e.UpdatedAt.In(w.zone)
	}
	return nil
}

func (w *writer) user(id, name string) string {
	if name != "" || id == "" {
		return name
	}
	if known, _ := w.s.CRM.UserName(id); known != "" {
		return known
	}
	return id
}

// title names a record; of one that is gone, or not the reader's to see, nothing is
// known.
func (w *writer) title(ctx context.Context, ref crm.Ref) (string, error) {
	if ref.ID == "" {
		return "", nil
	}
	if known, is := w.titles[ref]; is {
		return known, nil
	}
	title := ""
	if w.s.Rights.MaySee(ctx, ref.Type, ref.ID) == nil {
		var err error
		if title, err = w.s.CRM.Title(ctx, ref.Type, ref.ID); err != nil && !gone(err) {
			return "", err
		}
	}
	if len(w.titles) >= maxTitles {
		clear(w.titles)
	}
	w.titles[ref] = title
	return title, nil
}

// value is a stored value as a cell; several values stand on lines of their own.
func (w *writer) value(ctx context.Context, f field.Field, value any) (any, error) {
	many, several := value.([]any)
	if !several {
		return w.one(ctx, f, value)
	}
	texts := make([]string, 0, len(many))
	for _, v := range many {
		cell, err := w.one(ctx, f, v)
		if err != nil {
			return nil, err
		}
		if text, is := cell.(string); is {
			texts = append(texts, text)
		}
	}
	return strings.Join(texts, "\n"), nil
}

func (w *writer) one(ctx context.Context, f field.Field, value any) (any, error) {
	if value == nil {
		return nil, nil
	}
	text, _ := value.(string)
	switch f.Type {
	case field.Number:
		return exact(value), nil
	case field.Money:
		m, _ := value.(map[string]any)
		unit, _ := m["currency"].(string)
		amount, ok := exact(m["amount"]).(decimal.Decimal)
		if !ok {
			return nil, nil
		}
		digits := scale(unit)
		return amount.Shift(-digits).StringFixed(digits) + " " + unit, nil
	case field.Date:
		return Day(text), nil
	case field.DateTime:
		if at, err := time.Parse(time.RFC3339Nano, text); err == nil {
			return at.In(w.zone), nil
		}
		return text, nil
	case field.List:
		d, known := w.lists[f.Dictionary]
		if !known {
			var err error
			if d, err = w.s.CRM.Dictionary(ctx, f.Dictionary); err != nil && !gone(err) {
				return nil, err
			}
			w.lists[f.Dictionary] = d
		}
		if item, is := d.Item(text); is {
			return item.Name, nil
		}
		return text, nil
	case field.User:
		return w.user(text, ""), nil
	case field.Reference:
		return w.title(ctx, crm.Ref{Type: f.Target, ID: text})
	case field.Booking:
		return w.s.CRM.BookingName(ctx, text)
	case field.File:
		name, known, err := w.s.CRM.FileName(ctx, text)
		if err != nil || !known {
			return "", err
		}
		return name, nil
	case field.Boolean:
		return value, nil
	}
	return text, nil
}

// exact is a number as it is stored, without loss.
func exact(value any) any {
	switch n := value.(type) {
	case float64:
		return decimal.NewFromFloat(n)
	case int64:
		return decimal.NewFromInt(n)
	case json.Number:
		if d, err := decimal.NewFromString(n.String()); err == nil {
			return d
		}
	}
	return nil
}
