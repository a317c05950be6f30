package sqlitestore

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/fluxo-app/fluxo/engine/store/sqlitedb"
	"github.com/fluxo-app/fluxo/server/docstore"
)

const columns = `id, rev, created_at, updated_at, body`

type scanner interface{ Scan(...any) error }

func scan(row scanner) (docstore.Document, error) {
	var (
		d                docstore.Document
		created, updated string
		body             []byte
	)
	if err := row.Scan(&d.ID, &d.Rev, &created, &updated, &body); err != nil {
		return d, err
	}
	var err error
	d.Body, d.CreatedAt, d.UpdatedAt = body, instant(created, &err), instant(updated, &err)
	return d, err
}

// Get implements docstore.Collection.
func (c *collection) Get(ctx context.Context, id string) (docstore.Document, error) {
	d, err := scan(c.store.db.QueryRow(ctx, `SELECT `+columns+` FROM `+c.table+` WHERE id = ?`, id))
	if errors.Is(err, sql.ErrNoRows) {
		err = docstore.ErrNotFound
	}
	if err != nil {
		return docstore.Document{}, fmt.Errorf("get %s %s: %w", c.name, id, err)
	}
	return d, nil
}

// GetMany implements docstore.Collection.
func (c *collection) GetMany(ctx context.Context, ids []string) ([]docstore.Document, error) {
	list, err := json.Marshal(ids)
	if err != nil {
		return nil, fmt.Errorf("get %s: %w", c.name, err)
	}
	found := make(map[string]docstore.Document, len(ids))
	err = c.store.db.Each(ctx, func(rows *sql.Rows) error {
		d, err := scan(rows)
		found[d.ID] = d
		return err
	}, `SELECT `+columns+` FROM `+c.table+` WHERE id IN (SELECT value FROM json_each(?))`, string(list))
	if err != nil {
		return nil, fmt.Errorf("get %s: %w", c.name, err)
	}
	var out []docstore.Document
	for _, id := range ids {
		if d, ok := found[id]; ok {
			out = append(out, d)
		}
	}
	return out, nil
}

// where collects the text and the arguments of a condition.
type where struct {
	parts []string
	args  []any
}

func (w *where) add(sql string, args ...any) {
	w.parts = append(w.parts, sql)
	for _, a := range args {
		w.args = append(w.args, bindable(a))
	}
}

func (w *where) String() string {
	if len(w.parts) == 0 {
		return ""
	}
	return " WHERE " + strings.Join(w.parts, " AND ")
}

var comparisons = map[docstore.Op]string{
	docstore.Eq: "=", docstore.Contains: "=", docstore.Gt: ">", docstore.Gte: ">=", docstore.Lt: "<", docstore.Lte: "<=",
}

// lastRune ends the range of everything that begins with a prefix.
const lastRune = "\U0010FFFF"

func (c *collection) where(conditions []docstore.Condition) (*where, error) {
	w := &where{}
	for _, cond := range conditions {
		if len(cond.Of) > 0 {
			if err := c.group(w, cond); err != nil {
				return nil, err
			}
			continue
		}
		if cond.Op == docstore.Text {
			for _, term := range cond.Terms {
				w.add(`id IN (SELECT id FROM `+c.entries+` WHERE path = ? AND value >= ? AND value < ?)`, docstore.TextPath, term, term+lastRune)
			}
			continue
		}
		if cond.Op == docstore.Has || cond.Op == docstore.Begins {
			c.part(w, cond)
			continue
		}
		if cond.Op == docstore.Exists || cond.Op == docstore.Eq && cond.Value == nil {
			c.presence(w, cond, cond.Value == true)
			continue
		}
		test, args, err := c.test(cond)
		if err != nil {
			return nil, err
		}
		if cond.Entry {
			test, args = `EXISTS (SELECT 1 FROM `+c.entries+` AS e WHERE e.id = `+c.table+`.id AND e.path = ? AND `+test+`)`, append([]any{cond.Path}, args...)
		}
		w.add(test, args...)
	}
	return w, nil
}

// test compares the value of a path, or of an entry, with that of a condition.
func (c *collection) test(cond docstore.Condition) (string, []any, error) {
	x := column(cond.Path)
	if cond.Entry {
		x = "value"
	}
	switch cond.Op {
	case docstore.In:
		list, err := json.Marshal(cond.Values)
		return x + ` IN (SELECT value FROM json_each(?))`, []any{string(list)}, err
	case docstore.Prefix:
		return x + ` >= ? AND ` + x + ` < ?`, []any{cond.Value, cond.Value.(string) + lastRune}, nil
	}
	return x + " " + comparisons[cond.Op] + " ?", []any{cond.Value}, nil
}

