package apptest_test

import (
	"fmt"
	"hash/crc32"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/server/apptest"
)

// performs runs a process of one robot on a record and gives what the step resulted in.
func performs(w *apptest.World, recordType, id, robot, config string) *apptest.Answer {
	w.T.Helper()
	key := fmt.Sprintf("%s-%08x", strings.ReplaceAll(strings.ToLower(robot), ".", "-"), crc32.ChecksumIEEE([]byte(recordType+id+config)))
	process := strings.Replace(oneRobot(key, robot, config), `"appliesTo":"deal"`, `"appliesTo":"`+recordType+`"`, 1)
	publishProcess(w, key, process)
	run := w.As("oscar").Post("/definitions/"+key+"/runs", map[string]any{"recordType": recordType, "recordId": id}).Expect(202).Text("id")
	ends(w, run)
	return w.As("oscar").Get("/runs/" + run).Expect(200)
}

// linked are the records of a type that came from another one.
func linked(w *apptest.World, recordType, from string) []string {
	all := w.As("marta").Get("/records/" + recordType + "?limit=100").Expect(200)
	var ids []string
	for i := range all.Len("items") {
		if all.Text("items."+itoa(i)+".origin.id") == from {
			ids = append(ids, all.Text("items."+itoa(i)+".id"))
		}
	}
	return ids
}

// covers R-13, O-03, O-09, O-12, P-02, R-25, S-13, B-70
func TestRobotsMakeRecordsOfRecords(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	marta := w.As("marta")
	_, contact := newDeal(t, w, "Pumps")
	lead := marta.Post("/records/lead", map[string]any{"pipelineId": "leads", "title": "Asked at the fair", "contactId": contact, "responsibleId": "marta", "amount": 900, "currency": "PLN"}).Expect(201).Text("id")

	performs(w, "lead", lead, "record.create", `{"type":"deal","pipeline":"sales","stage":"qualified","title":"Deal of {{ record.title }}"}`)
	made := linked(w, "deal", lead)
	require.Len(t, made, 1)
	deal := marta.Get("/records/deal/" + made[0]).Expect(200)
	require.Equal(t, "Deal of Asked at the fair", deal.Text("title"))
	require.Equal(t, "qualified", deal.Text("stageId"))
	require.Equal(t, contact, deal.Text("contactId"))
	require.EqualValues(t, 900, deal.At("amount"))
	require.Equal(t, "lead", deal.Text("origin.type"))
	for path, way := range map[string]string{"/records/lead/" + lead: `"way":"to"`, "/records/deal/" + made[0]: `"way":"from"`} {
		require.Contains(t, string(marta.Get(path+"/timeline").Expect(200).Raw), way, "both stories tell of it")
	}
	for recordType, pipeline := range map[string]string{"quote": "quotes", "invoice": "invoices"} {
		performs(w, "deal", made[0], "record.create", `{"type":"`+recordType+`"}`)
		of := linked(w, recordType, made[0])
		require.Len(t, of, 1)
		require.Equal(t, pipeline, marta.Get("/records/"+recordType+"/"+of[0]).Expect(200).Text("pipelineId"))
	}
	performs(w, "deal", made[0], "record.copy", `{"stage":"new","responsible":"henrik"}`)
	copies := linked(w, "deal", made[0])
	require.Len(t, copies, 1)
	copied := marta.Get("/records/deal/" + copies[0]).Expect(200)
	require.Equal(t, "henrik", copied.Text("responsibleId"))
	require.Equal(t, "Deal of Asked at the fair (copy)", copied.Text("title"))
	require.Equal(t, "new", copied.Text("stageId"))
	require.Equal(t, contact, copied.Text("contactId"))

	by := marta.Post("/records/lead/"+lead+"/copies", map[string]any{"type": "quote"}).Expect(201)
	require.Equal(t, "convert", by.Text("origin.how"))
	marta.Post("/records/lead/"+lead+"/copies", map[string]any{"type": "nothing"}).Problem(422, "validation")
}

