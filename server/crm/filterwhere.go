package crm

import (
	"context"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/fluxo-app/fluxo/server/crm/field"
	"github.com/fluxo-app/fluxo/server/docstore"
)

// Reader is who reads a list: what "me" and "today" mean there.
type Reader struct {
	Me   string
	Zone *time.Location
	// Clients bounds which contacts and companies they may see, by type; those of a
	// type that is missing are all seen.
	Clients map[string]docstore.Filter
}

// ListFields lists by what lists of a type are filtered and sorted.
func (s *Service) ListFields(ctx context.Context, recordType string, r Reader) ([]ListField, error) {
	of, err := s.shape(ctx, recordType)
	if err != nil {
		return nil, err
	}
	all := of.listFields()
	for i := range all {
		all[i] = r.covered(of, all[i])
	}
	return all, nil
}

// Where turns a filter into conditions of the store, for records of a type.
func (s *Service) Where(ctx context.Context, recordType string, f RecordFilter, r Reader) ([]docstore.Filter, error) {
	if f.Empty() {
		return nil, nil
	}
	of, err := s.shape(ctx, recordType)
	if err != nil {
		return nil, err
	}
	if r.Zone == nil {
		r.Zone = time.UTC
	}
	w := wherer{of: of, reader: r, now: s.now()}
	out := w.filter(f, "/filter")
	if err := w.err(); err != nil {
		return nil, err
	}
	return flat(out), nil
}

// flat opens the groups whose conditions must hold anyway, so that one of them can
// be the way into an index.
func flat(f *docstore.Filter) []docstore.Filter {
	if f == nil {
		return nil
	}
	if f.Op != docstore.AllOf {
		return []docstore.Filter{*f}
	}
	var out []docstore.Filter
	for i := range f.Of {
		out = append(out, flat(&f.Of[i])...)
	}
	return out
}

type wherer struct {
	checker
	of     shape
	reader Reader
	now    time.Time
}

// filter gives nil for a filter that lets everything through.
func (w *wherer) filter(f RecordFilter, at string) *docstore.Filter {
	for _, g := range []struct {
		name string
		op   docstore.Op
		of   []RecordFilter
	}{{"all", docstore.AllOf, f.All}, {"any", docstore.AnyOf, f.Any}, {"none", docstore.NoneOf, f.None}} {
		var inner []docstore.Filter
		for i, x := range g.of {
			if one := w.filter(x, at+"/"+g.name+"/"+strconv.Itoa(i)); one != nil {
				inner = append(inner, *one)
			}
		}
		if len(inner) > 0 {
			return &docstore.Filter{Op: g.op, Of: inner}
		}
	}
	if f.Field == "" {
		return nil
	}
	l, known := w.of.listField(f.Field)
	if !known {
		w.add(at+"/field", "unknown_field", "records of this type have no field %q", f.Field)
		return nil
	}
	one, ok := w.leaf(l, f, at)
	if !ok {
		return nil
	}
	return &one
}

func is(path string, op docstore.Op, value any) docstore.Filter {
	return docstore.Filter{Path: path, Op: op, Value: value}
}

func anyOf(of ...docstore.Filter) docstore.Filter {
	return docstore.Filter{Op: docstore.AnyOf, Of: of}
}
func allOf(of ...docstore.Filter) docstore.Filter {
	return docstore.Filter{Op: docstore.AllOf, Of: of}
}
func noneOf(of ...docstore.Filter) docstore.Filter {
	return docstore.Filter{Op: docstore.NoneOf, Of: of}
}

