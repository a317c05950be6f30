package apptest_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/server/apptest"
)

// Lists, boards and their figures hold what is one's own, of the department, of those
// below it, or all; their pages too.
//
// covers B-72, PE-05
func TestReachesDecideWhatListsHold(t *testing.T) {
	everyStore(t, func(t *testing.T, w *apptest.World) {
		ada, marta := w.As("ada"), w.As("marta")
		north := ada.Post("/departments", map[string]any{"name": "North", "parentId": "sales"}).Expect(201).Text("id")
		ada.Do("PATCH", "/users/anna", map[string]any{"departmentId": north}, "If-Match", ada.Get("/users/anna").Expect(200).ETag()).Expect(200)
		for _, responsible := range []string{"ada", "anna", "henrik", "marta"} {
			ada.Post("/records/deal", map[string]any{"pipelineId": "sales", "title": "Reach " + responsible, "responsibleId": responsible, "amount": 100, "currency": "EUR"}).Expect(201)
		}
		tag := `"0"`
		for _, tt := range []struct {
			reach string
			sees  []string
		}{
			{"none", []string{}},
			{"own", []string{"Reach marta"}},
			{"department", []string{"Reach henrik", "Reach marta"}},
			{"below", []string{"Reach anna", "Reach henrik", "Reach marta"}},
			{"all", []string{"Reach ada", "Reach anna", "Reach henrik", "Reach marta"}},
		} {
			role := ada.Do("PATCH", "/roles/member", map[string]any{"rights": []any{map[string]any{"action": "crm.view", "reach": tt.reach, "type": "deal"}}}, "If-Match", tag).Expect(200)
			tag = role.ETag()
			require.Equal(t, tt.sees, titles(marta.Get("/records/deal?q=reach&sort=title").Expect(200), "items"), tt.reach)
			board := marta.Get("/board?pipeline=sales&q=reach").Expect(200)
			require.ElementsMatch(t, tt.sees, titles(board, "columns.0.records"), tt.reach)
			require.EqualValues(t, len(tt.sees), board.At("columns.0.count"), tt.reach)
			sum, _ := board.At("columns.0.sum.amount").(float64)
			require.EqualValues(t, 100*len(tt.sees), sum, tt.reach)
			require.EqualValues(t, len(tt.sees), marta.Get("/lists/deal/totals?q=reach").Expect(200).At("count"), tt.reach)
			paged := []string{}
			for cursor := ""; ; {
				page := marta.Get("/records/deal?q=reach&sort=title&limit=1&cursor=" + cursor).Expect(200)
				paged = append(paged, titles(page, "items")...)
				if cursor = page.Text("next"); cursor == "" {
					break
				}
			}
			require.Equal(t, tt.sees, paged, "%s by pages", tt.reach)
		}
	})
}

// Who may see the automation of deals may not edit it for that, and who edits that of
// leads has no say in that of deals.
//
// covers PE-01, PE-02
func TestAutomationIsSeenAndEditedByRight(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	ada, marta := w.As("ada"), w.As("marta")
	right := func(action, recordType, reach string) map[string]any {
		return map[string]any{"action": action, "type": recordType, "reach": reach}
	}
	ada.Do("PATCH", "/roles/member", map[string]any{"rights": []any{
		right("crm.view", "deal", "all"), right("crm.view", "lead", "all"), right("automation.view", "deal", "all"), right("automation.view", "lead", "all"), right("automation.edit", "lead", "all"),
		right("automation.view", "quote", "none"),
	}}, "If-Match", `"0"`).Expect(200)
	for _, tt := range []struct {
		pipeline, stage string
		see, edit       int
	}{{"sales", "qualified", 200, 403}, {"leads", "work", 200, 200}, {"quotes", "sent", 403, 403}} {
		path := "/stage-boards/" + tt.pipeline
		have := ada.Get(path).Expect(200)
		require.Equal(t, tt.see, marta.Get(path).Status, tt.pipeline)
		rules := map[string]any{"stages": []any{onStage(tt.stage, []map[string]any{robot("note", "comment.add", rightAway, comment("hello"))})}}
		saved := marta.Do("PUT", path, rules, "If-Match", have.ETag())
		require.Equal(t, tt.edit, saved.Status, "%s %s", tt.pipeline, saved.Raw)
		if tt.edit == 403 {
			refused := saved.Problem(403, "forbidden")
			require.Equal(t, "automation.edit", refused.Text("needs"), "it says what is missing")
			require.NotEmpty(t, refused.Text("detail"))
			require.Equal(t, fmt.Sprint(have.At("rev")), fmt.Sprint(ada.Get(path).Expect(200).At("rev")), "nothing was saved")
		}
	}
}