// covers, H-05, R-13
func TestRobotsFindMakeUpdateAndLinkClients(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	marta := w.As("marta")
	contact := marta.Post("/contacts", map[string]any{"firstName": "Jan", "lastName": "Kos", "email": "Jan@Kos.test", "phone": "+48 601 202 303"}).Expect(201).Text("id")
	lead := marta.Post("/records/lead", map[string]any{"pipelineId": "leads", "title": "Call back", "responsibleId": "marta"}).Expect(201).Text("id")
	performs(w, "lead", lead, "record.setClient", `{"client":"contact","update":true,"fields":[{"field":"email","value":"jan@kos.test"},{"field":"position","value":"Buyer"}]}`)
	require.Equal(t, contact, marta.Get("/records/lead/"+lead).Expect(200).Text("contactId"), "found however it is written")
	require.Equal(t, "Buyer", marta.Get("/contacts/"+contact).Expect(200).Text("position"))

	performs(w, "lead", lead, "record.create", `{"type":"company","fields":[{"field":"name","value":"Kos & Co"},{"field":"email","value":"office@kos.test"}]}`)
	company := marta.Get("/records/lead/" + lead).Expect(200).Text("companyId")
	require.Equal(t, "Kos & Co", marta.Get("/companies/"+company).Expect(200).Text("name"))
	performs(w, "lead", lead, "record.create", `{"type":"contact","fields":[{"field":"lastName","value":"Lis"},{"field":"email","value":"anna@lis.test"}]}`)
	both := marta.Get("/records/lead/" + lead).Expect(200)
	require.Equal(t, contact, both.Text("contactId"), "the primary contact stays")
	require.Equal(t, 2, both.Len("contactIds"))

	other := marta.Post("/records/lead", map[string]any{"pipelineId": "leads", "title": "Nobody", "responsibleId": "marta"}).Expect(201).Text("id")
	performs(w, "lead", other, "record.setClient", `{"client":"contact","create":false,"fields":[{"field":"email","value":"unknown@test.test"}]}`)
	require.Empty(t, marta.Get("/records/lead/"+other).Expect(200).Text("contactId"))
}

// covers P-01, O-19
func TestRepeatLeadNeedsAClient(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	marta := w.As("marta")
	deal, contact := newDeal(t, w, "Pumps")
	performs(w, "deal", deal, "record.repeatLead", `{"title":"Renewal for {{ record.client.name }}","responsible":"henrik"}`)
	leads := linked(w, "lead", deal)
	require.Len(t, leads, 1)
	lead := marta.Get("/records/lead/" + leads[0]).Expect(200)
	require.Equal(t, "Renewal for Olga Lis", lead.Text("title"))
	require.Equal(t, "henrik", lead.Text("responsibleId"))
	require.Equal(t, contact, lead.Text("contactId"))
	require.Equal(t, true, lead.At("repeat"))

	alone := marta.Post("/records/deal", map[string]any{"pipelineId": "sales", "title": "No client", "responsibleId": "marta"}).Expect(201).Text("id")
	performs(w, "deal", alone, "record.repeatLead", `{}`)
	require.Empty(t, linked(w, "lead", alone))
	require.Contains(t, string(marta.Get("/records/deal/"+alone+"/timeline").Expect(200).Raw), `"way":"none"`, "the story says so")
}

// covers, B-61, O-21
func TestDeletedRecordsComeBackFromTheBin(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	marta := w.As("marta")
	junk := marta.Post("/records/lead", map[string]any{"pipelineId": "leads", "title": "Junk", "responsibleId": "marta"}).Expect(201).Text("id")
	performs(w, "lead", junk, "record.delete", `{}`)
	marta.Get("/records/lead/"+junk).Problem(404, "not_found")
	bin := marta.Get("/bin/lead").Expect(200)
	require.Equal(t, junk, bin.Text("items.0.id"))
	w.As("anna").Post("/records/lead/"+junk+"/restore", nil).Problem(403, "forbidden")
	marta.Post("/records/lead/"+junk+"/restore", nil).Expect(200)
	require.Equal(t, "new", marta.Get("/records/lead/"+junk).Expect(200).Text("stageId"))
	marta.Post("/records/lead/"+junk+"/restore", nil).Problem(404, "not_found")

	deal, contact := newDeal(t, w, "Spam")
	performs(w, "deal", deal, "exceptions.add", `{}`)
	marta.Get("/records/deal/"+deal).Problem(404, "not_found")
	marta.Get("/contacts/"+contact).Problem(404, "not_found")
	found := marta.Get("/exceptions").Expect(200)
	require.Equal(t, "olga@lis.test", found.Text("items.0.value"))
	marta.Do("DELETE", "/exceptions/"+url.PathEscape(found.Text("items.0.id")), nil).Expect(204)
	marta.Post("/contacts/"+contact+"/restore", nil).Expect(200)
	marta.Post("/exceptions", map[string]any{"value": "+48 601 202 303"}).Expect(201)
	require.Equal(t, "p:48601202303", marta.Post("/exceptions", map[string]any{"value": "0048 (601) 202-303"}).Expect(201).Text("id"), "one number is one exception")
	marta.Post("/exceptions", map[string]any{"value": "x"}).Problem(422, "validation")
}

