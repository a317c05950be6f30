package apptest_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/server/apptest"
)

// clientLines are lines of a role over contacts and companies.
func clientLines(pairs ...string) map[string]any {
	lines := []any{}
	for i := 0; i+1 < len(pairs); i += 2 {
		for _, of := range []string{"contact", "company"} {
			lines = append(lines, map[string]any{"action": pairs[i], "type": of, "reach": pairs[i+1]})
		}
	}
	return map[string]any{"rights": lines}
}

// named gives the names of the items of a list.
func named(a *apptest.Answer) []string {
	out := []string{}
	for i := range a.Len("items") {
		out = append(out, a.Text(fmt.Sprintf("items.%d.name", i)))
	}
	return out
}

// Contacts and companies belong to who is responsible for them, and every action on
// them goes as far as the right to it: one's own, the department, those below it, all.
//
// covers B-72, PE-05
func TestReachesOverClients(t *testing.T) {
	everyStore(t, func(t *testing.T, w *apptest.World) {
		ada, marta := w.As("ada"), w.As("marta")
		north := ada.Post("/departments", map[string]any{"name": "North", "parentId": "sales"}).Expect(201).Text("id")
		ada.Do("PATCH", "/users/anna", map[string]any{"departmentId": north}, "If-Match", ada.Get("/users/anna").Expect(200).ETag()).Expect(200)
		people := []string{"ada", "anna", "henrik", "marta"}
		made := map[string]map[string]any{"contacts": {"lastName": ""}, "companies": {"name": ""}}
		ids := map[string]string{}
		for many, body := range made {
			for _, responsible := range people {
				for key := range body {
					if key != "responsibleId" {
						body[key] = "Reach " + responsible
					}
				}
				body["responsibleId"] = responsible
				a := ada.Post("/"+many, body).Expect(201)
				require.Equal(t, responsible, a.Text("responsibleId"))
				require.NotEmpty(t, a.Text("responsibleName"))
				ids[many+responsible] = a.Text("id")
			}
		}
		tag := `"0"`
		decide := func(body map[string]any) {
			tag = ada.Do("PATCH", "/roles/member", body, "If-Match", tag).Expect(200).ETag()
		}
		reaches := map[string][]string{
			"none": {}, "own": {"marta"}, "department": {"henrik", "marta"}, "below": {"anna", "henrik", "marta"}, "all": people,
		}
		one := map[string]string{"contacts": "contact", "companies": "company"}
		for reach, within := range reaches {
			want := []string{}
			for _, who := range within {
				want = append(want, "Reach "+who)
			}
			decide(clientLines("crm.view", reach))
			for many, of := range one {
				if reach == "none" {
					marta.Get("/"+many).Problem(403, "forbidden")
					marta.Get("/lists/"+of+"/totals").Problem(403, "forbidden")
					marta.Get("/"+many+"/"+ids[many+"marta"]).Problem(403, "forbidden")
					continue
				}
				require.Equal(t, want, named(marta.Get("/"+many+"?q=reach").Expect(200)), "%s %s", many, reach)
				require.EqualValues(t, len(want), marta.Get("/lists/"+of+"/totals?q=reach").Expect(200).At("count"), "%s %s", many, reach)
				paged := []string{}
				for cursor := ""; ; {
					page := marta.Get("/" + many + "?q=reach&sort=name&limit=1&cursor=" + cursor).Expect(200)
					paged = append(paged, named(page)...)
					if cursor = page.Text("next"); cursor == "" {
						break
					}
				}
				require.Equal(t, want, paged, "%s %s by pages", many, reach)
				for _, who := range people {
					status := 404
					for _, in := range within {
						if in == who {
							status = 200
						}
					}
					marta.Get("/" + many + "/" + ids[many+who]).Expect(status)
					marta.Get("/activities?record=" + of + ":" + ids[many+who]).Expect(status)
				}
				require.Equal(t, []string{}, named(marta.Get("/"+many+"?responsible=nobody").Expect(200)))
				if reach != "own" {
					require.Equal(t, []string{"Reach henrik"}, named(marta.Get("/"+many+"?q=reach&responsible=henrik").Expect(200)))
				}
			}
		}
		for reach, within := range reaches {
			decide(clientLines("crm.edit", reach, "crm.delete", reach, "crm.export", reach))
			for many, of := range one {
				for _, who := range people {
					allowed := false
					for _, in := range within {
						allowed = allowed || in == who
					}
					path := "/" + many + "/" + ids[many+who]
					read := marta.Get(path).Expect(200)
					edit := marta.Do("PATCH", path, map[string]any{"phone": "+48 22 555 01 " + reach[:1]}, "If-Match", read.ETag())
					if allowed {
						edit.Expect(200)
						marta.Do("DELETE", path, nil, "If-Match", edit.ETag()).Expect(204)
						require.Equal(t, 1, marta.Get("/bin/"+of).Expect(200).Len("items"))
						marta.Post(path+"/restore", nil).Expect(200)
						continue
					}
					edit.Problem(403, "forbidden")
					refused := marta.Do("DELETE", path, nil, "If-Match", read.ETag()).Problem(403, "forbidden")
					require.Equal(t, "crm.delete", refused.Text("needs"))
					require.Contains(t, refused.Text("detail"), "member", "it says which role gives how much")
				}
				if reach == "none" {
					marta.Get("/transfer/"+of+"/export?format=csv").Problem(403, "forbidden")
					continue
				}
				table := string(marta.Get("/transfer/" + of + "/export?format=csv&q=reach").Expect(200).Raw)
				require.Equal(t, len(within), strings.Count(table, "Reach "), table)
			}
		}
		// To add is one's own: without the right to it, it is refused.
		decide(clientLines("crm.add", "none"))
		marta.Post("/contacts", map[string]any{"lastName": "New"}).Problem(403, "forbidden")
		decide(clientLines("crm.add", "own"))
		require.Equal(t, "marta", marta.Post("/contacts", map[string]any{"lastName": "New"}).Expect(201).Text("responsibleId"), "who adds it is responsible")
		require.Empty(t, marta.Post("/companies", map[string]any{"name": "Nobody's", "responsibleId": ""}).Expect(201).Text("responsibleId"))
		require.Equal(t, "/responsibleId", marta.Post("/companies", map[string]any{"name": "X", "responsibleId": "nobody"}).Problem(422, "validation").Text("errors.0.path"))
	})
}