// group adds the test of a group. What compares with no value is NULL, which is
// not true: a group of which none may hold asks for that.
func (c *collection) group(w *where, cond docstore.Condition) error {
	var parts []string
	var args []any
	for i := range cond.Of {
		inner, err := c.where(cond.Of[i : i+1])
		if err != nil {
			return err
		}
		parts, args = append(parts, "("+strings.Join(inner.parts, " AND ")+")"), append(args, inner.args...)
	}
	switch cond.Op {
	case docstore.AllOf:
		w.add("("+strings.Join(parts, " AND ")+")", args...)
	case docstore.NoneOf:
		w.add("("+strings.Join(parts, " OR ")+") IS NOT TRUE", args...)
	default:
		w.add("("+strings.Join(parts, " OR ")+")", args...)
	}
	return nil
}

// part adds a test for a part of a text, which no index knows.
func (c *collection) part(w *where, cond docstore.Condition) {
	test := sqlitedb.HasFolded
	if cond.Op == docstore.Begins {
		test = sqlitedb.BeginsFolded
	}
	value := strings.ToLower(cond.Value.(string))
	if cond.Entry {
		w.add(`EXISTS (SELECT 1 FROM `+c.entries+` AS e WHERE e.id = `+c.table+`.id AND e.path = ? AND `+test+`(e.value, ?))`, cond.Path, value)
		return
	}
	w.add(test+`(`+column(cond.Path)+`, ?)`, value)
}

// presence adds a test for a value being there or not.
func (c *collection) presence(w *where, cond docstore.Condition, present bool) {
	not, is := "NOT ", " IS NULL"
	if present {
		not, is = "", " IS NOT NULL"
	}
	if cond.Entry {
		w.add(not+`EXISTS (SELECT 1 FROM `+c.entries+` AS e WHERE e.id = `+c.table+`.id AND e.path = ?)`, cond.Path)
	} else {
		w.add(column(cond.Path) + is)
	}
}

// statement writes the SQL of a checked query; it asks for one document more
// than the page holds.
func (c *collection) statement(plan docstore.Plan, l lead) (string, []any, error) {
	return c.stretch(plan, l, plan.Limit+1, func(w *where) {
		if plan.After == nil {
			return
		}
		if c.driven(plan, l) {
			after(w, plan, "at", "found")
			return
		}
		after(w, plan, column(plan.SortPath), "id")
	})
}

// rare is how many documents may meet a condition for a search to begin with it.
// What more meet is found sooner in the order of the list.
const rare = 2000

// lead is the way into a query: documents that meet its rarest condition.
type lead struct {
	find string // SQL that gives their ids as "found", "" for none
	args []any
}

// lead finds the condition that the fewest documents meet, if they are few. SQLite
// does not know how many do, and would read the list until its page is full.
func (c *collection) lead(ctx context.Context, conditions []docstore.Condition, sort string) (lead, error) {
	best, least := lead{}, rare
	try := func(from, test string, args ...any) error {
		if least == 0 {
			return nil
		}
		for i := range args {
			args[i] = bindable(args[i])
		}
		n := 0
		err := c.store.db.QueryRow(ctx, `SELECT count(*) FROM (SELECT 1 FROM `+from+` WHERE `+test+` LIMIT ?)`, append(slices.Clone(args), rare)...).Scan(&n)
		if n < least {
			best, least = lead{`SELECT DISTINCT id AS found FROM ` + from + ` WHERE ` + test, args}, n
		}
		return err
	}
	served := c.spec.Served(conditions, sort)
	for _, cond := range conditions {
		if cond.Op == docstore.Text {
			for _, term := range cond.Terms {
				if err := try(c.entries, `path = ? AND value >= ? AND value < ?`, docstore.TextPath, term, term+lastRune); err != nil {
					return best, err
				}
			}
			continue
		}
		if !cond.Enters() || !cond.Entry && (served || !c.spec.Leads(cond.Path)) {
			continue
		}
		test, args, err := c.test(cond)
		if err != nil {
			return best, err
		}
		from := c.table
		if cond.Entry {
			from, test, args = c.entries, `path = ? AND `+test, append([]any{cond.Path}, args...)
		}
		if err := try(from, test, args...); err != nil {
			return best, err
		}
	}
	return best, nil
}

// join begins FROM: the documents of a lead, or all.
func (c *collection) join(l lead) string {
	if l.find == "" {
		return c.table
	}
	return `(` + l.find + `) CROSS JOIN ` + c.table + ` ON ` + c.table + `.id = found`
}

