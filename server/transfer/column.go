package transfer

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"sync"

	"github.com/fluxo-app/fluxo/schemas"
	"github.com/fluxo-app/fluxo/server/crm"
	"github.com/fluxo-app/fluxo/server/crm/field"
)

// Column is a field as a table has it.
type Column struct {
	Key      string     `json:"key"`
	Label    string     `json:"label" doc:"in the reader's language"`
	Type     field.Type `json:"type"`
	Multiple bool       `json:"multiple,omitempty"`
	Required bool       `json:"required,omitempty"`
	// Import tells that a column of a file can become it.
	Import bool `json:"import"`

	// Own fields are made by the workspace: rows can be known again by them.
	Own bool `json:"own,omitempty"`

	field field.Field
}

// extra are columns that are no fields: what a record has beside them.
var (
	stagedExtra = []Column{{Key: "pipeline", Type: field.Text, Import: true}, {Key: "stage", Type: field.Text, Import: true}, {Key: "currency", Type: field.Text, Import: true},
		{Key: "stageSince", Type: field.DateTime}, {Key: "repeat", Type: field.Boolean}, {Key: "createdAt", Type: field.DateTime}, {Key: "updatedAt", Type: field.DateTime}, {Key: "createdBy", Type: field.User}, {Key: "id", Type: field.Text}}
	partyExtra = []Column{{Key: "createdAt", Type: field.DateTime}, {Key: "updatedAt", Type: field.DateTime}, {Key: "createdBy", Type: field.User}, {Key: "id", Type: field.Text}}
)

const fullName = "fullName"

// Columns lists what a table of records of a type can have.
func (s *Service) Columns(ctx context.Context, recordType, language string) ([]Column, error) {
	if recordType == crm.TypeProduct {
		return columnsOfProducts(language), nil
	}
	of, err := s.CRM.RecordType(ctx, recordType)
	if err != nil {
		return nil, err
	}
	var out []Column
	for _, f := range of.Fields {
		if f.Retired {
			continue
		}
		c := Column{Key: f.Key, Label: f.Label, Type: f.Type, Multiple: f.Multiple, Required: f.Required, Import: f.Type != field.File && f.Type != field.Booking && f.Type != crm.Products, field: f.Field, Own: !f.Standard}
		if c.Label == "" {
			c.Label = label(f.Key, language)
		}
		out = append(out, c)
	}
	extra := stagedExtra
	if recordType == crm.TypeContact || recordType == crm.TypeCompany {
		extra = partyExtra
	}
	if recordType == crm.TypeContact {
		out = append(out, Column{Key: fullName, Type: field.Text, Import: true, Label: label(fullName, language)})
	}
	for _, c := range extra {
		c.Label = label(c.Key, language)
		out = append(out, c)
	}
	return out, nil
}

// words are the headings of standard fields in four languages, and other words that
// people write above such columns.
var words = sync.OnceValue(func() map[string]map[string][]string {
	raw, err := schemas.FS.ReadFile("text/columns.json")
	if err != nil {
		panic(err) // embedded
	}
	var out map[string]map[string][]string
	if err := json.Unmarshal(raw, &out); err != nil {
		panic(err)
	}
	return out
})

// label is the heading of a standard column.
func label(key, language string) string {
	of := words()[key]
	for _, l := range []string{language, "en"} {
		if texts := of[l]; len(texts) > 0 {
			return texts[0]
		}
	}
	return key
}

// guessMapping finds the fields of columns by their headings, in any of the
// languages; a field is taken once.
func guessMapping(columns []Column, header []string) []string {
	out := make([]string, len(header))
	taken := map[string]bool{}
	try := func(match func(c Column, heading string) bool) {
		for i, h := range header {
			heading := fold(h)
			if out[i] != "" || heading == "" {
				continue
			}
			for _, c := range columns {
				if c.Import && !taken[c.Key] && match(c, heading) {
					out[i], taken[c.Key] = c.Key, true
					break
				}
			}
		}
	}
	try(func(c Column, heading string) bool {
		return fold(c.Label) == heading || strings.EqualFold(c.Key, heading)
	})
	try(func(c Column, heading string) bool {
		if c.Own {
			return false
		}
		for _, texts := range words()[c.Key] {
			if slices.ContainsFunc(texts, func(t string) bool { return fold(t) == heading }) {
				return true
			}
		}
		return false
	})
	// Beside a last name, what is headed "Name" is the first one.
	if at := slices.Index(out, fullName); at >= 0 && taken["lastName"] && !taken["firstName"] {
		out[at] = "firstName"
	}
	return out
}
