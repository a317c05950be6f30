package apptest_test

import (
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/server/apptest"
)

// covers L-01, L-06, O-06, O-07, O-08: lists of every type are filtered by standard
// and own fields, in groups, within what the reader may see.
func TestListsAreFiltered(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	ada, marta := w.As("ada"), w.As("marta")
	tag := ada.Get("/record-types").Expect(200)
	require.NotEmpty(t, tag.At("items"))
	ada.Post("/record-types/deal/fields", map[string]any{"label": "Size", "type": "number"}, "If-Match", `"0"`).Expect(201)
	ada.Post("/record-types/contact/fields", map[string]any{"label": "Helper", "type": "user"}, "If-Match", `"0"`).Expect(201)
	for i, title := range []string{"List one", "List two", "List three"} {
		marta.Post("/records/deal", map[string]any{"pipelineId": "sales", "title": title, "amount": 100 * (i + 1), "currency": "PLN", "responsibleId": []string{"marta", "henrik", "marta"}[i],
			"fields": map[string]any{"size": 10 - i}}).Expect(201)
	}
	ask := func(c *apptest.Client, path, filter string) *apptest.Answer {
		return c.Get(path + "filter=" + url.QueryEscape(filter))
	}
	mine := `{"all":[{"field":"title","op":"startsWith","value":"list "},{"any":[{"field":"size","op":"lt","value":9},{"field":"responsible","op":"eq","value":"me"}]}]}`
	found := ask(marta, "/records/deal?sort=size&", mine).Expect(200)
	require.Equal(t, 2, found.Len("items"))
	require.Equal(t, "List three", found.Text("items.0.title"))
	require.Equal(t, "Marta Nowak", found.At("names").(map[string]any)["marta"])
	totals := ask(marta, "/lists/deal/totals?", mine).Expect(200)
	require.Equal(t, 2.0, totals.At("count"))
	require.Equal(t, []any{map[string]any{"amount": 400.0, "currency": "PLN"}}, totals.At("sums"))
	require.Equal(t, 1, ask(w.As("henrik"), "/records/deal?", `{"all":[{"field":"title","op":"contains","value":"LIST T"},{"field":"responsible","op":"eq","value":"me"}]}`).Expect(200).Len("items"))

	refused := ask(marta, "/records/deal?", `{"all":[{"field":"title","op":"near","value":1},{"field":"color","op":"eq","value":1}]}`).Problem(422, "validation")
	require.Equal(t, "/filter/all/0/op", refused.Text("errors.0.path"))
	require.Equal(t, "/filter/all/1/field", refused.Text("errors.1.path"))
	ask(marta, "/records/deal?", `{`).Problem(422, "validation")
	marta.Get("/records/deal?sort=responsible").Problem(422, "validation")
	marta.Get("/lists/ghost/fields").Problem(404, "not_found")
	fields := marta.Get("/lists/deal/fields").Expect(200)
	require.Greater(t, fields.Len("items"), 10)

	company := marta.Post("/companies", map[string]any{"name": "Lists Ltd", "taxId": "77"}).Expect(201)
	marta.Post("/contacts", map[string]any{"lastName": "Listowa", "companyId": company.Text("id"), "fields": map[string]any{"helper": "henrik"}}).Expect(201)
	contacts := ask(marta, "/contacts?sort=lastName&", `{"all":[{"field":"helper","op":"eq","value":"henrik"},{"field":"company","op":"notEmpty"}]}`).Expect(200)
	require.Equal(t, 1, contacts.Len("items"))
	names := contacts.At("names").(map[string]any)
	require.Equal(t, "Lists Ltd", names[company.Text("id")])
	require.Equal(t, "Henrik Lindqvist", names["henrik"])
	require.Equal(t, 1, ask(marta, "/companies?", `{"field":"taxId","op":"eq","value":"77"}`).Expect(200).Len("items"))
	require.Equal(t, 1.0, ask(marta, "/lists/company/totals?", `{"field":"taxId","op":"eq","value":"77"}`).Expect(200).At("count"))

	// Who sees the own ones only sees no others by any filter.
	ada.Do("PATCH", "/roles/member", map[string]any{"rights": []any{map[string]any{"action": "crm.view", "reach": "own"}}}, "If-Match", `"0"`).Expect(200)
	every := `{"any":[{"field":"title","op":"startsWith","value":"List"},{"field":"title","op":"notEmpty"}]}`
	only := ask(marta, "/records/deal?sort=-size&limit=2&q=list&", every).Expect(200)
	require.Equal(t, []string{"List one", "List three"}, titles(only, "items"))
	require.Equal(t, 2.0, ask(marta, "/lists/deal/totals?q=list&", every).Expect(200).At("count"))
}
