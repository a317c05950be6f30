package sqlitestore_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/engine/store"
)

// TestWorklistsReadOnePage looks at the plans of the lists of people's tasks: an
// index gives the tasks of each person and group in the order of the list, so
// that a page costs a page, however many tasks somebody has.
func TestWorklistsReadOnePage(t *testing.T) {
	s, db := openDB(t)
	open := []store.TaskStatus{store.TaskOpen, store.TaskClaimed}
	seen := map[string]bool{}
	for _, q := range []store.TaskQuery{
		{User: "anna", Statuses: open}, {User: "anna", OnlyUser: true, Groups: []string{"g"}, Statuses: open, DefinitionKey: "d", Text: "x"},
		{User: "anna", Groups: []string{"g", "h"}, Statuses: open}, {Groups: []string{"g"}}, {Statuses: open, DefinitionKey: "d"},
	} {
		for _, q.SortByDue = range []bool{false, true} {
			if q.SortByDue && q.User != "" {
				q.DueBefore = 9
			}
			for _, q.Cursor = range []string{"", store.Position{Key: 1, ID: "x"}.Cursor(map[bool]string{false: store.TaskList, true: store.TaskDueList}[q.SortByDue])} {
				_, err := s.ListTasks(t.Context(), q)
				require.NoError(t, err)
				for _, text := range db.Statements() {
					if !strings.Contains(text, "FROM task") || !strings.Contains(text, "LIMIT") || seen[text] {
						continue
					}
					seen[text] = true
					steps := plan(t, db.Read(), text)
					whole := strings.Join(steps, "\n")
					if q.User == "" && len(q.Groups) == 0 {
						if q.SortByDue {
							require.Contains(t, whole, "INDEX task_definition", text)
						}
						continue
					}
					column := map[bool]string{false: "task_person_newest", true: "task_person_due"}[q.SortByDue]
					arms := strings.Count(text, "CROSS JOIN")
					require.Equal(t, arms, strings.Count(whole, "SEARCH task_person USING COVERING INDEX "+column), "%s\n%s", text, whole)
					// What is sorted are pages: the list at the end, and those that are merged.
					if arms == 1 {
						require.LessOrEqual(t, strings.Count(whole, "USE TEMP B-TREE FOR ORDER BY"), 1, "%s\n%s", text, whole)
						continue
					}
					for i, step := range steps {
						if strings.HasPrefix(step, "SEARCH task_person") {
							require.Contains(t, steps[i+2], "SCAN (subquery", "%s\n%s", text, whole)
						}
					}
				}
			}
		}
	}
	require.NotEmpty(t, seen)
}
