package apptest_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/server/apptest"
)

// titles gives the names of the items of a list.
func titles(a *apptest.Answer, path string) []string {
	out := []string{}
	for i := range a.Len(path) {
		out = append(out, a.Text(fmt.Sprintf("%s.%d.title", path, i)))
	}
	return out
}

// Rights differ by pipeline and stage, lists ask for what is visible, and who is
// refused is told what is missing.
//
// covers PE-01, PE-02, PE-03, PE-04, PE-05, B-72
func TestRightsByPipelineAndStage(t *testing.T) {
	everyStore(t, func(t *testing.T, w *apptest.World) {
		ada, marta, henrik := w.As("ada"), w.As("marta"), w.As("henrik")
		deal := func(title, responsible, stage string) string {
			return ada.Post("/records/deal", map[string]any{"pipelineId": "sales", "stageId": stage, "title": title, "responsibleId": responsible}).Expect(201).Text("id")
		}
		own, foreign, won := deal("Zeta own", "marta", "new"), deal("Zeta foreign", "ada", "new"), deal("Zeta won", "marta", "won")
		marta.Get("/records/deal/" + foreign).Expect(200)

		right := func(action, reach string, where ...string) map[string]any {
			r := map[string]any{"action": action, "reach": reach}
			for i := 0; i+1 < len(where); i += 2 {
				r[where[i]] = where[i+1]
			}
			return r
		}
		marta.Get("/roles").Problem(403, "forbidden")
		for path, rights := range map[string][]any{
			"/rights/0/action": {right("users.manage", "all")},
			"/rights/0":        {right("crm.view", "all", "type", "ship")},
			"/rights/1":        {right("crm.view", "all"), right("crm.view", "own")},
		} {
			require.Equal(t, path, ada.Post("/roles", map[string]any{"name": "Broken", "rights": rights}).Problem(422, "validation").Text("errors.0.path"))
		}
		member := ada.Do("PATCH", "/roles/member", map[string]any{"rights": []any{
			right("crm.view", "own"), right("crm.view", "none", "pipeline", "sales", "stage", "won"), right("crm.edit", "own"), right("crm.edit", "none", "pipeline", "sales", "stage", "contract"),
			right("crm.add", "none", "type", "lead"), right("crm.delete", "none"), right("automation.view", "none"),
		}}, "If-Match", `"0"`).Expect(200)

		list := marta.Get("/records/deal?q=zeta").Expect(200)
		require.Equal(t, []string{"Zeta own"}, titles(list, "items"))
		board := marta.Get("/board?pipeline=sales&q=zeta").Expect(200)
		seen := []string{}
		for i := range board.Len("columns") {
			seen = append(seen, titles(board, fmt.Sprintf("columns.%d.records", i))...)
			require.EqualValues(t, board.Len(fmt.Sprintf("columns.%d.records", i)), board.At(fmt.Sprintf("columns.%d.count", i)), "counts tell of no more")
		}
		require.Equal(t, []string{"Zeta own"}, seen)
		for _, hidden := range []string{foreign, won} {
			for _, path := range []string{"", "/timeline", "/files", "/runs", "/triggers"} {
				marta.Get("/records/deal/"+hidden+path).Problem(404, "not_found")
			}
			marta.Post("/records/deal/"+hidden+"/comments", map[string]any{"text": "x"}).Problem(404, "not_found")
			marta.Do("PATCH", "/records/deal/"+hidden, map[string]any{"title": "x"}, "If-Match", `"1"`).Problem(404, "not_found")
		}
		read := marta.Get("/records/deal/" + own).Expect(200)
		refused := marta.Post("/records/deal/"+own+"/stage", map[string]any{"stage": "contract"}, "If-Match", read.ETag()).Problem(403, "forbidden")
		require.Contains(t, refused.Text("detail"), "edit CRM records in Sales", "it says where")
		require.Equal(t, "crm.edit", refused.Text("needs"))
		marta.Do("DELETE", "/records/deal/"+own, nil, "If-Match", read.ETag()).Problem(403, "forbidden")
		marta.Do("PATCH", "/records/deal/"+own, map[string]any{"comment": "mine"}, "If-Match", read.ETag()).Expect(200)

		marta.Get("/stage-boards/sales").Problem(403, "forbidden")

		// A role of one's own, held by a department, gives more again.
		department := ""
		people := ada.Get("/directory").Expect(200)
		for i := range people.Len("users") {
			if people.Text(fmt.Sprintf("users.%d.id", i)) == "marta" {
				department = people.Text(fmt.Sprintf("users.%d.departmentId", i))
			}
		}
		require.NotEmpty(t, department)
		role := ada.Post("/roles", map[string]any{"name": "Closers", "departmentIds": []string{department}, "rights": []any{right("crm.view", "all", "pipeline", "sales")}}).Expect(201)
		require.ElementsMatch(t, []string{"Zeta own", "Zeta foreign", "Zeta won"}, titles(marta.Get("/records/deal?q=zeta").Expect(200), "items"))
		marta.Get("/records/deal/" + won).Expect(200)
		henrik.Get("/records/deal/" + won).Expect(200)
		ada.Do("DELETE", "/roles/"+role.Text("id"), nil, "If-Match", role.ETag()).Expect(204)
		marta.Get("/records/deal/"+won).Problem(404, "not_found")
		ada.Do("DELETE", "/roles/member", nil, "If-Match", member.ETag()).Expect(204)
		marta.Get("/records/deal/" + won).Expect(200)
	})
}