// A record that one may see names a client that one may not: neither its page, nor a
// list, a board, its story, a table, or a refusal tells who it is.
//
// covers PE-05
func TestNamesOfHiddenClientsStayHidden(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	ada, marta := w.As("ada"), w.As("marta")
	company := ada.Post("/companies", map[string]any{"name": "Secret Works"}).Expect(201).Text("id")
	person := ada.Post("/contacts", map[string]any{"firstName": "Stealthy", "lastName": "Person", "email": "stealthy@secret.test", "companyId": company}).Expect(201).Text("id")
	open := ada.Post("/contacts", map[string]any{"lastName": "Open", "responsibleId": "marta", "companyId": company}).Expect(201).Text("id")
	deal := ada.Post("/records/deal", map[string]any{"pipelineId": "sales", "title": "Covered deal", "responsibleId": "marta"}).Expect(201).Text("id")
	ada.Do("PATCH", "/records/deal/"+deal, map[string]any{"companyId": company, "contactId": person}, "If-Match", `"1"`).Expect(200)
	w.Eventually("the story tells of the company", 0, func() bool {
		return strings.Contains(string(marta.Get("/records/deal/"+deal+"/timeline").Expect(200).Raw), "Secret Works")
	})
	ada.Do("PATCH", "/roles/member", clientLines("crm.view", "own", "crm.edit", "own", "crm.delete", "own"), "If-Match", `"0"`).Expect(200)

	read := marta.Get("/records/deal/" + deal).Expect(200)
	require.Equal(t, company, read.Text("companyId"), "that there is one is told")
	require.Contains(t, string(marta.Get("/lists/deal/calendar?by=createdAt&from=2000-01-01&to=2100-01-01").Expect(200).Raw), company)
	for _, path := range []string{
		"/records/deal/" + deal, "/records/deal/" + deal + "/timeline", "/records/deal?q=covered", "/board?pipeline=sales&q=covered", "/lists/deal/calendar?by=createdAt&from=2000-01-01&to=2100-01-01", "/transfer/deal/export?format=csv&q=covered",
		"/contacts", "/contacts/" + open, "/transfer/contact/export?format=csv", "/companies", "/matches?email=stealthy@secret.test", "/duplicates/contact", "/bin/deal", "/exceptions",
	} {
		body := string(marta.Get(path).Expect(200).Raw)
		require.NotContains(t, body, "Secret Works", path)
		require.NotContains(t, body, "Stealthy", path)
	}
	require.Contains(t, string(marta.Get("/records/deal/"+deal+"/timeline").Expect(200).Raw), `"hidden":true`)
	stale := marta.Do("PATCH", "/records/deal/"+deal, map[string]any{"companyId": ""}, "If-Match", `"1"`).Problem(409, "stale")
	require.NotContains(t, string(stale.Raw), "Secret Works")
	// Nobody is linked who may not be seen, and what is linked may stay.
	other := marta.Post("/records/deal", map[string]any{"pipelineId": "sales", "title": "Mine", "companyId": company}).Problem(422, "validation")
	require.Equal(t, "/companyId", other.Text("errors.0.path"))
	marta.Do("PATCH", "/records/deal/"+deal, map[string]any{"companyId": company, "comment": "kept"}, "If-Match", read.ETag()).Expect(200)
	marta.Post("/records/deal/"+deal+"/exception", nil).Problem(403, "forbidden")
	marta.Post("/duplicates/contact/merge", map[string]any{"into": open, "from": []string{person}}).Problem(404, "not_found")
	marta.Get("/duplicates/contact/comparison?id="+open+"&id="+person).Problem(404, "not_found")
}

