package sqlitestore

import (
	"context"
	"database/sql"

	"github.com/fluxo-app/fluxo/engine/core"
	"github.com/fluxo-app/fluxo/engine/store"
	"github.com/fluxo-app/fluxo/engine/store/sqlitedb"
)

// EndedDefinitions implements store.Runs. It reads the sums: there may be a
// million ended runs.
func (s *Store) EndedDefinitions(ctx context.Context) ([]string, error) {
	return queryAll(ctx, s.db, func(rows *sql.Rows) (key string, err error) { return key, rows.Scan(&key) },
		`SELECT DISTINCT definition_key FROM run_count WHERE kind = 'status' AND key IN ('completed', 'canceled', 'failed') AND n > 0 ORDER BY definition_key`)
}

// RemoveEnded implements store.Runs.
func (s *Store) RemoveEnded(ctx context.Context, definitionKey string, before core.Instant, limit int) (int, error) {
	removed := 0
	err := s.write(ctx, "remove ended runs of "+definitionKey, func(tx *sqlitedb.Tx) error {
		var gone []store.Run
		if err := tx.Each(func(rows *sql.Rows) error {
			run, err := scanRun(rows.Scan, true)
			gone = append(gone, run)
			return err
		}, `SELECT `+listColumns+` FROM run WHERE definition_key = ? AND ended_at > 0 AND ended_at < ? AND outbox IS NULL ORDER BY ended_at LIMIT ?`,
			definitionKey, int64(before), store.Limited(limit)); err != nil {
			return err
		}
		for _, run := range gone {
			if _, err := tx.Exec(`DELETE FROM record WHERE run_id = ?`, string(run.ID)); err != nil {
				return err
			}
			if _, err := tx.Exec(`DELETE FROM run WHERE id = ?`, string(run.ID)); err != nil {
				return err
			}
			if err := mark(tx, run.ID, run.StartedAt, marksOf(run.DefinitionKey, run.Status, run.Nodes, run.Marks), nil); err != nil {
				return err
			}
			count(tx, run.DefinitionKey, run.Version, run.Status, run.Nodes, "", nil)
		}
		removed = len(gone)
		return nil
	})
	if err != nil {
		return 0, err
	}
	return removed, nil
}
