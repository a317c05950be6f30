package docstore

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
)

// Limits of a page.
const (
	DefaultLimit = 50
	MaxLimit     = 200
	// MaxDepth and MaxFilters bound the groups of filters.
	MaxDepth   = 8
	MaxFilters = 500
)

// TextPath is the path under which the terms of the Text filter are entered.
const TextPath = "$text"

var (
	nameForm = regexp.MustCompile(`^[a-z][A-Za-z0-9]{0,39}$`)
	pathForm = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_-]*(\.[A-Za-z0-9_-]+)*(\.\*)?$`)
)

// Compiled is a checked Spec. Stores compile a spec once, plan every query with
// it, and so agree on which queries are legal and what they mean.
type Compiled struct {
	Spec   Spec
	scalar map[string]bool // paths of ordinary indexes
	tested map[string]bool // paths that only filters name
	multi  map[string]bool // array paths
	below  []string        // "fields." of a declared "fields.*"
	leads  map[string]bool // paths that begin an index
}

// Compile checks a spec.
func Compile(spec Spec) (*Compiled, error) {
	if !nameForm.MatchString(spec.Name) {
		return nil, fmt.Errorf("collection name %q: %w", spec.Name, ErrBadQuery)
	}
	c := &Compiled{Spec: spec, scalar: map[string]bool{"id": true}, tested: map[string]bool{}, multi: map[string]bool{}, leads: map[string]bool{"id": true}}
	for _, ix := range spec.Indexes {
		if len(ix.Paths) == 0 {
			return nil, fmt.Errorf("collection %s: index without paths: %w", spec.Name, ErrBadQuery)
		}
		c.leads[ix.Paths[0]] = true
		for _, p := range ix.Paths {
			base, wild := strings.CutSuffix(p, "*")
			switch {
			case !pathForm.MatchString(p):
				return nil, fmt.Errorf("collection %s: path %q: %w", spec.Name, p, ErrBadQuery)
			case (wild || ix.Multi) && (len(ix.Paths) > 1 || ix.Unique):
				return nil, fmt.Errorf("collection %s: %q must stand alone in an index that is not unique: %w", spec.Name, p, ErrBadQuery)
			case wild:
				c.below = append(c.below, base)
			case ix.Multi:
				c.multi[p] = true
			default:
				c.scalar[p] = true
			}
		}
	}
	for _, p := range spec.Tested {
		if !pathForm.MatchString(p) || strings.HasSuffix(p, "*") {
			return nil, fmt.Errorf("collection %s: tested path %q: %w", spec.Name, p, ErrBadQuery)
		}
		c.tested[p] = !c.scalar[p]
	}
	for _, k := range spec.Kept {
		for _, p := range append(slices.Clone(k.By), k.Sums...) {
			if !c.scalar[p] || Own(p) {
				return nil, fmt.Errorf("collection %s: kept sums need an index of %q: %w", spec.Name, p, ErrBadQuery)
			}
		}
		if len(k.By) == 0 {
			return nil, fmt.Errorf("collection %s: kept sums of nothing: %w", spec.Name, ErrBadQuery)
		}
	}
	for _, p := range spec.Text {
		if !pathForm.MatchString(p) {
			return nil, fmt.Errorf("collection %s: text path %q: %w", spec.Name, p, ErrBadQuery)
		}
	}
	for _, p := range spec.Apart {
		if !slices.Contains(spec.Text, p) {
			return nil, fmt.Errorf("collection %s: %q is set apart of texts that are not searched: %w", spec.Name, p, ErrBadQuery)
		}
	}
	return c, nil
}

// Own reports whether the path names the document itself, not its body.
func Own(path string) bool { return path == "id" || path == "createdAt" || path == "updatedAt" }

// wild reports whether a declared "x.*" covers the path.
func (c *Compiled) wild(path string) bool {
	return pathForm.MatchString(path) && !strings.HasSuffix(path, "*") &&
		slices.ContainsFunc(c.below, func(b string) bool { return strings.HasPrefix(path, b) })
}

// ScalarPaths lists the declared ordinary paths, sorted, without "id".
func (c *Compiled) ScalarPaths() []string {
	var out []string
	for p, only := range c.tested {
		if only {
			out = append(out, p)
		}
	}
	for p := range c.scalar {
		if p != "id" {
			out = append(out, p)
		}
	}
	slices.Sort(out)
	return out
}

// Condition is a checked Filter with normal values.
type Condition struct {
	Path   string
	Op     Op
	Value  any      // nil, bool, int64, float64, string
	Values []any    // of In
	Terms  []string // of Text: folded word prefixes that must all be found
	Of     []Condition
	// Entry: answered from the entries of the document (array paths, custom
	// fields, words) and not from its scalar at Path.
	Entry bool
}

// Enters tells whether the documents that meet the condition lie together in an
// index of its path.
func (c Condition) Enters() bool {
	switch c.Op {
	case Eq:
		return c.Value != nil
	case Contains, In, Prefix, Gt, Gte, Lt, Lte:
		return true
	}
	return false
}

// Leads reports whether an index begins with the path.
func (c *Compiled) Leads(path string) bool { return c.leads[path] }

// Served reports whether one index holds what meets the conditions, and nothing
// else, in the order of a path.
func (c *Compiled) Served(conditions []Condition, sort string) bool {
	for _, ix := range c.Spec.Indexes {
		if ix.Multi || len(ix.Paths) < len(conditions) {
			continue
		}
		held, rest := ix.Paths[:len(conditions)], append(slices.Clone(ix.Paths[len(conditions):]), "id")
		if rest[0] == sort && !slices.ContainsFunc(conditions, func(cond Condition) bool {
			return cond.Op != Eq || cond.Entry || !slices.Contains(held, cond.Path)
		}) {
			return true
		}
	}
	return false
}

// Plan is a checked Query.
type Plan struct {
	Conditions []Condition
	SortPath   string // "id" when none
	SortEntry  bool   // a custom field
	Descending bool
	Limit      int
	After      *Position // start behind it
	shape      string
}

// Position is where a page ended.
type Position struct {
	Value any
	ID    string
}

// Plan checks a query against the declared indexes.
func (c *Compiled) Plan(q Query) (Plan, error) {
	p := Plan{Limit: q.Limit, SortPath: "id"}
	if q.Limit < 0 || q.Limit > MaxLimit {
		return p, fmt.Errorf("%s: limit %d is not within 1..%d: %w", c.Spec.Name, q.Limit, MaxLimit, ErrBadQuery)
	}
	if q.Limit == 0 {
		p.Limit = DefaultLimit
	}
	if q.Sort != "" {
		p.SortPath, p.Descending = strings.CutPrefix(q.Sort, "-")
		if !c.scalar[p.SortPath] && !c.wild(p.SortPath) {
			return p, fmt.Errorf("%s: sort by %q: %w", c.Spec.Name, p.SortPath, ErrNoIndex)
		}
		p.SortEntry = !c.scalar[p.SortPath]
	}
	var err error
	if p.Conditions, err = c.conditions(q.Filters, p.SortPath); err != nil {
		return p, err
	}
	p.shape = shape(q)
	if q.Cursor != "" {
		if p.After, err = decodeCursor(q.Cursor, p.shape); err != nil {
			return p, fmt.Errorf("%s: %w", c.Spec.Name, err)
		}
	}
	return p, nil
}

// PlanFilters checks the filters of a count.
func (c *Compiled) PlanFilters(filters []Filter) ([]Condition, error) {
	return c.conditions(filters, "id")
}

// PlanAggregate checks an aggregate.
func (c *Compiled) PlanAggregate(a Aggregate) ([]Condition, error) {
	scan := "id"
	if a.GroupBy != "" {
		if !c.scalar[a.GroupBy] && !c.wild(a.GroupBy) {
			return nil, fmt.Errorf("%s: group by %q: %w", c.Spec.Name, a.GroupBy, ErrNoIndex)
		}
		scan = a.GroupBy
	}
	for _, s := range a.Sums {
		if !pathForm.MatchString(s) || strings.HasSuffix(s, "*") || Own(s) {
			return nil, fmt.Errorf("%s: sum of %q: %w", c.Spec.Name, s, ErrBadQuery)
		}
	}
	return c.conditions(a.Filters, scan)
}

// conditions checks filters. The query is served when one filter enters an
// index by its first path, or when there is no filter and the scan order is the
// first path of an index.
func (c *Compiled) conditions(filters []Filter, scan string) ([]Condition, error) {
	served := len(filters) == 0 && (c.leads[scan] || c.wild(scan))
	out := make([]Condition, 0, len(filters))
	left := MaxFilters
	for _, f := range filters {
		cond, err := c.condition(f, &left, 0)
		if err != nil {
			return nil, fmt.Errorf("%s: filter %s %q: %w", c.Spec.Name, f.Op, f.Path, err)
		}
		// Exists leaves most of a collection in, and a part of a text is in no index:
		// they cannot be the way in.
		served = served || (f.Op != Exists && f.Op != Has && f.Op != Begins && len(f.Of) == 0 && (cond.Entry || c.leads[f.Path]))
		out = append(out, cond)
	}
	if !served {
		return nil, fmt.Errorf("%s: no filter enters an index by its first path: %w", c.Spec.Name, ErrNoIndex)
	}
	return out, nil
}

// condition checks a filter; left is how many more there may be.
func (c *Compiled) condition(f Filter, left *int, depth int) (Condition, error) {
	cond := Condition{Path: f.Path, Op: f.Op}
	if *left--; *left < 0 {
		return cond, fmt.Errorf("more than %d filters: %w", MaxFilters, ErrBadQuery)
	}
	switch {
	case f.Op == AnyOf, f.Op == AllOf, f.Op == NoneOf:
		if len(f.Of) == 0 || f.Path != "" || f.Value != nil || depth == MaxDepth {
			return cond, fmt.Errorf("a group needs filters, no path and no value, and at most %d groups around: %w", MaxDepth, ErrBadQuery)
		}
		for _, inner := range f.Of {
			x, err := c.condition(inner, left, depth+1)
			if err != nil {
				return cond, fmt.Errorf("%s %q: %w", inner.Op, inner.Path, err)
			}
			cond.Of = append(cond.Of, x)
		}
		return cond, nil
	case len(f.Of) > 0:
		return cond, fmt.Errorf("only groups have filters inside: %w", ErrBadQuery)
	case f.Op == Text, f.Op == OwnText:
		if len(c.Spec.Text) == 0 {
			return cond, ErrNoIndex
		}
		s, ok := f.Value.(string)
		if !ok {
			return cond, fmt.Errorf("value is not a string: %w", ErrBadQuery)
		}
		cond.Op, cond.Path, cond.Entry, cond.Terms = Text, TextPath, true, Words(s)
		if len(cond.Terms) == 0 {
			return cond, fmt.Errorf("no word to search: %w", ErrBadQuery)
		}
		if f.Op == OwnText && len(c.Spec.Apart) > 0 {
			for i := range cond.Terms {
				cond.Terms[i] = ownMark + cond.Terms[i]
			}
		}
		return cond, nil
	}
	switch {
	case f.Op != Contains && (c.scalar[f.Path] || c.tested[f.Path]):
	case c.multi[f.Path], c.wild(f.Path):
		cond.Entry = true
	default:
		return cond, ErrNoIndex
	}
	var err error
	switch f.Op {
	case In:
		cond.Values, err = list(f.Value)
		return cond, err
	case Exists:
		if _, ok := f.Value.(bool); !ok {
			return cond, fmt.Errorf("value is not a boolean: %w", ErrBadQuery)
		}
	case Prefix:
		if s, err := normal(f.Value); err != nil || rank(s) != 2 {
			return cond, fmt.Errorf("value is not a string: %w", ErrBadQuery)
		}
	case Has, Begins:
		if s, err := normal(f.Value); err != nil || rank(s) != 2 || s == "" {
			return cond, fmt.Errorf("value is not a text: %w", ErrBadQuery)
		}
	case Eq, Gt, Gte, Lt, Lte, Contains:
	default:
		return cond, fmt.Errorf("unknown operator: %w", ErrBadQuery)
	}
	if cond.Value, err = normal(f.Value); err != nil {
		return cond, err
	}
	if cond.Value == nil && f.Op != Eq {
		return cond, fmt.Errorf("no value: %w", ErrBadQuery)
	}
	return cond, nil
}

func list(v any) ([]any, error) {
	r := reflect.ValueOf(v)
	if r.Kind() != reflect.Slice {
		return nil, fmt.Errorf("value is not a list: %w", ErrBadQuery)
	}
	out := make([]any, 0, r.Len())
	for i := range r.Len() {
		x, err := normal(r.Index(i).Interface())
		if err != nil {
			return nil, err
		}
		if x != nil {
			out = append(out, x)
		}
	}
	return out, nil
}

type cursor struct {
	Shape string `json:"s"`
	Value any    `json:"v"`
	ID    string `json:"i"`
}

// Next returns the cursor behind a page's last document.
func (p Plan) Next(last Position) string {
	data, err := json.Marshal(cursor{p.shape, last.Value, last.ID})
	if err != nil {
		panic("docstore: a cursor holds only scalars: " + err.Error())
	}
	return base64.RawURLEncoding.EncodeToString(data)
}

// NextAfter returns the cursor behind a page's last document.
func (p Plan) NextAfter(last Document) (string, error) {
	at := Position{ID: last.ID}
	switch p.SortPath {
	case "id":
		at.Value = last.ID
	case "createdAt":
		at.Value = At(last.CreatedAt).String()
	case "updatedAt":
		at.Value = At(last.UpdatedAt).String()
	default:
		tree, err := ParseBody(last.Body)
		if err != nil {
			return "", err
		}
		at.Value = tree.Value(p.SortPath)
	}
	return p.Next(at), nil
}

// shape identifies what is asked, so that a cursor is not used with another query.
func shape(q Query) string {
	h := sha256.New()
	fmt.Fprintf(h, "%s\n", q.Sort)
	for _, f := range q.Filters {
		fmt.Fprintf(h, "%s %s %v %v\n", f.Path, f.Op, f.Value, f.Of)
	}
	return hex.EncodeToString(h.Sum(nil)[:6])
}

func decodeCursor(s, shape string) (*Position, error) {
	data, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		return nil, fmt.Errorf("cursor is damaged: %w", ErrBadQuery)
	}
	d := json.NewDecoder(strings.NewReader(string(data)))
	d.UseNumber()
	var c cursor
	if err := d.Decode(&c); err != nil {
		return nil, fmt.Errorf("cursor is damaged: %w", ErrBadQuery)
	}
	if c.Shape != shape {
		return nil, fmt.Errorf("cursor belongs to another query: %w", ErrBadQuery)
	}
	return &Position{Value: scalar(c.Value), ID: c.ID}, nil
}

// MaxIDBytes limits document ids.
const MaxIDBytes = 200

// CheckID refuses ids that a store could not keep or a log could not show.
func CheckID(id string) error {
	if id == "" || len(id) > MaxIDBytes {
		return fmt.Errorf("document id %q must have 1 to %d bytes: %w", id, MaxIDBytes, ErrBadQuery)
	}
	for _, r := range id {
		if r < ' ' || r == 0x7f || r == 0xfffd {
			return fmt.Errorf("document id %q has a control character: %w", id, ErrBadQuery)
		}
	}
	return nil
}
