package sqlitestore

import "github.com/fluxo-app/fluxo/server/docstore"

// Explain gives tests the SQL of a query.
func Explain(c docstore.Collection, q docstore.Query) (string, []any, error) {
	plan, err := c.(*collection).spec.Plan(q)
	if err != nil {
		return "", nil, err
	}
	return c.(*collection).statement(plan)
}
