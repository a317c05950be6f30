package apptest_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/server/apptest"
)

// massDone starts a mass operation and waits for its end.
func massDone(t *testing.T, w *apptest.World, c *apptest.Client, recordType string, wish, selected map[string]any) *apptest.Answer {
	t.Helper()
	id := c.Post("/lists/"+recordType+"/mass", map[string]any{"wish": wish, "select": selected}).Expect(202).Text("id")
	var j *apptest.Answer
	w.Eventually("the job has ended", 10*time.Millisecond, func() bool {
		j = c.Get("/jobs/" + id).Expect(200)
		return j.Text("status") != "collecting" && j.Text("status") != "running"
	})
	return j
}

// counts are the figures of a job: total, changed, same, refused.
func counts(j *apptest.Answer) []any {
	return []any{j.At("total"), j.At("changed"), j.At("same"), j.At("refused")}
}

// covers L-03, L-07: mass operations change, move, delete and restore what is selected,
// each record with the rights and rules of one that is changed alone, and say what
// became of each.
func TestMassOperations(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	ada, marta := w.As("ada"), w.As("marta")
	ada.Post("/record-types/deal/fields", map[string]any{"label": "Number", "type": "text", "requiredAt": []any{map[string]any{"pipeline": "sales", "stages": []string{"contract"}}}}, "If-Match", `"0"`).Expect(201)
	var ids []string
	for i := range 6 {
		fields := map[string]any{}
		if i%2 == 0 {
			fields["number"] = fmt.Sprint(i)
		}
		ids = append(ids, ada.Post("/records/deal", map[string]any{"pipelineId": "sales", "title": fmt.Sprint("Mass ", i), "responsibleId": []string{"marta", "ada"}[i/4], "fields": fields}).Expect(201).Text("id"))
	}
	all := map[string]any{"filter": map[string]any{"field": "title", "op": "startsWith", "value": "Mass"}}
	change := map[string]any{"action": "change", "set": map[string]any{"comment": "together"}}

	// Marta edits what her department has; Ada is of another one.
	n := marta.Post("/lists/deal/mass/preview", map[string]any{"wish": change, "select": all}).Expect(200)
	require.Equal(t, []any{6.0, 4.0}, []any{n.At("count"), n.At("may")})
	j := massDone(t, w, marta, "deal", change, all)
	require.Equal(t, []any{6.0, 4.0, 0.0, 2.0}, counts(j), string(j.Raw))
	refused := marta.Get("/jobs/" + j.Text("id") + "/lines?status=refused").Expect(200)
	require.Equal(t, 2, refused.Len("items"))
	require.Equal(t, "forbidden", refused.Text("items.0.why.code"))
	require.Contains(t, refused.Text("items.0.why.text"), "your roles (member)")
	require.Equal(t, "together", marta.Get("/records/deal/"+ids[0]).Expect(200).Text("comment"))
	require.Empty(t, marta.Get("/records/deal/"+ids[5]).Expect(200).Text("comment"))
	w.As("henrik").Get("/jobs/"+j.Text("id")).Problem(404, "not_found")
	w.As("henrik").Post("/jobs/"+j.Text("id")+"/cancel", nil).Problem(404, "not_found")
	require.Equal(t, []any{6.0, 2.0, 4.0, 0.0}, counts(massDone(t, w, ada, "deal", change, all)), "what is so already stays as it is")

	// A stage asks for its fields of each record.
	stage := map[string]any{"action": "stage", "pipeline": "sales", "stage": "contract"}
	j = massDone(t, w, ada, "deal", stage, all)
	require.Equal(t, []any{6.0, 3.0, 0.0, 3.0}, counts(j))
	refused = ada.Get("/jobs/" + j.Text("id") + "/lines?status=refused").Expect(200)
	require.Equal(t, "fields_required", refused.Text("items.0.why.code"))
	require.Equal(t, "/fields/number", refused.Text("items.0.why.fields.0.path"))
	require.Equal(t, "Mass 1", refused.Text("items.0.title"))
	require.Equal(t, "contract", ada.Get("/records/deal/"+ids[0]).Expect(200).Text("stageId"))

	// The responsible of those that are named, one of which is not there.
	j = massDone(t, w, ada, "deal", map[string]any{"action": "change", "set": map[string]any{"responsibleId": "henrik"}}, map[string]any{"ids": []string{ids[1], ids[2], ids[2], "gone"}})
	require.Equal(t, []any{3.0, 2.0, 0.0, 1.0}, counts(j))
	require.Equal(t, "henrik", ada.Get("/records/deal/"+ids[1]).Expect(200).Text("responsibleId"))

	// Deleted but one, and taken back.
	j = massDone(t, w, ada, "deal", map[string]any{"action": "delete"}, map[string]any{"filter": all["filter"], "except": []string{ids[3]}})
	require.Equal(t, []any{5.0, 5.0, 0.0, 0.0}, counts(j))
	ada.Get("/records/deal/"+ids[0]).Problem(404, "not_found")
	ada.Get("/records/deal/" + ids[3]).Expect(200)
	marta.Post("/lists/deal/mass", map[string]any{"wish": map[string]any{"action": "restore", "job": j.Text("id")}, "select": map[string]any{}}).Problem(422, "validation")
	back := massDone(t, w, ada, "deal", map[string]any{"action": "restore", "job": j.Text("id")}, map[string]any{})
	require.Equal(t, []any{5.0, 5.0, 0.0, 0.0}, counts(back))
	require.Equal(t, "contract", ada.Get("/records/deal/"+ids[0]).Expect(200).Text("stageId"))

	for path, body := range map[string]map[string]any{
		"/select":              {"wish": change, "select": map[string]any{}},
		"/select/ids":          {"wish": map[string]any{"action": "restore"}, "select": all},
		"/wish/set/stageId":    {"wish": map[string]any{"action": "change", "set": map[string]any{"stageId": "won"}}, "select": all},
		"/wish/stage":          {"wish": map[string]any{"action": "stage", "pipeline": "sales", "stage": "moon"}, "select": all},
		"/wish/pipeline":       {"wish": map[string]any{"action": "stage", "pipeline": "leads", "stage": "new"}, "select": all},
		"/select/filter/field": {"wish": change, "select": map[string]any{"filter": map[string]any{"field": "color", "op": "empty"}}},
		"/wish/job":            {"wish": map[string]any{"action": "restore", "job": back.Text("id")}, "select": map[string]any{}},
	} {
		require.Equal(t, path, ada.Post("/lists/deal/mass", body).Problem(422, "validation").Text("errors.0.path"))
	}
	actions := []string{}
	trail := ada.Get("/audit?limit=200&action=records.massStarted").Expect(200)
	for i := range trail.Len("items") {
		actions = append(actions, trail.Text(fmt.Sprintf("items.%d.actorName", i)))
	}
	require.Len(t, actions, 6)
	require.True(t, slices.Contains(actions, "Marta Nowak"))

	// Contacts and companies alike.
	one := ada.Post("/companies", map[string]any{"name": "Mass one"}).Expect(201).Text("id")
	two := ada.Post("/companies", map[string]any{"name": "Mass two"}).Expect(201).Text("id")
	ada.Do("PATCH", "/records/deal/"+ids[3], map[string]any{"companyId": two}, "If-Match", ada.Get("/records/deal/"+ids[3]).Expect(200).ETag()).Expect(200)
	both := map[string]any{"filter": map[string]any{"field": "name", "op": "startsWith", "value": "mass"}}
	require.Equal(t, []any{2.0, 2.0, 0.0, 0.0}, counts(massDone(t, w, ada, "company", map[string]any{"action": "change", "set": map[string]any{"phone": "+48 22 555 01 20"}}, both)))
	require.Equal(t, []any{2.0, 0.0, 2.0, 0.0}, counts(massDone(t, w, ada, "company", map[string]any{"action": "change", "set": map[string]any{"phone": "+48 22 555 01 20"}}, both)))
	j = massDone(t, w, ada, "company", map[string]any{"action": "delete"}, both)
	require.Equal(t, []any{2.0, 1.0, 0.0, 1.0}, counts(j), "one is named by a deal")
	require.Equal(t, "company_in_use", ada.Get("/jobs/"+j.Text("id")+"/lines?status=refused").Expect(200).Text("items.0.why.code"))
	require.Equal(t, []any{1.0, 1.0, 0.0, 0.0}, counts(massDone(t, w, ada, "company", map[string]any{"action": "restore", "job": j.Text("id")}, map[string]any{})))
	ada.Get("/companies/" + one).Expect(200)
	contact := ada.Post("/contacts", map[string]any{"lastName": "Massowa"}).Expect(201).Text("id")
	require.Equal(t, []any{1.0, 1.0, 0.0, 0.0}, counts(massDone(t, w, ada, "contact", map[string]any{"action": "change", "set": map[string]any{"companyId": one}}, map[string]any{"ids": []string{contact}})))
}