// leaf is one condition. What differs from a value has another one, or none.
func (w *wherer) leaf(l ListField, f RecordFilter, at string) (docstore.Filter, bool) {
	known := false
	for _, op := range l.Ops {
		known = known || op == f.Op
	}
	if !known {
		words := make([]string, len(l.Ops))
		for i, op := range l.Ops {
			words[i] = string(op)
		}
		w.add(at+"/op", "one_of", "%q is compared by one of: %s", l.Key, strings.Join(words, ", "))
		return docstore.Filter{}, false
	}
	switch f.Op {
	case OpEmpty, OpNotEmpty:
		if f.Value != nil {
			w.add(at+"/value", "invalid", "this comparison takes no value")
			return docstore.Filter{}, false
		}
		none := l.nothing()
		if f.Op == OpNotEmpty {
			none = noneOf(none)
		}
		return none, true
	case OpNe:
		f.Op = OpEq
		same, ok := w.leaf(l, f, at)
		return noneOf(same), ok
	}
	switch l.Type {
	case field.Number, field.Money:
		return w.number(l, f, at)
	case field.Date, field.DateTime:
		return w.date(l, f, at)
	case field.Boolean:
		yes, is := f.Value.(bool)
		if !is {
			w.add(at+"/value", "wrong_type", "true or false is expected")
			return docstore.Filter{}, false
		}
		return l.yes(yes), true
	}
	return w.text(l, f, at)
}

// nothing is the condition of having no value.
func (l ListField) nothing() docstore.Filter {
	missing := is(l.path, docstore.Eq, nil)
	switch {
	case l.own:
		return missing
	case l.Type == field.Money:
		return is(l.path, docstore.Eq, 0) // amounts are always there
	case l.Type == field.Date, l.Type == field.DateTime, l.Type == field.Boolean:
		return missing
	}
	return anyOf(missing, is(l.path, docstore.Eq, ""))
}

func (l ListField) yes(yes bool) docstore.Filter {
	if l.own || yes {
		return is(l.path, docstore.Eq, yes)
	}
	return noneOf(is(l.path, docstore.Eq, true)) // kept only when it is so
}

var storeOps = map[FilterOp]docstore.Op{OpEq: docstore.Eq, OpLt: docstore.Lt, OpLte: docstore.Lte, OpGt: docstore.Gt, OpGte: docstore.Gte,
	OpContains: docstore.Has, OpStartsWith: docstore.Begins, OpIn: docstore.In}

// number compares numbers, and amounts of money by their minor units; with a
// currency, only those in it.
func (w *wherer) number(l ListField, f RecordFilter, at string) (docstore.Filter, bool) {
	value, currency := f.Value, ""
	if m, is := value.(map[string]any); is && l.Type == field.Money {
		value, currency = m["amount"], ""
		if m["currency"] != nil {
			if currency, is = m["currency"].(string); !is || !currencyForm.MatchString(currency) {
				w.add(at+"/value/currency", "bad_currency", "write a currency code such as PLN")
				return docstore.Filter{}, false
			}
		}
	}
	n, wrong := field.Field{Type: field.Number}.Value(value)
	if wrong != nil || n == nil {
		w.add(at+"/value", "not_a_number", "write a number such as 12 or 1.5")
		return docstore.Filter{}, false
	}
	compared := is(l.path, storeOps[f.Op], n)
	if currency == "" {
		return compared, true
	}
	path := "currency"
	if l.own {
		path = strings.TrimSuffix(l.path, "amount") + path
	}
	return allOf(compared, is(path, docstore.Eq, currency)), true
}

var relativeDay = regexp.MustCompile(`^today(?:([+-])(\d{1,4})([dwmy]))?$`)

// day reads a day: a date, or one that is counted from today.
func (w *wherer) day(text string) (time.Time, bool) {
	if at, err := time.Parse(time.DateOnly, text); err == nil {
		return at, true
	}
	m := relativeDay.FindStringSubmatch(text)
	if m == nil {
		return time.Time{}, false
	}
	now := w.now.In(w.reader.Zone)
	today := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, time.UTC)
	n, _ := strconv.Atoi(m[1] + m[2]) // "" is none
	switch m[3] {
	case "w":
		n *= 7
	case "m":
		return today.AddDate(0, n, 0), true
	case "y":
		return today.AddDate(n, 0, 0), true
	}
	return today.AddDate(0, 0, n), true
}