// stretch is the query of a page, or of a part of it. A lead is looked up before
// anything else; without one, what is sorted by an own field comes in the order of
// its entries.
func (c *collection) stretch(plan docstore.Plan, l lead, limit int, more func(*where)) (string, []any, error) {
	w, err := c.where(plan.Conditions)
	if err != nil {
		return "", nil, err
	}
	more(w)
	x, id, direction := column(plan.SortPath), "id", ""
	from, args := c.join(l), append(slices.Clone(l.args), w.args...)
	if c.driven(plan, l) {
		w.parts = append(w.parts, x+" IS at")
		x, id = "at", "found"
		from = `(SELECT value AS at, id AS found FROM ` + c.entries + ` WHERE path = ?) CROSS JOIN ` + c.table + ` ON ` + c.table + `.id = found`
		args = append([]any{plan.SortPath}, args...)
	}
	if plan.Descending {
		direction = " DESC"
	}
	order := x + direction
	if x != "id" {
		order += ", " + id + direction
	}
	return `SELECT ` + columns + ` FROM ` + from + w.String() + ` ORDER BY ` + order + ` LIMIT ?`, append(args, limit), nil
}

// driven tells whether the entries of a path give the order of a page: those who
// have no value there are not asked for.
func (c *collection) driven(plan docstore.Plan, l lead) bool {
	return l.find == "" && plan.SortEntry && slices.ContainsFunc(plan.Conditions, func(cond docstore.Condition) bool {
		return cond.Path == plan.SortPath && cond.Entry && (cond.Enters() || cond.Op == docstore.Exists && cond.Value == true)
	})
}

// Find implements docstore.Collection.
func (c *collection) Find(ctx context.Context, q docstore.Query) (docstore.Page, error) {
	plan, err := c.spec.Plan(q)
	if err != nil {
		return docstore.Page{}, err
	}
	var page docstore.Page
	add := func(text string, args []any, err error) error {
		if err != nil {
			return err
		}
		return c.store.db.Each(ctx, func(rows *sql.Rows) error {
			d, err := scan(rows)
			page.Documents = append(page.Documents, d)
			return err
		}, text, args...)
	}
	lead, err := c.lead(ctx, plan.Conditions, plan.SortPath)
	if err != nil {
		return docstore.Page{}, fmt.Errorf("find %s: %w", c.name, err)
	}
	err = add(c.statement(plan, lead))
	// Behind the last value there are, descending, documents without one. One
	// condition for both would read the index from its beginning.
	if left := plan.Limit + 1 - len(page.Documents); err == nil && left > 0 && valued(plan) && !c.driven(plan, lead) {
		err = add(c.stretch(plan, lead, left, func(w *where) { w.add(column(plan.SortPath) + ` IS NULL`) }))
	}
	if err != nil {
		return docstore.Page{}, fmt.Errorf("find %s: %w", c.name, err)
	}
	if len(page.Documents) > plan.Limit {
		page.Documents = page.Documents[:plan.Limit]
		if page.Next, err = plan.NextAfter(page.Documents[plan.Limit-1]); err != nil {
			return docstore.Page{}, fmt.Errorf("find %s: %w", c.name, err)
		}
	}
	return page, nil
}

// valued tells whether a descending page begins behind a document with a value,
// so that those without one are still to come.
func valued(plan docstore.Plan) bool {
	return plan.After != nil && plan.Descending && plan.After.Value != nil && column(plan.SortPath) != "id"
}

// after starts a page behind a position. Documents without a value come first
// in ascending order and last in descending order, as SQLite sorts NULL; of a
// descending page it leaves them to Find.
func after(w *where, plan docstore.Plan, x, id string) {
	at, beyond := plan.After, " > ?"
	if plan.Descending {
		beyond = " < ?"
	}
	switch {
	case x == "id":
		w.add(`id`+beyond, at.ID)
	case at.Value == nil && plan.Descending:
		w.add(x+` IS NULL AND id < ?`, at.ID)
	case at.Value == nil:
		w.add(`(`+x+` IS NOT NULL OR id > ?)`, at.ID)
	case plan.Descending:
		w.add(x+` <= ? AND (`+x+` < ? OR `+id+` < ?)`, at.Value, at.Value, at.ID)
	default:
		w.add(x+` >= ? AND (`+x+` > ? OR `+id+` > ?)`, at.Value, at.Value, at.ID)
	}
}

// Count implements docstore.Collection.
func (c *collection) Count(ctx context.Context, filters []docstore.Filter) (int64, error) {
	conditions, err := c.spec.PlanFilters(filters)
	if err != nil {
		return 0, err
	}
	w, err := c.where(conditions)
	if err != nil {
		return 0, fmt.Errorf("count %s: %w", c.name, err)
	}
	var n int64
	lead, err := c.lead(ctx, conditions, "")
	if err != nil {
		return 0, fmt.Errorf("count %s: %w", c.name, err)
	}
	if err := c.store.db.QueryRow(ctx, `SELECT COUNT(*) FROM `+c.join(lead)+w.String(), append(slices.Clone(lead.args), w.args...)...).Scan(&n); err != nil {
		return 0, fmt.Errorf("count %s: %w", c.name, err)
	}
	return n, nil
}

