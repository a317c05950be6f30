package crm

import (
	"slices"

	"github.com/fluxo-app/fluxo/server/crm/field"
	"github.com/fluxo-app/fluxo/server/docstore"
)

// ListField is a field of lists: a standard one, an own one, or what the product
// keeps of each record. Ops are the operators of filters on it.
type ListField struct {
	Key    string     `json:"key"`
	Type   field.Type `json:"type"`
	Ops    []FilterOp `json:"ops"`
	Sorts  bool       `json:"sorts"`
	Why    string     `json:"why,omitempty" enum:"several,names,long,clients" doc:"why lists are not sorted by it: it holds several values, it is kept as an id and not by the name that is shown, it is too long, it names clients of whom the reader may not see all"`
	System bool       `json:"system,omitempty" doc:"kept by the product: when and by whom something was added, where it stands"`

	path string
	own  bool
	// day: an instant that stands for a whole day, at midnight UTC.
	day bool
}

// system are the fields that the product itself keeps of every record with stages.
var system = []ListField{
	{Key: "pipeline", Type: field.List, path: "pipelineId"}, {Key: "stage", Type: field.List, path: "stageId"},
	{Key: "stageSince", Type: field.DateTime, path: "stageSince", Sorts: true}, {Key: "currency", Type: field.Text, path: "currency"},
	{Key: "repeat", Type: field.Boolean, path: "repeat"}, addedBy,
}

var addedBy = ListField{Key: "createdBy", Type: field.User, path: "createdBy"}

// systemOfAll are those of parties, too.
var systemOfAll = []ListField{
	{Key: "createdAt", Type: field.DateTime, path: "createdAt", Sorts: true}, {Key: "updatedAt", Type: field.DateTime, path: "updatedAt", Sorts: true},
}

// standardPaths are the places of standard fields that are not called like them, and
// what a list of them is sorted by: the names that are kept beside the ids.
var standardPaths = map[string]struct{ path, sort string }{
	"company": {"companyId", "companyName"}, "contact": {"contactId", "contactName"}, "responsible": {"responsibleId", ""},
}

// tested are the standard fields without an index of their own: they are compared in
// the documents that another condition, or the order of the list, gives.
var (
	testedOfRecords   = []string{"currency", "comment", "repeat"}
	testedOfContacts  = []string{"firstName", "companyId"}
	testedOfCompanies = []string{"address"}
)

// sortedParties are the fields that have an index for the order of a list.
var sortedParties = map[string][]string{
	TypeContact: {"name", "firstName", "lastName", "email", "phone", "position", "createdAt", "updatedAt"},
	TypeCompany: {"name", "email", "phone", "taxId", "createdAt", "updatedAt"},
}

// sortedRecords are those of staged records.
var sortedRecords = []string{"title", "amount", "expectedCloseAt", "companyName", "contactName", "stageSince", "createdAt", "updatedAt"}

var (
	opsOfTexts   = []FilterOp{OpContains, OpStartsWith, OpEq, OpNe, OpIn, OpEmpty, OpNotEmpty}
	opsOfNumbers = []FilterOp{OpEq, OpNe, OpLt, OpLte, OpGt, OpGte, OpEmpty, OpNotEmpty}
	opsOfIDs     = []FilterOp{OpEq, OpNe, OpIn, OpEmpty, OpNotEmpty}
	opsOfYes     = []FilterOp{OpEq, OpNe, OpEmpty, OpNotEmpty}
	opsOfThere   = []FilterOp{OpEmpty, OpNotEmpty}
)

func opsOf(t field.Type) []FilterOp {
	switch t {
	case field.Number, field.Money, field.Date, field.DateTime:
		return opsOfNumbers
	case field.Boolean:
		return opsOfYes
	case field.List, field.User, field.Reference:
		return opsOfIDs
	case field.File, field.Booking:
		return opsOfThere
	}
	return opsOfTexts
}

// listFields are all fields by which lists of a type are filtered and sorted, in the
// order of the form.
func (of shape) listFields() []ListField {
	var out []ListField
	sorted, staged := sortedParties[of.ID], false
	if sorted == nil {
		sorted, staged = sortedRecords, true
	}
	if of.ID == TypeContact {
		out = append(out, ListField{Key: "name", Type: field.Text, path: "name", Sorts: true})
	}
	for _, f := range of.describe().Fields {
		l := ListField{Key: f.Key, Type: f.Type, path: f.Key}
		switch {
		case f.Type == Products:
			continue
		case f.InFields:
			l.path, l.own = "fields."+f.Key, true
			if f.Type == field.Money {
				l.path += ".amount"
			}
			l.Sorts, l.Why = sortsOwn(f.Field)
		default:
			sort := f.Key
			if at, known := standardPaths[f.Key]; known {
				l.path, sort = at.path, at.sort
			}
			l.day = f.Type == field.Date
			if l.Sorts = slices.Contains(sorted, sort); !l.Sorts {
				l.Why = "long"
				if f.Type == field.Reference || f.Type == field.User {
					l.Why = "names"
				}
			}
		}
		out = append(out, l)
	}
	if staged {
		out = append(out, system...)
	}
	out = append(out, systemOfAll...)
	if !staged {
		out = append(out, addedBy)
	}
	for i := range out {
		l := &out[i]
		l.Ops = opsOf(l.Type)
		l.System = slices.ContainsFunc(slices.Concat(system, systemOfAll), func(s ListField) bool { return s.Key == l.Key })
		if l.System && !l.Sorts {
			l.Why = "names"
		}
	}
	return out
}

// sortsOwn tells whether lists can be in the order of an own field, and why not.
func sortsOwn(f field.Field) (bool, string) {
	switch {
	case f.Multiple:
		return false, "several"
	case f.Type == field.List, f.Type == field.User, f.Type == field.Reference, f.Type == field.File, f.Type == field.Booking:
		return false, "names"
	case f.Type == field.LongText, f.Type == field.Address:
		return false, "long"
	}
	return true, ""
}

func (of shape) listField(key string) (ListField, bool) {
	all := of.listFields()
	i := slices.IndexFunc(all, func(l ListField) bool { return l.Key == key })
	if i < 0 {
		return ListField{}, false
	}
	return all[i], true
}

// sortPath is the path of the store that a list is sorted by.
func (l ListField) sortPath() string {
	if at, known := standardPaths[l.Key]; known && !l.own {
		return at.sort
	}
	return l.path
}

// orders are the indexes for the orders of a list: within what comes first.
func orders(first []string, paths []string) []docstore.Index {
	var out []docstore.Index
	for _, p := range paths {
		out = append(out, docstore.Index{Paths: append(slices.Clone(first), p)})
	}
	return out
}
