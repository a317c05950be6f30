package sqlitestore

import (
	"context"
	"strings"

	"github.com/fluxo-app/fluxo/server/docstore"
)

// Explain gives tests the SQL of a query.
func Explain(c docstore.Collection, q docstore.Query) (string, []any, error) {
	plan, err := c.(*collection).spec.Plan(q)
	if err != nil {
		return "", nil, err
	}
	lead, err := c.(*collection).lead(context.Background(), plan.Conditions, plan.SortPath)
	if err != nil {
		return "", nil, err
	}
	return c.(*collection).statement(plan, lead)
}

// KeptTable gives tests the name of the table of the first kept sums.
func KeptTable(c docstore.Collection) string { return strings.Trim(c.(*collection).kept[0].table, `"`) }
