package sqlitestore

import (
	"context"
	"database/sql"
	"fmt"
)

// Shared implements docstore.Collection. The entries are stored in the order of their
// values, so a page reads no more than it must.
func (c *collection) Shared(ctx context.Context, path, prefix, after string, limit int) ([]string, error) {
	end, err := c.spec.PlanShared(path, prefix, limit)
	if err != nil {
		return nil, err
	}
	out := []string{}
	err = c.store.db.Each(ctx, func(rows *sql.Rows) error {
		var value string
		err := rows.Scan(&value)
		out = append(out, value)
		return err
	}, `SELECT value FROM `+c.entries+` WHERE path = ? AND value > ? AND value >= ? AND value < ? GROUP BY value HAVING COUNT(*) > 1 ORDER BY value LIMIT ?`, path, after, prefix, end, limit)
	if err != nil {
		return nil, fmt.Errorf("shared values of %s: %w", c.name, err)
	}
	return out, nil
}
