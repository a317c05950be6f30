package sqlitestore

import (
	"database/sql"
	"fmt"
	"maps"
	"slices"

	"github.com/fluxo-app/fluxo/engine/store/sqlitedb"
)

// takeOver moves the documents of the former collection into the new, empty table
// and drops what is left of it. Indexes, sums and entries are made anew after it.
func (c *collection) takeOver(tx *sqlitedb.Tx) error {
	former := c.spec.Spec.Formerly
	if former == nil {
		return nil
	}
	var there, filled bool
	if err := tx.QueryRow(`SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?)`, "doc_"+former.Name).Scan(&there); err != nil || !there {
		return err
	}
	if err := tx.QueryRow(`SELECT EXISTS (SELECT 1 FROM ` + c.table + `)`).Scan(&filled); err != nil {
		return err
	}
	if filled {
		return fmt.Errorf("the former collection %s and %s both hold documents", former.Name, c.name)
	}
	body := "body"
	var values []any
	for _, member := range slices.Sorted(maps.Keys(former.With)) {
		body = `json_insert(` + body + `, '` + jsonPath(member) + `', ?)`
		values = append(values, former.With[member])
	}
	old := `"doc_` + former.Name + `"`
	if _, err := tx.Exec(`INSERT INTO `+c.table+` (n, id, rev, seq, created_at, updated_at, body)
		SELECT n, id, rev, seq, created_at, updated_at, `+body+` FROM `+old+` ORDER BY n`, values...); err != nil {
		return err
	}
	prefix := "ds_" + former.Name + "_"
	tables := []string{`DROP TABLE ` + old, `DROP TABLE IF EXISTS "doc_` + former.Name + `_entry"`}
	if err := tx.Each(func(rows *sql.Rows) error {
		var name string
		err := rows.Scan(&name)
		tables = append(tables, `DROP TABLE "`+name+`"`)
		return err
	}, `SELECT name FROM sqlite_schema WHERE type = 'table' AND substr(name, 1, ?) = ?`, len(prefix), prefix); err != nil {
		return err
	}
	for _, statement := range tables { // the indexes and triggers of a table go with it
		if _, err := tx.Exec(statement); err != nil {
			return err
		}
	}
	for _, statement := range []string{`UPDATE doc_outbox SET collection = ? WHERE collection = ?`, `UPDATE doc_trace SET collection = ? WHERE collection = ?`} {
		if _, err := tx.Exec(statement, c.name, former.Name); err != nil {
			return err
		}
	}
	_, err := tx.Exec(`DELETE FROM doc_spec WHERE collection = ?`, former.Name)
	return err
}
