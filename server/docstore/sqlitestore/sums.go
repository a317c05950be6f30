package sqlitestore

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"

	"github.com/fluxo-app/fluxo/engine/store/sqlitedb"
	"github.com/fluxo-app/fluxo/server/docstore"
)

// kept is one docstore.Kept: a small table of counts and sums that triggers keep
// up with every write, so that an aggregate of many documents reads few rows.
type kept struct {
	docstore.Kept
	table string
}

// keep makes the tables of kept sums and their triggers, fills new ones, and drops
// those that are declared no more.
func (c *collection) keep(tx *sqlitedb.Tx) error {
	prefix := "ds_" + c.name + "_"
	want, sound := map[string]bool{}, map[string]bool{}
	c.kept = nil
	for _, k := range c.spec.Spec.Kept {
		// The form of the table is a part of its name: one of another form is dropped.
		sum := sha256.Sum256([]byte("integers;" + strings.Join(k.By, ",") + ";" + strings.Join(k.Sums, ",")))
		name := prefix + hex.EncodeToString(sum[:8])
		want[name] = true
		c.kept = append(c.kept, kept{k, `"` + name + `"`})
	}
	var have []string
	if err := tx.Each(func(rows *sql.Rows) error {
		var name string
		err := rows.Scan(&name)
		have = append(have, name)
		return err
	}, `SELECT name FROM sqlite_schema WHERE type = 'table' AND substr(name, 1, ?) = ?`, len(prefix), prefix); err != nil {
		return err
	}
	for _, name := range have {
		damaged := false
		if i := slices.IndexFunc(c.kept, func(k kept) bool { return k.table == `"`+name+`"` }); i >= 0 {
			var err error
			if damaged, err = c.kept[i].damaged(tx); err != nil {
				return err
			}
		}
		if want[name] && !damaged {
			sound[name] = true
			continue
		}
		for _, statement := range []string{`DROP TRIGGER IF EXISTS "` + name + `_i"`, `DROP TRIGGER IF EXISTS "` + name + `_u"`,
			`DROP TRIGGER IF EXISTS "` + name + `_d"`, `DROP TABLE "` + name + `"`} {
			if _, err := tx.Exec(statement); err != nil {
				return err
			}
		}
	}
	for _, k := range c.kept {
		if sound[strings.Trim(k.table, `"`)] {
			continue
		}
		for _, statement := range k.statements(c.table) {
			if _, err := tx.Exec(statement); err != nil {
				return err
			}
		}
	}
	return nil
}

// damaged tells whether a sum once left the range of whole numbers: SQLite goes on
// with a fraction then, which knows only the first digits and stays one for good.
func (k kept) damaged(tx *sqlitedb.Tx) (bool, error) {
	var where []string
	for i := range k.Sums {
		where = append(where, "typeof(s"+strconv.Itoa(i)+") <> 'integer'")
	}
	if len(where) == 0 {
		return false, nil
	}
	found := false
	err := tx.Each(func(rows *sql.Rows) error {
		found = true
		return nil
	}, `SELECT 1 FROM `+k.table+` WHERE `+strings.Join(where, " OR ")+` LIMIT 1`)
	return found, err
}

// total adds up whole numbers. SUM fails where it leaves their range, and no table
// could be made nor read any more; this one is exact within the range and near the
// truth beyond it.
func total(x string) string {
	const half = "1000000000"
	return "(SUM((" + x + ") / " + half + ") * " + half + " + SUM((" + x + ") % " + half + "))"
}

// whole reads a sum: what is out of the range of whole numbers is their last one.
func whole(sum string) string { return "CAST(" + sum + " AS INTEGER)" }

