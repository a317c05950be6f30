package apptest_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/server/apptest"
)

const awaited = `{"format":"fluxo/process@1","key":"awaited","name":"Awaited","appliesTo":"deal","variables":[{"name":"first","type":"string"}],"nodes":[{"id":"s","kind":"startEvent"},{"id":"note","kind":"setVariables","config":{"set":[{"name":"first","value":{"expr":"record.stage"}}]}},
	{"id":"g","kind":"eventGateway"},
	{"id":"named","kind":"catchEvent","name":"Named","trigger":{"conditional":"record.title == 'Agreed'"}},
	{"id":"late","kind":"catchEvent","trigger":{"timer":{"after":"P300D"}}},
	{"id":"after","kind":"userTask","name":"It is agreed","config":{"assignee":{"expr":"run.startedBy"}}},
	{"id":"lost","kind":"boundaryEvent","attachedTo":"after","trigger":{"conditional":"record.title == 'Agreed' and record.stage != vars.first"}},
	{"id":"sorry","kind":"userTask","name":"It was moved","config":{"assignee":{"expr":"run.startedBy"}}},
	{"id":"e","kind":"endEvent"}],
	"flows":[{"id":"f0","from":"s","to":"note"},{"id":"f1","from":"note","to":"g"},{"id":"f2","from":"g","to":"named"},{"id":"f3","from":"g","to":"late"},{"id":"f4","from":"named","to":"after"},
	{"id":"f5","from":"late","to":"e"},{"id":"f6","from":"after","to":"e"},{"id":"f7","from":"lost","to":"sorry"}]}`

// covers CND-07: a change of the deal wakes what waits for it, on whichever store,
// and what somebody else's deal does is not heard.
func TestChangeOfTheDealWakesAConditionThatWaits(t *testing.T) {
	everyStore(t, func(t *testing.T, w *apptest.World) {
		publishText(t, w, "awaited", awaited)
		marta, oscar := w.As("marta"), w.As("oscar")
		deal := marta.Post("/records/deal", map[string]any{"pipelineId": "sales", "title": "Open"}).Expect(201).Text("id")
		other := marta.Post("/records/deal", map[string]any{"pipelineId": "sales", "title": "Other"}).Expect(201).Text("id")
		run := oscar.Post("/definitions/awaited/runs", map[string]any{"recordType": "deal", "recordId": deal}).Expect(202).Text("id")
		require.Equal(t, "g", oscar.Get("/runs/"+run).Expect(200).Text("nodes.0"))
		rename := func(id, title string) {
			marta.Do("PATCH", "/records/deal/"+id, map[string]any{"title": title}, "If-Match", marta.Get("/records/deal/"+id).Expect(200).ETag()).Expect(200)
		}
		rename(other, "Agreed")
		rename(deal, "Nearly")
		rename(deal, "Agreed")
		require.Equal(t, "It is agreed", oscar.Get("/tasks/"+w.Task("oscar", "It is agreed")).Expect(200).Text("name"))
		marta.Post("/records/deal/"+deal+"/stage", map[string]any{"stage": "signed"}, "If-Match", marta.Get("/records/deal/"+deal).Expect(200).ETag()).Expect(200)
		w.Task("oscar", "It was moved")
	})
}

const client = `{"format":"fluxo/process@1","key":"client","name":"Client","appliesTo":"deal","nodes":[{"id":"s","kind":"startEvent"},{"id":"fork","kind":"parallelGateway"},
	{"id":"taxed","kind":"catchEvent","name":"Taxed","trigger":{"conditional":"record.company.taxId != ''"}},
	{"id":"bill","kind":"userTask","name":"Write the bill","config":{"assignee":{"expr":"run.startedBy"}}},
	{"id":"reachable","kind":"catchEvent","name":"Reachable","trigger":{"conditional":"record.contact.phone != ''"}},
	{"id":"call","kind":"userTask","name":"Call","config":{"assignee":{"expr":"run.startedBy"}}},
	{"id":"e","kind":"endEvent"}],
	"flows":[{"id":"f1","from":"s","to":"fork"},{"id":"f2","from":"fork","to":"taxed"},{"id":"f3","from":"taxed","to":"bill"},{"id":"f4","from":"bill","to":"e"},
	{"id":"f5","from":"fork","to":"reachable"},{"id":"f6","from":"reachable","to":"call"},{"id":"f7","from":"call","to":"e"}]}`

// covers CND-07: what a deal shows of its company and its contact counts as well.
func TestChangeOfTheClientWakesAConditionThatWaits(t *testing.T) {
	everyStore(t, func(t *testing.T, w *apptest.World) {
		publishText(t, w, "client", client)
		marta, oscar := w.As("marta"), w.As("oscar")
		company := marta.Post("/companies", map[string]any{"name": "Alder"}).Expect(201).Text("id")
		contact := marta.Post("/contacts", map[string]any{"lastName": "Kos", "companyId": company}).Expect(201).Text("id")
		deal := marta.Post("/records/deal", map[string]any{"pipelineId": "sales", "title": "Open", "companyId": company, "contactId": contact}).Expect(201).Text("id")
		oscar.Post("/definitions/client/runs", map[string]any{"recordType": "deal", "recordId": deal}).Expect(202)
		change := func(path string, values map[string]any) {
			marta.Do("PATCH", path, values, "If-Match", marta.Get(path).Expect(200).ETag()).Expect(200)
		}
		change("/companies/"+company, map[string]any{"taxId": "PL1"})
		w.Task("oscar", "Write the bill")
		change("/contacts/"+contact, map[string]any{"phone": "+48 600 000 000"})
		w.Task("oscar", "Call")
	})
}