// covers R-16, B-49, B-66, R-11
func TestRobotsGenerateSelectAppendAndMoveAcross(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	marta, ada := w.As("marta"), w.As("ada")
	deal, _ := newDeal(t, w, "Pumps")
	path := "/records/deal/" + deal
	performs(w, "deal", deal, "code.generate", `{"length":12,"prefix":"S-","letters":"digits","field":"comment"}`)
	require.Regexp(t, `^S-\d{12}$`, marta.Get(path).Expect(200).Text("comment"))

	types := ada.Get("/record-types/deal").Expect(200)
	ada.Post("/record-types/deal/fields", map[string]any{"key": "tags", "label": "Tags", "type": "text", "multiple": true}, "If-Match", types.ETag()).Expect(201)
	marta.Do("PATCH", path, map[string]any{"fields": map[string]any{"tags": []string{"a"}}}, "If-Match", marta.Get(path).ETag()).Expect(200)
	performs(w, "deal", deal, "record.setFields", `{"fields":[{"field":"tags","value":{"expr":"[\"a\", \"b\"]"},"append":true}]}`)
	require.Equal(t, []any{"a", "b"}, marta.Get(path).Expect(200).At("fields.tags"))

	ada.Post("/pipelines", map[string]any{"name": "Service", "key": "service"}).Expect(201)
	publishProcess(w, "across", oneRobot("across", "record.setStage", `{"pipeline":"service","stage":"work"}`))
	ends(w, runOn(w, "across", deal))
	moved := marta.Get(path).Expect(200)
	require.Equal(t, "service", moved.Text("pipelineId"))
	require.Equal(t, "work", moved.Text("stageId"))

	const choose = `{"format":"fluxo/process@1","key":"choose","name":"Choose","appliesTo":"deal","nodes":[{"id":"s","kind":"startEvent"},
		{"id":"who","kind":"robot","robot":"employee.select","name":"Who","config":{"from":["sales"],"how":"roundRobin"}},
		{"id":"give","kind":"robot","robot":"record.setResponsible","name":"Give","config":{"user":{"expr":"steps.who.user"}}},{"id":"e","kind":"endEvent"}],
		"flows":[{"id":"f1","from":"s","to":"who"},{"id":"f2","from":"who","to":"give"},{"id":"f3","from":"give","to":"e"}]}`
	publishProcess(w, "choose", choose)
	var turns []string
	for range 3 {
		ends(w, runOn(w, "choose", deal))
		turns = append(turns, marta.Get(path).Expect(200).Text("responsibleId"))
	}
	require.Equal(t, []string{"henrik", "marta", "henrik"}, turns)
}

func TestOwnRecordTypes(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	marta, ada := w.As("marta"), w.As("ada")
	made := ada.Post("/record-types", map[string]any{"name": "Project"}).Expect(201)
	require.Equal(t, "project", made.Text("key"))
	ada.Post("/record-types", map[string]any{"name": "Project"}).Problem(422, "validation")
	marta.Post("/record-types", map[string]any{"name": "Mine"}).Problem(403, "forbidden")
	ada.Post("/pipelines", map[string]any{"name": "Projects", "type": "project"}).Expect(201)
	project := marta.Post("/records/project", map[string]any{"pipelineId": "projects", "title": "New hall"}).Expect(201)
	require.Equal(t, "project", project.Text("type"))
	named := ada.Do("PATCH", "/record-types/project", map[string]any{"name": "Undertaking", "icon": "briefcase", "color": "#1d5fd1"}, "If-Match", made.ETag()).Expect(200)
	require.Equal(t, "Undertaking briefcase #1d5fd1", named.Text("name")+" "+named.Text("icon")+" "+named.Text("color"))
	ada.Do("PATCH", "/record-types/project", map[string]any{"name": "x", "color": "blue"}, "If-Match", named.ETag()).Problem(422, "validation")
	ada.Do("DELETE", "/record-types/deal", nil, "If-Match", ada.Get("/record-types/deal").ETag()).Problem(422, "validation")

	// A type goes only when nothing is left of it, in the bin either.
	path := "/records/project/" + project.Text("id")
	gone := func() *apptest.Answer {
		return ada.Do("DELETE", "/record-types/project", nil, "If-Match", ada.Get("/record-types/project").ETag())
	}
	gone().Problem(409, "record_type_in_use")
	ada.Do("DELETE", path, nil, "If-Match", ada.Get(path).ETag()).Expect(204)
	gone().Problem(409, "record_type_in_use")
	ada.Do("DELETE", "/bin/project/"+project.Text("id"), nil).Expect(204)
	field := ada.Post("/record-types/deal/fields", map[string]any{"label": "Project of it", "type": "reference", "target": "project"}, "If-Match", ada.Get("/record-types/deal").ETag()).Expect(201)
	gone().Problem(409, "in_use")
	ada.Do("DELETE", "/record-types/deal/fields/projectOfIt", nil, "If-Match", field.ETag()).Expect(200)
	gone().Expect(204)
	ada.Get("/record-types/project").Problem(404, "not_found")
	require.Zero(t, ada.Get("/pipelines?type=project").Expect(200).Len("items"), "its pipelines went along")
}
