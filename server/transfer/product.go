package transfer

import (
	"context"
	"reflect"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/fluxo-app/fluxo/server/crm"
	"github.com/fluxo-app/fluxo/server/crm/field"
)

// productColumns are the columns of the catalogue. Products have no fields of their
// own.
var productColumns = []Column{
	{Key: "name", Type: field.Text, Required: true, Import: true}, {Key: "sku", Type: field.Text, Import: true}, {Key: "kind", Type: field.Text, Import: true},
	{Key: "section", Type: field.Text, Import: true}, {Key: "unit", Type: field.Text, Import: true}, {Key: "price", Type: field.Money, Required: true, Import: true},
	{Key: "currency", Type: field.Text, Import: true}, {Key: "taxPercent", Type: field.Number, Import: true}, {Key: "taxIncluded", Type: field.Boolean, Import: true},
	{Key: "description", Type: field.LongText, Import: true}, {Key: "link", Type: field.Link, Import: true},
	{Key: "createdAt", Type: field.DateTime}, {Key: "updatedAt", Type: field.DateTime}, {Key: "id", Type: field.Text},
}

// columnsOfProducts are the columns of the catalogue with their headings.
func columnsOfProducts(language string) []Column {
	out := make([]Column, 0, len(productColumns))
	for _, c := range productColumns {
		c.Label, c.field = label(c.Key, language), field.Field{Key: c.Key, Type: c.Type}
		out = append(out, c)
	}
	return out
}

// kindOf reads the kind of a product in any of the languages.
func kindOf(text string) (string, bool) {
	for _, kind := range []string{crm.Goods, crm.ServiceKind} {
		if fold(text) == kind {
			return kind, true
		}
		for _, texts := range words()["kind."+kind] {
			for _, word := range texts {
				if fold(word) == fold(text) {
					return kind, true
				}
			}
		}
	}
	return "", false
}

// putProduct reads one cell of a row of the catalogue.
func (r *reader) putProduct(ctx context.Context, w *row, c Column, text string, texts map[string]string) error {
	switch c.Key {
	case "currency":
		w.given[c.Key] = strings.ToUpper(text)
		return nil
	case "kind":
		kind, known := kindOf(text)
		if !known {
			w.wrong(c.Key, wrong("one_of", "cell_kind"))
			return nil
		}
		w.given[c.Key] = kind
		return nil
	case "taxPercent":
		text = strings.TrimSuffix(text, "%")
	}
	value, mistake, err := r.value(ctx, c, text, strings.ToUpper(texts["currency"]))
	if err != nil {
		return err
	}
	if mistake != nil {
		w.wrong(c.Key, mistake)
		return nil
	}
	w.given[c.Key] = value
	return nil
}

// product writes what a row says into a product; what it does not say stays.
func (w *row) product(p *crm.Product) {
	for key, to := range map[string]*string{"name": &p.Name, "sku": &p.SKU, "kind": &p.Kind, "section": &p.Section, "unit": &p.Unit,
		"taxPercent": &p.TaxPercent, "description": &p.Description, "link": &p.Link, "currency": &p.Price.Currency} {
		if text, is := w.given[key].(string); is {
			*to = text
		}
	}
	if included, is := w.given["taxIncluded"].(bool); is {
		p.TaxIncluded = included
	}
	if m, is := w.given["price"].(map[string]any); is {
		p.Price.Amount, _ = m["amount"].(int64)
		if unit, _ := m["currency"].(string); unit != "" {
			p.Price.Currency = unit
		}
	}
}

// addProduct makes a product of a row.
func (s *Service) addProduct(ctx context.Context, by crm.Change, w row) (crm.Product, error) {
	var p crm.Product
	w.product(&p)
	return s.CRM.SaveProduct(ctx, by, p)
}

// writeProduct writes what a row says into a product that is there.
func (s *Service) writeProduct(ctx context.Context, by crm.Change, w row, id string) (changed bool, err error) {
	p, err := s.CRM.Product(ctx, id)
	if err != nil {
		return false, err
	}
	was := p
	w.product(&p)
	if err := s.CRM.CheckProduct(ctx, &p); err != nil || reflect.DeepEqual(p, was) {
		return false, err
	}
	_, err = s.CRM.SaveProduct(ctx, by, p)
	return err == nil, err
}

// product is a product as a row of a table.
func (w *writer) product(c Column, p *crm.Product) any {
	switch c.Key {
	case "name":
		return p.Name
	case "sku":
		return p.SKU
	case "kind":
		return p.Kind
	case "section":
		return p.Section
	case "unit":
		return p.Unit
	case "price":
		return decimal.New(p.Price.Amount, -scale(p.Price.Currency))
	case "currency":
		return p.Price.Currency
	case "taxPercent":
		if tax, err := decimal.NewFromString(p.TaxPercent); err == nil {
			return tax
		}
		return nil
	case "taxIncluded":
		return p.TaxIncluded
	case "description":
		return p.Description
	case "link":
		return p.Link
	}
	return w.entity(c.Key, p.Entity)
}