// Words find records by the names of clients that the reader sees, and by no other:
// what is found would tell that a guess was right, and so would an order by names.
//
// covers PE-05
func TestGuessesOfHiddenClientsAreNotConfirmed(t *testing.T) {
	everyStore(t, func(t *testing.T, w *apptest.World) {
		ada, marta := w.As("ada"), w.As("marta")
		deal := func(title, company, contact string) string {
			return ada.Post("/records/deal", map[string]any{"pipelineId": "sales", "title": title, "responsibleId": "marta", "companyId": company, "contactId": contact}).Expect(201).Text("id")
		}
		hidden := ada.Post("/companies", map[string]any{"name": "Secret Works"}).Expect(201).Text("id")
		seen := ada.Post("/companies", map[string]any{"name": "Open Works", "responsibleId": "marta"}).Expect(201).Text("id")
		person := ada.Post("/contacts", map[string]any{"firstName": "Stealthy", "lastName": "Person"}).Expect(201).Text("id")
		friend := ada.Post("/contacts", map[string]any{"firstName": "Friendly", "lastName": "Person", "responsibleId": "marta"}).Expect(201).Text("id")
		covered, known := deal("Covered chairs", hidden, person), deal("Known chairs", seen, friend)
		found := func(who *apptest.Client, words string) []string {
			all := who.Get("/records/deal?pipeline=sales&q=" + url.QueryEscape(words)).Expect(200)
			ids := []string{}
			for i := range all.Len("items") {
				ids = append(ids, all.Text(fmt.Sprintf("items.%d.id", i)))
			}
			total := who.Get("/lists/deal/totals?pipeline=sales&q=" + url.QueryEscape(words)).Expect(200)
			require.EqualValues(t, len(ids), total.At("count"), words)
			board := who.Get("/board?pipeline=sales&q=" + url.QueryEscape(words)).Expect(200)
			counted := 0.0
			for i := range board.Len("columns") {
				n, _ := board.At(fmt.Sprintf("columns.%d.count", i)).(float64)
				counted += n
			}
			require.EqualValues(t, len(ids), counted, words)
			return ids
		}
		require.ElementsMatch(t, []string{covered, known}, found(marta, "works"), "all clients are seen")
		require.Equal(t, []string{covered}, found(marta, "stealthy"))
		marta.Get("/records/deal?sort=company").Expect(200)

		ada.Do("PATCH", "/roles/member", clientLines("crm.view", "own"), "If-Match", `"0"`).Expect(200)
		require.Equal(t, []string{known}, found(marta, "works"))
		require.Equal(t, []string{known}, found(marta, "friend"))
		require.Empty(t, found(marta, "stealthy"))
		require.Empty(t, found(marta, "secret wor"))
		require.Equal(t, []string{covered}, found(marta, "covered"), "words of its own")
		require.ElementsMatch(t, []string{covered, known}, found(marta, "chairs"))
		require.Equal(t, []string{covered}, found(ada, "stealthy"))

		for _, by := range []string{"company", "-contact"} {
			refused := marta.Get("/records/deal?sort="+by).Problem(422, "validation")
			require.Contains(t, string(refused.Raw), "not all of them may be seen")
			ada.Get("/records/deal?sort=" + by).Expect(200)
		}
		fields := marta.Get("/lists/deal/fields").Expect(200)
		why := map[string]string{}
		for i := range fields.Len("items") {
			why[fields.Text(fmt.Sprintf("items.%d.key", i))] = fields.Text(fmt.Sprintf("items.%d.why", i))
		}
		require.Equal(t, "clients", why["company"])
		require.Equal(t, "clients", why["contact"])
		require.Empty(t, why["title"])
		marta.Get("/transfer/deal/export?format=csv&sort=company").Problem(422, "validation")
		require.NotContains(t, string(marta.Get("/transfer/deal/export?format=csv&q=stealthy").Expect(200).Raw), "Covered")
	})
}