// statements make the table, its triggers and its first content.
func (k kept) statements(documents string) []string {
	var names, sums []string
	for i := range k.By {
		names = append(names, "k"+strconv.Itoa(i))
	}
	for i := range k.Sums {
		sums = append(sums, "s"+strconv.Itoa(i))
	}
	of := func(row string, paths []string, form func(string) string) []string {
		var out []string
		for _, p := range paths {
			out = append(out, form(strings.ReplaceAll(column(p), "(body", "("+row+"body")))
		}
		return out
	}
	same := func(x string) string { return x }
	number := func(sign string) func(string) string {
		return func(x string) string {
			return sign + `CASE WHEN typeof(` + x + `) = 'integer' THEN ` + x + ` ELSE 0 END`
		}
	}
	grown := "n = n + excluded.n"
	for _, s := range sums {
		grown += ", " + s + " = " + s + " + excluded." + s
	}
	into := `INSERT INTO ` + k.table + ` (key, ` + strings.Join(slices.Concat(names, []string{"n"}, sums), ", ") + `)`
	add := func(row, sign string) string {
		by := strings.Join(of(row, k.By, same), ", ")
		values := slices.Concat([]string{"json_array(" + by + ")", by, sign + "1"}, of(row, k.Sums, number(sign)))
		return into + ` VALUES (` + strings.Join(values, ", ") + `) ON CONFLICT (key) DO UPDATE SET ` + grown + `;`
	}
	trigger := func(suffix, on, body string) string {
		return `CREATE TRIGGER "` + strings.Trim(k.table, `"`) + suffix + `" AFTER ` + on + ` ON ` + documents + ` BEGIN ` + body + ` END`
	}
	by := strings.Join(of("", k.By, same), ", ")
	var totals []string
	for _, x := range of("", k.Sums, number("")) {
		totals = append(totals, total(x))
	}
	for i := range sums {
		sums[i] += " INTEGER NOT NULL"
	}
	return []string{
		`CREATE TABLE ` + k.table + ` (key TEXT PRIMARY KEY, ` + strings.Join(slices.Concat(names, []string{"n INTEGER NOT NULL"}, sums), ", ") + `) WITHOUT ROWID`,
		into + ` SELECT ` + strings.Join(slices.Concat([]string{"json_array(" + by + ")", by, "COUNT(*)"}, totals), ", ") + ` FROM ` + documents +
			` GROUP BY ` + strings.Join(of("", k.By, same), ", "),
		trigger("_i", "INSERT", add("NEW.", "")),
		trigger("_u", "UPDATE OF body", add("OLD.", "-")+" "+add("NEW.", "")),
		trigger("_d", "DELETE", add("OLD.", "-")),
	}
}

// answers finds kept sums that know the answer: every path but the one that is
// grouped by is held to one text, or to being absent.
func (c *collection) answers(a docstore.Aggregate, conditions []docstore.Condition) (kept, bool) {
	for _, k := range c.kept {
		last := len(k.By) - 1
		if k.By[last] != a.GroupBy || len(conditions) != last {
			continue
		}
		fits := !slices.ContainsFunc(a.Sums, func(p string) bool { return !slices.Contains(k.Sums, p) })
		for _, p := range k.By[:last] {
			fits = fits && slices.ContainsFunc(conditions, func(cond docstore.Condition) bool {
				_, text := cond.Value.(string)
				return cond.Path == p && cond.Op == docstore.Eq && !cond.Entry && (text || cond.Value == nil)
			})
		}
		if fits {
			return k, true
		}
	}
	return kept{}, false
}

// read answers an aggregate from kept sums.
func (k kept) read(ctx context.Context, db *sqlitedb.DB, a docstore.Aggregate, conditions []docstore.Condition) ([]docstore.Group, error) {
	last := len(k.By) - 1
	list, where, args := "k"+strconv.Itoa(last)+", n", "n > 0", []any{}
	for _, p := range a.Sums {
		list += ", " + whole("s"+strconv.Itoa(slices.Index(k.Sums, p)))
	}
	for i, p := range k.By[:last] {
		where += " AND k" + strconv.Itoa(i) + " IS ?"
		args = append(args, conditions[slices.IndexFunc(conditions, func(cond docstore.Condition) bool { return cond.Path == p })].Value)
	}
	out := []docstore.Group{}
	err := db.Each(ctx, func(rows *sql.Rows) error {
		g := docstore.Group{Sums: map[string]int64{}}
		sums := make([]int64, len(a.Sums))
		into := []any{&g.Key, &g.Count}
		for i := range sums {
			into = append(into, &sums[i])
		}
		if err := rows.Scan(into...); err != nil {
			return err
		}
		for i, p := range a.Sums {
			g.Sums[p] = sums[i]
		}
		out = append(out, g)
		return nil
	}, `SELECT `+list+` FROM `+k.table+` WHERE `+where, args...)
	slices.SortFunc(out, func(x, y docstore.Group) int { return docstore.Compare(x.Key, y.Key) })
	return out, err
}
