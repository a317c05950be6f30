package apptest_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/fluxo-app/fluxo/server/apptest"
)

// A stage that requires a field is entered on no way without it: not by hand, as a new
// record, copied, converted, imported, pushed or sent with a form, and not by a trigger,
// a robot or a button.
//
// covers L-07
func TestThereIsNoWayAroundRequiredFields(t *testing.T) {
	t.Parallel()
	w := apptest.New(t, apptest.Options{})
	ada, marta := w.As("ada"), w.As("marta")
	ada.Post("/record-types/deal/fields", map[string]any{"label": "Number", "key": "number", "type": "text",
		"requiredAt": []any{map[string]any{"pipeline": "sales", "stages": []any{"contract"}}}}, "If-Match", `"0"`).Expect(201)
	onBoard := []map[string]any{
		onStage("qualified", []map[string]any{robot("on", "record.setStage", rightAway, map[string]any{"stage": "contract"}, "when", `record.comment == "go"`)}),
		onStage("contract", []map[string]any{}, map[string]any{"id": "asked", "type": "webhook", "name": "asked", "config": map[string]any{"code": "asked"}}),
	}
	ada.Do("PUT", "/stage-boards/sales", map[string]any{"stages": onBoard}, "If-Match", ada.Get("/stage-boards/sales").Expect(200).ETag()).Expect(200)
	count := func() int {
		return int(marta.Get("/lists/deal/totals").Expect(200).At("count").(float64))
	}
	deal, _ := newDeal(t, w, "Pumps")
	path := "/records/deal/" + deal
	lead := marta.Post("/records/lead", map[string]any{"pipelineId": "leads", "title": "Valves", "responsibleId": "marta", "fields": map[string]any{"lastName": "Kos", "email": []any{"jan@kos.test"}}}).Expect(201)
	before := count()

	// By hand, and as a new record of any origin.
	marta.Post(path+"/stage", map[string]any{"stage": "contract"}, "If-Match", marta.Get(path).ETag()).Problem(422, "fields_required")
	marta.Post("/records/deal", map[string]any{"pipelineId": "sales", "stageId": "contract", "title": "New"}).Problem(422, "fields_required")
	marta.Post(path+"/copies", map[string]any{"type": "deal", "pipelineId": "sales", "stageId": "contract"}).Problem(422, "fields_required")
	marta.Post("/leads/"+lead.Text("id")+"/conversion", map[string]any{"contact": map[string]any{}, "deal": map[string]any{"pipelineId": "sales", "stageId": "contract"}}, "If-Match", lead.ETag()).Expect(422)
	require.Equal(t, "new", marta.Get("/records/lead/"+lead.Text("id")).Expect(200).Text("stageId"))
	marta.Post("/intake/orders", map[string]any{"number": "A-1", "pipelineId": "sales", "stageId": "contract", "buyer": map[string]any{"lastName": "Kos", "email": "jan@kos.test"},
		"rows": []any{map[string]any{"name": "Pump", "quantity": "1", "price": money(100, "PLN")}}}).Problem(422, "fields_required")
	table := marta.Upload("/imports", map[string]string{"type": "deal"}, "deals.csv", []byte("Title,Stage\nFrom a file,Contract preparation\n")).Expect(201)
	require.Equal(t, []any{"title", "stage"}, table.At("mapping"))
	job := finished(w, marta, marta.Post("/imports/"+table.Text("id")+"/start", nil).Expect(202))
	require.Equal(t, []any{0.0, 1.0}, []any{job.At("changed"), job.At("refused")}, "%s", job.Raw)
	why := marta.Get("/jobs/" + job.Text("id") + "/lines?status=refused").Expect(200)
	require.Equal(t, []string{"/number", "required"}, []string{why.Text("items.0.why.fields.0.path"), why.Text("items.0.why.fields.0.code")})
	form := makes(w, signUp(func(f map[string]any) {
		f["creates"] = map[string]any{"type": "deal", "pipeline": "sales", "stage": "contract", "responsible": "marta"}
	}))
	stranger := opens(w, form, "")
	w.Clock.Advance(5 * time.Second)
	status, _, _ := stranger.sends(map[string]string{"contact.lastName": "Berg", "contact.email": "berg@berg.test"})
	require.Equal(t, 303, status)
	require.NotEmpty(t, worked(w, form, "failed", 1).Text("items.0.error"), "what the stranger wrote is kept, with the reason")
	require.Equal(t, before, count(), "nothing was made")

	// A trigger says what it lacked.
	w.Anonymous().Post(hooked(w), map[string]any{"id": deal, "code": "asked"}).Expect(202)
	said(w, deal, "asked refused")
	log := marta.Get(path + "/triggers").Expect(200)
	at := slices.Index(reasons(w, deal), "asked refused")
	require.Equal(t, []any{"number"}, log.At("items."+itoa(at)+".fields"))

	// A robot and a button end in an incident that can be mended.
	changeDeal(w, deal, map[string]any{"comment": "go"})
	moveTo(w, deal, "qualified")
	inState(w, deal, "on", "failed", "incident")
	made := ada.Post("/status-processes", template("Buttons", aStatus("open", "commands", list{aCommand("on", nil,
		map[string]any{"id": "move", "robot": "record.setStage", "name": "move", "config": map[string]any{"stage": "contract"}})}), aStatus("closed"))).Expect(201)
	run := begun(w, deal, made.Text("id"))
	comes(w, deal, "open")
	press(w, "marta", deal, run, "on").Expect(200)
	w.Eventually("the button has failed", 10*time.Millisecond, func() bool {
		return w.As("oscar").Get("/runs/"+run).Expect(200).Len("incidents") == 1
	})
	require.Equal(t, "qualified", stageOf(w, deal))

	// With what is missing every one of them may.
	marta.Post(path+"/stage", map[string]any{"stage": "contract", "fill": map[string]any{"fields": map[string]any{"number": "7/2026"}}}, "If-Match", marta.Get(path).ETag()).Expect(200)
}