// Many clients are changed, and rows become clients, as if each were changed alone.
//
// covers L-03
func TestManyClientsGoByReach(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	ada, marta := w.As("ada"), w.As("marta")
	for _, responsible := range []string{"ada", "henrik", "marta"} {
		ada.Post("/contacts", map[string]any{"lastName": "Mass " + responsible, "responsibleId": responsible}).Expect(201)
	}
	ada.Do("PATCH", "/roles/member", clientLines("crm.edit", "department"), "If-Match", `"0"`).Expect(200)
	wish := map[string]any{"wish": map[string]any{"action": "change", "set": map[string]any{"responsibleId": "henrik"}}, "select": map[string]any{"text": "mass"}}
	preview := marta.Post("/lists/contact/mass/preview", wish).Expect(200)
	require.EqualValues(t, 3, preview.At("count"))
	require.EqualValues(t, 2, preview.At("may"))
	marta.Post("/lists/contact/mass", wish).Expect(202)
	w.Eventually("the job has ended", 10*time.Millisecond, func() bool {
		return len(named(ada.Get("/contacts?q=mass&responsible=henrik").Expect(200))) == 2
	})
	require.Equal(t, []string{"Mass henrik", "Mass marta"}, named(ada.Get("/contacts?q=mass&responsible=henrik").Expect(200)))
	require.Equal(t, []string{"Mass ada"}, named(ada.Get("/contacts?q=mass&responsible=ada").Expect(200)))
}

// What a process makes of a lead belongs to who is responsible for the lead.
//
// covers O-03
func TestClientsOfALeadBelongToItsResponsible(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	ada := w.As("ada")
	lead := ada.Post("/records/lead", map[string]any{"pipelineId": "leads", "title": "L", "responsibleId": "marta", "fields": map[string]any{"firstName": "Jan", "lastName": "Lis", "companyName": "Lis and Sons"}}).Expect(201)
	made := ada.Do("POST", "/leads/"+lead.Text("id")+"/conversion", map[string]any{"contact": map[string]any{}, "company": map[string]any{}}, "If-Match", lead.ETag()).Expect(200)
	require.Equal(t, "marta", ada.Get("/contacts/"+made.Text("contactId")).Expect(200).Text("responsibleId"))
	require.Equal(t, "marta", ada.Get("/companies/"+made.Text("companyId")).Expect(200).Text("responsibleId"))
	taken := ada.Do("POST", "/intake/leads", map[string]any{"title": "Pushed", "contact": map[string]any{"lastName": "Nowy", "email": "nowy@example.test"}, "responsibleId": "henrik"}, "Idempotency-Key", "k1").Expect(201)
	require.Equal(t, "henrik", ada.Get("/contacts/"+taken.Text("contact.id")).Expect(200).Text("responsibleId"))
}