// What is about a record goes by the rights on it: activities that are linked or
// changed, the first stage that is not named, exceptions, what clients sent.
//
// covers PE-05
func TestRightsReachWhatIsAboutRecords(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	ada, marta, henrik := w.As("ada"), w.As("marta"), w.As("henrik")
	person := ada.Post("/contacts", map[string]any{"lastName": "Lis", "email": "lis@example.com"}).Expect(201).Text("id")
	hidden := ada.Post("/records/deal", map[string]any{"pipelineId": "sales", "title": "Hidden", "responsibleId": "ada", "contactId": person}).Expect(201)
	own := ada.Post("/records/deal", map[string]any{"pipelineId": "sales", "title": "Own", "responsibleId": "marta", "contactId": person}).Expect(201)
	ref := func(a *apptest.Answer) []any { return []any{map[string]any{"type": "deal", "id": a.Text("id")}} }
	foreign := henrik.Post("/activities", map[string]any{"type": "call", "title": "Henrik's", "responsibleId": "henrik", "records": ref(own)}).Expect(201)
	line := func(action, reach string, where ...string) map[string]any {
		r := map[string]any{"action": action, "reach": reach}
		for i := 0; i+1 < len(where); i += 2 {
			r[where[i]] = where[i+1]
		}
		return r
	}
	ada.Do("PATCH", "/roles/member", map[string]any{"rights": []any{
		line("crm.view", "own"), line("crm.view", "all", "type", "lead"), line("crm.edit", "none", "type", "deal"), line("crm.add", "all"), line("crm.add", "none", "pipeline", "sales", "stage", "new"),
		line("crm.delete", "own"), line("crm.delete", "none", "type", "contact"), line("automation.view", "none"),
	}}, "If-Match", `"0"`).Expect(200)

	mine := marta.Post("/activities", map[string]any{"type": "task", "title": "Note", "responsibleId": "marta"}).Expect(201)
	marta.Do("PATCH", "/activities/"+mine.Text("id"), map[string]any{"records": ref(hidden)}, "If-Match", mine.ETag()).Problem(404, "not_found")
	marta.Do("PATCH", "/activities/"+mine.Text("id"), map[string]any{"title": "Still mine"}, "If-Match", mine.ETag()).Expect(200)
	seen := marta.Get("/activities/" + foreign.Text("id")).Expect(200)
	require.Equal(t, false, seen.At("canEdit"), "the deal may be seen, not edited")
	marta.Do("DELETE", "/activities/"+foreign.Text("id"), nil, "If-Match", foreign.ETag()).Problem(403, "forbidden")

	marta.Post("/records/deal", map[string]any{"pipelineId": "sales", "title": "x", "stageId": "new"}).Problem(403, "forbidden")
	marta.Post("/records/deal", map[string]any{"pipelineId": "sales", "title": "x"}).Problem(403, "forbidden")
	marta.Post("/records/deal", map[string]any{"pipelineId": "sales", "title": "x", "stageId": "qualified", "responsibleId": "marta"}).Expect(201)

	marta.Post("/records/deal/"+own.Text("id")+"/exception", nil).Problem(403, "forbidden")
	ada.Post("/records/deal/"+hidden.Text("id")+"/exception", nil).Expect(200)
	list := marta.Get("/exceptions").Expect(200)
	require.Equal(t, "lis@example.com", list.Text("items.0.value"))
	require.Empty(t, list.Text("items.0.title"), "whose it is, is not told")
	there := marta.Post("/exceptions", map[string]any{"value": "LIS@example.com"}).Expect(201)
	require.Equal(t, []string{"", ""}, []string{there.Text("title"), there.Text("record")}, "nor to who adds it again")
	marta.Get("/forms/any/submissions").Problem(403, "forbidden")
	marta.Get("/records/deal/"+hidden.Text("id")+"/automation").Problem(404, "not_found")
}