// date compares days and moments. A day is all of its moments: before it, after it,
// within it.
func (w *wherer) date(l ListField, f RecordFilter, at string) (docstore.Filter, bool) {
	text, _ := f.Value.(string)
	day, isDay := w.day(text)
	if l.own && l.Type == field.Date {
		if !isDay {
			w.add(at+"/value", "bad_date", "write a date such as 2026-03-31, or today, today-7d, today+1m")
			return docstore.Filter{}, false
		}
		return is(l.path, storeOps[f.Op], day.Format(time.DateOnly)), true
	}
	if !isDay {
		moment, err := docstore.ParseInstant(text)
		if err != nil {
			w.add(at+"/value", "bad_date", "write a date such as 2026-03-31, a moment such as 2026-03-31T14:00:00Z, or today, today-7d, today+1m")
			return docstore.Filter{}, false
		}
		return is(l.path, storeOps[f.Op], moment.String()), true
	}
	in := w.reader.Zone
	if l.day {
		in = time.UTC
	}
	midnight := func(days int) string {
		return docstore.At(time.Date(day.Year(), day.Month(), day.Day()+days, 0, 0, 0, 0, in)).String()
	}
	switch f.Op {
	case OpLt:
		return is(l.path, docstore.Lt, midnight(0)), true
	case OpLte:
		return is(l.path, docstore.Lt, midnight(1)), true
	case OpGt:
		return is(l.path, docstore.Gte, midnight(1)), true
	case OpGte:
		return is(l.path, docstore.Gte, midnight(0)), true
	}
	return allOf(is(l.path, docstore.Gte, midnight(0)), is(l.path, docstore.Lt, midnight(1))), true
}

// text compares texts, and ids of people, records and items.
func (w *wherer) text(l ListField, f RecordFilter, at string) (docstore.Filter, bool) {
	one := func(v any, at string) string {
		text, _ := v.(string)
		text = strings.TrimSpace(text)
		if text == "" || len(text) > 4*filterText {
			w.add(at, "wrong_type", "a text is expected")
		}
		if l.Type == field.User && text == "me" {
			text = w.reader.Me
		}
		return text
	}
	before := len(w.fields)
	if f.Op != OpIn {
		text := one(f.Value, at+"/value")
		return l.named(storeOps[f.Op], text), len(w.fields) == before
	}
	list, isList := f.Value.([]any)
	if !isList || len(list) == 0 || len(list) > filterList {
		w.add(at+"/value", "wrong_type", "a list of 1 to %d values is expected", filterList)
		return docstore.Filter{}, false
	}
	values := make([]string, 0, len(list))
	for i, v := range list {
		values = append(values, one(v, at+"/value/"+strconv.Itoa(i)))
	}
	if l.Key == "stage" && !l.own {
		var stages []docstore.Filter
		for _, v := range values {
			stages = append(stages, l.named(docstore.Eq, v))
		}
		return anyOf(stages...), len(w.fields) == before
	}
	return l.named(docstore.In, values), len(w.fields) == before
}

// named is a condition on ids or texts. A record with several contacts is with each
// of them, and a stage may be written with its pipeline: sales:new.
func (l ListField) named(op docstore.Op, value any) docstore.Filter {
	switch {
	case l.own:
	case l.path == "contactId":
		many := docstore.Contains
		if op == docstore.In {
			many = op
		}
		return anyOf(is(l.path, op, value), is("contactIds", many, value))
	case l.Key == "stage":
		if pipeline, stage, both := strings.Cut(value.(string), ":"); both {
			return allOf(is("pipelineId", docstore.Eq, pipeline), is(l.path, docstore.Eq, stage))
		}
	}
	return is(l.path, op, value)
}
