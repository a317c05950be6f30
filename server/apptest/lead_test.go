package apptest_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/server/apptest"
)

// A lead knows a possible client before there is a contact or a company: name,
// e-mails, phones, site, source; lists, search, expressions and rules know them.
//
// covers O-01, O-06, O-07, O-23, O-24
func TestLeadsKnowWhoAsks(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	marta, ada := w.As("marta"), w.As("ada")
	lead := marta.Post("/records/lead", map[string]any{"pipelineId": "leads", "responsibleId": "marta", "fields": map[string]any{
		"firstName": "Jan", "lastName": "Kos", "companyName": "Kos Press", "email": []any{"jan@kos.test", "redakcja@kos.test"}, "phone": []any{"+48 601 202 303"},
		"site": "https://kos.test", "source": "exhibition"}}).Expect(201)
	require.Equal(t, "Jan Kos", lead.Text("title"), "a lead without a title is called by who asks")
	require.Equal(t, lead.Text("id"), marta.Get("/records/lead?q=redakcja").Expect(200).Text("items.0.id"), "found by any of its addresses")
	board := marta.Get("/board?pipeline=leads&q=Kos").Expect(200)
	require.Equal(t, "Kos Press", board.Text("columns.0.records.0.companyName"))
	require.Equal(t, "Jan Kos", board.Text("columns.0.records.0.contactName"))
	marta.Post("/records/lead", map[string]any{"pipelineId": "leads", "fields": map[string]any{"email": []any{"nonsense"}}}).Problem(422, "validation")
	marta.Post("/records/lead", map[string]any{"pipelineId": "leads", "title": "x", "fields": map[string]any{"source": "nowhere"}}).Problem(422, "validation")
	marta.Post("/records/lead", map[string]any{"pipelineId": "leads"}).Problem(422, "validation")
	require.Equal(t, 8, ada.Get("/dictionaries").Expect(200).Len("items.0.items"), "the sources are a list that can be edited")

	// The fields are part of every installation: no label, no deletion, required where the workspace says.
	types := ada.Get("/record-types/lead").Expect(200)
	require.Equal(t, "firstName", types.Text("fields.1.key"))
	require.Equal(t, true, types.At("fields.1.standard"))
	require.Equal(t, true, types.At("fields.1.inFields"))
	ada.Do("DELETE", "/record-types/lead/fields/email", nil, "If-Match", types.ETag()).Problem(404, "not_found")
	ada.Post("/record-types/lead/fields", map[string]any{"key": "email", "label": "Mine", "type": "email"}, "If-Match", types.ETag()).Problem(422, "validation")
	changed := ada.Do("PATCH", "/record-types/lead/fields/phone", map[string]any{"requiredAt": []any{map[string]any{"pipeline": "leads", "stages": []any{"work"}}}}, "If-Match", types.ETag()).Expect(200)
	own := ada.Post("/record-types/lead/fields", map[string]any{"label": "Interest", "type": "text"}, "If-Match", changed.ETag()).Expect(201)
	require.Equal(t, types.Len("fields")+1, own.Len("fields"), "built-in ones are there once")
	mail := marta.Post("/records/lead", map[string]any{"pipelineId": "leads", "title": "By mail", "fields": map[string]any{"email": []any{"x@y.test"}}}).Expect(201)
	marta.Post("/records/lead/"+mail.Text("id")+"/stage", map[string]any{"stage": "work"}, "If-Match", mail.ETag()).Problem(422, "fields_required")

	// A process writes to a lead as to a client.
	performs(w, "lead", lead.Text("id"), "mail.send", `{"subject":"For {{ record.firstName }}","body":"{{ record.email[0] }} of {{ record.client.name }}"}`)
	out := ada.Get("/outbox").Expect(200)
	require.Contains(t, out.Text("items.0.to"), "jan@kos.test")
	require.Equal(t, "For Jan", out.Text("items.0.subject"))
}