// Aggregate implements docstore.Collection.
func (c *collection) Aggregate(ctx context.Context, a docstore.Aggregate) ([]docstore.Group, error) {
	conditions, err := c.spec.PlanAggregate(a)
	if err != nil {
		return nil, err
	}
	if k, ok := c.answers(a, conditions); ok {
		out, err := k.read(ctx, c.store.db, a, conditions)
		if err != nil {
			return nil, fmt.Errorf("aggregate %s: %w", c.name, err)
		}
		return out, nil
	}
	w, err := c.where(conditions)
	if err != nil {
		return nil, fmt.Errorf("aggregate %s: %w", c.name, err)
	}
	lead, err := c.lead(ctx, conditions, a.GroupBy)
	if err != nil {
		return nil, fmt.Errorf("aggregate %s: %w", c.name, err)
	}
	// Grouped by the value alone an index answers alone, in its order. Only where a
	// value does not tell its kind the documents are asked for it.
	out, clear, err := c.groups(ctx, a, w, lead, "NULL")
	if err == nil && !clear && !docstore.Own(a.GroupBy) {
		out, _, err = c.groups(ctx, a, w, lead, kindOf(a.GroupBy))
	}
	if err != nil {
		return nil, fmt.Errorf("aggregate %s: %w", c.name, err)
	}
	slices.SortFunc(out, func(x, y docstore.Group) int { return docstore.Compare(x.Key, y.Key) })
	return merge(out), nil
}

// groups runs an aggregate; clear tells that no key could be of another kind than
// it looks: a boolean comes as a number, a list or an object as a text.
func (c *collection) groups(ctx context.Context, a docstore.Aggregate, w *where, l lead, kind string) (out []docstore.Group, clear bool, err error) {
	key := "NULL"
	if a.GroupBy != "" {
		key = column(a.GroupBy)
	}
	list := key + ", " + kind + ", COUNT(*)"
	for _, s := range a.Sums {
		x := column(s)
		list += ", " + whole(total(`CASE WHEN typeof(`+x+`) = 'integer' THEN `+x+` ELSE 0 END`))
	}
	by := key
	if kind != "NULL" {
		by += ", " + kind
	}
	if key == "NULL" {
		by = "1"
	}
	out, clear = []docstore.Group{}, true
	err = c.store.db.Each(ctx, func(rows *sql.Rows) error {
		g := docstore.Group{Sums: map[string]int64{}}
		var kind sql.NullString
		sums := make([]sql.NullInt64, len(a.Sums))
		into := []any{&g.Key, &kind, &g.Count}
		for i := range sums {
			into = append(into, &sums[i])
		}
		if err := rows.Scan(into...); err != nil {
			return err
		}
		for i, s := range a.Sums {
			g.Sums[s] = sums[i].Int64
		}
		switch kind.String {
		case "true", "false":
			g.Key, _ = strconv.ParseBool(kind.String)
		case "object", "array":
			g.Key = nil
		}
		switch key := g.Key.(type) {
		case int64:
			clear = clear && key != 0 && key != 1
		case string:
			clear = clear && !strings.HasPrefix(key, "{") && !strings.HasPrefix(key, "[")
		}
		out = append(out, g)
		return nil
	}, `SELECT `+list+` FROM `+c.join(l)+w.String()+` GROUP BY `+by, append(slices.Clone(l.args), w.args...)...)
	return out, clear, err
}

// kindOf is the JSON type of a value where the value alone does not tell it.
func kindOf(path string) string {
	x := column(path)
	return `CASE WHEN ` + x + ` IS NULL THEN 'null' WHEN typeof(` + x + `) = 'text' AND substr(` + x + `, 1, 1) NOT IN ('{', '[') THEN 'text'` +
		` ELSE json_type(body, '` + jsonPath(path) + `') END`
}

// merge joins the groups of documents without a value: JSON null and a missing
// key are two types for SQLite.
func merge(groups []docstore.Group) []docstore.Group {
	for len(groups) > 1 && groups[0].Key == nil && groups[1].Key == nil {
		groups[1].Count += groups[0].Count
		for path, n := range groups[0].Sums {
			var sum docstore.Total
			sum.Add(n)
			sum.Add(groups[1].Sums[path])
			groups[1].Sums[path] = sum.Int64()
		}
		groups = groups[1:]
	}
	return groups
}
