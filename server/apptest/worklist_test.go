package apptest_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/server/apptest"
)

// A worklist that shows one process has full pages, whatever else there is to do.
func TestWorklistOfOneProcess(t *testing.T) {
	everyStore(t, func(t *testing.T, w *apptest.World) {
		publishText(t, w, "ask", askAll)
		publishText(t, w, "other", strings.Replace(askAll, `"key":"ask"`, `"key":"other"`, 1))
		for range 4 {
			startRuns(t, w, "ask", 1)
			startRuns(t, w, "other", 3)
		}
		oscar := w.As("oscar")
		for _, sort := range []string{"due", "newest"} {
			path := "/tasks?view=mine&definition=ask&limit=3&sort=" + sort
			first := oscar.Get(path).Expect(200)
			require.Equal(t, 3, first.Len("items"), sort)
			second := oscar.Get(path + "&cursor=" + first.Text("next")).Expect(200)
			require.Equal(t, 1, second.Len("items"), sort)
			require.Empty(t, second.Text("next"), sort)
			require.Equal(t, "ask", second.Text("items.0.definitionKey"))
		}
		require.Zero(t, oscar.Get("/tasks?view=mine&definition=nothing").Expect(200).Len("items"))

		// So has the list of what was handed over, most of which is done.
		var tasks []string
		page := oscar.Get("/tasks?view=mine&definition=ask&sort=newest").Expect(200)
		for _, i := range []string{"0", "1", "2", "3"} {
			tasks = append(tasks, page.Text("items."+i+".id"))
		}
		for _, task := range tasks {
			oscar.Post("/tasks/"+task+"/delegation", map[string]any{"to": "marta"}).Expect(200)
		}
		for _, task := range tasks[:2] {
			w.As("marta").Post("/tasks/"+task+"/completion", map[string]any{}).Expect(200)
		}
		given := func(path string) []string {
			var ids []string
			for cursor := ""; ; {
				page := oscar.Get(path + "&limit=1&cursor=" + cursor).Expect(200)
				for range page.Len("items") {
					ids = append(ids, page.Text("items.0.id"))
				}
				if cursor = page.Text("next"); cursor == "" {
					return ids
				}
				require.Equal(t, 1, page.Len("items"))
			}
		}
		require.ElementsMatch(t, tasks[2:], given("/tasks?view=delegated"))
		require.ElementsMatch(t, tasks[2:], given("/tasks?view=delegated&definition=ask"))
		require.Empty(t, given("/tasks?view=delegated&definition=other"))
	})
}