// A lead becomes contact, company and deal in one act; known clients are found, and
// fields, products, files and history go along, told in the stories of both.
//
// covers O-03, O-08, O-09, O-12
func TestALeadIsConvertedInOneAct(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	marta, ada := w.As("marta"), w.As("ada")
	types := ada.Get("/record-types/lead").Expect(200)
	ada.Post("/record-types/lead/fields", map[string]any{"key": "interest", "label": "Interest", "type": "text"}, "If-Match", types.ETag()).Expect(201)
	types = ada.Get("/record-types/deal").Expect(200)
	ada.Post("/record-types/deal/fields", map[string]any{"key": "interest", "label": "Interest", "type": "text"}, "If-Match", types.ETag()).Expect(201)
	row := map[string]any{"name": "Pump", "quantity": "2", "price": map[string]any{"amount": 500, "currency": "PLN"}}
	lead := marta.Post("/records/lead", map[string]any{"pipelineId": "leads", "title": "Two pumps", "responsibleId": "marta", "currency": "PLN", "products": []any{row}, "comment": "Hurry",
		"fields": map[string]any{"firstName": "Ewa", "lastName": "Lis", "companyName": "Lis & Co", "email": []any{"ewa@lis.test"}, "phone": []any{"+48 601 700 800"}, "interest": "pumps"}}).Expect(201)
	path, act := "/records/lead/"+lead.Text("id"), "/leads/"+lead.Text("id")+"/conversion"
	file := marta.Upload("/files", map[string]string{"owner": "lead:" + lead.Text("id")}, "sketch.txt", []byte("a pump")).Expect(201).Text("id")

	would := marta.Get(act).Expect(200)
	require.Equal(t, "Ewa", would.Text("contact.firstName"))
	require.Equal(t, "Lis & Co", would.Text("company.name"))
	require.Equal(t, "converted", would.Text("stageId"))
	require.Zero(t, would.Len("known"))
	known := marta.Post("/contacts", map[string]any{"firstName": "Ewa", "lastName": "Lis", "email": "EWA@lis.test"}).Expect(201).Text("id")
	require.Equal(t, known, marta.Get(act).Expect(200).Text("known.0.id"), "who is known is offered")

	convert := func(body map[string]any) *apptest.Answer {
		return marta.Post(act, body, "If-Match", marta.Get(path).ETag())
	}
	convert(map[string]any{}).Problem(422, "validation")
	convert(map[string]any{"contact": map[string]any{"id": "nobody"}}).Problem(422, "validation")
	convert(map[string]any{"company": map[string]any{}, "deal": map[string]any{"pipelineId": "leads"}}).Problem(422, "validation")
	require.Zero(t, marta.Get("/companies?q=Lis").Expect(200).Len("items"), "nothing is written when something is wrong")
	marta.Post(act, map[string]any{"deal": map[string]any{}}, "If-Match", `"99"`).Problem(409, "stale")
	w.As("anna").Post(act, map[string]any{"deal": map[string]any{}}, "If-Match", lead.ETag()).Problem(403, "forbidden")

	done := convert(map[string]any{"contact": map[string]any{"id": known}, "company": map[string]any{}, "deal": map[string]any{"pipelineId": "sales", "stageId": "qualified"}}).Expect(200)
	require.Equal(t, "converted", done.Text("lead.stageId"))
	require.Equal(t, known, done.Text("contactId"))
	contact := marta.Get("/contacts/" + known).Expect(200)
	require.Equal(t, "+48 601 700 800", contact.Text("phone"), "what was empty is filled in")
	require.Equal(t, done.Text("companyId"), contact.Text("companyId"))
	deal := marta.Get("/records/deal/" + done.Text("deal.id")).Expect(200)
	require.Equal(t, "Two pumps", deal.Text("title"))
	require.Equal(t, "qualified", deal.Text("stageId"))
	require.Equal(t, known, deal.Text("contactId"))
	require.Equal(t, "Lis & Co", deal.Text("companyName"))
	require.EqualValues(t, 1000, deal.At("amount"))
	require.Equal(t, "Pump", deal.Text("products.0.name"))
	require.Equal(t, "pumps", deal.Text("fields.interest"))
	require.Equal(t, "convert", deal.Text("origin.how"))
	require.Equal(t, file, marta.Get("/records/deal/"+done.Text("deal.id")+"/files").Expect(200).Text("items.0.id"), "the files of the lead are with the deal")
	story := string(marta.Get(path + "/timeline").Expect(200).Raw)
	require.Contains(t, story, `"title":"Two pumps"`)
	require.Contains(t, story, `"title":"Ewa Lis"`)
	require.Contains(t, story, `"title":"Lis & Co"`)
	require.Contains(t, string(marta.Get("/records/deal/"+done.Text("deal.id")+"/timeline").Expect(200).Raw), `"way":"from"`)
}

// The robot does the same, once, also when it is repeated.
//
// covers R-13, O-03
func TestARobotConvertsALead(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	marta := w.As("marta")
	lead := marta.Post("/records/lead", map[string]any{"pipelineId": "leads", "responsibleId": "marta",
		"fields": map[string]any{"lastName": "Nowy", "companyName": "Nowy S.A.", "email": []any{"biuro@nowy.test"}}}).Expect(201).Text("id")
	performs(w, "lead", lead, "record.convert", `{"pipeline":"sales","stage":"qualified","title":"Deal with {{ record.companyName }}"}`)
	after := marta.Get("/records/lead/" + lead).Expect(200)
	require.Equal(t, "converted", after.Text("stageId"))
	require.Equal(t, "Nowy", marta.Get("/contacts/"+after.Text("contactId")).Expect(200).Text("name"))
	require.Equal(t, "Nowy S.A.", marta.Get("/companies/"+after.Text("companyId")).Expect(200).Text("name"))
	made := linked(w, "deal", lead)
	require.Len(t, made, 1)
	require.Equal(t, "Deal with Nowy S.A.", marta.Get("/records/deal/"+made[0]).Expect(200).Text("title"))

	bare := marta.Post("/records/lead", map[string]any{"pipelineId": "leads", "title": "Nobody known", "responsibleId": "marta"}).Expect(201).Text("id")
	performs(w, "lead", bare, "record.convert", `{"deal":false}`)
	require.Equal(t, "new", marta.Get("/records/lead/"+bare).Expect(200).Text("stageId"), "nothing is known of whom a contact could be made")
	w.Eventually("the story is told", 10*time.Millisecond, func() bool { return len(tales(w, made[0], "linked")) == 1 })
}