// covers L-02: views of lists of records are one's own or everybody's, and one of
// them is where a person begins.
func TestViewsOfLists(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	marta, dana, henrik := w.As("marta"), w.As("dana"), w.As("henrik")
	page := "/views?page=records:deal"
	mine := marta.Post("/views", map[string]any{"page": "records:deal", "name": "Large", "shared": false, "search": map[string]any{"filter": `{"field":"amount","op":"gt","value":100000}`, "sort": "-amount"}}).Expect(201)
	marta.Post("/views", map[string]any{"page": "records:deal", "name": "For all", "shared": true, "search": map[string]any{}}).Problem(403, "forbidden")
	marta.Post("/views", map[string]any{"page": "records:../x", "name": "x", "shared": false, "search": map[string]any{}}).Problem(422, "validation")
	shared := dana.Post("/views", map[string]any{"page": "records:deal", "name": "Ours", "shared": true, "search": map[string]any{"cols": "title,amount"}}).Expect(201)
	require.Equal(t, 2, marta.Get(page).Expect(200).Len("items"))
	require.Equal(t, 1, henrik.Get(page).Expect(200).Len("items"))
	require.Equal(t, 0, marta.Get("/views?page=records:lead").Expect(200).Len("items"))

	first := func(c *apptest.Client) string {
		list := c.Get(page).Expect(200)
		for i := range list.Len("items") {
			if list.At(fmt.Sprintf("items.%d.first", i)) == true {
				return list.Text(fmt.Sprintf("items.%d.name", i))
			}
		}
		return ""
	}
	require.Empty(t, first(marta))
	marta.Do("PUT", "/views/first", map[string]any{"page": "records:deal", "view": shared.Text("id")}).Expect(204)
	require.Equal(t, "Ours", first(marta))
	marta.Do("PUT", "/views/first", map[string]any{"page": "records:deal", "view": mine.Text("id")}).Expect(204)
	require.Equal(t, "Large", first(marta))
	require.Empty(t, first(henrik))
	henrik.Do("PUT", "/views/first", map[string]any{"page": "records:deal", "view": mine.Text("id")}).Problem(404, "not_found")
	henrik.Do("PUT", "/views/first", map[string]any{"page": "records:lead", "view": shared.Text("id")}).Problem(422, "validation")
	marta.Do("PUT", "/views/first", map[string]any{"page": "records:deal"}).Expect(204)
	require.Empty(t, first(marta))
}

// A mass operation that cannot be read is refused with the field that is wrong, in the
// words of the product.
func TestMassOperationSaysWhichFieldIsWrong(t *testing.T) {
	t.Parallel()
	ada := apptest.New(t, apptest.Options{}).As("ada")
	change := func(set any, selected map[string]any) map[string]any {
		return map[string]any{"wish": map[string]any{"action": "change", "set": set}, "select": selected}
	}
	some := map[string]any{"ids": []string{"x"}}
	for _, c := range []struct {
		body       map[string]any
		path, code string
	}{
		{change(map[string]any{"amount": "much"}, some), "/wish/set/amount", "wrong_type"},
		{change(map[string]any{"nothing": 1}, some), "/wish/set/nothing", "unknown_field"},
		{change([]int{1}, some), "/wish/set", "invalid"},
		{change(map[string]any{"comment": "x"}, map[string]any{"filter": "all"}), "/select/filter", "wrong_type"},
		{change(map[string]any{"comment": "x"}, map[string]any{"filter": map[string]any{"field": "none", "op": "is", "value": 1}}), "/select/filter/field", "unknown_field"},
	} {
		for _, path := range []string{"/lists/deal/mass", "/lists/deal/mass/preview"} {
			a := ada.Post(path, c.body).Problem(422, "validation")
			require.Equal(t, []string{c.path, c.code}, []string{a.Text("errors.0.path"), a.Text("errors.0.code")}, "%s", a.Raw)
			require.NotContains(t, string(a.Raw), "json:")
		}
	}
}

// Operators look after the jobs of others. They see how a job went, and of the records in
// it no more than anywhere else.
func TestJobsOfOthersHideRecords(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	ada := w.As("ada")
	ada.Do("PATCH", "/roles/member", map[string]any{"rights": []any{map[string]any{"action": "crm.view", "reach": "own"}}}, "If-Match", `"0"`).Expect(200)
	ada.Do("PATCH", "/roles/operator", map[string]any{"rights": []any{map[string]any{"action": "crm.view", "reach": "own"}}}, "If-Match", `"0"`).Expect(200)
	deal := func(title, responsible string) string {
		return ada.Post("/records/deal", map[string]any{"pipelineId": "sales", "title": title, "responsibleId": responsible}).Expect(201).Text("id")
	}
	hidden, own := deal("Quiet takeover", "ada"), deal("Loud sale", "oscar")
	wish := map[string]any{"action": "change", "set": map[string]any{"comment": "together"}}
	job := massDone(t, w, ada, "deal", wish, map[string]any{"ids": []string{hidden, own}}).Text("id")
	titles := func(login string) []string {
		lines := w.As(login).Get("/jobs/" + job + "/lines").Expect(200)
		out := []string{}
		for i := range lines.Len("items") {
			out = append(out, lines.Text(fmt.Sprintf("items.%d.title", i))+" "+lines.Text(fmt.Sprintf("items.%d.status", i)))
		}
		slices.Sort(out)
		return out
	}
	require.Equal(t, []string{"Loud sale done", "Quiet takeover done"}, titles("ada"))
	require.Equal(t, []string{" done", "Loud sale done"}, titles("oscar"))
}
